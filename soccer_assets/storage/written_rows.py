"""Rows as the lake writes them: spelled and formed as the table has them, a slice at a time."""

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.schema import PrimitiveType

from soccer_assets.errors import SchemaError

ROWS_AT_ONCE = 250_000


def require_forms(name: str, rows: pl.DataFrame, table: DeltaTable, address: str) -> None:
    """Refuse texts, lists or numbers in a column that holds another of them: Delta Lake would write them as texts.

    Raises:
        SchemaError: the columns, and where the table lies.
    """
    stored = {field.name: _form(field.type) for field in table.schema().fields}
    forms = {column: _form(dtype) for column, dtype in rows.schema.items() if dtype != pl.Null}
    other = [column for column, form in forms.items() if stored.get(column, form) != form]
    if other:
        expected, wrong = ({column: by_column[column] for column in other} for by_column in (stored, forms))
        raise SchemaError(
            f"{name}: expected columns as the table has them, {expected}, found {wrong}; if an earlier version "
            f"wrote the table, move {address} away and make its match dates again"
        )


def _form(dtype: object) -> str:
    """Whether a type of polars or of Delta Lake is that of texts, of lists or structures, or another."""
    if isinstance(dtype, pl.DataType):
        return "nested" if dtype.is_nested() else "text" if dtype in (pl.String, pl.Enum, pl.Categorical) else "plain"
    return ("text" if dtype.type == "string" else "plain") if isinstance(dtype, PrimitiveType) else "nested"


def with_stored_spelling(name: str, rows: pl.DataFrame, table: DeltaTable | None) -> pl.DataFrame:
    """Rows with their columns as the table spells them: to Delta Lake, names that differ in case alone are one.

    Raises:
        SchemaError: two columns of the rows would be one.
    """
    spelling = {field.name.lower(): field.name for field in table.schema().fields} if table is not None else {}
    names = [spelling.setdefault(column.lower(), column) for column in rows.columns]
    if names == rows.columns:
        return rows
    twice = sorted(column for column, kept in zip(rows.columns, names, strict=True) if names.count(kept) > 1)
    if twice:
        raise SchemaError(f"{name}: expected columns that differ in more than case, found {twice}")
    return rows.rename(dict(zip(rows.columns, names, strict=True)))


def stream(rows: pl.DataFrame) -> pa.RecordBatchReader:
    """Rows for the writer, a slice at a time; enumerations become strings, which Delta Lake knows."""

    def arrow(frame: pl.DataFrame) -> pa.Table:
        plain = frame.with_columns(pl.col(pl.Enum, pl.Categorical).cast(pl.String))
        return plain.to_arrow(compat_level=pl.CompatLevel.oldest())

    batches = (batch for part in rows.iter_slices(ROWS_AT_ONCE) for batch in arrow(part).to_batches())
    return pa.RecordBatchReader.from_batches(arrow(rows.clear()).schema, batches)
