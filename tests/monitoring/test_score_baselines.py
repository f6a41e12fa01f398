import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.monitoring.score_baselines import (
    CLIMATOLOGY_DAYS,
    LEAST_SCORES,
    PRIOR_MATCHES,
    climatology,
    independent_poisson,
)
from soccer_assets.score_matrices import GOALS, dixon_coles, result_probabilities

DAY = dt.date(2025, 3, 1)
OVER = np.add.outer(np.arange(GOALS), np.arange(GOALS)) > 2.5


def played(n: int, league: str, score: tuple[int, int], days_ago: int = 30) -> pl.DataFrame:
    row = {"match_date": DAY - dt.timedelta(days=days_ago), "league": league}
    return pl.DataFrame([row | {"home_goals": score[0], "away_goals": score[1]}] * n)


def fixture(league: str, day: dt.date = DAY) -> pl.DataFrame:
    return pl.DataFrame({"match_date": [day], "league": [league]})


def test_a_league_s_own_scores_count_beside_those_of_all():
    past = pl.concat([played(600, "E0", (1, 0)), played(200, "D1", (2, 2))])
    at_home, abroad = climatology(past, fixture("E0"))[0], climatology(past, fixture("D1"))[0]
    assert at_home[1, 0] == pytest.approx((600 + PRIOR_MATCHES * 600 / 800) / (600 + PRIOR_MATCHES), abs=0.01)
    assert abroad[2, 2] == pytest.approx((200 + PRIOR_MATCHES * 200 / 800) / (200 + PRIOR_MATCHES), abs=0.01)
    assert at_home.sum() == pytest.approx(1.0)
    assert at_home.min() > 0


def test_only_the_years_before_the_date_count():
    usual = played(LEAST_SCORES, "E0", (1, 0))
    today, long_ago = played(400, "E0", (5, 5), 0), played(400, "E0", (5, 5), CLIMATOLOGY_DAYS + 1)
    expected = climatology(usual, fixture("E0"))
    assert np.array_equal(climatology(pl.concat([usual, today, long_ago]), fixture("E0")), expected)


def test_before_enough_matches_there_is_no_climatology():
    assert np.isnan(climatology(played(LEAST_SCORES - 1, "E0", (1, 0)), fixture("E0"))).all()


@settings(max_examples=40, deadline=None)
@given(st.floats(0.3, 4.0), st.floats(0.3, 4.0))
def test_the_prices_of_independent_goals_imply_these_goals(home, away):
    truth = dixon_coles(np.array([[home, away]]), np.zeros(1))
    found = independent_poisson(result_probabilities(truth), truth[:, OVER].sum(axis=1))
    assert np.abs(found - truth).max() < 1e-3  # beyond 15 goals the matrix spreads what the total does not


def test_the_matrix_has_the_total_and_the_difference_of_the_wins():
    p, over = np.array([[0.5, 0.28, 0.22], [0.2, 0.2, 0.6]]), np.array([0.45, 0.7])
    found = independent_poisson(p, over)
    result = result_probabilities(found)
    assert found[:, OVER].sum(axis=1) == pytest.approx(over, abs=1e-3)
    assert result[:, 0] - result[:, 2] == pytest.approx(p[:, 0] - p[:, 2], abs=1e-6)
