"""Assets of the sources stage."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    Output,
    ResourceParam,
)

from soccer_assets.lake import dated_asset
from soccer_assets.partitions import dates_of
from soccer_assets.sources.acquisition import Acquired, FootballData
from soccer_assets.sources.schema import FOOTBALL_DATA_FIXTURES, FOOTBALL_DATA_RESULTS
from soccer_assets.tables import Table


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


@dated_asset(FOOTBALL_DATA_RESULTS, check_specs=_checks(FOOTBALL_DATA_RESULTS), kinds={"csv"})
def football_data_results(context: AssetExecutionContext, football_data: ResourceParam[FootballData]) -> Iterator[Any]:
    """One match as published in a season archive of football-data.co.uk; all published columns are strings."""
    yield from _materialized(FOOTBALL_DATA_RESULTS, football_data.results(*dates_of(context.partition_key_range)))


@dated_asset(FOOTBALL_DATA_FIXTURES, check_specs=_checks(FOOTBALL_DATA_FIXTURES), kinds={"csv"})
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
