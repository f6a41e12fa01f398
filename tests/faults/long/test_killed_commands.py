"""A run whose process is killed leaves no half-written table: the next run makes what an undisturbed one would have."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soccer_assets.commands import materialize as runs
from soccer_assets.storage.lake import Lake
from tests.faults.long.tables import TABLES, digests

ROOT = Path(__file__).parents[3]
NAMES = (*TABLES, "football_data_fixtures")
DEADLINE_SECONDS = 120
#: Imports once, then forks a process for each line it reads: it says the process's id, and how it ended.
BACKFILLS = """
import datetime as dt, os, sys, traceback
import pandera.polars
from soccer_assets.commands import materialize as runs

def backfill(first, last):
    try:
        with runs.instance() as instance:
            runs.materialize(runs.UP_TO_FEATURES, first, last, instance, log=lambda line: None)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)

dates = [dt.date.fromisoformat(text) for text in sys.argv[1:]]
for line in sys.stdin:
    child = os.fork() or backfill(*dates)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def morning_after(season: Any, tmp_path: Path) -> Iterator[Path]:
    """A copy of everything under var, with the site as it is a day later."""
    var = tmp_path / "var"
    with season.undone():
        season.publish(season.today + dt.timedelta(days=1))
        shutil.copytree(season.var, var, ignore=shutil.ignore_patterns("site", "dagster", "mlflow", "reports"))
        yield var


class Backfills:
    """Runs over the nightly range, each in a process of its own."""

    def __init__(self, driver: subprocess.Popen[str]) -> None:
        assert driver.stdin is not None
        assert driver.stdout is not None
        self._orders, self._answers = driver.stdin, driver.stdout

    def start(self) -> int:
        """The id of the new process."""
        print("go", file=self._orders, flush=True)
        return int(self._answers.readline())

    def ended(self) -> int:
        """Wait for its end: the exit code, or minus the signal that ended it."""
        return int(self._answers.readline())

    def kill_when(self, reached: Callable[[], bool]) -> None:
        """SIGKILL a new process the moment it has come so far; it must not have come to its end."""
        process = self.start()
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not reached() and time.monotonic() < deadline:
            time.sleep(0.002)
        os.kill(process, signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL


@pytest.fixture
def backfills(season: Any, morning_after: Path) -> Iterator[Backfills]:
    tomorrow = season.today + dt.timedelta(days=1)
    first, last = tomorrow - dt.timedelta(days=7), tomorrow + dt.timedelta(days=14)
    command = [sys.executable, "-W", "ignore", "-c", BACKFILLS, str(first), str(last)]
    environment, pipe = os.environ | {"SOCCER_VAR": str(morning_after)}, subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdin=pipe, stdout=pipe) as driver:
        yield Backfills(driver)


def committed(lake: Lake, name: str) -> Callable[[], bool]:
    """Whether the table has a commit more than now."""
    log = Path(lake.address(name)) / "_delta_log"
    before = len(list(log.glob("*.json")))
    return lambda: len(list(log.glob("*.json"))) > before


def writing(lake: Lake, name: str) -> Callable[[], bool]:
    """Whether the table has a data file more than now: written, and not yet committed."""
    folder = Path(lake.address(name))
    before = len(list(folder.glob("*.parquet")))
    return lambda: len(list(folder.glob("*.parquet"))) > before


def test_killed_again_and_again_a_run_ends_in_the_tables_of_an_undisturbed_one(
    backfills, season, next_day, morning_after, digest, monkeypatch
):
    lake = Lake(str(morning_after / "lake"))
    for reached in (committed(lake, "football_data_results"), writing(lake, "odds"), committed(lake, "team_ratings")):
        backfills.kill_when(reached)
        for name in NAMES:  # whatever was reached, every table can be read
            assert lake.read(name).height > 0
    backfills.start()
    assert backfills.ended() == 0
    assert digests(lake, digest, NAMES) == digests(next_day, digest, NAMES)
    monkeypatch.setenv("SOCCER_VAR", str(morning_after))
    with runs.instance() as instance:  # each run that was killed is known to be dead and holds no table
        statuses = [run.status.value for run in instance.get_runs(limit=4)]
        assert statuses == ["SUCCESS", "FAILURE", "FAILURE", "FAILURE"]
        assert instance.event_log_storage.get_concurrency_run_ids() == set()
    finished = lake.read("matches", season.today, season.today)
    assert set(finished["status"]) == {"finished"}
    # no payload is left under a name that is not its hash, but for what was being written
    names = {path.name for path in (morning_after / "payloads").iterdir() if path.suffix != ".part"}
    assert {len(name) for name in names} == {64}
    assert len(names & set(lake.read("fetch_log")["payload_id"])) > len(names) / 2
