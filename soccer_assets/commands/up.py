"""The running platform: Redis, the API, a worker and Dagster's webserver and daemon, as child processes.

Each child leads its own process group, so that a Ctrl-C in the terminal reaches this process alone, which then ends
the children in order and leaves none behind.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

import httpx

from serving.redis_server import embedded_redis
from serving.settings import ServingSettings
from soccer_assets.errors import PlatformError
from soccer_assets.settings import Settings

ROOT = Path(__file__).parents[2]
START_SECONDS = 120.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.3


@dataclass(frozen=True)
class Child:
    """A process and the file its output goes to; `ready_at` answers when it is up."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    ready_at: str | None

    def log_tail(self) -> str:
        """The last 15 lines of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


class Running:
    """The platform while it runs."""

    def __init__(self, children: Sequence[Child], addresses: dict[str, str]) -> None:
        self._children = children
        self.addresses = addresses

    def wait(self) -> None:
        """Return on Ctrl-C or SIGTERM; raise PlatformError when a process ends by itself."""
        for name, address in self.addresses.items():
            print(f"  {name:<12} {address}")
        print("Ctrl-C stops everything.", flush=True)
        try:
            while True:
                self._check()
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            print("\nstopping", flush=True)

    def wait_until_ready(self) -> None:
        """Return when every process that listens answers."""
        deadline = time.monotonic() + START_SECONDS
        for child in self._children:
            while child.ready_at is not None and not _answers(child.ready_at):
                self._check()
                if time.monotonic() > deadline:
                    raise PlatformError(f"{child.name} did not answer within {START_SECONDS:g} s:\n{child.log_tail()}")
                time.sleep(POLL_SECONDS)

    def _check(self) -> None:
        for child in self._children:
            if child.process.poll() is not None:
                raise PlatformError(f"{child.name} ended with code {child.process.returncode}:\n{child.log_tail()}")


@contextmanager
def platform(settings: Settings) -> Iterator[Running]:
    """Start everything, wait until it answers, and stop it on the way out."""
    serving = ServingSettings.read()
    api = f"http://{serving.host}:{serving.port}"
    dagster = f"http://127.0.0.1:{settings.dagster_port}"
    logs = settings.var_path / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as stack:
            redis = stack.enter_context(embedded_redis(settings))
            environment = os.environ | {"SOCCER_REDIS_URL": redis, "DAGSTER_HOME": str(ROOT)}
            python = [sys.executable, "-W", "ignore", "-m"]
            commands = (
                ("api", [*python, "serving.app"], f"{api}/health/live"),
                ("worker", [*python, "serving.worker"], None),
                (
                    "dagster",
                    [*python, "dagster", "dev", "-h", "127.0.0.1", "-p", str(settings.dagster_port)],
                    f"{dagster}/server_info",
                ),
            )
            children = [
                stack.enter_context(_child(name, command, logs / f"{name}.log", environment, ready_at))
                for name, command, ready_at in commands
            ]
            addresses = {"API": f"{api}/", "API docs": f"{api}/docs", "Dagster UI": dagster, "Redis": redis,
                         "logs": str(logs)}  # fmt: skip
            running = Running(children, addresses)
            running.wait_until_ready()
            yield running
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _child(
    name: str, command: Sequence[str], log: Path, environment: dict[str, str], ready_at: str | None
) -> Iterator[Child]:
    with log.open("wb") as output:
        process = _spawn(command, output, environment)
        try:
            yield Child(name, process, log, ready_at)
        finally:
            _stop(process)


def _spawn(command: Sequence[str], output: IO[bytes], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, then make sure that its whole group has."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while _group_lives(process.pid) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS / 3)
        process.poll()
    if _group_lives(process.pid):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5.0).status_code == 200
    except httpx.HTTPError:
        return False


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
