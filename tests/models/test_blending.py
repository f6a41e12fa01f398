import msgspec
import numpy as np
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.blending import DEFAULT_BLEND, Blend, fit_blend
from soccer_assets.scoring import log_loss


@pytest.fixture(scope="module")
def known(world):
    return world(10_000, seed=5)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).dirichlet([5, 3, 4], size=10_000)


def _veiled(p, seed):
    """The truth seen through a veil: half of the matches are rated by the average."""
    hidden = np.random.default_rng(seed).random(len(p)) < 0.5
    return np.where(hidden[:, None], p.mean(axis=0), p)


def test_a_true_market_and_a_noisy_model_give_the_market(known, noise):
    blend = fit_blend(noise, known.truth, known.y)
    assert blend.model_weight < 0.05
    assert blend.market_weight == pytest.approx(1.0, abs=0.05)
    assert np.abs(blend.apply(noise, known.truth) - known.truth).mean() < 0.01


def test_a_true_model_and_a_noisy_market_give_the_model(known, noise):
    blend = fit_blend(known.truth, noise, known.y)
    assert blend.model_weight == pytest.approx(1.0, abs=0.08)
    assert blend.market_weight < 0.05


def test_two_forecasts_that_know_different_things_are_better_together(known):
    model, market = _veiled(known.truth, 1), _veiled(known.truth, 2)
    blend = fit_blend(model[:6000], market[:6000], known.y[:6000])
    assert 0.2 < blend.model_weight < 0.9 and 0.2 < blend.market_weight < 0.9
    later = slice(6000, None)
    together = log_loss(blend.apply(model[later], market[later]), known.y[later]).mean()
    assert together < log_loss(model[later], known.y[later]).mean() - 0.01
    assert together < log_loss(market[later], known.y[later]).mean() - 0.01


def test_a_forecast_never_counts_against_itself(known):
    market = known.truth
    overdone = market**2 / (market**2).sum(axis=1, keepdims=True)
    contrary = 1 / market / (1 / market).sum(axis=1, keepdims=True)
    for model in (overdone, contrary):
        blend = fit_blend(model, market, known.y)
        assert blend.model_weight >= 0 and blend.market_weight >= 0
    assert fit_blend(contrary, market, known.y).model_weight == 0.0


def test_few_priced_matches_give_the_default(known):
    assert fit_blend(known.truth[:299], known.truth[:299], known.y[:299]) == DEFAULT_BLEND
    assert fit_blend(known.truth[:300], known.truth[:300], known.y[:300]).matches == 300


def test_the_default_is_a_weighted_geometric_mean(known):
    model, market = np.array([[0.5, 0.3, 0.2]]), np.array([[0.2, 0.3, 0.5]])
    raw = model**0.1 * market**0.9
    assert DEFAULT_BLEND.apply(model, market) == pytest.approx(raw / raw.sum())


def test_a_match_without_a_price_has_no_blend():
    p = np.array([[0.5, 0.3, 0.2], [0.4, 0.3, 0.3]])
    blended = DEFAULT_BLEND.apply(p, np.array([[np.nan] * 3, [0.4, 0.3, 0.3]]))
    assert np.isnan(blended[0]).all()
    assert blended[1] == pytest.approx(p[1])


def test_a_blend_read_back_is_the_same(known, noise):
    blend = fit_blend(noise, known.truth, known.y)
    text = msgspec.json.encode(blend)
    assert msgspec.json.decode(text, type=Blend) == blend
    assert msgspec.json.encode(msgspec.json.decode(text, type=Blend)) == text


def test_forecasts_of_other_matches_or_without_values_are_refused(known):
    with pytest.raises(ModelError, match=r"found \(10, 3\) and \(9, 3\)"):
        fit_blend(known.truth[:10], known.truth[:9], known.y[:10])
    market = known.truth[:10].copy()
    market[3] = np.nan
    with pytest.raises(ModelError, match="found 1 of 10 matches without"):
        fit_blend(known.truth[:10], market, known.y[:10])
