"""The API and a worker as processes of their own: they share one Redis, stop when told to, and leave nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from soccer_assets.storage.lake import Lake

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
API = ("-m", "serving.app")
WORKER = ("-m", "serving.worker")


@pytest.fixture
def start(tmp_path: Path, lake: Lake, unused_tcp_port_factory: Callable[[], int]) -> Iterator[Callable[..., Any]]:
    """Starts Python as a process in a `var` folder of its own."""
    environment = os.environ | {
        "SOCCER_VAR": str(tmp_path),
        "SOCCER_LAKE_URL": lake.url,
        "SOCCER_REDIS_URL": "",
        "SERVING_PORT": str(unused_tcp_port_factory()),
        "SERVING_BEAT_SECONDS": "1",
    }
    processes = []

    def run(*command: str) -> tuple[subprocess.Popen[bytes], str]:
        process = subprocess.Popen([sys.executable, "-W", "ignore", *command], cwd=ROOT, env=environment)
        processes.append(process)
        return process, f"http://127.0.0.1:{environment['SERVING_PORT']}"

    yield run
    for process in processes:
        process.kill()
        process.wait()


def until(met: Callable[[], Any]) -> Any:
    """The first true value, within the time processes take to start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if found := met():
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("waited too long")


def test_a_worker_and_the_api_find_each_other_and_leave_nothing_behind(start: Callable[..., Any]) -> None:
    worker, _ = start(*WORKER)
    (redis_process,) = until(psutil.Process(worker.pid).children)
    api, address = start(*API)
    health = until(lambda: (found := httpx.get(f"{address}/health").json())["ready"] and found)
    assert health["reasons"] == [] and {check["name"] for check in health["checks"]} == {
        "lake", "predictions", "redis", "worker"
    }  # fmt: skip
    fixture = {"league": "E0", "home": "Arsenal", "away": "Chelsea", "date": "2024-10-12"}
    answer = httpx.post(f"{address}/predictions", json=fixture)
    assert answer.json()["type"] == "/problems/model-missing"
    for process in (worker, api):
        process.send_signal(signal.SIGTERM)
    codes = [process.wait(timeout=30) for process in (worker, api)]
    assert set(codes) <= {0, -signal.SIGTERM}
    assert not redis_process.is_running() or redis_process.status() == psutil.STATUS_ZOMBIE


def test_the_api_imports_no_library_of_the_graph_and_no_learning_library() -> None:
    look = "import sys, serving.app; serving.app.create_app(); print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"dagster", "mlflow", "evidently", "sklearn", "lightgbm", "xgboost", "optuna", "pandas", "pandera", "scipy"}
    assert {name.partition(".")[0] for name in found} & heavy == set()
    stages = {"sources", "matches", "odds", "features", "models", "predictions", "monitoring", "simulation"}
    modules = [name.split(".") for name in found if name.startswith("soccer_assets.")]
    assert {tuple(parts[2:]) for parts in modules if parts[1] in stages} == {
        (),
        ("schema",),
        ("catalog",),  # the columns of the features are those of their catalogue
        *((part, *rest) for part in ("coupons", "season") for rest in ((), ("schema",))),
    }
