"""The sensor of the checks writes what each of them said last, for those who do not ask Dagster."""

from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    DagsterInstance,
    Definitions,
    asset,
    asset_check,
    build_sensor_context,
    materialize,
)

from soccer_assets.automation.sensors import record_check_results
from soccer_assets.storage.lake import Lake

#: What the check of `odds` says.
HOLDS = {"odds": True}


@asset
def matches() -> None:
    """Sound rows."""


@asset
def odds() -> None:
    """Rows that may be spoilt."""


@asset_check(asset=matches, blocking=True)
def ids_are_unique() -> AssetCheckResult:
    return AssetCheckResult(passed=True)


@asset_check(asset=odds)
def prices_are_new() -> AssetCheckResult:
    return AssetCheckResult(passed=HOLDS["odds"], severity=AssetCheckSeverity.WARN)


@asset_check(asset=odds)
def is_never_evaluated() -> AssetCheckResult:
    raise AssertionError


REPOSITORY = Definitions(
    assets=[matches, odds], asset_checks=[ids_are_unique, prices_are_new, is_never_evaluated]
).get_repository_def()


def looked(instance: DagsterInstance, cursor: str | None) -> tuple[str | None, str]:
    """The cursor after a look of the sensor, and what it said."""
    context = build_sensor_context(instance, cursor=cursor, repository_def=REPOSITORY)
    said: Any = record_check_results(context)
    return context.cursor, said.skip_message


def test_each_check_has_a_row_of_its_newest_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCCER_LAKE_URL", str(tmp_path))
    lake = Lake(str(tmp_path))
    made = [matches, odds, ids_are_unique, prices_are_new]
    with DagsterInstance.ephemeral() as instance:
        cursor, _ = looked(instance, None)
        assert lake.read("check_results").is_empty()
        materialize(made, instance=instance)
        cursor, said = looked(instance, cursor)
        assert said.startswith("2 checks, 0 of them failed")
        version = lake.table("check_results").version()
        assert looked(instance, cursor)[0] == cursor and lake.table("check_results").version() == version
        monkeypatch.setitem(HOLDS, "odds", False)
        run = materialize(made, instance=instance).run_id
        _, said = looked(instance, cursor)
        assert said.startswith("2 checks, 1 of them failed")
    rows = lake.read("check_results").select("asset", "check_name", "passed", "blocking", "run_id").rows()
    assert rows == [
        ("matches", "ids_are_unique", True, True, run),
        ("odds", "prices_are_new", False, False, run),
    ]
