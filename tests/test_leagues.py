import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.leagues import EXTRA_LEAGUES, LEAGUES, season_label, seasons_between


def test_the_leagues_are_those_of_the_site():
    main = {code for code, league in LEAGUES.items() if not league.extra}
    assert main >= set(
        [
            "E0",
            "E1",
            "E2",
            "E3",
            "EC",
            "SC0",
            "SC1",
            "SC2",
            "SC3",
            "D1",
            "D2",
            "I1",
            "I2",
            "SP1",
            "SP2",
            "F1",
            "F2",
            "N1",
            "B1",
            "P1",
            "T1",
            "G1",
        ]
    )
    extra = {code for code, league in LEAGUES.items() if league.extra}
    assert extra >= set(
        ["ARG", "AUT", "BRA", "CHN", "DNK", "FIN", "IRL", "JPN", "MEX", "NOR", "POL", "ROU", "RUS", "SWE", "SWZ", "USA"]
    )
    assert EXTRA_LEAGUES["switzerland", "super league"].code == "SWZ"
    assert EXTRA_LEAGUES["argentina", "copa de la liga profesional"].code == "ARG"
    assert {league.code: league.tier for league in LEAGUES.values() if league.country == "England"} == {
        "E0": 1, "E1": 2, "E2": 3, "E3": 4, "EC": 5,
    }  # fmt: skip


def test_every_time_zone_exists():
    assert all(league.zone.key == league.time_zone for league in LEAGUES.values())


@pytest.mark.parametrize(
    ("code", "date", "start"),
    [
        ("E0", dt.date(2024, 6, 30), 2023),
        ("E0", dt.date(2024, 7, 1), 2024),
        ("E0", dt.date(2024, 1, 1), 2023),
        ("NOR", dt.date(2024, 1, 1), 2024),
        ("NOR", dt.date(2024, 12, 31), 2024),
        ("AUT", dt.date(2024, 5, 1), 2023),
    ],
)
def test_a_season_begins_in_july_or_with_the_year(code, date, start):
    assert LEAGUES[code].season_start(date) == start


@pytest.mark.parametrize(
    ("code", "start", "label"),
    [("E0", 2023, "2023/24"), ("E0", 1999, "1999/00"), ("E0", 2008, "2008/09"), ("USA", 2023, "2023")],
)
def test_a_season_is_labelled_as_people_write_it(code, start, label):
    assert season_label(LEAGUES[code], start) == label


@pytest.mark.parametrize(
    ("first", "last", "starts"),
    [
        (dt.date(2023, 9, 1), dt.date(2024, 6, 30), [2023]),
        (dt.date(2023, 9, 1), dt.date(2024, 7, 1), [2023, 2024]),
        (dt.date(2024, 1, 6), dt.date(2024, 1, 6), [2023]),
        # a summer season may run late, as that of 2019/20 did
        (dt.date(2020, 7, 1), dt.date(2020, 7, 2), [2019, 2020]),
        (dt.date(2020, 8, 31), dt.date(2020, 8, 31), [2019, 2020]),
        (dt.date(2020, 6, 30), dt.date(2020, 6, 30), [2019]),
    ],
)
def test_the_seasons_of_a_range_are_those_that_may_have_a_match_in_it(first, last, starts):
    assert seasons_between(LEAGUES["E0"], first, last) == starts


@settings(max_examples=50, deadline=None)
@given(st.dates(dt.date(1993, 7, 1), dt.date(2030, 1, 1)), st.integers(0, 800))
def test_the_seasons_of_both_ends_of_a_range_are_among_its_seasons(first, days):
    league, last = LEAGUES["E0"], first + dt.timedelta(days)
    starts = seasons_between(league, first, last)
    assert {league.season_start(first), league.season_start(last)} <= set(starts)
    assert starts == sorted(set(starts))
