"""Whatever a side source sends: nothing but a SourceError, no record lost, no value outside its column's law."""

import contextlib
import datetime as dt
import hashlib
import json
import math
import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.errors import SourceError
from soccer_assets.matches.records import in_one_form
from soccer_assets.matches.schema import STATUSES
from soccer_assets.sources import openfootball, side_kinds, understat
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.fonbet import events as fonbet
from soccer_assets.sources.fonbet import results as fonbet_results
from soccer_assets.sources.fonbet import segments as fonbet_segments
from soccer_assets.sources.schema import (
    FONBET_EVENTS,
    FONBET_RESULTS,
    OPENFOOTBALL_MATCHES,
    UNDERSTAT_MATCHES,
    WHOSCORED_MATCHES,
)
from soccer_assets.sources.whoscored import feeds as whoscored
from soccer_assets.sources.whoscored.script_literals import LiteralError, read_literal
from soccer_assets.storage.tables import Table, quarantine
from tests.sources.mutations import FUZZED, ODD_TEXTS, as_json, as_text, damaged, spoilt, spoilt_bodies

NOW = dt.datetime(2024, 3, 10, 6, tzinfo=dt.UTC)
OF_RECORDS = {table.name: table for table in (OPENFOOTBALL_MATCHES, UNDERSTAT_MATCHES, WHOSCORED_MATCHES)}


def judge(source: Any, table: Table, address: str, body: bytes, before: bytes | None) -> None:
    """Accept and parse a body; hold the laws of what comes of it."""
    with contextlib.suppress(SourceError):
        source.accept(address, body, before)
    answers = [Answer(address, hashlib.sha256(body).hexdigest(), NOW, body)]
    try:
        parsed = source.parse(answers)
    except SourceError:
        return
    records = table.conform(parsed.records)
    unread = quarantine(table.name).conform(parsed.quarantined)
    places = set(records["_record"]) | set(unread["line"].drop_nulls())
    assert places <= {0} or places == set(range(1, max(places) + 1))
    assert unread["reason"].str.contains("expected ", literal=True).all()
    if records.is_empty():
        return
    hold_laws(records)
    if table.name in OF_RECORDS and len(body) % ON_TO_MATCHES == 0:
        form = in_one_form({table.name: records.lazy()})
        for column in ("home_xg", "away_xg"):
            assert form[column].drop_nulls().is_between(0, 20).all()


#: The only words of some columns.
AMONG = {"status": STATUSES, "sex": ("men", "women"), "kind": ("first", "reserve", "youth"), "blocked": ("true", "false"),
         "first_scorer": ("home", "away")}  # fmt: skip
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\uffff]")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
#: One body of so many goes on to the matches stage, which takes longer than the reading.
ON_TO_MATCHES = 5


def hold_laws(records: pl.DataFrame) -> None:
    """Every published text is one of its column."""
    for record in records.to_dicts():
        day = record["match_date"]
        assert 1850 <= day.year <= 2100
        for name, text in record.items():
            if name.startswith("_") or name in ("match_date", "factors") or text is None:
                continue
            assert 0 < len(text) <= 300 and text == text.strip() and not UNSEEN.search(text), (name, text)
            if name in AMONG:
                assert text in AMONG[name], (name, text)
            elif name.endswith("_id"):
                assert re.fullmatch("[0-9]{1,20}", text), (name, text)
            elif name.endswith("_at"):
                assert INSTANT.fullmatch(text), (name, text)
                at = dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
                assert name == "quoted_at" or abs(at.date() - day) <= dt.timedelta(days=1)
            elif re.search("_goals|_minute", name):
                assert float(text).is_integer() and 0 <= float(text) <= (99 if "goals" in name else 130), (name, text)
            elif name in ("home", "away"):
                assert len(text) <= 100 and not re.match(r"\[['\"\[]|\{['\"]", text), text
            elif name.endswith("xg"):
                assert 0 <= float(text) <= 20, text
        if record.get("factors") is not None:
            finite(json.loads(record["factors"]))


# openfootball

OF_MATCH = {"round": "Matchday 1", "date": "2023-08-19", "time": "15:00", "team1": "Alba FC", "team2": "Borea FC",
            "score": {"ht": [0, 0], "ft": [1, 0]}}  # fmt: skip
OF_FILES = [
    {"name": "League 2023/24", "matches": [
        OF_MATCH,
        OF_MATCH | {"time": "20:00 UTC+1", "team1": "Cora", "status": "awarded", "score": {"ft": [1, 1], "et": [2, 1], "p": [4, 3]}},
        {"date": "2024-05-01", "team1": "Dora", "team2": "Elsa", "stage": "Final", "score1": 1, "score2": 4, "score1i": 0, "score2i": 1},
        {"date": "2024-05-02", "team1": {"name": "Fina", "code": "FIN"}, "team2": "Gala"},
    ]},
]  # fmt: skip


@FUZZED
@given(spoilt_bodies(OF_FILES), st.sampled_from(["2023-24/en.1.json", "2023/jp.1.json", "2023-24/uefa.cl.json"]))
def test_fuzz_openfootball(body, place):
    judge(openfootball, OPENFOOTBALL_MATCHES, f"https://site/{place}", body, as_json(OF_FILES[0]))


# Understat


def us_match(number: int, played: bool = True) -> dict[str, Any]:
    goals, xg = (
        ({"h": "2", "a": "1"}, {"h": "1.25", "a": "0.8"}) if played else ({"h": None, "a": None}, {"h": "0", "a": "0"})
    )
    return {"id": str(number), "isResult": played, "h": {"id": "1", "title": "Atlético", "short_title": "ATL"},
            "a": {"id": "2", "title": f"Borea {number}", "short_title": "BOR"}, "goals": goals, "xG": xg,
            "datetime": "2023-08-26 14:00:00", "forecast": {"w": "0.4"}}  # fmt: skip


US_SEASON = {"teams": {}, "players": [], "dates": [us_match(1), us_match(2), us_match(3, played=False)]}


def us_page(value: Any) -> bytes:
    """The season in the script of a page; one letter in two as its bytes' escapes."""
    plain = as_text(value.get("dates") if isinstance(value, dict) else value, ascii_only=False)
    escaped = "".join(
        "".join(f"\\x{byte:02X}" for byte in letter.encode("utf-8", "replace"))
        if n % 2 or letter in "'\\\n"
        else letter
        for n, letter in enumerate(plain)
    )
    page = f"<!DOCTYPE html><html><script>var datesData = JSON.parse('{escaped}');</script></html>"
    return page.encode("utf-8", "replace")


@FUZZED
@given(spoilt_bodies([US_SEASON]) | spoilt_bodies([US_SEASON], us_page))
def test_fuzz_understat(body):
    judge(understat, UNDERSTAT_MATCHES, "https://site/getLeagueData/EPL/2023", body, as_json(US_SEASON))


# WhoScored

STATS = {"shots": 7, "shotsOnTarget": 3, "ballPossession": 51.5, "totalPasses": 400, "corners": 4}
WS_MATCH = {"id": 7, "startTimeUtc": "2023-08-26T14:00:00Z", "status": 6, "elapsed": "FT", "homeScore": 2, "awayScore": 1,
            "homeId": 11, "homeName": "Alba", "awayId": 12, "awayName": "Borea", "homeRedCards": 1, "homeYellowCards": 3,
            "periodResults": "HT 0:1, FT 2:1"}  # fmt: skip
WS_LIVE = {
    "liveStatistics": {"home": {"stats": STATS, "players": [{"stats": {"fouls": 2}}, {"stats": {}}]}, "away": {}},
    "incidentTimeline": [{"homeIncidents": [{"type": 2, "subType": 1}], "awayIncidents": []}],
}
WS_FEEDS: list[dict[str, Any]] = [
    {"tournaments": [{"tournamentId": 2, "tournamentName": "Premier League", "regionCode": "gb-eng", "regionName": "England",
                      "seasonName": "2023/2024", "stageId": 900, "stageName": "Premier League", "sex": 1,
                      "matches": [WS_MATCH, WS_MATCH | {"id": 8, "status": 1, "elapsed": ""}]}]},
    {"id": 900, "name": "LaLiga", "regionCode": "es", "tournamentId": 4, "fixtures": [WS_MATCH],
     "wsStatisticsUrl": "http://site/Regions/206/Tournaments/4/Seasons/5435/Stages/900"},
    {"info": WS_MATCH, "liveMatch": WS_LIVE, "id": 7},
]  # fmt: skip
WS_SIDE = {"teamId": 11, "name": "Alba", "stats": {"possession": {"0": 30}, "shotsTotal": {"3": 2}, "passesTotal": {"0": 9}},
           "incidentEvents": [{"cardType": {"displayName": "Yellow"}}, {}]}  # fmt: skip
WS_CENTRE = {"home": WS_SIDE, "away": WS_SIDE | {"teamId": 12, "name": "Borea"}, "statusCode": 6, "elapsed": "FT",
             "startTime": "2023-08-26T15:00:00", "score": "2 : 1", "htScore": "0 : 1", "ftScore": "2 : 1", "etScore": "",
             "attendance": 4100, "venueName": "The Yard", "referee": {"name": "N. N."}, "game_id": 7}  # fmt: skip
WS_DAY = "https://site/livescores/data?d=20230826&isSummary=false"


@FUZZED
@given(spoilt_bodies([*WS_FEEDS, WS_CENTRE]))
def test_fuzz_whoscored_feeds(body):
    judge(whoscored, WHOSCORED_MATCHES, WS_DAY, body, as_json(WS_FEEDS[0]))


def ws_page(value: Any) -> bytes:
    """A page with the match centre, and the feed of its tournament, in a script."""
    centre, feed = (as_text(part) for part in (value if isinstance(value, list) and len(value) == 2 else [value, []]))
    crumbs = (
        '<div id="breadcrumb-nav"><span>Spain</span><a href="/Regions/206/Tournaments/4/x">LaLiga - 2023/2024</a></div>'
    )
    scripts = f"var args = {{ matchId:7, matchCentreData: {centre}, formationIdNameMappings:{{}} }};</script><script>tournaments: {feed}"
    return f"<!DOCTYPE html><html>{crumbs}<script>{scripts}</script></html>".encode()


@FUZZED
@given(spoilt_bodies([WS_CENTRE, [WS_CENTRE, WS_FEEDS[0]["tournaments"]]], ws_page))
def test_fuzz_whoscored_pages(body):
    judge(whoscored, WHOSCORED_MATCHES, "https://site/Matches/7/Live", body, None)


LITERAL_PIECES = st.sampled_from(
    ["{", "}", "[", "]", ",", ":", "'", '"', "a", "$b", "1", "-0x1F", ".5e3", "1e999", "NaN", "Infinity", "!0", "undefined", "\\u{110000}",
     "\\ud800", "\\x4", "//", "/*", "*/", "\n", "\u2028", "9" * 5000, "٣", "²"]
) | st.text(max_size=2)  # fmt: skip


@FUZZED
@given(st.lists(LITERAL_PIECES, max_size=30).map("".join))
def test_fuzz_script_literals(text):
    try:
        _, end = read_literal(text)
    except LiteralError:
        return
    assert 0 < end <= len(text)


# Fonbet

FB_PACKETS = [
    {
        "packetVersion": 100, "fromVersion": 0,
        "sports": [{"id": 1, "kind": "sport", "name": "Футбол"}, {"id": 11, "parentId": 1, "name": "Англия. Премьер-Лига"}],
        "events": [
            {"id": n, "sportId": 11, "level": 1, "place": place, "startTime": 1_710_000_000 + n, "team1": f"Альба {n}",
             "team2": "Борея", "team1Id": n, "team2Id": 9}
            for n, place in ((1, "line"), (2, "live"), (3, "line"))
        ],
        "customFactors": [
            {"e": 1, "countAll": 2, "factors": [{"f": 921, "v": 1.5}, {"f": 927, "v": 1.9, "p": -100, "pt": "-1"}]},
            {"e": 2, "f": 930, "v": 1.85, "p": 250, "pt": "2.5"},
        ],
        "eventBlocks": [{"eventId": 3, "state": "partial", "factors": [921]}],
        "eventMiscs": [{"id": 2, "score1": 1, "score2": 0}],
        "announcements": [{"id": 4, "sportId": 11, "segmentId": 11, "segmentName": "Италия. Серия A", "place": "line",
                           "startTime": 1_710_000_000, "team1": "Ариа", "team2": "Вена"}],
    },
    {"31": {"time": 1_710_000_000, "Liga": "Футбол. Англия. Премьер-Лига", "team1": "Альба", "team2": "Борея",
            "bids": {"1": 2.1, "Ф1(-1.5)": 3.0, "ТБ(2.5)": 1.8}}},
]  # fmt: skip
LINE = "https://line/events/list?lang=ru&version=0&scopeMarket=1600"


def finite(value: Any) -> None:
    for factor, price, line in value:
        assert isinstance(factor, int) and math.isfinite(price) and (line is None or math.isfinite(line))


@FUZZED
@given(spoilt_bodies(FB_PACKETS))
def test_fuzz_fonbet(body):
    judge(fonbet, FONBET_EVENTS, LINE, body, as_json(FB_PACKETS[0]))


@FUZZED
@given(spoilt(FB_PACKETS[:1]), spoilt(FB_PACKETS[:1]))
def test_fuzz_fonbet_increments(first, then):
    """The packet after another one, by its version where that is still there."""
    if isinstance(then, dict):
        then |= {"fromVersion": 100, "packetVersion": 101}
    bodies = [as_json(first), as_json(then)]
    answers = [Answer(LINE, hashlib.sha256(body).hexdigest(), NOW, body) for body in bodies]
    try:
        parsed = fonbet.parse(answers)
    except SourceError:
        return
    quarantine(FONBET_EVENTS.name).conform(parsed.quarantined)
    hold_laws(FONBET_EVENTS.conform(parsed.records))


@FUZZED
@given(
    st.lists(
        st.sampled_from([*ODD_TEXTS, "Футбол.", "Англия", "Сезон 26/27", ". ", "Жен."]) | st.text(max_size=4),
        max_size=8,
    ).map("".join)
)
def test_fuzz_segments(name):
    competition = fonbet_segments.competition(name)
    assert competition == competition.strip(" .")
    assert fonbet_segments.league(competition) is None or fonbet_segments.holds_matches(competition)
    fonbet_segments.country(competition)
    assert side_kinds.sex(competition, name) in ("men", "women")
    assert side_kinds.kind(competition, name) in ("first", "reserve", "youth")


CELLS = st.sampled_from(
    ["0", "2", "10", "²", "Альба", "Борея", "Лацио Ювент Корреа К Х", "Лацио", "Ювентус", "1", "2", "45", *ODD_TEXTS]
)
LINES = st.lists(CELLS, min_size=4, max_size=7).map(";".join) | st.just("2;1;Лацио;Ювентус;1;5")


@FUZZED
@given(damaged(st.lists(LINES, max_size=6).map(lambda lines: "\n".join(lines).encode("cp1251", "replace"))))
def test_fuzz_fonbet_results(body):
    judge(
        fonbet_results,
        FONBET_RESULTS,
        "https://line/results/2024-03-09.csv",
        body,
        "2;1;Лацио;Ювентус;1;5".encode("cp1251"),
    )


@pytest.mark.parametrize("table", [FONBET_EVENTS, FONBET_RESULTS, *OF_RECORDS.values()], ids=lambda table: table.name)
def test_what_is_published_is_text(table):
    provenance = {"match_date", "_record", "_seen_at"}
    assert {name for name, dtype in table.schema.items() if dtype != pl.String} == provenance
