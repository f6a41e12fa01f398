"""The law of the platform: nothing that happened on or after kick-off reaches a feature or a forecast."""

import datetime as dt

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soccer_assets.features.history import History
from soccer_assets.features.leak import leaking_features, with_noise_from
from soccer_assets.matches.life import COUNTS
from soccer_assets.models.families import decode
from soccer_assets.models.forecaster import Forecaster

FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAYS_AGO = st.integers(-13, 330)
SEEDS = st.integers(0, 2**16)


def match_day(season, days_ago):
    """The last day with matches at least so many days ago."""
    dates = season.lake.read("matches").filter(pl.col("status") != "postponed")["match_date"]
    return dates.filter(dates <= season.today - dt.timedelta(days=days_ago)).max()


@FEW
@given(days_ago=DAYS_AGO, seed=SEEDS)
def test_noise_from_a_day_on_leaves_the_features_of_that_day_as_they_are(season, days_ago, seed):
    assert leaking_features(season.lake.read("matches"), match_day(season, days_ago), seed) == []


@FEW
@given(days_ago=DAYS_AGO, seed=SEEDS)
def test_noise_from_a_day_on_leaves_the_forecasts_of_that_day_as_they_are(season, days_ago, seed):
    matches, day = season.lake.read("matches"), match_day(season, days_ago)
    fixtures = matches.filter(match_date=day)
    told, blind = (History.build(known).features(fixtures) for known in (matches, with_noise_from(matches, day, seed)))
    forecasters = [Forecaster.decode(text) for text in season.lake.read("selected_model")["forecaster"]]
    estimators = [decode(text) for text in season.lake.read("candidate_logistic_regression")["estimator"]]
    for model in (*forecasters, *estimators):
        assert model.predict(told).tobytes() == model.predict(blind).tobytes()


def test_the_noise_is_seen_the_day_after(season):
    """The test has teeth: what it rewrites does reach the features of later matches."""
    matches, day = season.lake.read("matches"), match_day(season, 30)
    later = matches.filter(pl.col("match_date").is_between(day + dt.timedelta(days=1), day + dt.timedelta(days=14)))
    told, blind = (History.build(known).features(later) for known in (matches, with_noise_from(matches, day, 0)))
    changed = {name for name in told.columns if not told[name].equals(blind[name])}
    assert {"home_elo", "away_points_last_5", "home_shots_for_last_1", "away_table_position"} <= changed


def test_a_leak_that_is_built_in_is_found(season):
    """A history that knows the day itself, as a state one day too early would have it."""
    matches, day = season.lake.read("matches"), match_day(season, 30)
    early = matches.with_columns(
        match_date=pl.when(pl.col("match_date") == day).then(day - dt.timedelta(days=1)).otherwise("match_date")
    )
    fixtures = matches.filter(match_date=day)
    told = History.build(early).features(fixtures)
    blind = History.build(with_noise_from(early, day - dt.timedelta(days=1), 0)).features(fixtures)
    assert not told["home_points_last_1"].equals(blind["home_points_last_1"])


def test_noise_rewrites_every_count_from_the_day_on_and_nothing_before_it(season):
    matches, day = season.lake.read("matches"), match_day(season, 30)
    noisy = with_noise_from(matches, day, 0)
    before, late = pl.col("match_date") < day, pl.col("match_date") >= day
    assert noisy.filter(before).equals(matches.filter(before))
    assert noisy.filter(late & (pl.col("status") == "scheduled")).height == 0
    assert noisy.filter(late).select(*COUNTS).null_count().sum_horizontal().item() == 0
    same = [(noisy.filter(late)[name] == matches.filter(late)[name]).mean() for name in COUNTS]
    assert np.nanmax([share if share is not None else 0 for share in same]) < 0.5
