import datetime as dt

import numpy as np
import polars as pl
import pytest

from soccer_assets.features.ratings.kalman import ENTRY_VARIANCE
from soccer_assets.features.ratings.market import SUPREMACY
from soccer_assets.predictions.season.rules.league_rules import LEAGUE_RULES
from soccer_assets.predictions.season.rules.rules import rules_of
from soccer_assets.predictions.season.simulation import ODDS
from soccer_assets.predictions.season.standings.counting import season_state
from soccer_assets.predictions.season.strengths import RHO, STEP_DAYS, STEPS, Prior, drawn, strengths_of
from soccer_assets.score_matrices import GOALS, dixon_coles, result_probabilities
from tests.predictions.season.conftest import FIRST, WEEK

E0 = rules_of(LEAGUE_RULES, "E0", 2023)


@pytest.fixture(scope="module")
def start(premier_league):
    return season_state(premier_league, E0, FIRST)


def test_the_rates_of_a_pair_have_the_log_odds_that_they_are_for(start, premier_league, make_ratings):
    strengths = strengths_of(start, make_ratings(premier_league))
    matrices = dixon_coles(strengths.rates[0, 1].astype(float), np.full(len(ODDS), RHO))
    won, middle = result_probabilities(matrices), np.abs(ODDS) <= 3
    assert np.log(won[middle, 0] / won[middle, 2]) == pytest.approx(ODDS[middle], abs=1e-3)
    over = matrices[:, np.add.outer(np.arange(GOALS), np.arange(GOALS)) > 2].sum(axis=1)
    assert np.log(over[middle] / (1 - over[middle])) == pytest.approx(np.full(middle.sum(), 0.1), abs=1e-3)


def test_ratings_of_the_day_or_later_are_not_read(start, premier_league, make_ratings):
    ratings = make_ratings(premier_league)
    later = ratings.with_columns(match_date=pl.lit(FIRST), market_strength=pl.lit(9.0))
    one, other = (strengths_of(start, rows) for rows in (ratings, pl.concat([ratings, later])))
    assert np.array_equal(one.strength, other.strength) and np.array_equal(one.deviation, other.deviation)


def test_a_rating_grows_uncertain_over_the_summer(start, premier_league, make_ratings):
    ratings = make_ratings(premier_league)
    strengths = strengths_of(start, ratings, Prior(floor=0.0))
    expected = 0.01 + SUPREMACY.daily * 80 + SUPREMACY.summer
    assert strengths.deviation**2 == pytest.approx(np.full(20, expected))
    in_season = strengths_of(start, ratings.with_columns(match_date=pl.lit(FIRST + WEEK)), Prior(floor=0.0))
    assert not in_season.rated.any()  # a rating of next week is none
    assert in_season.deviation**2 == pytest.approx(np.full(20, ENTRY_VARIANCE))


def test_a_club_without_a_rating_is_a_newcomer_and_says_so(start, premier_league, make_ratings):
    ratings = make_ratings(premier_league).filter(pl.col("team_id") != "england.club-04")
    strengths = strengths_of(start, ratings)
    assert strengths.rated.tolist() == [club != 4 for club in range(20)]
    level = ratings["market_strength"].mean()
    assert strengths.strength[4] < level - Prior().newcomer_below
    assert strengths.deviation[4] > strengths.deviation[0]


def test_a_club_that_came_up_is_weaker_than_its_rating(start, premier_league, make_ratings):
    ratings = make_ratings(premier_league)
    is_last = pl.col("team_id") == "england.club-19"
    came_up = ratings.with_columns(league=pl.when(is_last).then(pl.lit("E1")).otherwise("league"))
    plain, lower = (strengths_of(start, rows) for rows in (ratings, came_up))
    assert plain.strength[19] - lower.strength[19] == pytest.approx(Prior().promoted_below, rel=0.1)
    assert plain.strength[:19] == pytest.approx(lower.strength[:19])


def test_without_prices_the_ratings_by_results_are_read(start, premier_league, make_ratings):
    ratings = make_ratings(premier_league).with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("market_strength", "market_variance", "market_home_advantage")
    )
    strengths = strengths_of(start, ratings)
    assert strengths.rated.all() and strengths.strength[0] > strengths.strength[19]


def test_draws_are_those_of_the_club_on_every_day_and_drift_from_today_on(premier_league, make_ratings):
    ratings = make_ratings(premier_league)
    day = FIRST + dt.timedelta(days=3 * STEP_DAYS)
    states = [season_state(premier_league, E0, date) for date in (FIRST, day)]
    first, later = (drawn(state, strengths_of(state, ratings), 4000, 1) for state in states)
    assert first.shape == (4000, STEPS, 20)
    assert (later[:, 0] == later[:, 3]).all()  # the past has one strength
    assert np.corrcoef(first[:, 3, 0], later[:, 3, 0])[0, 1] > 0.8
    growth = first[:, 6].var(axis=0) - first[:, 0].var(axis=0)
    assert growth.mean() == pytest.approx(Prior().daily * 6 * STEP_DAYS, rel=0.1)


def test_ratings_taken_for_the_truth_are_drawn_as_they_are(start, premier_league, make_ratings):
    strengths = strengths_of(start, make_ratings(premier_league), None)
    assert (drawn(start, strengths, 50, 1) == strengths.strength.astype(np.float32)).all()
    assert strengths.strength == pytest.approx(np.linspace(1.5, -0.5, 20))
