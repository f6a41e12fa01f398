"""The stored forecasts in memory: a row per match, its lines side by side, encoded on first use.

The table has a row per line; clients ask for a match. The lines are brought side by side once per change of
the table, in columns whose names and types are those of `contracts.Prediction`. Bytes are made when a match
is first asked for and kept, so a refresh costs the same however many matches there are to encode.
"""

import datetime as dt
from typing import cast

import msgspec
import polars as pl

from serving.api.filters import Paging, Selection, read
from serving.contracts import Page, Prediction
from serving.snapshot.matches import POSTPONED, standing

OUTCOMES = ("home", "draw", "away")
_KEY = ("match_date", "match_id")
_BET = (
    "line",
    "market",
    "goals_line",
    "selection",
    "probability",
    "market_probability",
    "edge",
    "price",
    "expected_value",
    "stake",
)
#: Of the club that is bet on; the table has the home club's.
_HANDICAP = (
    pl.when(pl.col("market") != "asian_handicap")
    .then(None)
    .when((pl.col("selection") == "away") & (pl.col("goals_line") != 0))
    .then(-pl.col("goals_line"))
    .otherwise("goals_line")
    .alias("handicap")
)
#: Statuses of a match that nobody waits for any more.
OVER = ("finished", "abandoned", "awarded", "void")


class ForecastBook:
    """One forecast per match, by date and id."""

    def __init__(self, predictions: pl.DataFrame, value_bets: pl.DataFrame, matches: pl.DataFrame) -> None:
        self.rows = _side_by_side(_standing(predictions, matches), value_bets, matches)
        self._row_of = {match_id: row for row, match_id in enumerate(self.rows["match_id"])}
        self._encoded: dict[str, bytes] = {}
        self.per_league: dict[str, int] = dict(self.rows.group_by("league").len().iter_rows())
        self.newest = cast(dt.date | None, self.rows["match_date"].max())

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, match_id: str) -> Prediction | None:
        """The forecast of a match."""
        row = self._row_of.get(match_id)
        return None if row is None else read(self.rows.slice(row, 1), Prediction)[0]

    def encoded(self, match_id: str) -> bytes | None:
        """The forecast of a match as JSON; None where there is none."""
        body = self._encoded.get(match_id)
        if body is None and (forecast := self.find(match_id)) is not None:
            body = self._encoded[match_id] = msgspec.json.encode(forecast)
        return body

    def page(self, selection: Selection, line: str | None, paging: Paging) -> Page[Prediction]:
        """Forecasts in order of date; with `line`, only matches that have a forecast on it."""
        rows = selection.of(self.rows)
        if line is not None:
            rows = rows.filter(pl.col(line).is_not_null())
        return paging.cut(rows, Prediction)

    def coming(self, selection: Selection, now: dt.datetime) -> pl.DataFrame:
        """The selected matches that are to come or under way, oldest first."""
        rows = selection.of(self.rows)
        return rows.filter(_is_coming(now))

    def recent(self, selection: Selection, now: dt.datetime) -> pl.DataFrame:
        """The selected matches that are over or of a past day, newest first."""
        rows = selection.of(self.rows)
        return rows.filter(~_is_coming(now)).reverse()


def _is_coming(now: dt.datetime) -> pl.Expr:
    """Whether a match is not over and of today or later; by its kick-off too, since a league has its own date."""
    later = (pl.col("match_date") >= now.date()) | (pl.col("kick_off_at") > now).fill_null(False)
    return later & ~pl.col("status").is_in(OVER).fill_null(False)


def _standing(predictions: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """The forecasts of each match for the date it stands on now, which is never one it was moved from."""
    dates = predictions.select("match_id", "match_date").unique()
    left = matches.filter(pl.col("status") == POSTPONED).select("match_id", "match_date", left=True)
    newest = (
        dates.join(left, on=["match_id", "match_date"], how="left")
        .sort(pl.col("left").is_null(), "match_date")
        .unique("match_id", keep="last", maintain_order=True)
        .select("match_id", "match_date")
    )
    return predictions.join(newest, on=["match_id", "match_date"], how="semi")


def _side_by_side(predictions: pl.DataFrame, value_bets: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """A row per match of the model line, with the other lines where there are prices, and the status of the match."""

    def of(line: str, *columns: str) -> pl.DataFrame:
        chances = pl.struct(pl.col(f"p_{outcome}").alias(outcome) for outcome in OUTCOMES)
        return predictions.filter(pl.col("line") == line).select(*_KEY, *columns, chances.alias(line))

    bets = value_bets.group_by(_KEY).agg(
        pl.struct(*_BET, _HANDICAP).sort_by("line", "market", "goals_line", "selection").alias("value_bets")
    )
    rows = of("model", "league", "season", "kick_off_at", "home", "away", "model_version", "trained_through")
    for further in (of("market"), of("blend"), of("challenger"), bets):
        rows = rows.join(further, on=_KEY, how="left")
    now = standing(matches.join(rows, on="match_id", how="semi")).select("match_id", "status")
    rows = rows.join(now, on="match_id", how="left")
    return rows.with_columns(pl.col("value_bets").fill_null([])).sort(_KEY)
