import msgspec
import numpy as np
import polars as pl
import pytest

from soccer_assets.models.families.elo_ordered_logit import EloOrderedLogit
from soccer_assets.scoring import log_loss

UNTIED = {"half_life_days": 1e6, "league_spread": 1.0}


def test_it_recovers_the_coefficients_that_made_the_outcomes(world, columns):
    estimator = EloOrderedLogit().fit(world(40_000, elo_only=True).examples, columns, UNTIED, 0)
    assert estimator.slope == pytest.approx(0.6, abs=0.02)
    advantage = dict(zip(estimator.leagues, estimator.advantage_by_league, strict=True))
    assert estimator.advantage + advantage["E0"] == pytest.approx(0.5, abs=0.03)
    assert estimator.advantage + advantage["D1"] == pytest.approx(0.1, abs=0.03)
    for deviation in estimator.log_width_by_league:
        assert np.exp(estimator.log_width + deviation) == pytest.approx(0.6, abs=0.03)


def test_a_tight_prior_keeps_leagues_together(world, columns):
    estimator = EloOrderedLogit().fit(world(2000).examples, columns, {**UNTIED, "league_spread": 0.005}, 0)
    assert np.ptp(estimator.advantage_by_league) < 0.02


def test_no_other_coefficients_are_likelier(world, columns):
    examples = world(2000).examples
    params = {"half_life_days": 1e6, "league_spread": 0.2}
    estimator = EloOrderedLogit().fit(examples, columns, params, 0)
    y = examples["outcome"].to_numpy()

    def likelihood(moved):
        deviations = np.array([moved.advantage_by_league, moved.log_width_by_league])
        return -log_loss(moved.predict(examples), y).sum() - np.square(deviations).sum() / 2 / 0.2**2

    for name in ("slope", "advantage", "log_width"):
        for step in (-0.01, 0.01):
            moved = msgspec.structs.replace(estimator, **{name: getattr(estimator, name) + step})
            assert likelihood(moved) < likelihood(estimator)
    for name in ("advantage_by_league", "log_width_by_league"):
        for step in (-0.01, 0.01):
            first, second = getattr(estimator, name)
            moved = msgspec.structs.replace(estimator, **{name: (first + step, second)})
            assert likelihood(moved) < likelihood(estimator)


def test_equal_ratings_leave_only_the_advantage_to_learn(world, columns):
    examples = world(2000).examples.with_columns(elo_diff=0.0)
    p = EloOrderedLogit().fit(examples, columns, UNTIED, 0).predict(examples)
    frequencies = np.bincount(examples["outcome"], minlength=3) / 2000
    assert p.mean(axis=0) == pytest.approx(frequencies, abs=0.01)


def test_absurd_ratings_do_not_stop_the_fit(world, columns):
    examples = world(1000).examples.with_columns(
        elo_diff=pl.when(pl.int_range(pl.len()) == 3).then(1e5).otherwise("elo_diff")
    )
    p = EloOrderedLogit().fit(examples, columns, UNTIED, 0).predict(examples)
    assert np.isfinite(p).all()
    assert p.sum(axis=1) == pytest.approx(1.0)


def test_a_stronger_home_team_is_a_likelier_winner_and_the_draw_is_likeliest_between_equals(world, columns):
    estimator = EloOrderedLogit().fit(world(3000).examples, columns, UNTIED, 0)
    rising = world(201).examples.sort("elo_diff")
    p = estimator.predict(rising.filter(league="E0"))
    assert (np.diff(p[:, 0]) > 0).all() and (np.diff(p[:, 2]) < 0).all()
    likeliest = int(p[:, 1].argmax())
    assert p[likeliest, 0] == pytest.approx(p[likeliest, 2], abs=0.02)


def test_an_unknown_rating_counts_as_an_even_match(world, columns):
    estimator = EloOrderedLogit().fit(world(3000).examples, columns, UNTIED, 0)
    match = world(1).examples
    unknown, even = (estimator.predict(match.with_columns(elo_diff=value)) for value in (np.nan, 0.0))
    assert unknown.tolist() == even.tolist()
