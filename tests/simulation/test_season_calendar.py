import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.season_calendar import (
    current_season,
    double_round_robin,
    finished_season,
    fixture_list,
)

DAYS = st.dates(dt.date(2010, 1, 1), dt.date(2040, 12, 31))
CLUBS = st.sampled_from(range(4, 25, 2))


@pytest.mark.parametrize(
    ("league", "today", "start", "first", "last", "anchor"),
    [
        # the year has room on both sides: half way through a season of 38 weeks
        ("E0", dt.date(2026, 1, 1), 2025, dt.date(2025, 8, 23), dt.date(2026, 5, 9), dt.date(2026, 1, 3)),
        # the year began a few weeks ago: a shorter season from its first Saturday on
        ("E0", dt.date(2026, 9, 1), 2026, dt.date(2026, 7, 4), dt.date(2026, 12, 12), dt.date(2026, 9, 5)),
        # its first weekend is the next one
        ("E0", dt.date(2026, 7, 1), 2026, dt.date(2026, 7, 4), dt.date(2026, 12, 12), dt.date(2026, 7, 4)),
        ("NOR", dt.date(2026, 1, 1), 2026, dt.date(2026, 1, 3), dt.date(2026, 6, 13), dt.date(2026, 1, 3)),
        # the year ends soon: it ends the season
        ("E0", dt.date(2026, 6, 15), 2025, dt.date(2026, 1, 17), dt.date(2026, 6, 27), dt.date(2026, 6, 20)),
        (
            "NOR",
            dt.date(2026, 11, 21),
            2026,
            dt.date(2026, 7, 18),
            dt.date(2026, 12, 26),
            dt.date(2026, 11, 28),
        ),
        # the last Saturday of June, and then the first of July
        ("E0", dt.date(2018, 6, 29), 2017, dt.date(2018, 1, 20), dt.date(2018, 6, 30), dt.date(2018, 6, 30)),
        ("E0", dt.date(2028, 6, 29), 2028, dt.date(2028, 7, 1), dt.date(2028, 12, 9), dt.date(2028, 7, 1)),
    ],
)
def test_the_current_season_is_placed_around_the_next_saturday(league, today, start, first, last, anchor):
    season = current_season(league, today, rounds=30)
    assert season.start == start
    assert season.first == first
    assert season.first + dt.timedelta(weeks=season.weeks - 1) == last
    assert season.first + dt.timedelta(weeks=season.anchor) == anchor


@pytest.mark.parametrize(
    ("league", "first", "weeks"),
    [("E0", dt.date(2023, 8, 12), 38), ("SP1", dt.date(2023, 8, 12), 38), ("NOR", dt.date(2023, 3, 4), 38)],
)
def test_a_finished_season_lies_where_it_does_in_life(league, first, weeks):
    season = finished_season(league, 2023, rounds=30)
    assert (season.first, season.weeks) == (first, weeks)


@given(today=DAYS, league=st.sampled_from(["E0", "NOR"]), clubs=CLUBS, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_every_match_lies_in_its_seasons_own_year_and_the_next_weekend_has_a_round(today, league, clubs, seed):
    season = current_season(league, today, 2 * (clubs - 1))
    fixtures = fixture_list(league, season, clubs, np.random.default_rng(seed))
    days = [dt.date.fromordinal(day) for day in fixtures.day.tolist()]
    assert {LEAGUES[league].season_start(day) for day in days} == {season.start}
    saturday = season.first + dt.timedelta(weeks=season.anchor)
    assert 1 <= (saturday - today).days <= 7
    assert sum(saturday <= day <= saturday + dt.timedelta(days=1) for day in days) == clubs // 2


@given(clubs=CLUBS, seed=st.integers(0, 99), league=st.sampled_from(["E0", "E1", "SP1", "NOR"]))
@settings(max_examples=40, deadline=None)
def test_clubs_meet_home_and_away_and_rest_three_days(clubs, seed, league):
    season = finished_season(league, 2023, 2 * (clubs - 1))
    fixtures = fixture_list(league, season, clubs, np.random.default_rng(seed))
    pairs = list(zip(fixtures.home.tolist(), fixtures.away.tolist(), strict=True))
    assert sorted(pairs) == [(home, away) for home in range(clubs) for away in range(clubs) if home != away]
    for club in range(clubs):
        days = np.sort(fixtures.day[(fixtures.home == club) | (fixtures.away == club)])
        assert len(days) == 2 * (clubs - 1)
        assert np.diff(days).min() >= 3


def test_most_matches_are_at_weekends_and_the_rest_on_tuesday_and_wednesday():
    season = finished_season("E0", 2023, 38)
    fixtures = fixture_list("E0", season, 20, np.random.default_rng(0))
    weekdays = np.bincount([dt.date.fromordinal(day).weekday() for day in fixtures.day.tolist()], minlength=7)
    assert weekdays[[5, 6]].sum() == 310  # 31 of 38 rounds
    assert weekdays[[1, 2]].sum() == 70
    assert weekdays[[0, 3, 4]].sum() == 0


def test_the_last_round_kicks_off_at_one_moment():
    season = finished_season("E0", 2023, 30)
    fixtures = fixture_list("E0", season, 16, np.random.default_rng(3))
    last = fixtures.day == fixtures.day.max()
    assert last.sum() == 8
    assert set(fixtures.minute[last].tolist()) == {15 * 60}


def test_four_clubs_play_six_rounds_of_two():
    rounds = double_round_robin(4)
    assert rounds.shape == (6, 2, 2)
    assert all(sorted(matches.ravel().tolist()) == [0, 1, 2, 3] for matches in rounds)
