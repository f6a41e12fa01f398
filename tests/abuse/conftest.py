"""A real API process with a small lake, short time limits, and raw sockets to attack it with."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from soccer_assets.storage.lake import Lake
from tests.serving.conftest import write_lake
from tests.serving.processes import Api, Processes

FOLDER = Path(__file__).parent
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


def metric(api: Api, start: str) -> float:
    """The value of the first metric whose line begins so; 0 without one."""
    with api.client() as client:
        lines = client.get("/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(start)), 0.0)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the server ends the connection."""
    parts = []
    with connection, suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            parts.append(part)
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
    processes = Processes(abused_lake, **HASTY)

    def start(folder: Path | None = None, **variables: str) -> Api:
        return processes.start_api(folder or tmp_path_factory.mktemp("api"), **variables)

    yield start
    processes.stop()


@pytest.fixture(scope="session")
def api(start_api: Start) -> Api:
    """One API on loopback without keys."""
    return start_api()
