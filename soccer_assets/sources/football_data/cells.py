"""Cells that are nothing their column can hold: null in the records, and named in the quarantine.

Acceptance judges a file, `files` a row; what stands here costs a usable row some of its cells.
"""

import re
from collections.abc import Sequence

import polars as pl

from soccer_assets.sources.football_data.text import NO_NAME, SPELLING, split

#: What a price or a handicap is and a note right of the table (a club, a score) is not.
_DECIMAL = re.compile(r"-?\d+\.\d+")
#: A price column: its bookmaker, then the market with the selection.
_PRICE_COLUMN = re.compile(r"(.+?)(?:(AH)?[HDA]|([<>])2\.5)")
_READ_BY_NAME = frozenset(SPELLING.values())


def is_shifted(line: str, columns: Sequence[str]) -> bool:
    """Whether a row of other length than the header may have its last cells under the names of others.

    Too many cells are filled beyond the last name, but by notes that stand apart; too few end within a book.
    """
    cells = [cell.strip() for cell in split(line)]
    if len(cells) == len(columns):
        return False
    last = max(i for i, name in enumerate(columns) if name)
    beyond = cells[last + 1 :]
    if any(beyond):
        return bool(beyond[0]) or any(map(_DECIMAL.fullmatch, beyond))
    end = len(cells) - 1
    if end >= last or not cells[end]:
        return False
    book = _book(columns[end])
    return book is not None and book == _book(columns[end + 1])


def sound_cells(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The records without their unsound cells, and why a record lost some; null where it lost none."""
    prices = [name for name in records.columns if name not in _READ_BY_NAME and not NO_NAME.fullmatch(name)]
    filled = pl.any_horizontal(pl.col(name).is_not_null() for name in prices) if prices else pl.lit(False)
    shifted = pl.col("_shifted") & filled
    if not records["_shifted"].any():
        return records, pl.Series("reason", [None], dtype=pl.String).new_from_index(0, len(records))
    words = "expected prices under their own names, found a row of other length, beyond it {}"
    reason = pl.when(shifted).then(pl.format(words, pl.col("_extra").fill_null("none")))
    cells = {name: pl.when(~pl.col("_shifted")).then(pl.col(name)) for name in prices}
    return records.with_columns(**cells), records.select(reason=reason).to_series()


def _book(column: str) -> tuple[str, bool, bool] | None:
    """The bookmaker of a price column, and whether it is of a handicap or of a total; None for any other column."""
    match = _PRICE_COLUMN.fullmatch(column)
    return (match[1], bool(match[2]), bool(match[3])) if match else None
