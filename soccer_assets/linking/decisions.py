"""The ledger of decisions on names and links: only ever added to, replayed in its order, any entry undone by another.

The state is what the entries that stand say, one after the other; nothing else is stored.

- accept: at a source, a name (of a country, where one is given) is a club;
- reject: a name is not that club, or an event is not that match; neither is proposed again;
- merge: two ids are one club, the first one's;
- split: a name is not the club it was taken for;
- undo: an earlier entry, an undo as well, is as if it had never been made.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from soccer_assets.countries import NAMES, OF_RUSSIAN
from soccer_assets.errors import SoccerError, first_line
from soccer_assets.linking.link import ALIASES, REJECTED
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.storage.lake import Lake

Entry = Mapping[str, Any]
#: Columns of the aliases as a file that people read and edit.
FILE_COLUMNS: Final = ("source", "name", "country", "team_id")
#: Stands in an alias line for the club that is to be filled in.
NO_CLUB: Final = "?"
COUNTRIES: Final = frozenset({*OF_RUSSIAN.values(), *NAMES.values()})


def ledger(lake: Lake) -> pl.DataFrame:
    """All entries in their order."""
    if not lake.exists(LINK_DECISIONS.name):
        return LINK_DECISIONS.empty()
    return in_order(lake.read(LINK_DECISIONS.name))


def in_order(entries: pl.DataFrame) -> pl.DataFrame:
    """Rows of `link_decisions` in the order in which they were made."""
    return entries.select(LINK_DECISIONS.schema.names()).sort("decision_id", "decided_at")


def record(lake: Lake, entries: Sequence[Entry], decided_by: str, decided_at: dt.datetime) -> list[int]:
    """Add entries to the ledger, all or none; their numbers.

    Raises:
        SoccerError: an undo names a number that no entry has, or that several have.
    """
    past = ledger(lake)
    for entry in entries:
        if entry["action"] == "undo":
            _require_one(past, entry["undoes"])
    first = 1 + max(past["decision_id"], default=0)
    numbers = list(range(first, first + len(entries)))
    rows = [
        {"decision_id": number, "decided_at": decided_at, "decided_by": decided_by, **entry}
        for number, entry in zip(numbers, entries, strict=True)
    ]
    lake.append(LINK_DECISIONS.name, LINK_DECISIONS.conform(pl.DataFrame(rows, schema=LINK_DECISIONS.schema)))
    return numbers


def _require_one(past: pl.DataFrame, number: int) -> None:
    same = past.filter(pl.col("decision_id") == number)
    if len(same) != 1:
        among = f"1 to {max(past['decision_id'])}" if len(past) else "there is none yet"
        raise SoccerError(f"expected the number of one decision ({among}), found {number}, which {len(same)} have")


def undone(entries: pl.DataFrame) -> set[int]:
    """Numbers of the entries that a standing undo names."""
    numbers: set[int] = set()
    for number, undoes in entries.select("decision_id", "undoes").reverse().iter_rows():
        if undoes is not None and number not in numbers:
            numbers.add(undoes)
    return numbers


def standing(entries: pl.DataFrame) -> pl.DataFrame:
    """The entries that count."""
    return entries.filter(~pl.col("decision_id").is_in(sorted(undone(entries))), pl.col("action") != "undo")


def merged(entries: pl.DataFrame) -> dict[str, str]:
    """Ids that are another club's -> the id that counts."""
    into: dict[str, str] = {}
    merges = standing(entries).filter(pl.col("action") == "merge").select("team_id", "other_team_id")
    for team, other in merges.iter_rows():
        target = into.get(team, team)
        into = {old: target if new == other else new for old, new in into.items()} | {other: target}
    return {old: new for old, new in into.items() if old != new}


def aliases(entries: pl.DataFrame) -> pl.DataFrame:
    """What names are decided to be: `linking.ALIASES` and decision_id, decided_at, decided_by of the last word."""
    into = merged(entries)
    by_name: dict[tuple[str, str, str | None], dict[str, Any]] = {}
    for entry in standing(entries).iter_rows(named=True):
        source, name, country = entry["source"], entry["name"], entry["country"]
        entry["team_id"] = into.get(entry["team_id"], entry["team_id"])
        if entry["action"] == "accept":
            by_name[source, name, country] = entry
        elif entry["action"] in ("reject", "split") and name is not None:
            by_name = {
                key: past
                for key, past in by_name.items()
                if key[:2] != (source, name) or entry["team_id"] not in (None, past["team_id"])
            }
    words = {name: LINK_DECISIONS.schema[name] for name in ("decision_id", "decided_at", "decided_by")}
    schema = {**ALIASES, **words}
    rows = [{name: entry[name] for name in schema} for entry in by_name.values()]
    return pl.DataFrame(rows, schema=schema).sort("source", "name", "country")


def rejected(entries: pl.DataFrame) -> pl.DataFrame:
    """What is not to be proposed again: `source` and `linking.REJECTED`; a later acceptance lifts it."""
    into = merged(entries)
    refused: dict[tuple[str | None, ...], dict[str, Any]] = {}
    for entry in standing(entries).iter_rows(named=True):
        entry["team_id"] = into.get(entry["team_id"], entry["team_id"])
        of_name = tuple(entry[column] for column in ("source", "name", "team_id"))
        of_event = tuple(entry[column] for column in ("source", "event_id", "match_id"))
        if entry["action"] in ("reject", "split"):
            refused[of_event if entry["name"] is None else of_name] = entry
        elif entry["action"] == "accept":
            refused.pop(of_name, None)
            refused.pop(of_event, None)
    schema = pl.Schema({"source": pl.String(), **REJECTED})
    return pl.DataFrame([{name: row[name] for name in schema} for row in refused.values()], schema=schema).sort(
        pl.all()
    )


def export_aliases(lake: Lake, file: Path) -> int:
    """Write the aliases that stand as CSV; how many."""
    rows = aliases(ledger(lake)).select(FILE_COLUMNS)
    file.parent.mkdir(parents=True, exist_ok=True)
    rows.write_csv(file)
    return len(rows)


def import_aliases(
    lake: Lake, file: Path, decided_by: str, decided_at: dt.datetime, sources: Collection[str] = ()
) -> list[int]:
    """Accept the aliases of a CSV that do not stand already; the numbers of the entries.

    Raises:
        SoccerError: the file is not there, lacks a column, or has a row without a source, name or club, of a source
            that is none of `sources` (default: any), of an unknown country, or of a name with another club.
    """
    if not file.is_file():
        raise SoccerError(f"expected a CSV file with the columns {list(FILE_COLUMNS)}, found no file {file}")
    try:
        rows = pl.read_csv(file, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise SoccerError(
            f"{file}: expected a CSV file in UTF-8 with the columns {list(FILE_COLUMNS)}, "
            f"found none ({first_line(error)})"
        ) from None
    missing = [name for name in FILE_COLUMNS if name not in rows.columns]
    if missing:
        raise SoccerError(f"{file}: expected the columns {list(FILE_COLUMNS)}, found {rows.columns}")
    rows = rows.with_row_index("_line", 2).with_columns(
        pl.col(FILE_COLUMNS).str.strip_chars().replace(["", NO_CLUB], None)
    )
    empty = rows.filter(pl.any_horizontal(pl.col("source", "name", "team_id").is_null()))
    if len(empty):
        raise SoccerError(
            f"{file}: expected source, name and team_id on every line, found one empty on lines "
            f"{empty['_line'].head(5).to_list()}: fill it in or leave the line out"
        )
    of_two = pl.col("team_id").n_unique().over("source", "name", "country") > 1
    for expected, wrong, column in (
        (f"a source out of {', '.join(sources)}", ~pl.col("source").is_in(list(sources or rows["source"])), "source"),
        ("a country as `links review` writes it", ~pl.col("country").is_in(list(COUNTRIES)), "country"),
        ("one club for a name", of_two, "name"),
    ):
        if len(bad := rows.filter(wrong)):
            examples, lines = (bad[name].unique(maintain_order=True).head(5).to_list() for name in (column, "_line"))
            raise SoccerError(f"{file}: expected {expected}, found {examples} on lines {lines}")
    stand = aliases(ledger(lake)).select(FILE_COLUMNS)
    new = (
        rows.select(FILE_COLUMNS).unique(maintain_order=True).join(stand, on=FILE_COLUMNS, how="anti", nulls_equal=True)
    )
    reason = f"imported from {file.name}"
    entries = [{"action": "accept", "reason": reason, **row} for row in new.iter_rows(named=True)]
    return record(lake, entries, decided_by, decided_at) if entries else []
