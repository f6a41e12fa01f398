import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.simulation.score_matrix import (
    LINES,
    cover_probabilities,
    over_under_probabilities,
    result_probabilities,
    score_matrix,
)

RATES = st.floats(0.1, 5.0)


def matrix_of(home: float, away: float) -> np.ndarray:
    return score_matrix(np.array([home]), np.array([away]))


@given(home=RATES, away=RATES)
@settings(max_examples=40, deadline=None)
def test_probabilities_are_not_negative_and_sum_to_one(home, away):
    matrix = matrix_of(home, away)
    assert matrix.min() >= 0
    assert result_probabilities(matrix).sum() == pytest.approx(1, abs=1e-12)
    assert over_under_probabilities(matrix).sum() == pytest.approx(1, abs=1e-12)


@given(home=RATES, away=RATES)
@settings(max_examples=40, deadline=None)
def test_swapping_the_sides_swaps_the_results(home, away):
    straight, swapped = (result_probabilities(matrix_of(*pair))[0] for pair in ((home, away), (away, home)))
    assert straight == pytest.approx(swapped[::-1], abs=1e-12)


def test_low_scores_are_corrected_by_the_formula_of_dixon_and_coles():
    # rates 1.5 and 1, rho -0.06; the correction leaves the total at 1, so no rescaling is visible
    p = np.exp(-2.5)
    matrix = matrix_of(1.5, 1.0)[0]
    expected = [[p * (1 + 1.5 * 0.06), p * (1 - 1.5 * 0.06)], [1.5 * p * (1 - 0.06), 1.5 * p * (1 + 0.06)]]
    assert matrix[:2, :2] == pytest.approx(np.array(expected), rel=1e-5)
    assert matrix[2, 1] == pytest.approx(1.5**2 / 2 * p, rel=1e-5)


@given(home=RATES, away=RATES)
@settings(max_examples=40, deadline=None)
def test_handicaps_agree_with_the_results(home, away):
    matrix = matrix_of(home, away)
    win, draw, loss = result_probabilities(matrix)[0]
    cover = dict(zip(LINES.tolist(), cover_probabilities(matrix)[0], strict=True))
    assert cover[-0.5] == pytest.approx(win)  # must win
    assert cover[0.5] == pytest.approx(win + draw)  # must not lose
    assert cover[0.0] == pytest.approx(win / (win + loss))  # a draw returns the stake
    assert cover[-0.25] == pytest.approx(2 * win / (2 * win + draw + 2 * loss))  # a draw loses half of it
    assert list(cover.values()) == sorted(cover.values())  # every goal of a start helps
