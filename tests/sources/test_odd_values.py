"""What the fuzz found, by name: an odd number, text, type or nesting costs its cell or its record and nothing else."""

import datetime as dt
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from soccer_assets.errors import ShapeError
from soccer_assets.sources import openfootball, understat
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.fonbet import events as fonbet
from soccer_assets.sources.fonbet import results as fonbet_results
from soccer_assets.sources.football_data import files as football_data
from soccer_assets.sources.schema import Parsed
from soccer_assets.sources.whoscored import feeds as whoscored

NOW = dt.datetime(2024, 7, 1, tzinfo=dt.UTC)
SCORE = '{"ht": [0, 0], "ft": [2, 1]}'
GOOD = f'{{"round": "1", "date": "2023-08-11", "team1": "Alba", "team2": "Borea", "score": {SCORE}}}'
PLACES = {
    openfootball: "https://site/2023-24/en.1.json",
    understat: "https://site/getLeagueData/EPL/2023",
    whoscored: "https://site/livescores/data?d=20230826",
    fonbet: "https://line/events/list",
    fonbet_results: "https://line/results/2024-03-09.csv",
    football_data: "https://site/mmz4281/2324/E0.csv",
}


def read(source: Any, body: bytes | str) -> Parsed:
    """What a body yields that is accepted."""
    raw = body.encode() if isinstance(body, str) else body
    accept = source.accept_archive if source is football_data else source.accept
    accept(PLACES[source], raw, None)
    return source.parse([Answer(PLACES[source], "f" * 64, NOW, raw)])


def of(source: Any, body: bytes | str) -> tuple[list[dict[str, Any]], list[str]]:
    """Records and the reasons in quarantine."""
    parsed = read(source, body)
    return parsed.records.to_dicts(), parsed.quarantined["reason"].to_list()


# openfootball


def season(*matches: str) -> str:
    return f'{{"name": "League", "matches": [{", ".join(matches)}]}}'


@pytest.mark.parametrize(
    "odd",
    ["1e400", "NaN", "-Infinity", "1" * 5000, "[" * 100_000 + "]" * 100_000, '"\\ud800"', "true", '"１"', '"1-0"'],
)
def test_an_odd_half_time_costs_itself_or_its_record_and_no_neighbour(odd: str) -> None:
    odd_match = GOOD.replace('"ht": [0, 0]', f'"ht": [{odd}, 0]').replace("Alba", "Cora")
    if odd.startswith("[["):  # nobody reads a file nested so deeply
        with pytest.raises(ShapeError, match="expected JSON with name and matches"):
            read(openfootball, season(GOOD, odd_match))
        return
    records, reasons = of(openfootball, season(GOOD, odd_match))
    figures = [(row["home"], row["home_goals"], row["home_goals_half_time"]) for row in records]
    assert figures == [("Alba", "2", "0"), ("Cora", "2", None)]
    assert len(reasons) == 1 and reasons[0].startswith("expected ")


@pytest.mark.parametrize(
    ("time", "kick_off"),
    [
        ("20:00 UTC-3:30", "2023-08-11T23:30:00Z"),
        ("20:00 UTC+5:30", "2023-08-11T14:30:00Z"),
        ("20:00 UTC+14", "2023-08-11T06:00:00Z"),
        ("20:00 UTC+99", None),
        ("20:00 UTC-99:99", None),
        ("24:00", None),
        ("25:61", None),
        ("２０:00", "2023-08-11T19:00:00Z"),
    ],
)
def test_a_zone_is_read_with_its_minutes_and_one_that_is_none_costs_the_time(time: str, kick_off: str | None) -> None:
    records, reasons = of(openfootball, season(GOOD, GOOD.replace('"round"', f'"time": "{time}", "round"')))
    assert [row["kick_off_at"] for row in records] == [None, kick_off] and len(records) == 2
    assert len(reasons) == (kick_off is None)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Al\\u202eba", "expected a name without control characters, found 'Al\\u202eba'"),
        ("Al\\u0000ba", "expected a name without control characters, found 'Al\\x00ba'"),
        ("Al\\ud800ba", "expected a name without control characters, found 'Al\\uffffba'"),
        ("x" * 101, "expected a name of at most 100 characters, found 101: "),
    ],
)
def test_a_name_that_nobody_could_look_up_is_refused_and_its_neighbour_kept(name: str, reason: str) -> None:
    records, reasons = of(openfootball, season(GOOD, GOOD.replace("Alba", name)))
    assert [row["home"] for row in records] == ["Alba"]
    assert len(reasons) == 1 and reasons[0].startswith(reason)


@pytest.mark.parametrize(("stage", "kept"), [("Round\\u202e 1", None), ("x" * 301, None), ("x" * 300, "x" * 300)])
def test_a_text_with_control_characters_or_of_pages_costs_its_cell(stage: str, kept: str | None) -> None:
    records, reasons = of(openfootball, season(GOOD, GOOD.replace('"round": "1"', f'"round": "{stage}"')))
    assert [row["round"] for row in records] == ["1", kept]
    assert all(reason.startswith("expected a text of at most 300 characters without control") for reason in reasons)
    assert len(reasons) == (kept is None)


def test_the_last_of_a_key_given_twice_counts() -> None:
    records, _ = of(openfootball, season(GOOD.replace('"score"', '"score": {"ft": [9, 9]}, "score"')))
    assert (records[0]["home_goals"], records[0]["away_goals"]) == ("2", "1")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_json_is_read_in_any_of_its_encodings(encoding: str) -> None:
    records, reasons = of(openfootball, season(GOOD).encode(encoding))
    assert [row["home"] for row in records] == ["Alba"] and not reasons


@pytest.mark.parametrize("pack", [gzip.compress, lambda body: body[:40], lambda body: b"\0" + body, lambda body: b""])
def test_what_is_no_json_is_refused_by_name(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ShapeError, match="expected JSON with name and matches, found b'"):
        read(openfootball, pack(season(GOOD).encode()))


# Understat


@pytest.mark.parametrize("xg", ["1e400", "NaN", "-1", '"25.3"', '"inf"', '"１"', '"1.' + "1" * 40 + '"'])
def test_odd_expected_goals_cost_their_cell(xg: str) -> None:
    match = {"id": "1", "isResult": True, "h": {"id": "1", "title": "Alba"}, "a": {"id": "2", "title": "Borea"},
             "goals": {"h": "2", "a": "1"}, "xG": {"h": "@", "a": "0.8"}, "datetime": "2023-08-26 14:00:00"}  # fmt: skip
    records, reasons = of(understat, '{"dates": [' + json.dumps(match).replace('"@"', xg) + "]}")
    assert [(row["home_xg"], row["away_xg"], row["home_goals"]) for row in records] == [(None, "0.8", "2")]
    assert len(reasons) == 1 and reasons[0].startswith("expected a number from 0 to 20 as home_xg, found ")


def test_a_number_of_another_kind_costs_the_id_of_the_side() -> None:
    match = {"id": 1, "isResult": False, "h": {"id": "１", "title": "Alba"}, "a": {"id": -2, "title": "Borea"},
             "goals": None, "xG": None, "datetime": "2023-08-26 14:00:00"}  # fmt: skip
    records, reasons = of(understat, json.dumps({"dates": [match]}))
    assert [(row["understat_id"], row["home_source_id"], row["away_source_id"]) for row in records] == [
        ("1", None, None)
    ]
    assert reasons == [
        "expected a number of at most 20 digits as home_source_id, found １; "
        "expected a number of at most 20 digits as away_source_id, found -2"
    ]


# WhoScored


def feed(**changes: Any) -> str:
    match = {"id": 7, "startTimeUtc": "2023-08-26T14:00:00Z", "status": 6, "elapsed": "FT", "homeScore": 2, "awayScore": 1,
             "homeName": "Alba", "awayName": "Borea"}  # fmt: skip
    tournament = {"tournamentId": 2, "tournamentName": "Premier League", "regionCode": "gb-eng", "sex": 1}
    other = match | {"id": 8, "homeName": "Cora"}
    of_tournament = {name: value for name, value in changes.items() if name in tournament}
    of_match = {name: value for name, value in changes.items() if name not in tournament}
    return json.dumps({"tournaments": [tournament | of_tournament | {"matches": [match | of_match, other]}]})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"homeName": ["Alba"]}, "expected the name of the home side, found ['Alba']"),
        ({"homeName": {"name": "Alba"}}, "expected the name of the home side, found {'name': 'Alba'}"),
        ({"awayName": 7}, "expected the name of the away side, found 7"),
        ({"id": "٣"}, "expected a number as match id, found '٣'"),
        ({"id": "7" * 21}, f"expected a number as match id, found '{'7' * 21}'"),
        ({"status": True, "elapsed": None}, "expected a known status, found None (code True)"),
        ({"startTimeUtc": "2023-13-26T14:00:00Z"}, "expected a date, found 2023-13-26T14:00:00Z"),
        ({"startTimeUtc": "2023-08-26T14:00:00+02:00"}, "expected a date, found 2023-08-26T14:00:00+02:00"),
        ({"startTimeUtc": "9999-12-31T23:59:59Z"}, "expected a date from 1850 to 2100, found 9999-12-31"),
    ],
)
def test_a_record_of_other_types_is_refused_and_its_neighbour_kept(changes: dict[str, Any], reason: str) -> None:
    records, reasons = of(whoscored, feed(**changes))
    assert [row["home"] for row in records] == ["Cora"] and reasons == [reason]


@pytest.mark.parametrize("time", ["24:00:00", "25:61:99", "14:60:00"])
def test_a_time_that_is_none_costs_the_kick_off(time: str) -> None:
    records, reasons = of(whoscored, feed(startTimeUtc=f"2023-08-26T{time}Z"))
    assert [(row["match_date"], row["kick_off_at"]) for row in records] == [
        (dt.date(2023, 8, 26), None), (dt.date(2023, 8, 26), "2023-08-26T14:00:00Z"),
    ]  # fmt: skip
    assert reasons == [f"expected a time of day HH:MM:SS as startTimeUtc, found {time}"]


@pytest.mark.parametrize("odd", [{"a": 1}, ["x"], True])
def test_a_text_of_another_type_costs_its_cell(odd: Any) -> None:
    records, reasons = of(whoscored, feed(tournamentName=odd))
    assert [(row["home"], row["competition"], row["_league"]) for row in records] == [
        ("Alba", None, "E0"),
        ("Cora", None, "E0"),
    ]
    assert reasons == [f"expected a text as competition, found {odd!r}"] * 2


@pytest.mark.parametrize("score", ["1-0", "１", "²", -1, 1e308, "1" * 5000, [2], True])
def test_a_score_of_another_form_costs_its_cell(score: Any) -> None:
    records, reasons = of(whoscored, feed(homeScore=score))
    assert [(row["home_goals"], row["away_goals"]) for row in records] == [(None, "1"), ("2", "1")]
    assert len(reasons) == 1 and reasons[0].startswith("expected a whole number from 0 to 99 as home_goals, found ")


# Fonbet


def packet(*names: str, **factor: Any) -> str:
    events = [
        {
            "id": n,
            "sportId": 11,
            "level": 1,
            "place": "line",
            "startTime": 1_710_000_000,
            "team1": name,
            "team2": "Борея",
        }
        for n, name in enumerate(names)
    ]
    sports = [{"id": 1, "name": "Футбол"}, {"id": 11, "parentId": 1, "name": "Англия. Премьер-Лига"}]
    factors = [{"e": 0, "f": 927, "v": 1.9, "p": -100} | factor, {"e": 0, "f": 921, "v": 1.5}]
    return json.dumps({"packetVersion": 1, "sports": sports, "events": events, "customFactors": factors})


def test_a_line_beyond_any_number_costs_its_price() -> None:
    records, reasons = of(fonbet, packet("Альба", p=10**400))
    assert [json.loads(row["factors"]) for row in records] == [[[921, 1.5, None]]]
    assert reasons == ["expected a price and its line, found 1.9 on inf (factor 927)"]


def test_half_a_pair_of_letters_costs_the_match_and_no_packet() -> None:
    records, reasons = of(fonbet, packet("Альба", "Ар\ud800иа"))
    assert [row["home"] for row in records] == ["Альба"]
    assert reasons == ["expected a name without control characters, found 'Ар\\uffffиа'"]


@pytest.mark.parametrize(
    "odd", ['"x"', "null", '{"Liga": 5}', '{"time": NaN, "Liga": "Футбол. A", "team1": "a", "team2": "b", "bids": {}}']
)
def test_an_odd_event_parsed_before_costs_itself(odd: str) -> None:
    good = {"time": 1_710_000_000, "Liga": "Футбол. Англия", "team1": "Альба", "team2": "Борея", "bids": {"1": 2.1}}
    records, reasons = of(fonbet, f'{{"31": {json.dumps(good)}, "32": {odd}}}')
    assert [(row["event_id"], row["home"]) for row in records] == [("31", "Альба")]
    assert len(reasons) == 1 and reasons[0].startswith(
        "expected an event with time, Liga, teams and bids, found another"
    )


@pytest.mark.parametrize(("minute", "kept"), [("45", "45"), ("²", None), ("-1", None), ("999", None), ("1-0", None)])
def test_a_minute_of_the_first_goal_that_is_none_costs_its_cell(minute: str, kept: str | None) -> None:
    records, reasons = of(fonbet_results, f"2;1;Альба;Борея;1;{minute}".encode("cp1251", "replace"))
    assert [(row["home_goals"], row["first_goal_minute"]) for row in records] == [("2", kept)]
    assert len(reasons) == (kept is None)


# football-data.co.uk


def archive(*homes: str, header: str = "Div,Date,HomeTeam,AwayTeam,FTHG,FTAG", further: str = "") -> str:
    rows = [f"E0,{n + 10}/08/2023,{home},Fulham,2,1" for n, home in enumerate(homes)]
    return "\n".join([header + further, *rows]) + "\n"


@pytest.mark.parametrize("name", ["Ars\u202eenal", "Ars\u200benal", "Ars\u2028enal", "Ars\x7fenal", "x" * 101])
def test_a_club_s_name_with_unseen_characters_or_of_a_page_is_refused(name: str) -> None:
    clubs = [f"Club {n}" for n in range(12)]
    records, reasons = of(football_data, archive(*clubs, name))
    assert [row["HomeTeam"] for row in records] == clubs
    assert len(reasons) == 1 and reasons[0].startswith("expected a name ")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_of_thousands_of_columns_is_refused_and_never_widens_the_table(end: str) -> None:
    few, many = (archive("Arsenal", further="".join(f",C{n}" for n in range(count))) for count in (394, 10_000))
    assert len(read(football_data, few.replace("\n", end)).records) == 1
    with pytest.raises(ShapeError, match="expected at most 400 columns, found 10006"):
        read(football_data, many.replace("\n", end))
    parsed = football_data.parse([Answer(PLACES[football_data], "f" * 64, NOW, many.replace("\n", end).encode())])
    assert parsed.records.is_empty()
    assert parsed.quarantined["reason"].to_list() == ["expected at most 400 columns, found 10006"]
