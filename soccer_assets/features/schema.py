"""Tables of the features stage."""

import polars as pl

from soccer_assets.features.catalog import FEATURES
from soccer_assets.leagues import LEAGUES
from soccer_assets.storage.tables import Column, Table


def _rating(name: str, description: str, ge: float, le: float, nullable: bool = False) -> Column:
    return Column(name, pl.Float64, description, nullable=nullable, ge=ge, le=le)


TEAM_RATINGS = Table(
    "team_ratings",
    "One club's ratings after one finished match.",
    (
        Column("match_date", pl.Date, "date of the match"),
        Column("match_id", pl.String, "the match"),
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("team_id", pl.String, "the club"),
        _rating("elo_before", "Elo rating before the match", 0, 3000),
        _rating("elo_after", "Elo rating after the match", 0, 3000),
        _rating("pi_home", "pi-rating at home: worth in goals, on a log scale", -10, 10),
        _rating("pi_away", "pi-rating away", -10, 10),
        _rating("goal_attack", "log goals it scores above the average", -4, 4),
        _rating("goal_defence", "log goals it keeps out", -4, 4),
        _rating("shot_attack", "log shots on target above the average", -4, 4, nullable=True),
        _rating("shot_defence", "log shots on target it keeps out", -4, 4, nullable=True),
        _rating("dc_attack", "Dixon-Coles attack as last fitted before the match", -4, 4, nullable=True),
        _rating("dc_defence", "Dixon-Coles defence as last fitted before the match", -4, 4, nullable=True),
        _rating("performance_strength", "log-odds strength by goals, shots and corners; no prices", -10, 10),
        _rating("performance_variance", "how uncertain that is", 0, 1),
        _rating("performance_home_advantage", "what home is worth there: its league's and its own", -5, 5),
        _rating("market_strength", "log-odds strength by the prices of its matches", -10, 10, nullable=True),
        _rating("market_variance", "how uncertain that is", 0, 1, nullable=True),
        _rating("market_home_advantage", "what home is worth there: its league's and its own", -5, 5, nullable=True),
        _rating("market_surprise", "log-odds by which the price of the match differed", -20, 20, nullable=True),
        _rating("result_surprise", "how far it did better than the price, in log goals", -20, 20, nullable=True),
        _rating("market_goals", "its part in the log-odds of over 2.5 goals", -10, 10, nullable=True),
        _rating("market_goals_level", "the other part: its league's and its own at home", -5, 5, nullable=True),
        _rating("market_openness", "its part in the mean log goals of both sides, by prices", -10, 10, nullable=True),
        _rating("market_openness_level", "the other part: its league's and its own at home", -5, 5, nullable=True),
        _rating("market_openness_drift", "how far its league's matches lately had more of it", -5, 5, nullable=True),
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
