import msgspec
import numpy as np
import polars as pl
import pytest

from soccer_assets.models.families.climatology import Climatology
from soccer_assets.models.families.elo_ordered_logit import EloOrderedLogit
from soccer_assets.models.families.logistic_regression import LogisticRegression
from soccer_assets.models.training_data import CLIP
from soccer_assets.scoring import log_loss, paired_difference

FREE = {"half_life_days": 1e6, "penalty": 1.0, "soft_labels": 0.0}


@pytest.fixture(scope="module")
def estimator(world, columns):
    return LogisticRegression().fit(world(20_000).examples, columns, FREE, 0)


def test_it_comes_near_the_probabilities_that_made_the_outcomes(estimator, world):
    later = world(5000, seed=1)
    assert np.abs(estimator.predict(later.examples) - later.truth).mean() < 0.017


def test_it_beats_climatology_and_the_rating_alone(estimator, world, columns):
    examples, later = world(20_000).examples, world(3000, seed=1)
    ours = log_loss(estimator.predict(later.examples), later.y)
    for family in (Climatology(), EloOrderedLogit()):
        theirs = log_loss(family.fit(examples, columns, family.defaults, 0).predict(later.examples), later.y)
        assert paired_difference(ours, theirs, later.dates).high < 0


def test_the_state_is_in_units_of_the_features(estimator, world):
    scaling, examples = estimator.scaling, world(20_000).examples
    assert scaling.means[0] == pytest.approx(examples["elo_diff"].mean())
    assert scaling.deviations[1] == pytest.approx(examples["form"].std(ddof=0))
    assert scaling.leagues == ("D1", "E0")


def test_columns_that_are_null_together_share_one_indicator(world, columns):
    examples = world(1000).examples.with_columns(twin=pl.col("form") * 2, rare=pl.col("shots"))
    examples = examples.with_columns(rare=pl.when(pl.int_range(pl.len()) > 0).then("rare"))
    estimator = LogisticRegression().fit(examples, (*columns, "twin", "rare"), FREE, 0)
    assert estimator.scaling.indicators == ("form",)


def test_an_absurd_value_moves_a_forecast_no_further_than_the_clip(estimator, world):
    match = world(1).examples
    edge = estimator.scaling.means[2] + CLIP * estimator.scaling.deviations[2]
    at_the_edge, absurd = (estimator.predict(match.with_columns(shots=value)) for value in (edge, 1e9))
    assert absurd == pytest.approx(at_the_edge)


def test_no_other_coefficients_are_likelier(world, columns):
    examples = world(2000).examples
    estimator = LogisticRegression().fit(examples, columns, {**FREE, "penalty": 20.0}, 0)

    def likelihood(moved):
        penalty = 20.0 * np.square(moved.coefficients).sum() / 2
        return -log_loss(moved.predict(examples), examples["outcome"]).sum() - penalty

    best = likelihood(estimator)
    for outcome in range(3):
        for place in range(len(estimator.coefficients[0])):
            for step in (-0.01, 0.01):
                rows = [list(row) for row in estimator.coefficients]
                rows[outcome][place] += step
                assert likelihood(msgspec.structs.replace(estimator, coefficients=tuple(map(tuple, rows)))) < best


def test_it_agrees_with_the_solver_of_scikit_learn(world, columns):
    from sklearn.linear_model import LogisticRegression as Solver

    examples = world(3000).examples
    ours = LogisticRegression().fit(examples, columns, {**FREE, "penalty": 50.0}, 0)
    theirs = Solver(C=1 / 50.0, tol=1e-10, max_iter=1000).fit(ours.scaling.apply(examples), examples["outcome"])
    assert ours.predict(examples) == pytest.approx(theirs.predict_proba(ours.scaling.apply(examples)), abs=1e-5)


def test_the_number_of_threads_does_not_change_a_byte(world, columns):
    from threadpoolctl import threadpool_limits

    wide = tuple(f"noise_{place}" for place in range(100))  # as many as real features: small products use one thread
    noise = np.random.default_rng(0).normal(size=(5000, 100))
    examples = world(5000).examples.hstack(pl.DataFrame(noise, schema=wide))
    with threadpool_limits(limits=1):
        one = LogisticRegression().fit(examples, (*columns, *wide), FREE, 0)
    with threadpool_limits(limits=2):
        two = LogisticRegression().fit(examples, (*columns, *wide), FREE, 0)
    assert one.encode() == two.encode()
