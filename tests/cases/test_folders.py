"""A folder may have any name: spaces, percent signs, hashes, plus signs, letters beyond ASCII."""

import dataclasses
import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import alembic
import optuna
import pytest
import redis
from dagster import AssetKey, DagsterInstance, asset, materialize
from mlflow.tracking import MlflowClient

from serving.redis_server import embedded_redis
from soccer_assets.models.champion.registry import Registry
from soccer_assets.models.training.studies import study_storage
from soccer_assets.settings import Settings
from soccer_assets.sources.football_data.source import fixture_files
from soccer_assets.sources.spec import Query
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Payloads

ROOT = Path(__file__).parents[2]
NAMES = ("a b", "100%", "a%20b", "a#b", "a+b", "é Матчи", "a b%20#+é")
#: For what takes seconds.
TWO = pytest.mark.parametrize("folder", ["a b%20#+é", "100% Матчи"], indirect=True)
ARCHIVE = "Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR\nE0,16/08/2025,15:00,Aston Villa,Newcastle,1,0,H\n"
FIXTURES = "Div,Date,Time,HomeTeam,AwayTeam\nE0,23/08/2025,15:00,Newcastle,Aston Villa\n"


@pytest.fixture(params=NAMES)
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder with such a name; nothing may be written under another one."""
    path = tmp_path / request.param
    path.mkdir()
    yield path
    assert list(tmp_path.iterdir()) == [path]


def test_payloads(folder: Path) -> None:
    settings = Settings(var=str(folder))
    payload_id = Payloads(settings.payloads, Lake(settings.lake)).put(b"body")
    assert (folder / "payloads" / payload_id).read_bytes() == b"body"
    assert Payloads((folder / "payloads").as_uri(), Lake(settings.lake)).get(payload_id) == b"body"


def test_mirrors_of_sources(folder: Path, mirror: Callable[..., Any]) -> None:
    site = dataclasses.replace(mirror("2025-08-01", "2025-08-31"), folder=folder)
    site.publish("football_data", "mmz4281/2526/E0.csv", ARCHIVE)
    site.publish("football_data", "fixtures/23 August 50%20#1.csv", FIXTURES)
    site.acquire()
    assert site.table("football_data_results").select("HomeTeam", "FTHG").rows() == [("Aston Villa", "1")]
    assert site.table("football_data_fixtures")["HomeTeam"].to_list() == ["Newcastle"]
    assert site.matches().rows.sort("match_date")["status"].to_list() == ["finished", "scheduled"]


def test_a_mirror_given_by_a_url_with_letters_that_were_not_encoded(tmp_path: Path) -> None:
    (tmp_path / "my mirror #2" / "fixtures").mkdir(parents=True)
    (tmp_path / "my mirror #2" / "fixtures" / "a.csv").touch()
    base = f"file://{tmp_path}/my mirror #2"
    day = dt.date(2025, 8, 1)
    assert fixture_files(Query(day, day, day, base=base))[-1].address == f"{base}/fixtures/a.csv"


@TWO
def test_the_registry(folder: Path) -> None:
    registry = Registry(Settings(var=str(folder)))
    assert registry.champion_version() is None
    client: MlflowClient = registry._client
    run = client.create_run(registry._experiment())
    client.log_text(run.info.run_id, "text", "note.txt")
    assert [path.read_text() for path in (folder / "mlflow" / "artefacts").rglob("note.txt")] == ["text"]
    assert Path(client.download_artifacts(run.info.run_id, "note.txt", str(folder))).read_text() == "text"


def test_studies(folder: Path) -> None:
    for trials in (1, 2):
        storage = study_storage(Settings(var=str(folder)))
        study = optuna.create_study(storage=storage, study_name="one", load_if_exists=True)
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
        assert len(study.trials) == trials
    assert [path.name for path in folder.rglob("journal.log")] == ["journal.log"]


@TWO
def test_dagster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @asset
    def one() -> int:
        return 1

    monkeypatch.setenv("SOCCER_VAR", str(folder / "var"))
    (folder / "home").mkdir()
    shutil.copy(ROOT / "dagster.yaml", folder / "home")
    with DagsterInstance.from_config(str(folder / "home")) as instance:
        assert materialize([one], instance=instance).success
        assert instance.get_latest_materialization_event(AssetKey("one")) is not None
    assert (folder / "var" / "dagster" / "history" / "runs.db").is_file()


def test_redis(folder: Path) -> None:
    with embedded_redis(Settings(var=str(folder))) as url, redis.Redis.from_url(url) as client:
        client.set("key", "kept")
    assert (folder / "redis" / "appendonly.aof").is_file() and (folder / "redis" / "redis.log").is_file()


@TWO
def test_databases_are_made_by_an_installation_in_such_a_folder(folder: Path) -> None:
    """Alembic reads its own path, which is that of the installation."""
    site = folder / "site-packages"
    shutil.copytree(Path(alembic.__file__).parent, site / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "scripts").mkdir()
    (site / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/scripts\nprefix = 50%%\n")
    program = """
import sys
sys.path.insert(0, sys.argv[1])
from soccer_assets.storage.migrations import accept_percent_signs
accept_percent_signs()
from alembic.config import Config
config = Config(sys.argv[1] + "/alembic.ini")
config.set_main_option("sqlalchemy.url", sys.argv[1])
print(config.get_main_option("script_location"), config.get_main_option("prefix"))
print(config.get_section("alembic")["sqlalchemy.url"])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(site)], cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"}, text=True,
        capture_output=True,
    )  # fmt: skip
    assert done.stderr == "" and done.stdout.splitlines() == [f"{site}/scripts 50%", str(site)]


@pytest.mark.parametrize("home", [ROOT, ROOT / "deploy"], ids=["embedded", "deployed"])
def test_the_storage_that_dagster_loads_first_lets_alembic_run_from_any_folder(home: Path) -> None:
    """Its module does so when it is imported, whatever else a process of Dagster has imported before."""
    program = """
import importlib, sys, yaml
with open(sys.argv[1] + "/dagster.yaml") as file:
    instance = yaml.safe_load(file)
first = instance["storage"]["custom"] if "storage" in instance else instance["run_storage"]
getattr(importlib.import_module(first["module"]), first["class"])
from alembic.config import Config
config = Config()
config.set_main_option("script_location", "/a b%20/scripts")
print(config.get_main_option("script_location"), config.get_hooks_list())
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(home)], cwd=ROOT, text=True, capture_output=True
    )
    assert (done.stderr, done.stdout) == ("", "/a b%20/scripts []\n")
