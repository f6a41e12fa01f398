import datetime as dt
import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.errors import BlockedError, ShapeError
from soccer_assets.leagues import LEAGUES, NAMES_AT
from soccer_assets.sources.fetching.client import Answer, Request
from soccer_assets.sources.fonbet import segments as fonbet_segments
from soccer_assets.sources.fonbet.events import accept, parse
from soccer_assets.sources.fonbet.packets import Packet, decode
from soccer_assets.sources.fonbet.snapshot import Snapshot
from soccer_assets.sources.fonbet.source import packets
from soccer_assets.sources.schema import FONBET_EVENTS, Parsed
from soccer_assets.sources.spec import Query

LIST = "https://line/events/list?lang=ru&version=0&scopeMarket=1600"
NOW = dt.datetime(2024, 4, 30, 8, 0, 5, tzinfo=dt.UTC)
KICK_OFF = 1714588200  # 2024-05-01T18:30:00Z
SPORTS = [
    {"id": 1, "kind": "sport", "name": "Футбол"},
    {"id": 4, "kind": "sport", "name": "Теннис"},
    {"id": 10, "parentId": 1, "kind": "segment", "name": "Футбол. Англия. Премьер-Лига"},
    {"id": 11, "parentId": 10, "kind": "segment", "name": "Футбол. Англия. Премьер-Лига. Сезон 24/25"},
    {"id": 40, "parentId": 4, "kind": "segment", "name": "Теннис. Рим"},
]


def event(number: int = 100, **changes: Any) -> dict[str, Any]:
    return {"id": number, "level": 1, "sportId": 10, "team1Id": 7, "team2Id": 8, "team1": "Альба", "team2": "Борея",
            "name": "", "startTime": KICK_OFF, "place": "line"} | changes  # fmt: skip


def flat(number: int, factor: int, price: float, **line: Any) -> dict[str, Any]:
    return {"e": number, "f": factor, "v": price, **line}


def packet(version: int = 5, since: int = 0, **lists: Any) -> dict[str, Any]:
    full = {"sports": SPORTS, "events": [event()], "customFactors": [flat(100, 921, 2.1)]} if not since else {}
    return {"packetVersion": version, "fromVersion": since, **full, **lists}


def segment(name: str) -> list[dict[str, Any]]:
    return [*SPORTS, {"id": 10, "parentId": 1, "kind": "segment", "name": name}]


def answers(*bodies: Any) -> list[Answer]:
    """Answers a minute apart, the first of them now."""
    texts = [json.dumps(body).encode() for body in bodies]
    return [
        Answer(LIST, hashlib.sha256(text).hexdigest(), NOW + dt.timedelta(minutes=n), text)
        for n, text in enumerate(texts)
    ]


def read(*bodies: Any) -> Parsed:
    parsed = parse(answers(*bodies))
    return Parsed(FONBET_EVENTS.conform(parsed.records), parsed.quarantined)


def row(*bodies: Any) -> dict[str, Any]:
    """The only match of the last snapshot."""
    parsed = read(*bodies)
    assert parsed.quarantined["reason"].to_list() == []
    last = hashlib.sha256(json.dumps(bodies[-1]).encode()).hexdigest()
    (found,) = (found for found in parsed.records.to_dicts() if found["_payload_id"] == last)
    return found


def prices(*bodies: Any) -> list[list[float]]:
    return json.loads(row(*bodies)["factors"])


def accepted(body: Any, before: Any = None) -> None:
    accept(LIST, json.dumps(body).encode(), json.dumps(before).encode() if before is not None else None)


# What is asked for


def test_a_snapshot_is_one_full_packet_from_any_of_the_hosts():
    day = dt.date(2024, 5, 1)
    assert packets(Query(day, day, day, base="https://a", mirrors=["https://b"])) == [
        Request(
            "https://a/events/list?lang=ru&version=0&scopeMarket=1600",
            mirrors=("https://b/events/list?lang=ru&version=0&scopeMarket=1600",),
        )
    ]


# One packet


def test_a_match_is_read_with_its_competition_and_prices():
    found = row(packet())
    assert {name: value for name, value in found.items() if value is not None} == {
        "match_date": dt.date(2024, 5, 1), "_league": "E0", "_address": LIST,
        "_payload_id": answers(packet())[0].payload_id, "_record": 1, "_seen_at": NOW, "event_id": "100",
        "quoted_at": "2024-04-30T08:00:05Z", "kick_off_at": "2024-05-01T18:30:00Z", "status": "scheduled",
        "competition_id": "10", "competition": "Англия. Премьер-Лига", "country": "England", "home": "Альба",
        "away": "Борея", "home_source_id": "7", "away_source_id": "8", "sex": "men", "kind": "first",
        "blocked": "false", "factors": "[[921, 2.1, null]]",
    }  # fmt: skip


PRICES: list[dict[str, Any]] = [
    {"f": 921, "v": 2.1}, {"f": 922, "v": 3.3}, {"f": 923, "v": 3.5}, {"f": 924, "v": 1.3}, {"f": 1571, "v": 1.28},
    {"f": 925, "v": 1.7}, {"f": 927, "v": 1.9, "p": -150, "pt": "-1.5"}, {"f": 928, "v": 1.9, "pt": "+1.5"},
    {"f": 930, "v": 1.8, "p": 250, "pt": "2.5"}, {"f": 931, "v": 2.0, "pt": "?"}, {"f": 4908, "v": 9.0},
]  # fmt: skip


@pytest.mark.parametrize(
    "factors",
    [
        [{"e": 100, "isLive": True, **price} for price in PRICES],
        [{"e": 100, "countAll": len(PRICES), "factors": PRICES}],
    ],
)
def test_both_shapes_of_factors_give_the_same_prices_with_their_lines(factors):
    assert prices(packet(customFactors=factors)) == [
        [921, 2.1, None], [922, 3.3, None], [923, 3.5, None], [924, 1.3, None], [925, 1.7, None], [927, 1.9, -1.5],
        [928, 1.9, 1.5], [930, 1.8, 2.5], [931, 2.0, None], [1571, 1.28, None],
    ]  # fmt: skip


def test_only_matches_of_football_are_read():
    events = [
        event(), event(101, sportId=40, team1="Игрок"), event(102, level=2, parentId=100, name="1-й тайм", team1=""),
        event(103, level=3, parentId=102, name="угловые", team1=""), event(104, sportId=11, team1="Вега"),
    ]  # fmt: skip
    parsed = read(packet(events=events))
    assert parsed.records["event_id"].to_list() == ["100", "104"]
    assert parsed.records["competition"].to_list() == ["Англия. Премьер-Лига"] * 2  # the season is left out
    assert parsed.quarantined.is_empty()


def test_a_match_in_play_has_a_score_and_no_prices():
    scores = [{"id": 100, "score1": 2, "score2": 1, "comment": "(1-1)"}]
    found = row(packet(events=[event(place="live")], eventMiscs=scores))
    assert (found["status"], found["home_goals"], found["away_goals"], found["factors"]) == ("in_play", "2", "1", "[]")


def test_a_blocked_match_has_no_prices_and_a_partly_blocked_one_lacks_some():
    two = [flat(100, 921, 2.1), flat(100, 923, 3.5)]
    blocked = row(packet(customFactors=two, eventBlocks=[{"eventId": 100, "state": "blocked"}]))
    assert (blocked["blocked"], blocked["factors"]) == ("true", "[]")
    partial = [{"eventId": 100, "state": "partial", "factors": [923]}]
    assert prices(packet(customFactors=two, eventBlocks=partial)) == [[921, 2.1, None]]
    assert len(prices(packet(customFactors=two, eventBlocks=[{"eventId": 100, "state": "unblocked"}]))) == 2


def test_an_announced_match_is_known_without_prices_until_it_is_on_the_line():
    coming = {"id": 200, "segmentId": 10, "segmentName": "Футбол. Англия. Премьер-Лига", "sportId": 1, "place": "line",
              "team1": "Вега", "team2": "Гелиос", "startTime": KICK_OFF}  # fmt: skip
    parsed = read(packet(announcements=[coming, coming | {"id": 100}, coming | {"id": 201, "sportId": 4}]))
    assert parsed.records.select("event_id", "factors", "competition_id").rows() == [
        ("100", "[[921, 2.1, null]]", "10"),
        ("200", "[]", "10"),
    ]


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"startTime": None}, "Футбол. Кубок", "expected a kick-off, found none"),
        ({}, "", "expected a competition, found none"),
        ({"place": "notActive"}, "Футбол. Кубок", "expected an event on the line or live, found notActive"),
        ({"team2": ""}, "Футбол. Кубок", "expected two sides, found one (a bet on the whole competition)"),
        ({}, "Футбол. Италия. Серия А. Кто забьет больше голов в матче",
         "expected a competition of matches, found Италия. Серия А. Кто забьет больше голов в матче"),
        ({"team1": "Хозяева", "team2": "Гости"}, "Футбол. Кубок",
         "expected two sides, found placeholders: Хозяева - Гости"),
        ({"team1": "Команда 1"}, "Футбол. Кубок", "expected two sides, found placeholders: Команда 1 - Борея"),
        ({}, "Футбол 3x3. Москва", "expected football, found another game under its name"),
    ],
)  # fmt: skip
def test_what_no_two_clubs_play_is_kept_aside_with_the_reason(changes, name, reason):
    parsed = read(packet(sports=segment(name), events=[event(**changes), event(101, sportId=11)]))
    assert parsed.records["event_id"].to_list() == ["101"]
    (bad,) = parsed.quarantined.to_dicts()
    assert (bad["origin"], bad["line"], bad["reason"]) == (LIST, 1, reason)
    assert json.loads(bad["record"])["event"]["id"] == 100


@pytest.mark.parametrize(
    ("changes", "name", "expected"),
    [
        ({}, "Футбол. Германия. Бундеслига. Сезон 26/27", ("D1", "Germany", "men", "first")),
        ({}, "Германия. Бундеслига", ("D1", "Germany", "men", "first")),  # later segments leave the sport out
        ({}, "Футбол. Италия. Серия A", ("I1", "Italy", "men", "first")),  # a Latin A
        ({}, "Футбол. Италия: Серия А. 26-й тур", ("I1", "Italy", "men", "first")),
        ({}, "футбол. германия – бундеслига 2 2026/27", ("D2", "Germany", "men", "first")),
        ({}, "Футбол. Англия. Премьер Лига. Перенесённые матчи", ("E0", "England", "men", "first")),
        ({}, "Футбол. Англия. Чемпион-Лига. Плей-офф. Финал. Лондон", ("E1", "England", "men", "first")),
        ({}, "Футбол. Англия. Премьер-Лига. Лондон", (None, "England", "men", "first")),
        ({}, "Футбол. Англия. Кубок. 1/2 финала", (None, "England", "men", "first")),
        ({}, "Футбол. Сев.Ирландия. Премьер-Лига", (None, "Northern Ireland", "men", "first")),
        ({}, "Футбол. Лига Чемпионов УЕФА", (None, None, "men", "first")),
        ({}, "Футбол. Жен. Англия. Премьер-Лига", (None, "England", "women", "first")),
        ({}, "Футбол. До 19 лет. Италия. Серия А", (None, "Italy", "men", "youth")),
        ({"team1": "Альба (ж)"}, "Футбол. Англия. Премьер-Лига", (None, "England", "women", "first")),
        ({"team1": "Альба U21"}, "Футбол. Англия. Премьер-Лига", (None, "England", "men", "youth")),
        ({"team1": "Альба (р)"}, "Футбол. Англия. Премьер-Лига", (None, "England", "men", "reserve")),
        ({"team2": "Вильярреал 2"}, "Футбол. Испания. Сегунда", ("SP2", "Spain", "men", "first")),
    ],
)
def test_league_country_sex_and_kind_are_told_by_segment_and_sides(changes, name, expected):
    found = row(packet(sports=segment(name), events=[event(**changes)]))
    assert (found["_league"], found["country"], found["sex"], found["kind"]) == expected


def test_no_two_leagues_share_a_name():
    names = [(name, code) for code, names in NAMES_AT["fonbet"].items() for name in names]
    assert len({name for name, _ in names}) == len(names) >= 38
    for name, code in names:
        assert (fonbet_segments.league(name), fonbet_segments.country(name)) == (code, LEAGUES[code].country)


def test_an_id_of_two_events_in_a_packet_is_kept_aside():
    events = [event(), event(101, team1="Вега"), event(team1="Гелиос"), event(101, team1="Вега")]
    parsed = read(packet(events=events, customFactors=[flat(100, 921, 2.1), flat(101, 921, 1.8)]))
    assert parsed.records["event_id"].to_list() == ["101"]
    assert parsed.quarantined["reason"].to_list() == [
        "expected one event under the id 100, found Альба - Борея and Гелиос - Борея"
    ]


# Increments


def test_an_increment_changes_takes_off_and_brings_prices_and_keeps_the_rest():
    first = packet(customFactors=[flat(100, 921, 2.1), flat(100, 922, 3.3), flat(100, 923, 3.5)])
    then = packet(6, 5, customFactors=[flat(100, 921, 2.2), flat(100, 923, 0), flat(100, 925, 1.7)])
    parsed = read(first, then)
    assert [json.loads(factors) for factors in parsed.records.sort("quoted_at")["factors"]] == [
        [[921, 2.1, None], [922, 3.3, None], [923, 3.5, None]],
        [[921, 2.2, None], [922, 3.3, None], [925, 1.7, None]],
    ]
    assert parsed.records["quoted_at"].sort().to_list() == ["2024-04-30T08:00:05Z", "2024-04-30T08:01:05Z"]


def test_a_list_of_all_factors_of_an_event_replaces_them_and_a_shorter_one_does_not():
    first = packet(customFactors=[flat(100, 921, 2.1), flat(100, 922, 3.3)])
    nested = [{"f": 921, "v": 2.4}]
    assert prices(first, packet(6, 5, customFactors=[{"e": 100, "countAll": 1, "factors": nested}])) == [
        [921, 2.4, None]
    ]
    some = packet(6, 5, customFactors=[{"e": 100, "countAll": 2, "factors": nested}])
    assert prices(first, some) == [[921, 2.4, None], [922, 3.3, None]]


def test_an_increment_moves_blocks_and_starts_events():
    then = packet(6, 5, events=[event(startTime=KICK_OFF + 3600)], eventBlocks=[{"eventId": 100, "state": "blocked"}])
    found = row(packet(), then)
    assert (found["kick_off_at"], found["blocked"]) == ("2024-05-01T19:30:00Z", "true")
    last = packet(7, 6, events=[event(place="live")], eventBlocks=[{"eventId": 100, "state": "unblocked"}])
    assert (row(packet(), then, last)["status"], row(packet(), then, last)["blocked"]) == ("in_play", "false")


def test_an_increment_after_a_gap_is_kept_aside_and_the_next_full_packet_heals_the_line():
    parsed = read(packet(), packet(9, 8, customFactors=[flat(100, 921, 9.0)]), packet(12))
    assert parsed.records["_seen_at"].dt.minute().sort().to_list() == [0, 2]
    assert parsed.quarantined["reason"].to_list() == [
        "expected changes since version 5, found those since 8; the next full packet states the line anew"
    ]
    alone = read(packet(9, 8))
    assert alone.quarantined["reason"].to_list() == [
        "expected a full packet (fromVersion 0), found changes since version 8"
    ]


def test_a_packet_that_was_read_before_is_no_new_snapshot():
    parsed = read(packet(), packet())
    assert parsed.records["quoted_at"].to_list() == ["2024-04-30T08:00:05Z"]


FACTORS = st.lists(
    st.tuples(st.integers(100, 102), st.sampled_from([921, 922, 923]), st.sampled_from([0.0, 1.5, 2.0, 3.1])),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(FACTORS, FACTORS, FACTORS)
def test_a_line_after_increments_is_the_line_of_all_changes_in_turn_and_the_old_one_stays(first, second, third):
    def after(version: int, since: int, changes: list[tuple[int, int, float]]) -> Packet:
        lists = {"events": [event(n) for n in (100, 101, 102)], "customFactors": [flat(*change) for change in changes]}
        return decode(LIST, json.dumps(packet(version, since, **lists)).encode())

    def expected(changes: list[tuple[int, int, float]]) -> dict[tuple[int, int], float]:
        prices = {(number, factor): price for number, factor, price in changes}
        return {key: price for key, price in prices.items() if price}

    def stated(line: Snapshot) -> dict[tuple[int, int], float]:
        return {(match.event.id, factor.f): factor.v for match in line.football() for factor in match.factors}

    line = Snapshot.from_packet(LIST, after(1, 0, first))
    later = line.updated(LIST, after(2, 1, second))
    last = later.updated(LIST, after(3, 2, third))
    assert stated(line) == expected(first)
    assert stated(later) == expected(first + second)
    assert stated(last) == expected(first + second + third)


# What was parsed before


def test_events_parsed_before_are_read_without_a_time_of_their_prices():
    bids = {"1": 2.1, "X": 3.3, "2": 3.5, "1X": 1.3, "12": 1.28, "X2": 1.7, "Ф1(-1.5)": 3.0, "Ф2(+1.5)": 1.4,
            "Ф1(0)": 1.5, "ТБ(2.5)": 1.8, "ТМ(2.5)": 2.0, "ТБ(3)": 2.6, "Фора": 1.0}  # fmt: skip
    archive = {
        "31": {"time": KICK_OFF, "sportName": 1, "Liga": "Футбол. Англия. Премьер-Лига", "team1": "Альба",
               "team2": "Борея", "bids": bids},
        "32": {"time": KICK_OFF, "sportName": 1, "Liga": "Хоккей. НХЛ", "team1": "A", "team2": "B", "bids": {}},
        "33": {"time": KICK_OFF, "sportName": 1, "Liga": "", "team1": "A", "team2": "B", "bids": {}},
    }  # fmt: skip
    parsed = read(archive)
    (found,) = parsed.records.to_dicts()
    assert (found["event_id"], found["_league"], found["quoted_at"], found["status"]) == ("31", "E0", None, "scheduled")
    assert json.loads(found["factors"]) == [
        [921, 2.1, None], [922, 3.3, None], [923, 3.5, None], [924, 1.3, None], [1571, 1.28, None], [925, 1.7, None],
        [927, 3.0, -1.5], [928, 1.4, 1.5], [927, 1.5, 0.0], [930, 1.8, 2.5], [931, 2.0, 2.5], [930, 2.6, 3.0],
    ]  # fmt: skip
    assert parsed.quarantined["reason"].to_list() == ["expected a competition, found none"]


# What is not accepted


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"packetVersion": 5, "sports": [], "matches": []}, "expected a full packet with events, customFactors, found none"),
        ({"version": 5}, "expected a packet of the line, found b'{\"version\": 5}' (Object missing required field `packetVersion`)"),
        (packet(events=[{"id": 1, "sport": 10, "place": "line"}] * 11), "(Object missing required field `sportId`); 11 of 11 events are odd"),
        ({"11918": "Англия. Премьер-Лига"}, "expected a packet of the line, found b'{\"11918\""),
        ({"1": {"bids": {}}}, "expected a packet of the line, found b'{\"1\": {\"bids\""),
    ],
)  # fmt: skip
def test_a_packet_of_another_shape_is_refused_with_the_key(body, message):
    with pytest.raises(ShapeError) as raised:
        accepted(body)
    assert message in str(raised.value)


def test_half_a_packet_is_refused():
    body = json.dumps(packet()).encode()
    with pytest.raises(ShapeError, match="Input data was truncated"):
        accept(LIST, body[: len(body) // 2], None)


def test_a_page_is_no_packet():
    with pytest.raises(BlockedError):
        accept(LIST, b"<html><title>Just a moment...</title></html>", None)
    with pytest.raises(ShapeError, match="expected a packet of the line, found an HTML page"):
        accept(LIST, b"<html><title>Works going on</title></html>", None)


def test_a_full_packet_with_fewer_than_half_the_matches_is_partial():
    def line(matches: int) -> dict[str, Any]:
        return packet(matches + 1, events=[event(n) for n in range(matches)])

    accepted(line(2), line(4))
    accepted(line(9), line(4))
    with pytest.raises(
        ShapeError, match="expected at least 50% of the 4 football matches of the last full packet, found 1"
    ):
        accepted(line(1), line(4))
    accepted(packet(9, 5), line(4))  # an increment brings what changed


def test_a_packet_of_an_earlier_time_is_refused():
    last = packet(9, events=[event(1, startTime=KICK_OFF + 7200), event(2, startTime=KICK_OFF + 9000)])
    early = packet(8, events=[event(1, startTime=KICK_OFF), event(2, startTime=KICK_OFF + 9000)])
    with pytest.raises(
        ShapeError, match="expected a packet after version 9, found the earlier version 8, with matches"
    ):
        accepted(early, last)
    accepted(packet(8, events=[event(2, startTime=KICK_OFF + 9000)]), last)  # versions of another host
    accepted(early | {"packetVersion": 10}, last)


# The raw payloads beside the repository, and such as are written here

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "data" / "raw" / "fonbet"


@pytest.fixture(params=["written", *(["published"] if PUBLISHED.is_dir() else [])])
def line_and_yield(request) -> tuple[list[Answer], list[int], list[str]]:
    """A full packet and two increments, the records of each snapshot, and the reasons of the quarantine."""
    if request.param == "written":
        changes = [packet(n + 1, n, customFactors=[flat(100, 921, 2.0 + n / 10)]) for n in (5, 6)]
        return answers(packet(), *changes), [1, 1, 1], []
    folder = PUBLISHED / "live_2019-08-19"
    names = ("currentLine", "updatesFromVersion-2529996195", "updatesFromVersion-2529996461")
    bodies = [json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes())) for name in names]
    players = "expected a competition of matches, found Россия. Премьер-Лига. Кто забьет больше голов в матче"
    reasons = [*[players] * 3, *["expected an event on the line or live, found notActive"] * 2] * 3
    return answers(*bodies), [132] * 3, reasons


def test_the_packets_of_a_line_yield_a_snapshot_each(line_and_yield):
    packets, sizes, reasons = line_and_yield
    for snapshot in packets:
        accept(LIST, snapshot.body, packets[0].body)
    parsed = parse(packets)
    records = FONBET_EVENTS.conform(parsed.records)
    counts = Counter(records["_payload_id"])
    assert [counts[snapshot.payload_id] for snapshot in packets] == sizes
    assert sorted(parsed.quarantined["reason"]) == sorted(reasons)


@pytest.fixture(params=["written", *(["published"] if PUBLISHED.is_dir() else [])])
def parsed_before(request) -> tuple[Any, int, int, int]:
    """Events parsed before; how many are football, of our leagues, and kept aside."""
    if request.param == "written":
        sides = {"time": KICK_OFF, "team1": "Альба", "team2": "Борея", "bids": {"1": 2.0}}
        return {"1": sides | {"Liga": "Футбол. Россия. Премьер-Лига"}, "2": sides | {"Liga": ""}}, 1, 1, 1
    body = (PUBLISHED / "prematch_2023-10" / "prematch_parsed.json.gz").read_bytes()
    return json.loads(gzip.decompress(body)), 486, 237, 466


def test_events_parsed_before_yield_every_match_of_football(parsed_before):
    archive, matches, ours, aside = parsed_before
    parsed = read(archive)
    assert (len(parsed.records), parsed.records["_league"].count(), len(parsed.quarantined)) == (matches, ours, aside)
    assert all(price > 1 for factors in parsed.records["factors"] for _, price, _ in json.loads(factors))
