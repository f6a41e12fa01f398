"""One id is followed through real processes: from the request to its job, the worker's lines and a run of Dagster."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from soccer_assets.settings import Settings
from tests.serving.processes import Processes, until


def lines(log: str, **ids: str) -> list[dict[str, Any]]:
    """The lines of a log, each of them JSON, that have all of these ids."""
    entries = [json.loads(line) for line in log.splitlines()]
    return [entry for entry in entries if ids.items() <= entry.items()]


@pytest.fixture
def processes(season: Any, tmp_path: Path) -> Any:
    """Processes over a copy of the season, whose logs are JSON."""
    for name in ("lake", "mlflow", "dagster", "payloads"):
        shutil.copytree(season.var / name, tmp_path / name)
    day, start = str(season.clock_day), str(Settings.read().start_date)
    running = Processes(str(tmp_path / "lake"), SOCCER_TODAY=day, SOCCER_START_DATE=start, SOCCER_LOG_FORMAT="json")
    yield running
    running.stop()


def test_one_id_leads_from_the_request_to_the_worker_and_the_run(
    processes: Processes, season: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = processes.start_whole(tmp_path)
    body = {"kind": "predict", "first": str(season.today), "last": str(season.today)}
    with api.client(headers={"X-Request-Id": "asked-1"}) as client:
        job_id = client.post("/jobs", json=body).json()["id"]
        job = until(lambda: (found := client.get(f"/jobs/{job_id}").json())["status"] in ("done", "failed") and found)
    assert job["status"] == "done", job
    (run_id,) = job["run_ids"]
    assert next(entry["status"] for entry in api.entries("asked-1")) == 202

    log = (tmp_path / "worker.err").read_text()
    of_job = lines(log, request_id="asked-1", job_id=job_id)
    assert of_job[-1]["message"].startswith("job predict: done after ")
    of_run = [entry["message"] for entry in lines(log, request_id="asked-1", job_id=job_id, run_id=run_id)]
    assert any(message.startswith("  predictions ") for message in of_run)
    assert any(message.startswith("  done in ") for message in of_run)

    from soccer_assets.commands.materialize import instance

    monkeypatch.setenv("SOCCER_VAR", str(tmp_path))
    with instance() as dagster:
        run = dagster.get_run_by_id(run_id)
        assert run is not None
        assert run.tags["soccer/request_id"] == "asked-1" and run.tags["soccer/job_id"] == job_id
        assert {entry.run_id for entry in dagster.all_logs(run_id)} == {run_id}
