"""Everything is killed in the middle of a run, as by a lost power supply: after the next start the queue is free."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.run_coordinator import SubmitRunContext

from soccer_assets.commands import materialize as runs
from soccer_assets.definitions import defs
from soccer_assets.orchestration.partitions import range_tags
from soccer_assets.orchestration.runs import origin_of
from soccer_assets.storage.lake import Lake
from tests.faults.long.daemons import Daemon
from tests.serving.processes import until

SECONDS = 90
TABLES = ("matches", "team_ratings", "match_features")


@pytest.fixture
def var(season: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    var = tmp_path / "var"
    copytree(season.var, var, ignore=ignore_patterns("site", "dagster", "mlflow", "reports"))
    monkeypatch.setenv("SOCCER_VAR", str(var))
    return var


@pytest.fixture
def instance(var: Path) -> Iterator[DagsterInstance]:
    with runs.instance() as instance:
        yield instance


@pytest.fixture
def daemon(var: Path) -> Iterator[Daemon]:
    daemon = Daemon(var)
    yield daemon
    daemon.stop()


def submit(instance: DagsterInstance, first: dt.date, last: dt.date) -> str:
    """Put a run of sources to features into the queue, as a schedule does."""
    keys = runs.UP_TO_FEATURES.resolve(defs.resolve_asset_graph())
    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection=keys)
    run = instance.create_run_for_job(
        job, tags=range_tags(first, last), asset_selection=frozenset(keys), remote_job_origin=origin_of(job.name)
    )
    instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))  # type: ignore[arg-type]
    return run.run_id


def ended(instance: DagsterInstance, run_id: str) -> DagsterRunStatus | None:
    run = instance.get_run_by_id(run_id)
    return run.status if run is not None and run.is_finished else None


def retry_of(instance: DagsterInstance, run_id: str) -> DagsterRun | None:
    retries = instance.get_runs(RunsFilter(tags={"dagster/parent_run_id": run_id}))
    assert len(retries) < 2
    return retries[0] if retries else None


def test_after_everything_was_killed_the_dead_run_fails_is_taken_up_again_and_the_next_one_goes(
    season: Any, var: Path, instance: DagsterInstance, daemon: Daemon, digest: Any
) -> None:
    lake = Lake(str(var / "lake"))
    before = {name: digest(lake.read(name)) for name in TABLES}
    versions = lake.version("matches")
    dead = submit(instance, season.first, season.last)
    until(lambda: lake.version("matches") != versions, SECONDS)
    daemon.kill_everything()
    waiting = submit(instance, season.today, season.last)
    run = instance.get_run_by_id(dead)
    assert run is not None and run.status is DagsterRunStatus.STARTED
    daemon.start_again()
    assert until(lambda: ended(instance, dead), SECONDS) is DagsterRunStatus.FAILURE
    assert until(lambda: ended(instance, waiting), SECONDS) is DagsterRunStatus.SUCCESS
    retry = until(lambda: retry_of(instance, dead), SECONDS)
    assert until(lambda: ended(instance, retry.run_id), SECONDS) is DagsterRunStatus.SUCCESS
    assert {name: digest(lake.read(name)) for name in TABLES} == before
