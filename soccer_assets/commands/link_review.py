"""What `soccer links` prints: the open cases with all that helps to decide them, and the history of the links."""

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from soccer_assets.linking import decisions
from soccer_assets.matches.schema import MATCHES, ON
from soccer_assets.odds.links import DAYS_MOVED, alias_line
from soccer_assets.odds.schema import ODDS_LINKS
from soccer_assets.storage.lake import DATE, Lake

SIDES: Final = ("home", "away")
MOST_CANDIDATES: Final = 6
DAY: Final = dt.timedelta(days=1)
MOVED: Final = dt.timedelta(days=DAYS_MOVED)


def links_now(lake: Lake) -> pl.DataFrame:
    """Every event as last linked: an event that was moved has left its old date."""
    return lake.read(ODDS_LINKS.name).sort(DATE, "decided_at").unique("event_id", keep="last", maintain_order=True)


def _cases(links: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Events for a person: plausible ones, and those without a match of leagues that have matches that day."""
    on_day = matches.filter(pl.col("status").is_in(ON)).select(DATE, pl.col("league").cast(pl.String)).unique()
    of_league = links.join(on_day, on=[DATE, "league"], how="semi")
    unmatched = (pl.col("outcome") == "none") & pl.col("event_id").is_in(of_league["event_id"].implode())
    return links.filter((pl.col("outcome") == "review") | unmatched).sort([DATE, "event_id"], descending=[True, False])


def clubs_of(event: Mapping[str, Any], match: Mapping[str, Any]) -> dict[str, str]:
    """The club of a match by the side on which the event names it, which is the other one in a swapped case."""
    is_swapped = json.loads(event["evidence"]).get("swapped") and match["match_id"] == event["candidate_id"]
    theirs = SIDES[::-1] if is_swapped else SIDES
    return {side: match[f"{other}_id"] for side, other in zip(SIDES, theirs, strict=True)}


def describe(entry: dict[str, Any]) -> str:
    """The fields of an entry that are not null, as name=value."""
    return " ".join(f"{name}={value}" for name, value in entry.items() if value is not None)


def review(lake: Lake) -> Iterator[str]:
    """Lines on each open case: its fixture, candidate, other events and matches of the day, and alias lines."""
    links = links_now(lake)
    dates = links.filter(pl.col("outcome") != "linked")[DATE].to_list()
    matches = lake.read("matches", min(dates) - MOVED, max(dates) + MOVED) if dates else MATCHES.empty()
    cases = _cases(links, matches)
    if cases.is_empty():
        yield "no open cases"
        return
    yield "all times are UTC"
    for case in cases.iter_rows(named=True):
        candidate = matches.filter(pl.col("match_id").eq_missing(case["candidate_id"])).tail(1)
        yield f"case {case['event_id']}: {_fixture(case)}"
        competition, country = case["competition"] or "competition unknown", case["country"] or "country unknown"
        yield f"  {case['source']}, {competition}, {country}"
        if case["score"] is not None:
            yield f"  probability {_probability(case['score'])}, runner-up {_probability(case['runner_up'])}, " \
                  f"{_evidence(case['evidence'])}"  # fmt: skip
        for match in candidate.iter_rows(named=True):
            yield f"  candidate: {_fixture(match)}  {match['match_id']}"
        same = (pl.col("competition") == case["competition"]) & (pl.col(DATE) == case["match_date"])
        yield from _fixtures("other events", links.filter(same, pl.col("event_id") != case["event_id"]))
        league = case["league"] or next(iter(candidate["league"]), None)
        of_league = matches.filter(pl.col("league") == league, (pl.col(DATE) - case["match_date"]).abs() <= DAY)
        yield from _fixtures("matches", of_league.filter(pl.col("match_id").ne_missing(case["candidate_id"])))
        clubs = clubs_of(case, candidate.row(0, named=True)) if len(candidate) else {}
        for side in SIDES:
            yield f"  alias line: {alias_line(case, side, clubs.get(side))}"
        yield ""
    yield f"{len(cases)} open cases: uv run soccer links accept CASE | reject CASE | import FILE of alias lines"


def _fixtures(what: str, rows: pl.DataFrame) -> Iterator[str]:
    for row in rows.sort(DATE, "home").head(MOST_CANDIDATES).iter_rows(named=True):
        yield f"    {what}: {_fixture(row)}  {row['match_id'] or ''}".rstrip()
    if len(rows) > MOST_CANDIDATES:
        yield f"    {what}: and {len(rows) - MOST_CANDIDATES} more"


def _fixture(row: dict[str, Any]) -> str:
    """A fixture by its kick-off in UTC, dates too; where that is not known, by its date alone."""
    at = f"{row['kick_off_at']:%Y-%m-%d %H:%M}" if row["kick_off_at"] else f"{row[DATE]} --:--"
    return f"{at}  {row['home']} - {row['away']}"


def _probability(log_odds: float | None) -> str:
    """A score as the probability that event and match are one."""
    return "none" if log_odds is None else f"{1 / (1 + math.exp(-log_odds)):.1%}"


def _evidence(evidence: str) -> str:
    """What speaks for a case, log-odds as probabilities."""
    parts = [
        f"{name} {_probability(value) if isinstance(value, float) else value}"
        for name, value in json.loads(evidence).items()
    ]
    return ", ".join(part.replace("_", " ") for part in parts) or "no evidence"


def history(lake: Lake, what: str | None) -> Iterator[str]:
    """Lines on each decision and the links it changed; with `what`, only those on this club, name or event."""
    entries = decisions.ledger(lake)
    undone = decisions.undone(entries)
    selected = entries
    if what is not None:
        mentioned = [pl.col(name) == what for name in ("name", "team_id", "other_team_id", "event_id")]
        selected = entries.filter(pl.any_horizontal(mentioned).fill_null(False))
    undoing = entries.filter(pl.col("undoes").is_in(selected["decision_id"].to_list()))
    for entry in pl.concat([selected, undoing]).unique().sort("decision_id").iter_rows(named=True):
        void = "  (undone)" if entry["decision_id"] in undone else ""
        fields = {name: value for name, value in entry.items() if not name.startswith("deci")}
        when = f"{entry['decided_at']:%Y-%m-%d %H:%M}"
        yield f"{entry['decision_id']}  {when}  {entry['decided_by']}  {describe(fields)}{void}"
        yield from _changes(lake, entry)
    if what is not None:
        yield from _linked_names(lake, what)


def _changes(lake: Lake, entry: dict[str, Any]) -> Iterator[str]:
    """The events of the entry's names whose match is another one now than when it was made."""
    if not lake.exists(ODDS_LINKS.name):
        return
    names = {entry["name"], *_names_of(lake, entry["event_id"])} - {None}
    concerned = pl.col("home").is_in(sorted(names)) | pl.col("away").is_in(sorted(names))
    key = [DATE, "event_id"]
    now = lake.scan(ODDS_LINKS.name).filter(concerned).select(*key, "home", "away", "match_id").collect()
    before = _as_of(lake, entry["decided_at"]).filter(concerned).select(*key, was="match_id")
    both = now.join(before, on=key, how="inner").filter(pl.col("match_id").ne_missing(pl.col("was")))
    for row in both.sort(key).iter_rows(named=True):
        yield f"    {row['match_date']} {row['event_id']} {row['home']} - {row['away']}: " \
              f"{row['was'] or 'no match'} -> {row['match_id'] or 'no match'}"  # fmt: skip


def _names_of(lake: Lake, event_id: str | None) -> list[str]:
    """The names of an event."""
    rows = lake.scan(ODDS_LINKS.name).filter(pl.col("event_id").eq_missing(event_id)).select(SIDES).collect()
    return [name for row in rows.rows() for name in row]


def _as_of(lake: Lake, at: dt.datetime) -> pl.DataFrame:
    """`odds_links` as it was; empty before its first version."""
    table = lake.table(ODDS_LINKS.name)
    versions = [commit["version"] for commit in table.history() if commit["timestamp"] <= at.timestamp() * 1000]
    if not versions:
        return ODDS_LINKS.empty()
    table.load_as_version(max(versions))
    return pl.DataFrame(pl.from_arrow(table.to_pyarrow_table()))


def _linked_names(lake: Lake, what: str) -> Iterator[str]:
    """How often each name was linked to the club, or the name to each club, and on what grounds."""
    links = links_now(lake).filter(pl.col("outcome") == "linked")
    sides = pl.concat([links.select(DATE, "method", name=side, team_id=f"{side}_id") for side in SIDES])
    rows = sides.filter((pl.col("name") == what) | (pl.col("team_id") == what)).group_by("name", "team_id", "method")
    for row in (
        rows.agg(pl.len(), first=pl.col(DATE).min(), last=pl.col(DATE).max()).sort("name", "team_id", "method").rows()
    ):
        name, team, method, count, first, last = row
        yield f"{name} is {team}: {count} links by {method}, {first} to {last}"
