"""The metrics of runs are those of a real instance: runs that ended, a run that goes on, a daemon."""

import datetime as dt
import time
from pathlib import Path

from dagster import AssetMaterialization, DagsterInstance, DagsterRunStatus, job, op
from dagster._daemon.types import DaemonHeartbeat
from prometheus_client import CollectorRegistry, generate_latest

from soccer_assets.orchestration.run_metrics import RunMetrics
from soccer_assets.settings import Clock


@op
def works() -> None:
    """One that succeeds."""


@op
def breaks() -> None:
    raise ValueError


@job
def good_job() -> None:
    works()


@job
def bad_job() -> None:
    breaks()


def samples(instance: DagsterInstance, now: dt.datetime) -> dict[str, float]:
    """The metrics by their name and labels."""
    registry = CollectorRegistry()
    registry.register(RunMetrics(instance, Clock(now)))
    lines = generate_latest(registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_runs_that_ended_that_go_on_and_daemons_are_told(tmp_path: Path) -> None:
    began = time.time()
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        empty = samples(instance, dt.datetime.now(dt.UTC))
        assert empty['dagster_runs_unfinished{status="STARTED"}'] == 0
        assert not any(name.startswith("dagster_run_last_end") for name in empty)
        good_job.execute_in_process(instance=instance)
        instance.report_runless_asset_event(AssetMaterialization("odds"))
        bad_job.execute_in_process(instance=instance, raise_on_error=False)
        running = instance.create_run_for_job(good_job, status=DagsterRunStatus.STARTED)
        instance.add_daemon_heartbeat(DaemonHeartbeat(1_764_000_000.0, "SENSOR", "d", []))
        now = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
        found = samples(instance, now)
        assert found['dagster_runs_unfinished{status="STARTED"}'] == 1
        created = instance.get_run_record_by_id(running.run_id)
        assert created is not None
        age = now.timestamp() - created.create_timestamp.timestamp()
        assert found['dagster_run_oldest_age_seconds{status="STARTED"}'] == age
        assert found['dagster_daemon_heartbeat_timestamp_seconds{daemon="SENSOR"}'] == 1_764_000_000.0
        assert began <= found['dagster_asset_last_materialization_timestamp_seconds{asset="odds"}'] <= time.time()
        ends = {
            name.partition("{")[2]: value for name, value in found.items() if name.startswith("dagster_run_last_end")
        }
        assert set(ends) == {'job_name="good_job",status="SUCCESS"}', 'job_name="bad_job",status="FAILURE"}'}
        assert all(began <= end <= time.time() for end in ends.values())
        assert 0 < found['dagster_run_last_duration_seconds{job_name="good_job",status="SUCCESS"}'] < 60
