"""A side source stops nothing: odd answers, records and cells, through acquiring, storing, parsing and resolving."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from soccer_assets import resources
from soccer_assets.settings import Clock, Settings
from soccer_assets.sources import health, openfootball
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.storage.payloads import Payloads

INPUTS = Path(__file__).parent / "inputs"
FEED = "livescores/data"  # a file has no query: every day is this one
LINE = "events/list"
#: The season that is under way by the clock of the tests.
NOW = 2026


def log(mirror: Any) -> pl.DataFrame:
    return Payloads(mirror.settings.payloads, mirror.lake).fetches()


def reasons(mirror: Any, table: str) -> list[str]:
    return mirror.table(f"{table}_quarantine").get_column("reason").to_list()


def broken(mirror: Any, source: str) -> Any:
    """What source_health says of a source now."""
    habits = {spec.name: spec.habit for spec in SOURCES}
    return health._lately(source, log(mirror), habits[source], Clock.from_settings(Settings.read()).now())["_broken"]


# Understat


def understat(mirror: Callable[..., Any], body: bytes | Path) -> Any:
    made = mirror("2023-08-01", "2024-05-31")
    made.publish("understat", "getLeagueData/EPL/2023", body)
    made.acquire()
    return made


def test_letters_beside_their_escapes_are_read(mirror):
    made = understat(mirror, INPUTS / "us/accent/league/EPL/2023")
    (row,) = made.table("understat_matches").to_dicts()
    assert (row["home"], row["away"], row["home_xg"], made.acquired["understat_matches"].problem) == (
        "Atlético Madrid", "Alavés", "1.2", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("letter", "escape"),
    [
        ("é", r"\xC3\xA9"),
        ("é", r"\xE9"),
        ("ş", "ş"),
        ("ж", r"\u0436"),
        ("ş", r"\xC5\x9F"),
        ("'", r"\'"),
        ("é", r"\\u00e9"),
    ],
)
def test_every_escape_of_a_letter_is_read(mirror, letter, escape):
    page = (INPUTS / "us/accent/league/EPL/2023").read_text().replace("Alavés", f"Ala{escape}s")
    assert understat(mirror, page.encode()).table("understat_matches")["away"].to_list() == [f"Ala{letter}s"]


def test_expected_goals_that_are_none_cost_their_cells(mirror):
    made = understat(mirror, INPUTS / "us/ajax_nanxg/league/EPL/2023")
    (match,) = made.matches().rows.to_dicts()
    assert (match["home_goals"], match["away_goals"], match["home_xg"], match["away_xg"]) == (2, 2, None, None)
    assert reasons(made, "understat_matches") == [
        "expected a number from 0 to 20 as home_xg, found NaN; expected a number from 0 to 20 as away_xg, found -1"
    ]
    assert made.acquired["understat_matches"].quarantined == 0  # the record itself is not lost


@pytest.mark.parametrize("xg", ['"25.3"', "25.3", '"inf"', "NaN", "Infinity", "-Infinity", '"1e999"', "-0.5", '"x"'])
def test_any_unsound_figure_costs_its_cell(mirror, xg):
    body = (INPUTS / "us/ajax_nanxg/league/EPL/2023").read_text().replace('"NaN"', xg).replace('"-1"', '"1.5"')
    made = understat(mirror, body.encode())
    assert made.matches().rows.select("home_xg", "away_xg").rows() == [(None, 1.5)]
    assert [reason[:46] for reason in reasons(made, "understat_matches")] == [
        "expected a number from 0 to 20 as home_xg, fou"
    ]


@pytest.mark.parametrize(
    ("goals", "told"),
    [
        ({"h": "2", "a": "2"}, "expected no goals of a match without a result, found 2-2"),
        ({"h": "0", "a": "0"}, None),
        ({"h": None, "a": None}, None),
        (None, None),
    ],
)
def test_goals_of_a_match_without_a_result_are_told_and_count_for_nothing(mirror, goals, told):
    body = json.loads((INPUTS / "us/ajax_nanxg/league/EPL/2023").read_text())
    body["dates"][0] |= {"isResult": False, "goals": goals}
    made = understat(mirror, json.dumps(body).encode())
    assert made.table("understat_matches").select("status", "home_goals", "home_xg").rows() == [
        ("scheduled", None, None)
    ]
    assert reasons(made, "understat_matches") == ([told] if told else [])


# WhoScored


def whoscored(mirror: Callable[..., Any], feed: str | bytes | Path, **changes: Any) -> Any:
    made = mirror("2023-08-26", "2023-08-26")
    made.publish("whoscored", FEED, feed)
    made.acquire()
    return made


def test_no_match_beside_a_match_is_kept_aside(mirror):
    made = whoscored(mirror, INPUTS / "ws2/null_match/feed.json")
    assert made.matches().rows.select("home", "away", "home_goals").rows() == [("Arsenal", "Fulham", 2)]
    assert reasons(made, "whoscored_matches") == ["expected a match or a tournament, found None"]


def test_a_tournament_that_is_none_is_kept_aside(mirror):
    made = whoscored(mirror, INPUTS / "ws2/null_tour/feed.json")
    assert made.table("whoscored_matches").is_empty()
    assert reasons(made, "whoscored_matches") == ["expected a match or a tournament, found None"]


def feed(record: dict[str, Any], **tournament: Any) -> str:
    value = json.loads((INPUTS / "ws2/null_match/feed.json").read_text())
    match, _ = value["tournaments"][0]["matches"]
    value["tournaments"][0] |= {"matches": [match | record], **tournament}
    return json.dumps(value)


@pytest.mark.parametrize("word", ["AET", "aet", "A.E.T.", "PEN", "Pen", "pens", "After Pen.", "After extra time"])
def test_goals_after_extra_time_are_none_after_90_minutes_however_it_is_written(mirror, word):
    periods = {"periodResults": "HT 0:1, FT 2:2", "homeScore": 3}
    made = whoscored(mirror, feed({"elapsed": word, **periods}))
    assert made.matches().rows.select("status", "home_goals", "away_goals").rows() == [("finished", 2, 2)]


@pytest.mark.parametrize("word", ["AET", "Pen", "After Pen."])
def test_a_match_of_which_only_the_goals_after_extra_time_are_published_has_no_result(mirror, word):
    matches = whoscored(mirror, feed({"elapsed": word})).matches()
    assert matches.rows.is_empty()
    assert matches.quarantined["reason"].to_list() == ["expected the goals of a finished match, found none"]


@pytest.mark.parametrize(
    ("word", "status"), [("ft", "finished"), ("POST", "postponed"), ("W.O.", "awarded"), ("abd", "abandoned")]
)
def test_a_word_for_a_status_may_be_in_any_case(mirror, word, status):
    made = whoscored(mirror, feed({"elapsed": word, "status": 6}))
    assert made.table("whoscored_matches")["status"].to_list() == [status]


def test_what_the_live_statistics_do_not_list_was_not_counted(mirror):
    shots = {"home": {"stats": {"shots": 9}}, "away": {"stats": {"shots": 4}}}
    made = whoscored(mirror, feed({"liveMatch": {"liveStatistics": shots}}))
    columns = ["home_shots", "home_fouls", "home_yellow_cards", "home_red_cards"]
    assert made.table("whoscored_matches").select(columns).rows() == [("9", None, None, None)]


CLUBS = ("Arsenal", "Leeds", "Everton", "Wolves", "Chelsea", "Burnley", "Watford", "Brentford", "Luton", "Fulham")


def matchday(change: Callable[[int, dict[str, Any]], dict[str, Any]]) -> str:
    matches = [
        {
            "id": number, "startTimeUtc": "2023-08-26T14:00:00Z", "status": 6, "elapsed": "FT", "homeName": home,
            "awayName": away, "homeScore": number, "awayScore": 1,
        }
        for number, (home, away) in enumerate(zip(CLUBS[::2], CLUBS[1::2], strict=True), start=1)
    ]  # fmt: skip
    return feed({}, matches=[match | change(number, match) for number, match in enumerate(matches)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n, match: {"homeName": match["awayName"], "awayName": match["homeName"]}, "the home sides of the last good"),
        (lambda n, match: {"homeScore": match["homeScore"] + 1}, "the scores of the last good file, found 5 of 5 changed"),
        (lambda n, match: {"status": 1, "elapsed": ""}, "the results of the last good file, found 5 of 5 missing"),
        (lambda n, match: {"startTimeUtc": "2023-08-25T14:00:00Z"}, "found 5 of 5 results moved by -1 days"),
    ],
    ids=["exchanged", "other scores", "to come again", "another day"],
)  # fmt: skip
def test_a_feed_that_differs_as_no_correction_does_is_refused(mirror, change, message):
    made = whoscored(mirror, matchday(lambda number, match: {}))
    made.publish("whoscored", FEED, matchday(change))
    made.acquire()
    assert message in made.acquired["whoscored_matches"].problem
    rows = made.matches().rows.sort("home_goals").select("home", "away", "home_goals").rows()
    assert rows == [(CLUBS[2 * n], CLUBS[2 * n + 1], n + 1) for n in range(5)]


def test_a_feed_of_matches_in_play_is_followed_by_their_results(mirror):
    made = whoscored(mirror, matchday(lambda number, match: {"status": 3, "elapsed": "60'", "homeScore": 0}))
    made.publish("whoscored", FEED, matchday(lambda number, match: {}))
    made.acquire()
    assert made.acquired["whoscored_matches"].problem == ""
    assert sorted(made.matches().rows["home_goals"]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("score", "told"), [("3 : 2", ["expected 3-2 as in a later answer of the source, found 2-2"]), ("2 : 2", [])]
)
def test_two_answers_of_a_source_that_differ_about_a_score_are_told(mirror, score, told):
    made = mirror("2023-08-26", "2023-08-26")
    made.publish("whoscored", FEED, feed({}))
    page = (INPUTS / "ws/ok/1729200.html").read_text().replace("1729200", "1").replace("2 : 2", score)
    card = '{"id": 7, "cardType": {"displayName": "Yellow"}}'
    cards = page.replace('"incidentEvents": []', f'"incidentEvents": [{card}, {card}]', 1)
    made.publish("whoscored", "Matches/1/Live", cards.replace('"stats": {}', '"stats": {"possession": {"0": 5}}', 1))
    settings = msgspec.structs.replace(made.settings, whoscored_pages=True)
    acquired = resources.build(settings)["acquisitions"]["whoscored_matches"].acquire(made.first, made.last)
    made.lake.replace_dates("whoscored_matches", acquired.rows, made.first, made.last)
    matches = made.matches()
    goals = matches.rows.select("home_goals", "away_goals", "home_yellow_cards").rows()
    assert goals == [(int(score[0]), int(score[-1]), 1)]  # a card that is listed twice was shown once
    assert matches.quarantined["reason"].to_list() == told


@pytest.mark.parametrize("name", ["Arsenal Women", "Arsenal U21"])
def test_women_and_youths_that_a_tournament_of_men_lists_are_no_match_of_it(mirror, name):
    made = whoscored(mirror, feed({"homeTeamName": name}, sex=1))
    assert made.matches().rows.is_empty()


def test_a_first_team_may_be_named_juniors(mirror):
    argentina = {"tournamentId": 68, "tournamentName": "Liga Profesional", "regionCode": "ar", "sex": 1}
    made = mirror("2023-08-26", "2023-08-26", "ARG")
    sides = {"homeTeamName": "Boca Juniors", "awayTeamName": "Argentinos Juniors"}
    made.publish("whoscored", FEED, feed(sides, **argentina))
    made.acquire()
    assert made.matches().rows["home"].to_list() == ["Boca Juniors"]


def test_odd_statistics_cost_themselves(mirror):
    made = whoscored(mirror, INPUTS / "ws2/fouls_null/feed.json")
    (row,) = made.table("whoscored_matches").to_dicts()
    assert (row["home"], row["home_goals"], row["home_fouls"]) == ("Arsenal", "2", None)
    assert reasons(made, "whoscored_matches")[0].startswith("expected statistics that can be read, found TypeError")


@pytest.mark.parametrize(
    "odd", ["7", "[]", '"x"', '{"id": 9}', '{"id": [], "startTimeUtc": "9999-12-31T00:00:00Z"}', "true"]
)
def test_neighbours_of_any_odd_record_are_kept(mirror, odd):
    made = whoscored(mirror, (INPUTS / "ws2/null_match/feed.json").read_text().replace("null", odd))
    assert made.table("whoscored_matches")["home"].to_list() == ["Arsenal"]
    assert len(reasons(made, "whoscored_matches")) == 1


def test_an_odd_day_does_not_replace_a_good_one(mirror):
    made = whoscored(mirror, (INPUTS / "ws2/null_match/feed.json").read_text().replace(", null", ""))
    made.publish("whoscored", FEED, INPUTS / "ws2/null_tour/feed.json")
    made.acquire()
    assert made.table("whoscored_matches")["home"].to_list() == ["Arsenal"]
    assert "expected at least 50% of the 1 matches" in made.acquired["whoscored_matches"].problem


def test_a_page_without_its_match_is_no_final_answer(mirror):
    page, day = "Matches/1/Live", (INPUTS / "ws2/null_match/feed.json").read_text().replace(", null", "")
    good = (INPUTS / "ws/ok/1729200.html").read_text().replace("1729200", "1")
    made = mirror("2023-08-26", "2023-08-26")
    made.publish("whoscored", FEED, day)
    settings = msgspec.structs.replace(made.settings, whoscored_pages=True)

    def acquire() -> Any:
        return resources.build(settings)["acquisitions"]["whoscored_matches"].acquire(made.first, made.last)

    def outcomes() -> list[str]:
        return log(made).filter(pl.col("address").str.ends_with(page))["outcome"].to_list()

    for bad in (
        (INPUTS / "ws/null/1729200.html").read_text(),
        good.replace("matchId:1", "matchId:2"),
        good.replace('"elapsed": "FT"', '"elapsed": "67"').replace('"statusCode": 6', '"statusCode": 3'),
        good.replace("matchCentreData", "matchData"),
    ):
        made.publish("whoscored", page, bad)
        assert "Matches/1/Live" in acquire().problem
    assert outcomes() == ["rejected"] * 4
    made.publish("whoscored", page, good)
    acquired = acquire()
    assert (acquired.problem, acquired.rows["venue"].drop_nulls().to_list()) == ("", ["X"])
    assert outcomes() == ["rejected"] * 4 + ["accepted"]
    acquire()
    assert len(outcomes()) == 5  # what is final is not asked again


# Fonbet


def packet(case: str, **changes: Any) -> dict[str, Any]:
    return json.loads((INPUTS / f"fb/{case}/packet.json").read_text()) | changes


@pytest.fixture
def fonbet(mirror: Callable[..., Any]) -> Callable[..., Any]:
    """The events of a packet; the mirror is asked on the day of the kick-offs."""

    def acquire(*packets: dict[str, Any]) -> Any:
        today = Clock.from_settings(Settings.read()).today()
        made = mirror(str(today), str(today + dt.timedelta(days=3)))
        kick_off = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(15), dt.UTC).timestamp()
        for value in packets:
            text = json.dumps(value, ensure_ascii=False).replace("1764250200", str(int(kick_off)))
            made.publish("fonbet", LINE, text)
            made.acquire("fonbet_events")
        return made

    return acquire


ODD_EVENTS = {
    "no team": {"team1": None},
    "a number as team": {"team1": 7},
    "milliseconds": {"startTime": 1764250200000},
    "year 1": {"startTime": -62135596800},
    "year 9999": {"startTime": 253402300799},
    "seconds as text": {"startTime": "soon"},
    "a huge number": {"startTime": 10**30},
    "no level": {"level": None},
    "a hidden letter": {"team1": "Арсе\u202eнал"},
    "a long name": {"team1": "А" * 101},
    "one club on both sides": {"team2": "Эвертон"},
    "a part of the match": {"name": "1-й тайм"},
    "a sport of no tree": {"sportId": 999},
}


@pytest.mark.parametrize("change", ODD_EVENTS.values(), ids=ODD_EVENTS)
def test_one_odd_event_costs_itself(fonbet, change):
    value = packet("one_bad_of_two")
    value["events"][1] |= {"team1": "Эвертон"} | change
    made = fonbet(value)
    assert made.table("fonbet_events")["event_id"].to_list() == ["5001"]
    assert len(json.loads(made.table("fonbet_events")["factors"][0])) == 7
    assert len(reasons(made, "fonbet_events")) == 1
    assert made.acquired["fonbet_events"].problem == ""


def test_numbers_as_text_are_numbers(fonbet):
    value = packet("one_bad_of_two")
    event, prices = value["events"][0], value["customFactors"][0]["factors"]
    event |= {"id": "5001", "level": "1", "startTime": str(event["startTime"])}
    prices[0]["v"] = str(prices[0]["v"])
    rows = fonbet(value).table("fonbet_events")
    assert rows["event_id"].to_list() == ["5001"]
    assert json.loads(rows["factors"][0])[0][:2] == [921, float(prices[0]["v"])]


def test_a_state_that_nobody_knows_and_a_price_of_two_lines_offer_nothing(fonbet):
    value = packet("one_bad_of_two")
    other = value["events"][0] | {"id": 6001, "team1": "Эвертон"}
    priced = [{"f": 921, "v": 2.1}, {"f": 927, "v": 1.9, "p": -150, "pt": "+1.5"}]
    value["events"][1:] = [other]
    value["customFactors"].append({"e": 6001, "countAll": 2, "factors": priced})
    value["eventBlocks"] = [{"eventId": 5001, "state": "suspended"}]
    made = fonbet(value)
    assert made.table("fonbet_events").select("event_id", "factors").rows() == [("6001", "[[921, 2.1, null]]")]
    state, line = reasons(made, "fonbet_events")
    assert "Invalid enum value 'suspended'" in state
    assert line == "expected a price and its line, found 1.9 on nan (factor 927)"


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("one_bad_of_two", "expected an element of events that can be read"),
        ("p_half", "expected an element of customFactors that can be read"),
        ("misc_null", "expected an element of eventMiscs that can be read"),
        ("start_ms", "expected a kick-off in seconds since 1970, found 17"),
    ],
)
def test_the_odd_event_of_a_packet_is_kept_aside_and_the_other_stays(fonbet, case, reason):
    value = packet(case)
    other = value["events"][0] | {"id": 6001, "team1": "Эвертон", "startTime": 1764250200}
    value["events"].append(other)
    made = fonbet(value)
    kept = ["5001", "6001"] if case == "one_bad_of_two" else ["6001"]
    assert sorted(made.table("fonbet_events")["event_id"]) == kept
    assert [told[: len(reason)] for told in reasons(made, "fonbet_events")] == [reason]


def test_odd_parts_of_other_sports_and_of_parts_of_matches_are_nobody_s_business(fonbet):
    value = packet("one_bad_of_two")
    value["sports"] += [{"id": 3, "name": "Хоккей"}, {"id": 31, "parentId": 3, "name": "НХЛ"}]
    value["events"][1]["sportId"] = 31
    made = fonbet(value)
    assert made.table("fonbet_events")["event_id"].to_list() == ["5001"]
    assert not reasons(made, "fonbet_events")


# openfootball


@pytest.fixture
def season(mirror: Callable[..., Any]) -> Callable[..., Any]:
    def acquire(content: Path | str | list[dict[str, Any]], year: int = 2023) -> Any:
        made = mirror(f"{year}-08-01", f"{year + 1}-05-31")
        if isinstance(content, list):
            content = json.dumps({"name": "English Premier League", "matches": content}).replace("2023-", f"{year}-")
        made.publish("openfootball", f"{year}-{year % 100 + 1}/en.1.json", content)
        made.acquire()
        return made

    return acquire


def one(made: Any, side: str = "home") -> dict[str, Any]:
    (row,) = made.table("openfootball_matches").filter(pl.col("home").str.starts_with("Wolver")).to_dicts()
    return row


@pytest.mark.parametrize(
    ("case", "status", "goals", "kick_off", "told"),
    [
        ("t_utc", "finished", ("1", "4"), "2023-08-19T19:00:00Z", 0),
        ("t_sec", "finished", ("1", "4"), "2023-08-19T19:00:00Z", 0),
        ("t_tbd", "finished", ("1", "4"), None, 1),
        ("canceled", "void", (None, None), "2023-08-19T14:00:00Z", 0),
        ("suspended", "abandoned", ("0", "1"), "2023-08-19T14:00:00Z", 0),
        ("walkover", "awarded", ("3", "0"), "2023-08-19T14:00:00Z", 0),
    ],
)
def test_optional_times_and_states_cost_no_result(season, case, status, goals, kick_off, told):
    made = season(INPUTS / "of_among" / case / "2023-24/en.1.json")
    row = one(made)
    assert (row["status"], (row["home_goals"], row["away_goals"]), row["kick_off_at"]) == (status, goals, kick_off)
    assert (len(made.table("openfootball_matches")), len(reasons(made, "openfootball_matches"))) == (4, told)
    assert made.acquired["openfootball_matches"].lines == made.acquired["openfootball_matches"].records == 4


BASE = {
    "date": "2023-08-19",
    "time": "15:00",
    "team1": "Wolverhampton Wanderers FC",
    "team2": "Brighton",
    "score": {"ft": [1, 4]},
}
OTHER = BASE | {"team1": "Alba", "team2": "Borea"}


@pytest.mark.parametrize(
    ("time", "kick_off"),
    [
        ("3pm", "14:00"), ("3 PM", "14:00"), ("12:30 pm", "11:30"), ("15:00:00", "14:00"), ("15.00", "14:00"),
        ("20:00 UTC+1", "19:00"), ("20:00 UTC-3", "23:00"), ("20:00 UTC+5:30", "14:30"), ("20:00 GMT", "20:00"),
        ("TBD", None), ("noon", None), ("24:00", None), ("13pm", None), ("20:00 CET", None), (1500, None), ([], None), ({}, None),
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_read_is_null_and_told(season, time, kick_off):
    made = season([BASE | {"time": time}, OTHER])
    row = one(made)
    assert (row["home_goals"], row["kick_off_at"]) == ("1", kick_off and f"2023-08-19T{kick_off}:00Z")
    assert len(reasons(made, "openfootball_matches")) == (kick_off is None)


@pytest.mark.parametrize("words", ["cancelled", "CANCELED", "annulled", "void"])
def test_words_for_a_match_that_does_not_count(season, words):
    assert one(season([BASE | {"score": None, "status": words}, OTHER]))["status"] == "void"


def test_scores_of_earlier_years_are_read(season):
    row = one(season(INPUTS / "of/old/2023-24/en.1.json"))
    assert (row["status"], row["home_goals"], row["away_goals"]) == ("finished", "1", "4")


def test_half_time_of_earlier_years_and_teams_with_a_code_are_read(season):
    old = {key: value for key, value in BASE.items() if key != "score"}
    teams = {
        "team1": {"key": "wolves", "name": "Wolverhampton Wanderers FC"},
        "team2": {"name": "Brighton", "code": "BHA"},
    }
    row = one(season([old | teams | {"score1": 0, "score2": 2, "score1i": 0, "score2i": 1}, OTHER]))
    assert [row[f"{side}_{part}"] for part in ("goals", "goals_half_time") for side in ("home", "away")] == list("0201")


@pytest.mark.parametrize(
    "change",
    [
        {"score": {"et": [2, 1]}}, {"score": {"p": [4, 3]}}, {"score": {"ht": [1, 0]}}, {"score": "1-4"}, {"score": [1]},
        {"score": {"ft": [1, None]}}, {"score": {}, "score1": 1}, {"score": None, "score1et": 2, "score2et": 1},
        {"score": None, "goals1": [{"name": "A"}], "goals2": []},
        {"score": None, "status": "finished"}, {"status": "scheduled"}, {"status": "moved"}, {"score": {"ft": [True, 1]}},
    ],
)  # fmt: skip
def test_half_a_score_is_never_an_unplayed_match(season, change):
    made = season([BASE | change, OTHER])
    assert made.table("openfootball_matches")["home"].to_list() == ["Alba"]
    assert len(reasons(made, "openfootball_matches")) == 1


@pytest.mark.parametrize(
    "name", ["Al\0ba", "Al\tba", "Al\u200bba", "\u202eabla", "Al\u2028ba", "A" * 101, "", "[[]]", "?", "Borea"]
)
def test_names_nobody_could_look_up_are_refused(season, name):
    made = season([BASE, OTHER | {"team1": name}])
    assert made.table("openfootball_matches")["home"].to_list() == ["Wolverhampton Wanderers FC"]
    assert len(reasons(made, "openfootball_matches")) == 1


def test_a_season_that_has_begun_is_not_empty(season):
    made = season([])
    acquired = made.acquired["openfootball_matches"]
    assert "expected matches, found none that can be read" in acquired.problem
    assert log(made).filter(pl.col("address").str.ends_with("2023-24/en.1.json"))["outcome"].to_list()[-1] == "rejected"
    again = season([BASE, OTHER])  # it is asked again, and heals
    assert (len(again.table("openfootball_matches")), again.acquired["openfootball_matches"].problem) == (2, "")
    assert broken(made, "openfootball") is None


# Whatever is raised


def change_openfootball(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Give the specification of openfootball other functions."""
    (spec,) = openfootball.SOURCE.tables
    changed = replace(openfootball.SOURCE, tables=(replace(spec, **changes),))
    sources = [changed if source is openfootball.SOURCE else source for source in SOURCES]
    monkeypatch.setattr(resources, "SOURCES", sources)


def test_what_the_reader_raises_is_the_source_s_problem_and_the_good_answer_before_counts(season, monkeypatch):
    season([BASE, OTHER], NOW)
    read = openfootball.parse

    def parse(answers: Any) -> Any:
        if any(b"Gala" in answer.body for answer in answers):
            raise KeyError("nobody foresaw this")
        return read(answers)

    change_openfootball(monkeypatch, parse=parse)
    for _ in range(2):  # the second time the answer is asked for again
        made = season([BASE, OTHER, OTHER | {"team1": "Gala", "date": "2023-09-02"}], NOW)
        acquired = made.acquired["openfootball_matches"]
        assert len(made.table("openfootball_matches")) == 2
        assert "expected an answer that can be read, found KeyError: 'nobody foresaw this'" in acquired.problem
    outcomes = log(made).filter(pl.col("address").str.ends_with("2026-27/en.1.json"))["outcome"].to_list()
    assert outcomes == ["accepted", "accepted", "rejected", "accepted", "rejected"]
    assert "nobody foresaw this" in str(broken(made, "openfootball"))
    monkeypatch.undo()
    mended = season([BASE, OTHER, OTHER | {"team1": "Gala", "date": "2023-09-02"}], NOW)
    assert (len(mended.table("openfootball_matches")), broken(mended, "openfootball")) == (3, None)


@pytest.mark.parametrize(
    "error", [TypeError("x"), ZeroDivisionError("x"), RecursionError("x"), UnicodeDecodeError("utf-8", b"", 0, 1, "x")]
)
def test_what_the_look_at_an_answer_raises_refuses_it(season, monkeypatch, error):
    def accept(*given: Any) -> None:
        raise error

    change_openfootball(monkeypatch, accept=accept)
    made = season([BASE, OTHER], NOW)
    assert made.table("openfootball_matches").is_empty()
    assert type(error).__name__ in str(broken(made, "openfootball"))


# A source that moved


def test_what_a_source_gave_at_its_former_address_stays_until_the_new_one_gives_something_good(season):
    made = season([BASE, OTHER], NOW)
    good = made.table("openfootball_matches")

    def at(address: Path) -> Any:
        settings = msgspec.structs.replace(made.settings, source_urls={"openfootball": address.as_uri()})
        return resources.build(settings)["acquisitions"]["openfootball_matches"].acquire(made.first, made.last)

    dead = at(made.folder / "nowhere")
    assert dead.rows.equals(good)
    new = made.folder / "elsewhere" / "football.json"
    shutil.copytree(made.folder / "openfootball", new)
    file = new / "2026-27/en.1.json"
    file.write_bytes(b'{"name": "x", "matches": []}')
    emptied = at(new)
    assert emptied.rows.equals(good)
    assert emptied.problem != ""
    assert broken(made, "openfootball") is not None
    file.write_text(
        json.dumps({"name": "x", "matches": [BASE, OTHER | {"score": {"ft": [5, 0]}}]}).replace("2023-", "2026-")
    )
    moved = at(new)
    assert sorted(moved.rows["home_goals"]) == ["1", "5"]
    assert moved.rows["_address"].str.contains("elsewhere").all()
