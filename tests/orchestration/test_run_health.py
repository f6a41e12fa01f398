"""Whether the process of a run lives, asked of a real code server on a port, as the deployed daemon asks it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.launcher import WorkerStatus
from dagster._core.test_utils import create_run_for_test

from soccer_assets.orchestration.run_health import MOST_LOOKS, HealthCheckedRunLauncher
from tests.serving.processes import free_port, until

pytestmark = pytest.mark.enable_socket  # the loopback interface only

ROOT = Path(__file__).parent.parent.parent
CODE = "from dagster import Definitions\ndefs = Definitions()\n"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """The instance of the project, in a folder of its own."""
    monkeypatch.setenv("SOCCER_VAR", str(tmp_path / "var"))
    with DagsterInstance.from_config(str(ROOT)) as instance:
        yield instance


@pytest.fixture
def server(tmp_path: Path, instance: DagsterInstance) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A code server and its port."""
    (tmp_path / "location.py").write_text(CODE)
    port = free_port()
    command = [sys.executable, "-m", "dagster", "api", "grpc", "-f", "location.py", "-h", "127.0.0.1", "-p", str(port)]
    environment = os.environ | {"DAGSTER_HOME": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment) as process:
        yield port, process
        process.kill()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_run_that_its_code_server_does_not_know_is_dead_and_one_whose_server_is_away_after_some_looks(
    instance: DagsterInstance, server: tuple[int, subprocess.Popen[bytes]]
) -> None:
    port, process = server
    tags = {".dagster/grpc_info": json.dumps({"host": "127.0.0.1", "port": port})}
    run = create_run_for_test(instance, status=DagsterRunStatus.STARTED, tags=tags)
    launcher = instance.run_launcher
    assert isinstance(launcher, HealthCheckedRunLauncher)

    def look(of: DagsterRun) -> WorkerStatus:
        return launcher.check_run_worker_health(of).status

    until(lambda: answers(port))
    assert look(run) is WorkerStatus.NOT_FOUND  # it was started by an earlier process of the server
    process.kill()
    process.wait(15)
    assert [look(run) for _ in range(MOST_LOOKS)] == [WorkerStatus.RUNNING] * (MOST_LOOKS - 1) + [
        WorkerStatus.NOT_FOUND
    ]


def test_a_run_that_names_no_process_is_left_alone(instance: DagsterInstance) -> None:
    run = create_run_for_test(instance, status=DagsterRunStatus.STARTED)
    assert instance.run_launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
