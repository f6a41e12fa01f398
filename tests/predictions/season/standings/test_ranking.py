import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.predictions.season.standings.ranking import CRITERIA, PAIRS, TOTALS, rank

NO_GROUP = -1


def table(results, n, *criteria):
    """The clubs from first to last by results (home, away, goals, goals), lots by number."""
    totals, pairs = np.zeros((n, len(TOTALS)), np.int64), np.zeros((n, n, len(PAIRS)), np.int64)
    for home, away, x, y in results:
        for own, other, scored, conceded, on_road in ((home, away, x, y, 0), (away, home, y, x, y)):
            won = 3 if scored > conceded else int(scored == conceded)
            totals[own] += (won, scored - conceded, scored, scored > conceded, on_road)
            pairs[own, other] += (won, scored, on_road)
    order = np.arange(n)
    codes = np.array([CRITERIA.index(name) for name in criteria], dtype=np.int64)
    rank(totals[:, 0], totals, pairs, np.full(n, NO_GROUP), codes, np.arange(n) * 1.0, order)
    return order.tolist()


#: 0 and 1 are level on points; 0 has the better goal difference, 1 did better in their matches.
LEVEL = [(0, 1, 0, 1), (1, 0, 0, 0), (0, 2, 9, 0), (2, 0, 0, 1), (1, 2, 1, 0), (2, 1, 1, 0)]


def test_goal_difference_or_the_matches_between_them_come_first_as_the_rules_say():
    assert table(LEVEL, 3, "goal_difference", "goals_for") == [0, 1, 2]
    assert table(LEVEL, 3, "head_to_head_points", "goal_difference") == [1, 0, 2]


def test_the_clubs_still_level_begin_again_among_themselves():
    # 0, 1 and 2 have 10 points; 2 has most of those among the three, 0 and 1 as many, and of these two 1 won
    three = [(0, 1, 0, 1), (1, 0, 0, 0), (0, 2, 5, 0), (2, 0, 1, 0), (1, 2, 0, 1), (2, 1, 1, 0)]
    others = [(0, 3, 1, 0), (3, 0, 0, 1), (1, 3, 1, 0), (3, 1, 0, 1), (2, 3, 0, 0), (3, 2, 1, 0)]
    assert [key(three + others, club) for club in range(3)] == [10, 10, 10]
    ranked = table(three + others, 4, "head_to_head_points", "head_to_head_goal_difference", "goal_difference")
    assert ranked == [2, 1, 0, 3]


def test_lots_decide_between_clubs_that_are_level_in_everything():
    assert table([(0, 1, 1, 1), (1, 0, 1, 1)], 2, *CRITERIA) == [0, 1]


def test_a_lower_group_is_never_above():
    order = np.arange(4)
    rank(np.array([1, 50, 2, 60]), np.zeros((4, 5), np.int64), np.zeros((4, 4, 3), np.int64), np.array([0, 1, 0, 1]),
         np.array([0]), np.arange(4) * 1.0, order)  # fmt: skip
    assert order.tolist() == [2, 0, 3, 1]


score = st.integers(0, 3)


@given(st.lists(st.tuples(score, score), min_size=12, max_size=12), st.permutations(range(4)),
       st.sampled_from([("goal_difference", "goals_for"), ("head_to_head_points", "head_to_head_goal_difference"),
                        ("wins", "head_to_head_away_goals")]))  # fmt: skip
def test_the_order_does_not_depend_on_how_clubs_are_numbered(scores, numbers, criteria):
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]
    results = [(i, j, x, y) for (i, j), (x, y) in zip(pairs, scores, strict=True)]
    renumbered = [(numbers[i], numbers[j], x, y) for i, j, x, y in results]
    every = (*criteria, "goal_difference", "goals_for")
    plain, other = table(results, 4, *every), table(renumbered, 4, *every)
    # lots go by number: only what the criteria part must agree
    points = {club: key(results, club) for club in range(4)}
    for place, club in enumerate(plain[:-1]):
        following = plain[place + 1]
        if points[club] != points[following]:
            assert other.index(numbers[club]) < other.index(numbers[following])


def key(results, club):
    own = [(x, y) for i, j, x, y in results if i == club] + [(y, x) for i, j, x, y in results if j == club]
    return sum(3 * (x > y) + (x == y) for x, y in own)


def test_a_criterion_has_its_name():
    with pytest.raises(ValueError, match="not in tuple"):
        table(LEVEL, 3, "fair_play")
