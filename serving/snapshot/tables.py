"""What is read of the tables of the lake, typed as the stages' schemas declare them.

A table that does not exist yet is empty.
"""

from dataclasses import dataclass

import polars as pl

from soccer_assets.errors import DamagedTableError, NotMaterializedError, SchemaError
from soccer_assets.storage.earlier_forms import require_current
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Table


@dataclass(frozen=True)
class TableVersion:
    """A state of a table: the id tells a table that was made anew from one that was changed."""

    id: str
    version: int


def table_version(lake: Lake, name: str, before: TableVersion | None = None) -> TableVersion | None:
    """The table's newest state; None while it does not exist.

    Raises:
        DamagedTableError: it had the state `before` and is gone: what was read of it is not replaced by nothing.
    """
    try:
        table = lake.table(name)
    except NotMaterializedError:
        if before is None:
            return None
        raise DamagedTableError(
            f"{name}: expected the table that was read before under {lake.url}, found none: bring the lake back, or "
            "start anew on another one"
        ) from None
    return TableVersion(str(table.metadata().id), table.version())


def scan(lake: Lake, table: Table, version: TableVersion | None) -> pl.LazyFrame:
    """The declared columns of a state of a table, in their declared types; empty for None.

    A column that may be null is null throughout where an earlier version of the platform wrote the table without it.

    Raises:
        SchemaError: the table lacks another column, or an earlier version wrote one in another form.
    """
    if version is None:
        return table.empty().lazy()
    rows = pl.scan_delta(lake.table(table.name, version.version))
    require_current(table, rows)
    stored = rows.collect_schema()
    missing = sorted(column.name for column in table.columns if column.name not in stored and not column.nullable)
    if missing:
        raise SchemaError(f"{table.name}: expected columns {missing}, found {list(stored)}")
    cells = {name: pl.col(name) if name in stored else pl.lit(None) for name in table.schema}
    return rows.select(cells[name].cast(dtype).alias(name) for name, dtype in table.schema.items())
