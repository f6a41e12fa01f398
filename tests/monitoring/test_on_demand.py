"""Forecasts on demand are scored apart, by variant and model."""

import datetime as dt
import math

import polars as pl
import pytest

from soccer_assets.matches.schema import MATCHES
from soccer_assets.monitoring.on_demand import settle_on_demand
from soccer_assets.predictions.schema import ON_DEMAND_FORECASTS

DAY = dt.date(2026, 10, 24)


def matches(status: str = "finished") -> pl.DataFrame:
    """One match: Arsenal beats Chelsea."""
    row = {"match_date": DAY, "match_id": "m", "league": "E0", "home": "Arsenal", "away": "Chelsea", "status": status,
           "home_goals": 2, "away_goals": 1}  # fmt: skip
    return pl.DataFrame({name: [row.get(name)] for name in MATCHES.schema}, schema=MATCHES.schema)


def answered(variant: str, known: int, home: float, day: dt.date = DAY) -> tuple[object, ...]:
    """A forecast that knows the matches up to some days before."""
    as_of, at = DAY - dt.timedelta(days=known), dt.datetime(2026, 10, 20, tzinfo=dt.UTC)
    return (day, "E0", "Arsenal", "Chelsea", variant, variant[:2], as_of, home, 0.9 - home, 0.1, at)


def forecasts(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), ON_DEMAND_FORECASTS.schema, orient="row")


def test_of_each_model_the_forecast_that_knew_most_counts_once() -> None:
    asked = forecasts(
        answered("challenger", 2, 0.6), answered("challenger", 7, 0.2), answered("challenger", 2, 0.6),
        answered("champion", 3, 0.5),
    )  # fmt: skip
    rows = settle_on_demand(asked, matches()).select("match_id", "variant", "as_of", "p_home", "log_loss", "hit").rows()
    assert rows == [
        ("m", "challenger", DAY - dt.timedelta(days=2), 0.6, pytest.approx(-math.log(0.6)), True),
        ("m", "champion", DAY - dt.timedelta(days=3), 0.5, pytest.approx(-math.log(0.5)), True),
    ]


@pytest.mark.parametrize(
    ("asked", "played"),
    [
        (forecasts(), matches()),
        (forecasts(answered("champion", 3, 0.5)), matches("scheduled")),
        (forecasts(answered("champion", 3, 0.5, DAY + dt.timedelta(days=1))), matches()),
    ],
    ids=["nothing asked", "not played", "another date"],
)
def test_what_has_no_result_on_its_date_is_not_settled(asked: pl.DataFrame, played: pl.DataFrame) -> None:
    assert settle_on_demand(asked, played).is_empty()
