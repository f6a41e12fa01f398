import hashlib
import math
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.goals_model import GoalsModel
from soccer_assets.models.selection.blending import Blend
from soccer_assets.models.selection.calibration import Temperature
from soccer_assets.models.training_data import Scaling
from soccer_assets.scoring import OUTCOMES, PROBABILITIES

NAMES = ("climatology", "elo_ordered_logit", "logistic_regression", "lightgbm")
POOL = Blend(0.2, 0.8, None, matches=3000)
GOALS = GoalsModel(Scaling((), (), (), (), ()), ((), ()), (math.log(1.5), math.log(1.1)), -0.05)


def _prices(p):
    names = [*PROBABILITIES, *(f"pinnacle_{outcome}" for outcome in OUTCOMES)]
    return pl.DataFrame(np.hstack([p, p]), schema=names).with_columns(pl.all().fill_nan(None))


@pytest.fixture(scope="module")
def known(world):
    return world(4000, seed=6)


@pytest.fixture(scope="module")
def estimators(known, columns):
    return {name: FAMILIES[name].fit(known.examples, columns, FAMILIES[name].defaults, 0) for name in NAMES}


@pytest.fixture(scope="module")
def forecasters(estimators, known, columns):
    through = known.examples["match_date"].max()
    return {
        name: Forecaster(estimator, Temperature(0.8), POOL, columns, through, GOALS)
        for name, estimator in estimators.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_forecaster_read_back_is_the_same_to_the_byte(name, forecasters, world):
    forecaster = forecasters[name]
    again = Forecaster.decode(forecaster.encode())
    examples = world(200, seed=7).examples
    assert again.encode() == forecaster.encode()
    assert again.version == forecaster.version
    assert again.predict(examples).tobytes() == forecaster.predict(examples).tobytes()
    assert again.family == name


def test_the_version_is_the_hash_of_the_text(forecasters):
    versions = {forecaster.version for forecaster in forecasters.values()}
    assert len(versions) == len(NAMES)
    forecaster = forecasters["climatology"]
    assert forecaster.version == hashlib.sha256(forecaster.encode().encode()).hexdigest()[:12]


def test_predictions_are_the_estimators_calibrated(forecasters, estimators, world):
    examples = world(200, seed=7).examples
    raw = estimators["logistic_regression"].predict(examples) ** 0.8
    told = forecasters["logistic_regression"].predict(examples)
    assert told == pytest.approx(raw / raw.sum(axis=1, keepdims=True))


def test_goals_are_those_of_the_goals_model(forecasters, known):
    assert forecasters["climatology"].goal_rates(known.examples[:2]) == pytest.approx(np.array([[1.5, 1.1]] * 2))


def test_the_blend_is_the_pool_of_forecast_and_prices_and_nan_where_there_is_no_price(forecasters, known):
    market = known.truth[:3].copy()
    market[1] = np.nan
    blended = forecasters["elo_ordered_logit"].blend(known.truth[:3], _prices(market), known.examples[:3])
    assert np.isnan(blended).any(axis=1).tolist() == [False, True, False]
    assert blended[0] == pytest.approx(known.truth[0])  # all three say the same


def test_a_missing_feature_is_named(forecasters, known):
    with pytest.raises(ModelError, match="Expected the columns shots"):
        forecasters["climatology"].predict(known.examples.drop("shots"))


@pytest.mark.parametrize("text", ["", "{}", '{"estimator":{"type":"oracle"}}'])
def test_text_that_is_no_forecaster_is_refused(text):
    with pytest.raises(ModelError, match="Expected an encoded forecaster of one of climatology"):
        Forecaster.decode(text)


def test_a_stored_forecaster_is_served_without_any_learning_library(forecasters, known, tmp_path):
    (tmp_path / "forecaster.json").write_text(forecasters["logistic_regression"].encode())
    known.examples[:5].write_parquet(tmp_path / "features.parquet")
    program = """
import sys, polars
from soccer_assets.models.training.folds import walk_forward_folds
from soccer_assets.models.champion.forecaster import Forecaster
forecaster = Forecaster.decode(open(sys.argv[1] + "/forecaster.json").read())
features = polars.read_parquet(sys.argv[1] + "/features.parquet")
p = forecaster.predict(features)
names = ["p_home", "p_draw", "p_away", "pinnacle_home", "pinnacle_draw", "pinnacle_away"]
forecaster.blend(p, polars.DataFrame(dict(zip(names, [*p.T, *p.T]))), features)
forecaster.goal_rates(features)
heavy = {"sklearn", "scipy", "optuna", "mlflow", "lightgbm", "dagster", "pandas"} & set(sys.modules)
print(p.tolist(), sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    expected = forecasters["logistic_regression"].predict(known.examples[:5]).tolist()
    assert done.stdout.strip() == f"{expected} []"
