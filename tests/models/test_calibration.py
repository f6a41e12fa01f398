import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.models.calibration import (
    AnyCalibrator,
    Identity,
    Temperature,
    VectorScaling,
    choose_calibrator,
    fit_temperature,
    fit_vector_scaling,
)
from soccer_assets.scoring import log_loss


def _power(p, exponents):
    p = p**exponents
    return p / p.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def known(world):
    return world(12_000, seed=4)


def test_calibrated_probabilities_are_left_alone(known):
    assert choose_calibrator(known.truth, known.y, known.dates) == Identity()
    assert np.abs(fit_temperature(known.truth, known.y).apply(known.truth) - known.truth).max() < 0.02
    assert np.abs(fit_vector_scaling(known.truth, known.y).apply(known.truth) - known.truth).max() < 0.04


def test_an_overconfident_forecast_is_repaired_by_the_exponent_that_undoes_it(known):
    sharp = _power(known.truth, 1.5)
    calibrator = choose_calibrator(sharp, known.y, known.dates)
    assert isinstance(calibrator, Temperature)
    assert calibrator.exponent == pytest.approx(1 / 1.5, abs=0.03)
    assert np.abs(calibrator.apply(sharp) - known.truth).max() < 0.03


def test_a_forecast_that_underrates_draws_is_repaired_by_a_bias(known):
    biased = known.truth * np.array([1.0, 0.6, 1.0])
    biased /= biased.sum(axis=1, keepdims=True)
    calibrator = choose_calibrator(biased, known.y, known.dates)
    assert isinstance(calibrator, VectorScaling)
    assert calibrator.biases[1] - np.mean(calibrator.biases) == pytest.approx(-2 / 3 * np.log(0.6), abs=0.15)
    assert sum(calibrator.biases) == pytest.approx(0.0, abs=1e-6)
    repaired = log_loss(calibrator.apply(biased), known.y).mean()
    assert repaired < log_loss(biased, known.y).mean() - 0.01
    assert repaired == pytest.approx(log_loss(known.truth, known.y).mean(), abs=0.001)


def test_a_repair_that_only_helped_in_the_past_is_not_made(known):
    earlier = np.arange(len(known.y)) < 7200
    p = np.where(earlier[:, None], _power(known.truth, 1.5), known.truth)
    assert choose_calibrator(p, known.y, known.dates) == Identity()


def test_few_predictions_are_not_repaired(world):
    few = world(600, seed=4)
    assert choose_calibrator(_power(few.truth, 3.0), few.y, few.dates) == Identity()
    assert choose_calibrator(np.empty((0, 3)), np.empty(0, dtype=np.int64), []) == Identity()


def test_the_order_of_the_rows_does_not_matter(known):
    shuffled = np.random.default_rng(0).permutation(len(known.y))
    sharp = _power(known.truth, 1.5)
    there = choose_calibrator(sharp, known.y, known.dates)
    back = choose_calibrator(sharp[shuffled], known.y[shuffled], known.dates[shuffled])
    assert back.exponent == pytest.approx(there.exponent)


weights = st.floats(0.2, 3.0)
biases = st.floats(-2.0, 2.0)
calibrators = st.one_of(
    st.just(Identity()),
    st.builds(Temperature, weights),
    st.builds(VectorScaling, st.tuples(weights, weights, weights), st.tuples(biases, biases, biases)),
)
probabilities = st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda p: sum(p) > 1e-3)


@given(calibrators, probabilities)
def test_what_comes_out_is_inside_zero_and_one_and_sums_to_one(calibrator, p):
    p = np.array([p]) / sum(p)
    out = calibrator.apply(p)
    assert out.min() > 0 and out.max() < 1
    assert out.sum() == pytest.approx(1.0, abs=1e-12)


@given(calibrators)
def test_a_calibrator_read_back_is_the_same(calibrator):
    text = msgspec.json.encode(calibrator)
    again = msgspec.json.decode(text, type=AnyCalibrator)
    assert again == calibrator and msgspec.json.encode(again) == text
    assert msgspec.convert(msgspec.to_builtins(calibrator), AnyCalibrator) == calibrator
