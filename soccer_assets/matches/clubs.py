"""The clubs that play on a date, by the names their source gives them."""

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import TEAMS

SOURCE = "football-data"


def clubs_of(matches: pl.DataFrame) -> pl.DataFrame:
    """One row per club and match date."""
    countries = {code: league.country for code, league in LEAGUES.items()}
    sides = [matches.select("match_date", "league", team_id=f"{side}_id", name=side) for side in ("home", "away")]
    rows = pl.concat(sides).with_columns(
        country=pl.col("league").replace_strict(countries, return_dtype=pl.String), source=pl.lit(SOURCE)
    )
    return TEAMS.conform(rows.unique())
