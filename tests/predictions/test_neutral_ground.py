"""Where neither club is at home: what a change of places must mirror, and what it must leave."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.predictions.neutral_ground import (
    ROW,
    NeutralForecaster,
    neutral_outcomes,
    neutral_over,
    neutral_rates,
)

chance = st.floats(0.01, 1.0)
outcomes = st.tuples(chance, chance, chance).map(lambda p: np.array([p]) / sum(p))


@given(outcomes, outcomes)
def test_clubs_that_change_places_mirror_the_forecast(one, other):
    p = neutral_outcomes(one, other)
    assert p.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(neutral_outcomes(other, one), p[:, ::-1], rtol=0, atol=1e-15)


@given(outcomes)
def test_a_forecast_without_home_advantage_stays(p):
    np.testing.assert_allclose(neutral_outcomes(p, p[:, ::-1]), p, rtol=0, atol=1e-15)


def test_the_values_of_a_match_are_the_means_of_both_orders():
    p = neutral_outcomes(np.array([[0.5, 0.25, 0.25]]), np.array([[0.4, 0.3, 0.3]]))
    raw = np.sqrt([0.5 * 0.3, 0.25 * 0.3, 0.25 * 0.4])
    np.testing.assert_allclose(p, [raw / raw.sum()])
    np.testing.assert_allclose(
        neutral_rates(np.array([[1.8, 0.9]]), np.array([[1.6, 1.2]])), [[1.8 * 1.2, 0.9 * 1.6]] ** np.array(0.5)
    )
    assert neutral_over(np.array([0.5, np.nan]), np.array([0.8, 0.5])).tolist() == [
        pytest.approx(2 / 3),
        pytest.approx(np.nan, nan_ok=True),
    ]


class HomeWins:
    """Says the home club wins by its feature; what it is asked with is kept."""

    def predict(self, features):
        home = features["strength"].to_numpy()
        return np.column_stack([home, np.full(len(home), 0.2), 0.8 - home])

    def goal_rates(self, features):
        return np.column_stack([features["strength"].to_numpy() * 3, np.ones(len(features))])

    def over(self, features):
        return features["strength"].to_numpy()

    def blend(self, model_p, prices, features):
        return 0.5 * model_p + 0.5 * prices.select("p_home", "p_draw", "p_away").to_numpy()


def test_rows_that_are_chosen_meet_their_own_other_order():
    features = pl.DataFrame({"strength": [0.5, 0.6, 0.7]}).with_row_index(ROW)
    ground = NeutralForecaster(HomeWins(), pl.DataFrame({"strength": [0.4, 0.3, 0.2]}))
    whole = ground.predict(features)
    np.testing.assert_array_equal(ground.predict(features[[2, 0]]), whole[[2, 0]])
    np.testing.assert_allclose(whole[0], neutral_outcomes(np.array([[0.5, 0.2, 0.3]]), np.array([[0.4, 0.2, 0.4]]))[0])
    np.testing.assert_allclose(ground.goal_rates(features[[1]]), [[np.sqrt(1.8), np.sqrt(0.9)]])
    prices = pl.DataFrame(
        {"p_home": [0.3], "p_draw": [0.3], "p_away": [0.4], "pinnacle_home": [0.1], "pinnacle_away": [0.2]}
    )
    blend = ground.blend(whole[[1]], prices, features[[1]])
    np.testing.assert_allclose(blend, 0.5 * whole[[1]] + 0.5 * np.array([[0.3, 0.3, 0.4]]))
