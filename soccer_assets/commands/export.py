"""Forecasts as one plain table, for whoever wants to score or use them elsewhere."""

import datetime as dt
from pathlib import Path

import polars as pl

from soccer_assets.errors import SoccerError
from soccer_assets.storage.csv_files import to_csv
from soccer_assets.storage.lake import Lake

COLUMNS = (
    "match_id", "league", "season", "match_date", "home", "away", "line",
    "p_home", "p_draw", "p_away", "model_version", "trained_through",
)  # fmt: skip
#: The columns of one line, named so that it can be scored against football-data.co.uk's files.
COLUMNS_OF_FOOTBALL_DATA = {
    "league": "div", "match_date": "date", "home": "home", "away": "away",
    "p_home": "p_home", "p_draw": "p_draw", "p_away": "p_away",
}  # fmt: skip


def export(lake: Lake, first: dt.date, last: dt.date, file: Path, line: str | None = None) -> int:
    """Write the forecasts of the match dates `first` to `last`, both inclusive.

    Args:
        lake: what was forecast.
        first: first match date.
        last: last match date.
        file: .csv or .parquet.
        line: only this one's, as div, date, home, away, p_home, p_draw, p_away; otherwise every line's.

    Returns:
        The rows written.

    Raises:
        SoccerError: the file is neither .csv nor .parquet, or there is no such line.
    """
    rows = lake.read("predictions", first, last).select(COLUMNS).sort("match_date", "match_id", "line")
    if line is not None:
        if line not in (lines := rows["line"].unique().sort().to_list()):
            raise SoccerError(f"expected a line out of {lines} from {first} to {last}, found {line!r}")
        renamed = (pl.col(name).alias(column) for name, column in COLUMNS_OF_FOOTBALL_DATA.items())
        rows = rows.filter(line=line).select(renamed)
    if file.suffix not in (".csv", ".parquet"):
        raise SoccerError(f"expected a file that ends in .csv or .parquet, found {file.name}")
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".csv":
        file.write_bytes(to_csv(rows))
    else:
        rows.write_parquet(file)
    return len(rows)
