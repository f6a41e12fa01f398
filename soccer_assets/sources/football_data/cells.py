"""Cells that are nothing their column can hold: null in the records, and named in the quarantine.

Acceptance judges a file, `files` a row; what stands here costs a usable row some of its cells.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl

from soccer_assets.sources.football_data.checks import COUNTS, GOALS, LAWS, as_number
from soccer_assets.sources.football_data.text import NO_NAME, SPELLING, split
from soccer_assets.sources.records import LONGEST_TEXT, SHOWN_TEXT

#: What a price or a handicap is and a note right of the table (a club, a score) is not.
_DECIMAL = re.compile(r"-?\d+\.\d+")
#: A price column: its bookmaker, then the market with the selection.
_PRICE_COLUMN = re.compile(r"(.+?)(?:(AH)?[HDA]|([<>])2\.5)")
_READ_BY_NAME = frozenset(SPELLING.values())
#: Control and format characters, joiners too, which names of clubs may hold: they make two names look like one.
_UNSEEN = r"[\p{Cc}\p{Cf}]"
HALF_TIME = ("HTHG", "HTAG")


class _Law(NamedTuple):
    """Columns, whether a record's cells of them are unsound, and why."""

    names: Sequence[str]
    unsound: pl.Expr
    reason: pl.Expr


def sound_cells(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The records without their unsound cells, and why a record lost some; null where it lost none.

    Args:
        records: the cells by published name, with `_shifted` as `is_shifted` has it.
    """
    if "Referee" in records.columns:
        visible = (
            pl.col("Referee").str.replace_all(r"\s*[\t\r\n]\s*", " ").str.replace_all(_UNSEEN, "").str.strip_chars()
        )
        records = records.with_columns(Referee=pl.when(visible != "").then(visible))
    laws = [
        law._replace(unsound=law.unsound.fill_null(False)) for law in _laws(records.columns, records["_shifted"].any())
    ]
    broken = records.select(law.unsound.any().alias(str(i)) for i, law in enumerate(laws)).row(0) if laws else ()
    wrong = [law for law, is_broken in zip(laws, broken, strict=True) if is_broken]
    if not wrong:
        return records, pl.Series([None], dtype=pl.String).new_from_index(0, len(records))
    cells: dict[str, pl.Expr] = {}
    for law in wrong:
        cells |= {name: pl.when(~law.unsound).then(cells.get(name, pl.col(name))) for name in law.names}
    reasons = [pl.when(law.unsound).then(law.reason) for law in wrong]
    reason = pl.concat_str(reasons, separator="; ", ignore_nulls=True)
    return records.with_columns(**cells), records.select(pl.when(reason != "").then(reason)).to_series()


def _laws(columns: Sequence[str], may_be_shifted: bool) -> Iterator[_Law]:
    prices = [name for name in columns if name not in _READ_BY_NAME and not NO_NAME.fullmatch(name)]
    if prices and may_be_shifted:
        shifted = pl.col("_shifted") & pl.any_horizontal(pl.col(name).is_not_null() for name in prices)
        words = "expected prices under their own names, found a row of other length, beyond it {}"
        yield _Law(prices, shifted, pl.format(words, pl.col("_extra").fill_null("none")))
    if "Referee" in columns:
        unsound = pl.col("Referee").str.len_chars() > LONGEST_TEXT
        words = f"expected a text of at most {LONGEST_TEXT} characters as Referee, found {{}}"
        yield _Law(["Referee"], unsound, pl.format(words, _excerpt("Referee")))
    for name in COUNTS:
        if name in columns:
            expected, is_count = LAWS[name]
            unsound = pl.col(name).is_not_null() & ~is_count.fill_null(False)
            yield _Law([name], unsound, pl.format("expected {}, found {}", pl.lit(expected), _excerpt(name)))
    half = [name for name in HALF_TIME if name in columns]
    goals = {side: [name for name in names if name in columns] for side, names in GOALS.items()}
    if len(half) == len(HALF_TIME) and all(goals.values()):
        more = [
            LAWS[name][1] & (as_number(pl.col(name)) > as_number(pl.coalesce(goals[side])))
            for side, name in zip(GOALS, HALF_TIME, strict=True)
        ]
        words = "expected at half time no more goals than in the match, found {}-{}"
        yield _Law(half, pl.any_horizontal(more), pl.format(words, *map(_excerpt, half)))


def _excerpt(name: str) -> pl.Expr:
    return pl.col(name).fill_null("none").str.slice(0, SHOWN_TEXT)


def is_shifted(line: str, columns: Sequence[str], last: int) -> bool:
    """Whether a row of other length than the header may have its last cells under the names of others.

    Too many cells are filled beyond the last name, but by notes that stand apart; too few end within a book.

    Args:
        line: the row.
        columns: the header's names.
        last: the place of the last of them that is not empty.
    """
    cells = split(line)
    if len(cells) == len(columns):
        return False
    beyond = [cell.strip() for cell in cells[last + 1 :]]
    if any(beyond):
        return bool(beyond[0]) or any(map(_DECIMAL.fullmatch, beyond))
    end = len(cells) - 1
    if end >= last or not cells[end].strip():
        return False
    book = _book(columns[end])
    return book is not None and book == _book(columns[end + 1])


def _book(column: str) -> tuple[str, bool, bool] | None:
    """The bookmaker of a price column, and whether it is of a handicap or of a total; None for any other column."""
    match = _PRICE_COLUMN.fullmatch(column)
    return (match[1], bool(match[2]), bool(match[3])) if match else None
