"""The description of the API is true: whatever it allows is answered as it says, and a client made from it works."""

import datetime as dt
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import polars as pl
import pytest

from serving.security.keys import KeyFile
from serving.settings import ServingSettings
from soccer_assets.settings import Clock, Settings
from tests.serving.processes import Api, Processes, until

#: Every address and every limit of a value once, and this many random requests of an operation.
EXAMPLES = 3
#: Two threads that parse Python at once, as hypothesis does to print a strategy, end in a SystemError of 3.11.
THREADS = 1
#: Its main thread and its worker, which import this module at once, find half of it.
SCHEMATHESIS = "import schemathesis.transport.asgi; from schemathesis.cli import schemathesis; schemathesis()"
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
def api(season_with_drift: Any, key: tuple[Path, str]) -> Iterator[Api]:
    """An API that wants a key, with a copy of every table of the graph, and a worker."""
    processes = Processes(
        str(copytree(season_with_drift.lake.url, key[0] / "lake")),
        SERVING_READS_PER_MINUTE="0",
        SERVING_FORECASTS_PER_MINUTE="0",
    )
    yield processes.start_platform(key[0])[0]
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
        sys.executable, "-c", SCHEMATHESIS, "--no-color", "run", str(document), "--url", api.address,
        "--checks", "all", "--max-examples", str(EXAMPLES), "--workers", str(THREADS), "--warnings", "off",
    ]  # fmt: skip
    run = subprocess.run(command, cwd=key[0], capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    assert "Tested: " in run.stdout and api.log.count("ERROR") == 0, run.stdout


def test_a_client_made_from_the_description_reads_forecasts_and_follows_a_job(
    api: Api, key: tuple[Path, str], document: Path, season: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made anew by a generator, each time: the client has no line of ours."""
    (key[0] / "generator.yaml").write_text("post_hooks: []")
    command = [
        str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", str(document),
        "--meta", "none", "--output-path", "football_client", "--config", "generator.yaml", "--fail-on-warning",
    ]  # fmt: skip
    made = subprocess.run(command, cwd=key[0], capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(key[0])

    def operation(tag: str, name: str) -> Any:
        return importlib.import_module(f"football_client.api.{tag}.{name}").sync

    models, matches = importlib.import_module("football_client.models"), operation("matches", "matches")
    with importlib.import_module("football_client").AuthenticatedClient(api.address, key[1]) as client:
        columns = [models.MatchesFieldsItem(name) for name in ("match_id", "league", "home", "away", "match_date")]
        asked = {"client": client, "status": models.MatchesStatus.SCHEDULED, "fields": columns, "limit": 5}
        page = matches(**asked)
        coming = list(page.items)
        while page.next_:
            page = matches(**asked, cursor=page.next_)
            coming += page.items
        stored = season.lake.read("matches").filter(status="scheduled")
        assert [match.match_id for match in coming] == stored.sort("match_date", "match_id")["match_id"].to_list()

        fixtures = [
            models.ForecastRequest(league=match.league, home=match.home, away=match.away, date=match.match_date)
            for match in coming[:7]
        ]
        forecast = operation("forecasts_on_demand", "forecast")(client=client, body=fixtures[0])
        assert (forecast.home, forecast.model_version) == (fixtures[0].home, "aaaaaaaaaaaa")
        assert (forecast.model.draw, forecast.as_of) == (pytest.approx(0.1), newest_result(season.lake.read("matches")))

        batch = models.BatchPayload(kind="forecasts", fixtures=fixtures)
        job = operation("jobs", "submit_job")(client=client, body=batch, idempotency_key="a batch")
        ended = until(lambda: (found := operation("jobs", "job")(job.id, client=client)).ended_at and found)
        assert (ended.status, ended.progress.done) == (models.JobStatus.DONE, len(fixtures))
        assert [item.home for item in ended.result.items] == [fixture.home for fixture in fixtures]
        assert ended.result.items[0].model.home == forecast.model.home
        missing = operation("jobs", "job")("never-was", client=client)
        assert (missing.status, missing.type_) == (404, "/problems/unknown-job")


def newest_result(matches: pl.DataFrame) -> dt.date:
    return max(matches.filter(status="finished")["match_date"])
