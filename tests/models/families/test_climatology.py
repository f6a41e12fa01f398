import numpy as np
import polars as pl
import pytest

from soccer_assets.models.families.climatology import Climatology


@pytest.fixture(scope="module")
def examples(world):
    """A hundred and fifty matches of one date: 100 in E0 (60, 20, 20) and 50 in D1 (10, 20, 20)."""
    outcome = [0] * 60 + [1] * 20 + [2] * 20 + [0] * 10 + [1] * 20 + [2] * 20
    return world(150).examples.with_columns(
        match_date=pl.lit(world(1).examples["match_date"][0]),
        league=pl.Series(["E0"] * 100 + ["D1"] * 50),
        outcome=pl.Series(outcome, dtype=pl.Int8),
    )


def test_frequencies_are_shrunk_to_those_of_all_leagues(examples, columns):
    estimator = Climatology().fit(examples, columns, {"half_life_days": 1000.0, "shrinkage": 30.0}, 0)
    overall = np.array([71, 41, 41]) / 153
    assert estimator.overall == pytest.approx(overall)
    assert estimator.leagues == ("D1", "E0")
    assert estimator.frequencies[1] == pytest.approx((np.array([60, 20, 20]) + 30 * overall) / 130)


def test_a_league_never_seen_gets_the_overall_frequencies(examples, columns):
    estimator = Climatology().fit(examples, columns, Climatology.defaults, 0)
    p = estimator.predict(examples[:1].with_columns(league=pl.lit("XX")))
    assert p[0] == pytest.approx(estimator.overall)
