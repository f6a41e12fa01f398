"""Assets of the sources stage."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetsDefinition,
    FreshnessPolicy,
    MetadataValue,
    Output,
    ResourceParam,
)

from soccer_assets.delta import DATE, Lake
from soccer_assets.lake import dated_asset, markdown
from soccer_assets.partitions import dates_of, look_back
from soccer_assets.payloads import Payloads
from soccer_assets.settings import Settings
from soccer_assets.sources import health
from soccer_assets.sources.acquisition import Acquired, FootballData
from soccer_assets.sources.published import Published, chosen
from soccer_assets.sources.schema import (
    FONBET_EVENTS,
    FONBET_RESULTS,
    FOOTBALL_DATA_FIXTURES,
    FOOTBALL_DATA_RESULTS,
    OPENFOOTBALL_MATCHES,
    SOURCE_HEALTH,
    UNDERSTAT_MATCHES,
    WHOSCORED_MATCHES,
)
from soccer_assets.tables import SHOWN, Table, quarantine

#: Bets on whole competitions and games under football's name are in every packet; more than these is a surprise.
MOST_UNREAD = 0.2
BEFORE = AssetIn(partition_mapping=look_back(health.LOOK_BACK_DAYS))
TABLES = {
    "football_data": (FOOTBALL_DATA_RESULTS, FOOTBALL_DATA_FIXTURES),
    "openfootball": (OPENFOOTBALL_MATCHES,),
    "understat": (UNDERSTAT_MATCHES,),
    "whoscored": (WHOSCORED_MATCHES,),
    "fonbet": (FONBET_EVENTS, FONBET_RESULTS),
}


def _fresh(source: str) -> FreshnessPolicy:
    """A table is made again as often as its source is asked."""
    return FreshnessPolicy.time_window(fail_window=health.HABITS[source].stale_after)


def _checks(table: Table) -> list[AssetCheckSpec]:
    return [
        AssetCheckSpec(
            "no_line_is_lost",
            asset=AssetKey(table.name),
            blocking=True,
            description="Every line with content in the files is a record or in quarantine.",
        ),
        AssetCheckSpec(
            "every_line_is_read",
            asset=AssetKey(table.name),
            description="No line had to go to quarantine.",
        ),
    ]


@dated_asset(
    FOOTBALL_DATA_RESULTS,
    check_specs=_checks(FOOTBALL_DATA_RESULTS),
    kinds={"csv"},
    freshness_policy=_fresh("football_data"),
)
def football_data_results(context: AssetExecutionContext, football_data: ResourceParam[FootballData]) -> Iterator[Any]:
    """One match as published in a season archive of football-data.co.uk; all published columns are strings."""
    yield from _materialized(FOOTBALL_DATA_RESULTS, football_data.results(*dates_of(context.partition_key_range)))


@dated_asset(
    FOOTBALL_DATA_FIXTURES,
    check_specs=_checks(FOOTBALL_DATA_FIXTURES),
    kinds={"csv"},
    freshness_policy=_fresh("football_data"),
)
def football_data_fixtures(context: AssetExecutionContext, football_data: ResourceParam[FootballData]) -> Iterator[Any]:
    """One coming match on one date, as last published in a fixtures file of football-data.co.uk."""
    yield from _materialized(FOOTBALL_DATA_FIXTURES, football_data.fixtures(*dates_of(context.partition_key_range)))


def _materialized(table: Table, acquired: Acquired) -> Iterator[Any]:
    counts = {
        "files": acquired.files,
        "files not published": len(acquired.missing),
        "lines in the files": acquired.lines,
        "records in the files": acquired.records,
        "quarantined": acquired.quarantined,
    }
    yield Output(acquired.rows, metadata={**counts, "quarantined by reason": acquired.reasons})
    key = AssetKey(table.name)
    yield AssetCheckResult(
        asset_key=key,
        check_name="no_line_is_lost",
        passed=acquired.lines == acquired.records + acquired.quarantined,
        metadata=counts,
    )
    yield AssetCheckResult(
        asset_key=key,
        check_name="every_line_is_read",
        passed=acquired.quarantined == 0,
        severity=AssetCheckSeverity.WARN,
        metadata=counts,
    )


def _published_asset(table: Table, source: str, kind: str) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """`@asset` for a source that may fail without failing the run."""
    specs = [
        AssetCheckSpec(
            "no_record_is_lost",
            asset=AssetKey(table.name),
            blocking=True,
            description="Every position of the payloads is a record or in quarantine.",
        ),
        AssetCheckSpec(
            "most_records_are_read",
            asset=AssetKey(table.name),
            description=f"No more than {MOST_UNREAD:.0%} of the records had to go to quarantine.",
        ),
        AssetCheckSpec(
            "the_source_answered",
            asset=AssetKey(table.name),
            description="Every address gave a good answer; where one did not, its last good answer stays.",
        ),
    ]
    return dated_asset(table, check_specs=specs, kinds={kind}, freshness_policy=_fresh(source))


@_published_asset(OPENFOOTBALL_MATCHES, "openfootball", "json")
def openfootball_matches(context: AssetExecutionContext, openfootball: ResourceParam[Published]) -> Iterator[Any]:
    """One match as published in a season file of football.json; all published columns are strings."""
    yield from _acquired(context, OPENFOOTBALL_MATCHES, openfootball)


@_published_asset(UNDERSTAT_MATCHES, "understat", "json")
def understat_matches(context: AssetExecutionContext, understat: ResourceParam[Published]) -> Iterator[Any]:
    """One match as published on a league page of Understat; all published columns are strings."""
    yield from _acquired(context, UNDERSTAT_MATCHES, understat)


@_published_asset(WHOSCORED_MATCHES, "whoscored", "json")
def whoscored_matches(context: AssetExecutionContext, whoscored: ResourceParam[Published]) -> Iterator[Any]:
    """One match as published in a feed or on a match-centre page of WhoScored; all published columns are strings."""
    yield from _acquired(context, WHOSCORED_MATCHES, whoscored)


@_published_asset(FONBET_EVENTS, "fonbet", "json")
def fonbet_events(context: AssetExecutionContext, fonbet: ResourceParam[Published]) -> Iterator[Any]:
    """One football match in one snapshot of Fonbet's line; all published columns are strings."""
    yield from _acquired(context, FONBET_EVENTS, fonbet)


@_published_asset(FONBET_RESULTS, "fonbet", "csv")
def fonbet_results(context: AssetExecutionContext, fonbet_days: ResourceParam[Published]) -> Iterator[Any]:
    """One result in a daily file of Fonbet; all published columns are strings."""
    yield from _acquired(context, FONBET_RESULTS, fonbet_days)


def _acquired(context: AssetExecutionContext, table: Table, source: Published) -> Iterator[Any]:
    acquired = source.acquire(*dates_of(context.partition_key_range))
    if acquired.problem:
        context.log.error("%s keeps what it had: %s", table.name, acquired.problem)
    counts = {
        "payloads": acquired.files,
        "addresses without an answer so far": len(acquired.missing),
        "records in the payloads": acquired.records,
        "quarantined": acquired.quarantined,
    }
    yield Output(acquired.rows, metadata={**counts, "quarantined by reason": acquired.reasons})
    checks = {
        "no_record_is_lost": acquired.lines == acquired.records + acquired.quarantined,
        "most_records_are_read": acquired.quarantined <= MOST_UNREAD * acquired.lines,
        "the_source_answered": not acquired.problem,
    }
    for name, passed in checks.items():
        told = {"what broke": acquired.problem} if acquired.problem and name == "the_source_answered" else counts
        severity = AssetCheckSeverity.WARN if name == "most_records_are_read" else AssetCheckSeverity.ERROR
        yield AssetCheckResult(
            asset_key=AssetKey(table.name), check_name=name, passed=passed, severity=severity, metadata=told
        )


@dated_asset(
    SOURCE_HEALTH,
    ins={table.name: BEFORE for tables in TABLES.values() for table in tables},
    check_specs=[
        AssetCheckSpec(
            "no_busy_day_is_empty",
            asset=AssetKey(SOURCE_HEALTH.name),
            description="No source gave nothing for a lately past or coming date that is busy on its weekday.",
        ),
        AssetCheckSpec(
            "sources_are_fresh",
            asset=AssetKey(SOURCE_HEALTH.name),
            description="Every source gave its good answer lately, and none failed when it was asked last.",
        ),
    ],
    kinds={"polars"},
)
def source_health(
    context: AssetExecutionContext,
    lake: ResourceParam[Lake],
    payloads: ResourceParam[Payloads],
    settings: ResourceParam[Settings],
    football_data_results: pl.LazyFrame,
    football_data_fixtures: pl.LazyFrame,
    openfootball_matches: pl.LazyFrame,
    understat_matches: pl.LazyFrame,
    whoscored_matches: pl.LazyFrame,
    fonbet_events: pl.LazyFrame,
    fonbet_results: pl.LazyFrame,
) -> Iterator[Any]:
    """One source on one match date: what it gave, against what it usually gives."""
    now = dt.datetime.now(dt.UTC)
    given = {
        "football_data": (football_data_results, football_data_fixtures),
        "openfootball": (openfootball_matches,),
        "understat": (understat_matches,),
        "whoscored": (whoscored_matches,),
        "fonbet": (fonbet_events, fonbet_results),
    }
    wanted = chosen(settings.sources)
    unread = {
        source: [lake.scan(bad) for table in TABLES[source] if lake.exists(bad := quarantine(table.name).name)]
        for source in wanted
    }
    rows = health.source_health(
        {source: given[source] for source in wanted},
        unread,
        payloads.fetches(),
        *dates_of(context.partition_key_range),
        now,
    )
    lately = rows.filter(pl.col(DATE) <= now.date()).sort(DATE).group_by("source", maintain_order=True).last()
    yield Output(rows, metadata={"sources": MetadataValue.md(markdown(lately))})
    for name, red in (
        ("no_busy_day_is_empty", health.red_days(rows, now.date())),
        ("sources_are_fresh", health.troubled(rows)),
    ):
        shown = red.select(pl.col(DATE).cast(pl.String), "source", "what").head(SHOWN)
        yield AssetCheckResult(
            asset_key=AssetKey(SOURCE_HEALTH.name),
            check_name=name,
            passed=red.is_empty(),
            severity=AssetCheckSeverity.ERROR,
            metadata={"what is wrong": MetadataValue.json(shown.to_dicts()), "rows": len(red)},
        )
