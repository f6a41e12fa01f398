"""Two processes make a range together, and overlapping ranges at once: the tables are those of one."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pytest
from dagster import DagsterEventType, DagsterInstance

from soccer_assets.commands import materialize as runs
from soccer_assets.storage.lake import Lake
from tests.faults.long.tables import digests

ROOT = Path(__file__).parents[3]
SECONDS = 300
EVERY = "group:sources or group:matches or group:odds or key:team_ratings or key:match_features"
WORKER = """
import datetime as dt, sys
from soccer_assets.commands import materialize as runs
selection, (first, last) = runs.AssetSelection.from_string(sys.argv[1]), map(dt.date.fromisoformat, sys.argv[2:])
with runs.instance() as instance:
    runs.materialize(selection, first, last, instance)
"""


@pytest.fixture
def var(season: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site alone: nothing was made yet."""
    var = tmp_path / "var"
    copytree(season.var / "site", var / "site")
    monkeypatch.setenv("SOCCER_VAR", str(var))
    return var


def at_once(selection: str, *ranges: tuple[dt.date, dt.date]) -> str:
    """A process for each range, all at the same time; what they printed."""
    command = [sys.executable, "-W", "ignore", "-c", WORKER, selection]
    workers = [
        subprocess.Popen([*command, str(first), str(last)], cwd=ROOT, env=os.environ, text=True, stdout=subprocess.PIPE)
        for first, last in ranges
    ]
    printed = [worker.communicate(timeout=SECONDS)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * len(ranges), printed
    return "\n".join(printed)


def turns(instance: DagsterInstance, step: str) -> list[str]:
    """Start and end of a step in all runs, in the order of time."""
    kinds = {DagsterEventType.STEP_START, DagsterEventType.STEP_SUCCESS}
    events = [event for run in instance.get_runs() for event in instance.all_logs(run.run_id, of_type=kinds)]
    in_time = sorted((event for event in events if event.step_key == step), key=lambda event: event.timestamp)
    return [event.dagster_event.event_type_value for event in in_time if event.dagster_event]


def test_a_range_split_over_two_processes_gives_the_tables_of_one(season: Any, var: Path, digest: Any) -> None:
    middle = season.first + dt.timedelta(days=230)
    halves = (season.first, middle), (middle + dt.timedelta(days=1), season.last)
    at_once(EVERY, *halves)
    together = digests(Lake(str(var / "lake")), digest)
    with runs.instance() as instance:
        for step in ("matches", "match_features"):  # in turns, never at once
            assert turns(instance, step) == ["STEP_START", "STEP_SUCCESS"] * 2
    for name in ("lake", "payloads"):
        rmtree(var / name)
    at_once(EVERY, (season.first, season.last))
    assert digests(Lake(str(var / "lake")), digest) == together


def test_overlapping_ranges_at_once_give_the_tables_of_one(season: Any, var: Path, digest: Any) -> None:
    at_once(EVERY, (season.first, season.last))
    alone = digests(Lake(str(var / "lake")), digest)
    third = dt.timedelta(days=140)
    printed = at_once(EVERY, (season.first, season.last - third), (season.first + third, season.last))
    assert "waits for a run that makes it too" in printed
    assert digests(Lake(str(var / "lake")), digest) == alone
