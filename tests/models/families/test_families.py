"""What holds for every family."""

import msgspec
import numpy as np
import optuna
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.families import FAMILIES, decode
from soccer_assets.scoring import log_loss

every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@pytest.fixture(scope="module")
def fitted(world, columns):
    examples = world(4000).examples
    return {name: family.fit(examples, columns, family.defaults, 7) for name, family in FAMILIES.items()}


@every_family
def test_probabilities_are_inside_zero_and_one_and_sum_to_one(family, fitted, world):
    p = fitted[family.name].predict(world(500, seed=1).examples)
    assert p.shape == (500, 3) and p.dtype == np.float64
    assert p.min() > 0 and p.max() < 1
    assert p.sum(axis=1) == pytest.approx(1.0, abs=1e-12)


@every_family
def test_an_estimator_read_back_predicts_the_same_and_encodes_to_the_same_bytes(family, fitted, world):
    text = fitted[family.name].encode()
    again = decode(text)
    examples = world(300, seed=1).examples
    assert again.encode() == text
    assert again.predict(examples).tobytes() == fitted[family.name].predict(examples).tobytes()
    assert msgspec.json.decode(text)["type"] == family.name


@every_family
def test_the_same_input_gives_the_same_bytes(family, fitted, world, columns):
    assert family.fit(world(4000).examples, columns, family.defaults, 7).encode() == fitted[family.name].encode()


@every_family
def test_a_forecast_does_not_depend_on_the_matches_beside_it(family, fitted, world):
    examples = world(50, seed=1).examples
    alone = np.vstack([fitted[family.name].predict(examples[place : place + 1]) for place in range(50)])
    assert alone.tobytes() == fitted[family.name].predict(examples).tobytes()


@every_family
def test_no_match_gets_no_forecast(family, fitted, world):
    assert fitted[family.name].predict(world(5).examples.clear()).shape == (0, 3)


@every_family
def test_a_league_never_seen_is_forecast_between_those_known(family, fitted, world):
    level = world(1).examples.with_columns(elo_diff=0.0, form=0.0, shots=0.0, noise=0.0)
    home = {
        league: fitted[family.name].predict(level.with_columns(league=pl.lit(league)))[0, 0]
        for league in ("D1", "XX", "E0")
    }
    assert home["D1"] <= home["XX"] <= home["E0"]
    assert home["D1"] < home["E0"]


@every_family
def test_a_match_without_any_feature_has_a_forecast(family, fitted, world, columns):
    unknown = world(1).examples.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in columns)
    p = fitted[family.name].predict(unknown)
    assert p.sum() == pytest.approx(1.0)
    assert 0.3 < p[0, 0] < 0.6


# not LightGBM: it draws its bins and bags from all rows, whatever their weight
@pytest.mark.parametrize("name", ["climatology", "elo_ordered_logit", "logistic_regression"])
def test_matches_of_no_weight_are_not_learned_from(name, world, columns):
    family = FAMILIES[name]
    examples = world(1000).examples.with_columns(league=pl.lit("E0"))
    turned = examples.with_columns(
        outcome=pl.when(pl.int_range(pl.len()) < 500).then(2 - pl.col("outcome")).otherwise("outcome")
    )
    weights = np.repeat([0.0, 1.0], 500)
    one, other = (family.fit(each, columns, family.defaults, 0, weights) for each in (examples, turned))
    assert one.predict(examples) == pytest.approx(other.predict(examples), abs=1e-6)


@every_family
def test_recent_matches_count_more_with_a_short_half_life(family, world, columns):
    examples = world(3000).examples.with_columns(
        outcome=pl.when(pl.int_range(pl.len()) < 1500).then(2 - pl.col("outcome")).otherwise("outcome")
    )
    recent = examples[2000:]
    loss = {
        days: log_loss(
            family.fit(examples, columns, {**family.defaults, "half_life_days": days}, 0).predict(recent),
            recent["outcome"].to_numpy(),
        ).mean()
        for days in (30.0, 10_000.0)
    }
    assert loss[30.0] < loss[10_000.0]


@every_family
def test_the_defaults_are_in_the_search_space(family):
    trial = optuna.trial.FixedTrial(dict(family.defaults))
    assert family.suggest(trial) == dict(family.defaults)
    for name, distribution in trial.distributions.items():
        assert distribution._contains(distribution.to_internal_repr(family.defaults[name])), name


@every_family
def test_too_few_examples_are_refused(family, world, columns):
    with pytest.raises(ModelError, match="found 20"):
        family.fit(world(20).examples, columns, family.defaults, 0)


@pytest.mark.parametrize("name", ["elo_ordered_logit", "logistic_regression", "lightgbm"])
def test_a_missing_feature_is_named_when_fitting_and_when_predicting(name, fitted, world, columns):
    examples = world(200).examples.drop("elo_diff")
    with pytest.raises(ModelError, match="Expected the columns elo_diff"):
        FAMILIES[name].fit(examples, columns, FAMILIES[name].defaults, 0)
    with pytest.raises(ModelError, match="Expected the columns elo_diff"):
        fitted[name].predict(examples)


def test_complexity_ranks_the_families():
    assert [family.name for family in sorted(FAMILIES.values(), key=lambda family: family.complexity)] == [
        "climatology",
        "elo_ordered_logit",
        "logistic_regression",
        "lightgbm",
    ]


@pytest.mark.parametrize("text", ["", "{}", '{"type":"oracle"}', '{"type":"climatology","leagues":[]}'])
def test_text_that_is_no_estimator_is_refused(text):
    with pytest.raises(ModelError, match="Expected an encoded estimator of one of climatology, elo_ordered_logit"):
        decode(text)
