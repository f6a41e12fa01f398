"""What the desk for links shows: the open cases with all that helps to decide them, and the history of the links."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from soccer_assets.delta import DATE, Lake
from soccer_assets.matches import decisions
from soccer_assets.odds.links import alias_line
from soccer_assets.odds.schema import ODDS_LINKS

SIDES: Final = ("home", "away")
SHOWN: Final = 6
DAY: Final = dt.timedelta(days=1)


def links_now(lake: Lake) -> pl.DataFrame:
    """Every event as last linked: an event that was moved has left its old date."""
    return lake.read(ODDS_LINKS.name).sort(DATE, "decided_at").unique("event_id", keep="last", maintain_order=True)


def _cases(links: pl.DataFrame) -> pl.DataFrame:
    """Events for a person: plausible ones, and those of our leagues that have no match."""
    unmatched = (pl.col("outcome") == "none") & pl.col("league").is_not_null()
    return links.filter((pl.col("outcome") == "review") | unmatched).sort([DATE, "event_id"], descending=[True, False])


def told(entry: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in entry.items() if value is not None)


def review(lake: Lake) -> Iterator[str]:
    links = links_now(lake)
    cases = _cases(links)
    if cases.is_empty():
        yield "no open cases"
        return
    dates = cases[DATE].to_list()
    matches = lake.read("matches", min(dates) - DAY, max(dates) + DAY)
    for case in cases.iter_rows(named=True):
        candidate = matches.filter(pl.col("match_id").eq_missing(case["candidate_id"])).tail(1)
        yield f"case {case['event_id']}: {_fixture(case)}"
        yield f"  {case['source']}, {case['competition'] or 'competition unknown'}"
        if case["score"] is not None:
            yield f"  score {_number(case['score'])}, runner-up {_number(case['runner_up'])}, " \
                  f"margin {_number(case['margin'])}, {case['evidence']}"  # fmt: skip
        for match in candidate.iter_rows(named=True):
            yield f"  candidate: {_fixture(match)}  {match['match_id']}"
        same = (pl.col("competition") == case["competition"]) & (pl.col(DATE) == case["match_date"])
        yield from _beside("other events", links.filter(same, pl.col("event_id") != case["event_id"]))
        league = case["league"] or next(iter(candidate["league"]), None)
        there = matches.filter(pl.col("league") == league, (pl.col(DATE) - case["match_date"]).abs() <= DAY)
        yield from _beside("matches", there.filter(pl.col("match_id").ne_missing(case["candidate_id"])))
        for side in SIDES:
            club = candidate[f"{side}_id"].to_list()
            yield f"  alias line: {alias_line(case, side, club[0] if club else None)}"
        yield ""
    yield f"{len(cases)} open cases: just links accept CASE | reject CASE | import FILE of alias lines"


def _beside(what: str, rows: pl.DataFrame) -> Iterator[str]:
    for row in rows.sort(DATE, "home").head(SHOWN).iter_rows(named=True):
        yield f"    {what}: {_fixture(row)}  {row['match_id'] or ''}".rstrip()
    if len(rows) > SHOWN:
        yield f"    {what}: and {len(rows) - SHOWN} more"


def _fixture(row: dict[str, Any]) -> str:
    at = f"{row['kick_off_at']:%H:%M}" if row["kick_off_at"] else "--:--"
    return f"{row[DATE]} {at}  {row['home']} - {row['away']}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"


def history(lake: Lake, what: str | None) -> Iterator[str]:
    entries = decisions.ledger(lake)
    undone = decisions.undone(entries)
    about = entries
    if what is not None:
        mentioned = [pl.col(name) == what for name in ("name", "team_id", "other_team_id", "event_id")]
        about = entries.filter(pl.any_horizontal(mentioned).fill_null(False))
    about = pl.concat([about, entries.filter(pl.col("undoes").is_in(about["decision_id"].to_list()))]).unique()
    for entry in about.sort("decision_id").iter_rows(named=True):
        void = "  (undone)" if entry["decision_id"] in undone else ""
        shown = {
            name: value for name, value in entry.items() if not name.startswith("decided") and name != "decision_id"
        }
        when = f"{entry['decided_at']:%Y-%m-%d %H:%M}"
        yield f"{entry['decision_id']}  {when}  {entry['decided_by']}  {told(shown)}{void}"
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
