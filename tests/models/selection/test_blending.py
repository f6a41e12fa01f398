import msgspec
import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.selection.blending import DEFAULT_BLEND, Blend, fit_blend, predicted_closing
from soccer_assets.models.selection.closing_line import ClosingMove
from soccer_assets.models.training_data import Scaling
from soccer_assets.scoring import OUTCOMES, PROBABILITIES, log_loss

#: Draws become likelier until the close, whatever the match.
MORE_DRAWS = ClosingMove(Scaling((), (), (), (), ()), ((), ()), (0.0, 0.1), 5000)


def prices(average):
    """Rows of `pre_match_prices`: an average that Pinnacle does not follow."""
    columns = {name: average[:, place] for place, name in enumerate(PROBABILITIES)}
    columns |= {f"pinnacle_{name}": np.full(len(average), np.nan) for name in OUTCOMES}
    return pl.DataFrame(columns).with_columns(pl.all().fill_nan(None))


def matches(n):
    return pl.DataFrame({"league": ["E0"] * n})


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
    blend = fit_blend(noise, known.truth, labels, None)
    assert blend.model_weight < 0.05
    assert blend.market_weight == pytest.approx(1.0, abs=0.05)
    assert np.abs(blend.apply(noise, prices(known.truth), matches(10_000)) - known.truth).mean() < 0.01


def test_a_true_model_and_a_noisy_market_give_the_model(known, noise, labels):
    blend = fit_blend(known.truth, noise, labels, None)
    assert blend.model_weight == pytest.approx(0.9, abs=0.1)  # the prior is the market alone
    assert blend.market_weight < 0.15


def test_two_forecasts_that_know_different_things_are_better_together(known, labels):
    model, market = _veiled(known.truth, 1), _veiled(known.truth, 2)
    blend = fit_blend(model[:6000], market[:6000], labels[:6000], None)
    assert 0.2 < blend.model_weight < 0.9 and 0.2 < blend.market_weight < 0.9
    later = slice(6000, None)
    together = log_loss(blend.apply(model[later], prices(market[later]), matches(4000)), known.y[later]).mean()
    assert together < log_loss(model[later], known.y[later]).mean() - 0.01
    assert together < log_loss(market[later], known.y[later]).mean() - 0.01


def test_labels_of_closing_prices_teach_the_same_with_less_noise(known, noise, labels):
    soft = 0.5 * known.truth + 0.5 * labels
    parts = [slice(start, start + 1000) for start in range(0, 10_000, 1000)]
    weights = {
        name: [fit_blend(noise[part], known.truth[part], told[part], None).market_weight for part in parts]
        for name, told in (("results", labels), ("closing", soft))
    }
    assert np.mean(weights["closing"]) == pytest.approx(np.mean(weights["results"]), abs=0.05)
    assert np.std(weights["closing"]) < 0.7 * np.std(weights["results"])


def test_a_forecast_never_counts_against_itself(known, labels):
    market = known.truth
    overdone = market**2 / (market**2).sum(axis=1, keepdims=True)
    contrary = 1 / market / (1 / market).sum(axis=1, keepdims=True)
    for model, price in ((overdone, market), (contrary, market), (market, contrary), (contrary, contrary)):
        blend = fit_blend(model, price, labels, None)
        assert min(blend.model_weight, blend.market_weight) >= 0
    assert fit_blend(contrary, market, labels, None).model_weight == pytest.approx(0.0, abs=0.01)


def test_few_priced_matches_give_the_default_weights(known, labels):
    few = known.truth[:299], known.truth[:299], labels[:299]
    assert fit_blend(*few, None) == DEFAULT_BLEND
    assert fit_blend(*few, MORE_DRAWS) == Blend(0.1, 0.9, MORE_DRAWS, 0)
    assert fit_blend(known.truth[:300], known.truth[:300], labels[:300], None).matches == 300


def test_the_default_is_a_weighted_geometric_mean():
    model, market = np.array([[0.5, 0.3, 0.2]]), np.array([[0.2, 0.3, 0.5]])
    raw = model**0.1 * market**0.9
    assert DEFAULT_BLEND.apply(model, prices(market), matches(1)) == pytest.approx(raw / raw.sum())


def test_the_price_is_the_predicted_closing_price():
    market = np.array([[0.5, 0.3, 0.2]])
    raw = market * [1.0, np.exp(0.1), 1.0]
    moved = raw / raw.sum()
    assert predicted_closing(MORE_DRAWS, matches(1), prices(market)) == pytest.approx(moved)
    assert Blend(0.0, 1.0, MORE_DRAWS, 300).apply(market, prices(market), matches(1)) == pytest.approx(moved)


def test_a_match_without_a_price_has_no_blend():
    p = np.array([[0.5, 0.3, 0.2], [0.4, 0.3, 0.3]])
    some = prices(np.array([[np.nan] * 3, [0.4, 0.3, 0.3]]))
    for blend in (DEFAULT_BLEND, Blend(0.1, 0.9, MORE_DRAWS, 0)):
        blended = blend.apply(p, some, matches(2))
        assert np.isnan(blended).any(axis=1).tolist() == [True, False]
    assert DEFAULT_BLEND.apply(p, some, matches(2))[1] == pytest.approx(p[1])
    assert DEFAULT_BLEND.apply(p[:0], prices(p[:0]), matches(0)).shape == (0, 3)


def test_a_blend_of_a_match_is_the_same_alone_and_among_others(known, noise, labels):
    blend = fit_blend(noise, known.truth, labels, MORE_DRAWS)
    together = blend.apply(noise[:50], prices(known.truth[:50]), matches(50))
    alone = [blend.apply(noise[i : i + 1], prices(known.truth[i : i + 1]), matches(1))[0] for i in range(50)]
    assert together.tobytes() == np.array(alone).tobytes()


def test_a_blend_read_back_is_the_same(known, noise, labels):
    blend = fit_blend(noise, known.truth, labels, MORE_DRAWS)
    text = msgspec.json.encode(blend)
    assert msgspec.json.decode(text, type=Blend) == blend
    assert msgspec.json.encode(msgspec.json.decode(text, type=Blend)) == text


def test_forecasts_of_other_matches_or_without_values_are_refused(known, labels):
    with pytest.raises(ModelError, match=r"found \(10, 3\), \(9, 3\) and \(10, 3\). Join them on match_id"):
        fit_blend(known.truth[:10], known.truth[:9], labels[:10], None)
    for sizes in ((10, 9, 10), (10, 10, 9), (9, 10, 10)):
        model, price, features = sizes
        with pytest.raises(ModelError, match=f"of the same matches, found {model}, {features} and {price}"):
            DEFAULT_BLEND.apply(known.truth[:model], prices(known.truth[:price]), matches(features))
    market = known.truth[:10].copy()
    market[3] = np.nan
    with pytest.raises(ModelError, match="found 1 of 10 matches without"):
        fit_blend(known.truth[:10], market, labels[:10], None)
