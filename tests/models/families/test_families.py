"""The laws of a family, held to every entry of `FAMILIES`: the kit a new family must pass."""

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import optuna
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import log_odds
from soccer_assets.models.estimators import COMPLEXITY, decode
from soccer_assets.models.families import FAMILIES
from soccer_assets.scoring import log_loss

ROOT = Path(__file__).parents[3]
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


READER = """
import sys
import polars as pl
from soccer_assets.models.estimators import decode

examples = pl.read_parquet(sys.argv[1])
for file in sys.argv[2:]:
    assert decode(open(file).read()).predict(examples).shape == (5, 3)
print(sorted({"lightgbm", "xgboost", "sklearn", "numba", "optuna"} & {name.split(".")[0] for name in sys.modules}))
"""


def test_estimators_are_read_and_used_without_the_libraries_that_made_them(fitted, world, tmp_path):
    world(5).examples.write_parquet(tmp_path / "examples.parquet")
    for name, estimator in fitted.items():
        (tmp_path / name).write_text(estimator.encode())
    command = [sys.executable, "-W", "ignore", "-c", READER, str(tmp_path / "examples.parquet")]
    run = subprocess.run([*command, *(str(tmp_path / name) for name in fitted)], cwd=ROOT, stdout=subprocess.PIPE)
    assert run.stdout.decode().strip() == "[]"


@every_family
def test_the_same_input_gives_the_same_bytes(family, fitted, world, columns):
    assert family.fit(world(4000).examples, columns, family.defaults, 7).encode() == fitted[family.name].encode()


@every_family
def test_a_forecast_does_not_depend_on_the_matches_beside_it(family, fitted, world):
    examples = world(50, seed=1).examples
    alone = np.vstack([fitted[family.name].predict(examples[place : place + 1]) for place in range(50)])
    assert alone.tobytes() == fitted[family.name].predict(examples).tobytes()


@every_family
def test_contributions_sum_to_the_log_odds_of_the_forecast(family, fitted, world):
    examples = world(300, seed=1).examples
    unknown = examples.with_columns(league=pl.lit("XX"), elo_diff=pl.lit(None, dtype=pl.Float64))
    for frame in (examples, unknown, examples.clear()):
        contributions = fitted[family.name].contributions(frame)
        assert contributions.values.shape == (len(frame), len(contributions.names), 2)
        expected = log_odds(fitted[family.name].predict(frame))
        np.testing.assert_allclose(contributions.total(), expected, rtol=0, atol=1e-9)


@every_family
def test_no_match_gets_no_forecast(family, fitted, world):
    assert fitted[family.name].predict(world(5).examples.clear()).shape == (0, 3)


@every_family
def test_a_league_never_seen_is_forecast_between_those_known(family, fitted, world, columns):
    level = world(1).examples.with_columns(pl.lit(0.0).alias(name) for name in columns)
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


def turned_round(examples, rows):
    """The same matches with home and away swapped in the results of some rows, and in none of the features."""
    swap = rows.alias("swap")
    return examples.with_columns(
        outcome=pl.when(swap).then(2 - pl.col("outcome")).otherwise("outcome"),
        home_goals=pl.when(swap).then("away_goals").otherwise("home_goals"),
        away_goals=pl.when(swap).then("home_goals").otherwise("away_goals"),
    )


@every_family
def test_recent_matches_count_more_with_a_short_half_life(family, world, columns):
    examples = turned_round(world(3000).examples, pl.int_range(pl.len()) < 1500)
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
    for name, bounds in family.space.items():
        assert bounds.low <= bounds.default <= bounds.high, name
        assert isinstance(bounds.default, int) == bounds.whole, name


@every_family
def test_too_few_examples_are_refused(family, world, columns):
    with pytest.raises(ModelError, match="found 20"):
        family.fit(world(20).examples, columns, family.defaults, 0)


@pytest.mark.parametrize(
    "name", ["elo_ordered_logit", "logistic_regression", "histogram_gradient_boosting", "lightgbm", "xgboost"]
)
def test_a_missing_feature_is_named_when_fitting_and_when_predicting(name, fitted, world, columns):
    examples = world(200).examples.drop("elo_diff")
    with pytest.raises(ModelError, match="Expected the columns elo_diff"):
        FAMILIES[name].fit(examples, columns, FAMILIES[name].defaults, 0)
    with pytest.raises(ModelError, match="Expected the columns elo_diff"):
        fitted[name].predict(examples)


def test_complexity_ranks_the_families_as_they_are_listed_and_the_stack_last():
    assert {name: rank for rank, name in enumerate([*FAMILIES, "stack"])} == COMPLEXITY
    assert [family.name for family in FAMILIES.values()] == list(FAMILIES)


@every_family
def test_columns_that_tell_nothing_do_no_harm_and_are_no_forecast_of_their_own(family, world, columns):
    examples = world(1000).examples.with_columns(constant=3.0, empty=pl.lit(None, dtype=pl.Float64))
    plain = family.fit(examples, columns, family.defaults, 0).predict(examples)
    beside = family.fit(examples, (*columns, "constant", "empty"), family.defaults, 0).predict(examples)
    assert beside == pytest.approx(plain, abs=1e-9)


@every_family
def test_a_league_with_twenty_matches_is_forecast_near_the_others(family, world, columns):
    examples = world(3000).examples.with_columns(
        league=pl.when(pl.int_range(pl.len()) % 150 == 0).then(pl.lit("SC3")).otherwise("league")
    )
    small = examples.filter(league="SC3")
    assert len(small) == 20
    p = family.fit(examples, columns, family.defaults, 0).predict(examples)
    assert np.abs(p[:, 0].mean() - p[(examples["league"] == "SC3").to_numpy(), 0].mean()) < 0.12


@every_family
def test_a_season_without_draws_is_refused(family, world, columns):
    with pytest.raises(ModelError, match="found no draw"):
        family.fit(world(500).examples.filter(pl.col("outcome") != 1), columns, family.defaults, 0)


def with_prices(world):
    names = ("closing_home", "closing_draw", "closing_away")
    prices = [pl.Series(name, world.truth[:, place]) for place, name in enumerate(names)]
    return world.examples.with_columns(prices)


@pytest.mark.parametrize("name", ["logistic_regression", "histogram_gradient_boosting", "lightgbm", "xgboost"])
def test_labels_that_are_prices_teach_more_than_results(name, world, columns):
    examples, later = with_prices(world(2000)), world(4000, seed=1)
    family = FAMILIES[name]
    miss = {
        share: np.abs(
            family.fit(examples, columns, {**family.defaults, "penalty": 3.0, "soft_labels": share}, 0).predict(
                later.examples
            )
            - later.truth
        ).mean()
        for share in (0.0, 1.0)
    }
    assert miss[1.0] < 0.75 * miss[0.0]


@pytest.mark.parametrize("name", ["logistic_regression", "lightgbm"])
def test_without_any_price_the_share_of_prices_has_no_effect(name, world, columns):
    family, examples = FAMILIES[name], world(1000).examples
    unpriced = examples.with_columns(
        pl.lit(None, dtype=pl.Float64).alias(f"closing_{side}") for side in ("home", "draw", "away")
    )
    made = [
        family.fit(each, columns, {**family.defaults, "soft_labels": share}, 0).encode()
        for each, share in ((examples, 0.0), (examples, 1.0), (unpriced, 1.0))
    ]
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize("text", ["", "{}", '{"type":"oracle"}', '{"type":"climatology","leagues":[]}'])
def test_text_that_is_no_estimator_is_refused(text):
    with pytest.raises(ModelError, match="Expected an encoded estimator of one of climatology, elo_ordered_logit"):
        decode(text)
