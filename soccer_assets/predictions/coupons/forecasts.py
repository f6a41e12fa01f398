"""The stored forecasts of the matches of a coupon, each with its score matrix."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import polars as pl

from soccer_assets.errors import CouponError
from soccer_assets.predictions.markets import forecast_matrices
from soccer_assets.scoring import PROBABILITIES, Floats
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.tables import MOST_EXAMPLES

#: Without a wish the line that knows most.
PREFERRED = ("blend", "model")


class Bet(Protocol):
    """A part of a coupon that names a match."""

    @property
    def match_id(self) -> str: ...
    @property
    def match_date(self) -> dt.date | None: ...


class MatchForecast(NamedTuple):
    """The forecast of a match on a line: its 1X2 `(3,)` and its score matrix `(16, 16)`."""

    match_date: dt.date
    home: str
    away: str
    line: str
    p: Floats
    matrix: Floats


def match_dates(bets: Iterable[Bet]) -> dict[str, dt.date | None]:
    """Return the matches of bets with the date that was bet on, where one is named.

    Raises:
        CouponError: a match is bet on for two dates.
    """
    dates: dict[str, dt.date | None] = {}
    for bet in bets:
        if dates.setdefault(bet.match_id, bet.match_date) != bet.match_date:
            raise CouponError("match-twice", f"expected one match_date of {bet.match_id!r}, found two")
    return dates


def rows_of_matches(rows: pl.DataFrame, dates: Mapping[str, dt.date | None]) -> pl.DataFrame:
    """Return the rows of each match on the date that is named, or else on its newest date."""
    wanted = pl.DataFrame(
        {"match_id": list(dates), "wanted": list(dates.values())}, {"match_id": pl.String, "wanted": pl.Date}
    )
    dated = rows.join(wanted, on="match_id", maintain_order="left")
    return dated.filter(pl.col(DATE) == pl.coalesce("wanted", pl.col(DATE).max().over("match_id"))).drop("wanted")


def stored_forecasts(
    lake: Lake, dates: Mapping[str, dt.date | None], line: str | None = None
) -> dict[str, MatchForecast]:
    """Return the forecast of each match, by its id.

    Args:
        lake: the table `predictions`.
        dates: ids of the matches, each with its match date or None for its newest.
        line: who forecasts; default: the blend where the match has one, else the model.

    Raises:
        CouponError: a match has no forecast on the line.
    """
    rows = lake.scan("predictions").filter(pl.col("match_id").is_in(list(dates))).drop_nulls("rho").collect()
    order = {name: rank for rank, name in enumerate([line] if line else PREFERRED)}
    rows = rows_of_matches(rows, dates).filter(pl.col("line").is_in(list(order)))
    rows = rows.sort("match_id", pl.col("line").replace_strict(order, return_dtype=pl.Int64)).unique(
        "match_id", keep="first", maintain_order=True
    )
    if missing := sorted(dates.keys() - set(rows["match_id"])):
        raise CouponError(
            "unknown-match",
            f"expected matches with a forecast{f' on the line {line}' if line else ''}, found none of "
            f"{', '.join(map(repr, missing[:MOST_EXAMPLES]))}: `uv run soccer export` lists those that have one",
        )
    return forecasts_by_match(rows)


def forecasts_by_match(forecasts: pl.DataFrame) -> dict[str, MatchForecast]:
    """Return rows of `predictions`, one a match, with their matrices."""
    matrices, p = forecast_matrices(forecasts), forecasts.select(PROBABILITIES).to_numpy()
    return {
        row["match_id"]: MatchForecast(
            row["match_date"], row["home"], row["away"], row["line"], p[number], matrices[number]
        )
        for number, row in enumerate(forecasts.to_dicts())
    }
