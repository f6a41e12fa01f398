import datetime as dt
from itertools import pairwise

import polars as pl
import pytest

from soccer_assets.features.elo import EloParameters, rate

EIGHT = "abcdefgh"


def after(ratings: pl.DataFrame) -> dict[str, float]:
    """The newest rating of each club."""
    return dict(ratings.sort("match_date").group_by("team_id").agg(pl.col("elo_after").last()).rows())


def test_one_match_by_hand(played):
    ratings = after(rate(played((0, "a", "b", "2-0"))))
    expected = 1 / (1 + 10 ** (-65 / 400))  # equal clubs, but for the ground
    moved = 12 * 3**0.9 * (1 - expected)
    assert ratings == pytest.approx({"a": 1500 + moved, "b": 1500 - moved})


def test_a_draw_moves_the_home_club_down_for_it_was_expected_to_do_better(played):
    ratings = after(rate(played((0, "a", "b", "1-1"))))
    moved = 12 * (1 / (1 + 10 ** (-65 / 400)) - 0.5)
    assert ratings == pytest.approx({"a": 1500 - moved, "b": 1500 + moved})


def test_what_one_club_wins_the_other_loses(season):
    ratings = season.lake.read("team_ratings")
    sums = ratings.group_by("match_date", "match_id").agg(pl.col("elo_before", "elo_after").sum(), pl.len())
    assert set(sums["len"]) == {2}
    assert sums["elo_after"].to_list() == pytest.approx(sums["elo_before"].to_list())


def test_points_enter_with_a_club_and_are_never_made_or_lost(season):
    ratings = season.lake.read("team_ratings").sort("match_date", "match_id")
    entered = ratings.group_by("team_id").agg(pl.col("elo_before").first())["elo_before"].sum()
    assert sum(after(ratings).values()) == pytest.approx(entered)


def test_the_winner_gains_and_an_upset_moves_more(played):
    first = [(day, "a", "b", "3-0") for day in range(5)]
    expected_win = rate(played(*first, (9, "a", "b", "1-0")))
    upset = rate(played(*first, (9, "a", "b", "0-1")))
    gain = {
        name: after(r)[winner] - r.filter(team_id=winner)["elo_before"].last()
        for name, r, winner in (("expected", expected_win, "a"), ("upset", upset, "b"))
    }
    assert 0 < gain["expected"] < 6 < gain["upset"]


@pytest.mark.parametrize(("narrow", "wide"), pairwise(["1-0", "2-0", "3-0", "6-0"]))
def test_a_wider_win_moves_more(played, narrow, wide):
    assert after(rate(played((0, "a", "b", narrow))))["a"] < after(rate(played((0, "a", "b", wide))))["a"]


@pytest.mark.parametrize(("league", "entry"), [("E0", 1500), ("E1", 1380), ("E2", 1260), ("NOR", 1500)])
def test_in_a_leagues_first_season_clubs_enter_at_the_level_of_its_tier(played, league, entry):
    season = "2024" if league == "NOR" else "2024/25"
    ratings = rate(played((0, "a", "b", "1-0"), (30, "c", "a", "0-0"), league=league, season=season))
    assert ratings.filter(team_id="c")["elo_before"].to_list() == [entry]


def test_a_club_that_comes_later_enters_below_the_average_of_its_league(played):
    """Also when all its rivals have played within the last weeks."""
    rounds = [
        (day, home, away, "2-0") for day in range(0, 300, 15) for home, away in zip(EIGHT[:4], EIGHT[4:], strict=True)
    ]
    ratings = rate(played(*rounds, (310, "new", "a", "1-1")))
    before = after(ratings.filter(pl.col("match_date") < dt.date(2024, 8, 1) + dt.timedelta(days=310)))
    average = sum(before.values()) / 8
    assert ratings.filter(team_id="new")["elo_before"].to_list() == [pytest.approx(average - 60)]


def test_clubs_that_left_do_not_count_for_the_average(played):
    rounds = [(day, h, a, "2-0") for day in range(0, 90, 15) for h, a in zip("abcd", "efgh", strict=True)]
    gone = [(day, "x", "y", "9-0") for day in range(0, 90, 15)]
    later = [(day, h, a, "2-0") for day in range(400, 460, 15) for h, a in zip("abcd", "efgh", strict=True)]
    ratings = rate(played(*rounds, *gone, *later, (470, "new", "a", "1-1")))
    before = after(ratings.filter(pl.col("match_date") < dt.date(2024, 8, 1) + dt.timedelta(days=470)))
    average = sum(before[club] for club in EIGHT) / 8
    assert ratings.filter(team_id="new")["elo_before"].to_list() == [pytest.approx(average - 60)]


def test_a_club_keeps_its_rating_from_one_league_to_another(played):
    up = pl.concat([played((0, "a", "b", "5-0")), played((300, "a", "c", "0-0"), league="E1", season="2025/26")])
    ratings = rate(up).filter(team_id="a").sort("match_date")
    assert ratings["elo_before"][1] == ratings["elo_after"][0]


def test_only_finished_matches_are_rated(played):
    told = played(
        (0, "a", "b", "1-0"), (3, "a", "c", "scheduled"), (4, "b", "c", "abandoned"), (5, "a", "d", "postponed")
    )
    assert rate(told)["match_id"].to_list() == ["a-b-0", "a-b-0"]


def test_the_order_of_the_rows_does_not_matter(played):
    matches = played(*[(day, "ab"[day % 2], "ba"[day % 2], f"{day % 3}-1") for day in range(20)])
    assert rate(matches).equals(rate(matches.sample(fraction=1.0, shuffle=True, seed=3)))


def test_the_parameters_are_used(played):
    flat = EloParameters(step=10.0, margin=0.0, home_advantage=0.0)
    assert after(rate(played((0, "a", "b", "4-0")), flat)) == pytest.approx({"a": 1505.0, "b": 1495.0})


def test_without_matches_there_are_no_ratings(played):
    assert rate(played((0, "a", "b", "scheduled"))).rows() == []
