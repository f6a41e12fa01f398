"""Assets of the sources stage."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
    Backoff,
    Failure,
    FreshnessPolicy,
    MetadataValue,
    Output,
    ResourceParam,
    RetryPolicy,
)

from soccer_assets.errors import SoccerError
from soccer_assets.orchestration.io_manager import dated_asset, markdown, optional, written_elsewhere
from soccer_assets.orchestration.partitions import dates_of, look_back
from soccer_assets.settings import Clock, Settings, named
from soccer_assets.sources import health
from soccer_assets.sources.acquisition import Acquired, Acquisition
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.sources.schema import SOURCE_ANSWERED, SOURCE_HEALTH, WHAT_BROKE
from soccer_assets.sources.spec import SourceSpec, TableSpec
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.payloads import FETCH_LOG, in_order
from soccer_assets.storage.tables import MOST_EXAMPLES, StoredRows

#: Bets on whole competitions and games under football's name are in every packet; more than these is a surprise.
MOST_UNREAD = 0.2
BEFORE = AssetIn(partition_mapping=look_back(health.LOOK_BACK_DAYS), dagster_type=StoredRows)


#: The client writes it while it asks.
fetch_log = written_elsewhere(FETCH_LOG, kinds={"deltalake"})


@dataclass(frozen=True)
class CheckSpec:
    """A fact about what was acquired, checked with it."""

    name: str
    description: str
    holds: Callable[[Acquired], bool]
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR
    blocking: bool = False


NOTHING_LOST = CheckSpec(
    "no_record_is_lost",
    "Every line or position with content is a record or in quarantine.",
    lambda acquired: acquired.lines == acquired.records + acquired.quarantined,
    blocking=True,
)
ALL_READ = CheckSpec(
    "every_record_is_read",
    "No record had to go to quarantine.",
    lambda acquired: acquired.quarantined == 0,
    AssetCheckSeverity.WARN,
)
MOST_READ = CheckSpec(
    "most_records_are_read",
    f"No more than {MOST_UNREAD:.0%} of the records had to go to quarantine.",
    lambda acquired: acquired.quarantined <= MOST_UNREAD * acquired.lines,
    AssetCheckSeverity.WARN,
)
ANSWERED = CheckSpec(
    SOURCE_ANSWERED,
    "Every address gave a good answer; where one did not, its last good answer stays.",
    lambda acquired: not acquired.problem,
)


def _acquired_asset(source: SourceSpec, spec: TableSpec) -> AssetsDefinition:
    """The asset of one published table."""
    table = spec.table
    checks = (NOTHING_LOST, ALL_READ if source.required else MOST_READ, ANSWERED)

    @dated_asset(
        table,
        name=table.name,
        description=table.row,
        required_resource_keys={"acquisitions"},
        check_specs=[
            AssetCheckSpec(check.name, asset=table.name, blocking=check.blocking, description=check.description)
            for check in checks
        ],
        kinds={spec.kind},
        # of the lake and the payloads; the client tries addresses
        retry_policy=RetryPolicy(max_retries=3, delay=5, backoff=Backoff.EXPONENTIAL),
        freshness_policy=FreshnessPolicy.time_window(fail_window=source.habit.stale_after),
    )
    def build(context: AssetExecutionContext) -> Iterator[Any]:
        acquisition: Acquisition = context.resources.acquisitions[table.name]
        try:
            acquired = acquisition.acquire(*dates_of(context.partition_key_range))
        except SoccerError as error:  # the client has tried again, and settings stay as they are
            raise Failure(str(error), allow_retries=False) from error
        if acquired.problem:
            context.log.error("%s keeps what it had: %s", table.name, acquired.problem)
        if acquired.warning:
            context.log.warning("%s: %s", table.name, acquired.warning)
        for address, times in acquired.unread_times.items():
            context.log.warning("%s: kick-offs that cannot be read, and are left out: %s", address, times)
        counts: dict[str, Any] = {
            "payloads": acquired.files,
            "addresses without an answer": len(acquired.missing),
            "records in the payloads": acquired.records,
            "records that cannot be read": acquired.quarantined,
        }
        if acquired.unread_times:
            counts["kick-offs that cannot be read"] = acquired.unread_times
        yield Output(acquired.value, metadata=counts)
        for check in checks:
            broke = {WHAT_BROKE: acquired.problem} if check is ANSWERED and acquired.problem else counts
            yield AssetCheckResult(
                asset_key=AssetKey(table.name),
                check_name=check.name,
                passed=check.holds(acquired),
                severity=check.severity,
                metadata=broke,
            )

    return build


acquired_assets = [_acquired_asset(source, spec) for source in SOURCES for spec in source.tables]


@dated_asset(
    SOURCE_HEALTH,
    ins={spec.table.name: BEFORE for source in SOURCES for spec in source.tables} | {"fetch_log": optional(FETCH_LOG)},
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
    settings: ResourceParam[Settings],
    clock: ResourceParam[Clock],
    fetch_log: pl.DataFrame,
    **stored: StoredRows,
) -> Iterator[Any]:
    """One source on one match date: what it gave, against what it usually gives."""
    now, asked = clock.now(), named("SOCCER_SOURCES", settings.sources, [source.name for source in SOURCES])
    wanted = [source for source in SOURCES if source.name in asked]
    rows = health.source_health(
        {s.name: [spec.in_form(stored[spec.table.name].rows) for spec in s.tables] for s in wanted},
        {s.name: [stored[spec.table.name].quarantined for spec in s.tables] for s in wanted},
        in_order(fetch_log, now),
        {s.name: s.habit for s in wanted},
        *dates_of(context.partition_key_range),
        now,
    )
    lately = rows.filter(pl.col(DATE) <= now.date()).sort(DATE).group_by("source", maintain_order=True).last()
    yield Output(rows, metadata={"sources": MetadataValue.md(markdown(lately))})
    for name, red in (
        ("no_busy_day_is_empty", health.red_days(rows, now.date())),
        ("sources_are_fresh", health.troubled(rows)),
    ):
        examples = red.select(pl.col(DATE).cast(pl.String), "source", "what").head(MOST_EXAMPLES)
        yield AssetCheckResult(
            asset_key=AssetKey(SOURCE_HEALTH.name),
            check_name=name,
            passed=red.is_empty(),
            severity=AssetCheckSeverity.ERROR,
            metadata={"what is wrong": MetadataValue.json(examples.to_dicts()), "rows": len(red)},
        )
