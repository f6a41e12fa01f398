"""The line of Fonbet as its packets tell it: a full packet states it, an increment changes the state it names.

A packet carries a version and no clock. Factors are flat (`{"e", "f", "v", "p", "pt"}`, to 2020) or nested under their
event (`{"e", "countAll", "factors": [...]}`, from 2021); a price of 0 takes a factor off the line.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import msgspec

from soccer_assets.errors import ShapeError
from soccer_assets.sources.fetching import json_text as json_answers

FOOTBALL = 1
DEEPEST = 10  # levels of the tree of sports
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
    place: str
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
    state: str
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
    place: str
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


@dataclass(frozen=True)
class Match:
    """A football match on the line: the latest of what is known of it."""

    event: Event | Announcement
    competition_id: int
    segment: str
    factors: tuple[Factor, ...] = ()
    blocked: bool = False
    score: Score | None = None
    odd: str | None = None  # what of it could not be read


@dataclass(frozen=True)
class Line:
    """Everything on offer after a packet; a packet applied gives a new line and leaves the old one as it was."""

    version: int
    sports: dict[int, Sport] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    factors: dict[int, dict[int, Factor]] = field(default_factory=dict)
    blocks: dict[int, Block] = field(default_factory=dict)
    scores: dict[int, Score] = field(default_factory=dict)
    announcements: dict[int, Announcement] = field(default_factory=dict)
    odd: tuple[Odd, ...] = ()

    @classmethod
    def of(cls, address: str, packet: Packet) -> Self:
        """The line a full packet states.

        Raises:
            ShapeError: an increment, or a packet without its lists.
        """
        if packet.from_version:
            raise ShapeError(
                address, f"expected a full packet (fromVersion 0), found changes since version {packet.from_version}"
            )
        lists = {"sports": packet.sports, "events": packet.events, "customFactors": packet.custom_factors}
        missing = [name for name, rows in lists.items() if rows is None]
        if missing:
            raise ShapeError(address, f"expected a full packet with {', '.join(missing)}, found none")
        return cls(0).updated(address, packet)

    def updated(self, address: str, packet: Packet) -> Self:
        """The line after the changes of a packet.

        Raises:
            ShapeError: the changes are not those since this version; ask for a full packet then.
        """
        if packet.from_version != self.version:
            raise ShapeError(
                address,
                f"expected changes since version {self.version}, found those since {packet.from_version}; "
                "the next full packet states the line anew",
            )
        return replace(
            self,
            version=packet.packet_version,
            sports=self.sports | {sport.id: sport for sport in packet.sports or []},
            events=self.events | {event.id: event for event in packet.events or []},
            factors=self._priced(packet.custom_factors or []),
            blocks=self.blocks | {block.event_id: block for block in packet.event_blocks},
            scores=self.scores | {score.id: score for score in packet.event_miscs},
            announcements=self.announcements | {coming.id: coming for coming in packet.announcements},
            odd=(*self.odd, *packet.odd),  # nobody knows the state of the event until the next full packet
        )

    def _priced(self, changes: Iterable[Priced]) -> dict[int, dict[int, Factor]]:
        priced = dict(self.factors)
        touched: set[int] = set()
        for change in changes:
            factors = change.factors if change.factors is not None else []
            if change.f is not None:
                factors = [Factor(change.f, change.v, change.p, change.pt)]
            # a list as long as the event has factors in all is the whole of them
            whole = change.factors is not None and len(factors) == change.count_all
            if change.e not in touched or whole:
                priced[change.e] = {} if whole else dict(priced.get(change.e, {}))
                touched.add(change.e)
            for factor in factors:
                if factor.v:
                    priced[change.e][factor.f] = factor
                else:
                    priced[change.e].pop(factor.f, None)
        return priced

    def football(self) -> list[Match]:
        """The football matches on the line, in the order they came up; parts of matches are none."""
        odd = {part.event_id: part.reason for part in reversed(self.odd)}
        matches = []
        for event in self.events.values():
            if event.level == 1 and self._sport(event.sport_id) == FOOTBALL:
                block = self.blocks.get(event.id)
                state = block.state if block else "unblocked"
                closed = block.factors if block and state == "partial" else []
                factors = self.factors.get(event.id, {})
                offered = () if state == "blocked" else tuple(factors[f] for f in sorted(factors) if f not in closed)
                segment = self.sports[event.sport_id].name if event.sport_id in self.sports else ""
                score, problem = self.scores.get(event.id), odd.get(event.id)
                matches.append(Match(event, event.sport_id, segment, offered, state == "blocked", score, problem))
        matches += [
            Match(coming, coming.segment_id, coming.segment_name)
            for coming in self.announcements.values()
            if coming.id not in self.events and self._sport(coming.sport_id) == FOOTBALL
        ]
        return matches

    def unread(self) -> Iterator[Odd]:
        """What could not be read and may be a match of football, or a sport, that is in no match above."""
        for part in self.odd:
            event = self.events.get(part.event_id) if part.event_id is not None else None
            sport_id = event.sport_id if event else part.sport_id
            if sport_id is not None and self._sport(sport_id) != FOOTBALL:
                continue
            # parts of a match, and what belongs to one that is told as a whole, are none
            if event is None and (part.event_id is None or part.list_name in ("events", "announcements")):
                yield part

    def _sport(self, node: int) -> int:
        """The sport at the root of a node of the tree."""
        for _ in range(DEEPEST):
            sport = self.sports.get(node)
            if sport is None or sport.parent_id is None:
                break
            node = sport.parent_id
        return node


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


#: The lists of a packet: what their elements are, and the key of the event each is or belongs to.
_LISTS: dict[str, tuple[type[msgspec.Struct], str | None]] = {
    "sports": (Sport, None),
    "events": (Event, "id"),
    "customFactors": (Priced, "e"),
    "eventBlocks": (Block, "eventId"),
    "eventMiscs": (Score, "id"),
    "announcements": (Announcement, "id"),
}


def _each(packet: Mapping[str, Any]) -> Packet:
    """A packet read element by element: one that is odd costs itself, or the event it belongs to."""
    read, odd = {key: value for key, value in packet.items() if key in ("packetVersion", "fromVersion")}, []
    lists: dict[str, list[Any]] = {}
    for name, (kind, event_key) in _LISTS.items():
        if not isinstance(packet.get(name), list):
            continue
        lists[name] = []
        for element in packet[name]:
            try:
                lists[name].append(msgspec.convert(element, kind))
            except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
                odd.append(_odd(name, event_key, element, error))
        strange = len(packet[name]) - len(lists[name])
        if strange > max(MOST_ODD, LEAST_SHARE_READ * len(packet[name])):
            raise msgspec.ValidationError(f"{odd[-1].reason}; {strange} of {len(packet[name])} {name} are odd")
    whole = msgspec.convert(read, Packet)
    rows = {_ATTRIBUTES[name]: elements for name, elements in lists.items()}
    return msgspec.structs.replace(whole, **rows, odd=odd)


def _odd(name: str, event_key: str | None, element: Any, error: Exception) -> Odd:
    def number(key: str | None) -> int | None:
        value = element.get(key) if isinstance(element, dict) and key else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    reason = f"expected an element of {name} that can be read, found another form ({error})"
    return Odd(name, reason, element, number(event_key), number("sportId"))


_ATTRIBUTES = {"sports": "sports", "events": "events", "customFactors": "custom_factors", "eventBlocks": "event_blocks",
               "eventMiscs": "event_miscs", "announcements": "announcements"}  # fmt: skip
