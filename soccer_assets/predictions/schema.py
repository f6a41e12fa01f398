"""Tables of the predictions stage.

In all of them `line` is who forecasts, as on every page; what is `line` among the odds, the goals a bet is about, is
`goals_line`.
"""

import polars as pl

from soccer_assets.features.catalog import GROUPS
from soccer_assets.leagues import LEAGUES
from soccer_assets.odds.schema import MARKETS as OFFERED
from soccer_assets.storage.tables import UTC, Column, Table

#: The champion without prices, the de-vigged prices, the two blended, and the newer model that is not champion (yet).
LINES = ("model", "market", "blend", "challenger")
_PROBABILITIES = tuple(
    Column(f"p_{outcome}", pl.Float64, f"probability of {text}", ge=0, le=1)
    for outcome, text in (("home", "a home win"), ("draw", "a draw"), ("away", "an away win"))
)
_GOALS = (
    *(
        Column(f"{side}_goals_expected", pl.Float64, f"goals expected of the {side} club by the goals model", ge=0)
        for side in ("home", "away")
    ),
    Column("rho", pl.Float64, "Dixon and Coles' correction of low scores", ge=-1, le=1),
    Column("p_over", pl.Float64, "probability of more than 2.5 goals; null where the goals expected tell it",
           nullable=True, ge=0, le=1),
)  # fmt: skip
_MATCH_DATE = Column("match_date", pl.Date, "date of kick-off in the league's own time zone")
_MATCH_ID = Column("match_id", pl.String, "the match")
_KICK_OFF = Column("kick_off_at", UTC, "kick-off, where published", nullable=True)
_VERSION = Column("model_version", pl.String, "version of the model; null on the market line", nullable=True)
_CLUBS = (
    Column("league", pl.String, "division code", among=tuple(LEAGUES)),
    Column("home", pl.String, "home club, the source's own name"),
    Column("away", pl.String, "away club, the source's own name"),
)

PREDICTIONS = Table(
    "predictions",
    "One forecast of one match on one line: model (no prices of the match), market (de-vigged), blend, challenger.",
    (
        _MATCH_DATE,
        _MATCH_ID,
        _CLUBS[0],
        Column("season", pl.String, "2023/24, or 2023 in a league of calendar years"),
        _KICK_OFF,
        *_CLUBS[1:],
        Column("line", pl.String, "who forecasts", among=LINES),
        *_PROBABILITIES,
        *_GOALS,
        _VERSION,
        Column("trained_through", pl.Date, "last match date the model learned from", nullable=True),
    ),
    ("match_date", "match_id", "line"),
)

#: The goals up to which a score has a selection of its own; beyond, it is `other`.
MOST_GOALS_NAMED = 5
SCORES = tuple(f"{i}-{j}" for i in range(MOST_GOALS_NAMED + 1) for j in range(MOST_GOALS_NAMED + 1))
#: What there is to bet on: selections by market. The first four are offered among the odds.
SELECTIONS = OFFERED | {
    "draw_no_bet": ("home", "away"),
    "both_teams_to_score": ("yes", "no"),
    "win_to_nil": ("home", "away"),
    "correct_score": (*SCORES, "other"),
}
#: What is forecast of a match beside them, in goals or points of a side.
EXPECTATIONS = ("expected_goals", "expected_points")
#: What can become of a stake, from the worst.
RESULTS = ("lost", "half_lost", "push", "half_won", "won")
# few values over many millions of rows: one byte each
_LINE = pl.Enum(LINES)
_MARKET = pl.Enum([*SELECTIONS, *EXPECTATIONS])
_SELECTION = pl.Enum(list(dict.fromkeys(selection for selections in SELECTIONS.values() for selection in selections)))
_GOALS_LINE = Column("goals_line", pl.Float64, "goals (over/under) or home handicap in goals; else null", nullable=True)

MARKETS = Table(
    "markets",
    "One selection of one market of a match as one line forecasts it: a sum over the line's one score matrix.",
    (
        _MATCH_DATE,
        _MATCH_ID,
        Column("line", _LINE, "who forecasts"),
        Column("market", _MARKET, "what is bet on"),
        _GOALS_LINE,
        Column("selection", _SELECTION, "outcome bet on"),
        *(
            Column(name, pl.Float64, f"probability that the stake is {text}; null of what is expected", nullable=True,
                   ge=0, le=1)
            for name, text in (("won", "won"), ("half_won", "won by half"), ("push", "given back"),
                               ("half_lost", "lost by half"), ("lost", "lost"))
        ),
        Column("fair_odds", pl.Float64, "price at which the expected profit is 0; null where nothing can be won",
               nullable=True, ge=1),
        Column("expected", pl.Float64, "goals or points expected of the side; null of a bet", nullable=True, ge=0),
    ),
    ("match_date", "match_id", "line", "market", "goals_line", "selection"),
)  # fmt: skip

VALUE_BETS = Table(
    "value_bets",
    "One selection whose forecast exceeds the market's probability by the least edge; nothing is placed.",
    (
        _MATCH_DATE,
        _MATCH_ID,
        *_CLUBS,
        Column("line", pl.String, "who forecasts", among=("model", "blend")),
        Column("market", pl.String, "what is bet on", among=tuple(OFFERED)),
        _GOALS_LINE,
        Column("selection", pl.String, "outcome bet on"),
        Column("probability", pl.Float64, "the forecast, 1 over its fair odds: given that money changes hands", ge=0,
               le=1),
        Column("market_probability", pl.Float64, "the same on the market line, from the de-vigged average", ge=0, le=1),
        Column("edge", pl.Float64, "probability minus market probability", ge=0, le=1),
        Column("price", pl.Float64, "best pre-match decimal odds", ge=1),
        Column("expected_value", pl.Float64, "mean profit per unit staked at that price", ge=-1),
        Column("stake", pl.Float64, "share of the bank by fractional Kelly, capped", ge=0, le=1),
        Column("quoted_at", UTC, "when the price was quoted"),
        Column("odds_age_hours", pl.Float64, "from the newest price of the match to kick-off", nullable=True, ge=0),
        Column("bookmakers", pl.Int16, "bookmakers that quote it", ge=0),
        Column("few_bookmakers", pl.Boolean, "fewer than 3 of them"),
        Column("few_matches", pl.Boolean, "fewer than 10 matches are known of a club"),
        Column("stale", pl.Boolean, "the newest price is more than 48 hours old", nullable=True),
    ),
    ("match_date", "match_id", "line", "market", "goals_line", "selection"),
)  # fmt: skip

PREDICTION_LEDGER = Table(
    "prediction_ledger",
    "One forecast of one match on one line as it stood before kick-off, chained to the one sealed before it.",
    (
        Column("number", pl.Int64, "place in the chain, from 1", ge=1),
        _MATCH_DATE,
        _MATCH_ID,
        Column("line", pl.String, "who forecasts", among=LINES),
        _KICK_OFF,
        *_PROBABILITIES,
        *_GOALS,
        _VERSION,
        Column("features_hash", pl.String, "SHA-256 of the features; null on the market line", nullable=True),
        Column("odds_quoted_at", UTC, "newest of the prices it rests on; null without prices", nullable=True),
        Column("odds_hash", pl.String, "SHA-256 of these prices", nullable=True),
        Column("code_version", pl.String, "version of the platform and SHA-256 of its source"),
        Column("sealed_at", UTC, "when"),
        Column("previous_hash", pl.String, "hash of the row before; zeros before the first"),
        Column("hash", pl.String, "SHA-256 over the previous hash and this row"),
    ),
    ("number",),
)

#: Models that clients are answered by without naming one.
VARIANTS = ("champion", "challenger")
ON_DEMAND_FORECASTS = Table(
    "on_demand_forecasts",
    "One forecast that a client was given on demand by champion or challenger; written by the worker.",
    (
        _MATCH_DATE,
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("home", pl.String, "home club"),
        Column("away", pl.String, "away club"),
        Column("variant", pl.String, "which of the two made it", among=VARIANTS),
        Column("model_version", pl.String, "version of the model"),
        Column("as_of", pl.Date, "newest match date that it knows"),
        Column("p_home", pl.Float64, "probability of a home win", ge=0, le=1),
        Column("p_draw", pl.Float64, "probability of a draw", ge=0, le=1),
        Column("p_away", pl.Float64, "probability of an away win", ge=0, le=1),
        Column("answered_at", UTC, "when it was made"),
    ),
    ("match_date", "league", "home", "away", "variant", "model_version", "as_of"),
)

#: What a forecast rests on beside the groups of features, in words.
TERMS = {
    "base": "a match between two clubs that are average in everything",
    "league": "the league",
    "calibration": "repair learned from earlier forecasts",
    "prices": "the prices before the match",
    "price_move": "where the price is expected to go until the close",
    "revision": "what was known when the forecast was sealed and is not so now",
}
EXPLANATIONS = Table(
    "explanations",
    "One group of features or other term of a line: what it adds to the log-odds; together they are the forecast.",
    (
        _MATCH_DATE,
        _MATCH_ID,
        Column("line", pl.String, "who forecasts", among=LINES),
        Column("term", pl.String, "group of features, or another part", among=(*GROUPS, *TERMS)),
        Column("description", pl.String, "the term in words"),
        Column("home_away", pl.Float64, "what it adds to the log-odds of a home to an away win"),
        Column("draw", pl.Float64, "what it adds to the log-odds of the draw to the geometric mean of both"),
        Column("feature", pl.String, "its feature that adds most; null of other terms", nullable=True),
        Column("feature_description", pl.String, "that feature in words", nullable=True),
        Column("feature_value", pl.Float64, "its value; null where it is not known", nullable=True),
    ),
    ("match_date", "match_id", "line", "term"),
)

SIMILAR_MATCHES = Table(
    "similar_matches",
    "One of the five earlier matches of a league that are most like a match, and its result.",
    (
        _MATCH_DATE,
        _MATCH_ID,
        Column("rank", pl.Int8, "1 is the most similar", ge=1, le=5),
        Column("similar_match_id", pl.String, "the earlier match"),
        Column("similar_match_date", pl.Date, "its date"),
        Column("home", pl.String, "its home club, the source's own name"),
        Column("away", pl.String, "its away club, the source's own name"),
        Column("home_goals", pl.Int16, "goals of its home club", ge=0, le=99),
        Column("away_goals", pl.Int16, "goals of its away club", ge=0, le=99),
        Column("distance", pl.Float64, "root mean square difference in standard deviations", ge=0),
    ),
    ("match_date", "match_id", "rank"),
)

#: What could be otherwise, in words.
SCENARIOS = {
    "no_price": "no bookmaker quotes the match",
    "home_without_last_result": "the last result of the home club is not known",
    "away_without_last_result": "the last result of the away club is not known",
}
FORECAST_SCENARIOS = Table(
    "forecast_scenarios",
    "One thing that could be otherwise before a match, and what a line would forecast then.",
    (
        _MATCH_DATE,
        _MATCH_ID,
        Column("line", pl.String, "who forecasts", among=("model", "blend")),
        Column("scenario", pl.String, "what is otherwise", among=tuple(SCENARIOS)),
        Column("description", pl.String, "the scenario in words"),
        *_PROBABILITIES,
        *(
            Column(f"change_{outcome}", pl.Float64, f"by which the probability of {text} would be higher", ge=-1, le=1)
            for outcome, text in (("home", "a home win"), ("draw", "a draw"), ("away", "an away win"))
        ),
    ),
    ("match_date", "match_id", "line", "scenario"),
)
