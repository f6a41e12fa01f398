"""What Fonbet offers after a packet: a full packet states it, an increment changes the state of the version it names.

A packet carries a version and no clock; a price of 0 withdraws a factor.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Self

from soccer_assets.errors import ShapeError
from soccer_assets.sources.fonbet.packets import Announcement, Block, Event, Factor, Odd, Packet, Priced, Score, Sport

FOOTBALL = 1
DEEPEST = 10  # levels of the tree of sports


@dataclass(frozen=True)
class Match:
    """A football match on offer, by the newest packet about it."""

    event: Event | Announcement
    competition_id: int
    segment: str
    factors: tuple[Factor, ...] = ()
    blocked: bool = False
    score: Score | None = None
    odd: str | None = None  # why a part of it cannot be read


@dataclass(frozen=True)
class Snapshot:
    """Everything on offer after a packet; frozen: the next packet gives another one."""

    version: int
    sports: dict[int, Sport] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    factors: dict[int, dict[int, Factor]] = field(default_factory=dict)
    blocks: dict[int, Block] = field(default_factory=dict)
    scores: dict[int, Score] = field(default_factory=dict)
    announcements: dict[int, Announcement] = field(default_factory=dict)
    odd: tuple[Odd, ...] = ()

    @classmethod
    def from_packet(cls, address: str, packet: Packet) -> Self:
        """What a full packet states; ShapeError for an increment and for a packet without its lists."""
        if packet.from_version:
            raise ShapeError(
                address, f"expected a full packet (fromVersion 0), found changes since version {packet.from_version}"
            )
        lists = {"sports": packet.sports, "events": packet.events, "customFactors": packet.custom_factors}
        if missing := [name for name, rows in lists.items() if rows is None]:
            raise ShapeError(address, f"expected a full packet with {', '.join(missing)}, found none")
        return cls(0).updated(address, packet)

    def updated(self, address: str, packet: Packet) -> Self:
        """The state after the changes of a packet; ShapeError where these are not the changes since this version."""
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
            # the state of the event is unknown until the next full packet
            odd=(*self.odd, *packet.odd, *_ambiguous(packet.events or [])),
        )

    def _priced(self, changes: Iterable[Priced]) -> dict[int, dict[int, Factor]]:
        priced = dict(self.factors)
        touched: set[int] = set()
        for change in changes:
            flat = [] if change.f is None else [Factor(change.f, change.v, change.p, change.pt)]
            factors = flat or change.factors or []
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
        """The football matches on offer, in the order of their first packet, without the parts of matches."""
        odd = {part.event_id: part.reason for part in reversed(self.odd)}
        matches = []
        for event in self.events.values():
            sport = self._sport(event.sport_id)
            if event.level == 1 and (sport == FOOTBALL or sport not in self.sports):
                block = self.blocks.get(event.id)
                state = block.state if block else "unblocked"
                closed = block.factors if block and state == "partial" else []
                factors = self.factors.get(event.id, {})
                offered = () if state == "blocked" else tuple(factors[f] for f in sorted(factors) if f not in closed)
                segment = self.sports[event.sport_id].name if event.sport_id in self.sports else ""
                score, problem = self.scores.get(event.id), odd.get(event.id)
                if sport not in self.sports:
                    problem = problem or f"expected the sport of an event in the tree, found none with the id {sport}"
                matches.append(Match(event, event.sport_id, segment, offered, state == "blocked", score, problem))
        matches += [
            Match(coming, coming.segment_id, coming.segment_name)
            for coming in self.announcements.values()
            if coming.id not in self.events and self._sport(coming.sport_id) == FOOTBALL
        ]
        return matches

    def unread(self) -> Iterator[Odd]:
        """The elements that cannot be read and may be a sport or a football match that `football` does not give."""
        for part in self.odd:
            event = self.events.get(part.event_id) if part.event_id is not None else None
            sport_id = event.sport_id if event else part.sport_id
            if sport_id is not None and self._sport(sport_id) != FOOTBALL:
                continue
            # parts of a match, and elements of a match that `football` gives with its reason, are left out
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


def _ambiguous(events: Iterable[Event]) -> Iterator[Odd]:
    """The ids that a packet gives to two events: whose prices are those of the id?"""
    first: dict[int, Event] = {}
    for event in events:
        other = first.setdefault(event.id, event)
        if _identity(event) != _identity(other):
            teams, teams_before = (f"{one.team1} - {one.team2}" for one in (event, other))
            reason = f"expected one event under the id {event.id}, found {teams_before} and {teams}"
            yield Odd("events", reason, event, event.id, event.sport_id)


def _identity(event: Event) -> tuple[int, int, str, str]:
    return event.sport_id, event.level, event.team1, event.team2
