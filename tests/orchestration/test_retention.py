"""What is kept of old runs, and that no write-ahead log stays behind."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRun

from soccer_assets.orchestration.retention import prune_history
from soccer_assets.orchestration.sqlite_engines import MOST_ENGINES, close_engines, close_left_logs, engine
from soccer_assets.settings import Settings
from tests.orchestration.test_event_storage import (
    FIRST,
    SECOND,
    broken,
    configured,
    counts,
    days_from,
    first,
    index,
    run,
    second,
)  # fmt: skip

TOMORROW = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
#: Writes to many files of the storage, says so, and waits to be killed or told to end.
WRITER = """
import sys
from pathlib import Path
from soccer_assets.orchestration.sqlite_engines import engine
for number in range(3):
    with engine(f"sqlite:///{sys.argv[1]}/{number}.db").begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("create table t (x)")
    with engine(f"sqlite:///{sys.argv[1]}/{number}.db").begin() as connection:
        connection.exec_driver_sql("insert into t values (7)")
print("written", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    monkeypatch.setenv("SOCCER_VAR", str(tmp_path / "var"))
    with DagsterInstance.from_config(str(configured(tmp_path / "embedded"))) as instance:
        yield instance
    close_engines()


def shard_bytes(tmp_path: Path, run_id: str) -> int:
    close_engines()
    return (tmp_path / "var" / "dagster" / "history" / "runs" / f"{run_id}.db").stat().st_size


def kinds(rows: list[tuple[Any, ...]]) -> Counter[str]:
    return Counter(row[0] for row in rows)


def test_of_an_old_run_its_end_and_what_it_materialized_stay(instance: DagsterInstance, tmp_path: Path) -> None:
    done, failed = run(instance, 100, first, second), run(instance, 100, first, broken)
    before = shard_bytes(tmp_path, done)
    assert prune_history(instance, TOMORROW - dt.timedelta(days=2)) == {"runs": 0, "events": 0}
    pruned = prune_history(instance, TOMORROW)
    assert pruned["runs"] == 2 and pruned["events"] > 400  # what was planned, in the run's own file and in the index
    assert counts(instance, done) == {
        "PIPELINE_START": 1, "PIPELINE_SUCCESS": 1, "STEP_SUCCESS": 2, "ASSET_MATERIALIZATION": 200,
    }  # fmt: skip
    assert kinds(index(instance, done)) == {"ASSET_MATERIALIZATION": 200, "PIPELINE_START": 1, "PIPELINE_SUCCESS": 1}
    assert kinds(index(instance, failed))["ASSET_MATERIALIZATION_PLANNED"] == 200  # they tell what it failed to make
    assert counts(instance, failed)["STEP_FAILURE"] == counts(instance, failed)["PIPELINE_FAILURE"] == 1
    for key in (FIRST, SECOND):
        assert instance.get_materialized_partitions(key) == set(days_from("2020-01-01", 100))
    runs: list[DagsterRun] = list(instance.get_runs())
    assert {each.run_id: each.status.value for each in runs} == {done: "SUCCESS", failed: "FAILURE"}
    assert shard_bytes(tmp_path, done) < 0.7 * before
    assert prune_history(instance, TOMORROW) == {"runs": 0, "events": 0}


def test_no_process_has_more_than_a_few_files_open(tmp_path: Path) -> None:
    for number in range(3 * MOST_ENGINES):
        with engine(f"sqlite:///{tmp_path}/{number}.db").begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql("create table t (x)")
    assert len(list(tmp_path.glob("*.db"))) == 3 * MOST_ENGINES
    assert len(list(tmp_path.glob("*.db-wal"))) == MOST_ENGINES
    close_engines()
    assert list(tmp_path.glob("*.db-wal")) == []


@pytest.mark.parametrize("killed", [False, True])
def test_a_process_that_ends_leaves_no_log_and_that_of_a_killed_one_is_written_back(
    killed: bool, tmp_path: Path
) -> None:
    settings = Settings(var=str(tmp_path))
    folder = tmp_path / "dagster"
    folder.mkdir()
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    command = [sys.executable, "-W", "ignore", "-c", WRITER, str(folder)]
    with subprocess.Popen(command, text=True, **pipes) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "written\n"
        assert close_left_logs(settings) == 0  # they belong to a living process
        assert len(list(folder.glob("*.db-wal"))) == 3
        if killed:
            os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
    assert len(list(folder.glob("*.db-wal"))) == (3 if killed else 0)
    assert close_left_logs(settings) == (3 if killed else 0)
    assert list(folder.glob("*.db-wal")) == []
    with engine(f"sqlite:///{folder}/1.db").begin() as connection:
        assert connection.exec_driver_sql("select x from t").scalars().all() == [7]
    close_engines()
