"""The tables the API reads and the columns it needs of each, typed as the stages' schemas declare them.

A table that does not exist yet is empty. Columns that are not named here (statistics, encoded models) are never read
from storage.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from serving.contracts import Drift, Match, Quality
from soccer_assets.errors import SchemaError
from soccer_assets.matches.schema import MATCHES, TEAMS
from soccer_assets.models.schema import PROMOTIONS, SELECTED_MODEL
from soccer_assets.monitoring.schema import DRIFT_REPORT, QUALITY_REPORT
from soccer_assets.predictions.schema import PREDICTIONS, VALUE_BETS
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Table

_UNREAD_PREDICTIONS = ("home_goals_expected", "away_goals_expected", "rho")
_UNREAD_BETS = ("home", "away", "quoted_at", "odds_age_hours", "bookmakers", "few_bookmakers", "few_matches", "stale")


def _columns(table: Table, names: Sequence[str] = (), *, without: Sequence[str] = ()) -> pl.Schema:
    """The named columns of a table (default all but those left out) with their types."""
    return pl.Schema((name, table.schema[name]) for name in names or table.schema if name not in without)


COLUMNS = {
    "matches": _columns(MATCHES, (*Match.__struct_fields__, "home_id", "away_id")),
    "teams": _columns(TEAMS),
    "predictions": _columns(PREDICTIONS, without=_UNREAD_PREDICTIONS),
    "value_bets": _columns(VALUE_BETS, without=_UNREAD_BETS),
    "quality_report": _columns(QUALITY_REPORT, Quality.__struct_fields__),
    "drift_report": _columns(DRIFT_REPORT, Drift.__struct_fields__),
    "selected_model": _columns(
        SELECTED_MODEL,
        ("match_date", "family", "trained_through", "examples", "version", "log_loss", "comparison", "reason"),
    ),
    "promotions": _columns(PROMOTIONS, ("moved_at", "effective_from", "alias", "version", "accepted")),
}


@dataclass(frozen=True)
class TableVersion:
    """A state of a table: the id tells a table that was made anew from one that was changed."""

    id: str
    version: int


def table_version(lake: Lake, name: str) -> TableVersion | None:
    """The table's newest state; None while it does not exist."""
    if not lake.exists(name):
        return None
    table = lake.table(name)
    return TableVersion(str(table.metadata().id), table.version())


def read(lake: Lake, name: str) -> pl.DataFrame:
    """The needed columns of a table, in its declared types; empty while it does not exist.

    Raises:
        SchemaError: the table lacks a column.
    """
    schema = COLUMNS[name]
    if not lake.exists(name):
        return pl.DataFrame(schema=schema)
    rows = lake.scan(name)
    missing = sorted(schema.keys() - set(rows.collect_schema()))
    if missing:
        raise SchemaError(f"{name}: expected columns {missing}, found {list(rows.collect_schema())}")
    return rows.select(pl.col(column).cast(dtype) for column, dtype in schema.items()).collect()
