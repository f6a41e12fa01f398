import datetime as dt
import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest

from soccer_assets.errors import BlockedError, ShapeError
from soccer_assets.sources.fetching.client import Answer, Request
from soccer_assets.sources.fonbet.results import accept, parse
from soccer_assets.sources.fonbet.source import day_files
from soccer_assets.sources.schema import FONBET_RESULTS, Parsed
from soccer_assets.sources.spec import Query

DAY = "https://line/results/2021-03-06.csv"
NOW = dt.datetime(2021, 3, 7, 6, 0, tzinfo=dt.UTC)


def answer(*lines: str, address: str = DAY, end: str = "\n") -> Answer:
    body = "".join(line + end for line in lines).encode("cp1251")
    return Answer(address, hashlib.sha256(body).hexdigest(), NOW, body)


def read(*lines: str) -> Parsed:
    given = answer(*lines)
    accept(DAY, given.body, None)
    parsed = parse([given])
    return Parsed(FONBET_RESULTS.conform(parsed.records), parsed.quarantined)


def reasons(*lines: str) -> list[str]:
    return read(*lines).quarantined["reason"].to_list()


def test_each_day_is_a_file_at_any_of_the_hosts():
    days = (dt.date(2021, 2, 28), dt.date(2021, 3, 2), dt.date(2021, 3, 1))  # the last one has not begun
    assert day_files(Query(*days, base="https://a", mirrors=["https://b"])) == [
        Request("https://a/results/2021-02-28.csv", mirrors=("https://b/results/2021-02-28.csv",)),
        Request("https://a/results/2021-03-01.csv", mirrors=("https://b/results/2021-03-01.csv",)),
    ]


def test_a_result_is_read_with_the_first_goal():
    found = read("2;1;Альба;Борея ;2;68").records.row(0, named=True)
    assert found == {
        "match_date": dt.date(2021, 3, 6), "_league": None, "_address": DAY,
        "_payload_id": answer("2;1;Альба;Борея ;2;68").payload_id, "_record": 1, "_seen_at": NOW, "status": "finished",
        "home": "Альба", "away": "Борея", "sex": "men", "kind": "first", "home_goals": "2", "away_goals": "1",
        "first_scorer": "away", "first_goal_minute": "68",
    }  # fmt: skip


def test_a_goalless_match_has_no_first_goal():
    found = read("0;0;Альба;Борея;0;0").records.row(0, named=True)
    assert (found["home_goals"], found["first_scorer"], found["first_goal_minute"]) == ("0", None, None)


def test_the_marks_of_the_sides_are_read():
    found = read("1;0;Альба (ж);Борея (ж);1;3", "1;0;Вега U19;Гелиос U19;1;3", "1;0;Дана (р);Ева (р);1;3").records
    assert found.select("sex", "kind").rows() == [("women", "first"), ("men", "youth"), ("men", "reserve")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0;0;Rus. 8 матчей. Хозяева;Гости;0;0",
         "expected two sides, found placeholders: Rus. 8 матчей. Хозяева - Гости"),
        ("26;0;Бавария;Кол во побед;1;1", "expected two sides, found a bet on something else: Бавария - Кол во побед"),
        ("2;1;голы Герта;Вольфсбург;0;0", "expected two sides, found a bet on something else: голы Герта - Вольфсбург"),
        ("1;0;кто выше Зенит;Локомотив М;0;0",
         "expected two sides, found a bet on something else: кто выше Зенит - Локомотив М"),
        ("3;5;Рыжие лисы;Синие Птицы;2;1", "expected football, found another game under its name"),
        ("3;9;Чили (TSL);Украина (TSL);2;1", "expected football, found another game under its name"),
        ("1;0;Альба;;1;5", "expected two sides, found 'Альба' and ''"),
        ("1;0;Альба;Борея;1", "expected 6 cells that begin with two scores"),
        ("x;0;Альба;Борея;1;5", "expected 6 cells that begin with two scores"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_match_is_kept_aside_with_the_reason(line, reason):
    parsed = read("1;0;Вега;Гелиос;1;5", line)
    assert parsed.records["home"].to_list() == ["Вега"]
    assert parsed.quarantined.select("origin", "line", "match_date", "reason", "record").rows() == [
        (DAY, 2, dt.date(2021, 3, 6), reason, line)
    ]


@pytest.mark.parametrize(
    ("match", "duel"),
    [
        ("Лацио;Ювентус", "Лацио Ювент Корреа К Х;Роналду К"),
        ("Боруссия Дортмунд;Шеффилд Юн", "БорусД ШеффЮн Холанд Э;Брустер Р"),
        ("Крылья Советов;Локомотив М", "Кр.Сов Локо М Сергеев И;Смолов Ф"),
        ("Валенсия;Вильярреал", "Вален Вильяр Ли Кан Ин;Алькасер П"),
        ("Фуэнлабрада;Мальорка", "Фуэнлабрада;Мальорка Борха Гарсес"),
    ],
)
def test_players_of_a_match_of_the_day_are_no_clubs(match, duel):
    home, away = duel.split(";")
    assert reasons(f"2;1;{match};1;5", f"1;0;{duel};0;0") == [
        f"expected two sides, found players of a match: {home} - {away}"
    ]
    assert reasons(f"1;0;{duel};0;0") == []  # nothing on the day says so


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2;1;Зенит;Спартак М;1;5", "1;0;Зенит С Петербург;Спартак М;1;24"),  # a first goal: a match of its own
        ("2;1;Манчестер Юн;Лидс;1;5", "0;0;Манчестер С;Челси;0;0"),
        ("2;1;Динамо М;Сочи;1;5", "1;0;Динамо М Барнаул;Томь М;1;12"),
    ],
)
def test_clubs_with_initials_and_long_names_are_clubs(first, second):
    assert reasons(first, second) == []


@pytest.mark.parametrize(
    "line",
    ["7;4;Альба угловые;Борея угловые;1;10", "7;4;Альба (угл);Борея (угл);0;0", "9;7;Альба удары;Борея удары;1;3",
     "3;2;Альба (удары в створ);Борея (удары в створ);1;9", "5;4;Альба пен.;Борея пен.;1;10", "3;2;Альба ЖК;Борея ЖК;1;9",
     "1;0;Альба 1-й тайм;Борея 1-й тайм;1;10", "1;0;1-й тайм Альба;1-й тайм Борея;1;10",
     "3;2;Альба (доп. вр.);Борея (доп. вр.);1;10"],
)  # fmt: skip
def test_corners_shots_penalties_and_parts_of_a_match_are_no_result(line):
    _, _, home, away, *_ = line.split(";")
    assert reasons("2;1;Вега;Гелиос;1;5", line) == [
        f"expected two sides, found a bet on something else: {home} - {away}"
    ]


def test_a_match_that_a_side_lost_without_playing_is_awarded():
    lines = ["3;0;Альба;Борея (тех.пор);0;0", "0;3;Вега тех. поражение;Гелиос;0;0", "0;3;Дана (т.п.);Ева;0;0"]
    assert read(*lines).records.select("status", "home", "away", "home_goals").rows() == [
        ("awarded", "Альба", "Борея", "3"), ("awarded", "Вега", "Гелиос", "0"), ("awarded", "Дана", "Ева", "0"),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", ["отмена", "отменен", "перенос", "прерван", "не состоялся"])
def test_a_match_that_was_not_played_is_no_result(mark):
    assert reasons("2;1;Вега;Гелиос;1;5", f"0;0;Альба;Борея ({mark});0;0") == [
        f"expected a match that was played, found Альба - Борея ({mark})"
    ]


@pytest.mark.parametrize(("line", "side"), [("0;0;Альба;Борея;1;5", "home"), ("2;0;Альба;Борея;2;5", "away")])
def test_a_first_goal_of_a_side_without_goals_costs_itself(line, side):
    parsed = read(line)
    assert parsed.records.select("status", "first_scorer", "first_goal_minute").rows() == [("finished", None, None)]
    assert parsed.quarantined["reason"].to_list() == [
        f"expected a goal of the side that scored first, found none of the {side} side"
    ]


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866", "iso8859-5", "mac-cyrillic"])
def test_a_file_in_another_encoding_is_refused(encoding):
    with pytest.raises(ShapeError, match="expected names in cp1251 or UTF-8, found"):
        accept(DAY, "2;1;Лидс;Лестер;1;5\n0;0;Вега;Гелиос;0;0\n".encode(encoding), None)


def test_results_in_utf_8_are_read_as_such():
    body = "2;1;Альба;Борея;1;5\n0;0;Вега;Гелиос;0;0\n".encode()
    for text in (body, b"\xef\xbb\xbf" + body):
        accept(DAY, text, None)
        parsed = parse([Answer(DAY, "p", NOW, text)])
        assert parsed.records["home"].to_list() == ["Альба", "Вега"]
        assert parsed.quarantined.is_empty()


def test_a_letter_that_was_cut_costs_its_line():
    cut = "2;1;Альба;Борея;1;5\n0;0;Вега;Гелиос;0;0\n".encode().replace("с;".encode(), b"\xd1;")
    parsed = parse([Answer(DAY, "p", NOW, cut)])
    assert parsed.records["home"].to_list() == ["Альба"]
    assert parsed.quarantined["reason"].to_list() == [
        "expected names in cp1251 or UTF-8, found bytes that are no letters: Вега - Гелио\ufffd"
    ]


def test_a_side_that_plays_all_day_is_no_club():
    lines = [f"2;1;Альба;Борея {n};1;5" for n in "абвг"]
    assert reasons(*lines[:3]) == []
    assert reasons(*lines) == ["expected a club, found one that plays 4 times on the day: Альба"] * 4


def test_a_result_given_twice_counts_once_and_another_score_of_it_is_kept():
    parsed = read("2;1;Альба;Борея;1;5", "2;1;Альба;Борея;1;5", "2;2;Альба;Борея;1;5")
    assert parsed.records.select("_record", "home_goals", "away_goals").rows() == [(1, "2", "1"), (3, "2", "2")]
    assert parsed.quarantined["reason"].to_list() == ["expected a result once, found it again"]


def test_the_file_of_another_day_is_kept_aside_whole():
    again = answer("2;1;Альба;Борея;1;5", address="https://line/results/2021-03-07.csv")
    parsed = parse([answer("2;1;Альба;Борея;1;5"), again])
    assert parsed.records["match_date"].to_list() == [dt.date(2021, 3, 6)]
    assert parsed.quarantined["reason"].to_list() == [f"expected the day's own file, found that of {DAY}"]


def test_two_days_without_results_are_no_files_of_each_other():
    parsed = parse([answer(), answer(address="https://line/results/2021-03-07.csv")])
    assert parsed.records.is_empty()
    assert parsed.quarantined.is_empty()


def test_lines_are_read_whatever_ends_them_and_blank_ones_are_none():
    given = answer("2;1;Альба;Борея;1;5", "", ";;;;;", "0;0;Вега;Гелиос;0;0", end="\r\n")
    parsed = parse([given])
    assert parsed.records.select("_record", "home").rows() == [(1, "Альба"), (2, "Вега")]
    assert parsed.quarantined.is_empty()


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (b"<html>Request unsuccessful. Incapsula incident</html>", BlockedError, "found the page of a bot wall"),
        (b"<html>Gone</html>", ShapeError, "expected results, found an HTML page"),
        (b'{"results": [1, 2]}', ShapeError, "expected 6 cells that begin with two scores, found"),
        (b"Home;Away;Score\nA;B;1:0\n", ShapeError, "expected 6 cells that begin with two scores, found 'Home;Away;Score'"),
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(body, error, message):
    with pytest.raises(error) as raised:
        accept(DAY, body, None)
    assert message in str(raised.value)


def test_an_address_without_a_day_is_refused():
    with pytest.raises(ShapeError, match="expected the day in the file's name, such as 2021-03-06.csv, found none"):
        accept("https://line/results/today.csv", b"", None)


def test_a_day_may_have_no_results_but_not_lose_more_than_half_of_them():
    four, two = (answer(*[f"1;0;Альба {n};Борея {n};1;5" for n in range(count)]).body for count in (4, 2))
    accept(DAY, b"", None)
    accept(DAY, two, four)
    with pytest.raises(ShapeError, match="expected at least 50% of the 4 lines of the last good file, found 0"):
        accept(DAY, b"", four)


PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "data" / "raw" / "fonbet" / "results_2020-21"


@pytest.fixture(params=["written", *(["published"] if PUBLISHED.is_dir() else [])])
def folder(request) -> tuple[list[Answer], dict[str, Any]]:
    """Files of several days, and what they hold."""
    if request.param == "written":
        sums = "0;0;Rus. 8 матчей. Хозяева;Гости;0;0"
        files = [answer(f"2;{n};Альба;Борея;1;5", sums, address=f"file:///results/2021-03-0{n}.csv") for n in (6, 7)]
        return files, {"lines": 4, "records": 2, "first": dt.date(2021, 3, 6), "last": dt.date(2021, 3, 7)}
    bodies = {path.as_uri(): gzip.decompress(path.read_bytes()) for path in sorted(PUBLISHED.glob("*.csv.gz"))}
    files = [Answer(address, hashlib.sha256(body).hexdigest(), NOW, body) for address, body in bodies.items()]
    # of ten lines the first goal alone is kept aside
    return files, {"lines": 88_769 + 10, "records": 82_905, "first": dt.date(2020, 5, 30), "last": dt.date(2021, 6, 1)}


def test_every_line_of_a_folder_is_a_match_or_kept_aside(folder):
    files, holds = folder
    for given in files:
        accept(given.address, given.body, None)
    parsed = parse(files)
    records = FONBET_RESULTS.conform(parsed.records)
    days = records["match_date"]
    assert {"lines": len(records) + len(parsed.quarantined), "records": len(records), "first": days.min(),
            "last": days.max()} == holds  # fmt: skip
