"""The world in Fonbet's line: full packets and increments, in which prices move.

Between the matches stands what a reader must tell apart: women, youth, reserves, computer games, parts of a match,
sides that are not known yet, announcements without prices.
"""

import datetime as dt
import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs

import numpy as np
import polars as pl

from soccer_assets.leagues import NAMES_AT
from soccer_assets.simulation.bookmakers import FONBET, Views, quote
from soccer_assets.simulation.clubs import PYRAMIDS
from soccer_assets.simulation.cups import CUPS
from soccer_assets.simulation.decoys import COUNTRIES, FORMS, GOALS
from soccer_assets.simulation.public_state import kick_off_at, shown_by
from soccer_assets.simulation.score_matrix import (
    LINES,
    Float,
    cover_probabilities,
    over_under_probabilities,
    result_probabilities,
    score_matrix,
)
from soccer_assets.simulation.site import Body
from soccer_assets.simulation.world import World

LISTED: Final = dt.timedelta(days=10)  # ahead, with prices
ANNOUNCED: Final = dt.timedelta(days=21)
VERSION_SECONDS: Final = 60  # packets are numbered by the minute
FOOTBALL, CYBER = 1, 40479
FIRST_SEGMENT: Final = 11_900
BLOCKED_SHARE: Final = 0.03
SEGMENTS: Final = {
    **{code: f"Футбол. {NAMES_AT['fonbet'][code][0]}" for leagues in PYRAMIDS.values() for code in leagues},
    **{cup: f"Футбол. {COUNTRIES[country]}. Кубок" for country, cup in CUPS.items()},
}
SIDESHOW_SEGMENTS: Final = [form[1].format(name) for form in FORMS.values() for name in COUNTRIES.values()]
SEGMENT_IDS: Final = {name: FIRST_SEGMENT + n for n, name in enumerate([*SEGMENTS.values(), *SIDESHOW_SEGMENTS])}

Packet = dict[str, Any]


def files(world: World, as_of: dt.datetime) -> dict[str, Body]:
    """`events/list`, also as `ma/events/list`: the whole line, or what changed since the `version` asked for."""
    answer = partial(line, world, as_of)
    return {"events/list": answer, "ma/events/list": answer}


def packet(world: World, as_of: dt.datetime) -> Packet:
    """The whole line at a moment."""
    matches = shown_by("fonbet", world, as_of).filter(pl.col("status").is_in(["scheduled", "in_play"]))
    matches = _priced(world, matches, as_of).filter(pl.col("kick_off_at") <= as_of + ANNOUNCED)
    rows = [
        *(row | {"segment": SEGMENTS[row["league"]]} for row in matches.iter_rows(named=True)),
        *_sideshow_rows(world, as_of),
    ]
    listed = [row for row in rows if row["kick_off_at"] <= as_of + LISTED]
    open_to_bets = [row for row in listed if row["status"] == "scheduled"]
    live = [row for row in listed if row["status"] == "in_play"]
    return {
        "packetVersion": int(as_of.timestamp()) // VERSION_SECONDS,
        "fromVersion": 0,
        "factorsVersion": 1,
        "siteVersion": 1,
        "sports": _sports(),
        "events": [event for row in listed for event in _events(row)] + list(_placeholders(as_of)),
        "eventBlocks": list(_blocks(open_to_bets)),
        "eventMiscs": [{"id": int(row["event_id"]), "liveDelay": 3, "score1": 0, "score2": 0} for row in live],
        "customFactors": [entry for row in open_to_bets for entry in _factors(row)],
        "announcements": [_announcement(row) for row in rows if row["kick_off_at"] > as_of + LISTED],
    }


def increment(before: Packet, after: Packet) -> Packet:
    """What leads from one packet to a later one: what is new or changed, and events that are over, not active."""
    changes = {"fromVersion": before["packetVersion"]}
    for name, entries in after.items():
        if isinstance(entries, list):
            changes[name] = [entry for entry in entries if entry not in before[name]]
    listed = {event["id"] for event in after["events"]}
    over = [event for event in before["events"] if event["id"] not in listed]
    changes["events"] += [event | {"place": "notActive"} for event in over]
    blocked = {block["eventId"] for block in after["eventBlocks"]}
    freed = [block["eventId"] for block in before["eventBlocks"] if block["eventId"] not in blocked]
    changes["eventBlocks"] += [{"eventId": event, "state": "unblocked"} for event in freed]
    return {**after, **changes}


def line(world: World, as_of: dt.datetime, query: str) -> bytes:
    """The answer to a query string: the whole line, or what changed since its `version`."""
    version = int(parse_qs(query).get("version", ["0"])[0])
    answer = packet(world, as_of)
    if version:
        then = dt.datetime.fromtimestamp(version * VERSION_SECONDS, dt.UTC)
        answer = increment(packet(world, then), answer)
    return json.dumps(answer, ensure_ascii=False).encode()


def _priced(world: World, matches: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """The matches with the bookmaker's view at the moment: its own error on the market's, some days late."""
    of_fonbet = world.events.filter(source="fonbet").select("key")
    own = np.exp(np.random.default_rng([world.seed, 3]).normal(0, FONBET.noise, (2, len(of_fonbet))))
    errors = of_fonbet.with_columns(own_home=own[0], own_away=own[1])
    matches = matches.join(errors, on="key", maintain_order="left")
    days = matches.select((pl.col("kick_off_at") - as_of).dt.total_seconds() / 86_400).to_series().to_numpy()
    views = Views(*(matches.select(f"{when}_home", f"{when}_away").to_numpy().T for when in ("early", "late")))
    view = views.at(days + FONBET.lag_days) * matches.select("own_home", "own_away").to_numpy().T
    return matches.with_columns(view_home=view[0], view_away=view[1])


def _sideshow_rows(world: World, as_of: dt.datetime) -> Iterator[dict[str, Any]]:
    coming = world.sideshows.with_columns(kick_off_at=kick_off_at()).filter(
        pl.col("kick_off_at").is_between(as_of, as_of + LISTED)
    )
    extra = {"status": "scheduled", "view_home": GOALS, "view_away": GOALS, "home_id": "0", "away_id": "0"}
    yield from (row | extra for row in coming.iter_rows(named=True))


def _sports() -> list[dict[str, Any]]:
    kinds = {FOOTBALL: "Футбол", CYBER: "Киберфутбол"}
    sports = [{"id": number, "kind": "sport", "sortOrder": str(number), "name": name} for number, name in kinds.items()]
    segments = [
        {"id": n, "parentId": CYBER if name.startswith(kinds[CYBER]) else FOOTBALL, "kind": "segment", "name": name}
        for name, n in SEGMENT_IDS.items()
    ]
    return [*sports, *segments]


def _events(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The match, and its corners as an event below it."""
    number = int(row["event_id"])
    event = {
        "id": number,
        "level": 1,
        "num": number % 10_000,
        "sportId": SEGMENT_IDS[row["segment"]],
        "kind": 1,
        "rootKind": 1,
        "team1Id": int(row["home_id"]),
        "team2Id": int(row["away_id"]),
        "team1": row["home"],
        "team2": row["away"],
        "name": "",
        "namePrefix": "",
        "startTime": int(row["kick_off_at"].timestamp()),
        "place": "live" if row["status"] == "in_play" else "line",
        "priority": 0,
    }
    yield event
    yield event | {"id": number * 10, "parentId": number, "level": 2, "kind": 400100, "rootKind": 400000, "team1Id": 0,
                   "team2Id": 0, "team1": "", "team2": "", "name": "угловые"}  # fmt: skip


def _placeholders(as_of: dt.datetime) -> Iterator[dict[str, Any]]:
    """A final whose sides are not known yet."""
    start = int((as_of + dt.timedelta(days=7)).timestamp())
    sides = {"team1Id": 0, "team2Id": 0, "team1": "Победитель пары 1", "team2": "Победитель пары 2"}
    for cup in CUPS.values():
        segment = SEGMENT_IDS[SEGMENTS[cup]]
        yield {"id": 49_000_000 + segment, "level": 1, "num": 1, "sportId": segment, "kind": 1, "rootKind": 1, **sides,
               "name": "", "namePrefix": "", "startTime": start, "place": "line", "priority": 0}  # fmt: skip


def _blocks(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Some events are blocked, some in part; which ones follows from their ids."""
    for row in rows:
        number = int(row["event_id"])
        draw = np.random.default_rng(number).random()
        if draw < BLOCKED_SHARE:
            yield {"eventId": number, "state": "blocked"}
        elif draw < 2 * BLOCKED_SHARE:
            yield {"eventId": number, "state": "partial", "factors": [931]}


def _factors(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The prices of a match, and one on its corners."""
    number = int(row["event_id"])
    matrix = score_matrix(np.array([row["view_home"]]), np.array([row["view_away"]]))
    (result,), (total,), (cover,) = (
        made(matrix) for made in (result_probabilities, over_under_probabilities, cover_probabilities)
    )
    even = int(np.abs(cover - 0.5).argmin())
    double = np.array([result[0] + result[1], result[0] + result[2], result[1] + result[2]])
    handicap = np.array([cover[even], 1 - cover[even]])
    goals = float(LINES[even])
    factors = [
        *_entries((921, 922, 923), result),
        *_entries((924, 1571, 925), double),
        *_entries((927, 928), handicap, (goals, -goals)),
        *_entries((930, 931), total, (2.5, 2.5), signed=False),
    ]
    yield {"e": number, "countAll": len(factors), "factors": factors}
    yield {"e": number * 10, "countAll": 2, "factors": _entries((930, 931), total, (9.5, 9.5), signed=False)}


def _entries(
    ids: tuple[int, ...], probabilities: Float, lines: tuple[float, ...] = (), signed: bool = True
) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = [
        {"f": factor, "v": float(price)} for factor, price in zip(ids, quote(probabilities, FONBET.margin), strict=True)
    ]
    for entry, goals in zip(entries, lines, strict=False):
        entry |= {"p": round(goals * 100), "pt": f"{goals:+g}" if signed and goals else f"{goals:g}"}
    return entries


def _announcement(row: dict[str, Any]) -> dict[str, Any]:
    segment = {"segmentId": SEGMENT_IDS[row["segment"]], "segmentName": row["segment"], "sportId": FOOTBALL}
    sides = {"team1Id": int(row["home_id"]), "team2Id": int(row["away_id"]), "team1": row["home"], "team2": row["away"]}
    start = int(row["kick_off_at"].timestamp())
    return {"id": int(row["event_id"]), **segment, **sides, "name": "", "startTime": start, "place": "line"}
