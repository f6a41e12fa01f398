"""The rows of one resource in memory, which every list of the API filters and pages in the same way.

A resource is a `View` of a frame whose columns are the fields of a struct of `contracts`. Each resource has a module in
this folder that makes its frame.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
import polars as pl

from serving.contracts import Page

DATE = "match_date"
Item = TypeVar("Item")


@dataclass(frozen=True)
class Selection:
    """The rows of one league (None: all) between two dates, both inclusive; None leaves that side open."""

    league: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None

    def filter(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The selected rows of a frame; to select dates it must be sorted by match date."""
        if self.first is not None or self.last is not None:
            dates = rows[DATE]
            start = 0 if self.first is None else int(dates.search_sorted(self.first, side="left"))
            stop = len(rows) if self.last is None else int(dates.search_sorted(self.last, side="right"))
            rows = rows.slice(start, max(0, stop - start))
        return rows if self.league is None else rows.filter(pl.col("league") == self.league)


@dataclass(frozen=True)
class Paging:
    """At most `limit` rows after the first `offset`."""

    limit: int = 50
    offset: int = 0


class View(Generic[Item]):
    """The rows of one resource in the order in which clients see them.

    Args:
        rows: a frame that has a column for each field of `item`; further columns serve filters alone.
        item: what one row is read as.
        order: columns to sort by.
        key: column that identifies a row; empty where rows are not asked for one by one.
    """

    def __init__(self, rows: pl.DataFrame, item: type[Item], order: Sequence[str], key: str = "") -> None:
        self.rows = rows.sort(order)
        self._item = item
        self._row_of = {value: row for row, value in enumerate(self.rows[key])} if key else {}

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, selection: Selection | None = None, **values: str | None) -> pl.DataFrame:
        """The selected rows whose columns have the given values; None leaves a column open."""
        rows = self.rows if selection is None else selection.filter(self.rows)
        for column, value in values.items():
            if value is not None:
                rows = rows.filter(pl.col(column) == value)
        return rows

    def page(self, rows: pl.DataFrame, paging: Paging) -> Page[Item]:
        """A part of the selected rows."""
        part = self.items(rows.slice(paging.offset, paging.limit))
        return Page(part, total=len(rows), limit=paging.limit)

    def items(self, rows: pl.DataFrame) -> list[Item]:
        """Each row as a struct."""
        return msgspec.convert(rows.to_dicts(), list[self._item])  # type: ignore[name-defined]

    def row(self, key: str) -> pl.DataFrame:
        """The row with that key, or no row."""
        row = self._row_of.get(key)
        return self.rows.clear() if row is None else self.rows.slice(row, 1)

    def find(self, key: str) -> Item | None:
        """The item with that key; None where there is none."""
        return next(iter(self.items(self.row(key))), None)
