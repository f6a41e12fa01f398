"""The running platform: Redis, the API, a worker and Dagster's webserver and daemon, as child processes.

Each child leads its own process group, so that a Ctrl-C in the terminal reaches this process alone, which then ends
the children in order and leaves none behind. One that ends by itself is started again as long as the platform is up.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import httpx

from serving.redis_server import RedisServer, redis_server
from serving.settings import ServingSettings
from soccer_assets.errors import PlatformError
from soccer_assets.orchestration.home import write_home
from soccer_assets.settings import Settings

START_SECONDS = 120.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.3
#: The pause before a program is started again for the first time, and the longest one; after that time without an end
#: it is short again.
PAUSE_SECONDS, MOST_PAUSE_SECONDS = 1.0, 60.0
WITHIN_SECONDS = 300.0
#: How often a program may end before it is up for the first time.
MOST_ENDS = 6


@dataclass
class Child:
    """A program that is kept running, and the file its output goes to; `ready_at` answers when it is up."""

    name: str
    command: Sequence[str]
    log: Path
    ready_at: str | None
    process: subprocess.Popen[bytes] | None = None
    ends: list[float] = field(default_factory=list)
    start_at: float = 0.0

    def log_tail(self) -> str:
        """The last 15 lines of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


class Supervisor:
    """Runs programs, and starts again one that ends, after a pause that doubles with each time."""

    def __init__(
        self,
        children: Sequence[Child],
        redis: RedisServer,
        environment: Mapping[str, str],
        addresses: Mapping[str, str],
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._children = children
        self._redis = redis
        self._environment = dict(environment)
        self._pause = pause_seconds
        self._was_ready = False
        self.addresses = addresses

    def wait(self) -> None:
        """Return on Ctrl-C or SIGTERM."""
        for name, address in self.addresses.items():
            print(f"  {name:<12} {address}")
        print("Ctrl-C stops everything.", flush=True)
        try:
            while True:
                self.look()
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            print("\nstopping", flush=True)

    def wait_until_ready(self) -> None:
        """Return when every program that listens answers.

        Raises:
            PlatformError: a program does not answer in time, or ended as often as it may.
        """
        deadline = time.monotonic() + START_SECONDS
        for child in self._children:
            while child.ready_at is not None and not _answers(child.ready_at):
                self.look()
                if time.monotonic() > deadline:
                    raise PlatformError(f"{child.name} did not answer within {START_SECONDS:g} s:\n{child.log_tail()}")
                time.sleep(POLL_SECONDS)
        self._was_ready = True

    def look(self) -> None:
        """Start what does not run, where its pause is over.

        Raises:
            PlatformError: a program ended as often as it may before all were up.
        """
        if self._redis.ensure_running():
            print("redis was gone and is started again", flush=True)
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._note_end(child, child.process)
            if child.process is None and time.monotonic() >= child.start_at:
                child.process = self._start(child)

    def stop(self) -> None:
        """Stop every program, the last one first."""
        for child in reversed(self._children):
            if child.process is not None:
                _stop(child.process)

    def _note_end(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        _stop(process)  # its own children may live on
        child.process, now = None, time.monotonic()
        child.ends = [*(end for end in child.ends if now - end < WITHIN_SECONDS), now]
        if len(child.ends) >= MOST_ENDS and not self._was_ready:
            raise PlatformError(
                f"{child.name} ended {len(child.ends)} times within {WITHIN_SECONDS / 60:g} minutes, at last with code "
                f"{process.returncode}:\n{child.log_tail()}"
            )
        pause = min(self._pause * 2 ** (len(child.ends) - 1), MOST_PAUSE_SECONDS)
        child.start_at = now + pause
        print(f"{child.name} ended with code {process.returncode}: started again in {pause:g} s", flush=True)

    def _start(self, child: Child) -> subprocess.Popen[bytes]:
        with child.log.open("ab" if child.ends else "wb") as output:
            return subprocess.Popen(
                child.command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def check_ports(settings: Settings) -> None:
    """Find out whether the ports of the platform are free.

    Raises:
        PlatformError: one is taken; it names the setting.
    """
    serving = ServingSettings.read()
    ports = {
        "SERVING_PORT": (serving.host, serving.port),
        "SOCCER_DAGSTER_PORT": ("127.0.0.1", settings.dagster_port),
        "SERVING_WORKER_METRICS_PORT": (serving.host, serving.worker_metrics_port),
    }
    for setting, (host, port) in ports.items():
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PlatformError(
                    f"expected port {port} of {host} to be free, found {error.strerror}: end the program that has it, "
                    f"or set {setting} to another port"
                ) from None


@contextmanager
def platform(settings: Settings) -> Iterator[Supervisor]:
    """Start everything, wait until it answers, and stop it on the way out.

    Raises:
        PlatformError: a port is taken, or a program does not start.
    """
    from soccer_assets.orchestration.sqlite_engines import close_left_logs  # imports Dagster

    check_ports(settings)
    serving = ServingSettings.read()
    api = f"http://{serving.host}:{serving.port}"
    dagster = f"http://127.0.0.1:{settings.dagster_port}"
    logs = settings.var_path / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    home = write_home(settings.var_path / "dagster_home")
    close_left_logs(settings)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with redis_server(settings) as redis:
            environment = {"SERVING_DAGSTER_URL": dagster, **os.environ, "SOCCER_REDIS_URL": redis.url,
                           "SOCCER_REDIS_URL_FILE": "", "DAGSTER_HOME": str(home)}  # fmt: skip
            python = [sys.executable, "-W", "ignore", "-m"]
            workspace = ["-w", str(home / "workspace.yaml")]
            dev = [*python, "dagster", "dev", *workspace, "-h", "127.0.0.1", "-p", str(settings.dagster_port)]
            children = [
                Child("api", [*python, "serving.app"], logs / "api.log", f"{api}/health/live"),
                Child("worker", [*python, "serving.worker"], logs / "worker.log", None),
                Child("dagster", dev, logs / "dagster.log", f"{dagster}/server_info"),
            ]
            addresses = {"API": f"{api}/", "API docs": f"{api}/docs", "Dagster UI": dagster, "Redis": redis.url,
                         "logs": str(logs)}  # fmt: skip
            running = Supervisor(children, redis, environment, addresses)
            try:
                running.wait_until_ready()
                yield running
            finally:
                running.stop()
    finally:
        signal.signal(signal.SIGTERM, before)


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
