"""A run of the platform is a child process that ends with its worker."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from serving.jobs.runs import CHILD

WORKER = """
import asyncio, sys
from serving.jobs import runs

async def report(done, total, run_ids):
    return True

runs.SOCCER = (sys.executable, "-c", sys.argv[1])
asyncio.run(runs.run_platform([], "local", report))
"""
RUN = """
import os, pathlib, time
path = pathlib.Path({path!r})
path.with_suffix(".new").write_text(str(os.getpid()))
path.with_suffix(".new").rename(path)
time.sleep(60)
"""


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(holds)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_run_of_a_worker_that_is_killed_ends_with_it(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "pid"
    worker = subprocess.Popen([sys.executable, "-c", WORKER, RUN.format(path=str(path))])
    try:
        assert wait_until(path.exists)
        run = int(path.read_text())
        assert is_running(run) and os.getpgid(run) != os.getpgid(worker.pid)
    finally:
        worker.send_signal(number)
        worker.wait()
    assert wait_until(lambda: not is_running(run), seconds=5)


def test_a_run_whose_worker_has_ended_already_is_not_started(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    program = [sys.executable, "-c", RUN.format(path=str(path))]
    ended = subprocess.run([*CHILD, str(os.getpid() + 1), *program], timeout=20, check=False)
    assert ended.returncode == 0 and not path.exists()
