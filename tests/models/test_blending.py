import datetime as dt

import msgspec
import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.blending import DEFAULT_BLEND, Blend, quotes
from soccer_assets.models.blending import fit_blend as fit_on
from soccer_assets.scoring import OUTCOMES, PROBABILITIES, log_loss


def prices(average, pinnacle=None):
    """Rows of `quotes`: an average, and Pinnacle where it quotes."""
    columns = {name: average[:, place] for place, name in enumerate(PROBABILITIES)}
    pinnacle = np.full(average.shape, np.nan) if pinnacle is None else pinnacle
    columns |= {f"pinnacle_{name}": pinnacle[:, place] for place, name in enumerate(OUTCOMES)}
    return pl.DataFrame(columns).with_columns(pl.all().fill_nan(None))


def fit_blend(model_p, told, labels):
    """A blend whose past is the matches that the model predicted."""
    return fit_on(model_p, told, labels, told, labels)


@pytest.fixture(scope="module")
def known(world):
    return world(10_000, seed=5)


@pytest.fixture(scope="module")
def labels(known):
    return np.eye(3)[known.y]


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).dirichlet([5, 3, 4], size=10_000)


def _veiled(p, seed):
    """The truth seen through a veil: half of the matches are rated by the average."""
    hidden = np.random.default_rng(seed).random(len(p)) < 0.5
    return np.where(hidden[:, None], p.mean(axis=0), p)


def test_a_true_market_and_a_noisy_model_give_the_market(known, noise, labels):
    blend = fit_blend(noise, prices(known.truth), labels)
    assert blend.model_weight < 0.05
    assert blend.market_weight == pytest.approx(1.0, abs=0.05)
    assert blend.draw_weight == pytest.approx(0.0, abs=0.1)
    assert np.abs(blend.apply(noise, prices(known.truth)) - known.truth).mean() < 0.01


def test_a_true_model_and_a_noisy_market_give_the_model(known, noise, labels):
    blend = fit_blend(known.truth, prices(noise), labels)
    assert blend.model_weight == pytest.approx(0.9, abs=0.1)  # the prior is the market alone
    assert blend.market_weight < 0.05


def test_two_forecasts_that_know_different_things_are_better_together(known, labels):
    model, market = _veiled(known.truth, 1), _veiled(known.truth, 2)
    blend = fit_blend(model[:6000], prices(market[:6000]), labels[:6000])
    assert 0.2 < blend.model_weight < 0.9 and 0.2 < blend.market_weight < 0.9
    later = slice(6000, None)
    together = log_loss(blend.apply(model[later], prices(market[later])), known.y[later]).mean()
    assert together < log_loss(model[later], known.y[later]).mean() - 0.01
    assert together < log_loss(market[later], known.y[later]).mean() - 0.01


def test_a_bookmaker_that_knows_more_than_the_average_is_heard_where_it_quotes(known, noise, labels):
    average = _veiled(known.truth, 1)
    half = np.where(np.arange(len(average))[:, None] % 2 == 0, known.truth, np.nan)
    blend = fit_blend(noise, prices(average, half), labels)
    assert blend.book_weights["pinnacle"] > 0.7
    blended = blend.apply(noise, prices(average, half))
    assert np.abs(blended - known.truth)[::2].mean() < np.abs(average - known.truth)[::2].mean() / 2
    # where it is silent the blend is that of the others alone
    alone = blend.apply(noise, prices(average))
    assert np.array_equal(blended[1::2], alone[1::2])


def test_labels_of_closing_prices_teach_the_same_with_less_noise(known, noise, labels):
    soft = 0.5 * known.truth + 0.5 * labels
    flat = known.truth**0.8 / (known.truth**0.8).sum(axis=1, keepdims=True)
    off = {
        name: abs(fit_blend(noise[:600], prices(flat[:600]), told[:600]).market_weight - 1 / 0.8)
        for name, told in (("results", labels), ("closing", soft))
    }
    assert off["closing"] < off["results"] < 0.3


def test_a_forecast_never_counts_against_itself(known, labels):
    market = known.truth
    overdone = market**2 / (market**2).sum(axis=1, keepdims=True)
    contrary = 1 / market / (1 / market).sum(axis=1, keepdims=True)
    for model in (overdone, contrary):
        blend = fit_blend(model, prices(market, contrary), labels)
        assert min(blend.model_weight, blend.market_weight, *blend.book_weights.values()) >= 0
    assert fit_blend(contrary, prices(market), labels).model_weight == pytest.approx(0.0, abs=0.01)


def test_few_priced_matches_give_the_default(known, labels):
    assert fit_blend(known.truth[:299], prices(known.truth[:299]), labels[:299]) == DEFAULT_BLEND
    assert fit_blend(known.truth[:300], prices(known.truth[:300]), labels[:300]).matches == 300


def test_the_default_is_a_weighted_geometric_mean():
    model, market = np.array([[0.5, 0.3, 0.2]]), np.array([[0.2, 0.3, 0.5]])
    raw = model**0.1 * market**0.9
    assert DEFAULT_BLEND.apply(model, prices(market)) == pytest.approx(raw / raw.sum())


def test_a_match_without_a_price_has_no_blend():
    p = np.array([[0.5, 0.3, 0.2], [0.4, 0.3, 0.3]])
    blended = DEFAULT_BLEND.apply(p, prices(np.array([[np.nan] * 3, [0.4, 0.3, 0.3]])))
    assert np.isnan(blended[0]).all()
    assert blended[1] == pytest.approx(p[1])
    assert DEFAULT_BLEND.apply(p[:0], prices(p[:0])).shape == (0, 3)


def test_a_blend_of_a_match_is_the_same_alone_and_among_others(known, noise, labels):
    blend = fit_blend(noise, prices(known.truth, known.truth), labels)
    together = blend.apply(noise[:50], prices(known.truth[:50], noise[:50]))
    alone = [blend.apply(noise[i : i + 1], prices(known.truth[i : i + 1], noise[i : i + 1]))[0] for i in range(50)]
    assert together.tobytes() == np.array(alone).tobytes()


def test_a_blend_read_back_is_the_same(known, noise, labels):
    blend = fit_blend(noise, prices(known.truth), labels)
    text = msgspec.json.encode(blend)
    assert msgspec.json.decode(text, type=Blend) == blend
    assert msgspec.json.encode(msgspec.json.decode(text, type=Blend)) == text


def test_forecasts_of_other_matches_or_without_values_are_refused(known, labels):
    with pytest.raises(ModelError, match=r"found \(10, 3\), 9 and \(10, 3\); of the past 9 and \(10, 3\)"):
        fit_blend(known.truth[:10], prices(known.truth[:9]), labels[:10])
    with pytest.raises(ModelError, match="Expected a price row for each of 10 forecasts, found 9"):
        DEFAULT_BLEND.apply(known.truth[:10], prices(known.truth[:9]))
    market = known.truth[:10].copy()
    market[3] = np.nan
    with pytest.raises(ModelError, match="found 2 of 10 matches without"):
        fit_blend(known.truth[:10], prices(market), labels[:10])
    with pytest.raises(ModelError, match="Expected the columns pinnacle_home, pinnacle_draw, pinnacle_away"):
        fit_blend(known.truth[:10], prices(known.truth[:10]).select(PROBABILITIES), labels[:10])


def _quote(bookmaker, kind, p, hour=9, name="m1"):
    day = dt.date(2024, 8, 10)
    shared = {
        "match_date": day, "match_id": name, "league": "E0", "bookmaker": bookmaker, "market": "1x2", "kind": kind,
        "quoted_at": dt.datetime(2024, 8, 10, hour, tzinfo=dt.UTC), "overround": 1.02,
    }  # fmt: skip
    methods = ("proportional", "power", "shin", "odds_ratio")
    return [
        shared | {"selection": outcome, "price": 2.0, **dict.fromkeys(methods, chance)}
        for outcome, chance in zip(OUTCOMES, p, strict=True)
    ]


def test_the_quotes_are_the_average_before_the_match_and_the_newest_of_each_book_beside_it():
    rows = [
        *_quote("average", "pre_match", (0.5, 0.3, 0.2)),
        *_quote("average", "closing", (0.9, 0.05, 0.05)),
        *_quote("pinnacle", "pre_match", (0.6, 0.2, 0.2), hour=12),
        *_quote("pinnacle", "pre_match", (0.4, 0.3, 0.3), hour=8),
        *_quote("bet365", "pre_match", (0.1, 0.1, 0.8)),
        *_quote("average", "pre_match", (0.3, 0.3, 0.4), name="m2"),
        *_quote("pinnacle", "pre_match", (0.3, 0.3, 0.4), name="m3"),
    ]
    told = quotes(pl.LazyFrame(rows))
    day = dt.date(2024, 8, 10)
    assert told.rows() == [
        (day, "m1", 0.5, 0.3, 0.2, 0.6, 0.2, 0.2),
        (day, "m2", 0.3, 0.3, 0.4, None, None, None),
    ]
    assert told.columns[5:] == ["pinnacle_home", "pinnacle_draw", "pinnacle_away"]
