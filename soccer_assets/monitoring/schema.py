"""Tables of the monitoring stage."""

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.predictions.schema import LINES, VARIANTS
from soccer_assets.storage.tables import UTC, Column, Table

#: Comparisons are made on the matches that have these four; `closing` is known only at kick-off.
COMPARED_LINES = ("model", "market", "blend", "closing")
#: The others stand beside them where they are known.
SETTLED_LINES = (*COMPARED_LINES, "challenger", "opening", "climatology", "elo", "poisson")
#: Markets that have prices at the close, beside the 1x2.
PRICED_MARKETS = ("over_under_2.5", "asian_handicap")
#: Markets whose forecasts are sums over a score matrix: those with prices first, then what only scores tell, then legs.
MATRIX_MARKETS = (
    *PRICED_MARKETS, "over_under_1.5", "over_under_3.5", "over_under_4.5", "both_teams_to_score", "correct_score",
    "goal_difference", "home_and_over", "over_and_both", "handicap_and_over",
)  # fmt: skip
#: Every market that is scored.
SCORED_MARKETS = ("1x2", *MATRIX_MARKETS)
BETTING_LINES = ("model", "blend")
ALL_LEAGUES = "ALL"
#: Columns that several tables have.
_MATCH = (
    Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
    Column("match_id", pl.String, "the match"),
    Column("league", pl.String, "division code", among=tuple(LEAGUES)),
)
_SEASON = Column("season", pl.String, "2023/24, or 2023 in a league of calendar years")
_LINE = Column("line", pl.String, "who forecasts", among=SETTLED_LINES)
_LOG_LOSS = Column("log_loss", pl.Float64, "minus the logarithm of the probability of what happened", ge=0)
_HIT = Column("hit", pl.Boolean, "the likeliest outcome happened")
_SCORED_1X2 = (
    Column("p_home", pl.Float64, "probability of a home win", ge=0, le=1),
    Column("p_draw", pl.Float64, "probability of a draw", ge=0, le=1),
    Column("p_away", pl.Float64, "probability of an away win", ge=0, le=1),
    Column("outcome", pl.Int8, "0 home win, 1 draw, 2 away win", ge=0, le=2),
    _LOG_LOSS,
    Column("rps", pl.Float64, "ranked probability score (Epstein 1969)", ge=0, le=1),
    Column("brier", pl.Float64, "Brier score, summed over the three outcomes", ge=0, le=2),
    _HIT,
)
_CONTEXT = (
    Column("favourite", pl.Float64, "the market's highest probability, pre-match, else at the close", nullable=True,
           ge=0, le=1),
    Column("elo_gap", pl.Float64, "rating points between the clubs", nullable=True, ge=0),
    Column("promoted", pl.Boolean, "a club was in a lower league a season before; null where that season is unknown",
           nullable=True),
    Column("new_club", pl.Boolean, "fewer than 20 matches are known of a club", nullable=True),
    Column("first_rounds", pl.Boolean, "a club has played fewer than five league matches of the season", nullable=True),
    Column("long_break", pl.Boolean, "a club has not played for three weeks", nullable=True),
)  # fmt: skip

#: With the closing price as the truth: it tells forecasters apart that results cannot.
_DIVERGENCE = "expected log loss under the closing price less the price's own (Kullback and Leibler)"
_MARKET = Column("market", pl.String, "what is forecast", among=SCORED_MARKETS)
_SCORES = (
    Column("matches", pl.Int64, "matches scored; of a handicap, those in which money changes hands", ge=1),
    Column("log_loss", pl.Float64, "mean, of a handicap per settled stake", ge=0),
    Column("rps", pl.Float64, "mean; null of the correct score, which has no order", nullable=True, ge=0, le=1),
    Column("brier", pl.Float64, "mean", ge=0, le=2),
    Column("accuracy", pl.Float64, "share of matches whose likeliest outcome happened", ge=0, le=1),
    Column("ece", pl.Float64, "expected calibration error in ten bins: of the three outcomes pooled (1x2), else of "
           "`forecast`", ge=0, le=1),
    Column("forecast", pl.Float64, "mean probability of the draw (1x2), of more goals, of the home side given that "
           "money changes hands, of both, or of the likeliest outcome (correct score, goal difference)", ge=0, le=1),
    Column("happened", pl.Float64, "share of matches in which it did", ge=0, le=1),
)  # fmt: skip
#: What a log loss is held against, on the matches that have both; `product` takes the two legs for independent.
REFERENCES = {
    "closing": "the closing market's: prices, else the matrix that agrees with them",
    "market": "the pre-match market's",
    "opening": "the opening market's",
    "climatology": "that of earlier frequencies",
    "product": "that of the product of the legs",
}
#: Every paired figure of the reports and what it is.
COMPARISONS = {
    **{f"log_loss_vs_{name}": f"mean log loss minus {what} on the same matches" for name, what in REFERENCES.items()},
    "divergence": f"mean {_DIVERGENCE}",
    "divergence_vs_market": "mean divergence minus the pre-match market's on the same matches",
}

#: The names of the groups that matches are divided into.
CONTEXT = tuple(column.name for column in _CONTEXT)
SETTLED_PREDICTIONS = Table(
    "settled_predictions",
    "One forecast of one match on one line, met by its result, beside yardsticks that forecast the same match.",
    (
        *_MATCH,
        _SEASON,
        _LINE,
        *_SCORED_1X2,
        Column("divergence", pl.Float64, _DIVERGENCE, nullable=True, ge=0),
        Column("complete", pl.Boolean, f"{', '.join(COMPARED_LINES)} all exist: what comparisons are made on"),
        Column("model_version", pl.String, "version of the model", nullable=True),
        *_CONTEXT,
    ),
    ("match_date", "match_id", "line"),
)

SETTLED_MARKETS = Table(
    "settled_markets",
    "One forecast of one match on one line and one market but the 1x2, met by its score.",
    (
        *_MATCH,
        _SEASON,
        _LINE,
        Column("market", pl.String, "what is forecast", among=MATRIX_MARKETS),
        Column("goals_line", pl.Float64, "the home handicap at the close, in goals; null of other markets",
               nullable=True),
        Column("probability", pl.Float64, "of more goals, of the home side given that money changes hands, of both, or "
               "of the likeliest outcome (correct score, goal difference)", ge=0, le=1),
        Column("happened", pl.Float64, "1 where it did, else 0", ge=0, le=1),
        Column("weight", pl.Float64, "share of a stake that is decided, of a handicap; else 1", ge=0, le=1),
        _LOG_LOSS,
        Column("rps", pl.Float64, "ranked probability score; null of the correct score, which has no order",
               nullable=True, ge=0, le=1),
        Column("brier", pl.Float64, "Brier score, summed over the outcomes", ge=0, le=2),
        _HIT,
        Column("product_log_loss", pl.Float64, "log loss of the product of the two legs; null of other markets",
               nullable=True, ge=0),
        Column("divergence", pl.Float64, f"{_DIVERGENCE}; null without", nullable=True, ge=0),
        Column("complete", pl.Boolean, f"{', '.join(COMPARED_LINES)} all have it: what comparisons are made on"),
    ),
    ("match_date", "match_id", "line", "market"),
)  # fmt: skip

QUALITY_REPORT = Table(
    "quality_report",
    "One line's quality on one market in one league over the twelve months that end on the match date.",
    (
        Column("match_date", pl.Date, "last day of the twelve months"),
        Column("league", pl.String, "division code, or ALL", among=(*LEAGUES, ALL_LEAGUES)),
        _LINE,
        _MARKET,
        Column(
            "sample", pl.String, "complete: matches that can be compared; all: every match", among=("complete", "all")
        ),
        *_SCORES,
        *(Column(name, pl.Float64, what, nullable=True) for name, what in COMPARISONS.items()),
    ),
    ("match_date", "league", "line", "market", "sample"),
)

SETTLED_BETS = Table(
    "settled_bets",
    "One value bet met by its result: what was returned, and what the market thought of its price at the close.",
    (
        *_MATCH,
        _SEASON,
        Column("line", pl.String, "who forecasts", among=BETTING_LINES),
        Column("market", pl.String, "what is bet on"),
        Column("goals_line", pl.Float64, "goals (over/under) or home handicap in goals; else null", nullable=True),
        Column("selection", pl.String, "outcome bet on"),
        Column("edge", pl.Float64, "probability minus the market's", ge=0, le=1),
        Column("price", pl.Float64, "best pre-match decimal odds", ge=1),
        Column("result", pl.String, "what became of it",
               among=("won", "half_won", "push", "half_lost", "lost", "void")),
        Column("profit", pl.Float64, "per unit staked", ge=-1),
        Column("stake", pl.Float64, "share of the bank by fractional Kelly; those of a day are scaled to sum to at "
               "most 1", ge=0, le=1),
        Column("closing_probability", pl.Float64, "at the close, de-vigged: 1 over the fair price", nullable=True, ge=0,
               le=1),
        Column("closing_by", pl.String, "price: the line was quoted at the close; matrix: it had moved, and the score "
               "matrix of the closing 1x2 and total tells", nullable=True, among=("price", "matrix")),
        Column("clv", pl.Float64, "log of price over fair closing price: above 0 the market came our way",
               nullable=True),
        *_CONTEXT,
    ),
    ("match_date", "match_id", "line", "market", "goals_line", "selection"),
)  # fmt: skip


def _interval(name: str, what: str) -> tuple[Column, ...]:
    """A figure with its 95% interval over match days, null with too few of them."""
    return (
        Column(name, pl.Float64, what, nullable=True),
        Column(f"{name}_low", pl.Float64, "lower end of its 95% interval, match days drawn again", nullable=True),
        Column(f"{name}_high", pl.Float64, "upper end", nullable=True),
    )


#: Named slices of the matches; the values of each are in `value`.
SLICES = (
    "all", "league", "season", "month", "favourite", "promoted", "new_club", "first_rounds", "long_break", "elo_gap",
)  # fmt: skip
VERDICTS = ("better", "not distinguishable", "worse", "too few match days")

BACKTEST_REPORT = Table(
    "backtest_report",
    "One line on one market in a slice of the matches up to the end of a month: its forecasts, what bets earned.",
    (
        Column("match_date", pl.Date, "last day of a month, the last whose results are in the report"),
        Column("period", pl.String, "twelve months up to it, or all there is", among=("year", "ever")),
        Column("slice", pl.String, "what the matches are divided by", among=SLICES),
        Column("value", pl.String, "and which of them these are"),
        _LINE,
        _MARKET,
        *_SCORES,
        *(column for name, what in COMPARISONS.items() for column in _interval(name, what)),
        Column("verdict", pl.String, "against the closing market; null for itself", nullable=True, among=VERDICTS),
        Column("bets", pl.Int64, "value bets of the line in the slice on all markets, compared matches or not; on the "
               "rows of the 1x2", ge=0),
        *_interval("flat_yield", "profit per unit, the same stake on each bet"),
        *_interval("kelly_yield", "profit per unit staked, fractional Kelly"),
        Column("flat_drawdown", pl.Float64, "deepest fall of the profit from its peak, in stakes", nullable=True, ge=0),
        Column("kelly_drawdown", pl.Float64, "deepest fall of the bank from its peak, as a share", nullable=True, ge=0,
               le=1),
        Column("bank", pl.Float64, "what a bank of 1 became, staked by fractional Kelly", nullable=True, ge=0),
        *_interval("clv", "mean log of price over fair closing price"),
        Column("configurations", pl.Int64, "configurations tried so far to find the models", ge=0),
        Column("expected_max_yield", pl.Float64, "flat yield the best of so many expects by luck alone, with no edge",
               nullable=True),
    ),
    ("match_date", "period", "slice", "value", "line", "market"),
)  # fmt: skip

_DRIFT = (
    Column("drift_share", pl.Float64, "share of the columns that drifted", ge=0, le=1),
    Column("columns", pl.Int64, "columns compared", ge=1),
    Column("drifted", pl.Int64, "columns that drifted", ge=0),
    Column("drifted_columns", pl.List(pl.String), "their names"),
    Column(
        "emptied_columns",
        pl.List(pl.String),
        "those that most matches of the reference have, and less than a quarter of the current ones",
        nullable=True,
    ),
    Column("current_matches", pl.Int64, "matches in the current window", ge=1),
    Column("reference_matches", pl.Int64, "matches in the reference", ge=1),
    Column(
        "scores",
        pl.List(pl.Struct({"feature": pl.String(), "score": pl.Float64()})),
        "Wasserstein distance of each column in standard deviations of the reference",
    ),
    Column(
        "threshold",
        pl.Float64,
        "score from which a column has drifted: beyond 0.25 and beyond chance",
        ge=0,
        nullable=True,
    ),
)
_LAST_DAY = Column("match_date", pl.Date, "last day of the current window")

DRIFT_REPORT = Table(
    "drift_report",
    "The drift of the features of the weeks up to the match date against the same phase of earlier seasons.",
    (_LAST_DAY, *_DRIFT, Column("html", pl.String, "address of the full report, beside the lake", nullable=True)),
    ("match_date",),
)

FORECAST_DRIFT = Table(
    "forecast_drift",
    "One line's drift: its forecasts of the weeks up to the match date against the same phase of earlier seasons.",
    (_LAST_DAY, Column("line", pl.String, "who forecasts", among=LINES), *_DRIFT),
    ("match_date", "line"),
)

#: A check that fails is wrong, or is only to be looked at.
SEVERITIES = ("error", "warning")

CHECK_RESULTS = Table(
    "check_results",
    "One check of the graph as it was evaluated last; written by a sensor.",
    (
        Column("asset", pl.String, "the table that is checked"),
        Column("check_name", pl.String, "what is checked, as a sentence"),
        Column("passed", pl.Boolean, "it held"),
        Column("blocking", pl.Boolean, "where it does not hold, nothing is made of the table"),
        Column(
            "severity",
            pl.String,
            "what it is where it does not hold; null: it was written before there were two",
            nullable=True,
            among=SEVERITIES,
        ),
        Column("evaluated_at", UTC, "when it was evaluated"),
        Column("run_id", pl.String, "Dagster's id of the run that evaluated it"),
    ),
    ("asset", "check_name"),
    date="evaluated_at",
)

SETTLED_ON_DEMAND = Table(
    "settled_on_demand",
    "One match and model that clients were given a forecast of on demand: the one that knew most, met by the result.",
    (
        *_MATCH,
        Column("variant", pl.String, "whether the champion made it or the challenger", among=VARIANTS),
        Column("model_version", pl.String, "version of the model"),
        Column("as_of", pl.Date, "newest match date that it knew"),
        *_SCORED_1X2,
    ),
    ("match_date", "match_id", "variant", "model_version"),
)
