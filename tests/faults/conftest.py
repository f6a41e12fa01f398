"""A platform of real processes to break: API and worker processes, a Redis of their own, and a lake that may be spoilt."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from soccer_assets.storage.lake import Lake
from tests.serving.conftest import write_lake
from tests.serving.processes import Processes

FOLDER = Path(__file__).parent
FIXTURE = {"league": "E0", "home": "Arsenal", "away": "Chelsea", "date": "2024-10-12"}
#: Short enough for a test, long enough for a loaded machine.
HASTY = {
    "SERVING_REFRESH_SECONDS": "0.1",
    "SERVING_FOLLOW_SECONDS": "0.1",
    "SERVING_BEAT_SECONDS": "1",
    "SERVING_FIGURES_SECONDS": "0",
    "SERVING_DRAIN_SECONDS": "0",
    "SERVING_REDIS_TIMEOUT_SECONDS": "2",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)  # the loopback interface only


@pytest.fixture(scope="session")
def sound_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake before anything is spoilt: written once, copied for each test."""
    folder = tmp_path_factory.mktemp("sound") / "lake"
    write_lake(Lake(str(folder)))
    return folder


@pytest.fixture
def lake(sound_lake: Path, tmp_path: Path) -> Lake:
    return Lake(str(copytree(sound_lake, tmp_path / "lake")))


@pytest.fixture
def processes(lake: Lake) -> Iterator[Processes]:
    """Starts processes over the lake; each test's are stopped after it."""
    started = Processes(lake.url, **HASTY)
    yield started
    started.stop()
