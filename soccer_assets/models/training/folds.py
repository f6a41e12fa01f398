"""Walk-forward folds: learn from earlier dates than those judged. A random split would be a leak."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from soccer_assets.errors import ModelError


@dataclass(frozen=True)
class Fold:
    """A block of dates to validate on, both ends included; it trains on every date before `valid_from`."""

    number: int
    valid_from: dt.date
    valid_to: dt.date

    def split(self, examples: pl.DataFrame, max_rows: int | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Training rows, of which only the newest `max_rows` are kept, and validation rows.

        Raises:
            ModelError: the examples are not sorted by match date.
        """
        dates = examples["match_date"]
        if not dates.is_sorted():
            raise ModelError("Expected examples sorted by match_date, match_id; found dates that go back. Sort them.")
        start = int(dates.search_sorted(self.valid_from, side="left"))
        stop = int(dates.search_sorted(self.valid_to, side="right"))
        first = 0 if max_rows is None else max(0, start - max_rows)
        return examples[first:start], examples[start:stop]


def walk_forward_folds(dates: Iterable[dt.date], n_folds: int, valid_days: int) -> list[Fold]:
    """Contiguous blocks of `valid_days` calendar days, oldest first; the last ends at the newest date.

    Raises:
        ModelError: a block holds no match, or no date is left to train the first fold on.
    """
    if n_folds < 1 or valid_days < 1:
        raise ModelError(f"Expected at least one fold of at least one day, found {n_folds} of {valid_days} days.")
    played = sorted(set(dates))
    if not played:
        raise ModelError("Expected match dates to make folds of, found none. Materialize finished matches first.")
    newest, block = played[-1], dt.timedelta(days=valid_days)
    folds = [
        Fold(
            number,
            newest - (n_folds - number) * block + dt.timedelta(days=1),
            newest - (n_folds - number - 1) * block,
        )
        for number in range(n_folds)
    ]
    if played[0] >= folds[0].valid_from:
        raise ModelError(
            f"Expected matches before {folds[0].valid_from} to train the first of {n_folds} folds of "
            f"{valid_days} days on; the oldest is of {played[0]}. Ask for fewer or shorter folds, or "
            "materialize earlier seasons."
        )
    gaps = [later - earlier for earlier, later in pairwise(played)]
    for fold in folds:
        if not any(fold.valid_from <= date <= fold.valid_to for date in played):
            raise ModelError(
                f"Expected matches in every fold, found none from {fold.valid_from} through {fold.valid_to}. "
                f"The longest pause is {max(gaps).days} days: folds of at least as many days always hold "
                "matches."
            )
    return folds
