"""Assets of the sources stage."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
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
    RetryPolicy,
)

from soccer_assets.clock import Clock
from soccer_assets.orchestration.io_manager import dated_asset, markdown
from soccer_assets.orchestration.partitions import dates_of, look_back
from soccer_assets.settings import Settings, named
from soccer_assets.sources import health
from soccer_assets.sources.acquisition import SOURCES
from soccer_assets.sources.football_data.acquisition import Acquired
from soccer_assets.sources.schema import (
    FONBET_EVENTS,
    FONBET_RESULTS,
    FOOTBALL_DATA_FIXTURES,
    FOOTBALL_DATA_RESULTS,
    OPENFOOTBALL_MATCHES,
    SOURCE_ANSWERED,
    SOURCE_HEALTH,
    UNDERSTAT_MATCHES,
    WHAT_BROKE,
    WHOSCORED_MATCHES,
)
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.payloads import Payloads
from soccer_assets.storage.tables import SHOWN, Table, quarantine

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


@dataclass(frozen=True)
class Promise:
    """A fact about what was acquired, checked with it."""

    name: str
    description: str
    holds: Callable[[Acquired], bool]
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR
    blocking: bool = False


NOTHING_LOST = Promise(
    "no_record_is_lost",
    "Every line or position with content is a record or in quarantine.",
    lambda acquired: acquired.lines == acquired.records + acquired.quarantined,
    blocking=True,
)
ALL_READ = Promise(
    "every_record_is_read",
    "No record had to go to quarantine.",
    lambda acquired: acquired.quarantined == 0,
    AssetCheckSeverity.WARN,
)
MOST_READ = Promise(
    "most_records_are_read",
    f"No more than {MOST_UNREAD:.0%} of the records had to go to quarantine.",
    lambda acquired: acquired.quarantined <= MOST_UNREAD * acquired.lines,
    AssetCheckSeverity.WARN,
)
ANSWERED = Promise(
    SOURCE_ANSWERED,
    "Every address gave a good answer; where one did not, its last good answer stays.",
    lambda acquired: not acquired.problem,
)


def _acquired_asset(
    table: Table, source: str, kind: str, acquire: str, promises: Sequence[Promise]
) -> AssetsDefinition:
    """The asset of one published table; `acquire` is the resource and its method that gives the records."""
    resource, _, _ = acquire.partition(".")

    @dated_asset(
        table,
        name=table.name,
        description=table.row,
        required_resource_keys={resource},
        check_specs=[
            AssetCheckSpec(p.name, asset=AssetKey(table.name), blocking=p.blocking, description=p.description)
            for p in promises
        ],
        kinds={kind},
        retry_policy=RetryPolicy(max_retries=2, delay=10),  # of the lake and the payloads; the client tries addresses
        freshness_policy=FreshnessPolicy.time_window(fail_window=health.HABITS[source].stale_after),
    )
    def build(context: AssetExecutionContext) -> Iterator[Any]:
        acquired: Acquired = attrgetter(acquire)(context.resources)(*dates_of(context.partition_key_range))
        if acquired.problem:
            context.log.error("%s keeps what it had: %s", table.name, acquired.problem)
        for address, times in acquired.unread_times.items():
            context.log.warning("%s: kick-offs that cannot be read, and are left out: %s", address, times)
        counts: dict[str, Any] = {
            "payloads": acquired.files,
            "addresses without an answer": len(acquired.missing),
            "records in the payloads": acquired.records,
            "quarantined": acquired.quarantined,
        }
        if acquired.unread_times:
            counts["kick-offs that cannot be read"] = acquired.unread_times
        yield Output(acquired.rows, metadata={**counts, "quarantined by reason": acquired.reasons})
        for promise in promises:
            told = {WHAT_BROKE: acquired.problem} if promise is ANSWERED and acquired.problem else counts
            yield AssetCheckResult(
                asset_key=AssetKey(table.name),
                check_name=promise.name,
                passed=promise.holds(acquired),
                severity=promise.severity,
                metadata=told,
            )

    return build


OWN, BESIDE = (NOTHING_LOST, ALL_READ, ANSWERED), (NOTHING_LOST, MOST_READ, ANSWERED)
acquired_assets = [
    _acquired_asset(FOOTBALL_DATA_RESULTS, "football_data", "csv", "football_data.results", OWN),
    _acquired_asset(FOOTBALL_DATA_FIXTURES, "football_data", "csv", "football_data.fixtures", OWN),
    # these may fail without failing the run
    _acquired_asset(OPENFOOTBALL_MATCHES, "openfootball", "json", "openfootball.acquire", BESIDE),
    _acquired_asset(UNDERSTAT_MATCHES, "understat", "json", "understat.acquire", BESIDE),
    _acquired_asset(WHOSCORED_MATCHES, "whoscored", "json", "whoscored.acquire", BESIDE),
    _acquired_asset(FONBET_EVENTS, "fonbet", "json", "fonbet.acquire", BESIDE),
    _acquired_asset(FONBET_RESULTS, "fonbet", "csv", "fonbet_days.acquire", BESIDE),
]


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
    clock: ResourceParam[Clock],
    football_data_results: pl.LazyFrame,
    football_data_fixtures: pl.LazyFrame,
    openfootball_matches: pl.LazyFrame,
    understat_matches: pl.LazyFrame,
    whoscored_matches: pl.LazyFrame,
    fonbet_events: pl.LazyFrame,
    fonbet_results: pl.LazyFrame,
) -> Iterator[Any]:
    """One source on one match date: what it gave, against what it usually gives."""
    now = clock.now()
    given = {
        "football_data": (football_data_results, football_data_fixtures),
        "openfootball": (openfootball_matches,),
        "understat": (understat_matches,),
        "whoscored": (whoscored_matches,),
        "fonbet": (fonbet_events, fonbet_results),
    }
    wanted = named("SOCCER_SOURCES", settings.sources, SOURCES)
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
