"""The description of the API is true: whatever it allows is answered as it says, and a client made from it works."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.security.keys import KeyFile
from serving.settings import ServingSettings
from soccer_assets.clock import Clock
from soccer_assets.settings import Settings
from tests.serving.processes import Api, Processes

#: Every address and every limit of a value once, and this many random requests of an operation.
EXAMPLES = 10
CONFIGURATION = """
[generation]
deterministic = true
database = "none"

[auth.openapi.bearer]
bearer = "{key}"

# what a request may be answered that the description allows: nothing there, in the way of another, or contradictory
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 404, 409, 410, 422]
"""


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the key of a client that may do everything, and that key."""
    folder = tmp_path_factory.mktemp("described")
    path = ServingSettings().keys_path(Settings(var=str(folder)))
    return folder, KeyFile(path).add("tester", ["read", "predict", "operate"], None, Clock().now())


@pytest.fixture(scope="module")
def api(season: Any, key: tuple[Path, str]) -> Iterator[Api]:
    """An API that wants a key, with every table of the graph, and a worker."""
    processes = Processes(season.lake.url, SERVING_READS_PER_MINUTE="0", SERVING_FORECASTS_PER_MINUTE="0")
    processes.start_worker(key[0])
    yield processes.start_api(key[0])
    processes.stop()


@pytest.fixture(scope="module")
def document(api: Api, key: tuple[Path, str]) -> Path:
    """The description as a file."""
    with api.client(headers={"authorization": f"Bearer {key[1]}"}) as client:
        path = key[0] / "openapi.json"
        path.write_bytes(client.get("/schema/openapi.json").content)
        return path


def test_every_answer_to_every_request_is_as_described(api: Api, key: tuple[Path, str], document: Path) -> None:
    (key[0] / "schemathesis.toml").write_text(CONFIGURATION.format(key=key[1]))
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--no-color", "run", str(document), "--url", api.address,
        "--checks", "all", "--max-examples", str(EXAMPLES), "--workers", "2", "--warnings", "off",
    ]  # fmt: skip
    run = subprocess.run(command, cwd=key[0], capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    assert "Tested: " in run.stdout and api.log.count("ERROR") == 0, run.stdout
