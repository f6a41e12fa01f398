"""Runs of several nights: what a source said before, says again or no longer says makes no other match of one."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest

from tests.cases.conftest import Mirror
from tests.cases.test_one_match_one_day import archive, season

GAMES = season(dt.date(2025, 8, 16))
PLAYED, ROUND = GAMES[:24], GAMES[24:28]
SATURDAY, DAY = ROUND[0][0], dt.timedelta(1)
MONDAY = SATURDAY + 2 * DAY
ARCHIVE, LIST = "mmz4281/2526/E0.csv", "fixtures.csv"
Fixture = Sequence[Any]


def coming(fixtures: Sequence[Fixture], league: str = "E0") -> str:
    rows = [f"{league},{day:%d/%m/%Y},15:00,{home},{away}" for day, home, away, *_ in fixtures]
    return "\n".join(["Div,Date,Time,HomeTeam,AwayTeam", *rows]) + "\n"


def spelled(fixtures: Sequence[Fixture], names: dict[str, str]) -> list[Fixture]:
    return [(day, *(names.get(name, name) for name in sides)) for day, *sides in (game[:3] for game in fixtures)]


@pytest.fixture
def world(mirror: Callable[..., Mirror]) -> Mirror:
    """Six rounds are played, and the seventh is listed five days before it."""
    made = mirror("2025-08-01", "2026-06-30")
    made.publish("football_data", ARCHIVE, archive(PLAYED))
    made.publish("football_data", LIST, coming(ROUND))
    made.night(SATURDAY - 5 * DAY, back=60)
    return made


def round_of(made: Mirror) -> dict[tuple[str, str], list[tuple[dt.date, str]]]:
    """Date and status of each match of the round, by the ids of its clubs."""
    rows = made.matches().rows.filter(pl.col("match_date") >= SATURDAY - DAY).sort("match_date")
    matches: dict[tuple[str, str], list[tuple[dt.date, str]]] = {}
    for home, away, *match in rows.select("home_id", "away_id", "match_date", "status").iter_rows():
        matches.setdefault((home.removeprefix("england."), away.removeprefix("england.")), []).append(tuple(match))
    return matches


def clubs(game: Fixture) -> tuple[str, str]:
    return game[1].lower(), game[2].lower()


# Lists of fixtures


@pytest.mark.parametrize(
    "following", [coming(ROUND[1:]), coming([(SATURDAY, "Bayern Munich", "Mainz")], "D1")], ids=["a match", "a league"]
)
def test_what_left_the_list_before_its_day_stays_postponed_while_the_list_stays_the_same(world, following):
    world.publish("football_data", LIST, following)
    for days in (1, 0, -1):  # two nights later the same file is seen after the day of the match
        nights = round_of(world.night(SATURDAY - days * DAY))
        assert nights[clubs(ROUND[0])] == [(SATURDAY, "postponed")]


def test_what_left_the_list_after_its_day_waits_for_its_result(world):
    for today in (SATURDAY - DAY, SATURDAY, MONDAY):
        if today == MONDAY:
            world.publish("football_data", LIST, coming(GAMES[28:32]))
        assert round_of(world.night(today))[clubs(ROUND[0])] == [(SATURDAY, "scheduled")]


def test_a_file_that_comes_back_counts_from_its_second_coming(world):
    first, second = coming(ROUND), coming([(SATURDAY + DAY, *ROUND[0][1:3]), *ROUND[1:]])
    for today, fixtures in ((SATURDAY - 3 * DAY, second), (SATURDAY - 2 * DAY, first)):
        world.publish("football_data", LIST, fixtures)
        nights = round_of(world.night(today))
    assert nights[clubs(ROUND[0])] == [(SATURDAY, "scheduled"), (SATURDAY + DAY, "postponed")]


def test_what_was_fetched_by_a_clock_that_was_ahead_hides_no_result(world):
    world.night(SATURDAY + 40 * DAY, back=60)
    world.publish("football_data", ARCHIVE, archive(GAMES[:28]))
    world.publish("football_data", LIST, coming(GAMES[28:32]))
    night = world.night(MONDAY)
    assert [round_of(night)[clubs(game)] for game in ROUND] == [[(SATURDAY, "finished")]] * 4
    listed = night.matches().rows.filter(status="scheduled")
    assert set(listed.select("home", "away").rows()) == {game[1:3] for game in GAMES[28:32]}


def test_a_list_without_any_match_postpones_none_that_is_to_come(world):
    world.publish("football_data", LIST, coming([]))
    on_friday = world.night(SATURDAY - DAY)
    assert (
        f"expected the matches to come of the last good file, found none of 4, such as on {SATURDAY:%d/%m/%Y}"
        in on_friday.acquired["football_data_fixtures"].problem
    )
    assert [match for [match] in round_of(on_friday).values()] == [(SATURDAY, "scheduled")] * 4
    on_monday = world.night(MONDAY)  # now there is nothing left to come
    assert on_monday.acquired["football_data_fixtures"].problem == ""
    assert [match for [match] in round_of(on_monday).values()] == [(SATURDAY, "scheduled")] * 4


NAMES = [
    {"Arsenal": "Arsenl"},
    {"Arsenal": "Arsenl", "Fulham": "Fulhm"},
    {name: f"{name} FC" for game in ROUND for name in game[1:3]},
]


@pytest.mark.parametrize("names", NAMES, ids=["a name", "both names", "all names"])
@pytest.mark.parametrize("late", [0, 1])
def test_a_list_that_spells_names_in_its_own_way_is_about_the_matches_of_the_archive(world, names, late):
    world.publish("football_data", LIST, coming(spelled(ROUND, names)))
    before = round_of(world.night(SATURDAY - DAY))
    assert before == {clubs(game): [(SATURDAY, "scheduled")] for game in ROUND}
    (_, *first), *others = ROUND
    played = [(SATURDAY + late * DAY, *first), *others]
    world.publish("football_data", ARCHIVE, archive([*PLAYED, *played]))
    after = round_of(world.night(MONDAY))
    left = [(SATURDAY, "postponed")] * late
    assert after == {clubs(game): [*(left if game is played[0] else []), (game[0], "finished")] for game in played}


@pytest.mark.parametrize("names", NAMES[:2], ids=["a name", "both names"])
def test_a_name_that_is_corrected_in_the_list_is_of_the_same_match(world, names):
    world.publish("football_data", LIST, coming(spelled(ROUND, names)))
    world.night(SATURDAY - 3 * DAY)
    world.publish("football_data", LIST, coming(ROUND))
    for days in (2, 1, 0):
        made = world.night(SATURDAY - days * DAY)
        assert round_of(made) == {clubs(game): [(SATURDAY, "scheduled")] for game in ROUND}
        assert made.matches().quarantined.is_empty()


def test_two_clubs_of_like_names_that_play_on_one_day_stay_two(mirror):
    clubs = ("Sheffield United", "Man United", "Leeds", "Burnley", "Everton", "Wolves", "Man City", "Sheffield Weds")
    games = season(dt.date(2025, 8, 16), clubs)[:4]
    made = mirror("2025-08-01", "2026-06-30")
    made.publish("football_data", ARCHIVE, archive([game for game in games if "Man City" not in game]))
    made.publish("football_data", LIST, coming([game for game in games if "Man City" in game]))
    rows = made.night(games[0][0] + DAY, back=60).matches().rows
    assert sorted(rows.select("home", "away").rows()) == sorted(game[1:3] for game in games)


@pytest.mark.parametrize("name", ["Leeds United", "Leeds Utd"])
def test_a_name_that_changes_in_the_archive_is_of_the_club_that_was_listed(world, name):
    world.night(SATURDAY - DAY)
    results = [*PLAYED, *ROUND]
    renamed = [(*fixture, *game[3:]) for fixture, game in zip(spelled(results, {"Leeds": name}), results, strict=True)]
    world.publish("football_data", ARCHIVE, archive(renamed))
    on_monday = world.night(MONDAY)
    assert round_of(on_monday) == {clubs(game): [(SATURDAY, "finished")] for game in ROUND}
    assert on_monday.matches().quarantined.is_empty()


@pytest.mark.parametrize("also", [ROUND, ROUND[1:]], ids=["beside its own", "in place of it"])
def test_a_fixture_listed_under_another_league_of_the_country_is_none_of_that_league(mirror, also):
    made = mirror("2025-08-01", "2026-06-30", "E0,E1")
    made.publish("football_data", ARCHIVE, archive(PLAYED))
    made.publish("football_data", LIST, coming(ROUND[:1], "E1") + coming(also).split("\n", 1)[1])
    today = made.night(SATURDAY - 5 * DAY, back=60)
    assert round_of(today) == {clubs(game): [(SATURDAY, "scheduled")] for game in also}
    matches = today.matches()
    assert matches.rows["league"].unique().to_list() == ["E0"]
    assert matches.quarantined["reason"].to_list() == ["expected a fixture of E0, whose clubs these are, found E1"]


# Zones


EVENINGS = [  # kick-off in UTC, the day of the league: the clocks of New York change on 9 March and 2 November 2025
    ("USA", 85, "2025-03-02T00:30:00Z", "2025-03-01"),
    ("USA", 85, "2025-03-09T04:59:00Z", "2025-03-08"),
    ("USA", 85, "2025-03-10T03:59:00Z", "2025-03-09"),
    ("USA", 85, "2025-11-03T04:59:00Z", "2025-11-02"),
    ("ARG", 68, "2025-03-02T00:30:00Z", "2025-03-01"),
    ("MEX", 103, "2025-03-02T03:06:00Z", "2025-03-01"),
    ("JPN", 150, "2025-03-01T10:00:00Z", "2025-03-01"),
    ("CHN", 162, "2025-03-01T11:35:00Z", "2025-03-01"),
    ("SP1", 4, "2025-03-01T23:05:00Z", "2025-03-02"),  # begun after midnight
    ("E0", 2, "2025-03-29T23:30:00Z", "2025-03-29"),
    ("E0", 2, "2025-03-30T23:30:00Z", "2025-03-31"),
    ("E0", 2, "2025-10-25T23:30:00Z", "2025-10-26"),
    ("E0", 2, "2025-10-26T23:30:00Z", "2025-10-26"),
]


@pytest.mark.parametrize(("league", "tournament", "kick_off", "day"), EVENINGS)
def test_a_run_of_the_day_of_a_league_alone_has_what_begins_on_another_day_of_utc(
    mirror, league, tournament, kick_off, day
):
    match = {"id": 7, "status": 6, "elapsed": "FT", "startTimeUtc": kick_off, "homeName": "Alba", "awayName": "Borea",
             "homeId": 1, "awayId": 2, "homeScore": 2, "awayScore": 1}  # fmt: skip
    stage = {"tournamentId": tournament, "tournamentName": "A league", "stageName": "A league", "sex": 1}
    made = mirror(day, day, league)
    # a file has no query: the feed of every day that is asked for is this one
    made.publish("whoscored", "livescores/data", json.dumps({"tournaments": [stage | {"matches": [match]}]}))
    made.acquire("whoscored_matches")
    [row] = made.matches().rows.to_dicts()
    assert (str(row["match_date"]), row["home_goals"]) == (day, 2)


@pytest.mark.parametrize("day", [SATURDAY, SATURDAY - 2 * DAY], ids=["to come", "before the night"])
def test_goals_in_a_list_of_fixtures_are_told_and_make_no_result(mirror, day):
    made = mirror("2025-08-01", "2026-06-30")
    made.publish("football_data", ARCHIVE, archive(PLAYED))
    listed = [(day, *game[1:3]) for game in ROUND]
    lines = coming(listed).splitlines()
    made.publish(
        "football_data", LIST, "\n".join([f"{lines[0]},FTHG,FTAG", *(f"{line},2,1" for line in lines[1:]), ""])
    )
    night = made.night(SATURDAY - DAY, back=60)
    matches = night.matches()
    fixtures = matches.rows.filter(match_date=day).select("status", "home_goals", "away_goals")
    assert fixtures.rows() == [("scheduled", None, None)] * 4
    assert matches.quarantined["reason"].to_list() == ["expected no goals in a list of fixtures, found 2-1"] * 4
