import datetime as dt

import msgspec
import numpy as np
import polars as pl
import pytest

from soccer_assets.models.totals_model import LARGEST_MOVE, MIN_MATCHES, TotalsModel, fit_totals

COLUMNS = ("market_goals_log_odds", "noise")
SEASON = dt.date(2020, 8, 1)


def log_odds(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))


def probability(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def season(n: int = 3000, seed: int = 0, quoted: bool = True) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Examples, prices before the match and at the close: the close knows the rating, and the price before it half."""
    random = np.random.default_rng(seed)
    rating, error = random.normal(0.0, 0.3, n), random.normal(0.0, 0.1, n)
    key = {"match_date": [SEASON + dt.timedelta(days=place // 10) for place in range(n)], "match_id": [f"{place:05}" for place in range(n)]}  # fmt: skip
    closing = probability(rating + random.normal(0.0, 0.02, n))
    none = np.full(n, np.nan)
    examples = pl.DataFrame(
        key | {"league": random.choice(["E0", "E1"], n), "market_goals_log_odds": rating,
               "noise": random.normal(0.0, 1.0, n), "closing_over": closing if quoted else none}
    )  # fmt: skip
    result = {"p_home": 0.4, "p_draw": 0.3, "p_away": 0.3}
    before = probability(rating + error)
    prices, at_close = (
        pl.DataFrame(key | {"p_over": p if quoted else none}).with_columns(
            pl.lit(v).alias(k) for k, v in result.items()
        )
        for p in (before, closing)
    )
    return examples, prices, at_close


@pytest.fixture(scope="module")
def model() -> TotalsModel:
    fitted = fit_totals(season()[0], COLUMNS, *season()[1:], seed=0)
    assert fitted is not None
    return fitted


def test_the_total_is_learned_from_the_closing_price(model):
    examples, _, at_close = season(seed=1)
    gap = log_odds(model.predict(examples)) - log_odds(at_close["p_over"].to_numpy())
    assert np.abs(gap).mean() < 0.05


def test_the_close_is_foreseen_better_than_by_the_price_before_it(model):
    examples, prices, at_close = season(seed=1)
    close = log_odds(at_close["p_over"].to_numpy())
    foreseen, before = (log_odds(p) for p in (model.predict_closing(examples, prices), prices["p_over"].to_numpy()))
    assert np.square(foreseen - close).mean() < 0.5 * np.square(before - close).mean()
    assert np.abs(foreseen - before).max() <= LARGEST_MOVE + 1e-12


def test_in_a_league_whose_totals_were_never_priced_nothing_is_said(model):
    examples = season(10)[0].with_columns(league=pl.Series(["E0", "JPN"] * 5))
    assert np.isnan(model.predict(examples)).tolist() == [False, True] * 5


def test_without_a_price_there_is_no_price_at_the_close(model):
    examples, prices, _ = season(4)
    prices = prices.with_columns(p_over=pl.Series([0.5, None, 0.5, None]))
    assert np.isnan(model.predict_closing(examples, prices)).tolist() == [False, True, False, True]


def test_too_few_prices_teach_nothing_and_without_closing_ones_a_price_stays(model):
    assert fit_totals(*_with_columns(season(MIN_MATCHES - 1)), seed=0) is None
    assert fit_totals(*_with_columns(season(quoted=False)), seed=0) is None
    examples, prices, at_close = season()
    closing_unknown = at_close.with_columns(p_over=pl.lit(None, pl.Float64))
    fitted = fit_totals(examples, COLUMNS, prices, closing_unknown, seed=0)
    assert fitted is not None and fitted.move is None
    assert fitted.predict_closing(examples, prices) == pytest.approx(prices["p_over"].to_numpy())


def _with_columns(
    season: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> tuple[pl.DataFrame, tuple[str, ...], pl.DataFrame, pl.DataFrame]:
    return season[0], COLUMNS, *season[1:]


def test_the_same_matches_teach_the_same_bytes_and_a_match_has_the_same_bits_alone(model):
    again = fit_totals(season()[0], COLUMNS, *season()[1:], seed=0)
    assert msgspec.json.encode(again) == msgspec.json.encode(model)
    read = msgspec.json.decode(msgspec.json.encode(model), type=TotalsModel)
    examples, prices, _ = season(40, seed=2)
    together = read.predict_closing(examples, prices)
    assert np.array_equal(together, model.predict_closing(examples, prices))
    assert read.predict_closing(examples[7:8], prices[7:8])[0] == together[7]
    assert read.predict(examples[7:8])[0] == model.predict(examples)[7]
