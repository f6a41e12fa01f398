"""What a resource is: rows of the lake under a path, and how clients may ask for them.

A declaration gives a list at its path and, where a column identifies a row, an item below it. Both come as JSON, CSV,
NDJSON and Parquet with an ETag. A column that is not declared is never sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import polars as pl

from serving.snapshot.snapshot import Snapshot
from soccer_assets.storage.tables import Column, Table

DATE = "match_date"
Test = Literal["is", "has", "from", "to", "least", "contains"]


@dataclass(frozen=True)
class Filter:
    """A query parameter that keeps rows by a column: it is the value, has it in its list, is not below or above it.

    `contains` looks for a part of a text, which `rows` give in small letters without accents; `among` lists the only
    values there are, where the column does not.
    """

    name: str
    column: str
    test: Test = "is"
    description: str = ""
    among: tuple[str, ...] = ()


#: The parameters of a resource that has match dates.
DATES = (
    Filter("date_from", DATE, "from", "first match date, inclusive"),
    Filter("date_to", DATE, "to", "last match date, inclusive"),
)


def newest_row(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The last of some rows."""
    return rows.tail(1)


@dataclass(frozen=True)
class Resource:
    """Rows of the lake that clients read.

    Args:
        path: where the list is; a parameter such as `{match_id:str}` keeps the rows with that value in its column.
        row: what one row is: the description of the list.
        tables: the tables it rests on; the ETag names their state.
        rows: the rows of a snapshot.
        columns: what clients get of a row.
        order: columns that the rows are sorted by unless a client sorts; together they identify a row.
        key: column that identifies a row; with it an item is found under the path.
        unknown: type of the problem when there is no such item.
        absent: what to do then, where the client can do something.
        item: picks the row of an item where the key has several.
        find: gives the rows of a key, where that is faster than a look through all of them.
        finish: makes the columns of the rows that are sent, where that takes too long for all rows.
        filters: query parameters; a name alone keeps the rows whose column has the value.
        sort: columns that clients may sort by.
        nested: columns of JSON texts, which are sent as what they hold.
        span_days: match dates that a request covers at most, of a table too large to be read as a whole; 0: no limit.
        presorted: whether `rows` come in that order.
        single: whether there is but one row, which the path itself gives.
        tag: heading in the description of the API.
    """

    path: str
    row: str
    tables: tuple[Table, ...]
    rows: Callable[[Snapshot], pl.LazyFrame]
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    key: str = ""
    unknown: str = "not-found"
    absent: str = ""
    item: Callable[[pl.LazyFrame], pl.LazyFrame] = newest_row
    find: Callable[[Snapshot, str], pl.LazyFrame] | None = None
    finish: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    filters: tuple[Filter | str, ...] = ()
    sort: tuple[str, ...] = ()
    nested: frozenset[str] = field(default_factory=frozenset)
    span_days: int = 0
    presorted: bool = False
    single: bool = False
    tag: str = "tables"

    @cached_property
    def column(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def parameters(self) -> dict[str, Filter]:
        """The filters by the name of their query parameter."""
        filters = (Filter(f, f, "is") if isinstance(f, str) else f for f in self.filters)
        return {f.name: f for f in filters}

    @cached_property
    def hidden(self) -> list[str]:
        """Columns that serve filters and paths alone."""
        judged = {f.column for f in self.parameters.values()} | set(self.path_columns)
        return sorted(judged - self.column.keys())

    @cached_property
    def path_columns(self) -> list[str]:
        """Columns whose values the path of the list gives."""
        return [part[1:].partition(":")[0] for part in self.path.split("/") if part.startswith("{")]

    @cached_property
    def table_names(self) -> tuple[str, ...]:
        """The tables it rests on, by name."""
        return tuple(dict.fromkeys(table.name for table in self.tables))

    @property
    def item_path(self) -> str:
        """The path of an item."""
        return f"{self.path}/{{{self.key}:str}}"


def of_table(table: Table, path: str, *, without: Sequence[str] = (), **declared: Any) -> Resource:
    """The resource of a table as it is stored, without some of its columns; read from the lake at each new request."""
    defaults: dict[str, Any] = {
        "row": table.row,
        "tables": (table,),
        "rows": lambda snapshot: snapshot.scan(table),
        "columns": tuple(column for column in table.columns if column.name not in without),
        "order": table.key,
    }
    return Resource(path, **defaults | declared)
