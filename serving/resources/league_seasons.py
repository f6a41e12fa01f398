"""The seasons of a league: goals per match and what playing at home was worth in each."""

from typing import Final

import polars as pl

from serving.snapshot.snapshot import Snapshot
from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import SCORED
from soccer_assets.storage.tables import Column

LEAGUE_SEASON: Final = (
    Column("code", pl.String, "division code", among=tuple(LEAGUES)),
    Column("season", pl.String, "2023/24, or 2023 in a league of calendar years"),
    Column("first_date", pl.Date, "date of its first match with a result"),
    Column("last_date", pl.Date, "date of its last one"),
    Column("matches", pl.Int64, "matches with a result", ge=1),
    Column("goals", pl.Float64, "mean goals of a match", ge=0),
    Column("home_advantage", pl.Float64, "mean goals of home clubs less those of away clubs"),
    Column("home_advantage_error", pl.Float64, "standard error of that mean; null of one match", nullable=True, ge=0),
    Column("home_wins", pl.Float64, "share of matches that the home club won", ge=0, le=1),
    Column("draws", pl.Float64, "share of draws", ge=0, le=1),
    Column("away_wins", pl.Float64, "share of matches that the away club won", ge=0, le=1),
)


def league_seasons(snapshot: Snapshot) -> pl.LazyFrame:
    """Each season of each league that has a result."""
    goals, margin = pl.col("home_goals") + pl.col("away_goals"), pl.col("home_goals") - pl.col("away_goals")
    scored = snapshot.matches.rows.lazy().filter(pl.col("status").is_in(SCORED))
    return scored.group_by("season", code="league").agg(
        first_date=pl.col("match_date").min(),
        last_date=pl.col("match_date").max(),
        matches=pl.len().cast(pl.Int64),
        goals=goals.mean(),
        home_advantage=margin.mean(),
        home_advantage_error=margin.std() / pl.len().sqrt(),
        home_wins=(margin > 0).mean(),
        draws=(margin == 0).mean(),
        away_wins=(margin < 0).mean(),
    )
