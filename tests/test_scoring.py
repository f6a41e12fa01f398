import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets import scoring

FORECAST = [[0.5, 0.3, 0.2]] * 3
EVERY_OUTCOME = [0, 1, 2]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (scoring.log_loss, [-np.log(0.5), -np.log(0.3), -np.log(0.2)]),
        (scoring.rps, [(0.25 + 0.04) / 2, (0.25 + 0.04) / 2, (0.25 + 0.64) / 2]),
        (scoring.brier, [0.25 + 0.09 + 0.04, 0.25 + 0.49 + 0.04, 0.25 + 0.09 + 0.64]),
        (scoring.accuracy, [1.0, 0.0, 0.0]),
    ],
)
def test_a_metric_is_what_its_definition_gives_by_hand(metric, expected):
    assert metric(FORECAST, EVERY_OUTCOME) == pytest.approx(expected)


def test_an_impossible_outcome_costs_the_logarithm_of_the_smallest_probability():
    assert scoring.log_loss([[1.0, 0.0, 0.0]], [2]) == pytest.approx([-np.log(1e-15)])


def test_calibration_error_pools_the_three_outcomes_into_bins_of_equal_width():
    # bin 5: 0.5, happened; bin 2: 0.25 three times, never; bin 7: 0.75, no; bin 0: 0, yes
    p, y = [[0.5, 0.25, 0.25], [0.75, 0.25, 0.0]], [0, 2]
    assert scoring.ece(p, y) == pytest.approx((0.5 + 0.75 + 0.75 + 1.0) / 6)


def test_certainty_that_comes_true_belongs_to_the_last_bin_and_has_no_error():
    assert scoring.ece([[1.0, 0.0, 0.0]], [0]) == 0.0


def test_the_summary_holds_the_mean_of_every_metric():
    found = scoring.summary(FORECAST, EVERY_OUTCOME)
    assert found["n"] == 3
    assert found["log_loss"] == pytest.approx(-np.log(0.5 * 0.3 * 0.2) / 3)
    assert found["accuracy"] == pytest.approx(1 / 3)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2), st.integers(0, 2))
def test_no_forecast_beats_the_one_that_knew(cuts, outcome):
    low, high = sorted(cuts)
    p, knew = [[low, high - low, 1 - high]], [np.eye(3)[outcome]]
    for metric in (scoring.log_loss, scoring.rps, scoring.brier):
        assert metric(knew, [outcome])[0] == 0.0 <= metric(p, [outcome])[0]


def test_a_paired_difference_is_the_mean_gap_with_an_interval_around_it():
    rng = np.random.default_rng(0)
    dates = np.repeat(np.arange(200), 10)
    noise = rng.normal(size=2000)
    found = scoring.paired_difference(noise + 0.2 + rng.normal(size=2000) * 0.5, noise, dates)
    standard_error = 0.5 / np.sqrt(2000)
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(0.2, abs=3 * standard_error)
    assert found.high - found.low == pytest.approx(2 * 1.96 * standard_error, rel=0.15)
    assert not found.includes_zero


def test_matches_of_one_day_are_drawn_together():
    # the gap depends on the day alone, so ten matches a day say no more than one
    gap = np.random.default_rng(1).normal(size=100)
    one = scoring.paired_difference(gap, np.zeros(100), np.arange(100))
    ten = scoring.paired_difference(np.repeat(gap, 10), np.zeros(1000), np.repeat(np.arange(100), 10))
    assert (ten.low, ten.high) == pytest.approx((one.low, one.high))


def test_the_same_seed_gives_the_same_interval_and_an_exchange_turns_it_round():
    a, b = np.random.default_rng(2).normal(size=(2, 300))
    dates = np.arange(300) // 5
    there, back = (
        scoring.paired_difference(a, b, dates, seed=3),
        scoring.paired_difference(b, a, dates, seed=3),
    )
    assert there == scoring.paired_difference(a, b, dates, seed=3)
    assert (back.mean, back.low, back.high) == pytest.approx((-there.mean, -there.high, -there.low))


@pytest.mark.parametrize(
    ("p", "y", "found"),
    [
        ([[0.5, 0.5]], [0], r"\(1, 2\) for 1 outcomes"),
        (FORECAST, [0, 1], r"\(3, 3\) for 2 outcomes"),
        (FORECAST, [0, 1, 3], r"found \[0, 1, 3\]"),
    ],
)
def test_what_is_no_forecast_is_refused_with_what_was_found(p, y, found):
    with pytest.raises(ValueError, match=found):
        scoring.log_loss(p, y)


def test_nothing_cannot_be_compared():
    with pytest.raises(ValueError, match="at least one"):
        scoring.paired_difference([], [], [])
    with pytest.raises(ValueError, match="at least one"):
        scoring.ece(np.empty((0, 3)), [])
