"""A worker is killed in the middle of a job."""

from pathlib import Path

import psutil

from tests.faults.conftest import FIXTURE
from tests.serving.processes import Processes, until

#: More than a worker forecasts between two reports of how far it is.
BATCH = {"kind": "forecasts", "fixtures": [FIXTURE] * 450}
RUN = {"kind": "train", "date": "2024-09-30"}
#: In place of `soccer`: says who it is and works on.
PROGRAM = "import os, time; print('match dates of now, 9 assets', flush=True); print(os.getpid(), flush=True); time.sleep(600)"


def test_forecasts_of_a_killed_worker_are_made_by_another(processes: Processes, tmp_path: Path) -> None:
    api, first = processes.start_platform(tmp_path, SLOW_SECONDS="0.5")
    with api.client() as client:
        job = client.post("/jobs", json=BATCH).headers["location"]
        begun = until(lambda: (found := client.get(job).json())["progress"]["done"] > 0 and found)
        first.kill()
        assert (begun["status"], begun["progress"]["total"]) == ("running", 450)
        processes.start_worker(tmp_path)
        ended = until(lambda: (found := client.get(job).json())["ended_at"] and found)
    assert (ended["status"], ended["progress"]["done"]) == ("done", 450)
    assert ended["version"] > begun["version"] and ended["created_at"] == begun["created_at"]
    assert len(ended["result"]["items"]) == 450
    assert {item["model_version"] for item in ended["result"]["items"]} == {"aaaaaaaaaaaa"}
    assert first.process.returncode == -9


def test_a_run_of_a_killed_worker_ends_fails_and_lets_the_next_one_begin(processes: Processes, tmp_path: Path) -> None:
    api, first = processes.start_platform(tmp_path, PROGRAM)
    with api.client() as client:
        job = client.post("/jobs", json=RUN).headers["location"]
        until(lambda: client.get(job).json()["progress"]["total"] == 9)
        children = psutil.Process(first.process.pid).children()
        (run,) = [child for child in children if PROGRAM in child.cmdline()]  # Redis may be another one
        assert client.post("/jobs", json=RUN).json()["type"] == "/problems/run-in-progress"
        first.kill()
        until(lambda: not run.is_running() or run.status() == psutil.STATUS_ZOMBIE)
        processes.start_worker(tmp_path)
        failed = until(lambda: (found := client.get(job).json())["failure"] and found)
        assert (failed["status"], failed["failure"]["reason"]) == ("failed", "abandoned")
        following = until(lambda: (answer := client.post("/jobs", json=RUN)).status_code == 202 and answer)
        ended = until(lambda: (found := client.get(following.headers["location"]).json())["ended_at"] and found)
    assert (ended["status"], ended["result"]["output"]) == ("done", ["done"])
