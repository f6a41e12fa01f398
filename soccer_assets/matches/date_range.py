"""The rows that a run writes: the matches of its dates, their links and conflicts, and moved matches beyond them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from soccer_assets.matches.fonbet_results import MOST_DAYS_APART, check_results
from soccer_assets.matches.records import in_one_form
from soccer_assets.matches.resolution import resolve
from soccer_assets.matches.schema import MATCH_CONFLICTS, MATCH_LINKS, MATCHES, ON
from soccer_assets.storage.lake import DATE, MATCH
from soccer_assets.storage.tables import Replacement, TableRows

#: No two days of a season lie further apart.
SEASON_AROUND: Final = dt.timedelta(days=400)


@dataclass(frozen=True)
class MatchesOfRange:
    """Rows of `matches` and what comes with them, and how many of Fonbet's results agree, differ and fill."""

    rows: TableRows
    links: pl.DataFrame
    conflicts: pl.DataFrame
    checked: dict[str, int]


def matches_of_range(
    published: Mapping[str, pl.LazyFrame],
    fonbet_results: pl.LazyFrame,
    decisions: pl.DataFrame,
    first: dt.date,
    last: dt.date,
) -> MatchesOfRange:
    """The matches from `first` to `last`, both inclusive.

    Args:
        published: the records of each table that becomes matches, by its name, a season around the dates.
        fonbet_results: rows of `fonbet_results` from a day before the dates to a day after them.
        decisions: rows of `link_decisions`, in their order.
        first: the first match date.
        last: the last one.
    """
    resolved = resolve(in_one_form(published), decisions)
    near = resolved.rows.filter(pl.col(DATE).is_between(first - 2 * MOST_DAYS_APART, last + 2 * MOST_DAYS_APART))
    checked = check_results(near, fonbet_results, decisions)
    in_range = pl.col(DATE).is_between(first, last)
    conflicts = pl.concat([resolved.conflicts, checked.conflicts])
    beyond = partial(replace_moved_matches, resolved.rows, first, last)
    rows = TableRows(checked.rows.filter(in_range), resolved.quarantined.filter(in_range), beyond=beyond)
    return MatchesOfRange(rows, resolved.links.filter(in_range), conflicts.filter(in_range), checked.counts)


def replace_moved_matches(
    resolved: pl.DataFrame, first: dt.date, last: dt.date, stored: pl.LazyFrame
) -> Sequence[Replacement]:
    """The replacements of rows beyond the run's dates for matches that moved into or out of these.

    A match whose date was corrected at the source has its old row on a day that a run of the new days does not write.

    Args:
        resolved: matches of the run's dates and a season around them.
        first: the first match date of the run.
        last: the last one.
        stored: rows of `matches`.
    """
    on, in_range = pl.col("status").is_in(ON), pl.col(DATE).is_between(first, last)
    around = pl.col(DATE).is_between(first - SEASON_AROUND, last + SEASON_AROUND)
    before = stored.filter(around, on).select(MATCH).collect()
    now = resolved.filter(on).select(MATCH)
    removed = before.filter(in_range).join(now, on=MATCH, how="anti")
    added = now.filter(in_range).join(before, on=MATCH, how="anti")
    ids = pl.concat([removed, added]).select("match_id").unique()
    stale = before.filter(~in_range).join(ids, on="match_id", how="semi").join(now, on=MATCH, how="anti")
    fresh = now.filter(~in_range).join(removed, on="match_id", how="semi").join(before, on=MATCH, how="anti")
    moved = pl.concat([stale, fresh]).unique().sort(MATCH)
    if moved.is_empty():
        return []
    quoted = [(day, match_id.replace("'", "''")) for day, match_id in moved.iter_rows()]
    rows = " OR ".join(f"({DATE} = '{day}' AND match_id = '{match_id}')" for day, match_id in quoted)
    emptied = [Replacement(table.empty(), rows, table.name) for table in (MATCH_LINKS, MATCH_CONFLICTS)]
    return [Replacement(MATCHES.conform(resolved.join(moved, on=MATCH, how="semi")), rows), *emptied]
