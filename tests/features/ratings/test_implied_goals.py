import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.features.ratings.implied_goals import goal_level, over_log_odds
from soccer_assets.score_matrices import GOALS, dixon_coles, result_probabilities

OVER = np.add.outer(np.arange(GOALS), np.arange(GOALS)) > 2.5


def priced(home: float, away: float) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds of home to away and probability of over 2.5 of independent Poisson goals."""
    matrix = dixon_coles(np.array([[home, away]]), np.zeros(1))
    p = result_probabilities(matrix)
    return np.log(p[:, 0] / p[:, 2]), matrix[:, OVER].sum(axis=1)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 3.0), st.floats(0.5, 3.0))
def test_the_level_is_the_mean_of_the_log_goals_that_made_the_prices(home, away):
    assert goal_level(*priced(home, away))[0] == pytest.approx((np.log(home) + np.log(away)) / 2, abs=0.06)


def test_a_mismatch_has_the_level_of_a_close_match_and_a_higher_total():
    (close_odds, close_over), (odds, over) = priced(1.3, 1.3), priced(1.3 * 1.6, 1.3 / 1.6)
    assert over[0] > close_over[0] + 0.04
    assert goal_level(odds, over)[0] == pytest.approx(goal_level(close_odds, close_over)[0], abs=0.01)


@settings(max_examples=60, deadline=None)
@given(st.floats(-3.0, 3.0), st.floats(0.2, 0.85))
def test_the_total_comes_back_from_level_and_gap(log_odds, over):
    odds, p = np.array([log_odds]), np.array([over])
    assert over_log_odds(odds, goal_level(odds, p))[0] == pytest.approx(np.log(over / (1 - over)), abs=1e-6)


def test_what_is_not_priced_is_not_known():
    level = goal_level(np.array([0.1, np.nan, 0.1]), np.array([0.5, 0.5, np.nan]))
    assert np.isnan(level).tolist() == [False, True, True]
    assert np.isnan(over_log_odds(np.array([np.nan, 0.0]), np.array([0.2, np.nan]))).all()
