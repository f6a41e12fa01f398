import numpy as np
import polars as pl
import pytest

from soccer_assets.features.ratings import rate
from soccer_assets.features.ratings.kalman import ENTRY_VARIANCE
from soccer_assets.features.ratings.statistics_strength import PerformanceParameters
from tests.features.ratings.conftest import ATTACK, DEFENCE


def test_one_match_without_statistics_by_hand(played, no_prices):
    told = rate(played((0, "a", "b", "3-0")), no_prices).sort("team_id")
    p = PerformanceParameters()
    surprise = p.goals_alone * np.log(4.0) - p.walk.home_advantage
    moved = ENTRY_VARIANCE / (2 * ENTRY_VARIANCE + p.noise_goals_alone) * surprise
    assert told["performance_strength"].to_list() == pytest.approx([moved, -moved])
    at_home = p.walk.home_advantage + p.walk.league_pace * surprise
    assert told["performance_home_advantage"].to_list() == pytest.approx(
        [at_home + p.walk.club_pace * surprise, at_home]
    )


def test_the_strengths_of_a_league_are_found(rated):
    told = rated.group_by("team_id", maintain_order=True).agg(pl.col("performance_strength").last()).sort("team_id")
    true = [ATTACK[club] + DEFENCE[club] for club in told["team_id"]]
    assert np.corrcoef(told["performance_strength"], true)[0, 1] > 0.93


def test_no_price_reaches_a_rating_by_results(rated, league, prices):
    bare = rate(league, prices.clear())
    by_results = [name for name in bare.columns if not name.startswith(("market", "result"))]
    assert bare.select(by_results).equals(rated.select(by_results))


def test_uncertainty_falls_with_matches_and_grows_over_a_summer(rated):
    own = rated.filter(team_id="a").sort("match_date")
    dates, variance = own["match_date"].to_list(), own["performance_variance"].to_list()
    assert variance[29] < variance[4] < variance[0] < ENTRY_VARIANCE
    assert dates[30].year == 2019
    assert variance[30] > variance[29]


def test_what_one_club_wins_the_other_loses_where_both_are_known_alike(played, no_prices):
    told = rate(played((0, "a", "b", "3-0"), (7, "b", "a", "2-2")), no_prices)
    assert told.group_by("match_id").agg(pl.col("performance_strength").sum())["performance_strength"].to_list() == (
        pytest.approx([0.0, 0.0])
    )
