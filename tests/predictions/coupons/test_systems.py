from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.predictions.coupons.pools import emphasised
from soccer_assets.predictions.coupons.systems import best_system, cheapest_system, system_of

SHARE = st.floats(0.02, 1)
SUBSETS = np.array([subset for subset in product((False, True), repeat=3) if any(subset)])
FEW = settings(max_examples=40)


@st.composite
def cards(draw) -> np.ndarray:
    shares = np.array([[draw(SHARE), draw(SHARE), draw(SHARE)] for _ in range(draw(st.integers(1, 4)))])
    return shares / shares.sum(axis=1, keepdims=True)


def all_systems(p: np.ndarray) -> list[tuple[int, float]]:
    """Columns and chance of every choice of outcomes of every match."""
    return [system_of(p, np.array(taken))[1:] for taken in product(SUBSETS, repeat=len(p))]


@FEW
@given(cards(), st.floats(0.01, 1))
def test_no_choice_covers_as_much_with_fewer_columns(p, probability):
    system = cheapest_system(p, probability)
    assert system.chance >= probability * (1 - 1e-12)
    enough = [columns for columns, chance in all_systems(p) if chance >= probability]
    assert not enough or system.columns <= min(enough)
    assert system[1:] == system_of(p, system.taken)[1:]


@FEW
@given(cards(), st.integers(1, 81))
def test_no_choice_within_the_budget_covers_more(p, budget):
    system = best_system(p, budget)
    assert system.columns <= budget
    best = max(chance for columns, chance in all_systems(p) if columns <= budget)
    assert system.chance == pytest.approx(best, abs=1e-12)


def test_a_system_of_twenty_fixtures_covers_what_is_asked_and_certainty_needs_all_columns():
    rng = np.random.default_rng(1)
    p = rng.dirichlet([4.5, 2.7, 3.0], 20)
    half = cheapest_system(p, 0.01)
    assert half.chance >= 0.01
    assert cheapest_system(p, 1.0).columns == 3**20
    assert best_system(p, half.columns).chance >= half.chance
    assert best_system(p, half.columns - 1).chance < 0.01


def test_draws_that_are_emphasised_are_taken_and_the_chance_stays_the_forecasts():
    p = np.array([[0.4, 0.3, 0.3], [0.5, 0.28, 0.22]])
    system = best_system(p, 4, emphasised(p, draw=3.0))
    assert system.taken[:, 1].all()
    assert system.chance == pytest.approx(0.7 * 0.78)
    assert (system.taken == best_system(p, 4, emphasised(p, draw=3.0, upset=1.0)).taken).all()
