"""Runs of the platform: a command of `soccer` as a child process, whose output tells how far it is."""

import asyncio
import logging
import os
import re
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from serving.jobs.contracts import RunResult
from serving.logs import IDS, add_ids

SOCCER: tuple[str, ...] = (str(Path(sys.executable).with_name("soccer")),)
#: A worker that is killed must leave no run behind: nobody would follow it, and the next one would run beside it.
CHILD = (sys.executable, "-I", str(Path(__file__).with_name("child.py")))
LINE_BYTES = 1 << 20
LINES = 20
REPORT_SECONDS = 0.5
#: Is given what is made of a run, out of what, and Dagster's ids of the runs so far; whether to go on.
Reporter = Callable[[int, int, Sequence[str]], Awaitable[bool]]
STOP_SECONDS = 20.0
logger = logging.getLogger(__name__)
#: The lines of `soccer_assets.commands.materialize`: how many tables there are, and one that was made or checked.
ASSETS = re.compile(r"^match dates .*, (\d+) assets")
PLANNED = re.compile(r"^  run ([0-9a-f-]{36}) planned")
MADE = re.compile(r"^  \S+ +([\d,]+ rows|checked)( +[\d.]+ s)?$")


async def run_platform(arguments: Sequence[str], client: str, report: Reporter) -> RunResult:
    """Run `soccer` with the arguments to its end; a cancellation interrupts it.

    Args:
        arguments: the command and its arguments.
        client: the id of the client that asks, for the ledgers that say who decided.
        report: is given the tables made, those of the run, and the ids of Dagster's runs; where it says no, the run
            is interrupted.
    """
    began, ids = time.monotonic(), IDS.get()
    process = await asyncio.create_subprocess_exec(
        *CHILD,
        str(os.getpid()),
        *SOCCER,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=LINE_BYTES,
        env=os.environ
        | {"SOCCER_DECIDED_BY": client}
        | {f"SOCCER_{name.upper()}": value for name, value in ids.items()},  # tags of the runs
        start_new_session=True,
    )
    output: deque[str] = deque(maxlen=LINES)
    try:
        await _follow(process, output, report)
        code = await process.wait()
    finally:
        await _stop(process)
    return RunResult(code, round(time.monotonic() - began, 1), list(output))


async def _follow(process: asyncio.subprocess.Process, output: deque[str], report: Reporter) -> None:
    assert process.stdout is not None
    done, total, reported = 0, 1, 0.0
    run_ids: list[str] = []
    async for text in process.stdout:
        line = text.decode(errors="replace").rstrip()
        output.append(line)
        logger.info("%s", line)
        if planned := ASSETS.match(line):
            done, total = 0, int(planned[1])
        elif run := PLANNED.match(line):
            run_ids.append(run[1])
            add_ids(run_id=run[1])
            reported = 0.0  # at once: the run can be looked at while it goes on
        elif MADE.match(line):
            done = min(done + 1, total)
        else:
            continue
        if time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            if not await report(done, total, run_ids):
                raise asyncio.CancelledError


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Interrupt a process that still runs, as Ctrl-C does, and end its whole group when that takes too long."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
