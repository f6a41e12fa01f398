"""What runs when, asked of the real schedules and of the sensor on a real instance."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dagster import (
    AssetMaterialization,
    DagsterInstance,
    ScheduleEvaluationContext,
    SensorResult,
    SkipReason,
    build_schedule_context,
    build_sensor_context,
)

from soccer_assets.automation import four_hourly_line, hourly_odds, nightly, retrain_on_drift, weekly_corrections
from soccer_assets.clock import Clock
from soccer_assets.partitions import match_dates
from soccer_assets.settings import Settings

START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
CLOCK = Clock.of(Settings.read())
TODAY = CLOCK.today()


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def report(instance: DagsterInstance) -> Callable[..., None]:
    """Record drift reports, each of a day with its share; None is a day with too few matches."""

    def record(**shares: float | None) -> None:
        for day, share in shares.items():
            metadata = {} if share is None else {"drift share": share}
            date = f"2025-03-{int(day.removeprefix('march_')):02}"
            instance.report_runless_asset_event(AssetMaterialization("drift_report", partition=date, metadata=metadata))

    return record


def due(at: dt.datetime) -> ScheduleEvaluationContext:
    """The context of a tick at a time by the platform's clock."""
    return build_schedule_context(scheduled_execution_time=at - CLOCK.shift)


def look(instance: DagsterInstance, cursor: str | None = None) -> SensorResult | SkipReason:
    """One tick of the sensor."""
    found: Any = retrain_on_drift(build_sensor_context(instance=instance, cursor=cursor))
    assert isinstance(found, SensorResult | SkipReason)
    return found


def requests(found: SensorResult | SkipReason) -> list[tuple[str | None, str]]:
    assert isinstance(found, SensorResult)
    return [(request.partition_key, request.tags["soccer/why"]) for request in found.run_requests or []]


def test_without_a_report_the_sensor_waits(instance):
    assert look(instance) == SkipReason("no drift report since the last look")


def test_below_the_threshold_nothing_is_trained(instance, report):
    report(march_1=0.19)
    found = look(instance)
    assert requests(found) == []
    assert found.skip_reason == SkipReason("highest drift share 0.19 on 2025-03-01; threshold 0.2")


@pytest.mark.parametrize("share", [0.2, 0.75])
def test_from_the_threshold_on_a_model_of_today_is_asked_for(instance, report, share):
    report(march_1=share)
    found = look(instance)
    assert requests(found) == [(str(TODAY), f"drift share {share:.2f} on 2025-03-01")]
    assert found.run_requests[0].run_key == f"drift 2025-03-01 {TODAY}"
    assert str(TODAY) in match_dates.get_partition_keys()


def test_every_report_between_two_looks_is_seen(instance, report):
    """The worst of them is not the last."""
    report(march_1=0.1, march_2=0.6, march_3=0.3, march_4=0.05, march_5=None)
    assert requests(look(instance)) == [(str(TODAY), "drift share 0.60 on 2025-03-02")]


def test_a_report_is_looked_at_once(instance, report):
    report(march_1=0.1, march_2=0.15)
    first = look(instance)
    assert look(instance, first.cursor) == SkipReason("no drift report since the last look")
    report(march_3=0.4)
    assert requests(look(instance, first.cursor)) == [(str(TODAY), "drift share 0.40 on 2025-03-03")]


def test_a_report_without_rows_is_none(instance, report):
    report(march_1=None)
    found = look(instance)
    assert found.skip_reason == SkipReason("no report has rows; threshold 0.2")
    assert look(instance, found.cursor) == SkipReason("no drift report since the last look")


def cursor(seen: int, days_ago: int) -> str:
    return json.dumps({"seen": seen, "retrained": str(TODAY - dt.timedelta(days=days_ago))})


def test_models_are_some_days_apart(instance, report):
    report(march_1=0.9)
    early = look(instance, cursor(0, days_ago=13))
    assert requests(early) == []
    last = TODAY - dt.timedelta(days=13)
    assert early.skip_reason == SkipReason(
        f"drift share 0.90 on 2025-03-01, but retrained on {last}, under 14 days ago"
    )
    assert json.loads(early.cursor)["retrained"] == str(last)
    assert requests(look(instance, cursor(0, days_ago=14))) == [(str(TODAY), "drift share 0.90 on 2025-03-01")]


def test_a_retraining_is_remembered_over_later_looks(instance, report):
    report(march_1=0.9)
    first = look(instance)
    assert json.loads(first.cursor)["retrained"] == str(TODAY)
    report(march_2=0.1)
    second = look(instance, first.cursor)
    report(march_3=0.9)
    third = look(instance, second.cursor)
    assert requests(third) == []
    assert f"retrained on {TODAY}" in str(third.skip_reason)


def test_the_threshold_and_the_distance_are_settings(instance, report, monkeypatch):
    monkeypatch.setenv("SOCCER_DRIFT_SHARE", "0.05")
    monkeypatch.setenv("SOCCER_RETRAIN_DAYS", "1")
    report(march_1=0.06)
    assert requests(look(instance, cursor(0, days_ago=1))) == [(str(TODAY), "drift share 0.06 on 2025-03-01")]


def test_the_report_in_the_lake_is_the_one_the_sensor_reads(season):
    """What the asset writes as metadata of its partition arrives at the sensor."""
    from soccer_assets import runs

    report = season.lake.read("drift_report")
    with runs.instance() as instance:
        found = look(instance)
    told = found.skip_reason.skip_message if isinstance(found, SensorResult) and found.skip_reason else str(found)
    for day, share in report.select("match_date", "drift_share").rows():
        assert f"drift share {share:.2f} on {day}" in told + str(requests(found))
    assert len(report) == 1 or "no report has rows" in told


def test_the_nightly_run_covers_the_last_week_and_the_coming_fortnight():
    at = dt.datetime(2025, 3, 10, 5, tzinfo=dt.UTC)
    request = nightly(due(at))
    assert (request.run_key, request.tags) == ("nightly 2025-03-10T05", {START: "2025-03-03", END: "2025-03-24"})


def test_the_hourly_run_covers_today_and_the_coming_fortnight():
    at = dt.datetime(2025, 3, 10, 17, 20, tzinfo=dt.UTC)
    request = hourly_odds(due(at))
    assert (request.run_key, request.tags) == ("odds 2025-03-10T17", {START: "2025-03-10", END: "2025-03-24"})


def test_the_line_of_prices_is_seen_every_four_hours_for_the_coming_fortnight():
    at = dt.datetime(2025, 3, 10, 16, 50, tzinfo=dt.UTC)
    request = four_hourly_line(due(at))
    assert (request.run_key, request.tags) == ("line 2025-03-10T16", {START: "2025-03-10", END: "2025-03-24"})


def test_late_corrections_are_looked_for_a_season_back():
    at = dt.datetime(2025, 3, 10, 7, tzinfo=dt.UTC)
    request = weekly_corrections(due(at))
    assert (request.run_key, request.tags) == ("corrections 2025-03-10T07", {START: "2024-03-10", END: "2025-03-09"})


def test_the_last_day_a_schedule_asks_for_is_the_last_partition():
    context = due(CLOCK.now())
    last = match_dates.get_partition_keys()[-1]
    assert [schedule(context).tags[END] for schedule in (nightly, hourly_odds, four_hourly_line)] == [last] * 3
