"""The API and workers as processes of their own; those of one folder share its Redis."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
PROGRAM = "print('done')"


@dataclass
class Process:
    """A running process and the files it logs to."""

    process: subprocess.Popen[bytes]
    folder: Path
    name: str

    @property
    def log(self) -> str:
        """What it wrote to stderr."""
        return (self.folder / f"{self.name}.err").read_text()

    @property
    def output(self) -> str:
        """What it wrote to stdout: its access log."""
        return (self.folder / f"{self.name}.out").read_text()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait(15)


@dataclass
class Api(Process):
    """A running API process."""

    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=20, **options)

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=15)
        connection.sendall(sent)
        return connection

    def entries(self, request_id: str) -> list[dict[str, object]]:
        """The entries of the access log with this request id, when there are some."""

        def matching() -> list[dict[str, object]]:
            lines = self.output.splitlines()
            return [entry for line in lines if (entry := msgspec.json.decode(line))["request_id"] == request_id]

        try:
            return until(matching, 5)
        except AssertionError:
            return []


class Processes:
    """Starts API and worker processes over a lake, and stops them."""

    def __init__(self, lake_url: str, **variables: str) -> None:
        self._lake_url = lake_url
        self._variables = variables
        self._running: list[Process] = []

    def start_api(self, folder: Path, **variables: str) -> Api:
        """An API that answers; its port is a free one unless `SERVING_PORT` says which."""
        port = int(variables.get("SERVING_PORT", free_port()))
        name = f"api-{port}"
        process = self._start(folder, name, ["-m", "serving.app"], {"SERVING_PORT": str(port), **variables})
        api = Api(process, folder, name, port)
        self._running.append(api)

        def answers() -> bool:
            assert process.poll() is None, f"the API did not start:\n{api.log}"
            return httpx.get(f"{api.address}/health/live", timeout=5).status_code == 200

        until(answers)
        return api

    def start_platform(self, folder: Path, program: str = PROGRAM, **variables: str) -> tuple[Api, Process]:
        """An API and a worker, both ready; they start at the same time."""
        worker = self._begin_worker(folder, program, variables)
        api = self.start_api(folder, **variables)
        until(lambda: "forecasting with model" in worker.log)
        return api, worker

    def start_whole(self, folder: Path, **variables: str) -> Api:
        """An API, and a worker with the models of the registry that starts real runs of the platform."""
        worker = Process(self._start(folder, "worker", ["-m", "serving.worker"], variables), folder, "worker")
        self._running.append(worker)
        api = self.start_api(folder, **variables)
        until(lambda: "forecasting with model" in worker.log)
        return api

    def start_command(self, folder: Path, *command: str) -> Process:
        """A command of `soccer`."""
        program = ["-c", "from soccer_assets.commands.cli import main; main()", *command]
        process = Process(self._start(folder, command[0], program, {}), folder, command[0])
        self._running.append(process)
        return process

    def start_worker(self, folder: Path, program: str = PROGRAM, **variables: str) -> Process:
        """A worker that forecasts by rating and is ready; `program` is run in place of `soccer`."""
        worker = self._begin_worker(folder, program, variables)
        until(lambda: "forecasting with model" in worker.log)
        return worker

    def stop(self) -> None:
        """Stop all."""
        for running in self._running:
            running.process.send_signal(signal.SIGINT)
        for running in self._running:
            try:
                running.process.wait(15)
            except subprocess.TimeoutExpired:
                running.kill()

    def _begin_worker(self, folder: Path, program: str, variables: dict[str, str]) -> Process:
        name = f"worker-{len(self._running)}"
        command = ["-m", "tests.serving.by_rating_worker", program]
        worker = Process(self._start(folder, name, command, variables), folder, name)
        self._running.append(worker)
        return worker

    def _start(
        self, folder: Path, name: str, command: list[str], variables: dict[str, str]
    ) -> "subprocess.Popen[bytes]":
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SERVING_", "SOCCER_"))}
        own = {"SOCCER_VAR": str(folder), "SOCCER_LAKE_URL": self._lake_url, **self._variables, **variables}
        with (folder / f"{name}.out").open("wb") as out, (folder / f"{name}.err").open("wb") as errors:
            command = [sys.executable, "-W", "ignore", *command]
            return subprocess.Popen(command, cwd=ROOT, env=kept | own, stdout=out, stderr=errors)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(found: Callable[[], Any], seconds: float = START_SECONDS) -> Any:
    """The first true value; a refused connection is none."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if value := found():
                return value
        except (httpx.TransportError, OSError):
            pass
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain")
