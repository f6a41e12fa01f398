import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from soccer_assets.errors import BlockedError, ShapeError
from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.faults import BLOCK_PAGE, ERROR_PAGE
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.openfootball import accept, parse, requests
from soccer_assets.sources.schema import OPENFOOTBALL_MATCHES, Parsed
from soccer_assets.sources.spec import Query

BASE = "https://s.test/football.json"
ADDRESS = f"{BASE}/2023-24/en.1.json"
SEEN = dt.datetime(2024, 5, 1, 6, tzinfo=dt.UTC)


def match(**changes: Any) -> dict[str, Any]:
    given = {
        "round": "Matchday 1",
        "date": "2023-08-11",
        "time": "20:00",
        "team1": "Ember FC",
        "team2": "Gale Town",
        "score": {"ht": [0, 2], "ft": [0, 3]},
    }
    return {name: value for name, value in (given | changes).items() if value is not ...}


def file(*matches: Any, name: str = "English Premier League 2023/24") -> bytes:
    return json.dumps({"name": name, "matches": list(matches)}).encode()


def read(*matches: Any, address: str = ADDRESS) -> Parsed:
    return parse([Answer(address, "a" * 64, SEEN, file(*matches))])


def row(*, address: str = ADDRESS, **changes: Any) -> dict[str, Any]:
    parsed = read(match(**changes), address=address)
    assert parsed.quarantined.is_empty()
    return parsed.records.row(0, named=True)


# What is asked for


def asked(code: str, first: str, last: str, today: str = "2024-05-01") -> list[tuple[str, bool]]:
    day = dt.date.fromisoformat
    query = Query(day(first), day(last), day(today), [LEAGUES[code]], BASE)
    return [(request.address.removeprefix(f"{BASE}/"), request.final) for request in requests(query)]


def test_an_autumn_league_has_a_file_per_season_final_when_long_over():
    assert asked("E0", "2022-12-01", "2024-05-10") == [("2022-23/en.1.json", True), ("2023-24/en.1.json", False)]


def test_the_season_before_is_asked_for_in_a_summer_that_may_have_run_late():
    assert [file for file, _ in asked("D1", "2023-08-20", "2023-08-27")] == ["2022-23/de.1.json", "2023-24/de.1.json"]


def test_coming_fixtures_are_in_the_file_of_the_coming_season():
    assert ("2024-25/en.1.json", False) in asked("E0", "2024-06-28", "2024-07-12", today="2024-06-28")


def test_a_league_of_calendar_years_has_files_of_either_style():
    assert asked("ARG", "2019-03-01", "2019-04-01") == [
        ("2019/ar.1.json", True), ("2018-19/ar.1.json", True), ("2019-20/ar.1.json", True),
    ]  # fmt: skip


def test_what_the_source_never_had_is_not_asked_for():
    assert asked("E0", "1999-08-01", "2010-12-01", "2010-12-01") == [("2010-11/en.1.json", False)]
    assert asked("NOR", "2020-01-01", "2024-01-01") == []


# What it says


def test_a_finished_match_with_its_provenance():
    assert row() == {name: None for name in OPENFOOTBALL_MATCHES.schema} | {
        "match_date": dt.date(2023, 8, 11),
        "_league": "E0",
        "_address": ADDRESS,
        "_payload_id": "a" * 64,
        "_record": 1,
        "_seen_at": SEEN,
        "kick_off_at": "2023-08-11T19:00:00Z",
        "status": "finished",
        "competition": "English Premier League",
        "country": "England",
        "season": "2023/24",
        "round": "Matchday 1",
        "home": "Ember FC",
        "away": "Gale Town",
        "home_goals": "0",
        "away_goals": "3",
        "home_goals_half_time": "0",
        "away_goals_half_time": "2",
        "home_goals_final": "0",
        "away_goals_final": "3",
    }


@pytest.mark.parametrize(
    ("given", "found", "unread"),
    [
        ({"round": 5}, "5", []),
        ({"round": "Matchday 5", "stage": "Regular Season"}, "Regular Season, Matchday 5", []),
        ({"round": [5]}, None, ["expected a text or a number below 1000 as round, found [5]"]),
        ({"round": True, "stage": "Cup"}, "Cup", ["expected a text or a number below 1000 as round, found True"]),
    ],
)
def test_a_round_is_a_text_or_a_number(given, found, unread):
    parsed = read(match(**given))
    assert parsed.records["round"].to_list() == [found]
    assert parsed.quarantined["reason"].to_list() == unread


def test_more_goals_at_half_time_than_in_the_match_cost_the_half_time():
    parsed = read(match(score={"ht": [2, 0], "ft": [1, 1]}))
    names = ("home_goals", "away_goals", "home_goals_half_time", "away_goals_half_time")
    assert parsed.records.select(names).rows() == [("1", "1", None, None)]
    assert parsed.quarantined["reason"].to_list() == [
        "expected at half time no more goals than in the match, found 2-0 of 1-1"
    ]


@pytest.mark.parametrize(
    ("given", "status", "goals", "half", "final"),
    [
        ({"score": ...}, "scheduled", None, None, None),
        ({"score": None}, "scheduled", None, None, None),
        ({"score": {}}, "scheduled", None, None, None),
        ({"score": []}, "scheduled", None, None, None),
        ({"score": {"ft": []}}, "scheduled", None, None, None),
        ({"score": {"ht": [], "ft": [None, None]}}, "scheduled", None, None, None),
        ({"score": {"ft": [2, 1]}}, "finished", ("2", "1"), None, ("2", "1")),
        ({"score": [2, 1]}, "finished", ("2", "1"), None, ("2", "1")),
        ({"score": None, "goals1": 2, "goals2": 1}, "finished", ("2", "1"), None, ("2", "1")),
        ({"score": None, "goals1": [], "goals2": []}, "scheduled", None, None, None),
        ({"score": {"ft": [1, 0]}, "goals1": [{"name": "A"}], "goals2": []}, "finished", ("1", "0"), None, ("1", "0")),
        ({"score": {"ht": [0, 1], "ft": [1, 1], "et": [2, 1]}}, "finished", ("1", "1"), ("0", "1"), ("2", "1")),
        ({"score": {"ft": [1, 1], "et": [1, 1], "p": [4, 3]}}, "finished", ("1", "1"), None, ("1", "1")),
        ({"score": {"ft": [0, 3]}, "status": "awarded"}, "awarded", ("0", "3"), None, ("0", "3")),
        ({"score": {}, "status": "cancelled"}, "void", None, None, None),
        ({"score": {}, "status": "Postponed"}, "postponed", None, None, None),
    ],
)
def test_scores_and_statuses_as_they_come(given, status, goals, half, final):
    found = row(**given)

    def pair(name: str) -> tuple[str, str] | None:
        both = found[f"home_{name}"], found[f"away_{name}"]
        return None if both == (None, None) else both

    assert (found["status"], pair("goals"), pair("goals_half_time"), pair("goals_final")) == (
        status,
        goals,
        half,
        final,
    )


@pytest.mark.parametrize(
    ("place", "time", "kick_off"),
    [
        ("2023-24/en.1.json", "15:00", "2023-08-11T14:00:00Z"),
        ("2023-24/de.1.json", "9:30", "2023-08-11T07:30:00Z"),
        ("2023/jp.1.json", "19:00", "2023-08-11T10:00:00Z"),
        ("2023/mls.json", "22:30", "2023-08-12T02:30:00Z"),
        ("2023-24/en.1.json", ..., None),
        ("2023-24/cz.1.json", "15:00", None),
    ],
)
def test_times_are_local_and_the_date_is_as_published(place, time, kick_off):
    found = row(address=f"{BASE}/{place}", time=time)
    assert (found["kick_off_at"], found["match_date"]) == (kick_off, dt.date(2023, 8, 11))


@pytest.mark.parametrize(
    ("place", "stage", "league"),
    [
        ("2022-23/en.2.json", "Playoffs", None),
        ("2023-24/en.2.json", "Semifinals", None),
        ("2011-12/it.2.json", "Aufstieg, Final", None),
        ("2023-24/be.1.json", "Championship Playoffs, Round 3", "B1"),
        ("2023-24/mx.1.json", "Clausura Playoffs, Final", "MEX"),  # the archives of the extra leagues hold them too
        ("2023-24/en.2.json", "Matchday 46", "E1"),
        ("2019-20/sco.1.json", "Play-offs, 1st leg", None),
        ("2019-20/sco.1.json", "Relegation Play-off", None),
        ("2019-20/be.1.json", "Playoff I, Matchday 3", "B1"),
    ],
)
def test_a_knock_out_match_after_the_season_is_not_of_the_league(place, stage, league):
    assert row(address=f"{BASE}/{place}", round=stage)["_league"] == league


def test_a_competition_that_is_none_of_ours_is_kept_without_a_league():
    found = row(address=f"{BASE}/2020/uefa.cl.json")
    assert (found["_league"], found["country"], found["season"]) == (None, None, "2020")


@pytest.mark.parametrize(
    ("given", "reason", "date"),
    [
        (
            {"team1": ...},
            "expected a match with date, team1 and team2, found another form (Object missing",
            None,
        ),
        (
            {"team2": ["Gale"]},
            "expected a match with date, team1 and team2, found another form (Exp",
            None,
        ),
        ({"date": "Aug 11"}, "expected a date YYYY-MM-DD, found 'Aug 11'", None),
        ({"team1": " "}, "expected two sides, found '' and 'Gale Town'", "2023-08-11"),
        ({"team1": "N.N.", "team2": "N.N."}, "expected two sides, found 'N.N.' and 'N.N.'", "2023-08-11"),
        (
            {"status": "moved"},
            "expected one of awarded, awd, walkover, wo, cancelled",
            "2023-08-11",
        ),
        ({"score": {"ft": ["2", "1"]}}, "expected two whole numbers as score (ft), found ['2', '1']", "2023-08-11"),
        ({"score": {"ft": [2]}}, "expected two whole numbers as score (ft), found [2]", "2023-08-11"),
        ({"score": {"ft": [-1, 0]}}, "expected two whole numbers as score (ft), found [-1, 0]", "2023-08-11"),
    ],
)
def test_a_record_that_cannot_be_read_is_kept_with_the_reason(given, reason, date):
    parsed = read(match(), match(**given), match(team1="Hale"))
    assert parsed.records["_record"].to_list() == [1, 3]
    bad = parsed.quarantined.row(0, named=True)
    assert bad["reason"].startswith(reason)
    assert (bad["origin"], bad["payload_id"], bad["line"]) == (ADDRESS, "a" * 64, 2)
    assert bad["match_date"] == (dt.date.fromisoformat(date) if date else None)
    assert json.loads(bad["record"]) == match(**given)


def test_nothing_gives_a_table_without_rows():
    parsed = parse([])
    assert_frame_equal(parsed.records, OPENFOOTBALL_MATCHES.empty())
    assert parsed.quarantined.is_empty()


# What may replace the last good file


SEASON = file(*(match(date=f"2023-08-{day}") for day in range(10, 20)))


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (ERROR_PAGE, ShapeError, "expected JSON, found an HTML page that starts"),
        (BLOCK_PAGE, BlockedError, "expected data, found the page of a bot wall"),
        (SEASON[: len(SEASON) // 2], ShapeError, 'expected JSON with name and matches, found b\'{"name"'),
        (b"[]", ShapeError, "expected JSON with name and matches, found b'[]'"),
        (SEASON.replace(b"matches", b"games"), ShapeError, "expected JSON with name and matches"),
        (SEASON.replace(b"team1", b"home"), ShapeError, "expected a match with date, team1 and team2, found another"),
        (file(*[match()] * 4), ShapeError, "expected at least 50% of the 10 matches of the last good file, found 4"),
    ],
)
def test_what_is_no_such_file_is_refused(body, kind, message):
    with pytest.raises(kind) as raised:
        accept(ADDRESS, body, SEASON)
    assert str(raised.value).startswith(f"{ADDRESS}: {message}")


@pytest.mark.parametrize(
    ("body", "before"),
    [
        (SEASON, SEASON),
        (file(*(match(date=f"2023-08-{day}") for day in range(10, 17))), SEASON),
        (file(match(), match(team1=...)), None),
    ],
)
def test_a_file_with_a_few_results_less_and_some_bad_records_are_taken(body, before):
    accept(ADDRESS, body, before)


def test_a_season_that_has_just_appeared_may_be_empty():
    accept(ADDRESS, file(), None)
    assert read().records.is_empty()


def test_reading_the_same_twice_gives_the_same():
    first, second = (read(match(), match(time=...)) for _ in range(2))
    assert_frame_equal(first.records, second.records)
    assert first.records.select(pl.struct("_payload_id", "_record").is_unique().all()).item()
