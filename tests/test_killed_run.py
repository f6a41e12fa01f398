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

import polars as pl
import pytest

from soccer_assets.delta import Lake

ROOT = Path(__file__).parent.parent
TABLES = (
    "football_data_results", "football_data_fixtures", "matches", "teams", "odds", "market_probabilities",
    "team_ratings", "match_features",
)  # fmt: skip
#: When a process looked is told from run to run by these alone.
CLOCKS = ("_first_seen_at", "_last_seen_at", "quoted_at")
DEADLINE_SECONDS = 120


@pytest.fixture
def morning_after(season: Any, tmp_path: Path) -> Iterator[Path]:
    """A copy of everything under var, with the site as it is a day later."""
    var = tmp_path / "var"
    with season.undone():
        season.publish(season.today + dt.timedelta(days=1))
        shutil.copytree(season.var, var, ignore=shutil.ignore_patterns("site", "dagster", "mlflow", "reports"))
        yield var


@pytest.fixture
def backfill(season: Any, morning_after: Path) -> Callable[[], subprocess.Popen[str]]:
    """Start `backfill` of the nightly range, as from the command line."""
    tomorrow = season.today + dt.timedelta(days=1)
    first, last = tomorrow - dt.timedelta(days=7), tomorrow + dt.timedelta(days=14)
    command = [sys.executable, "-W", "ignore", "-m", "soccer_assets", "backfill", str(first), str(last)]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"SOCCER_VAR": str(morning_after)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def kill_when(process: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    """SIGKILL the process the moment it has come so far; it must not have come to its end."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    with process:
        while not reached():
            assert process.poll() is None, process.stdout.read() if process.stdout else ""
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.kill()
        assert process.wait() == -signal.SIGKILL


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
    season, next_day, morning_after, backfill, digest
):
    lake = Lake(str(morning_after / "lake"))
    for reached in (committed(lake, "football_data_results"), writing(lake, "odds"), committed(lake, "team_ratings")):
        kill_when(backfill(), reached)
        for name in TABLES:  # whatever was reached, every table can be read
            assert lake.read(name).height > 0
    with backfill() as process:
        said, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, said
    made = {name: digest(lake.read(name).drop(CLOCKS, strict=False)) for name in TABLES}
    assert made == {name: digest(next_day.read(name).drop(CLOCKS, strict=False)) for name in TABLES}
    finished = lake.read("matches", season.today, season.today)
    assert set(finished["status"]) == {"finished"}
    # no payload is left under a name that is not its hash, but for what was being written
    names = {path.name for path in (morning_after / "payloads").iterdir() if path.suffix != ".part"}
    assert {len(name) for name in names} == {64}
    assert pl.Series(sorted(names)).is_in(lake.read("fetch_log")["payload_id"].drop_nulls().to_list()).mean() > 0.5
