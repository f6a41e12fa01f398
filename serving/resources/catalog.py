"""The resources of the API. A table that is to be served needs a declaration in this module and nothing else."""

from typing import Final

from serving.contracts import Match
from serving.resources import derived
from serving.resources.league_seasons import LEAGUE_SEASON, league_seasons
from serving.resources.resource import DATES, Filter, Resource, of_table
from serving.snapshot import cards
from serving.snapshot.matches import current_rows
from soccer_assets.features.schema import MATCH_FEATURES, TEAM_RATINGS
from soccer_assets.leagues import LEAGUES
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.matches.schema import MATCH_CONFLICTS, MATCH_LINKS, MATCHES, TEAMS
from soccer_assets.models.schema import ABLATION, MODEL_CARD, PROMOTIONS, SELECTED_MODEL
from soccer_assets.monitoring.schema import (
    BACKTEST_REPORT,
    CHECK_RESULTS,
    DRIFT_REPORT,
    FORECAST_DRIFT,
    QUALITY_REPORT,
    SETTLED_BETS,
    SETTLED_MARKETS,
    SETTLED_ON_DEMAND,
    SETTLED_PREDICTIONS,
)
from soccer_assets.odds.schema import BEST_PRICES, MARKET_PROBABILITIES, ODDS, ODDS_LINKS
from soccer_assets.predictions.schema import (
    EXPLANATIONS,
    FORECAST_SCENARIOS,
    LINES,
    MARKETS,
    ON_DEMAND_FORECASTS,
    PREDICTION_LEDGER,
    PREDICTIONS,
    SIMILAR_MATCHES,
    VALUE_BETS,
)
from soccer_assets.predictions.season.schema import SEASON_CHANGES, SEASON_FORECASTS
from soccer_assets.sources.schema import SOURCE_HEALTH

MATCH: Final = "/matches/{match_id:str}"
TEAM: Final = "/teams/{team_id:str}"
#: Match dates that a list of a large table covers at most.
MONTH: Final = 31
MIN_EDGE: Final = Filter("min_edge", "edge", "least", "least probability above the market's")
IN_LEAGUE: Final = Filter("league", "league", "is", "division code, such as E0; all without it")
ON_LINE: Final = Filter("line", "lines", "has", "only matches forecast on this line", LINES)
#: The parameters of the lists of matches.
_OF_MATCHES: Final = (*DATES, IN_LEAGUE, "status", "season", "home_id", "away_id")
_MATCH_COLUMNS: Final = tuple(column for column in MATCHES.columns if column.name in Match.__struct_fields__)
_PARAMETERS: Final = frozenset({"parameters"})

_LEAGUES = (
    Resource(
        "/leagues", "A league of the platform and what the lake has of it.", (MATCHES, PREDICTIONS), derived.leagues,
        derived.LEAGUE, ("code",), key="code", filters=("country", "tier"),
        sort=("country", "tier", "matches", "forecasts"), tag="matches",
    ),
    Resource(
        "/leagues/{code:str}/seasons", "A season of a league: goals, results, and what playing at home was worth.",
        (MATCHES,), league_seasons, LEAGUE_SEASON, ("code", "season"), filters=("season",),
        sort=("season", "goals", "home_advantage"), tag="matches",
    ),
)  # fmt: skip

_TEAMS = (
    Resource(
        "/teams", "A club: one id, and every name that the sources give it.", (TEAMS,),
        lambda snapshot: snapshot.teams.rows.lazy(), derived.TEAM, ("team_id",), key="team_id", unknown="unknown-team",
        filters=(
            Filter("league", "leagues", "has", "division code of a league it ever played in", tuple(LEAGUES)),
            Filter("name", "searched", "contains", "part of one of its names, whatever the case and the accents"),
            "country", "sex", "kind",
        ),
        find=lambda snapshot, key: snapshot.teams.row(key).lazy(), presorted=True, sort=("team_id", "country"),
        tag="matches",
    ),
    of_table(TEAM_RATINGS, f"{TEAM}/ratings", filters=DATES, sort=("match_date",), tag="features"),
    Resource(
        f"{TEAM}/matches", "A match of the club.", (MATCHES, TEAMS), derived.team_matches, _MATCH_COLUMNS,
        ("match_date", "match_id"), filters=(*DATES, IN_LEAGUE, "status", "season"), sort=("match_date",),
        tag="matches",
    ),
    Resource(
        f"{TEAM}/cards", "What a list of matches shows of each match of the club.",
        (PREDICTIONS, VALUE_BETS, MATCHES, SETTLED_PREDICTIONS, TEAMS), derived.team_cards, cards.COLUMNS,
        ("match_date", "match_id"), filters=(*DATES, IN_LEAGUE, "status", "season"),
        sort=("match_date", "kick_off_at"), tag="forecasts",
    ),
)  # fmt: skip

_MATCHES = (
    Resource(
        "/matches", MATCHES.row, (MATCHES,), lambda snapshot: snapshot.matches.rows.lazy(), _MATCH_COLUMNS,
        ("match_date", "match_id"), key="match_id", unknown="unknown-match", item=current_rows,
        filters=_OF_MATCHES, sort=("match_date", "kick_off_at", "league"),
        presorted=True, tag="matches",
    ),
    of_table(
        MATCHES, f"{MATCH}/statistics", row="The match with its statistics.", unknown="unknown-match", single=True,
        item=current_rows, tag="matches", span_days=MONTH,
    ),
    of_table(MATCH_LINKS, f"{MATCH}/links", tag="matches", span_days=MONTH),
    of_table(MATCH_CONFLICTS, "/match-conflicts", filters=(*DATES, "field", "source"), tag="matches"),
    of_table(MATCH_FEATURES, f"{MATCH}/features", unknown="unknown-match", single=True, tag="features",
             span_days=MONTH),
)  # fmt: skip

_FORECASTS = (
    Resource(
        "/predictions", "The forecast of a match, its lines and value bets side by side.",
        (PREDICTIONS, VALUE_BETS, MATCHES, SELECTED_MODEL, PROMOTIONS), derived.forecasts, derived.FORECAST,
        ("match_date", "match_id"), key="match_id", unknown="unknown-match",
        filters=(*DATES, IN_LEAGUE, "status", "season", ON_LINE),
        find=derived.forecast, sort=("match_date", "kick_off_at", "league"), presorted=True, tag="forecasts",
    ),
    Resource(
        "/cards", "What a list of matches shows of each: forecast, best bet, score and form of both clubs.",
        (PREDICTIONS, VALUE_BETS, MATCHES, SETTLED_PREDICTIONS), lambda snapshot: snapshot.view("cards").lazy(),
        cards.COLUMNS, ("match_date", "match_id"), key="match_id", unknown="unknown-match",
        filters=_OF_MATCHES, sort=("match_date", "kick_off_at", "league"),
        presorted=True, tag="forecasts",
    ),
    of_table(MARKETS, f"{MATCH}/markets", filters=("line", "market", "selection"), tag="forecasts", span_days=MONTH),
    Resource(
        f"{MATCH}/score-matrix", "The probability of every score of the match on a line.",
        (PREDICTIONS, MATCHES), derived.score_matrix_inputs, derived.MATRIX, ("line",),
        finish=derived.score_matrices, filters=("line",),
        tag="forecasts", span_days=MONTH,
    ),
    of_table(EXPLANATIONS, f"{MATCH}/explanations", filters=("line", "term"), tag="forecasts", span_days=MONTH),
    of_table(SIMILAR_MATCHES, f"{MATCH}/similar-matches", order=("rank",), tag="forecasts", span_days=MONTH),
    of_table(FORECAST_SCENARIOS, f"{MATCH}/scenarios", filters=("line", "scenario"), tag="forecasts", span_days=MONTH),
    of_table(PREDICTION_LEDGER, f"{MATCH}/forecast-history", order=("number",), filters=("line",), tag="ledger",
             span_days=MONTH),
    of_table(PREDICTION_LEDGER, "/ledger", key="number",
             filters=(*DATES, "line", "model_version", "hash", Filter("until", "number", "to", "highest number")),
             sort=("number",), tag="ledger"),
    of_table(VALUE_BETS, "/value-bets",
             filters=(*DATES, IN_LEAGUE, "line", "market", MIN_EDGE, "stale", "few_bookmakers", "few_matches"),
             sort=("edge", "expected_value", "price", "match_date"), tag="value"),
    of_table(SETTLED_BETS, "/settled-bets", filters=(*DATES, IN_LEAGUE, "season", "line", "market", "result", MIN_EDGE),
             sort=("match_date", "edge", "profit", "clv"), tag="value"),
    Resource("/yields", "What the value bets of a line earned in a league, in the newest report.", (BACKTEST_REPORT,),
             derived.yields, (derived.ANY_LEAGUE, *derived.YIELDS), ("league", "period", "line"),
             filters=("league", "line", "period"), sort=("flat_yield", "kelly_yield", "clv", "bets"), tag="value"),
)  # fmt: skip

_SEASONS = (
    of_table(SEASON_FORECASTS, "/season-forecasts", row=f"{SEASON_FORECASTS.row} The newest of each league.",
             rows=derived.newest_of_leagues(SEASON_FORECASTS), filters=(IN_LEAGUE, "season", "team_id"),
             sort=("position", "points_expected", "p_title"), tag="forecasts"),
    of_table(SEASON_FORECASTS, "/season-forecasts/history", filters=(*DATES, IN_LEAGUE, "season", "team_id"),
             sort=("match_date",), tag="forecasts", span_days=MONTH),
    of_table(SEASON_CHANGES, "/season-changes", filters=(*DATES, IN_LEAGUE, "season", "team_id", "event"),
             sort=("match_date",), tag="forecasts", span_days=MONTH),
)  # fmt: skip

_ODDS = (
    of_table(ODDS, "/odds", filters=(*DATES, IN_LEAGUE, "bookmaker", "market", "kind", "selection"), tag="odds",
             span_days=MONTH),
    of_table(ODDS, f"{MATCH}/odds", filters=("bookmaker", "market", "kind", "selection"), tag="odds", span_days=MONTH),
    of_table(BEST_PRICES, "/best-prices", filters=(*DATES, IN_LEAGUE, "market", "selection", "stale"),
             sort=("best_price", "movement", "age_hours", "match_date"), tag="odds", span_days=MONTH),
    of_table(BEST_PRICES, f"{MATCH}/best-prices", filters=("market", "selection"), tag="odds", span_days=MONTH),
    of_table(MARKET_PROBABILITIES, f"{MATCH}/market-probabilities", filters=("bookmaker", "market", "kind"), tag="odds",
             span_days=MONTH),
    of_table(ODDS_LINKS, "/links", filters=(*DATES, "outcome", "source", "country", "league"), key="event_id",
             nested=frozenset({"evidence"}), sort=("match_date", "score"), tag="links"),
    of_table(LINK_DECISIONS, "/link-decisions", key="decision_id", filters=("action", "source", "team_id"),
             tag="links"),
)  # fmt: skip

_MODELS = (
    Resource("/models", "A selected model and what was decided on it.", (SELECTED_MODEL, PROMOTIONS), derived.models,
             derived.MODEL, ("match_date", "version"), key="version", unknown="unknown-model",
             filters=("family", "champion"), sort=("match_date", "log_loss"), nested=_PARAMETERS,
             tag="models"),
    Resource("/model", "The champion: what it is, what it learned from and how it was chosen.",
             (SELECTED_MODEL, PROMOTIONS), derived.champion_model, derived.MODEL, ("match_date",),
             unknown="no-champion", absent="train and promote one", single=True, nested=_PARAMETERS,
             tag="models"),
    of_table(MODEL_CARD, "/model-cards", key="version", unknown="unknown-model", filters=("family", "accepted"),
             sort=("match_date",), nested=_PARAMETERS, tag="models"),
    of_table(PROMOTIONS, "/promotions", filters=("alias", "version", "accepted"), sort=("moved_at", "effective_from"),
             tag="models"),
    of_table(ABLATION, "/ablation", filters=("group", "leagues"), sort=("difference", "match_date"), tag="models"),
)  # fmt: skip

_REPORTS = (
    of_table(QUALITY_REPORT, "/quality", row=f"{QUALITY_REPORT.row} The newest report of each league.",
             rows=derived.newest_of_leagues(QUALITY_REPORT), filters=("league", "line", "market", "sample"),
             sort=("log_loss", "log_loss_vs_closing", "divergence", "matches"), tag="reports"),
    of_table(QUALITY_REPORT, "/quality/history", filters=(*DATES, "league", "line", "market", "sample"),
             sort=("match_date",), tag="reports"),
    of_table(BACKTEST_REPORT, "/backtest", filters=(*DATES, "period", "slice", "value", "line", "market", "verdict"),
             sort=("match_date", "log_loss", "divergence", "flat_yield"), tag="reports"),
    of_table(SETTLED_PREDICTIONS, "/settled-predictions",
             filters=(*DATES, IN_LEAGUE, "season", "line", "hit", "complete"), sort=("match_date", "log_loss"),
             tag="reports", span_days=MONTH),
    of_table(SETTLED_MARKETS, "/settled-markets", filters=(*DATES, IN_LEAGUE, "season", "line", "market", "complete"),
             sort=("match_date", "log_loss"), tag="reports", span_days=MONTH),
    of_table(ON_DEMAND_FORECASTS, "/on-demand-forecasts",
             filters=(*DATES, IN_LEAGUE, "variant", "model_version"), sort=("answered_at", "match_date"),
             tag="reports"),
    of_table(SETTLED_ON_DEMAND, "/settled-on-demand", filters=(*DATES, IN_LEAGUE, "variant", "model_version", "hit"),
             sort=("match_date", "log_loss"), tag="reports"),
    Resource("/calibration", "How often what a line forecast happened, in a tenth of probability.",
             (SETTLED_PREDICTIONS,), derived.calibration, derived.CALIBRATION, ("league", "line", "outcome", "bin"),
             filters=("league", "line", "outcome"), tag="reports"),
    Resource("/against-closing", "How much more than the closing price a line lost on the matches of a day.",
             (SETTLED_PREDICTIONS,), derived.against_closing, derived.AGAINST_CLOSING, ("match_date", "league", "line"),
             filters=(*DATES, "league", "line"), tag="reports"),
    of_table(DRIFT_REPORT, "/drift", row="The newest drift report.", unknown="no-drift-report",
             absent="materialize the asset drift_report", single=True,
             without=("html",), tag="reports"),
    Resource("/drift/history", "A drift report, and what was done about it.",
             (DRIFT_REPORT, SELECTED_MODEL, PROMOTIONS), derived.drift_history, derived.DRIFT_HISTORY, ("match_date",),
             filters=(*DATES, "answer"), sort=("match_date", "drift_share"), tag="reports"),
    Resource("/drift/features", "The drift of a feature in a report.", (DRIFT_REPORT,), derived.drift_scores,
             derived.DRIFT_SCORES, ("match_date", "feature"), filters=(*DATES, "feature", "drifted"),
             sort=("score", "match_date"), tag="reports"),
    of_table(FORECAST_DRIFT, "/drift/forecasts", filters=(*DATES, "line"), sort=("match_date", "drift_share"),
             tag="reports"),
)  # fmt: skip

_OPERATION = (
    of_table(SOURCE_HEALTH, "/sources", row="A source on its newest match date: what it gave, and what is wrong.",
             rows=derived.newest_sources, key="source", order=("source",), filters=("state",), tag="operation"),
    of_table(CHECK_RESULTS, "/checks", filters=("asset", "passed", "blocking", "severity"), sort=("evaluated_at",),
             tag="operation"),
    of_table(SOURCE_HEALTH, "/sources/{source:str}/history", filters=(*DATES, "state"), sort=("match_date",),
             tag="operation"),
)  # fmt: skip

_OF_TABLES = (*_LEAGUES, *_TEAMS, *_MATCHES, *_FORECASTS, *_SEASONS, *_ODDS, *_MODELS, *_REPORTS, *_OPERATION)
_READ = {table.name: table for resource in _OF_TABLES for table in resource.tables}
_FRESHNESS = Resource(
    "/freshness", "A table of the lake and when it was written last.", tuple(_READ.values()), derived.freshness,
    derived.FRESHNESS, ("table",), key="table", sort=("written_at",), tag="operation",
)  # fmt: skip

RESOURCES: Final = (*_OF_TABLES, _FRESHNESS)
#: Where rows are: the lists and, of those with a key, the items.
PATHS: Final = frozenset(
    path for resource in RESOURCES for path in (resource.path, *([resource.item_path] if resource.key else []))
)
#: The tables that the API reads.
TABLES: Final = tuple(sorted(_READ))
