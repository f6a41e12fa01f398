import hashlib
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.blending import DEFAULT_BLEND
from soccer_assets.models.calibration import Identity, Temperature
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.folds import walk_forward_folds
from soccer_assets.models.forecaster import Forecaster, assemble
from soccer_assets.models.tuning import tune
from soccer_assets.scoring import PROBABILITIES, log_loss, paired_difference


def _frame(examples, p):
    return examples.select("match_id").with_columns(
        pl.Series(name, p[:, place]) for place, name in enumerate(PROBABILITIES)
    )


@pytest.fixture(scope="module")
def known(world):
    return world(4000, seed=6)


@pytest.fixture(scope="module")
def estimators(known, columns):
    return {name: family.fit(known.examples, columns, family.defaults, 0) for name, family in FAMILIES.items()}


@pytest.fixture(scope="module")
def forecasters(estimators, known, columns):
    sharp = known.truth**1.6 / (known.truth**1.6).sum(axis=1, keepdims=True)
    market = _frame(known.examples, known.truth)[1000:].reverse()
    through = known.examples["match_date"].max()
    return {
        name: assemble(estimator, columns, through, _frame(known.examples, sharp), known.examples, market)
        for name, estimator in estimators.items()
    }


@pytest.mark.parametrize("name", FAMILIES)
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
    assert len(versions) == len(FAMILIES)
    forecaster = forecasters["climatology"]
    assert forecaster.version == hashlib.sha256(forecaster.encode().encode()).hexdigest()[:12]


def test_predictions_are_the_estimators_calibrated(forecasters, estimators, world):
    examples = world(200, seed=7).examples
    forecaster = forecasters["logistic_regression"]
    assert isinstance(forecaster.calibrator, Temperature)
    assert forecaster.calibrator.exponent == pytest.approx(1 / 1.6, abs=0.05)
    raw = estimators["logistic_regression"].predict(examples)
    assert forecaster.predict(examples) == pytest.approx(forecaster.calibrator.apply(raw))


def test_the_blend_is_learned_from_the_priced_matches_by_their_id(forecasters):
    blend = forecasters["climatology"].market_blend
    assert blend.matches == 3000
    assert blend.model_weight + blend.market_weight == pytest.approx(1.0, abs=0.1)  # both are the truth


def test_without_prices_and_with_few_predictions_nothing_is_made_up(estimators, known, columns):
    few = known.examples[:50]
    forecaster = assemble(
        estimators["climatology"],
        columns,
        few["match_date"][-1],
        _frame(few, known.truth[:50]),
        known.examples,
        _frame(few, known.truth[:50]).clear(),
    )
    assert (forecaster.calibrator, forecaster.market_blend) == (Identity(), DEFAULT_BLEND)


def test_the_blend_is_nan_where_there_is_no_price(forecasters, known):
    market = known.truth[:3].copy()
    market[1] = np.nan
    blended = forecasters["elo_ordered_logit"].blend(known.truth[:3], market)
    assert np.isnan(blended).any(axis=1).tolist() == [False, True, False]


def test_from_matches_to_a_forecaster_that_beats_climatology_on_later_ones(world, columns):
    known, later, losses = world(6000, seed=9), world(3000, seed=10), {}
    folds = walk_forward_folds(known.examples["match_date"].to_list(), 3, 120)
    for name in ("climatology", "logistic_regression"):
        family = FAMILIES[name]
        tuned = tune(family, known.examples, columns, folds, 6, 0)
        forecaster = assemble(
            family.fit(known.examples, columns, tuned.params, 0),
            columns,
            known.examples["match_date"].max(),
            tuned.oof,
            known.examples,
            _frame(known.examples, known.truth),
        )
        losses[name] = log_loss(forecaster.predict(later.examples), later.y)
        assert forecaster.market_blend.matches == 3600
        assert forecaster.market_blend.market_weight > 0.8  # the market is the truth
    gain = paired_difference(losses["logistic_regression"], losses["climatology"], later.dates)
    assert gain.high < -0.08
    assert losses["logistic_regression"].mean() < log_loss(later.truth, later.y).mean() + 0.01


def test_a_missing_feature_is_named(forecasters, known):
    with pytest.raises(ModelError, match="Expected the columns shots"):
        forecasters["climatology"].predict(known.examples.drop("shots"))


def test_a_prediction_of_an_unknown_match_is_refused(estimators, known, columns):
    examples = known.examples
    with pytest.raises(ModelError, match=r"found 4000 of 4000 without, such as \['x', 'x', 'x', 'x', 'x'\]"):
        assemble(
            estimators["climatology"],
            columns,
            examples["match_date"][-1],
            _frame(examples, known.truth).with_columns(match_id=pl.lit("x")),
            examples,
            _frame(examples, known.truth),
        )


@pytest.mark.parametrize("text", ["", "{}", '{"estimator":{"type":"oracle"}}'])
def test_text_that_is_no_forecaster_is_refused(text):
    with pytest.raises(ModelError, match="Expected an encoded forecaster of one of climatology"):
        Forecaster.decode(text)


def test_a_stored_forecaster_is_served_without_any_learning_library(forecasters, known, tmp_path):
    (tmp_path / "forecaster.json").write_text(forecasters["logistic_regression"].encode())
    known.examples[:5].write_parquet(tmp_path / "features.parquet")
    program = """
import sys, polars
from soccer_assets.models.folds import walk_forward_folds
from soccer_assets.models.forecaster import Forecaster
forecaster = Forecaster.decode(open(sys.argv[1] + "/forecaster.json").read())
p = forecaster.predict(polars.read_parquet(sys.argv[1] + "/features.parquet"))
forecaster.blend(p, p)
heavy = {"sklearn", "scipy", "optuna", "mlflow", "lightgbm", "dagster", "pandas"} & set(sys.modules)
print(p.tolist(), sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    expected = forecasters["logistic_regression"].predict(known.examples[:5]).tolist()
    assert done.stdout.strip() == f"{expected} []"
