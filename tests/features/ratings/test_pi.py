import numpy as np
import pytest

from soccer_assets.features.ratings import rate
from soccer_assets.features.ratings.pi import goals_of


def test_one_match_by_hand(played, no_prices):
    told = rate(played((0, "a", "b", "4-1")), no_prices).sort("team_id")
    moved = 0.035 * 3 * np.log10(1 + 3)
    assert told["pi_home"].to_list() == pytest.approx([moved, -0.7 * moved])
    assert told["pi_away"].to_list() == pytest.approx([0.7 * moved, -moved])


def test_a_rating_is_worth_goals_on_a_log_scale():
    assert goals_of(1.6) == pytest.approx(2.4145, abs=1e-4)
    assert goals_of(-0.4) == pytest.approx(-(10 ** (0.4 / 3) - 1))


def test_a_result_as_expected_moves_nothing(played, no_prices):
    told = rate(played((0, "a", "b", "2-2")), no_prices)
    assert told["pi_home"].to_list() == told["pi_away"].to_list() == [0.0, 0.0]


def test_goals_are_worth_the_same_to_both(played, no_prices):
    few, many = (rate(played((0, "a", "b", score)), no_prices) for score in ("2-0", "6-4"))
    assert few.select("pi_home", "pi_away").equals(many.select("pi_home", "pi_away"))
