"""The stored forecasts in memory: a row per match with its lines side by side.

The table has a row per line; clients ask for a match. The lines are joined once per change of the table, in columns
whose names and types are those of `contracts.Prediction`.
"""

import datetime as dt
from typing import cast

import polars as pl

from serving.contracts import Prediction, Probabilities, ValueBet
from serving.snapshot.matches import POSTPONED, current_rows
from serving.snapshot.view import View

OUTCOMES = Probabilities.__struct_fields__
_KEY = ("match_date", "match_id")
#: The handicap of the club that is bet on; the table has the home club's.
_HANDICAP = (
    pl.when(pl.col("market") != "asian_handicap")
    .then(None)
    .when((pl.col("selection") == "away") & (pl.col("goals_line") != 0))
    .then(-pl.col("goals_line"))
    .otherwise("goals_line")
    .alias("handicap")
)
_BET = [_HANDICAP if name == "handicap" else pl.col(name) for name in ValueBet.__struct_fields__]
#: Statuses of a match that will not be played any more.
ENDED_STATUSES = ("finished", "abandoned", "awarded", "void")


class ForecastView(View[Prediction]):
    """One forecast per match, by date and id."""

    def __init__(self, predictions: pl.LazyFrame, value_bets: pl.LazyFrame, matches: pl.LazyFrame) -> None:
        forecasts = predictions.drop("home_goals_expected", "away_goals_expected", "rho", "p_over").collect()
        bets = value_bets.select(*_KEY, *_BET).collect()
        dates = matches.select(*_KEY, "status").collect()
        rows = _lines_joined(_on_current_dates(forecasts, dates), bets, dates)
        super().__init__(rows, Prediction, _KEY, key="match_id")
        self.per_league: dict[str, int] = dict(self.rows.group_by("league").len().iter_rows())
        self.newest = cast(dt.date | None, self.rows["match_date"].max())


def is_coming(now: dt.datetime) -> pl.Expr:
    """Whether a match is not over and of today or later; by its kick-off too, since a league has its own date."""
    later = (pl.col("match_date") >= now.date()) | (pl.col("kick_off_at") > now).fill_null(False)
    return later & ~pl.col("status").is_in(ENDED_STATUSES).fill_null(False)


def _on_current_dates(predictions: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """The forecasts of each match for its current date, which is never one it was moved from."""
    dates = predictions.select(_KEY).unique()
    left = matches.filter(pl.col("status") == POSTPONED).select(*_KEY, left=True)
    newest = (
        dates.join(left, on=_KEY, how="left")
        .sort(pl.col("left").is_null(), "match_date")
        .unique("match_id", keep="last", maintain_order=True)
        .select(_KEY)
    )
    return predictions.join(newest, on=_KEY, how="semi")


def _lines_joined(predictions: pl.DataFrame, value_bets: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """A row per match of the model line, with the other lines where there are prices, and the status of the match."""

    def on_line(line: str, *columns: str) -> pl.DataFrame:
        chances = pl.struct(pl.col(f"p_{outcome}").alias(outcome) for outcome in OUTCOMES)
        return predictions.filter(pl.col("line") == line).select(*_KEY, *columns, chances.alias(line))

    bets = value_bets.group_by(_KEY).agg(
        pl.struct(*ValueBet.__struct_fields__).sort_by("line", "market", "goals_line", "selection").alias("value_bets")
    )
    rows = on_line("model", "league", "season", "kick_off_at", "home", "away", "model_version", "trained_through")
    for frame in (on_line("market"), on_line("blend"), on_line("challenger"), bets):
        rows = rows.join(frame, on=_KEY, how="left")
    statuses = current_rows(matches.join(rows, on="match_id", how="semi")).select("match_id", "status")
    return rows.join(statuses, on="match_id", how="left").with_columns(pl.col("value_bets").fill_null([]))
