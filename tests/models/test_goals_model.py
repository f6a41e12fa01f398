"""The goals model on matches whose expected goals are known."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from soccer_assets.errors import ModelError
from soccer_assets.models.families.bivariate_poisson import LARGEST, _log_likelihood, _shared
from soccer_assets.models.goals_model import LEAST, MOST, _rho, fit_goals, outcome_probabilities

ADVANTAGE = {"E0": 0.3, "D1": 0.1}
FREE = {"half_life_days": 1e6, "penalty": 1.0}


def played(n, seed=0):
    """Matches with an attack, a defence and Poisson goals of exp(advantage + 0.4 attack - 0.3 defence)."""
    draw = np.random.default_rng(seed)
    attack, defence = draw.normal(size=(2, n))
    league = draw.choice(list(ADVANTAGE), size=n)
    rates = np.exp(np.stack([np.array([ADVANTAGE[each] for each in league]) + 0.4 * attack - 0.3 * defence,
                             0.1 - 0.2 * attack + 0.3 * defence], axis=1))  # fmt: skip
    goals = draw.poisson(rates)
    examples = pl.DataFrame(
        {
            "match_id": [f"m{place}" for place in range(n)],
            "match_date": [dt.date(2020, 1, 1) + dt.timedelta(days=place // 20) for place in range(n)],
            "league": league,
            "attack": attack,
            "defence": defence,
            "home_goals": goals[:, 0],
            "away_goals": goals[:, 1],
            "outcome": pl.Series(1 - np.sign(goals[:, 0] - goals[:, 1]), dtype=pl.Int8),
        }
    )
    return examples, rates


@pytest.fixture(scope="module")
def model():
    return fit_goals(played(20_000)[0], ("attack", "defence"), **FREE)


def test_the_expected_goals_are_recovered(model):
    examples, rates = played(3000, seed=1)
    assert model.rates(examples) == pytest.approx(np.minimum(rates, MOST), rel=0.06)
    assert abs(model.rho) < 0.02  # they were drawn apart


def test_a_league_never_seen_lies_between_those_known(model):
    match = played(1)[0].with_columns(attack=0.0, defence=0.0)
    home = {name: model.rates(match.with_columns(league=pl.lit(name)))[0, 0] for name in ("D1", "XX", "E0")}
    assert home["D1"] < home["XX"] < home["E0"]


def test_unknown_and_absurd_features_keep_the_goals_within_bounds(model):
    match = played(1)[0]
    unknown = model.rates(match.with_columns(attack=pl.lit(None, dtype=pl.Float64)))
    absurd = model.rates(match.with_columns(attack=1e12))
    assert 0.5 < unknown[0, 0] < 3
    assert (absurd >= LEAST).all() and (absurd <= MOST).all()


def test_the_expected_goals_of_a_match_do_not_depend_on_the_matches_beside_it(model):
    examples, _ = played(40, seed=2)
    alone = np.vstack([model.rates(examples[place : place + 1]) for place in range(40)])
    assert alone.tobytes() == model.rates(examples).tobytes()


def test_the_same_matches_give_the_same_model(model):
    assert fit_goals(played(20_000)[0], ("attack", "defence"), **FREE) == model


def test_columns_that_tell_nothing_are_left_out(model):
    examples = played(20_000)[0].with_columns(constant=1.0, empty=pl.lit(None, dtype=pl.Float64))
    assert fit_goals(examples, ("attack", "constant", "defence", "empty"), **FREE) == model


def test_unknown_goals_are_named():
    examples = played(200)[0].with_columns(
        home_goals=pl.when(pl.col("match_id") == "m7").then(None).otherwise("home_goals")
    )
    with pytest.raises(ModelError, match=r"found 1 of 200 without, such as \['m7'\]"):
        fit_goals(examples, ("attack",))


def matrix(rates, rho):
    """Probabilities of the scores 0 to 15 by the text of Dixon and Coles, with scipy's Poisson."""
    counts = np.arange(16)
    p = np.outer(stats.poisson.pmf(counts, rates[0]), stats.poisson.pmf(counts, rates[1]))
    p[0, 0] *= 1 - rates[0] * rates[1] * rho
    p[0, 1] *= 1 + rates[0] * rho
    p[1, 0] *= 1 + rates[1] * rho
    p[1, 1] *= 1 - rho
    return p / p.sum()


@given(st.floats(0.2, 4.0), st.floats(0.2, 4.0), st.floats(-0.1, 0.05))
def test_outcomes_are_the_sums_over_the_scores(home, away, rho):
    p = matrix((home, away), rho)
    told = outcome_probabilities(np.array([[home, away]]), rho)[0]
    assert told == pytest.approx([np.tril(p, -1).sum(), np.trace(p), np.triu(p, 1).sum()], abs=1e-9)


def test_the_correlation_of_low_scores_is_recovered():
    draw, rates = np.random.default_rng(1), (1.4, 1.1)
    drawn = draw.choice(256, size=60_000, p=matrix(rates, -0.08).ravel())
    goals = np.stack([drawn // 16, drawn % 16], axis=1)
    assert _rho(np.tile(rates, (60_000, 1)), goals, np.ones(60_000)) == pytest.approx(-0.08, abs=0.015)


def test_the_bivariate_probabilities_sum_to_one_over_the_scores():
    scores = np.stack(np.meshgrid(np.arange(16), np.arange(16), indexing="ij"), axis=2).reshape(-1, 2)
    told = _log_likelihood(np.tile((1.4, 1.1), (256, 1)), scores, 0.08)
    factorials = np.cumprod(np.maximum(np.arange(16), 1)).astype(float)[scores].prod(axis=1)
    assert (np.exp(told) / factorials).sum() == pytest.approx(1.0, abs=1e-9)


def test_the_goals_that_both_sides_share_are_recovered():
    draw, n = np.random.default_rng(1), 10_000
    both = draw.poisson(0.06, n)
    goals = np.stack([draw.poisson(1.34, n) + both, draw.poisson(1.04, n) + both], axis=1)
    assert _shared(np.tile((1.4, 1.1), (n, 1)), goals, np.ones(n)) == pytest.approx(0.06, abs=0.035)
    apart = draw.poisson((1.4, 1.1), (n, 2))
    assert _shared(np.tile((1.4, 1.1), (n, 1)), apart, np.ones(n)) < 0.03 < LARGEST
