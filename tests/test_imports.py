"""What an import brings along: a heavy library is imported in the function that uses it, never with a module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {
    "catboost", "dagster_mlflow", "evidently", "lightgbm", "mlflow", "optuna", "pandas", "pandera", "sklearn", "xgboost"
}  # fmt: skip
#: The modules that may bring Dagster along, by the contract of pyproject.toml; the others are pure.
FOR_DAGSTER = {"automation", "commands", "definitions", "orchestration", "resources"}
LOOK = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]; print(*sys.modules)"


def modules(folder: Path, *packages: str) -> list[str]:
    files = (file for package in packages for file in sorted((folder / package).rglob("*.py")))
    return [".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__") for file in files]


#: MLflow runs it as a file, and no module imports it.
FOR_MLFLOW = "soccer_assets.models.champion.mlflow_model"


def is_pure(module: str) -> bool:
    return (
        module != FOR_MLFLOW
        and module.removeprefix("soccer_assets.").split(".")[0] not in FOR_DAGSTER
        and not module.endswith(".assets")
    )


def brought(folder: Path, *names: str, path: str = "") -> set[str]:
    """The top-level packages that importing the modules loads in a new interpreter."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK, *names],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return {name.split(".")[0] for name in found.stdout.split()}


def test_the_pure_modules_bring_no_heavy_library_and_no_dagster() -> None:
    pure = [name for name in modules(ROOT, "soccer_assets", "serving") if is_pure(name)]
    assert {"soccer_assets.models.training.training", "soccer_assets.monitoring.drift", "serving.worker"} <= set(pure)
    found = brought(ROOT, *pure)
    assert "polars" in found
    assert found & {*HEAVY, "dagster"} == set()


def test_the_definitions_bring_dagster_and_no_heavy_library() -> None:
    found = brought(ROOT, "soccer_assets.definitions", "soccer_assets.commands.materialize")
    assert "dagster" in found
    assert found & HEAVY == set()


@pytest.mark.parametrize("heavy", ["sklearn", "mlflow"])
def test_a_heavy_library_at_the_top_of_a_module_is_seen(tmp_path: Path, heavy: str) -> None:
    (tmp_path / heavy).mkdir()
    (tmp_path / heavy / "__init__.py").touch()
    (tmp_path / "careless.py").write_text(f"import {heavy}\n")
    assert brought(tmp_path, "careless", path=str(tmp_path)) & HEAVY == {heavy}
