"""Writers that are killed, and disks that are full, in mid-write: the table is as it was, or as it was to be."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from soccer_assets.settings import Clock
from soccer_assets.storage.damage import examine
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.repair import repair

#: Imports once, then forks for each line it reads a process that writes every day in turn, and says its id and end.
WRITERS = """
import datetime as dt, itertools, os, resource, signal, sys
import polars as pl
from soccer_assets.storage.lake import Lake

DAYS, ROWS = 12, 20_000

def write(folder, edition, most_bytes):
    if most_bytes:  # as on a full disk, writing fails in the middle of a file
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    lake = Lake(folder)
    try:
        # one that is to be killed goes on until it is
        for number in itertools.chain.from_iterable(itertools.repeat(range(DAYS), 1000 if edition == "killed" else 1)):
            day = dt.date(2025, 3, 1) + dt.timedelta(days=number)
            rows = pl.DataFrame({"match_date": [day] * ROWS, "row": range(ROWS)})
            values = (pl.col("row") * 0.1 + number).sin().alias("value")
            lake.replace_dates("t", rows.with_columns(values, edition=pl.lit(edition)), day, day)
        os._exit(0)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)

for line in sys.stdin:
    folder, edition, most_bytes = line.rstrip().split("\\t")
    child = os.fork() or write(folder, edition, int(most_bytes))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
DAYS, ROWS, KILLS = 12, 20_000, 10


class Writers:
    """Processes that write the same table, one after the other."""

    def __init__(self, lake: Lake, driver: "subprocess.Popen[str]") -> None:
        assert driver.stdin is not None and driver.stdout is not None
        self._lake, self._orders, self._answers = lake, driver.stdin, driver.stdout

    def start(self, edition: str, most_bytes: int = 0) -> int:
        """The id of a new writer of every day; `most_bytes` is the largest file that its disk takes."""
        print(self._lake.url, edition, most_bytes, sep="\t", file=self._orders, flush=True)
        return int(self._answers.readline())

    def ended(self) -> int:
        """Wait for its end: the exit code, or minus the signal that ended it."""
        return int(self._answers.readline())

    def write(self, edition: str, most_bytes: int = 0) -> int:
        self.start(edition, most_bytes)
        return self.ended()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def errors(tmp_path: Path) -> Path:
    """What the writers wrote to stderr."""
    return tmp_path / "errors"


@pytest.fixture
def writers(lake: Lake, errors: Path) -> Iterator[Writers]:
    with (
        errors.open("w") as log,
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WRITERS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as driver,
    ):
        yield Writers(lake, driver)
        driver.communicate("")


def whole(lake: Lake) -> pl.DataFrame:
    """The table, of which every day has all rows of one edition."""
    rows = lake.read("t").sort("match_date", "row")
    days = rows.group_by("match_date").agg(pl.len(), pl.col("edition", "row").n_unique())
    assert days.select("len", "edition", "row").unique().rows() == [(ROWS, 1, ROWS)]
    return rows


def test_a_writer_killed_at_ten_random_moments_leaves_whole_days_and_the_next_one_the_same_table(
    lake: Lake, writers: Writers
) -> None:
    assert writers.write("new") == 0
    undisturbed = whole(lake)
    moments = random.Random(16)
    for _ in range(KILLS):
        process = writers.start("killed")
        time.sleep(moments.uniform(0.05, 0.6))
        os.kill(process, signal.SIGKILL)
        assert writers.ended() == -signal.SIGKILL
        assert len(whole(lake)) == DAYS * ROWS
        state = examine(lake, "t")
        assert state.is_sound, state
    assert writers.write("new") == 0
    assert_frame_equal(whole(lake), undisturbed)
    assert examine(lake, "t").unproven == ()


def test_a_disk_that_is_full_in_mid_write_leaves_the_table_as_it_was_and_what_was_begun_can_be_freed(
    lake: Lake, writers: Writers, errors: Path
) -> None:
    assert writers.write("old") == 0
    before, version = whole(lake), lake.version("t")
    assert writers.write("new", most_bytes=50_000) == 1
    assert "File too large" in errors.read_text()
    assert lake.version("t") == version and examine(lake, "t").is_sound
    assert_frame_equal(whole(lake), before)

    table = lake.table("t")
    folder = Path(lake.url) / "t"
    table.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)
    manifest = lake.manifest("t")
    assert manifest is not None
    assert {path.name for path in folder.glob("*.parquet")} == set(manifest.files)
    assert writers.write("new") == 0
    assert set(whole(lake)["edition"]) == {"new"}


def test_a_writer_killed_between_a_commit_and_its_manifest_leaves_no_damage(lake: Lake, writers: Writers) -> None:
    """The manifest is then older than the log; the next writer takes the checksums that are missing."""
    assert writers.write("old") == 0
    manifest = Path(lake.url) / "t" / "_manifest.json"
    earlier = manifest.read_bytes()
    assert writers.write("new") == 0
    manifest.write_bytes(earlier)
    state = examine(lake, "t")
    assert state.is_sound and len(state.unproven) == DAYS
    assert set(whole(lake)["edition"]) == {"new"}
    repair(lake, state, Clock().now())
    assert examine(lake, "t").unproven == ()
