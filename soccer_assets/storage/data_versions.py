"""Data versions: from which state of its upstream tables each match date of a table was made.

The version of a match date is a hash of its rows. When a table of `RESTS_ON` is written, the versions of the upstream
dates that were read are stored with each of its own dates. A date whose upstream has other versions today is out of
date, whatever the times say: a result corrected in March changes every rating after it, and a correction that says the
same changes nothing.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping

import polars as pl

from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.table_states import TableState
from soccer_assets.storage.tables import Column, Table

#: Results that are published or corrected so many days after the match are still read by the nightly run.
CORRECTED_DAYS = 7
#: A match without a result is looked for again for so long.
OVERDUE_DAYS = 60
#: What a date of a table is made from: every upstream date up to it, or (False) that date alone.
RESTS_ON: Mapping[str, Mapping[str, bool]] = {
    "matches": {},
    "team_ratings": {"matches": True, "market_probabilities": True},
    "match_features": {"matches": True, "team_ratings": True},
    "predictions": {},
    "settled_predictions": {"matches": False, "predictions": False},
}
#: Of these, a date that was never made is missing; forecasts also depend on when the first model was trained.
MADE_DAILY = ("matches", "team_ratings", "match_features")
#: Columns that say where a row was read, or that no table of `RESTS_ON` reads.
_UNREAD = {
    "matches": ("payload_id", "line", "source", "kick_off_at", "referee", "venue", "home", "away"),
    "market_probabilities": ("quoted_at",),
}

_NO_VERSIONS = pl.DataFrame(schema={DATE: pl.Date, "version": pl.UInt64})

DATA_VERSIONS = Table(
    "data_versions",
    "One match date of one table: when it was made, and from what.",
    (
        Column("match_date", pl.Date, "the match date"),
        Column("name", pl.String, "the table", among=tuple(RESTS_ON)),
        Column("rows", pl.Int64, "rows it had when it was made", ge=0),
        Column("made_on", pl.Date, "the day on which it was made, UTC"),
        Column("columns", pl.String, "hash of the names of the table's columns"),
        Column("upstream", pl.Int64, "hash of the versions of the upstream dates it was made from"),
    ),
    ("name", "match_date"),
)


def versions_of(state: TableState) -> pl.DataFrame:
    """match_date and version (UInt64) of every date with rows; a null counts like a column that is not there."""
    rows = state.rows
    if state.name == "market_probabilities":  # ratings learn from the average alone
        rows = rows.filter(pl.col("bookmaker") == "average")
    unread = (*_UNREAD.get(state.name, ()), DATE)
    columns = [column for column in rows.collect_schema().names() if column not in unread]
    hashes = [
        pl.when(pl.col(column).is_not_null()).then(pl.col(column).hash(_seed(column))).otherwise(0).cast(pl.UInt64)
        for column in columns
    ]
    row_hash = pl.sum_horizontal(hashes).hash(0)  # sums wrap around at 2^64
    return rows.select(DATE, version=row_hash).group_by(DATE).agg(pl.col("version").sum()).sort(DATE).collect()


def versions_since(state: TableState, oldest: dt.date) -> pl.DataFrame:
    """`versions_of` a table from the first match date of the graph on."""
    return state.derived(versions_of).filter(pl.col(DATE) >= oldest)


def columns_hash(columns: list[str]) -> str:
    """12 hex digits that tell sets of columns apart."""
    return hashlib.sha256("\n".join(sorted(columns)).encode()).hexdigest()[:12]


def upstream_of(name: str, versions: Mapping[str, pl.DataFrame], dates: pl.Series) -> pl.DataFrame:
    """match_date and upstream (Int64) of each of the dates: a hash of what a table's date rests on.

    Args:
        name: a table of `RESTS_ON`.
        versions: `versions_of` each of its upstream tables, at least of the dates it rests on.
        dates: match dates.
    """
    days = pl.DataFrame({DATE: dates}).sort(DATE)
    parts = []
    for upstream, up_to in RESTS_ON[name].items():
        rows = versions.get(upstream, _NO_VERSIONS)
        if up_to:
            joined = days.join_asof(rows.with_columns(pl.col("version").cum_sum()), on=DATE)
        else:
            joined = days.join(rows, on=DATE, how="left", maintain_order="left")
        parts.append(joined["version"].fill_null(0).hash(_seed(upstream)).alias(upstream))
    total = pl.sum_horizontal(part.name for part in parts) if parts else pl.lit(0, dtype=pl.UInt64)
    return days.with_columns(parts).select(DATE, upstream=total.reinterpret(signed=True))


def record(
    lake: Lake,
    name: str,
    rows: pl.DataFrame,
    versions: Mapping[str, pl.DataFrame],
    first: dt.date,
    last: dt.date,
    today: dt.date,
) -> None:
    """Store from what the match dates `first` to `last` of a table were made, those without rows among them."""
    dates = pl.date_range(first, last, eager=True).alias(DATE)
    counts = rows.group_by(DATE).agg(pl.len().cast(pl.Int64).alias("rows"))
    made = upstream_of(name, versions, dates).join(counts, on=DATE, how="left").with_columns(
        pl.col("rows").fill_null(0),
        name=pl.lit(name),
        made_on=pl.lit(today),
        columns=pl.lit(columns_hash(rows.columns)),
    )  # fmt: skip
    predicate = f"name = '{name}' AND {DATE} >= '{first}' AND {DATE} <= '{last}'"
    lake.replace(DATA_VERSIONS.name, DATA_VERSIONS.conform(made), predicate)


def stored(lake: Lake) -> pl.DataFrame:
    """What is stored so far; empty in a lake of an earlier edition."""
    return lake.read(DATA_VERSIONS.name) if lake.exists(DATA_VERSIONS.name) else DATA_VERSIONS.empty()


def out_of_date(lake: Lake, oldest: dt.date) -> pl.DataFrame:
    """name, match_date of each date that was made from another state of its upstream than there is today.

    Rows before `oldest`, the first match date of the graph, are neither made nor read any more.
    """
    made = stored(lake).filter(pl.col(DATE) >= oldest)
    parts = [made.select("name", DATE).clear()]
    for name, rests_on in RESTS_ON.items():
        own = made.filter(name=name)
        if own.is_empty() or not rests_on or not all(lake.exists(upstream) for upstream in rests_on):
            continue
        versions = {upstream: versions_since(lake.state(upstream), oldest) for upstream in rests_on}
        today = upstream_of(name, versions, own[DATE])
        differ = own.join(today, on=DATE, suffix="_today").filter(pl.col("upstream") != pl.col("upstream_today"))
        parts.append(differ.select("name", DATE))
    return pl.concat(parts).sort("name", DATE)


def unfinished(lake: Lake, today: dt.date, oldest: dt.date) -> pl.DataFrame:
    """name, match_date, reason of each date that no regular nightly run will make any more, and that is not complete.

    Dates before `oldest`, the first match date of the graph, are not made any more.

    The nightly run makes the last `CORRECTED_DAYS` days anew. A date before them is incomplete when it was made from
    another state of its upstream, when its rows are gone, when it was made last before the late results of its matches
    were due or was left out although dates before it were made, or when a match of it has no result.
    """
    made, before = stored(lake).filter(pl.col(DATE) >= oldest), today - dt.timedelta(days=CORRECTED_DAYS)
    parts = [out_of_date(lake, oldest).with_columns(reason=pl.lit("made before its upstream changed"))]
    for name in filter(lake.exists, RESTS_ON):
        own, counts = made.filter(name=name), lake.scan(name, oldest).group_by(DATE).len("now").collect()
        dates = {
            "its rows are gone": own.join(counts, on=DATE, how="left").filter(
                pl.col("rows") != pl.col("now").fill_null(0)
            ),
            "made last before its late results were due": own.filter(
                pl.col("made_on") < pl.col(DATE) + pl.duration(days=CORRECTED_DAYS)
            ),
            # of one that was ahead by less, the nights to come make the dates anew in any case
            "made by a clock that was ahead": own.filter(pl.col("made_on") > today + dt.timedelta(days=CORRECTED_DAYS)),
            "never made": _never_made(own, counts, before) if name in MADE_DAILY else counts.clear(),
        }
        parts += [rows.select(pl.lit(name).alias("name"), DATE, reason=pl.lit(why)) for why, rows in dates.items()]
    if lake.exists("matches"):
        overdue = max(oldest, today - dt.timedelta(days=OVERDUE_DAYS))
        due = lake.scan("matches", overdue).filter(pl.col("status") == "scheduled")
        reason = pl.lit("a match of it has no result")
        parts.append(due.select(pl.lit("matches").alias("name"), DATE, reason=reason).unique().collect())
    return pl.concat(parts).filter(pl.col(DATE) < before).sort(DATE, "name", "reason")


def _never_made(made: pl.DataFrame, counts: pl.DataFrame, before: dt.date) -> pl.DataFrame:
    """Dates before a day that were not made, although one before them was; before any was stored, by the rows."""
    # without a date that was made: late results of the days before the newest rows may have been missed
    newest = pl.col(DATE).max() - pl.duration(days=CORRECTED_DAYS - 1)
    first: dt.date | None = (made.select(pl.col(DATE).min()) if len(made) else counts.select(newest)).item()
    if first is None or first >= before:
        return made.select(DATE).clear()
    dates = pl.DataFrame({DATE: pl.date_range(first, before, eager=True, closed="left")})
    return dates.join(made, on=DATE, how="anti")


def _seed(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
