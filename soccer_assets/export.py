"""Forecasts as one plain table, for whoever wants to score or use them elsewhere."""

import datetime as dt
from pathlib import Path

from soccer_assets.delta import Lake
from soccer_assets.errors import SoccerError

COLUMNS = (
    "match_id", "league", "season", "match_date", "home", "away", "line",
    "p_home", "p_draw", "p_away", "model_version", "trained_through",
)  # fmt: skip


def export(lake: Lake, first: dt.date, last: dt.date, file: Path) -> int:
    """Write the forecasts of the match dates `first` to `last`, both inclusive; returns the rows written.

    Raises:
        SoccerError: the file is neither .csv nor .parquet.
    """
    if file.suffix not in (".csv", ".parquet"):
        raise SoccerError(f"expected a file that ends in .csv or .parquet, found {file.name}")
    rows = lake.read("predictions", first, last).select(COLUMNS).sort("match_date", "match_id", "line")
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".csv":
        rows.write_csv(file)
    else:
        rows.write_parquet(file)
    return len(rows)
