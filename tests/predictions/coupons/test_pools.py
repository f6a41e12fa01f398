from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.errors import CouponError
from soccer_assets.predictions.coupons.pools import (
    column_chances,
    emphasised,
    hits_distribution,
    likeliest_columns,
    require_fixtures,
)

SHARE = st.floats(0.01, 1)


@st.composite
def cards(draw, most: int = 5) -> np.ndarray:
    """Probabilities of a few fixtures, (k, 3)."""
    shares = np.array([[draw(SHARE), draw(SHARE), draw(SHARE)] for _ in range(draw(st.integers(1, most)))])
    return shares / shares.sum(axis=1, keepdims=True)


def all_columns(p: np.ndarray) -> np.ndarray:
    return np.array(list(product(range(3), repeat=len(p))))


@given(cards(), st.integers(1, 40))
def test_the_likeliest_columns_are_those_of_brute_force(p, n):
    columns = likeliest_columns(p, n)
    chances = column_chances(p, columns)
    assert len({tuple(column) for column in columns.tolist()}) == len(columns) == min(n, 3 ** len(p))
    assert (np.diff(chances) <= 1e-15).all()
    best = np.sort(column_chances(p, all_columns(p)))[::-1][:n]
    np.testing.assert_allclose(chances, best, atol=1e-15)


@given(cards())
def test_all_columns_together_are_certain(p):
    assert column_chances(p, likeliest_columns(p, 3 ** len(p))).sum() == pytest.approx(1, abs=1e-12)


def test_columns_as_likely_as_each_other_come_in_order_and_impossible_ones_never():
    assert likeliest_columns(np.full((2, 3), 1 / 3), 4).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0]]
    assert likeliest_columns(np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]), 9).tolist() == [[0, 0], [0, 1]]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_hits_are_those_of_all_patterns(chances):
    distribution = hits_distribution(np.array(chances))
    expected = np.zeros(len(chances) + 1)
    for pattern in product((0, 1), repeat=len(chances)):
        expected[sum(pattern)] += np.prod([p if hit else 1 - p for p, hit in zip(chances, pattern, strict=True)])
    np.testing.assert_allclose(distribution, expected, atol=1e-14)
    assert distribution @ np.arange(len(distribution)) == pytest.approx(sum(chances), abs=1e-12)


@given(cards(), st.floats(0.1, 10), st.floats(0.1, 10))
def test_emphasis_multiplies_odds_and_nothing_else(p, draw, upset):
    q = emphasised(p, draw, upset)
    np.testing.assert_allclose(q.sum(axis=1), 1, atol=1e-12)
    for (home, drawn, away), (home_q, drawn_q, away_q) in zip(p, q, strict=True):
        less, more, less_q, more_q = (home, away, home_q, away_q) if home <= away else (away, home, away_q, home_q)
        assert drawn_q / more_q == pytest.approx(draw * drawn / more)
        assert less_q / more_q == pytest.approx((upset if less < more else 1) * less / more)


def test_without_emphasis_nothing_changes():
    p = np.array([[0.5, 0.3, 0.2]])
    np.testing.assert_allclose(emphasised(p), p, atol=1e-16)


def test_a_match_twice_and_the_twenty_first_fixture_are_refused():
    with pytest.raises(CouponError, match="expected every match once, found 'b' more than once") as refusal:
        require_fixtures(["a", "b", "b"])
    assert refusal.value.reason == "match-twice"
    with pytest.raises(CouponError, match="expected 1 to 20 fixtures, found 21") as refusal:
        require_fixtures([f"m{n}" for n in range(21)])
    assert refusal.value.reason == "fixture-count"
    require_fixtures([f"m{n}" for n in range(20)])


@pytest.mark.parametrize("p", [np.array([[0.5, 0.5, 0.1]]), np.array([[1.1, -0.1, 0.0]])])
def test_what_does_not_sum_to_one_is_no_forecast(p):
    with pytest.raises(CouponError, match="expected home, draw and away that sum to 1"):
        likeliest_columns(p, 1)
