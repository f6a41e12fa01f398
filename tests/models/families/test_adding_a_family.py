"""A new family is one module and one line of `FAMILIES`: everything else follows from them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOY = '''"""How often each outcome happens in a league: the league's own matches and `prior` of all leagues."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from soccer_assets.models.families.family import Estimator, Family, Range, Space
from soccer_assets.models.training_data import Params, league_codes, outcomes_of, recency_weights
from soccer_assets.scoring import Floats


class ToyEstimator(Estimator, frozen=True, tag="toy"):
    """Frequencies of home, draw and away by league, then those of all leagues."""

    leagues: tuple[str, ...]
    frequencies: tuple[tuple[float, ...], ...]

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return the frequencies of each match's league, `(n, 3)`."""
        return np.array(self.frequencies)[league_codes(frame, self.leagues)]


class Toy(Family):
    """Frequencies by league."""

    estimator = ToyEstimator
    max_trials = 4
    space: ClassVar[Space] = {
        "half_life_days": Range(365.0, 7300.0, 1000.0, log=True),
        "prior": Range(1.0, 100.0, 10.0, log=True),
    }

    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> ToyEstimator:
        """Count outcomes."""
        y, w = outcomes_of(examples), recency_weights(examples, params["half_life_days"])
        leagues = tuple(sorted(set(examples["league"])))
        counts = np.zeros((len(leagues), 3))
        np.add.at(counts, (league_codes(examples, leagues), y), w)
        overall = counts.sum(axis=0) / counts.sum()
        rows = np.vstack([counts + params["prior"] * overall, overall])
        return ToyEstimator(leagues, tuple(map(tuple, (rows / rows.sum(axis=1, keepdims=True)).tolist())))
'''
SEEN = """
from soccer_assets.definitions import defs
from soccer_assets.models.estimators import COMPLEXITY, decode
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.training.training import chosen_families

assert chosen_families("") == [*FAMILIES, "stack"] and "toy" in FAMILIES
assert COMPLEXITY["toy"] == 8 and COMPLEXITY["stack"] == 9
assert decode('{"type":"toy","leagues":[],"frequencies":[[0.5,0.25,0.25]]}').frequencies == ((0.5, 0.25, 0.25),)
assert any(key.to_user_string() == "candidate_toy" for key in defs.resolve_asset_graph().get_all_asset_keys())
print("seen")
"""


@pytest.fixture(scope="module")
def with_toy(tmp_path_factory):
    """Environment of a process that has a copy of the package with the toy family."""
    folder = tmp_path_factory.mktemp("with_toy")
    shutil.copytree(ROOT / "soccer_assets", folder / "soccer_assets", ignore=shutil.ignore_patterns("__pycache__"))
    families = folder / "soccer_assets" / "models" / "families"
    (families / "toy.py").write_text(TOY)
    register = families / "__init__.py"
    text = register.read_text()
    line = "        XgBoost(),\n"
    assert text.count(line) == 1
    text = text.replace(line, f"{line}        Toy(),\n")
    marker = "from soccer_assets.models.families.xgboost import XgBoost\n"
    register.write_text(text.replace(marker, f"from soccer_assets.models.families.toy import Toy\n{marker}"))
    return os.environ | {"PYTHONPATH": str(folder), "SOCCER_FAMILIES": "", "SOCCER_VAR": str(folder / "var")}


def test_a_family_is_at_most_eighty_lines():
    assert len(TOY.splitlines()) + 2 < 80


def test_a_new_family_is_a_candidate_is_ranked_and_is_decoded(with_toy):
    command = [sys.executable, "-W", "ignore", "-c", SEEN]
    seen = subprocess.run(command, env=with_toy, cwd=with_toy["PYTHONPATH"], capture_output=True, text=True)
    assert seen.stdout.strip() == "seen", seen.stderr


def test_the_kit_holds_the_new_family_to_every_law(with_toy):
    kit = str(Path(__file__).with_name("test_families.py"))
    command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-k", "toy", kit]
    kit_run = subprocess.run(command, env=with_toy, cwd=ROOT, capture_output=True, text=True)
    assert kit_run.returncode == 0 and "14 passed" in kit_run.stdout, kit_run.stdout[-3000:]
