"""Two runs make a table one after the other, in whatever process they are."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from dagster import (
    AssetExecutionContext,
    AssetKey,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    RunsFilter,
    materialize,
)
from dagster._core.events import HandledOutputData
from dagster._core.test_utils import create_run_for_test

from soccer_assets.orchestration.io_manager import DeltaIOManager, dated_asset
from soccer_assets.orchestration.partitions import match_dates, range_tags
from soccer_assets.orchestration.run_health import PROCESS, fail_dead_runs, own_process
from soccer_assets.orchestration.runs import is_blocked
from soccer_assets.orchestration.sqlite_engines import close_engines
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Column, Table
from tests.serving.processes import until

GOALS = Table("goals", "One goal.", (Column("match_date", pl.Date, "day"),), ("match_date",))
DAY = match_dates.start.date()
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
ROOT = Path(__file__).parents[2]


@dated_asset(GOALS)
def goals(context: AssetExecutionContext) -> pl.DataFrame:
    """Goals."""
    return pl.DataFrame({"match_date": [DAY]})


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """The project's own, in a folder of its own."""
    monkeypatch.setenv("SOCCER_VAR", str(tmp_path / "var"))
    with DagsterInstance.from_config(str(ROOT)) as instance:
        yield instance
    close_engines()


def held_by(instance: DagsterInstance, process: str) -> str:
    """A run of a process that is making the table; its id."""
    run = create_run_for_test(instance, status=DagsterRunStatus.STARTED, tags={PROCESS: process})
    instance.event_log_storage.initialize_concurrency_limit_to_default("goals")
    assert instance.event_log_storage.claim_concurrency_slot("goals", run.run_id, "goals").is_claimed
    return run.run_id


def test_a_run_waits_for_another_one_that_makes_the_table(instance: DagsterInstance, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))

    def make() -> None:
        resources = {"io_manager": DeltaIOManager(lake)}
        materialize([goals], resources=resources, tags=range_tags(DAY, DAY), instance=instance, run_config=QUIET)

    other = held_by(instance, own_process())
    second = threading.Thread(target=make)
    second.start()
    (run,) = until(lambda: [run for run in instance.get_runs(RunsFilter()) if run.run_id != other])
    until(lambda: any(is_blocked(e.dagster_event) for e in instance.all_logs(run.run_id) if e.dagster_event))
    assert fail_dead_runs(instance) == []
    assert not lake.exists("goals")
    instance.event_log_storage.free_concurrency_slots_for_run(other)
    second.join(120)
    kinds = [event.dagster_event_type for event in instance.all_logs(run.run_id)]
    assert DagsterEventType.RUN_SUCCESS in kinds and lake.exists("goals")


def run_of(instance: DagsterInstance, first: int, last: int, process: str | None = None) -> str:
    """A run under way that makes matches and ratings of some days after the first one; its id."""
    dates = range_tags(*(DAY + dt.timedelta(days) for days in (first, last)))
    made = frozenset(map(AssetKey, ("matches", "team_ratings")))
    tags = dates | {PROCESS: process or own_process()}
    return create_run_for_test(instance, status=DagsterRunStatus.STARTED, tags=tags, asset_selection=made).run_id


def test_ratings_and_features_wait_for_what_they_rest_on_of_earlier_dates(instance: DagsterInstance) -> None:
    storage = instance.event_log_storage

    def may(run_id: str, table: str) -> bool:
        storage.initialize_concurrency_limit_to_default(table)
        claim = storage.claim_concurrency_slot(table, run_id, table)
        storage.free_concurrency_slot_for_step(run_id, table)
        return claim.is_claimed

    later = run_of(instance, 11, 20)
    run_of(instance, 0, 30)  # it makes the later dates too, after its own ratings
    run_of(instance, 0, 10, f"{own_process().split()[0]} 1 1000000000.00")  # its process is gone
    assert may(later, "team_ratings")
    earlier = run_of(instance, 0, 10)
    assert may(earlier, "team_ratings") and may(later, "matches") and not may(later, "team_ratings")
    written = DagsterEvent(
        "HANDLED_OUTPUT",
        "ranges",
        step_key="matches",
        event_specific_data=HandledOutputData("matches", "io_manager", {}),
    )
    instance.report_dagster_event(written, earlier)
    assert may(later, "team_ratings") and not may(later, "match_features")
    ended = instance.get_run_by_id(earlier)
    assert ended is not None
    instance.report_run_failed(ended)
    assert may(later, "match_features")


@pytest.mark.parametrize(
    ("process", "is_dead"), [("{host} 1 1000000000.00", True), ("elsewhere 1 1000000000.00", False)]
)
def test_a_dead_command_holds_no_table_and_one_of_another_machine_is_left_alone(
    instance: DagsterInstance, process: str, is_dead: bool
) -> None:
    run_id = held_by(instance, process.format(host=own_process().split()[0]))
    assert fail_dead_runs(instance) == ([run_id] if is_dead else [])
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status is (DagsterRunStatus.FAILURE if is_dead else DagsterRunStatus.STARTED)
    assert instance.event_log_storage.get_concurrency_run_ids() == (set() if is_dead else {run_id})
