"""The law of the platform: nothing that happened on or after kick-off reaches a feature or a forecast."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soccer_assets.features import leak
from soccer_assets.features.leak import KEPT, leaking_features, make_features, noisy_prices, with_noise_from
from soccer_assets.matches.records import COUNTS
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.estimators import AnyEstimator, decode
from soccer_assets.odds.consensus import newest_prices

FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAYS_AGO = st.integers(-13, 330)
SEEDS = st.integers(0, 2**16)
#: Matches and prices.
Tables = tuple[pl.DataFrame, pl.DataFrame]


@pytest.fixture(scope="module")
def known(season) -> Tables:
    """Matches and prices of the season."""
    return season.lake.read("matches"), newest_prices(season.lake.scan("market_probabilities"))


def with_noise(matches, prices, day, seed) -> Tables:
    noisy = with_noise_from(matches, day, seed)
    return noisy, noisy_prices(noisy, prices, day, seed)


def match_day(season, days_ago):
    """The last day with matches at least so many days ago."""
    dates = season.lake.read("matches").filter(pl.col("status") != "postponed")["match_date"]
    return dates.filter(dates <= season.today - dt.timedelta(days=days_ago)).max()


@FEW
@given(days_ago=DAYS_AGO, seed=SEEDS)
def test_noise_from_a_day_on_leaves_the_features_of_that_day_as_they_are(season, known: Tables, days_ago, seed):
    assert leaking_features(*known, match_day(season, days_ago), seed) == []


@FEW
@given(days_ago=DAYS_AGO, seed=SEEDS)
def test_noise_from_a_day_on_leaves_the_forecasts_of_that_day_as_they_are(season, known: Tables, days_ago, seed):
    day = match_day(season, days_ago)
    fixtures = known[0].filter(match_date=day)
    told, blind = (make_features(*of, fixtures) for of in (known, with_noise(*known, day, seed)))
    models: list[Forecaster | AnyEstimator] = []
    models += [Forecaster.decode(text) for text in season.lake.read("selected_model")["forecaster"]]
    models += [decode(text) for text in season.lake.read("candidate_logistic_regression")["estimator"]]
    for model in models:
        assert model.predict(told).tobytes() == model.predict(blind).tobytes()


def test_the_noise_is_seen_the_day_after(season, known: Tables):
    """The test has teeth: what it rewrites does reach the features of later matches."""
    day = match_day(season, 30)
    after = pl.col("match_date").is_between(day + dt.timedelta(days=1), day + dt.timedelta(days=14))
    later = known[0].filter(after)
    told, blind = (make_features(*of, later) for of in (known, with_noise(*known, day, 0)))
    changed = {name for name in told.columns if not told[name].equals(blind[name])}
    assert {"home_elo", "away_points_last_5", "home_shots_for_last_20", "away_table_position"} <= changed


def test_a_leak_that_is_built_in_is_found(season, known: Tables):
    """A history that knows the day itself, as a state one day too early would have it."""
    matches, prices = known
    (day,) = matches.filter(pl.col("match_date") <= match_day(season, 30))["match_date"].mode().sort().tail(1)
    eve = day - dt.timedelta(days=1)
    moved = pl.when(pl.col("match_date") == day).then(eve).otherwise("match_date").alias("match_date")
    early = matches.with_columns(moved), prices.with_columns(moved)
    fixtures = matches.filter(match_date=day)
    told, blind = (make_features(*of, fixtures) for of in (early, with_noise(*early, eve, 0)))
    assert not told["home_points_last_5"].equals(blind["home_points_last_5"])


def test_noise_rewrites_every_count_from_the_day_on_and_nothing_before_it(season, known):
    matches, day = known[0], match_day(season, 30)
    noisy = with_noise_from(matches, day, 0)
    before, late = pl.col("match_date") < day, pl.col("match_date") >= day
    assert noisy.filter(before).equals(matches.filter(before))
    assert noisy.filter(late & (pl.col("status") == "scheduled")).height == 0
    assert noisy.filter(late).select(*COUNTS).null_count().sum_horizontal().item() == 0
    same = [(noisy.filter(late)[name] == matches.filter(late)[name]).mean() for name in COUNTS]
    assert np.nanmax([share if share is not None else 0 for share in same]) < 0.5


def test_noise_rewrites_every_price_from_the_day_on_and_nothing_before_it(season, known):
    (matches, prices), day = known, match_day(season, 30)
    noisy = noisy_prices(matches, prices, day, 0)
    before, late = pl.col("match_date") < day, pl.col("match_date") >= day
    assert noisy.filter(before).equals(prices.filter(before))
    assert set(noisy.filter(late)["match_id"]) == set(matches.filter(late)["match_id"])
    sums = noisy.filter(late).select(pl.sum_horizontal("p_home", "p_draw", "p_away")).to_series()
    assert sums.to_list() == pytest.approx([1.0] * len(sums))
    assert set(noisy.filter(late)["p_home"]) & set(prices["p_home"]) == set()


def test_noise_is_in_every_column_but_those_that_say_which_match_it_is(season, known):
    """A new column of any type is noise, too, also where it was null."""
    matches, day = known[0], match_day(season, 30)
    new = {
        "attendance": pl.lit(None, dtype=pl.Int32), "possession": pl.lit(0.5, dtype=pl.Float32), "coach": pl.lit("x"),
        "neutral": pl.lit(None, dtype=pl.Boolean), "first_goal_at": pl.lit(None, dtype=pl.Datetime("us", "UTC")),
        "drawn_on": pl.lit(None, dtype=pl.Date), "surface": pl.lit("grass", dtype=pl.Categorical), "unknown": None,
    }  # fmt: skip
    matches = matches.with_columns(**new)
    noisy = with_noise_from(matches, day, 0)
    late = pl.col("match_date") >= day
    before, after = matches.filter(late), noisy.filter(late)
    assert after.select(KEPT).drop("status").equals(before.select(KEPT).drop("status"))
    same = {name for name in matches.columns if before[name].equals(after[name])}
    assert same <= {*KEPT, "surface"}  # of one word there is no other
    assert after.drop("surface").null_count().sum_horizontal().item() == 0
    assert noisy.filter(~late).equals(matches.filter(~late).cast(dict(noisy.schema)))


@pytest.mark.parametrize("whose", ["history", "fixtures"])
def test_a_leak_through_a_new_column_of_matches_is_found(season, known, monkeypatch, whose):
    """A history that reads the attendance of its own fixtures, from the past it was given or from the fixtures."""
    matches, prices = known
    matches = matches.with_columns(attendance=pl.int_range(pl.len()).cast(pl.Float64))
    make_features = leak.make_features

    def leaking(past, prices, fixtures):
        read = past if whose == "history" else fixtures
        crowd = read.select("match_id", crowd="attendance")
        return make_features(past, prices, fixtures).join(crowd, on="match_id", how="left", maintain_order="left")

    monkeypatch.setattr(leak, "make_features", leaking)
    assert leaking_features(matches, prices, match_day(season, 30), 0) == ["crowd"]
