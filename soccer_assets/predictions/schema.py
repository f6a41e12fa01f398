"""Tables of the predictions stage."""

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.tables import UTC, Column, Table

LINES = ("model", "market", "blend")
_PROBABILITIES = tuple(
    Column(f"p_{outcome}", pl.Float64, f"probability of {text}", ge=0, le=1)
    for outcome, text in (("home", "a home win"), ("draw", "a draw"), ("away", "an away win"))
)

PREDICTIONS = Table(
    "predictions",
    "One forecast of one match on one line: model (no prices of the match), market (de-vigged), blend.",
    (
        Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
        Column("match_id", pl.String, "the match"),
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("season", pl.String, "2023/24, or 2023 in a league of calendar years"),
        Column("kick_off_at", UTC, "kick-off, where published", nullable=True),
        Column("home", pl.String, "home club, the source's own name"),
        Column("away", pl.String, "away club, the source's own name"),
        Column("line", pl.String, "who forecasts", among=LINES),
        *_PROBABILITIES,
        Column("model_version", pl.String, "version of the model; null on the market line", nullable=True),
        Column("trained_through", pl.Date, "last match date the model learned from", nullable=True),
    ),
    ("match_date", "match_id", "line"),
)

VALUE_BETS = Table(
    "value_bets",
    "One selection whose forecast exceeds the market's probability by the least edge; nothing is placed.",
    (
        Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
        Column("match_id", pl.String, "the match"),
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("home", pl.String, "home club, the source's own name"),
        Column("away", pl.String, "away club, the source's own name"),
        Column("line", pl.String, "who forecasts", among=("model", "blend")),
        Column("selection", pl.String, "outcome", among=("home", "draw", "away")),
        Column("probability", pl.Float64, "the forecast", ge=0, le=1),
        Column("market_probability", pl.Float64, "the de-vigged pre-match average", ge=0, le=1),
        Column("edge", pl.Float64, "probability minus market probability", ge=0, le=1),
        Column("price", pl.Float64, "best pre-match decimal odds", ge=1),
        Column("expected_value", pl.Float64, "probability times price minus 1, per unit staked", ge=-1),
        Column("quoted_at", UTC, "when the price was quoted"),
    ),
    ("match_date", "match_id", "line", "selection"),
)
