"""The import contracts of pyproject.toml: kept by the tree as it is, and each one seen to break."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).with_name("lint-imports")
NAMES = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
#: For each contract a module and the import that it must not have.
VIOLATIONS = {
    "dagster": ("soccer_assets/odds/best.py", "import dagster"),
    "assets": ("soccer_assets/odds/prices.py", "from soccer_assets.odds import assets"),
    "stages": ("soccer_assets/matches/resolution.py", "from soccer_assets.odds.devig import power"),
    "schema": ("soccer_assets/odds/schema.py", "from soccer_assets.odds import devig"),
    "simulation": ("soccer_assets/simulation/world.py", "from soccer_assets import scoring"),
    "world": ("soccer_assets/sources/fetching/client.py", "from soccer_assets.simulation.site import Site"),
    "serving": ("serving/snapshot/refresher.py", "from soccer_assets.storage.payloads import Payloads"),
    "api": ("serving/snapshot/matches.py", "import mlflow"),
    "worker": ("serving/predictor.py", "import evidently"),
    "bench": ("soccer_assets/linking/names/scorer.py", "from bench import name_scorer"),
    "served": ("soccer_assets/commands/export.py", "from serving.settings import ServingSettings"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages and of their contracts."""
    for package in ("soccer_assets", "serving"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken(tree: Path) -> list[str]:
    """Names of the contracts that do not hold."""
    command = [str(LINT), "--config", "pyproject.toml", "--no-cache"]
    told = subprocess.run(
        command, cwd=tree, env=os.environ | {"COLUMNS": "200"}, capture_output=True, text=True, timeout=60
    )
    found = re.findall(r"^(.+) BROKEN", told.stdout, re.MULTILINE)
    assert f"Contracts: {len(NAMES) - len(found)} kept, {len(found)} broken." in told.stdout, told.stdout + told.stderr
    assert told.returncode == bool(found)
    return found


def plant(tree: Path, module: str, statement: str) -> None:
    """Write the import into the module, in a function."""
    planted = tree / module
    planted.write_text(f"{planted.read_text()}\n\ndef planted():\n    {statement}\n")


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    assert broken(tree) == []


def test_every_contract_has_a_violation_to_break_it() -> None:
    assert list(VIOLATIONS) == list(NAMES)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_violation_breaks_its_contract_and_no_other(tree: Path, contract: str) -> None:
    module, statement = VIOLATIONS[contract]
    plant(tree, module, statement)
    assert broken(tree) == [NAMES[contract]]


@pytest.mark.parametrize(
    ("module", "statement", "contracts"),
    [
        ("serving/snapshot/matches.py", "from soccer_assets.matches import clubs", {"serving", "api"}),
        ("serving/api/health.py", "from soccer_assets.features import catalog", {"serving", "api"}),
        ("soccer_assets/monitoring/schema.py", "import sklearn", {"schema"}),
        ("soccer_assets/features/catalog.py", "from soccer_assets import scoring", {"schema"}),
        ("soccer_assets/leagues.py", "import mlflow", {"schema", "api"}),
    ],
)
def test_serving_reaches_of_a_stage_its_schema_alone(
    tree: Path, module: str, statement: str, contracts: set[str]
) -> None:
    plant(tree, module, statement)
    assert set(broken(tree)) >= {NAMES[contract] for contract in contracts}


def test_linking_knows_no_stage(tree: Path) -> None:
    plant(tree, "soccer_assets/linking/link.py", "from soccer_assets.sources import side_kinds")
    assert broken(tree) == [NAMES["stages"]]
