import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.errors import CouponError
from soccer_assets.predictions.coupons.combinations import (
    Selection,
    combination_results,
    joint_probability,
    score_grades,
    winning_scores,
)
from soccer_assets.predictions.markets import fair_odds, results, selections
from soccer_assets.score_matrices import coherent, dixon_coles

HOME, OVER = Selection("1x2", "home"), Selection("over_under", "over", 2.5)
BETS = [Selection(market, selection, line) for market, line, selection in selections().rows()]
ON_WHOLE_OR_HALF = [bet for bet in BETS if bet.goals_line is None or bet.goals_line * 2 % 1 == 0]
RATE, SHARE = st.floats(0.2, 3.5), st.floats(0.05, 1)


@st.composite
def matrix(draw) -> np.ndarray:
    shares = np.array([[draw(SHARE), draw(SHARE), draw(SHARE)]])
    rates, over = np.array([[draw(RATE), draw(RATE)]]), np.array([draw(st.floats(0.1, 0.9))])
    return coherent(rates, np.array([-0.05]), shares / shares.sum(), over)[0]


def test_scores_are_marked_by_what_they_do_to_a_leg():
    grades = score_grades([HOME, Selection("asian_handicap", "home", -0.25), Selection("draw_no_bet", "away")])
    assert grades[:, 1, 1].tolist() == [-2, -1, 0]
    assert grades[:, 2, 1].tolist() == [2, 2, -2]
    masks = winning_scores([HOME, OVER])
    assert masks.shape == (2, 16, 16)
    assert masks[0].sum() == 120
    assert masks[1][2, 1]
    assert not masks[1][2, 0]


def test_home_and_over_together_are_what_the_matrix_has_not_the_product():
    rates = np.array([[1.6, 1.0]])
    goals = dixon_coles(rates, np.zeros(1))
    expected = sum(goals[0, i, j] for i in range(16) for j in range(16) if i > j and i + j > 2.5)
    joint = joint_probability(goals, [HOME, OVER])[0]
    assert joint == pytest.approx(expected, abs=1e-15)
    assert joint > joint_probability(goals, [HOME])[0] * joint_probability(goals, [OVER])[0] + 0.05


@given(matrix(), st.lists(st.sampled_from(BETS), min_size=1, max_size=4, unique=True))
def test_a_joint_chance_is_at_most_that_of_each_leg_and_at_least_what_bounds_it(p, legs):
    each = [joint_probability(p[None], [leg])[0] for leg in legs]
    joint = joint_probability(p[None], legs)[0]
    assert joint <= min(each) + 1e-12
    assert joint >= max(0.0, sum(each) - len(each) + 1) - 1e-12


@given(matrix(), st.sampled_from(BETS))
def test_a_leg_alone_has_the_results_of_its_market(p, leg):
    row = BETS.index(leg)
    np.testing.assert_allclose(combination_results(p, [leg]), results(p[None])[0, row], atol=1e-12)


@given(matrix(), st.lists(st.sampled_from(ON_WHOLE_OR_HALF), min_size=2, max_size=3, unique=True))
def test_a_combination_is_won_lost_or_given_back(p, legs):
    lost, half_lost, given_back, half_won, won = combination_results(p, legs)
    assert lost + given_back + won == pytest.approx(1, abs=1e-12)
    assert half_lost == half_won == 0
    assert won == pytest.approx(joint_probability(p[None], legs)[0], abs=1e-12)
    price = fair_odds(np.array([lost, 0, given_back, 0, won]))
    assert math.isinf(price) or won * price + given_back == pytest.approx(1, abs=1e-9)


def test_legs_that_exclude_each_other_have_no_chance():
    p = dixon_coles(np.array([[1.6, 1.0]]), np.zeros(1))
    assert joint_probability(p, [HOME, Selection("1x2", "draw")])[0] == 0


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection("corners", "over", 9.5), "expected a market out of 1x2, .* found 'corners'"),
        (Selection("1x2", "nobody"), "expected a selection of 1x2 out of home, draw, away; found 'nobody'"),
        (Selection("over_under", "over"), "expected a goals_line of over_under, found None"),
        (Selection("1x2", "home", 2.5), "expected no goals_line of 1x2, found 2.5"),
        (Selection("over_under", "over", 2.4), "expected a goals_line in quarters of a goal, found 2.4"),
    ],
)
def test_an_unknown_selection_is_refused(selection, message):
    with pytest.raises(CouponError, match=message) as refusal:
        score_grades([selection])
    assert refusal.value.reason == "unknown-selection"


def test_a_quarter_line_is_not_combined():
    p = dixon_coles(np.array([[1.6, 1.0]]), np.zeros(1))[0]
    with pytest.raises(CouponError, match="expected whole and half lines .* found over_under over 2.25"):
        combination_results(p, [HOME, Selection("over_under", "over", 2.25)])
