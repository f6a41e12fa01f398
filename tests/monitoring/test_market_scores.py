"""A score matrix met by the score: by hand, and against the markets of the same matrix."""

from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.monitoring.market_scores import binary, handicap_outcome, scored
from soccer_assets.monitoring.schema import MATRIX_MARKETS
from soccer_assets.predictions.match_prices import ScoreMatrix
from soccer_assets.score_matrices import GOALS, coherent, dixon_coles

RATES, RHO = np.array([[1.5, 1.1]]), np.array([-0.05])
MATRIX = dixon_coles(RATES, RHO)


def row(market: str, score: tuple[int, int], handicap: float = -0.5, matrix: np.ndarray = MATRIX) -> dict[str, Any]:
    frames = scored(matrix, np.array([score[0] * GOALS + score[1]]), np.array([handicap]))
    return frames[market].row(0, named=True)


@pytest.mark.parametrize(
    ("market", "score", "happened"),
    [
        ("over_under_2.5", (2, 1), 1.0),
        ("over_under_2.5", (2, 0), 0.0),
        ("over_under_4.5", (2, 2), 0.0),
        ("both_teams_to_score", (1, 1), 1.0),
        ("both_teams_to_score", (3, 0), 0.0),
        ("home_and_over", (2, 1), 1.0),
        ("home_and_over", (1, 0), 0.0),
        ("home_and_over", (1, 2), 0.0),
        ("over_and_both", (2, 1), 1.0),
        ("over_and_both", (3, 0), 0.0),
    ],
)
def test_what_a_score_does_to_a_market(market, score, happened):
    found = row(market, score)
    assert found["happened"] == happened
    p = found["probability"] if happened else 1 - found["probability"]
    assert found["log_loss"] == pytest.approx(-log(p))
    assert (found["rps"], found["brier"]) == pytest.approx(((1 - p) ** 2, 2 * (1 - p) ** 2))
    assert (found["weight"], found["hit"]) == (1.0, float(p > 0.5))


@pytest.mark.parametrize(
    ("handicap", "score", "happened", "weight"),
    [
        (-0.5, (1, 0), 1.0, 1.0),
        (-1.0, (1, 0), None, None),  # given back: nothing is decided
        (-0.75, (1, 0), 1.0, 0.5),
        (-0.25, (1, 1), 0.0, 0.5),
        (0.25, (1, 1), 1.0, 0.5),
        (-3.5, (3, 0), 0.0, 1.0),
    ],
)
def test_a_handicap_counts_by_the_share_of_the_stake_that_is_decided(handicap, score, happened, weight):
    found = row("asian_handicap", score, handicap)
    assert (found["happened"], found["weight"]) == (happened, weight)
    covered, decided = handicap_outcome(np.array([score[0] * GOALS + score[1]]), np.array([handicap]))
    assert decided[0] == (weight or 0.0)
    assert weight is None or covered[0] == happened


def test_without_a_closing_handicap_nothing_is_said_of_it():
    assert row("asian_handicap", (1, 0), float("nan"))["weight"] is None
    assert row("handicap_and_over", (1, 0), float("nan"))["log_loss"] is None


@pytest.mark.parametrize(("handicap", "wins"), [(-1.25, False), (-1.0, True), (-0.5, True), (0.0, True), (0.25, True)])
def test_the_legs_of_a_handicap_are_at_the_half_goal_next_to_the_closing_one(handicap, wins):
    assert row("handicap_and_over", (2, 1), handicap)["happened"] == float(wins)


def test_scores_and_differences_are_told_by_all_their_outcomes():
    exact, other, difference = (
        row("correct_score", (1, 1)),
        row("correct_score", (7, 0)),
        row("goal_difference", (3, 1)),
    )
    assert exact["log_loss"] == pytest.approx(-log(MATRIX[0, 1, 1]))
    beyond = MATRIX[0, 6:].sum() + MATRIX[0, :6, 6:].sum()
    assert other["log_loss"] == pytest.approx(-log(beyond))
    assert (exact["rps"], exact["probability"], exact["happened"]) == (
        None,
        MATRIX[0].max(),
        1.0,
    )  # 1-1 is the likeliest
    by_difference = np.array([np.trace(MATRIX[0], offset) for offset in range(15, -16, -1)])
    assert difference["log_loss"] == pytest.approx(-log(by_difference[2 + 15]))
    happened = np.arange(31) >= 2 + 15
    assert difference["rps"] == pytest.approx(np.square(by_difference.cumsum() - happened)[:-1].sum() / 30)


def test_legs_stand_beside_the_product_of_their_probabilities():
    match = ScoreMatrix(MATRIX[0])
    found = row("home_and_over", (3, 0))
    assert found["product_log_loss"] == pytest.approx(-log(match.home_win() * match.over(2.5)))
    assert found["log_loss"] < found["product_log_loss"]  # a home win goes with goals


def test_a_push_has_no_score():
    assert binary(np.array([0.5]), np.array([1.0]), np.array([0.0])).row(0) == (None,) * 7


probability = st.floats(0.05, 0.9)


@settings(max_examples=60, deadline=None)
@given(
    rates=st.tuples(st.floats(0.2, 4.0), st.floats(0.2, 4.0)), rho=st.floats(-0.15, 0.1), home=probability,
    draw=st.floats(0.05, 0.5), over=probability, quarters=st.integers(-12, 12),
    score=st.tuples(st.integers(0, 6), st.integers(0, 6)),
)  # fmt: skip
def test_every_market_of_a_match_is_a_sum_over_its_one_matrix(rates, rho, home, draw, over, quarters, score):
    p = np.array([[home, draw * (1 - home), (1 - draw) * (1 - home)]])
    matrix = coherent(np.array([rates]), np.array([rho]), p, np.array([over]))
    match, line = ScoreMatrix(matrix[0]), quarters / 4
    found = {market: row(market, score, line, matrix)["probability"] for market in MATRIX_MARKETS}
    told = {
        **{f"over_under_{total}": match.over(total) for total in (1.5, 2.5, 3.5, 4.5)},
        "both_teams_to_score": match.both_score(),
    }
    assert {market: found[market] for market in told} == pytest.approx(told, abs=1e-9)
    assert found["over_under_2.5"] == pytest.approx(over, abs=1e-9)
    weight = row("asian_handicap", score, line, matrix)["weight"]
    assert weight is None or found["asian_handicap"] == pytest.approx(match.handicap(line), abs=1e-9)
    goals_home, goals_away = np.indices((GOALS, GOALS))
    both, many = (goals_home > 0) & (goals_away > 0), goals_home + goals_away > 2.5
    assert found["over_and_both"] == pytest.approx(matrix[0][both & many].sum(), abs=1e-9)
    assert found["home_and_over"] == pytest.approx(matrix[0][(goals_home > goals_away) & many].sum(), abs=1e-9)
    half = np.floor(line) + 0.5
    covered = goals_home - goals_away + half > 0
    assert found["handicap_and_over"] == pytest.approx(matrix[0][covered & many].sum(), abs=1e-9)
    # the legs with and without the other add up
    assert found["home_and_over"] + matrix[0][(goals_home > goals_away) & ~many].sum() == pytest.approx(home, abs=1e-9)


def test_a_match_has_the_same_bits_alone_and_among_others():
    random = np.random.default_rng(0)
    matrices = dixon_coles(random.uniform(0.5, 3.0, (50, 2)), np.full(50, -0.05))
    scores, handicaps = random.integers(0, 80, 50), random.integers(-8, 9, 50) / 4
    together = scored(matrices, scores, handicaps)
    for place in (0, 17, 49):
        one = slice(place, place + 1)
        alone = scored(matrices[one], scores[one], handicaps[one])
        assert all(alone[market].equals(together[market][one]) for market in MATRIX_MARKETS)
