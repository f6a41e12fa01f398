"""The football matches that Fonbet's packets offer, one row per match and snapshot.

A snapshot every few hours is a full packet; for finer polling an increment may follow it and changes the snapshot
before. Packets carry no clock, so prices are quoted when the packet was fetched. A third form is an archive of events
that others parsed (`{"1": 2.1, "ТБ(2.5)": 1.9}`): its prices were taken before kick-off, at an unknown time.
"""

import datetime as dt
import json
import math
import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import msgspec

from soccer_assets.errors import ShapeError, SourceError
from soccer_assets.leagues import LEAGUES
from soccer_assets.sources import side_kinds
from soccer_assets.sources.fetching import json_text as json_answers
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.fetching.response_checks import quoted, refuse_bot_wall, refuse_html, refuse_shrunken
from soccer_assets.sources.fonbet import segments as fonbet_segments
from soccer_assets.sources.fonbet.packets import Event, Factor, decode
from soccer_assets.sources.fonbet.snapshot import FOOTBALL, Match, Snapshot
from soccer_assets.sources.records import Record, RecordCollector, UnreadError
from soccer_assets.sources.schema import FONBET_EVENTS, LONGEST_ID, Parsed

#: The factors that are kept: 1x2, double chance, handicap, over and under.
FACTORS = {921: "1", 922: "X", 923: "2", 924: "1X", 1571: "12", 925: "X2", 927: "Ф1", 928: "Ф2", 930: "ТБ", 931: "ТМ"}
WITH_LINE = (927, 928, 930, 931)
#: Kick-offs in seconds from 1994, when the bookmaker began, to 2100: a time in another unit is none.
FIRST_KICK_OFF, LAST_KICK_OFF = 757_382_400, 4_102_444_800
#: Hundredths of a goal: no line has so many, and Python divides no number beyond a float's.
LEAST_ODD_LINE = 10**9
LONGEST_ELEMENT = 2000  # characters kept of an element in quarantine
STATUSES = {"line": "scheduled", "live": "in_play"}
_FACTORS = {bid: factor for factor, bid in FACTORS.items()}
_BID = re.compile(r"^([^(]+)(?:\(([+-]?[\d.]+)\))?$")


class _ArchivedEvent(msgspec.Struct, rename={"segment": "Liga"}):
    time: int
    segment: str
    team1: str
    team2: str
    bids: dict[str, float]


class _EventKeys(msgspec.Struct, rename={"segment": "Liga"}):
    """The keys by which an archived event of football is recognised."""

    segment: Any = None
    bids: Any = None


class _Fixture(NamedTuple):
    """An event by its texts; `reason` is why it is no match of two clubs, None where it is one."""

    competition: str
    country: str | None
    league: str | None
    home: str
    away: str
    sex: str
    kind: str
    reason: str | None


def accept(address: str, body: bytes, before: bytes | None) -> None:
    """Raise for anything that should not become a snapshot.

    Raises:
        BlockedError: the page of a bot wall.
        ShapeError: no packet, or a full one with fewer than half the football matches of the full one before, or of an
            earlier time.
    """
    refuse_bot_wall(address, body)
    refuse_html(address, body, "a packet of the line")
    new, last = (None if one is None else _full(address, one) for one in (body, before))
    if new is None or last is None:
        return
    refuse_shrunken(address, _count(new), _count(last), "football matches of the last full packet")
    if new.version < last.version and _first_kick_off(new) < _first_kick_off(last):
        raise ShapeError(
            address,
            f"expected a packet after version {last.version}, found the earlier version {new.version}, with matches "
            "that have begun since",
        )


def parse(answers: Sequence[Answer]) -> Parsed:
    """The football matches of each snapshot; answers are taken in the order given, the oldest first.

    An increment whose packet before is missing goes to quarantine whole; so does a match that no club plays.
    """
    collected = RecordCollector(FONBET_EVENTS)
    snapshot: Snapshot | None = None
    seen: set[str] = set()
    for answer in answers:
        if answer.payload_id in seen:
            continue
        seen.add(answer.payload_id)
        archive = _archive(answer.body)
        if archive is not None:
            for position, (key, event) in enumerate(archive.items(), start=1):
                collected.accept(answer, position, partial(_archived_record, key, event), partial(bytes, event))
            continue
        packet = decode(answer.address, answer.body)
        try:
            apply = snapshot.updated if packet.from_version and snapshot is not None else Snapshot.from_packet
            snapshot = apply(answer.address, packet)
        except ShapeError as error:
            collected.reject(answer, 0, UnreadError(str(error).removeprefix(f"{answer.address}: ")), answer.body[:200])
            continue
        matches = snapshot.football()
        for position, match in enumerate(matches, start=1):
            collected.accept(answer, position, partial(_record, match, answer.fetched_at), partial(_as_it_came, match))
        for position, part in enumerate(snapshot.unread(), start=len(matches) + 1):
            element = json_answers.as_text(part.element, LONGEST_ELEMENT)
            collected.reject(answer, position, UnreadError(part.reason), element)
    return collected.parsed()


def _full(address: str, body: bytes) -> Snapshot | None:
    """What a full packet states; None of an increment or an archive."""
    if _archive(body) is not None:
        return None
    packet = decode(address, body)
    return None if packet.from_version else Snapshot.from_packet(address, packet)


def _count(snapshot: Snapshot) -> int:
    """Football matches, those that cannot be read among them."""
    return len(snapshot.football()) + sum(part.list_name == "events" for part in snapshot.unread())


def _first_kick_off(snapshot: Snapshot) -> float:
    """The time of the next match to begin, in seconds since 1970."""
    matches = (match.event for match in snapshot.football())
    return min((event.start_time for event in matches if event.stage == "line" and event.start_time), default=math.inf)


def _archive(body: bytes) -> dict[str, msgspec.Raw] | None:
    """The events of an archive that may be football, unread; None where the answer is a packet."""
    if b'"packetVersion"' in body or b'"bids"' not in body:
        return None
    try:
        events = json_answers.decode("", body, dict[str, msgspec.Raw], "events")
    except SourceError:
        return None  # and no packet either, which decoding it as one will say
    football, is_archive = {}, False
    for name, event in events.items():
        try:
            keys = json_answers.decode_element(event, _EventKeys, "an event")
        except UnreadError:
            keys = _EventKeys()
        is_archive = is_archive or (keys.bids is not None and keys.segment is not None)
        # one that does not say its sport may be of football
        if not (isinstance(keys.segment, str) and keys.segment) or keys.segment.startswith("Футбол."):
            football[name] = event
    return football if is_archive else None


def _archived_record(key: str, raw: msgspec.Raw) -> Record:
    """An event of an archive; UnreadError where it cannot be read or is no match of two clubs."""
    event = json_answers.decode_element(raw, _ArchivedEvent, "an event with time, Liga, teams and bids")
    if not (key.isascii() and key.isdecimal() and len(key) <= LONGEST_ID):
        raise UnreadError(f"expected a number of at most {LONGEST_ID} digits as event, found {quoted(key)}")
    bids = [(bid, price) for text, price in event.bids.items() if (bid := _BID.match(text))]
    factors = [Factor(_FACTORS[bid[1]], price, pt=bid[2]) for bid, price in bids if bid[1] in _FACTORS]
    match = Event(int(key), FOOTBALL, "line", start_time=event.time, team1=event.team1, team2=event.team2)
    return _record(Match(match, 0, event.segment, tuple(factors)), None)


def _record(match: Match, quoted_at: dt.datetime | None) -> Record:
    """A match on offer; UnreadError where it is no match of two clubs or cannot be dated."""
    event, fixture = match.event, _fixture(match.segment, match.event.team1, match.event.team2)
    if event.start_time is None:
        raise UnreadError("expected a kick-off, found none")
    if not FIRST_KICK_OFF <= event.start_time <= LAST_KICK_OFF:
        raise UnreadError(f"expected a kick-off in seconds since 1970, found {event.start_time}")
    kick_off = dt.datetime.fromtimestamp(event.start_time, dt.UTC)
    stray = None if event.stage in STATUSES else f"expected an event on the line or live, found {event.stage}"
    special = f"expected two sides, found a bet: {event.name}" if side_kinds.is_bet(event.name) else None
    if reason := match.odd or stray or special or fixture.reason:
        raise UnreadError(reason, kick_off.date())
    live = event.stage == "live"
    score = match.score if live else None
    published = {
        "event_id": str(event.id),
        "quoted_at": f"{quoted_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}" if quoted_at else None,
        "kick_off_at": f"{kick_off:%Y-%m-%dT%H:%M:%SZ}",
        "status": STATUSES[event.stage],
        "competition_id": str(match.competition_id) if match.competition_id else None,
        "competition": fixture.competition,
        "country": fixture.country,
        "home": fixture.home,
        "away": fixture.away,
        "home_source_id": str(event.team1_id) if event.team1_id else None,
        "away_source_id": str(event.team2_id) if event.team2_id else None,
        "sex": fixture.sex,
        "kind": fixture.kind,
        "home_goals": str(score.score1) if score else None,
        "away_goals": str(score.score2) if score else None,
        "blocked": "true" if match.blocked else "false",
    }
    # a line is a hundredfold number or a text
    factors = [] if live else [(factor.f, factor.v, _line(factor)) for factor in match.factors if factor.f in FACTORS]
    odd = [factor for factor in factors if not all(value is None or math.isfinite(value) for value in factor)]
    unread = tuple(f"expected a price and its line, found {price} on {line} (factor {f})" for f, price, line in odd)
    sound = [factor for factor in factors if factor not in odd]
    return Record(kick_off.date(), fixture.league, published | {"factors": json.dumps(sound)}, unread)


@lru_cache(maxsize=50_000)  # the same fixtures stand in one snapshot after the other
def _fixture(segment: str, team1: str, team2: str) -> _Fixture:
    competition, home, away = fonbet_segments.competition(segment), team1.strip(), team2.strip()
    reason = None
    if not competition:
        reason = "expected a competition, found none"
    elif not home or not away:
        reason = "expected two sides, found one (a bet on the whole competition)"
    elif not fonbet_segments.holds_matches(competition):
        reason = f"expected a competition of matches, found {competition}"
    else:
        reason = side_kinds.no_match(competition, home, away)
    league, sex = fonbet_segments.league(competition), side_kinds.sex(competition, home, away)
    # no country lets a second team play in its first division
    with_second_teams = league is not None and LEAGUES[league].tier > 1
    kind = side_kinds.kind(competition, home, away, of_first_teams=with_second_teams)
    ours = league if sex == "men" and kind == "first" else None
    country = fonbet_segments.country(competition) or (LEAGUES[league].country if league else None)
    return _Fixture(competition, country, ours, home, away, sex, kind, reason)


def _line(factor: Factor) -> float | None:
    """The handicap or total of a factor, in goals."""
    if factor.f not in WITH_LINE:
        return None
    number = re.fullmatch(r"[+-]?\d+(?:\.\d+)?", factor.pt or "")
    text = float(number[0]) if number else None
    if factor.p is None:
        return text
    line = factor.p / 100 if abs(factor.p) < LEAST_ODD_LINE else math.inf
    return line if text is None or text == line else math.nan  # two lines of one price are none


def _as_it_came(match: Match) -> bytes:
    return msgspec.json.encode({"segment": match.segment, "event": match.event})
