import datetime as dt
from itertools import pairwise

import polars as pl
import pytest

from soccer_assets.features.ratings.elo import EloParameters, elo_ratings
from soccer_assets.features.ratings.match_arrays import match_arrays as arrays

EIGHT = "abcdefgh"
PLAIN = EloParameters(home_pace=0.0, regression=0.0)


@pytest.fixture
def rate(no_prices):
    """Elo before and after of either side, with a home advantage and summers that move nothing unless asked."""

    def of(matches: pl.DataFrame, parameters: EloParameters = PLAIN) -> pl.DataFrame:
        games = arrays(matches, no_prices)
        columns = elo_ratings(games, parameters)
        return pl.concat(
            games.rows.select("match_date", "match_id", team_id=f"{side}_id").with_columns(
                pl.Series(name, values[:, place]) for name, values in columns.items()
            )
            for place, side in enumerate(("home", "away"))
        ).sort("match_date", "match_id", "team_id")

    return of


def after(ratings: pl.DataFrame) -> dict[str, float]:
    """The newest rating of each club."""
    return dict(ratings.sort("match_date").group_by("team_id").agg(pl.col("elo_after").last()).rows())


def test_one_match_by_hand(played, rate):
    ratings = after(rate(played((0, "a", "b", "2-0"))))
    expected = 1 / (1 + 10 ** (-65 / 400))  # equal clubs, but for the ground
    moved = 12 * 3**0.9 * (1 - expected)
    assert ratings == pytest.approx({"a": 1500 + moved, "b": 1500 - moved})


def test_a_draw_moves_the_home_club_down_for_it_was_expected_to_do_better(played, rate):
    ratings = after(rate(played((0, "a", "b", "1-1"))))
    moved = 12 * (1 / (1 + 10 ** (-65 / 400)) - 0.5)
    assert ratings == pytest.approx({"a": 1500 - moved, "b": 1500 + moved})


def test_what_one_club_wins_the_other_loses(rated):
    sums = rated.group_by("match_id").agg(pl.col("elo_before", "elo_after").sum())
    assert sums["elo_after"].to_list() == pytest.approx(sums["elo_before"].to_list())


def test_the_winner_gains_and_an_upset_moves_more(played, rate):
    first = [(day, "a", "b", "3-0") for day in range(5)]
    expected_win = rate(played(*first, (9, "a", "b", "1-0")))
    upset = rate(played(*first, (9, "a", "b", "0-1")))
    gain = {
        name: after(r)[winner] - r.filter(team_id=winner)["elo_before"].last()
        for name, r, winner in (("expected", expected_win, "a"), ("upset", upset, "b"))
    }
    assert 0 < gain["expected"] < 6 < gain["upset"]


@pytest.mark.parametrize(("narrow", "wide"), list(pairwise(["1-0", "2-0", "3-0", "6-0"])))
def test_a_wider_win_moves_more(played, rate, narrow, wide):
    assert after(rate(played((0, "a", "b", narrow))))["a"] < after(rate(played((0, "a", "b", wide))))["a"]


@pytest.mark.parametrize(("league", "entry"), [("E0", 1500), ("E1", 1380), ("E2", 1260), ("NOR", 1500)])
def test_in_a_leagues_first_season_clubs_enter_at_the_level_of_its_tier(played, rate, league, entry):
    season = "2024" if league == "NOR" else "2024/25"
    ratings = rate(played((0, "a", "b", "1-0"), (30, "c", "a", "0-0"), league=league, season=season))
    assert ratings.filter(team_id="c")["elo_before"].to_list() == [entry]


def test_a_club_that_comes_later_enters_below_the_average_of_its_league(played, rate):
    """The average is that of the clubs as they stood when the season's table of newcomers was opened."""
    rounds = [(day, h, a, "2-0") for day in range(0, 290, 15) for h, a in zip(EIGHT[:4], EIGHT[4:], strict=True)]
    second = played((400, "new", "a", "1-1"), season="2025/26")
    before = after(rate(played(*rounds)))
    ratings = rate(pl.concat([played(*rounds), second]))
    assert ratings.filter(team_id="new")["elo_before"].to_list() == [pytest.approx(sum(before.values()) / 8 - 60)]


def test_clubs_that_left_do_not_count_for_the_average(played, rate):
    rounds = [(day, h, a, "2-0") for day in range(0, 90, 15) for h, a in zip("abcd", "efgh", strict=True)]
    gone = [(day, "x", "y", "9-0") for day in range(0, 90, 15)]
    later = [(day, h, a, "2-0") for day in range(400, 460, 15) for h, a in zip("abcd", "efgh", strict=True)]
    known = pl.concat([played(*rounds, *gone), played(*later, season="2025/26")])
    before = after(rate(known))
    ratings = rate(pl.concat([known, played((470, "new", "a", "1-1"), season="2026/27")]))
    average = sum(before[club] for club in EIGHT) / 8
    assert ratings.filter(team_id="new")["elo_before"].to_list() == [pytest.approx(average - 60)]


def test_a_club_keeps_its_rating_from_one_league_to_another(played, rate):
    up = pl.concat([played((0, "a", "b", "5-0")), played((300, "a", "c", "0-0"), league="E1", season="2025/26")])
    ratings = rate(up).filter(team_id="a").sort("match_date")
    assert ratings["elo_before"][1] == ratings["elo_after"][0]


def test_over_a_summer_clubs_come_closer_and_the_average_stays(played, rate):
    rounds = [(day, h, a, "2-0") for day in range(0, 290, 15) for h, a in zip("abcd", "efgh", strict=True)]
    first = played(*rounds)
    opening = played(*[(370, h, a, "1-1") for h, a in zip("abcd", "efgh", strict=True)], season="2025/26")
    before = after(rate(first))
    ratings = rate(pl.concat([first, opening]), EloParameters(home_pace=0.0, regression=0.5))
    now = dict(ratings.filter(pl.col("match_date") > dt.date(2025, 7, 1)).select("team_id", "elo_before").rows())
    assert now == pytest.approx({club: 1500 + (before[club] - 1500) / 2 for club in EIGHT})


def test_a_league_where_visitors_win_loses_its_home_advantage(played, rate):
    learns = EloParameters(home_pace=1.0, regression=0.0)
    visitors = [(day, *"ab"[:: 1 if day % 2 else -1], "0-1") for day in range(60)]
    equal = rate(played(*visitors), learns).filter(team_id="a")["elo_after"]
    fixed = rate(played(*visitors)).filter(team_id="a")["elo_after"]
    # what is expected of a home club falls, so each defeat there says less
    assert equal.diff().abs()[-1] < fixed.diff().abs()[-1]


def test_only_finished_matches_are_rated(played, rate):
    told = played(
        (0, "a", "b", "1-0"), (3, "a", "c", "scheduled"), (4, "b", "c", "abandoned"), (5, "a", "d", "postponed")
    )
    assert rate(told)["match_id"].to_list() == ["a-b-0", "a-b-0"]


def test_the_parameters_are_used(played, rate):
    flat = EloParameters(step=10.0, margin=0.0, home_advantage=0.0)
    assert after(rate(played((0, "a", "b", "4-0")), flat)) == pytest.approx({"a": 1505.0, "b": 1495.0})
