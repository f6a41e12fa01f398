"""Tables that a user brings from a notebook or a file: frames of polars or pandas, lists of rows, dates as texts.

A function takes a table in any of these forms, or says what it expected and what it has.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import polars as pl

from soccer_assets.errors import SchemaError, first_line
from soccer_assets.storage.tables import MOST_EXAMPLES

DATES: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y")
#: Figures of an earlier year are the last two of one.
FIRST_YEAR: Final = 1800
DATES_LIKE: Final = "dates like 2024-05-01 or 01/05/2024"


def table_of(rows: Any, table: str, needed: Sequence[str] = ()) -> pl.DataFrame:
    """Return rows of any form as a frame of polars.

    Args:
        rows: a frame of polars or pandas, a dict of columns, or rows as dicts.
        table: what a message calls it.
        needed: columns that it has to have.

    Raises:
        SchemaError: it is no table, or lacks a column.
    """
    expected = "a frame of polars or pandas, a dict of columns or a list of dicts"
    if isinstance(rows, (str, bytes, pl.Series)) or rows is None:
        raise SchemaError(f"{table}: expected {expected}, found {type(rows).__name__}")
    try:
        frame = rows.collect() if isinstance(rows, pl.LazyFrame) else pl.DataFrame(rows)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise SchemaError(f"{table}: expected {expected}, found {type(rows).__name__}: {first_line(error)}") from None
    if not set(needed) <= set(frame.columns):
        raise SchemaError(f"{table}: expected the columns {list(needed)}, found {frame.columns}; rename yours to these")
    return frame


def dates(table: str, cells: pl.Series) -> pl.Series:
    """Return a column as dates; those of all its texts are written in one way.

    Raises:
        SchemaError: a cell holds none.
    """
    if cells.dtype in (pl.Date, pl.Datetime):
        return cells.cast(pl.Date)
    published = texts(table, cells)
    for layout in DATES:
        read = published.str.to_date(layout, strict=False, exact=True)
        read = read.set(read.dt.year() < FIRST_YEAR, None)
        if read.null_count() == published.null_count():
            return read
    bad = published.filter(published.str.to_date(DATES[0], strict=False).is_null() & published.is_not_null())
    refuse(table, DATES_LIKE, bad)


def day(value: Any, name: str) -> dt.date | None:
    """Return a date that is given as date, time or text; None for None.

    Raises:
        SchemaError: it is none of these.
    """
    value = value.item() if hasattr(value, "item") else value  # of numpy
    if value is None or type(value) is dt.date:
        return value
    if isinstance(value, dt.datetime):
        return value.date()
    cells = pl.Series(name, [str(value)])
    if not isinstance(value, str):
        refuse(name, DATES_LIKE, cells)
    read: dt.date | None = dates(name, cells).item()
    return read


def texts(table: str, cells: pl.Series) -> pl.Series:
    """Return a column as texts.

    Raises:
        SchemaError: it has lists or structs.
    """
    if cells.dtype.is_nested() or cells.dtype == pl.Object:
        refuse(table, f"texts in {cells.name}", cells)
    return cells.cast(pl.String)


def numbers(table: str, cells: pl.Series) -> pl.Series:
    """Return a column as numbers, null where it has none or NaN.

    Raises:
        SchemaError: a cell holds something else.
    """
    read = texts(table, cells).str.strip_chars() if not cells.dtype.is_numeric() else cells
    read = read.cast(pl.Float64, strict=False).fill_nan(None)
    bad = cells.filter(read.is_null() & cells.is_not_null())
    if cells.dtype.is_float():
        bad = bad.filter(bad.is_not_nan())
    if len(bad):
        refuse(table, f"numbers in {cells.name}", bad)
    return read


def goals(table: str, cells: pl.Series) -> pl.Series:
    """Return a column as whole numbers from 0, null where it has none.

    Raises:
        SchemaError: a cell holds something else.
    """
    read = numbers(table, cells)
    if len(bad := cells.filter((read < 0) | (read % 1 != 0))):
        refuse(table, f"whole numbers from 0 in {cells.name}", bad)
    return read.cast(pl.Int64)


def require_filled(table: str, rows: pl.DataFrame, *columns: str) -> None:
    """Raise SchemaError where a cell of the columns is empty."""
    for name in columns:
        if empty := rows[name].null_count():
            raise SchemaError(f"{table}: expected {name} in every row, found {empty} of {len(rows)} without")


def refuse(table: str, expected: str, bad: pl.Series) -> NoReturn:
    """Raise SchemaError with what was expected of a column and the cells that are not so."""
    raise SchemaError(
        f"{table}: expected {expected}, found {len(bad)} others, such as {bad.head(MOST_EXAMPLES).to_list()}"
    )
