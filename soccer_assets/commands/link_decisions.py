"""Decisions on links of events to matches: the entries that each command of `soccer links` records."""

import getpass
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from soccer_assets.commands.link_review import clubs_of, describe, links_now
from soccer_assets.errors import SoccerError
from soccer_assets.linking import decisions
from soccer_assets.settings import Clock, Settings
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.storage.lake import DATE, Lake

SIDES: Final = ("home", "away")
NEXT: Final = "the next run of odds_links uses it"
Entry = dict[str, Any]


def record(lake: Lake, entries: Sequence[Entry], decided_by: str) -> Iterator[str]:
    """Add entries to the ledger of decisions; a line for each, and how to undo them.

    Raises:
        SoccerError: an entry undoes a decision that is not there.
    """
    numbers = decisions.record(lake, entries, decided_by, Clock.from_settings(Settings.read()).now())
    for number, entry in zip(numbers, entries, strict=True):
        yield f"{number}: {describe(entry)}"
    yield f"{NEXT}; take it back with: uv run soccer links undo {' '.join(map(str, numbers))}"


def import_aliases(lake: Lake, file: Path) -> str:
    """Accept the aliases of a CSV; how many were new, and which of their clubs play no match of the lake.

    Raises:
        SoccerError: the file is no such CSV.
    """
    now, sources = Clock.from_settings(Settings.read()).now(), [source.name for source in SOURCES]
    numbers = decisions.import_aliases(lake, file, getpass.getuser(), now, sources)
    entries = decisions.ledger(lake).filter(pl.col("decision_id").is_in(numbers))
    clubs = lake.scan("matches").select(f"{side}_id" for side in SIDES).collect() if lake.exists("matches") else None
    played = set() if clubs is None else {team for side in clubs for team in side}
    unknown = sorted(set(entries["team_id"]) - played)
    without = f"; no match has the clubs {', '.join(unknown)}: correct the ids if they are mistyped" if unknown else ""
    return f"{len(numbers)} new aliases; {NEXT}{without}"


def accept(lake: Lake, case: str, match: str | None) -> list[Entry]:
    """The event of a case is its candidate or the match given, and each of its names is that club.

    Raises:
        SoccerError: there is no such event or match, or the event has no candidate, or a swapped or moved one.
    """
    event = _event(lake, case)
    row = _match(lake, match or event["candidate_id"], event)
    evidence = json.loads(event["evidence"])
    if row["match_id"] == event["candidate_id"] and (evidence.get("swapped") or evidence.get("moved_days")):
        actual = "home and away swapped" if evidence["swapped"] else f"one moved by {evidence['moved_days']} days"
        raise SoccerError(
            f"case {case}: expected the day and the sides of the match, found {actual}: no price is taken from such an "
            "event; reject it, or import its alias lines for the days to come"
        )
    entry = {"action": "accept", "event_id": event["event_id"], "match_id": row["match_id"]}
    entry |= {"source": event["source"], "country": event["country"]}
    return [entry | {"name": event[side], "team_id": row[f"{side}_id"]} for side in SIDES]


def reject(lake: Lake, case: str, side: str | None) -> list[Entry]:
    """The event of a case is not its match or candidate; with a side, that name is not that club.

    Raises:
        SoccerError: there is no such event, or it has no match and no candidate.
    """
    event = _event(lake, case)
    row = _match(lake, event["match_id"] or event["candidate_id"], event)
    entry = {"action": "reject", "source": event["source"]}
    if side is None:
        return [entry | {"event_id": event["event_id"], "match_id": row["match_id"]}]
    return [entry | {"name": event[side], "team_id": clubs_of(event, row)[side]}]


def merge(lake: Lake, team: str, other: str) -> list[Entry]:
    """Two ids are one club; the first one counts.

    Raises:
        SoccerError: one of them plays no match, or they are one.
    """
    if team == other:
        raise SoccerError(f"expected the ids of two clubs, found {team} twice: name the one that does not count second")
    for team_id in (team, other):
        plays = lake.scan("matches").filter((pl.col("home_id") == team_id) | (pl.col("away_id") == team_id)).limit(1)
        if plays.collect().is_empty():
            raise SoccerError(f"expected the id of a club that plays in matches, like england.arsenal, found {team_id}")
    return [{"action": "merge", "team_id": team, "other_team_id": other}]


def split(lake: Lake, source: str, name: str) -> list[Entry]:
    """A name is none of the clubs it is taken for, by decision or by link.

    Raises:
        SoccerError: the name is taken for no club.
    """
    aliases = decisions.aliases(decisions.ledger(lake)).filter(pl.col("source") == source, pl.col("name") == name)
    links = links_now(lake).filter(pl.col("source") == source, pl.col("outcome") == "linked")
    linked = [links.filter(pl.col(side) == name)[f"{side}_id"] for side in SIDES]
    teams = sorted({*aliases["team_id"], *(team for ids in linked for team in ids)})
    if not teams:
        raise SoccerError(
            f"expected a name of {source} that is taken for a club, found {name}, which is taken for none"
        )
    return [{"action": "split", "source": source, "name": name, "team_id": team} for team in teams]


def undo(lake: Lake, numbers: Sequence[int]) -> list[Entry]:
    """Earlier decisions do not count."""
    return [{"action": "undo", "undoes": number} for number in numbers]


def _event(lake: Lake, number: str) -> Entry:
    rows = links_now(lake).filter(pl.col("event_id") == number)
    if rows.is_empty():
        raise SoccerError(
            f"expected the number of an event in odds_links, found {number}; `uv run soccer links review` lists them"
        )
    return rows.row(0, named=True)


def _match(lake: Lake, match_id: str | None, event: Entry) -> Entry:
    if match_id is None:
        raise SoccerError(
            f"case {event['event_id']} has no candidate; name one: uv run soccer links accept CASE MATCH_ID"
        )
    rows = lake.scan("matches").filter(pl.col("match_id") == match_id).sort(DATE).tail(1).collect()
    if rows.is_empty():
        raise SoccerError(f"expected the id of a match, found {match_id}")
    return rows.row(0, named=True)
