"""A season on the morning of a day, from its matches."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import SeasonError
from soccer_assets.predictions.season.rules import facts
from soccer_assets.predictions.season.rules.facts import Deduction, Withdrawal
from soccer_assets.predictions.season.rules.league_rules import LEAGUE_RULES
from soccer_assets.predictions.season.rules.rules import Group, Rules, rules_of
from soccer_assets.predictions.season.standings.counting import season_state
from tests.predictions.season.conftest import FIRST, WEEK, matches_of, rounds

E0 = rules_of(LEAGUE_RULES, "E0", 2023)
HALF = FIRST + 19 * WEEK
FOUR = Rules(2023, 4, 2, (Group(2, 2, "half_up"), Group(2, 2, "half_down")))


def test_a_table_is_what_the_matches_before_the_day_have_given(premier_league):
    state = season_state(premier_league, E0, HALF)
    assert state.played.tolist() == [19] * 20
    first = premier_league.filter(pl.col("match_date") < HALF)
    home = first.filter(home_id="england.club-03")
    points = home.select(pl.when(pl.col("home_goals") > pl.col("away_goals")).then(3).when(
        pl.col("home_goals") == pl.col("away_goals")).then(1).otherwise(0).sum()).item()  # fmt: skip
    away = first.filter(away_id="england.club-03")
    points += away.select(pl.when(pl.col("home_goals") < pl.col("away_goals")).then(3).when(
        pl.col("home_goals") == pl.col("away_goals")).then(1).otherwise(0).sum()).item()  # fmt: skip
    assert state.points[3] == points
    assert sorted(state.table().tolist()) == list(range(1, 21))
    assert state.totals[:, 1].sum() == 0


def test_the_matches_left_are_those_of_the_double_round_robin_that_were_not_played(premier_league):
    state = season_state(premier_league, E0, HALF)
    played = premier_league.filter(pl.col("match_date") < HALF).select("home_id", "away_id").rows()
    left = [(state.clubs[home], state.clubs[away]) for home, away, _ in state.left]
    assert len(played) + len(left) == 380
    assert set(played).isdisjoint(left)
    assert state.days_ahead.min() >= 0
    # the fixtures of the next two weeks lie on their days
    assert state.days_ahead[:30].tolist() == [0] * 10 + [7] * 10 + [14] * 10


def test_nothing_of_the_day_or_later_is_read_but_who_meets_whom(premier_league):
    noise = pl.when(pl.col("match_date") >= HALF).then(9).otherwise(pl.col("home_goals")).cast(pl.Int16)
    changed = premier_league.with_columns(home_goals=noise)
    one, other = (season_state(rows, E0, HALF) for rows in (premier_league, changed))
    assert np.array_equal(one.totals, other.totals) and np.array_equal(one.left, other.left)


def test_points_are_deducted_from_the_day_after_they_are_known(premier_league, monkeypatch):
    known = HALF - dt.timedelta(days=1)
    taken = (Deduction("E0", "2023/24", "england.club-00", 10, known),
             Deduction("E0", "2023/24", "england.club-00", -4, known + WEEK))  # fmt: skip
    monkeypatch.setattr(facts, "DEDUCTIONS", ())
    plain = [season_state(premier_league, E0, day).points[0] for day in (known, HALF, HALF + WEEK)]
    monkeypatch.setattr(facts, "DEDUCTIONS", taken)
    states = [season_state(premier_league, E0, day) for day in (known, HALF, HALF + WEEK)]
    assert [state.points[0] - points for state, points in zip(states, plain, strict=True)] == [0, -10, -6]
    assert [state.deducted[0] for state in states] == [0, 10, 6]


def test_a_season_without_fixtures_is_named(premier_league):
    with pytest.raises(SeasonError, match="expected matches or fixtures of the season up to 14 days .*, found none"):
        season_state(premier_league, E0, FIRST - dt.timedelta(days=30))


def test_an_unknown_number_of_clubs_is_named(premier_league):
    some = premier_league.filter(~pl.any_horizontal(pl.col("home_id", "away_id") == "england.club-07"))
    with pytest.raises(SeasonError, match="E0 2023/24 on .*: expected 20 clubs by its rules, found 19"):
        season_state(some, E0, HALF)


def test_a_match_played_twice_is_named(premier_league):
    twice = premier_league.head(1).with_columns(match_date=pl.lit(FIRST + 3 * WEEK), match_id=pl.lit("again"))
    with pytest.raises(SeasonError, match=r"expected at most 2 matches of a pair .* their 2\. at this ground"):
        season_state(pl.concat([premier_league, twice]), E0, HALF)


def test_a_match_after_the_rounds_does_not_count(premier_league):
    end = premier_league["match_date"].max() + WEEK
    final = premier_league.head(1).with_columns(match_date=pl.lit(end), match_id=pl.lit("final"))
    with_it = season_state(pl.concat([premier_league, final]), E0, end + WEEK)
    assert np.array_equal(with_it.totals, season_state(premier_league, E0, end + WEEK).totals)


def test_clubs_of_a_match_to_stay_up_are_no_clubs_of_the_season(premier_league):
    end = premier_league["match_date"].max() + WEEK
    guest = premier_league.head(1).with_columns(match_date=pl.lit(end), away_id=pl.lit("england.guest"))
    state = season_state(pl.concat([premier_league, guest]), E0, end + WEEK)
    assert "england.guest" not in state.clubs and not len(state.left)


def test_the_results_of_a_club_that_was_expunged_do_not_count_and_it_is_last(premier_league, monkeypatch):
    gone = Withdrawal("E0", "2023/24", "england.club-00", HALF - WEEK, "expunged")
    monkeypatch.setattr(facts, "WITHDRAWALS", (gone,))
    state = season_state(premier_league, E0, HALF)
    assert state.totals[0].tolist() == [0] * 5
    assert state.played.tolist() == [0] + [18] * 19
    assert state.table()[0] == 20
    assert not (state.left[:, :2] == 0).any()


def test_the_matches_left_of_a_club_that_withdrew_are_lost(premier_league, monkeypatch):
    plain = season_state(premier_league, E0, HALF)
    gone = Withdrawal("E0", "2023/24", "england.club-00", HALF - WEEK, "kept")
    monkeypatch.setattr(facts, "WITHDRAWALS", (gone,))
    state = season_state(premier_league, E0, HALF)
    assert state.points[0] == plain.points[0]
    assert (state.points - plain.points)[1:].tolist() == [3] * 19
    assert state.totals[0, 1] == plain.totals[0, 1] - 3 * 19


def test_a_split_halves_the_points_and_parts_the_clubs():
    regular = rounds([0, 1, 2, 3], 2)
    matches = matches_of("B1", regular)
    state = season_state(matches, FOUR, FIRST + 6 * WEEK)
    assert state.is_split and not len(state.left)
    p, upper = state.totals[:, 0], state.group == 0
    assert state.points[upper].tolist() == [-(-points // 2) for points in p[upper]]
    assert state.points[~upper].tolist() == [points // 2 for points in p[~upper]]
    assert p[upper].min() >= p[~upper].max()
    assert state.fixtures.sum() == 4  # each pair at both grounds


def test_after_the_split_a_match_counts_for_its_group_alone():
    matches = matches_of("B1", rounds([0, 1, 2, 3], 2))
    before = season_state(matches, FOUR, FIRST + 6 * WEEK)
    one, other = (int(club) for club in np.flatnonzero(before.group == 0))
    low = int(np.flatnonzero(before.group == 1)[0])
    more = [[(int(before.clubs[one][-2:]), int(before.clubs[other][-2:])),
             (int(before.clubs[other][-2:]), int(before.clubs[low][-2:]))]]  # fmt: skip
    later = matches_of("B1", more, FIRST + 7 * WEEK)
    state = season_state(pl.concat([matches, later]), FOUR, FIRST + 8 * WEEK)
    assert state.played.tolist() == [6 + (club in (one, other)) for club in range(4)]
    assert state.points_after.sum() in (2, 3)
    assert state.fixtures[one, other] == 0 and state.fixtures[other, one] == 1


def test_scotlands_thirty_three_rounds_are_followed_by_halves():
    rules = rules_of(LEAGUE_RULES, "SC0", 2023)
    pairs = rounds(list(range(12)), 3)
    matches = matches_of("SC0", pairs)
    at_start = season_state(matches, rules, FIRST)
    assert len(at_start.left) == 198
    met = np.zeros((12, 12), np.int64)
    np.add.at(met, (at_start.left[:, 0], at_start.left[:, 1]), 1)
    assert set((met + met.T)[np.triu_indices(12, 1)].tolist()) == {3}
    at_split = season_state(matches, rules, FIRST + 33 * WEEK)
    assert sorted(at_split.group.tolist()) == [0] * 6 + [1] * 6
    assert (at_split.fixtures > 0).sum() == 30
