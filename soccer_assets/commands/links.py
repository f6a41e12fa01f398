"""The desk for links: open cases, decisions on them, and what each decision changed (`just links ...`)."""

import argparse
import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from soccer_assets.clock import Clock
from soccer_assets.commands.link_review import history, links_now, review, told
from soccer_assets.errors import SoccerError
from soccer_assets.linking import decisions
from soccer_assets.storage.lake import DATE, Lake

SIDES: Final = ("home", "away")
NEXT: Final = "the next run of odds_links uses it"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="just links", description="Links of events to matches: cases and decisions.")
    commands = parser.add_subparsers(dest="action", required=True)
    commands.add_parser("review", help="the open cases, newest date first")
    accept = commands.add_parser("accept", help="the event of a case is its candidate, or the match given")
    accept.add_argument("case", metavar="CASE", help="number of the event")
    accept.add_argument("match", metavar="MATCH", nargs="?", help="match_id; default the candidate")
    reject = commands.add_parser("reject", help="the event is not that match, or one of its names not that club")
    reject.add_argument("case", metavar="CASE", help="number of the event")
    reject.add_argument("side", nargs="?", choices=SIDES, help="only this name, wherever it stands")
    merge = commands.add_parser("merge", help="two ids are one club")
    merge.add_argument("team", metavar="TEAM", help="the id that counts")
    merge.add_argument("other", metavar="OTHER", help="the id that is the club's as well")
    split = commands.add_parser("split", help="a name is not the club it is taken for")
    split.add_argument("source", metavar="SOURCE")
    split.add_argument("name", metavar="NAME")
    undo = commands.add_parser("undo", help="a decision is as if it had never been made")
    undo.add_argument("numbers", metavar="N", type=int, nargs="+")
    changes = commands.add_parser("history", help="decisions and the links each of them changed")
    changes.add_argument("what", metavar="TEAM|NAME", nargs="?", help="only those on this club, name or event")
    for name, text in (("export", "write the aliases to"), ("import", "accept the aliases of")):
        command = commands.add_parser(name, help=f"{text} a CSV: source,name,country,team_id")
        command.add_argument("file", metavar="FILE", type=Path)
    for command in commands.choices.values():
        command.add_argument("--reason", help="kept with the decision")
    return parser


def run(command: Sequence[str], lake: Lake, clock: Clock) -> None:
    """Do what was asked and print what there is to say.

    Raises:
        SoccerError: there is no such case, club, name, decision or file.
    """
    arguments = _parser().parse_args(command)
    match arguments.action:
        case "review":
            print("\n".join(review(lake)))
        case "history":
            print("\n".join(history(lake, arguments.what)))
        case "export":
            print(f"{decisions.export_aliases(lake, arguments.file)} aliases written to {arguments.file}")
        case "import":
            numbers = decisions.import_aliases(lake, arguments.file, _who(), clock.now())
            print(f"{len(numbers)} new aliases; {NEXT}")
        case _:
            entries = [entry | {"reason": arguments.reason} for entry in _entries(arguments, lake)]
            numbers = decisions.record(lake, entries, _who(), clock.now())
            for number, entry in zip(numbers, entries, strict=True):
                print(f"{number}: {told(entry)}")
            print(f"{NEXT}; take it back with: just links undo {' '.join(map(str, numbers))}")


def _who() -> str:
    return getpass.getuser()


def _entries(arguments: argparse.Namespace, lake: Lake) -> list[dict[str, Any]]:
    match arguments.action:
        case "accept":
            case = _case(lake, arguments.case)
            match = _match(lake, arguments.match or case["candidate_id"], case)
            event = {"action": "accept", "event_id": case["event_id"], "match_id": match["match_id"]}
            named = {"source": case["source"], "country": case["country"]}
            return [event | named | {"name": case[side], "team_id": match[f"{side}_id"]} for side in SIDES]
        case "reject":
            case = _case(lake, arguments.case)
            match = _match(lake, case["match_id"] or case["candidate_id"], case)
            entry = {"action": "reject", "source": case["source"]}
            if arguments.side is None:
                return [entry | {"event_id": case["event_id"], "match_id": match["match_id"]}]
            return [entry | {"name": case[arguments.side], "team_id": match[f"{arguments.side}_id"]}]
        case "merge":
            for team in (arguments.team, arguments.other):
                _known_team(lake, team)
            return [{"action": "merge", "team_id": arguments.team, "other_team_id": arguments.other}]
        case "split":
            teams = _teams_of(lake, arguments.source, arguments.name)
            entry = {"action": "split", "source": arguments.source, "name": arguments.name}
            return [entry | {"team_id": team} for team in teams]
        case _:
            return [{"action": "undo", "undoes": number} for number in arguments.numbers]


def _case(lake: Lake, number: str) -> dict[str, Any]:
    found = links_now(lake).filter(pl.col("event_id") == number)
    if found.is_empty():
        raise SoccerError(
            f"expected the number of an event in odds_links, found {number}; `just links review` lists them"
        )
    return found.row(0, named=True)


def _match(lake: Lake, match_id: str | None, case: dict[str, Any]) -> dict[str, Any]:
    if match_id is None:
        raise SoccerError(f"case {case['event_id']} has no candidate; name one: just links accept CASE MATCH")
    rows = lake.scan("matches").filter(pl.col("match_id") == match_id).sort(DATE).tail(1).collect()
    if rows.is_empty():
        raise SoccerError(f"expected the id of a match, found {match_id}")
    return rows.row(0, named=True)


def _known_team(lake: Lake, team: str) -> None:
    known = lake.scan("matches").filter((pl.col("home_id") == team) | (pl.col("away_id") == team)).limit(1)
    if known.collect().is_empty():
        raise SoccerError(f"expected the id of a club that plays in matches, like england.arsenal, found {team}")


def _teams_of(lake: Lake, source: str, name: str) -> list[str]:
    """The clubs a name is taken for, by decision or by link."""
    told = decisions.aliases(decisions.ledger(lake)).filter(pl.col("source") == source, pl.col("name") == name)
    links = links_now(lake).filter(pl.col("source") == source, pl.col("outcome") == "linked")
    linked = [links.filter(pl.col(side) == name)[f"{side}_id"] for side in SIDES]
    teams = sorted(set(told["team_id"]) | {team for found in linked for team in found})
    if not teams:
        raise SoccerError(
            f"expected a name of {source} that is taken for a club, found {name}, which is taken for none"
        )
    return teams
