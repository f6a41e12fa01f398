from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from soccer_assets.errors import ModelError
from soccer_assets.score_matrices import GOALS, coherent, dixon_coles

HOME, AWAY = np.indices((GOALS, GOALS))
RATE = st.floats(0.05, 5)
RHO = st.floats(-0.5, 0.5)
SHARE = st.floats(0.001, 1)
OVER = st.floats(0.01, 0.99)
FEW = settings(max_examples=30, deadline=None)
MATCH = st.tuples(RATE, RATE, RHO, SHARE, SHARE, SHARE, st.one_of(OVER, st.just(float("nan"))))


def asked(*matches: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rates, rho, 1X2 and over 2.5 goals of drawn matches."""
    rows = np.array(matches)
    return rows[:, :2], rows[:, 2], rows[:, 3:6] / rows[:, 3:6].sum(axis=1, keepdims=True), rows[:, 6]


def results(matrix: np.ndarray) -> np.ndarray:
    cells = (HOME > AWAY, HOME == AWAY, HOME < AWAY)
    return np.stack([matrix[..., where].sum(axis=-1) for where in cells], axis=-1)


def over(matrix: np.ndarray) -> np.ndarray:
    return matrix[..., HOME + AWAY > 2.5].sum(axis=-1)


def divergence(q: np.ndarray, p: np.ndarray) -> float:
    there = q > 0
    return float((q[there] * np.log(q[there] / p[there])).sum())


def test_a_matrix_without_correction_is_a_product_of_two_poisson_distributions():
    (matrix,) = dixon_coles(np.array([[1.4, 0.9]]), np.zeros(1))
    expected = np.outer(poisson.pmf(range(GOALS), 1.4), poisson.pmf(range(GOALS), 0.9))
    assert matrix == pytest.approx(expected / expected.sum(), abs=1e-15)


def test_the_correction_moves_four_low_scores_as_dixon_and_coles_have_it():
    rates, rho = np.array([[1.4, 0.9]]), -0.1
    plain, corrected = (dixon_coles(rates, np.array([value]))[0] for value in (0.0, rho))
    factors = corrected / plain
    assert factors[0, 0] == pytest.approx(1 - 1.4 * 0.9 * rho)
    assert factors[0, 1] == pytest.approx(1 + 1.4 * rho)
    assert factors[1, 0] == pytest.approx(1 + 0.9 * rho)
    assert factors[1, 1] == pytest.approx(1 - rho)
    assert factors[2:, :] == pytest.approx(1)


@FEW
@given(RATE, RATE, st.floats(-5, 5))
def test_a_correction_beyond_its_range_leaves_every_score_possible(home, away, rho):
    (matrix,) = dixon_coles(np.array([[home, away]]), np.array([rho]))
    assert (matrix > 0).all()
    assert matrix.sum() == pytest.approx(1, abs=1e-12)


@FEW
@given(st.lists(MATCH, min_size=1, max_size=5))
def test_a_coherent_matrix_says_what_it_was_asked_to_say(matches):
    rates, rho, p_1x2, p_over = asked(*matches)
    matrices = coherent(rates, rho, p_1x2, p_over)
    assert matrices.shape == (len(matches), 16, 16)
    assert (matrices > 0).all()
    assert np.abs(matrices.sum(axis=(1, 2)) - 1).max() < 1e-12
    assert np.abs(results(matrices) - p_1x2).max() < 1e-12
    known = ~np.isnan(p_over)
    assert np.abs(over(matrices)[known] - p_over[known]).max(initial=0) < 1e-12


@FEW
@given(st.lists(MATCH, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_a_match_has_the_same_bits_alone_and_in_any_batch(matches, random):
    rates, rho, p_1x2, p_over = asked(*matches)
    together = coherent(rates, rho, p_1x2, p_over)
    order = list(range(len(matches)))
    random.shuffle(order)
    for rows in (order, *([row] for row in order)):
        assert np.array_equal(coherent(rates[rows], rho[rows], p_1x2[rows], p_over[rows]), together[rows])


@FEW
@given(MATCH)
def test_a_matrix_that_says_it_already_stays(match):
    rates, rho, _, _ = asked(match)
    base = dixon_coles(rates, rho)
    same = coherent(rates, rho, results(base), over(base))
    assert same == pytest.approx(base, abs=1e-12)


@FEW
@given(MATCH, st.integers(0, 2**32 - 1))
def test_no_other_matrix_that_says_the_same_is_nearer(match, seed):
    rates, rho, p_1x2, p_over = asked(match)
    base, nearest = dixon_coles(rates, rho)[0], coherent(rates, rho, p_1x2, p_over)[0]
    # noise that changes no sum over a result, nor over those with more than 2.5 goals
    demands = [HOME > AWAY, HOME == AWAY, HOME < AWAY]
    if not np.isnan(p_over[0]):
        demands = [where & side for where in demands for side in (HOME + AWAY > 2.5, HOME + AWAY < 2.5)]
    noise = np.random.default_rng(seed).normal(size=nearest.shape) * nearest
    for where in demands:
        noise[where] -= nearest[where] * noise[where].sum() / nearest[where].sum()
    for step in (0.3, 0.01):
        other = nearest + step * noise / np.abs(noise / nearest).max()
        assert results(other) == pytest.approx(results(nearest), abs=1e-12)
        assert divergence(nearest, base) <= divergence(other, base) + 1e-12


def test_mass_moves_between_totals_of_a_result_and_not_only_within_them():
    rates, rho, p_1x2 = np.array([[1.3, 1.1]]), np.array([-0.05]), np.array([[0.5, 0.2, 0.3]])
    nearest = coherent(rates, rho, p_1x2, np.array([0.6]))[0]
    base = dixon_coles(rates, rho)[0]

    def odds(matrix: np.ndarray) -> list[float]:
        sides = [(where & (HOME + AWAY > 2.5), where & (HOME + AWAY < 2.5)) for where in (HOME > AWAY, HOME == AWAY)]
        return [matrix[more].sum() / matrix[fewer].sum() for more, fewer in sides]

    # one factor for the total, whatever the result
    ratios = np.array(odds(nearest)) / np.array(odds(base))
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-12)
    assert ratios[0] > 1


def test_a_season_without_draws_has_matches_without_draws():
    matrices = coherent(np.array([[1.5, 1.0]]), np.zeros(1), np.array([[0.6, 0.0, 0.4]]), np.array([0.55]))
    assert results(matrices)[0].tolist() == pytest.approx([0.6, 0.0, 0.4], abs=1e-12)
    assert over(matrices)[0] == pytest.approx(0.55, abs=1e-12)


@pytest.mark.parametrize("p_over", [1e-12, 0.5, 1 - 1e-12])
@pytest.mark.parametrize("rates", [(0.01, 0.01), (8.0, 8.0), (0.01, 8.0)])
def test_far_from_the_goals_model_the_total_is_still_reached(rates, p_over):
    p_1x2 = np.array([[0.001, 0.998, 0.001], [0.98, 0.01, 0.01]])
    matrices = coherent(np.array([rates] * 2), np.array([0.1, 0.1]), p_1x2, np.full(2, p_over))
    assert np.abs(over(matrices) - p_over).max() < 1e-12
    assert np.abs(results(matrices) - p_1x2).max() < 1e-12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rates": (0.0, 1.0)}, r"b: expected goal rates from 0.01 to 8.0, found \[0.0, 1.0\]"),
        ({"rates": (1.0, float("nan"))}, r"b: expected goal rates from 0.01 to 8.0, found \[1.0, nan\]"),
        ({"rho": float("inf")}, "b: expected a finite rho, found inf"),
        ({"p_1x2": (0.5, 0.5, 0.1)}, r"b: expected 1X2 probabilities that sum to 1, found \[0.5, 0.5, 0.1\]"),
        ({"p_1x2": (1.2, -0.2, 0.0)}, "b: expected 1X2 probabilities that sum to 1"),
        ({"p_over": 1.0}, "b: expected a probability of over 2.5 goals between 0 and 1, found 1.0"),
    ],
)
def test_what_no_matrix_can_have_is_refused_and_the_match_named(change, message):
    sound = {"rates": (1.5, 1.0), "rho": 0.0, "p_1x2": (0.5, 0.25, 0.25), "p_over": 0.5}
    told: dict[str, Any] = {name: np.array([value, change.get(name, value)]) for name, value in sound.items()}
    with pytest.raises(ModelError, match=message):
        coherent(**told, names=["a", "b"])
    with pytest.raises(ModelError, match=message.replace("b: ", "row 1: ", 1)):
        coherent(**told)


def test_without_matches_there_are_no_matrices():
    assert coherent(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 3))).shape == (0, 16, 16)
