import datetime as dt

import pytest

from soccer_assets.errors import SeasonError
from soccer_assets.predictions.season.from_table import ClubInTable, season_from_table
from tests.predictions.season.conftest import ratings_of

DAY = dt.date(2024, 5, 1)


@pytest.fixture(scope="module")
def ratings(premier_league):
    return ratings_of(premier_league)


def club(number, points, goal_difference=0):
    return ClubInTable(f"england.club-{number:02}", f"Club {number:02}", points, goal_difference)


def played(ratings, table, left, league="E0"):
    pairs = None if left is None else [(f"england.club-{home:02}", f"england.club-{away:02}") for home, away in left]
    return season_from_table(league, DAY, table, pairs, ratings, 500, 1)


def test_points_of_the_table_count_and_the_matches_left_decide(ratings):
    rows = played(ratings, [club(0, 80), club(1, 81), club(2, 10)], [(0, 2), (2, 1)])
    first = dict(rows.select("club", "p_title").rows())
    assert first["Club 02"] == 0.0 and first["Club 00"] + first["Club 01"] == pytest.approx(1)
    assert rows.filter(club="Club 02").select("best_position", "matches_left").row(0) == (3, 2)
    assert rows["points"].to_list() == [80, 81, 10]
    assert rows["p_relegation"].null_count() == 3  # three clubs are no league of twenty
    assert "order" in rows["assumed"][0]


def test_without_matches_left_the_table_stands_and_goal_difference_decides(ratings):
    rows = played(ratings, [club(0, 50, 3), club(1, 50, 9)], [])
    assert rows.select("club", "position", "p_title").rows() == [("Club 00", 2, 0.0), ("Club 01", 1, 1.0)]


def test_without_a_list_all_meet_at_both_grounds(ratings):
    rows = played(ratings, [club(number, 0) for number in range(20)], None)
    assert rows["matches_left"].to_list() == [38] * 20
    assert rows["p_relegation"].sum() == pytest.approx(3)
    assert rows.sort("points_expected")["club"][-1] == "Club 00"


@pytest.mark.parametrize(
    ("table", "left", "said"),
    [
        ([club(0, 1), club(0, 2)], [], r"expected 2 to 30 clubs, each once, found 2, more than once \['england.club-00'\]"),
        ([club(0, 1), club(1, 2)], [(0, 5)], "expected matches between two clubs of the table, found .*00 against .*05"),
        ([club(0, 1), club(1, 2)], [(0, 0)], "expected matches between two clubs of the table"),
        ([club(0, 1), club(1, 2)], [(0, 1)] * 5, "expected at most 4 matches left of a pair at one ground"),
    ],
)  # fmt: skip
def test_a_table_that_is_none_is_named(ratings, table, left, said):
    with pytest.raises(SeasonError, match=said):
        played(ratings, table, left)


def test_a_league_with_a_split_or_without_rules_is_named(ratings):
    with pytest.raises(SeasonError, match="B1: expected a league without a split"):
        played(ratings, [club(0, 1), club(1, 2)], [], "B1")
    with pytest.raises(SeasonError, match="MEX 2023: expected rules"):
        played(ratings, [club(0, 1), club(1, 2)], [], "MEX")
