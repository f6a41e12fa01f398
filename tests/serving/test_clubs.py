"""A club is found by its id and by every name that its matches have."""

import datetime as dt

import polars as pl
import pytest

from serving.clubs import Club, Clubs
from soccer_assets.errors import ForecastRefusedError

DAY = dt.date(2026, 11, 14)


@pytest.fixture
def clubs() -> Clubs:
    """A club whose id is not made of its newest name, which it had under another source before."""
    rows = [
        ("SP1", DAY, "spain.ath-valdoria", "Ath Valdoria", "spain.sierrabella", "Sierrabella"),
        ("SP1", DAY + dt.timedelta(7), "spain.sierrabella", "Sierrabella", "spain.ath-valdoria", "Athletic Valdoria"),
    ]
    schema = ["league", "match_date", "home_id", "home", "away_id", "away"]
    return Clubs(pl.DataFrame(rows, schema, orient="row").with_columns(status=pl.lit("finished")))


@pytest.mark.parametrize("name", ["Athletic Valdoria", "athlétic VALDORIA", "Ath Valdoria", "spain.ath-valdoria"])
def test_each_name_of_a_club_finds_it(clubs: Clubs, name: str) -> None:
    assert clubs.club("SP1", name) == Club("spain.ath-valdoria", "Athletic Valdoria")


def test_another_name_is_answered_with_the_closest(clubs: Clubs) -> None:
    with pytest.raises(ForecastRefusedError) as refusal:
        clubs.club("SP1", "Real Valdoria")
    assert refusal.value.accepted[0] == "Athletic Valdoria"
