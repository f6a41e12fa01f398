"""The registry on a real MLflow with SQLite."""

import datetime as dt
import json
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from soccer_assets.delta import Lake
from soccer_assets.errors import ModelError
from soccer_assets.models.blending import Blend
from soccer_assets.models.calibration import Temperature
from soccer_assets.models.families.climatology import ClimatologyEstimator
from soccer_assets.models.forecaster import Forecaster
from soccer_assets.models.registry import Registry
from soccer_assets.settings import Settings


def selected(day: int, p_home: float = 0.45) -> dict[str, Any]:
    """A row of `selected_model` for a day in March."""
    chances = (p_home, 0.25, 0.75 - p_home)
    date = dt.date(2025, 3, day)
    forecaster = Forecaster(
        ClimatologyEstimator(("E0",), (chances,), chances),
        Temperature(0.9),
        Blend(0.2, 0.8, (0.0, 0.0, 0.0), 0),
        ("elo_diff",),
        date - dt.timedelta(days=1),
    )
    return {
        "match_date": date, "family": "climatology", "trained_through": forecaster.trained_through, "examples": 700,
        "parameters": json.dumps({"half_life_days": 1000.0}), "version": forecaster.version, "log_loss": 1.05,
        "comparison": "[]", "reason": "climatology has the lowest log loss.", "forecaster": forecaster.encode(),
    }  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's empty database: making it takes seconds."""
    var = tmp_path_factory.mktemp("mlflow-made-once")
    assert Registry(Settings(var=str(var)), Lake(str(var / "lake"))).champion_version() is None
    return var / "mlflow" / "mlflow.db"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def registry(tmp_path: Path, lake: Lake, prepared: Path) -> Registry:
    copy = tmp_path / "mlflow" / "mlflow.db"
    copy.parent.mkdir()
    with sqlite3.connect(prepared) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    return Registry(Settings(var=str(tmp_path)), lake)


def test_before_the_first_model_there_is_no_champion(registry, lake):
    assert (registry.champion_version(), registry.champion_date()) == (None, None)
    assert not lake.exists("promotions")


def test_a_forecaster_is_registered_once_and_another_one_anew(registry):
    assert registry.register(selected(1), "run-1") == "1"
    assert registry.register(selected(1), "run-2") == "1"
    assert registry.register(selected(1, p_home=0.5), "run-3") == "2"
    assert registry.register(selected(1), "run-4") == "1"


def test_a_version_comes_back_as_it_was(registry):
    row = selected(1)
    loaded = registry.load(registry.register(row, "run-1"))
    assert loaded.encode() == row["forecaster"]
    assert loaded.version == row["version"]


def test_a_promotion_moves_the_champion_and_is_written_to_the_ledger(registry, lake):
    first, second = selected(1), selected(8, p_home=0.5)
    registry.promote(registry.register(first, "run-1"), "the first")
    assert (registry.champion_version(), registry.champion_date()) == ("1", dt.date(2025, 3, 1))
    before = dt.datetime.now(dt.UTC)
    registry.promote(registry.register(second, "run-2"), "a newer one")
    assert (registry.champion_version(), registry.champion_date()) == ("2", dt.date(2025, 3, 8))
    moves = lake.read("promotions").sort("moved_at")
    assert moves.select("alias", "version", "previous", "registry_version", "reason").rows() == [
        ("champion", first["version"], None, "1", "the first"),
        ("champion", second["version"], first["version"], "2", "a newer one"),
    ]
    assert before <= moves["moved_at"].to_list()[1] <= dt.datetime.now(dt.UTC)


def test_a_promotion_of_the_champion_is_no_move(registry, lake):
    version = registry.register(selected(1), "run-1")
    registry.promote(version, "the first")
    registry.promote(version, "again")
    assert lake.read("promotions")["reason"].to_list() == ["the first"]


def test_a_rollback_is_a_promotion_of_the_version_before(registry, lake):
    versions = [registry.register(selected(day, p_home=0.4 + day / 100), f"run-{day}") for day in (1, 8)]
    for version in (*versions, versions[0]):
        registry.promote(version, "moved")
    assert registry.champion_version() == "1"
    assert lake.read("promotions").sort("moved_at")["registry_version"].to_list() == ["1", "2", "1"]


def test_other_aliases_move_by_themselves(registry):
    version = registry.register(selected(1), "run-1")
    registry.promote(version, "looks good", alias="candidate")
    assert (registry.version_of("candidate"), registry.champion_version()) == ("1", None)


def test_mlflow_tells_what_was_learned_and_by_which_run_of_dagster(registry, tmp_path):
    from mlflow.tracking import MlflowClient

    registry.register(selected(1), "run-1")
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}")
    version = client.get_model_version("match-outcome", "1")
    told = selected(1)
    assert version.description == told["reason"]
    assert version.tags == {
        "version": told["version"], "family": "climatology", "match_date": "2025-03-01",
        "trained_through": "2025-02-28", "dagster_run_id": "run-1",
    }  # fmt: skip
    run = client.get_run(version.run_id)
    assert (run.data.params, run.data.metrics) == ({"half_life_days": "1000.0"}, {"log_loss": 1.05, "examples": 700.0})
    assert run.info.status == "FINISHED"
    assert (tmp_path / "mlflow" / "artefacts").is_dir()  # everything stays under var


@pytest.mark.enable_socket
@pytest.mark.parametrize("url", ["ftp://nowhere", "nonsense", "http://127.0.0.1:9"])
def test_a_registry_that_is_not_there_is_told_from_one_without_a_champion(url, tmp_path, lake, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    registry = Registry(msgspec.structs.replace(Settings(), var=str(tmp_path), mlflow_url=url), lake)
    for asked in (registry.champion_version, registry.champion_date, lambda: registry.register(selected(1), "run")):
        with pytest.raises(ModelError, match=f"expected the registry at {url}, found [A-Z_]+: "):
            asked()
