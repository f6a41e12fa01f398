"""One of two replicas of the API is killed while clients ask both through a proxy."""

import threading
import time
from pathlib import Path

import httpx

from tests.faults.conftest import FIXTURE
from tests.faults.proxy import proxy_of
from tests.serving.processes import Processes, until

READ = "/predictions?limit=50"
CLIENTS = 6


def test_no_request_and_no_job_is_lost_when_a_replica_is_killed(processes: Processes, tmp_path: Path) -> None:
    folder = tmp_path
    replicas = [processes.start_platform(folder)[0], processes.start_api(folder)]
    statuses: list[int] = []
    jobs: dict[str, str] = {}
    stopped = threading.Event()

    with proxy_of([replica.address for replica in replicas]) as proxy:

        def ask(number: int) -> None:
            with httpx.Client(base_url=proxy.address, timeout=20) as client:
                asked = 0
                while not stopped.is_set():
                    asked += 1
                    key = f"{number}-{asked}"
                    read = client.get(READ)
                    posted = client.post(
                        "/jobs", json={"kind": "forecast", **FIXTURE}, headers={"idempotency-key": key}
                    )
                    statuses.extend((read.status_code, posted.status_code))
                    jobs[key] = posted.headers.get("location", "")

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            until(lambda: len(statuses) > 6 * CLIENTS)
            replicas[0].kill()
            asked = len(statuses)
            until(lambda: len(statuses) > asked + 6 * CLIENTS)
            back = processes.start_api(folder, SERVING_PORT=str(replicas[0].port))
            asked = len(statuses)
            until(lambda: len(statuses) > asked + 6 * CLIENTS)
        finally:
            stopped.set()
            for thread in threads:
                thread.join()
        assert proxy.retried > 0
        assert set(statuses) == {200, 202}, {status: statuses.count(status) for status in set(statuses)}
        assert len(set(jobs.values())) == len(jobs)  # each key is one job, however often it was sent

        with httpx.Client(base_url=proxy.address, timeout=20) as client:
            deadline = time.monotonic() + 30
            for location in jobs.values():
                while (status := client.get(location).json()["status"]) != "done":
                    assert status in ("queued", "running") and time.monotonic() < deadline, status
                    time.sleep(0.05)
            last = {**FIXTURE, "kind": "forecast"}
            assert (
                client.post("/jobs", json=last, headers={"idempotency-key": "0-1"}).headers["location"] == jobs["0-1"]
            )
        with back.client() as one, replicas[1].client() as other:  # both serve one state under one tag
            answers = [client.get(READ) for client in (one, other)]
            assert answers[0].content == answers[1].content and answers[0].headers["etag"] == answers[1].headers["etag"]
