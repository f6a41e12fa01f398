import numpy as np
import pytest

from bench.season import difference, event_scores, order_as_places, tournament_rps


def test_a_right_table_costs_nothing_and_one_upside_down_the_most():
    places = order_as_places(np.array([3.0, 2.0, 1.0]))
    assert places.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert tournament_rps(places, np.array([1, 2, 3])) == 0.0
    assert tournament_rps(places, np.array([3, 2, 1])) == pytest.approx(4 / 6)
    assert tournament_rps(np.full((3, 3), 1 / 3), np.array([1, 2, 3])) == pytest.approx(
        (4 / 9 + 1 / 9 + 1 / 9 + 1 / 9 + 1 / 9 + 4 / 9) / 6
    )


def test_events_are_scored_over_all_clubs():
    rows = [
        {"title": (np.array([0.9, 0.1]), np.array([1.0, 0.0]))},
        {"title": (np.array([0.6, 0.4]), np.array([0.0, 1.0]))},
        {},
    ]
    clubs, brier, loss, ece = event_scores(rows, "title", 1000)
    assert clubs == 4
    assert brier == pytest.approx((0.01 + 0.01 + 0.36 + 0.36) / 4)
    assert loss == pytest.approx(-(2 * np.log(0.9) + 2 * np.log(0.4)) / 4)
    assert ece == pytest.approx((0.1 + 0.1 + 0.6 + 0.6) / 4)


def test_a_difference_is_of_one_share_of_the_season():
    rows = [{"share": 0.0, "forecast": 0.1, "last season": 0.3}, {"share": 0.5, "forecast": 0.1, "last season": 0.1}]
    assert difference(rows, "last season", 0.0) == "-0.2000 (-0.2000, -0.2000)"
