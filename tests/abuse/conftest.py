"""A real API process with a small lake, short time limits, and raw sockets to attack it with."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest

from soccer_assets.storage.lake import Lake
from tests.serving.conftest import write_lake

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
START_SECONDS = 60
FIXTURE = {"league": "E0", "home": "Arsenal", "away": "Chelsea", "date": "2024-10-12"}
#: No worker runs here: a job that passes every gate is answered 503.
JOB = {"kind": "forecast", **FIXTURE}
#: Short enough for a test, long enough for a loaded machine.
HASTY = {
    "SERVING_HEAD_SECONDS": "1.5",
    "SERVING_BODY_SECONDS": "1.5",
    "SERVING_IDLE_SECONDS": "2",
    "SERVING_SEND_SECONDS": "1.5",
    "SERVING_MAX_CONNECTIONS": "40",
    "SERVING_DRAIN_SECONDS": "1.5",
    "SERVING_FIGURES_SECONDS": "0",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)  # the loopback interface only


@dataclass
class Api:
    """A running API process and the files it logs to."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=20)

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=15)
        connection.sendall(sent)
        return connection

    @property
    def log(self) -> str:
        """What it wrote to stderr."""
        return (self.folder / "stderr").read_text()

    def entries(self, request_id: str) -> list[dict[str, object]]:
        """The entries of the access log with this request id, when there are some."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            lines = (self.folder / "stdout").read_bytes().splitlines()
            entries = [msgspec.json.decode(line) for line in lines]
            if matching := [entry for entry in entries if entry["request_id"] == request_id]:
                return matching
            time.sleep(0.05)
        return []


def metric(api: Api, start: str) -> float:
    """The value of the first metric whose line begins so; 0 without one."""
    with api.client() as client:
        lines = client.get("/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(start)), 0.0)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the server ends the connection."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.fixture(scope="session")
def abused_lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("abused") / "lake")
    write_lake(Lake(folder))
    return folder


Start = Callable[..., Api]


@pytest.fixture(scope="session")
def start_api(abused_lake: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts API processes, each with a folder and Redis of its own."""
    running = []

    def free_port() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def start(folder: Path | None = None, **variables: str) -> Api:
        folder = folder or tmp_path_factory.mktemp("api")
        port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SERVING_", "SOCCER_"))}
        environment = kept | {
            "SOCCER_VAR": str(folder), "SOCCER_LAKE_URL": abused_lake, "SERVING_PORT": str(port),
            **HASTY, **variables,
        }  # fmt: skip
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as errors:
            command = [sys.executable, "-W", "ignore", "-m", "serving.app"]
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=errors)
        running.append(process)
        api = Api(process, port, folder)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"{api.address}/health/live", timeout=5).status_code == 200:
                    return api
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the API did not start:\n{api.log}")

    yield start
    for process in running:
        process.send_signal(signal.SIGINT)
    for process in running:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def api(start_api: Start) -> Api:
    """One API on loopback without keys."""
    return start_api()
