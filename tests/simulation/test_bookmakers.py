import datetime as dt
import itertools
from functools import cache

import numpy as np
import polars as pl
import pytest

from soccer_assets.simulation.bookmakers import BIASED, BOOKMAKERS, EARLY_DAYS, Views
from soccer_assets.simulation.world import make_world

CODES = {maker.code: maker.margin for maker in BOOKMAKERS}
PROMPT = [maker.code for maker in BOOKMAKERS if not maker.lag_days]


@cache
def large() -> pl.DataFrame:
    """10,640 matches."""
    return make_world(dt.date(2026, 3, 3), seed=1, seasons=6.5, clubs=20).matches


def implied(code: str) -> np.ndarray:
    return 1 / large().select(f"{code}{outcome}" for outcome in "HDA").to_numpy()


def losses(probabilities: np.ndarray) -> np.ndarray:
    """Log loss of each match; rows are de-vigged proportionally."""
    home, away = large()["FTHG"].to_numpy(), large()["FTAG"].to_numpy()
    outcome = np.where(home > away, 0, np.where(home == away, 1, 2))
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)
    return -np.log(shares[np.arange(len(outcome)), outcome])


@cache
def chances() -> np.ndarray:
    return large().select("p_home", "p_draw", "p_away").to_numpy()


@cache
def truth() -> np.ndarray:
    return losses(chances())


def divergence(probabilities: np.ndarray) -> float:
    """Mean Kullback-Leibler divergence of de-vigged prices from the truth, in nats."""
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)
    return float((chances() * np.log(chances() / shares)).sum(axis=1).mean())


@pytest.mark.parametrize("closing", ["", "C"])
@pytest.mark.parametrize(("code", "margin"), CODES.items())
def test_a_bookmakers_mean_overround_is_its_margin(code, margin, closing):
    assert implied(f"{code}{closing}").sum(axis=1).mean() - 1 == pytest.approx(margin, abs=0.001)


@pytest.mark.parametrize("columns", [("{}>2.5", "{}<2.5"), ("{}AHH", "{}AHA"), ("{}C>2.5", "{}C<2.5")])
@pytest.mark.parametrize(("code", "margin"), [("B365", 0.055), ("P", 0.025)])
def test_totals_and_handicaps_carry_the_same_margin(code, margin, columns):
    prices = large().select(column.format(code) for column in columns).to_numpy()
    assert (1 / prices).sum(axis=1).mean() - 1 == pytest.approx(margin, abs=0.001)


@pytest.mark.parametrize("code", [*CODES, "Max", "Avg"])
def test_no_price_knows_more_than_the_truth_and_closing_knows_more_than_pre_match(code):
    """By the mean divergence from the truth, which no luck of results touches, and by the results."""
    early, late = implied(code), implied(f"{code}C")
    assert divergence(early) == pytest.approx(0.0058, abs=0.0006)
    assert divergence(late) == pytest.approx(0.0017 if code in [*PROMPT, "Max", "Avg"] else 0.0033, abs=0.0003)
    assert truth().mean() < losses(late).mean() < losses(early).mean()


def test_the_view_of_the_market_moves_evenly_over_the_last_days_and_a_late_one_is_an_earlier_one():
    views = Views(np.array([[1.0], [4.0]]), np.array([[2.0], [1.0]]))
    assert views.at(EARLY_DAYS + 3).tolist() == views.at(EARLY_DAYS).tolist() == [[1.0], [4.0]]
    assert views.at(EARLY_DAYS / 2).ravel() == pytest.approx([2**0.5, 2.0])
    assert views.at(0.0).tolist() == views.at(-1.0).tolist() == [[2.0], [1.0]]


def test_the_closing_prices_of_a_bookmaker_that_lags_are_between_those_of_the_others_and_its_own_of_before():
    (slow,) = set(CODES) - set(PROMPT)
    shares = {
        name: implied(name) / implied(name).sum(axis=1, keepdims=True) for name in (slow, f"{slow}C", "PSC", "PS")
    }
    followed = (shares[f"{slow}C"] - shares["PS"])[:, 0], (shares["PSC"] - shares["PS"])[:, 0]
    slope = np.polyfit(followed[1], followed[0], 1)[0]
    assert slope == pytest.approx(0.5, abs=0.05)  # two days late of four


def test_in_a_world_with_a_bias_one_bookmaker_sets_the_side_at_home_too_low_and_the_others_do_not():
    fair, biased = (make_world(dt.date(2026, 3, 3), seed=2, seasons=1.5, clubs=12, bias=bias) for bias in (0.0, 0.3))
    assert fair.matches.select("p_home", "FTHG").equals(biased.matches.select("p_home", "FTHG"))

    def too_low(world, code):
        inverse = 1 / world.matches.select(f"{code}{outcome}" for outcome in "HDA").to_numpy()
        return (world.matches["p_home"].to_numpy() - (inverse / inverse.sum(axis=1, keepdims=True))[:, 0]).mean()

    assert too_low(biased, BIASED) == pytest.approx(0.085, abs=0.01)
    for code in set(CODES) - {BIASED}:
        assert too_low(biased, code) == pytest.approx(0, abs=0.01)
    assert all(abs(too_low(fair, code)) < 0.01 for code in CODES)


def test_the_truth_and_every_price_beat_the_base_rate():
    base = losses(np.tile(chances().mean(axis=0), (len(truth()), 1))).mean()
    assert base - truth().mean() > 0.05
    assert all(base - losses(implied(code)).mean() > 0.05 for code in CODES)


def test_results_happen_as_often_as_the_truth_says():
    home, away = large()["FTHG"].to_numpy(), large()["FTAG"].to_numpy()
    observed = np.stack((home > away, home == away, home < away), axis=1)
    error = np.sqrt((chances() * (1 - chances())).sum(axis=0)) / len(chances())
    assert (np.abs(observed.mean(axis=0) - chances().mean(axis=0)) < 3 * error).all()
    assert truth().mean() == pytest.approx(-(chances() * np.log(chances())).sum(axis=1).mean(), abs=0.015)


@pytest.mark.parametrize("column", ["H", "D", "A", "CH", "CD", "CA"])
def test_maximum_and_average_are_those_of_the_bookmakers(column):
    quoted = large().select(f"{code}{column}" for code in CODES).to_numpy()
    assert (large()[f"Max{column}"].to_numpy() == quoted.max(axis=1)).all()
    assert np.abs(large()[f"Avg{column}"].to_numpy() - quoted.mean(axis=1)).max() <= 0.005 + 1e-9


def test_prices_have_two_decimals_and_are_above_one():
    prices = large().select(f"{code}{outcome}" for code, outcome in itertools.product(CODES, "HDA"))
    assert (prices.to_numpy() == prices.to_numpy().round(2)).all()
    assert prices.to_numpy().min() >= 1.01


def test_the_handicap_is_the_quarter_line_that_makes_the_sides_nearly_even():
    line = large()["AHh"].to_numpy()
    assert (line * 4 == (line * 4).round()).all()
    prices = large().select("AvgAHH", "AvgAHA").to_numpy()
    assert np.quantile(prices, [0.01, 0.99]) == pytest.approx([1.7, 2.2], abs=0.1)
    favourite = large()["AvgH"].to_numpy() < large()["AvgA"].to_numpy()
    assert (line[favourite] <= 0).all()
    assert np.corrcoef(line, large()["p_away"].to_numpy())[0, 1] > 0.9
