"""Packets of Fonbet: full ones, and increments that name the version they change.

Factors are flat (`{"e", "f", "v", "p", "pt"}`, to 2020) or nested under their event
(`{"e", "countAll", "factors": [...]}`, from 2021).
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from soccer_assets.errors import ShapeError
from soccer_assets.sources.fetching import json_text as json_answers

#: A list with more odd elements than these, which are more than half of it, has changed shape.
MOST_ODD = 10
LEAST_SHARE_READ = 0.5


class Sport(msgspec.Struct, rename="camel"):
    """A node of the tree: a sport, or a segment of it, which is a competition."""

    id: int
    name: str = ""
    parent_id: int | None = None


class Event(msgspec.Struct, rename="camel"):
    """A match (level 1) or a part of one (deeper: halves, corners, cards)."""

    id: int
    sport_id: int
    stage: str = msgspec.field(name="place")
    level: int = 1
    start_time: int | None = None
    team1: str = ""
    team2: str = ""
    team1_id: int = 0
    team2_id: int = 0
    name: str = ""


class Factor(msgspec.Struct):
    """A price `v`; `p` is its line in hundredths, `pt` the same as text."""

    f: int
    v: float = 0.0
    p: int | None = None
    pt: str | None = None


class Priced(msgspec.Struct, rename="camel"):
    """Both shapes of factors: one of its event, or a list of them."""

    e: int
    f: int | None = None
    v: float = 0.0
    p: int | None = None
    pt: str | None = None
    count_all: int | None = None
    factors: list[Factor] | None = None


class Block(msgspec.Struct, rename="camel"):
    """Whether bets are taken: `blocked`, `partial` (all but `factors`), `unblocked`."""

    event_id: int
    state: Literal["blocked", "partial", "unblocked"]
    factors: list[int] = []


class Score(msgspec.Struct):
    """Goals of a match in play."""

    id: int
    score1: int = 0
    score2: int = 0


class Announcement(msgspec.Struct, rename="camel"):
    """A coming match without prices."""

    id: int
    sport_id: int
    segment_id: int
    segment_name: str
    stage: str = msgspec.field(name="place")
    start_time: int | None = None
    team1: str = ""
    team2: str = ""
    team1_id: int = 0
    team2_id: int = 0
    name: str = ""


class Odd(msgspec.Struct, frozen=True):
    """An element of a packet that cannot be read, with what could be: the event it is or belongs to, and its sport."""

    list_name: str
    reason: str
    element: Any
    event_id: int | None = None
    sport_id: int | None = None


class Packet(msgspec.Struct, rename="camel"):
    """A full packet (`from_version` 0) or the changes since another version; `odd` is no list of the source's."""

    packet_version: int
    from_version: int = 0
    odd: list[Odd] = msgspec.field(default_factory=list, name="-")
    sports: list[Sport] | None = None
    events: list[Event] | None = None
    custom_factors: list[Priced] | None = None
    event_blocks: list[Block] = []
    event_miscs: list[Score] = []
    announcements: list[Announcement] = []


def decode(address: str, body: bytes) -> Packet:
    """The packet of an answer.

    Raises:
        ShapeError: no packet, or one whose events are mostly of another shape; the message says which key is wrong.
    """
    try:
        return msgspec.json.decode(body, type=Packet)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        return _each(json_answers.decode(address, body, dict[str, Any], "a packet of the line"))
    except msgspec.ValidationError as error:
        raise ShapeError(address, f"expected a packet of the line, found {body[:60]!r} ({error})") from None


#: The lists of a packet: their attribute, what their elements are, and the key of the event each is or belongs to.
_LISTS: dict[str, tuple[str, type[msgspec.Struct], str | None]] = {
    "sports": ("sports", Sport, None),
    "events": ("events", Event, "id"),
    "customFactors": ("custom_factors", Priced, "e"),
    "eventBlocks": ("event_blocks", Block, "eventId"),
    "eventMiscs": ("event_miscs", Score, "id"),
    "announcements": ("announcements", Announcement, "id"),
}


def _each(packet: Mapping[str, Any]) -> Packet:
    """A packet read element by element: one that is odd costs itself, or the event it belongs to."""
    odd: list[Odd] = []
    lists: dict[str, list[Any]] = {}
    for name, (attribute, element_type, event_key) in _LISTS.items():
        if not isinstance(packet.get(name), list):
            continue
        lists[attribute] = []
        for element in packet[name]:
            try:
                lists[attribute].append(msgspec.convert(element, element_type, strict=False))  # `"7000"` is a number
            except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
                reason = f"expected an element of {name} that can be read, found another form ({error})"
                odd.append(Odd(name, reason, element, _number(element, event_key), _number(element, "sportId")))
        unread = len(packet[name]) - len(lists[attribute])
        if unread > max(MOST_ODD, LEAST_SHARE_READ * len(packet[name])):
            raise msgspec.ValidationError(f"{odd[-1].reason}; {unread} of {len(packet[name])} {name} are odd")
    versions = {key: packet[key] for key in ("packetVersion", "fromVersion") if key in packet}
    return msgspec.structs.replace(msgspec.convert(versions, Packet), **lists, odd=odd)


def _number(element: Any, key: str | None) -> int | None:
    value = element.get(key) if isinstance(element, dict) and key else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
