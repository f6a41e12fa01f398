"""Tables as an earlier version wrote them: JSON texts in columns that are lists now, and columns of another name."""

import json
from typing import Any, Final

import polars as pl

from soccer_assets.errors import SchemaError
from soccer_assets.storage.tables import Table

#: Names that columns had.
_EARLIER_NAMES: Final = {"value": "told", "value_payload_id": "told_payload_id", "value_line": "told_line"}


def outdated(table: Table, stored: pl.Schema) -> list[str]:
    """The columns of a table, as they are stored, that `convert` makes those that are declared."""
    texts = [name for name, dtype in table.schema.items() if dtype.is_nested() and stored.get(name) == pl.String]
    earlier = [old for name, old in _EARLIER_NAMES.items() if name in table.schema and name not in stored]
    return texts + [name for name in earlier if name in stored]


def require_current(table: Table, rows: pl.LazyFrame) -> None:
    """Refuse rows of a table in a form that `convert` knows.

    Raises:
        SchemaError: the columns, and the command that converts them.
    """
    if names := outdated(table, rows.collect_schema()):
        raise SchemaError(
            f"{table.name}: expected its columns as this version writes them, found {names} as an earlier one did: "
            "`uv run soccer doctor --repair` converts them"
        )


def convert(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that an earlier version wrote, with the columns that `outdated` names as the table declares them.

    >>> from soccer_assets.storage.tables import Column
    >>> table = Table("t", "A row.", (Column("names", pl.List(pl.String), "names"),), ())
    >>> convert(table, pl.DataFrame({"names": ["elo,form"]}))["names"].to_list()
    [['elo', 'form']]
    """
    names = outdated(table, rows.schema)
    for name, dtype in table.schema.items():
        if name in names and isinstance(dtype, pl.List):
            lists = [None if text is None else _read(text, dtype) for text in rows[name]]
            rows = rows.with_columns(pl.Series(name, lists, dtype, strict=False))
    return rows.rename({old: name for name, old in _EARLIER_NAMES.items() if old in names})


def _read(text: str, dtype: pl.List) -> list[Any]:
    """The elements of a text: JSON of a list or of pairs, or names with commas between them."""
    if not isinstance(dtype.inner, pl.Struct):
        elements: list[str] = json.loads(text) if text.startswith("[") else [name for name in text.split(",") if name]
        return elements
    names = [field.name for field in dtype.inner.fields]
    content = json.loads(text)
    if isinstance(content, dict):
        return [dict(zip(names, pair, strict=True)) for pair in content.items()]
    # the keys were written in the order of the fields, some of which have another name now
    return [dict(zip(names, row.values(), strict=True)) if len(row) == len(names) else row for row in content]
