"""Redis is away, and comes back."""

import os
import signal
from pathlib import Path

import pytest
import redis

from serving.redis_server import redis_server
from soccer_assets.settings import Settings
from tests.faults.conftest import FIXTURE
from tests.serving.processes import Processes, until

BATCH = {"kind": "forecasts", "fixtures": [FIXTURE] * 10}


def test_reads_go_on_while_redis_is_away_and_jobs_when_it_is_back(processes: Processes, tmp_path: Path) -> None:
    with redis_server(Settings(var=str(tmp_path))) as server:
        api, worker = processes.start_platform(tmp_path)
        with redis.Redis.from_url(server.url) as store:
            pid = int(store.info("server")["process_id"])
        with api.client() as client:
            before = until(lambda: (answer := client.post("/predictions", json=FIXTURE)).is_success and answer.json())
            done = client.post("/jobs", json=BATCH).headers["location"]
            until(lambda: client.get(done).json()["status"] == "done")
            stored = client.get("/predictions?limit=1")

            os.kill(pid, signal.SIGKILL)
            until(lambda: client.get("/health/ready/jobs").status_code == 503)
            assert client.get("/health/ready").status_code == 200
            assert [client.get("/predictions?limit=1").content for _ in range(50)] == [stored.content] * 50
            for refused in (
                client.post("/predictions", json=FIXTURE),
                client.post("/jobs", json=BATCH),
                client.get(done),
                client.get(f"{done}/events"),
                client.delete(done),
            ):
                assert (refused.status_code, refused.json()["type"]) == (503, "/problems/queue-unavailable")
                assert refused.headers["retry-after"] == "5"
            assert client.get("/system").json()["jobs"] is None

            assert server.ensure_running()
            answer = until(lambda: (found := client.post("/predictions", json=FIXTURE)).is_success and found.json(), 30)
            assert answer["model"] == pytest.approx(before["model"])
            assert client.get(done).json()["result"]["items"][0]["model"] == answer["model"]  # nothing was lost
            assert client.get("/health/ready/jobs").status_code == 200
        assert worker.process.poll() is None
        assert "Traceback" not in api.log + worker.log
        processes.stop()
