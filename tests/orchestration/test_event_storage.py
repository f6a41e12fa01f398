"""The batched event log tells the same as Dagster's own, which writes one event at a time."""

import datetime as dt
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetRecordsFilter,
    BackfillPolicy,
    DagsterEventType,
    DagsterInstance,
    DailyPartitionsDefinition,
    Failure,
    asset,
    asset_check,
    materialize,
)
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from sqlalchemy import select

from soccer_assets.orchestration.event_storage import BatchedSqliteEventLogStorage
from soccer_assets.orchestration.partitions import range_tags
from soccer_assets.orchestration.runs import planned_as_a_whole

days = DailyPartitionsDefinition("2020-01-01")
FIRST, SECOND = AssetKey("first"), AssetKey("second")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
EMBEDDED = """
storage:
  custom:
    module: soccer_assets.orchestration.event_storage
    class: EmbeddedStorage
telemetry:
  enabled: false
"""


@asset(partitions_def=days, backfill_policy=BackfillPolicy.single_run(), tags={"kept": "yes"})
def first(context: AssetExecutionContext) -> None:
    """A tiny asset; the first partition of a run has a figure of its own."""
    key = context.partition_keys[0]
    context.add_asset_metadata({"figure": 7}, partition_key=key)


@asset(partitions_def=days, backfill_policy=BackfillPolicy.single_run(), deps=[first])
def second() -> None:
    """Another one, downstream."""


@asset_check(asset=first)
def a_check() -> AssetCheckResult:
    """One that passes."""
    return AssetCheckResult(passed=True)


@asset(partitions_def=days, backfill_policy=BackfillPolicy.single_run(), deps=[first])
def broken() -> None:
    """One that fails."""
    raise Failure("on purpose")


def configured(folder: Path) -> Path:
    folder.mkdir()
    (folder / "dagster.yaml").write_text(EMBEDDED)
    return folder


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """Our storage, in a folder of its own."""
    monkeypatch.setenv("SOCCER_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "150")  # a range is written in several batches
    with DagsterInstance.from_config(str(configured(tmp_path / "embedded"))) as instance:
        assert type(instance.event_log_storage) is BatchedSqliteEventLogStorage
        yield instance


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[DagsterInstance]:
    """Dagster's own SQLite storage."""
    (tmp_path / "stock").mkdir()
    with DagsterInstance.local_temp(str(tmp_path / "stock")) as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        yield instance


def run(instance: DagsterInstance, n: int, *assets: Any, start: str = "2020-01-01") -> str:
    """Materialize `n` days in one run; returns its id."""
    begin = dt.date.fromisoformat(start)
    tags = range_tags(begin, begin + dt.timedelta(days=n - 1))
    found = materialize(assets, instance=instance, tags=tags, run_config=QUIET, raise_on_error=False)
    return found.run_id


def days_from(start: str, n: int) -> list[str]:
    return [str(dt.date.fromisoformat(start) + dt.timedelta(days=i)) for i in range(n)]


def counts(instance: DagsterInstance, run_id: str) -> Counter[str]:
    """Events of a run by their type, in the run's own shard."""
    return Counter(e.dagster_event.event_type_value for e in instance.all_logs(run_id) if e.dagster_event)


def index(instance: DagsterInstance, run_id: str) -> list[tuple[Any, ...]]:
    """The run's rows of the index that all runs share, without what differs from run to run."""
    storage: Any = instance.event_log_storage
    table = SqlEventLogStorageTable.c
    wanted = select(table.dagster_event_type, table.asset_key, table.partition, table.step_key)
    with storage.index_connection() as connection:
        return sorted(map(tuple, connection.execute(wanted.where(table.run_id == run_id))), key=str)


def test_a_range_of_four_hundred_days_is_recorded_whole(embedded):
    run_id = run(embedded, 400, first, second)
    assert embedded.get_run_by_id(run_id).is_success
    keys = set(days_from("2020-01-01", 400))
    found = counts(embedded, run_id)
    assert found["ASSET_MATERIALIZATION"] == found["ASSET_MATERIALIZATION_PLANNED"] == 800
    for key in (FIRST, SECOND):
        assert embedded.get_materialized_partitions(key) == keys
        record = embedded.get_asset_records([key])[0].asset_entry
        assert record.last_run_id == run_id
        assert record.last_materialization.dagster_event.partition == "2021-02-03"
        newest = embedded.fetch_materializations(key, limit=1).records[0]
        assert newest.storage_id == record.last_materialization_storage_id
        assert newest.partition_key == "2021-02-03"


def test_the_events_are_numbered_in_the_order_of_the_partitions(embedded):
    run(embedded, 400, first, second)
    told = embedded.fetch_materializations(AssetRecordsFilter(FIRST), limit=1000, ascending=True).records
    assert [record.partition_key for record in told] == days_from("2020-01-01", 400)
    ids = [record.storage_id for record in told]
    assert ids == sorted(set(ids))


def test_metadata_of_a_partition_stay_with_it(embedded):
    run(embedded, 200, first)
    figures = {
        record.partition_key: record.asset_materialization.metadata.get("figure")
        for record in embedded.fetch_materializations(FIRST, limit=1000).records
    }
    assert {key for key, figure in figures.items() if figure is not None} == {"2020-01-01"}
    assert figures["2020-01-01"].value == 7


def test_the_same_is_recorded_as_by_dagsters_own_storage(embedded, stock):
    ids = {instance: run(instance, 40, first, second, a_check) for instance in (embedded, stock)}
    assert counts(embedded, ids[embedded]) == counts(stock, ids[stock])
    assert index(embedded, ids[embedded]) == index(stock, ids[stock])
    for key in (FIRST, SECOND):
        assert embedded.get_materialized_partitions(key) == stock.get_materialized_partitions(key)
        entries = {instance: instance.get_asset_records([key])[0].asset_entry for instance in ids}
        assert {e.last_materialization.dagster_event.partition for e in entries.values()} == {"2020-02-09"}
        assert {instance: entry.last_run_id for instance, entry in entries.items()} == ids


@pytest.mark.parametrize(("whole", "planned"), [(61, 2), (60, 200)])
def test_a_range_of_months_is_planned_in_one_event_an_asset(embedded, whole, planned):
    with planned_as_a_whole(whole):
        run_id = run(embedded, 100, first, second)
    found = counts(embedded, run_id)
    assert (found["ASSET_MATERIALIZATION_PLANNED"], found["ASSET_MATERIALIZATION"]) == (planned, 200)
    assert embedded.get_materialized_partitions(SECOND) == set(days_from("2020-01-01", 100))
    assert attempts(embedded, SECOND) == set()


def attempts(instance: DagsterInstance, key: AssetKey) -> set[str]:
    """Partitions that were planned and have not been made: how Dagster tells the failed ones."""
    storage = instance.event_log_storage
    return set(storage.get_latest_asset_partition_materialization_attempts_without_materializations(key))


def test_the_partitions_of_a_failed_step_are_marked_as_dagsters_own_storage_marks_them(embedded, stock):
    ids = {instance: run(instance, 30, first, broken) for instance in (embedded, stock)}
    for instance in (embedded, stock):
        assert not instance.get_run_by_id(ids[instance]).is_success
        assert attempts(instance, AssetKey("broken")) == set(days_from("2020-01-01", 30))
        assert attempts(instance, FIRST) == set()
        assert instance.get_materialized_partitions(AssetKey("broken")) == set()
    assert counts(embedded, ids[embedded]) == counts(stock, ids[stock])
    assert index(embedded, ids[embedded]) == index(stock, ids[stock])


def test_a_check_of_a_range_is_one_row_that_is_planned_and_then_judged(embedded):
    storage: Any = embedded.event_log_storage
    ids = [run(embedded, 40, first, a_check) for _ in range(2)]
    table = AssetCheckExecutionsTable.c
    with storage.index_connection() as connection:
        rows = connection.execute(select(table.run_id, table.check_name, table.execution_status).order_by(table.id))
        assert list(map(tuple, rows)) == [(run_id, "a_check", "SUCCEEDED") for run_id in ids]


def test_a_second_run_over_part_of_the_range_is_the_newest_there(embedded):
    run(embedded, 200, first)
    again = run(embedded, 20, first, start="2020-02-01")
    newest = embedded.get_latest_storage_id_by_partition(FIRST, DagsterEventType.ASSET_MATERIALIZATION)
    told = embedded.fetch_materializations(AssetRecordsFilter(FIRST, asset_partitions=["2020-02-03"]), limit=1).records
    assert told[0].run_id == again
    assert newest["2020-02-03"] == told[0].storage_id
    assert len(newest) == 200
    assert max(newest, key=newest.__getitem__) == "2020-02-20"


def test_events_are_written_in_batches_without_being_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOCCER_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    with DagsterInstance.from_config(str(configured(tmp_path / "embedded"))):
        assert int(os.environ["DAGSTER_EVENT_BATCH_SIZE"]) == 2000
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE")


def test_everything_is_kept_under_var(embedded, tmp_path):
    run(embedded, 3, first)
    assert sorted(path.name for path in (tmp_path / "var").iterdir()) == ["dagster"]
    assert (tmp_path / "var" / "dagster" / "history" / "runs" / "index.db").is_file()


def test_processes_that_start_at_once_on_an_empty_folder_make_its_databases_once(tmp_path: Path) -> None:
    program = (
        "import sys; from soccer_assets.orchestration.event_storage import EmbeddedStorage;"
        "print(flush=True); sys.stdin.readline(); EmbeddedStorage(sys.argv[1])"
    )
    command, pipe = [sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "dagster")], subprocess.PIPE
    processes = [
        subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT) for _ in range(4)
    ]
    for process in processes:  # all have imported what they need
        assert process.stdout is not None and process.stdout.readline() == "\n"
    for process in processes:
        assert process.stdin is not None
        print("go", file=process.stdin, flush=True)
    assert [(process.communicate(timeout=120)[0], process.returncode) for process in processes] == [("", 0)] * 4
