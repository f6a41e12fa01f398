"""What a run writes: the matches of its dates, with what comes with them, and the rows beyond of moved matches."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from soccer_assets.matches.fonbet_results import BESIDE, check_results
from soccer_assets.matches.resolution import resolve
from soccer_assets.matches.schema import MATCH_CONFLICTS, MATCH_LINKS, MATCHES, ON
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.tables import Replacement, TableRows

#: No two days of a season lie further apart.
SEASON_AROUND: Final = dt.timedelta(days=400)


@dataclass(frozen=True)
class MatchesOfRange:
    """Rows of `matches`, `match_links`, `match_conflicts`; how many of Fonbet's results agree, differ and fill."""

    rows: TableRows
    links: pl.DataFrame
    conflicts: pl.DataFrame
    checked: dict[str, int]


def matches_of_range(
    results: pl.LazyFrame,
    fixtures: pl.LazyFrame,
    others: pl.DataFrame,
    fonbet_results: pl.LazyFrame,
    decisions: pl.DataFrame,
    first: dt.date,
    last: dt.date,
) -> MatchesOfRange:
    """The matches from `first` to `last`, both inclusive.

    Args:
        results: rows of `football_data_results`, a season around the dates.
        fixtures: rows of `football_data_fixtures`, likewise.
        others: the other sources' records in `records.FORM`, likewise.
        fonbet_results: rows of `fonbet_results` from a day before the dates to a day after them.
        decisions: rows of `link_decisions`, in their order.
        first: the first match date.
        last: the last one.
    """
    resolved = resolve(results, fixtures, others, decisions)
    near = resolved.rows.filter(pl.col(DATE).is_between(first - 2 * BESIDE, last + 2 * BESIDE))
    checked = check_results(near, fonbet_results, decisions)
    of_dates = pl.col(DATE).is_between(first, last)
    conflicts = pl.concat([resolved.conflicts, checked.conflicts])
    beyond = partial(of_moved_matches, resolved.rows, first, last)
    rows = TableRows(checked.rows.filter(of_dates), resolved.quarantined.filter(of_dates), beyond=beyond)
    return MatchesOfRange(rows, resolved.links.filter(of_dates), conflicts.filter(of_dates), checked.counts)


def of_moved_matches(
    resolved: pl.DataFrame, first: dt.date, last: dt.date, stored: pl.LazyFrame
) -> Sequence[Replacement]:
    """What makes right the rows beyond the run's dates of matches that moved into or out of these.

    A match whose date was corrected at the source has its old row where a run of the new days alone does not write.

    Args:
        resolved: matches of the run's dates and a season around them.
        first: the first match date of the run.
        last: the last one.
        stored: rows of `matches`.
    """
    key, on = [DATE, "match_id"], pl.col("status").is_in(ON)
    of_dates = pl.col(DATE).is_between(first, last)
    around = pl.col(DATE).is_between(first - SEASON_AROUND, last + SEASON_AROUND)
    before = stored.filter(around, on).select(key).collect()
    now = resolved.filter(on).select(key)
    gone = before.filter(of_dates).join(now, on=key, how="anti")
    came = now.filter(of_dates).join(before, on=key, how="anti")
    ids = pl.concat([gone, came]).select("match_id").unique()
    stale = before.filter(~of_dates).join(ids, on="match_id", how="semi").join(now, on=key, how="anti")
    fresh = now.filter(~of_dates).join(gone, on="match_id", how="semi").join(before, on=key, how="anti")
    moved = pl.concat([stale, fresh]).unique().sort(key)
    if moved.is_empty():
        return []
    right = MATCHES.conform(resolved.join(moved, on=key, how="semi"))
    quoted = [(day, match_id.replace("'", "''")) for day, match_id in moved.iter_rows()]
    places = " OR ".join(f"({DATE} = '{day}' AND match_id = '{match_id}')" for day, match_id in quoted)
    nothing = [Replacement(table.empty(), places, table.name) for table in (MATCH_LINKS, MATCH_CONFLICTS)]
    return [Replacement(right, places), *nothing]
