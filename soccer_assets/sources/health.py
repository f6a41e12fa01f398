"""Health of the sources: matches per date against the usual number, and the newest answers.

By the fetch log a source is broken when it fails, and stale without a good answer for too long. By its own past it is
empty without a match on a busy weekday, unless the other sources with its leagues have none either.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from soccer_assets.sources.schema import SOURCE_HEALTH
from soccer_assets.sources.spec import Habit
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.payloads import BAD, GOOD, OUTCOMES
from soccer_assets.storage.tables import UTC

WEEKS = 8
#: A weekday with at least as many matches, by the median of the weeks before, is busy unless two of them were empty.
BUSY = 5
MOST_EMPTY_WEEKS = 1
LEAST_WEEKS = 3
#: The same weekday of last year and its neighbours, in days: where one was empty there is a break about this time.
LAST_YEAR = (357, 364, 371)
LOOK_BACK_DAYS = max(LAST_YEAR) + 7 * WEEKS  # whether there was a source at all must be seen before that
HELD_FOR = dt.timedelta(weeks=4)
#: How long how a source answers today matters: match dates from so many days ago on.
WATCHED_DAYS = 14
#: Failures count while they are among the newest answers of a day's asking.
ASKED_AT_ONCE = dt.timedelta(hours=24)


def source_health(
    records: Mapping[str, Sequence[pl.LazyFrame]],
    unread: Mapping[str, Sequence[pl.LazyFrame]],
    log: pl.DataFrame,
    habits: Mapping[str, Habit],
    first: dt.date,
    last: dt.date,
    now: dt.datetime,
) -> pl.DataFrame:
    """Rows of `source_health` for the match dates `first` to `last`, both inclusive.

    Args:
        records: tables of each source with the columns home and away, from `LOOK_BACK_DAYS` before `first` on.
        unread: their quarantines.
        log: the fetch log, oldest first.
        habits: how often each source answers.
        first: the first match date.
        last: the last one.
        now: the time it is.
    """
    days = _per_day(records, first, last).join(_unread_per_day(unread), on=["source", DATE], how="left")
    judged = _against_the_usual(days).filter(pl.col(DATE).is_between(first, last))
    lately = pl.DataFrame(
        [_lately(source, log, habits[source], now) for source in records], schema=_LATELY, orient="row"
    )
    rows = judged.join(lately, on="source", how="left")
    watched = pl.col(DATE) >= now.date() - dt.timedelta(days=WATCHED_DAYS)
    ahead = {source: now.date() + dt.timedelta(days=habits[source].days_ahead) for source in records}
    due = pl.col(DATE) <= pl.col("source").replace_strict(ahead, return_dtype=pl.Date)
    empty = pl.col("_empty") & due
    state = (
        pl.when(watched & pl.col("_broken").is_not_null()).then(pl.lit("broken"))
        .when(watched & pl.col("_stale").is_not_null()).then(pl.lit("stale"))
        .when(empty).then(pl.lit("empty"))
        .otherwise(pl.lit("ok"))
    )  # fmt: skip
    no_match = pl.format("expected about {} matches as on this weekday before, found none", "usual")
    words = [pl.when(empty).then(no_match), *(pl.when(watched).then(pl.col(name)) for name in ("_broken", "_stale"))]
    message = pl.concat_str(words, separator="; ", ignore_nulls=True)
    rows = rows.with_columns(state=state, what=pl.when(message != "").then(message))
    return SOURCE_HEALTH.conform(rows.select(SOURCE_HEALTH.schema.names()))


def red_days(rows: pl.DataFrame, today: dt.date) -> pl.DataFrame:
    """Busy weekdays without a match, among the dates that are still looked at."""
    return rows.filter(
        pl.col("what").str.starts_with("expected about").fill_null(False)
        & (pl.col(DATE) >= today - dt.timedelta(days=WATCHED_DAYS))
    )


def troubled(rows: pl.DataFrame) -> pl.DataFrame:
    """Sources that are broken or stale, by their newest match date."""
    newest = rows.sort(DATE).unique("source", keep="last", maintain_order=True)
    return newest.filter(pl.col("state").is_in(["broken", "stale"])).sort("source")


def _per_day(records: Mapping[str, Sequence[pl.LazyFrame]], first: dt.date, last: dt.date) -> pl.DataFrame:
    """A row for each source and each date of the range and of what lies before it, with what was found."""
    since = first - dt.timedelta(days=LOOK_BACK_DAYS)
    calendar = pl.DataFrame({DATE: pl.date_range(since, last, eager=True)})
    read = [DATE, "_payload_id", "_league", "home", "away"]
    by_source = {name: pl.concat([rows.select(read) for rows in tables]).collect() for name, tables in records.items()}
    frames = []
    for source, whole in by_source.items():
        counts = whole.group_by(DATE).agg(fetched=pl.col("_payload_id").n_unique(), parsed=pl.len())
        pairs = whole.select(DATE, "home", "away").unique().group_by(DATE).agg(matches=pl.len())
        leagues = whole["_league"].drop_nulls().unique().implode()
        others = pl.concat([whole.clear(), *(rows for name, rows in by_source.items() if name != source)])
        elsewhere = others.filter(pl.col("_league").is_in(leagues)).group_by(DATE).agg(elsewhere=pl.len())
        days = calendar.join(counts.join(pairs, on=DATE), on=DATE, how="left").join(elsewhere, on=DATE, how="left")
        frames.append(days.with_columns(source=pl.lit(source)))
    return pl.concat(frames).sort("source", DATE)


def _unread_per_day(unread: Mapping[str, Sequence[pl.LazyFrame]]) -> pl.DataFrame:
    counts = [
        table.select(DATE, source=pl.lit(source)).drop_nulls().group_by("source", DATE).agg(quarantined=pl.len())
        for source, tables in unread.items()
        for table in tables
    ]
    schema = {"source": pl.String, DATE: pl.Date, "quarantined": pl.UInt32}
    whole = pl.concat([pl.LazyFrame(schema=schema), *counts])
    return whole.group_by("source", DATE).agg(pl.col("quarantined").sum()).collect()


def _against_the_usual(days: pl.DataFrame) -> pl.DataFrame:
    """With the usual, the share of it, and whether a busy day is empty that was not so last year."""
    began = pl.col(DATE).filter(pl.col("parsed") > 0).min().over("source")
    days = days.with_columns(
        pl.when(pl.col(DATE) >= began).then(pl.col("matches").fill_null(0).cast(pl.Float64)).alias("_known"),
        pl.col("fetched", "parsed", "quarantined", "matches").fill_null(0),
        # the others hold its leagues, and have held them for long enough to speak of this date, yet have no match on it
        _nowhere=pl.col("elsewhere").is_null()
        & (pl.col(DATE) >= pl.col(DATE).filter(pl.col("elsewhere") > 0).min().over("source") + HELD_FOR),
    )

    def before(*days_ago: int) -> pl.Expr:
        return pl.concat_list(pl.col("_known").shift(ago).over("source") for ago in days_ago).list.drop_nulls()

    weeks, last_year = before(*(7 * week for week in range(1, WEEKS + 1))), before(*LAST_YEAR)
    days = days.with_columns(
        usual=pl.when(weeks.list.len() >= LEAST_WEEKS).then(weeks.list.median()),
        _empty_weeks=weeks.list.count_matches(0.0),
        _break=(last_year.list.min() == 0).fill_null(False),
    )
    busy = (pl.col("usual").fill_null(0) >= BUSY) & (pl.col("_empty_weeks") <= MOST_EMPTY_WEEKS)
    return days.with_columns(
        share=pl.when(pl.col("usual") > 0).then(pl.col("matches") / pl.col("usual")),
        _empty=busy & (pl.col("matches") == 0) & ~pl.col("_break") & ~pl.col("_nowhere").fill_null(False),
    )


_LATELY: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String,
    "last_success_at": UTC,
    "_broken": pl.String,
    "_stale": pl.String,
    **dict.fromkeys(OUTCOMES, pl.Int64),
}


def _lately(source: str, log: pl.DataFrame, habit: Habit, now: dt.datetime) -> dict[str, object]:
    """How a source answered: its newest success, what broke, whether it is stale, and its answers by outcome."""
    own = log.filter(pl.col("source") == source)
    success = own.filter(pl.col("outcome").is_in(GOOD))["fetched_at"].max()
    newest = own["fetched_at"].max()
    broken = stale = None
    if isinstance(newest, dt.datetime):
        asked = own.filter(pl.col("fetched_at") > newest - ASKED_AT_ONCE).unique(
            "address", keep="last", maintain_order=True
        )
        bad = asked.filter(pl.col("outcome").is_in(BAD))
        if len(bad):
            broken = f"{len(bad)} of {len(asked)} addresses failed, such as {bad['reason'][-1]}"
    after = habit.stale_after
    if not isinstance(success, dt.datetime):
        stale = "no good answer so far"
    elif now - success > after:
        hours = after / dt.timedelta(hours=1)
        stale = f"expected a good answer within {hours:g} h, found the last one at {success:%Y-%m-%d %H:%M} UTC"
    counts = dict(own["outcome"].value_counts().iter_rows())
    return {
        "source": source,
        "last_success_at": success,
        "_broken": broken,
        "_stale": stale,
        **{outcome: counts.get(outcome, 0) for outcome in OUTCOMES},
    }
