"""The tables the API reads, and the columns it needs of each; a table that does not exist yet is empty.

The stages declare these tables in full. The API process imports no stage, so it names what it relies on; a
test keeps the two in agreement. Columns left out here (statistics, encoded models) are never read from
storage.
"""

from dataclasses import dataclass

import polars as pl

from soccer_assets.errors import SchemaError
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import UTC

_TEXT, _REAL, _WHOLE = pl.String(), pl.Float64(), pl.Int64()
_MATCH: dict[str, pl.DataType] = {"match_date": pl.Date(), "match_id": _TEXT, "league": _TEXT}
_CLUBS: dict[str, pl.DataType] = {"home": _TEXT, "away": _TEXT}

COLUMNS: dict[str, dict[str, pl.DataType]] = {
    "matches": {
        **_MATCH,
        "season": _TEXT,
        "kick_off_at": UTC,
        "status": _TEXT,
        **_CLUBS,
        "home_id": _TEXT,
        "away_id": _TEXT,
        "home_goals": pl.Int16(),
        "away_goals": pl.Int16(),
    },
    "teams": {
        "match_date": pl.Date(),
        **{name: _TEXT for name in ("team_id", "name", "source", "script", "country", "league", "sex", "kind")},
    },
    "predictions": {
        **_MATCH,
        "season": _TEXT,
        "kick_off_at": UTC,
        **_CLUBS,
        "line": _TEXT,
        "p_home": _REAL,
        "p_draw": _REAL,
        "p_away": _REAL,
        "model_version": _TEXT,
        "trained_through": pl.Date(),
    },
    "value_bets": {
        **_MATCH,
        "line": _TEXT,
        "market": _TEXT,
        "goals_line": _REAL,
        "selection": _TEXT,
        "probability": _REAL,
        "market_probability": _REAL,
        "edge": _REAL,
        "price": _REAL,
        "expected_value": _REAL,
        "stake": _REAL,
    },
    "quality_report": {
        "match_date": pl.Date(),
        "league": _TEXT,
        "line": _TEXT,
        "sample": _TEXT,
        "matches": _WHOLE,
        "log_loss": _REAL,
        "rps": _REAL,
        "brier": _REAL,
        "accuracy": _REAL,
        "ece": _REAL,
        "log_loss_vs_closing": _REAL,
    },
    "drift_report": {
        "match_date": pl.Date(),
        "drift_share": _REAL,
        "columns": _WHOLE,
        "drifted": _WHOLE,
        "drifted_columns": _TEXT,
        "current_matches": _WHOLE,
        "reference_matches": _WHOLE,
        "scores": _TEXT,
    },
    "selected_model": {
        "match_date": pl.Date(),
        "family": _TEXT,
        "trained_through": pl.Date(),
        "examples": _WHOLE,
        "version": _TEXT,
        "log_loss": _REAL,
        "comparison": _TEXT,
        "reason": _TEXT,
    },
    "promotions": {
        "moved_at": UTC,
        "effective_from": pl.Date(),
        "alias": _TEXT,
        "version": _TEXT,
        "accepted": pl.Boolean(),
        "reason": _TEXT,
    },
}


@dataclass(frozen=True)
class Edition:
    """A state of a table: the id tells a table that was made anew from one that was changed."""

    id: str
    version: int


def edition(lake: Lake, name: str) -> Edition | None:
    """The table's newest state; None while it does not exist."""
    if not lake.exists(name):
        return None
    table = lake.table(name)
    return Edition(str(table.metadata().id), table.version())


def read(lake: Lake, name: str) -> pl.DataFrame:
    """The needed columns of a table, in its declared types; empty while it does not exist.

    Raises:
        SchemaError: the table lacks a column.
    """
    schema = pl.Schema(COLUMNS[name])
    if not lake.exists(name):
        return pl.DataFrame(schema=schema)
    rows = lake.scan(name)
    missing = sorted(schema.keys() - set(rows.collect_schema()))
    if missing:
        raise SchemaError(f"{name}: expected columns {missing}, found {list(rows.collect_schema())}")
    return rows.select(pl.col(column).cast(dtype) for column, dtype in schema.items()).collect()
