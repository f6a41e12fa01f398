import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.models.schema import CALIBRATION_FORM
from soccer_assets.models.selection.calibration import (
    FORMS,
    AnyCalibrator,
    Dirichlet,
    Identity,
    Isotonic,
    LeagueScaling,
    Temperature,
    VectorScaling,
    choose_calibrator,
    fit_dirichlet,
    fit_isotonic,
    fit_temperature,
    fit_vector_scaling,
)
from soccer_assets.scoring import ece, log_loss


def _power(p, exponents):
    p = p**exponents
    return p / p.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def known(world):
    return world(12_000, seed=4)


@pytest.fixture(scope="module")
def leagues(known):
    return known.examples["league"].to_list()


def _chosen(p, known, leagues):
    return choose_calibrator(p, known.y, known.dates, leagues)[0]


def test_calibrated_probabilities_are_left_alone(known, leagues):
    assert _chosen(known.truth, known, leagues) == Identity()
    furthest = {
        "identity": 1e-12,
        "temperature": 0.02,
        "vector_scaling": 0.04,
        "dirichlet": 0.05,
        "league_scaling": 0.05,
    }
    for form, most in furthest.items():
        calibrator = FORMS[form](known.truth, known.y, leagues)
        assert np.abs(calibrator.apply(known.truth, leagues) - known.truth).max() < most
    curve = fit_isotonic(known.truth, known.y, leagues).apply(known.truth, leagues)
    assert np.abs(curve - known.truth).mean() < 0.015


def test_an_overconfident_forecast_is_repaired_by_the_exponent_that_undoes_it(known, leagues):
    sharp = _power(known.truth, 1.5)
    calibrator, table = choose_calibrator(sharp, known.y, known.dates, leagues)
    assert isinstance(calibrator, Temperature)
    assert calibrator.exponent == pytest.approx(1 / 1.5, abs=0.03)
    assert np.abs(calibrator.apply(sharp, leagues) - known.truth).max() < 0.03
    assert table.schema == CALIBRATION_FORM
    assert table["form"].to_list() == list(FORMS)
    assert table.filter("chosen")["form"].to_list() == ["temperature"]
    alone, repaired = table["ece"][0], table["ece"][1]
    assert repaired < 0.02 < alone
    assert table["difference_low"][0] > 0.01


def test_a_forecast_that_underrates_draws_is_repaired_by_a_bias(known, leagues):
    biased = known.truth * np.array([1.0, 0.6, 1.0])
    biased /= biased.sum(axis=1, keepdims=True)
    calibrator = _chosen(biased, known, leagues)
    assert isinstance(calibrator, VectorScaling)
    assert calibrator.biases[1] - np.mean(calibrator.biases) == pytest.approx(-2 / 3 * np.log(0.6), abs=0.15)
    assert sum(calibrator.biases) == pytest.approx(0.0, abs=1e-6)
    repaired = log_loss(calibrator.apply(biased, leagues), known.y).mean()
    assert repaired < log_loss(biased, known.y).mean() - 0.01
    assert repaired == pytest.approx(log_loss(known.truth, known.y).mean(), abs=0.001)


def test_a_repair_that_only_helped_in_the_past_is_not_made(known, leagues):
    earlier = np.arange(len(known.y)) < 7200
    p = np.where(earlier[:, None], _power(known.truth, 1.5), known.truth)
    assert _chosen(p, known, leagues) == Identity()


def test_a_league_with_its_own_bias_is_repaired_and_a_new_one_is_treated_as_all(known, leagues):
    english = np.array(leagues) == "E0"
    tilted = np.where(
        english[:, None], known.truth * np.array([1.5, 1.0, 1.0]), known.truth * np.array([0.7, 1.0, 1.0])
    )
    tilted /= tilted.sum(axis=1, keepdims=True)
    calibrator, _ = choose_calibrator(tilted, known.y, known.dates, leagues)
    assert isinstance(calibrator, LeagueScaling)
    assert calibrator.leagues == ("D1", "E0")
    german, english_biases = (np.array(each) for each in calibrator.league_biases)
    assert german[0] - german[2] == pytest.approx(-np.log(0.7), abs=0.12)
    assert english_biases[0] - english_biases[2] == pytest.approx(-np.log(1.5), abs=0.12)
    assert np.abs(calibrator.apply(tilted, leagues) - known.truth).mean() < 0.01
    elsewhere = calibrator.apply(tilted[:1], ["NOR"])
    scores = tilted[0] ** calibrator.exponent * np.exp(calibrator.biases)
    assert elsewhere[0] == pytest.approx(scores / scores.sum())


def test_what_only_a_map_between_outcomes_undoes_is_learned_by_dirichlet_calibration(known, leagues):
    logs = np.log(known.truth)
    swapped = np.exp(logs + 0.35 * logs[:, [1, 2, 0]])
    swapped /= swapped.sum(axis=1, keepdims=True)
    gain = {
        form.__name__: log_loss(form(swapped[:8000], known.y[:8000], leagues[:8000]).apply(swapped[8000:], leagues[8000:]),
                       known.y[8000:]).mean()
        for form in (fit_temperature, fit_vector_scaling, fit_dirichlet)
    }  # fmt: skip
    assert gain["fit_dirichlet"] < gain["fit_temperature"] - 0.001
    assert gain["fit_dirichlet"] <= gain["fit_vector_scaling"] + 0.0002


def test_an_isotonic_curve_undoes_what_no_exponent_does(known, leagues):
    bent = 0.2 + 0.4 * known.truth + 0.3 * (known.truth > 0.4)
    bent /= bent.sum(axis=1, keepdims=True)
    repaired = fit_isotonic(bent, known.y, leagues).apply(bent, leagues)
    assert ece(bent, known.y) > 0.025
    assert ece(repaired, known.y) < 0.012


def test_the_pooled_blocks_rise_and_keep_away_from_certainty(leagues):
    p = np.array([[0.1, 0.2, 0.7], [0.2, 0.2, 0.6], [0.3, 0.3, 0.4], [0.6, 0.2, 0.2]])
    curve = fit_isotonic(p, np.array([0, 2, 2, 0]), leagues[:4])
    # the home club won at 0.1, not at 0.2 and 0.3: one block with a rate of a third, beside ten matches of its 0.2
    assert curve.said[0] == pytest.approx((0.2, 0.6))
    assert curve.happened[0] == pytest.approx(((1 + 10 * 0.2) / 13, (1 + 10 * 0.6) / 11))
    assert min(min(each) for each in curve.happened) > 0


def test_few_predictions_are_not_repaired(world):
    few = world(600, seed=4)
    calibrator, table = choose_calibrator(_power(few.truth, 3.0), few.y, few.dates, few.examples["league"].to_list())
    assert (calibrator, table.height, table.schema) == (Identity(), 0, CALIBRATION_FORM)
    assert choose_calibrator(np.empty((0, 3)), np.empty(0, dtype=np.int64), [], [])[0] == Identity()


def test_the_order_of_the_rows_does_not_matter(known, leagues):
    shuffled = np.random.default_rng(0).permutation(len(known.y))
    sharp = _power(known.truth, 1.5)
    there = _chosen(sharp, known, leagues)
    mixed = [leagues[place] for place in shuffled]
    back, _ = choose_calibrator(sharp[shuffled], known.y[shuffled], known.dates[shuffled], mixed)
    assert isinstance(back, Temperature) and back.exponent == pytest.approx(there.exponent)


weights = st.floats(0.2, 3.0)
biases = st.floats(-2.0, 2.0)
triples = st.tuples(weights, weights, weights)
knots = st.just((0.1, 0.5, 0.9))
calibrators = st.one_of(
    st.just(Identity()),
    st.builds(Temperature, weights),
    st.builds(VectorScaling, triples, st.tuples(biases, biases, biases)),
    st.builds(Dirichlet, st.tuples(triples, triples, triples), st.tuples(biases, biases, biases)),
    st.builds(LeagueScaling, weights, st.just(("E0",)), st.tuples(triples), st.tuples(biases, biases, biases)),
    st.builds(Isotonic, st.tuples(knots, knots, knots), st.tuples(knots, knots, knots)),
)
probabilities = st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda p: sum(p) > 1e-3)


@given(calibrators, probabilities)
def test_what_comes_out_is_inside_zero_and_one_and_sums_to_one(calibrator, p):
    p = np.array([p]) / sum(p)
    out = calibrator.apply(p, ["E0"])
    assert out.min() > 0 and out.max() < 1
    assert out.sum() == pytest.approx(1.0, abs=1e-12)


@given(calibrators)
def test_a_calibrator_read_back_is_the_same(calibrator):
    text = msgspec.json.encode(calibrator)
    again = msgspec.json.decode(text, type=AnyCalibrator)
    assert again == calibrator and msgspec.json.encode(again) == text
    assert msgspec.convert(msgspec.to_builtins(calibrator), AnyCalibrator) == calibrator
