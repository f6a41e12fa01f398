"""The registry on a real MLflow with SQLite."""

import datetime as dt
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import mlflow
import msgspec
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.champion.promotion_gate import Condition, Verdict, champion_moves, champion_on, ledger
from soccer_assets.models.champion.registry import Registry
from soccer_assets.models.champion.registry_repair import differences, rebuild
from soccer_assets.models.families.climatology import ClimatologyEstimator
from soccer_assets.models.goals_model import GoalsModel
from soccer_assets.models.schema import PROMOTIONS, SELECTED_MODEL
from soccer_assets.models.selection.blending import Blend
from soccer_assets.models.selection.calibration import Temperature
from soccer_assets.models.training_data import Scaling
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake

YES = Verdict((Condition("matches", True, "700", "at least 150"),), None)
NO = Verdict((Condition("ECE", False, "0.0500", "at most 0.0200"),), None)
TODAY = dt.date(2025, 4, 1)
AUTHOR = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]


def store(lake: Lake, *models: dict[str, Any]) -> None:
    """As the asset is written before its card."""
    lake.replace("selected_model", pl.DataFrame(list(models), schema=SELECTED_MODEL.schema), None)


def decide(lake: Lake, registry: Registry, model: dict[str, Any], verdict: Verdict = YES) -> None:
    promote(lake, registry, model, registry.register(model, "run"), verdict)


def promote(lake: Lake, registry: Registry, model: dict[str, Any], version: str, verdict: Verdict = YES) -> None:
    lake.add(PROMOTIONS, lambda promotions: registry.decide(promotions, model, version, verdict))


def selected(day: int, p_home: float = 0.45) -> dict[str, Any]:
    """A row of `selected_model` for a day in March."""
    chances = (p_home, 0.25, 0.75 - p_home)
    date = dt.date(2025, 3, day)
    forecaster = Forecaster(
        ClimatologyEstimator(("E0",), (chances,), chances),
        Temperature(0.9),
        Blend(0.2, 0.8, None, 0),
        ("elo_diff",),
        date - dt.timedelta(days=1),
        GoalsModel(Scaling((), (), (), (), ()), ((), ()), (0.4, 0.1), -0.05),
    )
    return {
        "match_date": date, "family": "climatology", "trained_through": forecaster.trained_through, "examples": 700,
        "parameters": json.dumps({"half_life_days": 1000.0}), "version": forecaster.version, "log_loss": 1.05,
        "comparison": [], "reason": "climatology has the lowest log loss.", "forecaster": forecaster.encode(),
        "calibration": [], "lines": [], "out_of_fold": [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's empty database: making it takes seconds."""
    var = tmp_path_factory.mktemp("mlflow-made-once")
    assert Registry(Settings(var=str(var))).champion_version() is None
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
    return Registry(Settings(var=str(tmp_path)))


def test_before_the_first_model_there_is_no_champion(registry, lake):
    assert registry.champion_version() is None
    assert not lake.exists("promotions") and ledger(lake).is_empty()


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


def test_an_accepted_model_is_champion_and_the_move_is_written_to_the_ledger(registry, lake):
    first, second = selected(1), selected(8, p_home=0.5)
    before = Clock().now()
    decide(lake, registry, first)
    assert registry.champion_version() == "1"
    decide(lake, registry, second)
    assert registry.champion_version() == "2"
    moves = ledger(lake)
    told = ("effective_from", "alias", "version", "model_date", "previous", "registry_version", "accepted", "reason")
    why = "every condition of the gate holds"
    march = dt.date(2025, 3, 1), dt.date(2025, 3, 8)
    assert moves.select(told).rows() == [
        (march[0], "champion", first["version"], march[0], None, "1", True, why),
        (march[1], "champion", second["version"], march[1], first["version"], "2", True, why),
    ]
    assert moves["conditions"].to_list()[0] == [
        {"name": "matches", "holds": True, "value": "700", "needed": "at least 150"}
    ]
    assert before <= moves["moved_at"].to_list()[0] <= moves["moved_at"].to_list()[1] <= Clock().now()


def test_a_refused_model_is_in_the_ledger_and_the_champion_goes_on(registry, lake):
    first, second = selected(1), selected(8, p_home=0.5)
    decide(lake, registry, first)
    decide(lake, registry, second, NO)
    assert registry.champion_version() == "1"
    refused = ledger(lake).row(1, named=True)
    assert (refused["version"], refused["accepted"], refused["previous"]) == (
        second["version"],
        False,
        first["version"],
    )
    assert refused["reason"] == "ECE: found 0.0500, needed at most 0.0200"
    assert champion_on(ledger(lake), [TODAY]).to_list() == [first["version"]]


def test_the_same_verdict_again_is_no_move_and_a_new_one_is(registry, lake):
    for verdict in (NO, NO, YES, YES):
        decide(lake, registry, selected(1), verdict)
    assert ledger(lake)["accepted"].to_list() == [False, True]
    assert registry.champion_version() == "1"


def test_a_model_made_for_the_past_is_champion_of_the_past_alone(registry, lake):
    new, old = selected(20), selected(1, p_home=0.5)
    decide(lake, registry, new)
    decide(lake, registry, old)
    assert registry.champion_version() == "1"
    assert champion_on(ledger(lake), [dt.date(2025, 3, 19), TODAY]).to_list() == [old["version"], new["version"]]


def test_a_rollback_points_at_the_champion_before_from_today_on(registry, lake):
    models = [selected(day, p_home=0.4 + day / 100) for day in (1, 8, 20)]
    store(lake, *models)
    for model in models:
        decide(lake, registry, model)
    assert registry.rollback(lake, None, "loses to the market", TODAY) == models[1]["version"]
    assert registry.champion_version() == "2"
    last = ledger(lake).row(-1, named=True)
    assert (last["effective_from"], last["accepted"], last["previous"]) == (TODAY, True, models[2]["version"])
    assert (last["reason"], last["conditions"], last["model_date"]) == (
        "loses to the market",
        [],
        dt.date(2025, 3, 8),
    )
    days = [TODAY - dt.timedelta(days=1), TODAY]
    assert champion_on(ledger(lake), days).to_list() == [models[2]["version"], models[1]["version"]]
    # another one goes further back, not forward again; then there is nobody left
    later = TODAY + dt.timedelta(days=1)
    assert registry.rollback(lake, None, "worse still", later) == models[0]["version"]
    with pytest.raises(ModelError, match="expected a champion before .*, found none: name the version"):
        registry.rollback(lake, None, "and again", later + dt.timedelta(days=1))


def test_a_rollback_holds_from_today_on_though_another_model_was_to_take_over(registry, lake):
    models = [selected(day, p_home=0.4 + day / 100) for day in (1, 8, 20)]
    store(lake, *models)
    for model in models:
        decide(lake, registry, model)
    today = dt.date(2025, 3, 10)
    assert registry.rollback(lake, None, "worse", today) == models[0]["version"]
    assert registry.champion_version() == "1"
    assert set(champion_on(ledger(lake), [today, TODAY])) == {models[0]["version"]}
    assert ledger(lake).tail(2)["previous"].to_list() == [models[1]["version"], models[2]["version"]]
    registry.rollback(lake, models[2]["version"], "by hand", today)
    assert set(champion_on(ledger(lake), [today, TODAY])) == {models[2]["version"]}


def test_a_run_repeated_after_a_rollback_does_not_undo_it(registry, lake):
    models = [selected(1), selected(8, p_home=0.5)]
    store(lake, *models)
    for model in models:
        decide(lake, registry, model)
    registry.rollback(lake, models[0]["version"], "by hand", models[1]["match_date"])
    decide(lake, registry, models[1])
    assert registry.champion_version() == "1"
    assert champion_moves(ledger(lake))["version"].to_list() == [models[0]["version"]] * 2


def test_a_refused_version_may_be_named_and_an_unknown_or_remade_one_may_not(registry, lake):
    first, second = selected(1), selected(8, p_home=0.5)
    store(lake, first, second)
    decide(lake, registry, first)
    decide(lake, registry, second, NO)
    assert registry.rollback(lake, second["version"], "trusted", TODAY) == second["version"]
    assert registry.champion_version() == "2"
    with pytest.raises(ModelError, match="expected another version than the champion's"):
        registry.rollback(lake, second["version"], "again", TODAY)
    with pytest.raises(ModelError, match="one of .*, found nonsense"):
        registry.rollback(lake, "nonsense", "?", TODAY)
    store(lake, second)
    with pytest.raises(ModelError, match=f"found {first['version']}"):
        registry.rollback(lake, first["version"], "its row is gone", TODAY)


def test_a_registry_that_fails_while_the_champion_moves_leaves_nothing_half_done(registry, lake, tmp_path):
    first, second = selected(1), selected(8, p_home=0.5)
    decide(lake, registry, first)
    version = registry.register(second, "run")
    database = tmp_path / "mlflow" / "mlflow.db"
    with sqlite3.connect(database) as connection:
        connection.execute("ALTER TABLE registered_model_aliases RENAME TO away")
    with pytest.raises(ModelError, match="the champion was not moved. Run the same command again"):
        promote(lake, registry, second, version)
    assert ledger(lake)["version"].to_list() == [first["version"]]
    with sqlite3.connect(database) as connection:
        connection.execute("ALTER TABLE away RENAME TO registered_model_aliases")
    assert registry.champion_version() == "1"
    promote(lake, registry, second, version)
    assert (registry.champion_version(), ledger(lake)["accepted"].to_list()) == ("2", [True, True])


CARD = {
    "text": "# a card", "reliability": [{"outcome": "home", "forecast": 0.4, "happened": 0.5}],
    "accepted": True, "learned_from": dt.date(2024, 8, 1), "trained_through": dt.date(2025, 2, 28),
}  # fmt: skip
LINES = [{"line": "blend", "log_loss": 0.98, "ece": 0.01, "divergence": None, "n": 700}]
HISTORY = pl.DataFrame({"match_date": [dt.date(2024, 8, 1)], "match_id": ["a"], "elo_diff": [0.5]})


def test_the_card_its_scores_and_the_data_stand_in_the_run_of_the_version(registry):
    version = registry.register(selected(1), "run-1")
    registry.log_card(version, CARD, LINES, HISTORY)
    registry.log_card(version, CARD | {"text": "# a card, again"}, LINES, HISTORY)
    run = registry._client.get_run(registry._client.get_model_version("match-outcome", version).run_id)
    files = {name: Path(registry._client.download_artifacts(run.info.run_id, name)).read_text()
             for name in ("model_card.md", "plots/calibration.svg")}  # fmt: skip
    assert files["model_card.md"] == "# a card, again" and files["plots/calibration.svg"].startswith("<svg")
    scores = {"log_loss": 1.05, "examples": 700.0, "accepted": 1.0, "blend/log_loss": 0.98, "blend/ece": 0.01}
    assert run.data.metrics == scores
    (learned,) = run.inputs.dataset_inputs
    assert (learned.dataset.name, learned.tags[0].value) == ("match_features", "training")
    assert json.loads(learned.dataset.profile) == {"first": "2024-08-01", "last": "2025-02-28", "examples": 1}
    registry.log_card(version, CARD, LINES, HISTORY.with_columns(elo_diff=pl.lit(0.6)))
    digests = {used.dataset.digest for used in registry._client.get_run(run.info.run_id).inputs.dataset_inputs}
    assert len(digests) == 2 and learned.dataset.digest in digests  # other values are another version of the data


@pytest.mark.parametrize("stated", ["", "0123abc"])
def test_a_version_names_the_commit_of_its_code(stated, registry, tmp_path, monkeypatch):
    monkeypatch.setattr("soccer_assets.models.champion.mlflow_run.CLONE", tmp_path / "clone")
    head = ""
    if not stated:
        commit = ["commit", "-q", "--allow-empty", "-m", "code"]
        for command in (["init", "-q", str(tmp_path / "clone")], ["-C", str(tmp_path / "clone"), *AUTHOR, *commit]):
            subprocess.run(["git", *command], check=True)
        head = subprocess.check_output(["git", "-C", str(tmp_path / "clone"), "rev-parse", "HEAD"], text=True).strip()
    registry._settings = msgspec.structs.replace(registry._settings, revision=stated)
    run_id = registry._client.get_model_version("match-outcome", registry.register(selected(1), "run")).run_id
    assert registry._client.get_run(run_id).data.tags["mlflow.source.git.commit"] == (stated or head)


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
    assert version.run_id is not None
    run = client.get_run(version.run_id)
    assert (run.data.params, run.data.metrics) == ({"half_life_days": "1000.0"}, {"log_loss": 1.05, "examples": 700.0})
    assert run.info.status == "FINISHED"
    assert (tmp_path / "mlflow" / "artefacts").is_dir()  # everything stays under var


@pytest.mark.enable_socket
@pytest.mark.parametrize("url", ["ftp://nowhere", "nonsense", "http://127.0.0.1:9"])
def test_a_registry_that_is_not_there_is_told_from_one_without_a_champion(url, tmp_path, lake, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    registry = Registry(msgspec.structs.replace(Settings(), var=str(tmp_path), mlflow_url=url))
    asking = (
        registry.champion_version,
        lambda: registry.register(selected(1), "run"),
        lambda: registry.log_card("1", CARD, LINES, HISTORY),
        lambda: registry.decide(PROMOTIONS.empty().lazy(), selected(1), "1", YES),
    )
    for asked in asking:
        with pytest.raises(ModelError, match=f"expected the registry at {url}, found [A-Z_]+: "):
            asked()
    assert not lake.exists("promotions")


def test_a_damaged_registry_is_named_with_who_says_more(tmp_path):
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "mlflow.db").write_bytes(b"no database" * 1000)
    with pytest.raises(
        ModelError, match="file is not a database.*nothing was read.*`uv run soccer doctor` says whether"
    ):
        Registry(Settings(var=str(tmp_path))).champion_version()


def test_a_lost_registry_is_rebuilt_from_the_lake_and_a_rollback_works_from_there(registry, lake, tmp_path, prepared):
    first, second = selected(1), selected(8, p_home=0.5)
    for model in (first, second):
        store(lake, *(m for m in (first, second) if m["match_date"] <= model["match_date"]))
        decide(lake, registry, model)
    assert differences(registry, lake) == []

    shutil.copy(prepared, tmp_path / "anew.db")  # an engine keeps a database that is deleted
    lost = Registry(Settings(var=str(tmp_path), mlflow_url=f"sqlite:///{tmp_path}/anew.db"))
    assert differences(lost, lake) == [
        f"{first['version']} is not registered",
        f"{second['version']} is not registered",
        f"the alias champion points at no version, the ledger of promotions at {second['version']}",
    ]
    assert rebuild(lost, lake) == [
        f"{first['version']} was registered as version 1",
        f"{second['version']} was registered as version 2",
        f"the alias champion points at {second['version']}",
    ]
    assert differences(lost, lake) == [] and rebuild(lost, lake) == []
    version = lost.champion_version()
    assert version is not None
    assert lost.load(version).encode() == second["forecaster"]
    assert lost.rollback(lake, None, "worse", TODAY) == first["version"]
    assert lost.champion_version() == "1"


def test_the_artefact_of_the_champion_is_compared_with_its_version(registry, lake, tmp_path):
    model = selected(1)
    store(lake, model)
    decide(lake, registry, model)
    (artefact,) = tmp_path.glob("mlflow/artefacts/**/forecaster.json")
    artefact.unlink()
    assert differences(registry, lake) == [f"version 1 is {model['version']}, its artefact is what cannot be read"]
    assert rebuild(registry, lake) == [
        f"{model['version']} was registered as version 2",
        f"the alias champion points at {model['version']}",
    ]
    assert differences(registry, lake) == []
    assert registry.load(registry.champion_version()).encode() == model["forecaster"]


def test_mlflow_loads_the_champion_itself_without_a_pickle(registry, lake, tmp_path, monkeypatch):
    model = selected(1)
    store(lake, model)
    decide(lake, registry, model)
    uri = Settings(var=str(tmp_path)).mlflow
    for variable in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.setenv(variable, uri)
    loaded = mlflow.pyfunc.load_model("models:/match-outcome@champion")
    assert [column.name for column in loaded.metadata.get_input_schema().inputs] == ["league", "elo_diff"]
    assert loaded.metadata.get_output_schema().input_names() == ["p_home", "p_draw", "p_away"]
    features = pl.DataFrame({"league": ["E0", "E0"], "elo_diff": [100.0, None]})
    expected = Forecaster.decode(model["forecaster"]).predict(features)
    assert loaded.predict(features.to_pandas()).to_numpy() == pytest.approx(expected, abs=0)
    files = {path.name for path in tmp_path.rglob("mlflow/artefacts/**/*") if path.is_file()}
    assert {"MLmodel", "input_example.json", "forecaster.json"} <= files
    assert not [name for name in files if name.endswith((".pkl", ".pickle"))]


def test_a_version_that_an_earlier_release_registered_is_loaded(registry, lake, tmp_path):
    model = selected(1)
    store(lake, model)
    decide(lake, registry, model)
    client = registry._client
    run_id = client.get_model_version("match-outcome", "1").run_id
    client.log_text(run_id, model["forecaster"], "forecaster.json")
    uri = f"{client.get_run(run_id).info.artifact_uri}/forecaster.json"
    client.create_model_version("match-outcome", uri, run_id, tags={"version": model["version"]})
    assert registry.load("2").encode() == model["forecaster"]


def test_the_same_verdict_again_sets_the_alias_of_a_registry_that_was_made_anew(registry, lake, prepared, tmp_path):
    model = selected(1)
    store(lake, model)
    decide(lake, registry, model)
    shutil.copy(prepared, tmp_path / "anew.db")
    anew = Registry(Settings(var=str(tmp_path), mlflow_url=f"sqlite:///{tmp_path}/anew.db"))
    decide(lake, anew, model)
    assert anew.champion_version() == "1" and len(ledger(lake)) == 1
