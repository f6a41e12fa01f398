"""Tables of the features stage."""

import polars as pl

from soccer_assets.features.catalog import FEATURES
from soccer_assets.leagues import LEAGUES
from soccer_assets.tables import Column, Table

TEAM_RATINGS = Table(
    "team_ratings",
    "One club's Elo rating before and after one finished match.",
    (
        Column("match_date", pl.Date, "date of the match"),
        Column("match_id", pl.String, "the match"),
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("team_id", pl.String, "the club"),
        Column("elo_before", pl.Float64, "Elo rating before the match", ge=0, le=3000),
        Column("elo_after", pl.Float64, "Elo rating after the match", ge=0, le=3000),
    ),
    ("match_date", "match_id", "team_id"),
)

IDENTITY = (
    Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
    Column("match_id", pl.String, "the match"),
    Column("league", pl.String, "division code", among=tuple(LEAGUES)),
    Column("season", pl.String, "2023/24, or 2023 in a league of calendar years"),
    Column("home_id", pl.String, "home club"),
    Column("away_id", pl.String, "away club"),
)

MATCH_FEATURES = Table(
    "match_features",
    "One match as known before the day of its kick-off.",
    (
        *IDENTITY,
        *(Column(f.name, pl.Float32, f.description, nullable=True, ge=-5000, le=5000) for f in FEATURES),
    ),
    ("match_date", "match_id"),
)
