"""Rows of resources that no table has as they are."""

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from serving.contracts import ValueBet
from serving.snapshot.cards import CHANCES
from serving.snapshot.snapshot import Snapshot
from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import STATUSES
from soccer_assets.models.schema import CHAMPION, PROMOTIONS, SELECTED_MODEL
from soccer_assets.monitoring.schema import (
    ALL_LEAGUES,
    BACKTEST_REPORT,
    DRIFT_REPORT,
    SETTLED_LINES,
    SETTLED_PREDICTIONS,
)
from soccer_assets.odds.schema import MARKETS as OFFERED
from soccer_assets.predictions.schema import LINES, PREDICTIONS
from soccer_assets.score_matrices import coherent
from soccer_assets.sources.schema import SOURCE_HEALTH
from soccer_assets.storage.tables import UTC, Column, Table

BINS: Final = 10
OUTCOMES: Final = OFFERED["1x2"]
ANY_LEAGUE: Final = Column("league", pl.String, "division code, or ALL", among=(*LEAGUES, ALL_LEAGUES))

LEAGUE: Final = (
    Column("code", pl.String, "division code: what other resources take as `league`", among=tuple(LEAGUES)),
    Column("country", pl.String, "country"),
    Column("name", pl.String, "name of the league"),
    Column("tier", pl.Int64, "1 for the highest league of its country", ge=1),
    Column("matches", pl.Int64, "matches that the lake has", ge=0),
    Column("first_date", pl.Date, "date of the first of them", nullable=True),
    Column("last_date", pl.Date, "date of the last of them", nullable=True),
    Column("forecasts", pl.Int64, "matches with a forecast", ge=0),
)


def leagues(snapshot: Snapshot) -> pl.LazyFrame:
    """Every league of the platform, and what the lake has of it."""
    rows = snapshot.matches.leagues(snapshot.forecasts.per_league)
    schema = {column.name: column.dtype for column in LEAGUE}
    return pl.LazyFrame([[getattr(row, name) for name in schema] for row in rows], schema, orient="row")


_NAMES: Final = pl.List(
    pl.Struct(
        {"source": pl.String, "name": pl.String, "script": pl.String, "first_seen": pl.Date, "last_seen": pl.Date}
    )
)
TEAM: Final = (
    Column("team_id", pl.String, "the club's id: country and name"),
    Column("country", pl.String, "country of the club's leagues"),
    Column("sex", pl.String, "men or women"),
    Column("kind", pl.String, "first, reserve or youth"),
    Column("leagues", pl.List(pl.String), "division codes of the leagues it played in"),
    Column("names", _NAMES, "every name that a source gives it, with the first and last match date of each"),
)


def team_matches(snapshot: Snapshot) -> pl.LazyFrame:
    """Each match twice: once for each club."""
    return _of_both_clubs(snapshot.matches.rows)


def team_cards(snapshot: Snapshot) -> pl.LazyFrame:
    """Each match with a forecast twice: once for each club."""
    return _of_both_clubs(snapshot.view("cards"))


def _of_both_clubs(matches: pl.DataFrame) -> pl.LazyFrame:
    return pl.concat(matches.lazy().with_columns(team_id=f"{side}_id") for side in ("home", "away"))


_BETS: Final = pl.List(
    pl.Struct({name: pl.Float64 if name not in ("line", "market", "selection") else pl.String
               for name in ValueBet.__struct_fields__})
)  # fmt: skip
FORECAST: Final = (
    *(column for column in PREDICTIONS.columns
      if column.name in ("match_date", "match_id", "league", "season", "kick_off_at", "home", "away")),
    Column("status", pl.String, "where the match stands", nullable=True, among=STATUSES),
    Column("model", CHANCES, "the champion, without prices of the match"),
    Column("market", CHANCES, "the prices, margin removed; null where none was known", nullable=True),
    Column("blend", CHANCES, "both", nullable=True),
    Column("challenger", CHANCES, "the newest model, where it is not the champion", nullable=True),
    Column("model_version", pl.String, "version of the model"),
    Column("trained_through", pl.Date, "last match date it learned from"),
    Column("champion", pl.Boolean, "whether that model is the champion now; if not, a new forecast is due"),
    Column("value_bets", _BETS, "selections whose forecast exceeds the market's probability by the least edge"),
)  # fmt: skip


def forecasts(snapshot: Snapshot) -> pl.LazyFrame:
    """The stored forecasts with the lines that each has."""
    return _with_lines(snapshot, snapshot.forecasts.rows)


def forecast(snapshot: Snapshot, match_id: str) -> pl.LazyFrame:
    """The stored forecast of a match."""
    return _with_lines(snapshot, snapshot.forecasts.row(match_id))


def _with_lines(snapshot: Snapshot, rows: pl.DataFrame) -> pl.LazyFrame:
    lines = [pl.when(pl.col(line).is_not_null()).then(pl.lit(line)) for line in LINES]
    now = snapshot.champion
    return rows.lazy().with_columns(
        lines=pl.concat_list(lines).list.drop_nulls(),
        champion=pl.col("model_version") == (now.version if now else ""),
    )


MATRIX: Final = (
    Column("line", pl.String, "who forecasts", among=LINES),
    Column(
        "matrix",
        pl.List(pl.List(pl.Float64)),
        "probability of i home goals (row) and j away goals (column), 0 to 15; what lies beyond is spread over it",
    ),
)


def score_matrix_inputs(snapshot: Snapshot) -> pl.LazyFrame:
    """What the score matrix of a line is made of: its 1X2, its goal rates, and its probability of over 2.5 goals."""
    return snapshot.scan(PREDICTIONS).drop_nulls("rho")


def score_matrices(rows: pl.DataFrame) -> pl.DataFrame:
    """The matrix of each row of `score_matrix_inputs`."""
    matrices = coherent(
        rows.select("home_goals_expected", "away_goals_expected").to_numpy(),
        rows["rho"].to_numpy(),
        rows.select(f"p_{outcome}" for outcome in OUTCOMES).to_numpy(),
        rows["p_over"].fill_null(np.nan).to_numpy(),
    )
    return rows.select("line").with_columns(matrix=pl.Series(matrices.tolist(), dtype=pl.List(pl.List(pl.Float64))))


def newest_of_leagues(table: Table) -> Callable[[Snapshot], pl.LazyFrame]:
    """Return what gives the rows of a table on the newest match date of each league."""
    is_newest = pl.col("match_date") == pl.col("match_date").max().over("league")
    return lambda snapshot: snapshot.scan(table).filter(is_newest)


#: What is measured of forecasts, not of bets.
_FORECAST: Final = {
    "slice", "value", "market", "rps", "brier", "accuracy", "ece", "forecast", "happened", "verdict",
}  # fmt: skip
YIELDS: Final = tuple(
    column for column in BACKTEST_REPORT.columns
    if column.name not in _FORECAST and not column.name.startswith(("log_loss", "divergence"))
)  # fmt: skip


def yields(snapshot: Snapshot) -> pl.LazyFrame:
    """What the bets of a line earned by league, in the newest report."""
    rows = snapshot.scan(BACKTEST_REPORT).filter(pl.col("slice").is_in(["all", "league"]), pl.col("bets") > 0)
    league = pl.when(pl.col("slice") == "all").then(pl.lit(ALL_LEAGUES)).otherwise("value")
    return rows.filter(pl.col("match_date") == pl.col("match_date").max()).with_columns(league=league)


CALIBRATION: Final = (
    ANY_LEAGUE,
    Column("line", pl.String, "who forecasts", among=SETTLED_LINES),
    Column("outcome", pl.String, "what was forecast", among=OUTCOMES),
    Column("bin", pl.Int64, "tenth of probability, from 0", ge=0, le=BINS - 1),
    Column("matches", pl.Int64, "forecasts in it", ge=1),
    Column("probability", pl.Float64, "their mean", ge=0, le=1),
    Column("frequency", pl.Float64, "share of them that happened", ge=0, le=1),
)


def calibration(snapshot: Snapshot) -> pl.LazyFrame:
    """How often what was forecast happened, by tenth of probability; matches that all compared lines have."""
    settled = snapshot.scan(SETTLED_PREDICTIONS).filter("complete")
    rows = pl.concat(
        settled.select(
            "league", "line", outcome=pl.lit(outcome), chance=f"p_{outcome}", happened=pl.col("outcome") == number
        )
        for number, outcome in enumerate(OUTCOMES)
    )
    rows = pl.concat([rows, rows.with_columns(league=pl.lit(ALL_LEAGUES))])
    rows = rows.with_columns(bin=(pl.col("chance") * BINS).floor().clip(0, BINS - 1).cast(pl.Int64))
    return rows.group_by("league", "line", "outcome", "bin").agg(
        matches=pl.len().cast(pl.Int64), probability=pl.col("chance").mean(), frequency=pl.col("happened").mean()
    )


AGAINST_CLOSING: Final = (
    Column("match_date", pl.Date, "day of the matches"),
    ANY_LEAGUE,
    Column("line", pl.String, "who forecasts", among=SETTLED_LINES),
    Column("matches", pl.Int64, "matches that all compared lines have", ge=1),
    Column("difference", pl.Float64, "log loss of the 1X2 minus the closing price's, summed over them"),
)


def against_closing(snapshot: Snapshot) -> pl.LazyFrame:
    """How much more than the closing price a line lost on a day, by league and over all of them."""
    settled = snapshot.scan(SETTLED_PREDICTIONS).filter("complete")
    rows = settled.select("match_date", "match_id", "league", "line", "log_loss")
    closing = rows.filter(pl.col("line") == "closing").select("match_date", "match_id", closing="log_loss")
    rows = rows.filter(pl.col("line") != "closing").join(closing, on=["match_date", "match_id"])
    rows = pl.concat([rows, rows.with_columns(league=pl.lit(ALL_LEAGUES))])
    return rows.group_by("match_date", "league", "line").agg(
        matches=pl.len().cast(pl.Int64), difference=(pl.col("log_loss") - pl.col("closing")).sum()
    )


DRIFT_HISTORY: Final = (
    *(column for column in DRIFT_REPORT.columns if column.name not in ("html", "scores")),
    Column("page", pl.String, "path of the full report; null: it was not kept", nullable=True),
    Column("answer", pl.String, "what was done about it before the next report", among=("trained", "nothing")),
    Column("version", pl.String, "the model that was trained then; null: none", nullable=True),
    Column("promoted", pl.Boolean, "whether it became champion; null: none was judged", nullable=True),
)


def drift_history(snapshot: Snapshot) -> pl.LazyFrame:
    """Each drift report with what was done about it: the first model of its date or later, before the next report."""
    reports = snapshot.scan(DRIFT_REPORT).sort("match_date").collect()
    models = snapshot.scan(SELECTED_MODEL).select("version", trained_for="match_date")
    models = models.sort("trained_for", "version")
    judged = snapshot.scan(PROMOTIONS).group_by("version").agg(promoted=pl.col("accepted").any()).collect()
    answered = (
        models.collect()
        .join_asof(reports.select("match_date"), left_on="trained_for", right_on="match_date")
        .unique("match_date", keep="first", maintain_order=True)
        .join(judged, on="version", how="left")
    )
    page = pl.when(pl.col("html").is_not_null()).then(
        pl.format("/drift/{}/report", pl.col("match_date").cast(pl.String))
    )
    trained = pl.when(pl.col("version").is_null()).then(pl.lit("nothing")).otherwise(pl.lit("trained"))
    return reports.join(answered, on="match_date", how="left").with_columns(page=page, answer=trained).lazy()


DRIFT_SCORES: Final = (
    Column("match_date", pl.Date, "last day of the window that was compared"),
    Column("feature", pl.String, "column of `match_features`"),
    Column("score", pl.Float64, "Wasserstein distance in standard deviations of the reference", nullable=True),
    Column("threshold", pl.Float64, "score from which a column has drifted", nullable=True),
    Column("drifted", pl.Boolean, "whether it has"),
)


def drift_scores(snapshot: Snapshot) -> pl.LazyFrame:
    """The score of each feature in each drift report."""
    reports = snapshot.scan(DRIFT_REPORT).select("match_date", "threshold", "drifted_columns", "scores")
    scores = reports.explode("scores", empty_as_null=False).unnest("scores")
    return scores.with_columns(drifted=pl.col("drifted_columns").list.contains(pl.col("feature")))


_MODEL: Final = (
    "version", "family", "match_date", "trained_through", "examples", "parameters", "log_loss", "comparison",
    "calibration", "lines", "reason",
)  # fmt: skip
MODEL: Final = (
    *(column for column in SELECTED_MODEL.columns if column.name in _MODEL),
    Column("promoted_at", UTC, "when it was made champion last; null: never", nullable=True),
    Column("refused", pl.Boolean, "whether the gate refused it when it was judged last", nullable=True),
    Column("decision", pl.String, "why it was promoted or refused", nullable=True),
    Column("champion", pl.Boolean, "whether it forecasts now"),
)


def models(snapshot: Snapshot) -> pl.LazyFrame:
    """Every selected model with what was decided on it."""
    newest = snapshot.scan(SELECTED_MODEL).sort("match_date").unique("version", keep="last", maintain_order=True)
    moves = snapshot.scan(PROMOTIONS).filter(pl.col("alias") == CHAMPION).sort("effective_from", "moved_at")
    decided = moves.group_by("version").agg(
        promoted_at=pl.col("moved_at").filter("accepted").last(),
        refused=~pl.col("accepted").last(),
        decision=pl.col("reason").last(),
    )
    now = snapshot.champion
    return newest.join(decided, on="version", how="left").with_columns(
        champion=pl.col("version") == (now.version if now else "")
    )


def champion_model(snapshot: Snapshot) -> pl.LazyFrame:
    """The model that forecasts now."""
    return models(snapshot).filter("champion")


def newest_sources(snapshot: Snapshot) -> pl.LazyFrame:
    """Each source on its newest match date."""
    return snapshot.scan(SOURCE_HEALTH).sort("match_date").unique("source", keep="last", maintain_order=True)


FRESHNESS: Final = (
    Column("table", pl.String, "a table of the lake"),
    Column("version", pl.Int64, "its newest version; null: not materialized yet", nullable=True),
    Column("written_at", UTC, "when that was written", nullable=True),
)


def freshness(snapshot: Snapshot) -> pl.LazyFrame:
    """When each table was written last."""
    schema = {column.name: column.dtype for column in FRESHNESS}
    return pl.LazyFrame(snapshot.written(), schema, orient="row").sort("table")
