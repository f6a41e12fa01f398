import numpy as np
import polars as pl
import pytest

from soccer_assets.features.ratings import rate
from soccer_assets.features.ratings.implied_goals import over_log_odds
from soccer_assets.features.ratings.kalman import ENTRY_VARIANCE
from soccer_assets.features.ratings.market import (
    DRIFT_PACE,
    SUPREMACY,
    MarketParameters,
    market_ratings,
    result_beyond_price,
)
from soccer_assets.features.ratings.match_arrays import match_arrays as arrays
from tests.features.ratings.conftest import ATTACK, DEFENCE


def newest(ratings: pl.DataFrame, column: str) -> dict[str, float]:
    return dict(ratings.group_by("team_id", maintain_order=True).agg(pl.col(column).last()).sort("team_id").rows())


def one_price(match: pl.DataFrame, home: float, draw: float, away: float) -> pl.DataFrame:
    return match.select("match_date", "match_id").with_columns(
        p_home=pl.lit(home), p_draw=pl.lit(draw), p_away=pl.lit(away), p_over=pl.lit(None, dtype=pl.Float64)
    )


def test_one_price_by_hand(played):
    match = played((0, "a", "b", "1-1"))
    told = rate(match, one_price(match, 0.5, 0.25, 0.25)).sort("team_id")
    surprise = np.log(2.0) - SUPREMACY.home_advantage
    share = ENTRY_VARIANCE / (2 * ENTRY_VARIANCE + MarketParameters().supremacy_noise)
    beyond = -np.log1p(0.7217 * np.log(2) + 0.0034 * np.log(2) ** 3 - 0.0137) * 1.12
    moved = share * surprise + MarketParameters().supremacy_gain * beyond
    assert told["market_strength"].to_list() == pytest.approx([moved, -moved])
    assert told["market_variance"].to_list() == pytest.approx([ENTRY_VARIANCE * (1 - share)] * 2)
    assert told["market_surprise"].to_list() == pytest.approx([surprise, -surprise])
    assert told["result_surprise"].to_list() == pytest.approx([beyond, -beyond])


def test_strengths_that_the_prices_know_are_found(rated):
    told = newest(rated, "market_strength")
    true = np.array([2 * (ATTACK[club] + DEFENCE[club]) for club in told])
    found = np.array(list(told.values()))
    assert np.abs((found - found.mean()) - (true - true.mean())).max() < 0.4  # results still push each about
    assert np.corrcoef(found, true)[0, 1] > 0.98


def test_a_price_is_met_by_the_rating_after_it(rated, prices):
    """The surprise of the last season is small beside the spread of the prices."""
    last = rated.filter(pl.col("match_date") >= pl.date(2021, 8, 1))["market_surprise"]
    log_odds = (prices["p_home"] / prices["p_away"]).log()
    assert last.std() < 0.2 * log_odds.std()


def test_a_match_without_a_price_moves_no_market_rating(league, prices):
    gap = prices.with_columns(p_home=pl.when(pl.col("match_date") > pl.date(2021, 1, 1)).then(None).otherwise("p_home"))
    told = rate(league, gap)
    before = told.filter(pl.col("match_date") <= pl.date(2021, 1, 1))
    assert newest(told, "market_strength") == newest(before, "market_strength")
    after = told.filter(pl.col("match_date") > pl.date(2021, 6, 1))
    assert after["market_surprise"].null_count() == len(after)
    assert min(after["market_variance"]) > max(before["market_variance"].tail(16))


def test_without_prices_there_is_no_market_rating(league, prices):
    told = rate(league, prices.clear())
    market = [name for name in told.columns if name.startswith("market_")]
    assert told.select(market).null_count().row(0) == (len(told),) * len(market)


def test_doing_better_than_the_price_raises_a_club_though_the_price_was_right(played):
    match = played((0, "a", "b", "4-0"))
    level = np.exp(SUPREMACY.home_advantage)
    prices = one_price(match, 0.7 * level / (1 + level), 0.3, 0.7 / (1 + level))
    told = rate(match, prices).sort("team_id")["market_strength"].to_list()
    assert told[0] == pytest.approx(-told[1])
    assert told[0] > 0.03


def test_better_by_shots_counts_where_the_score_is_the_same(league, prices):
    games = arrays(league, prices)
    more = arrays(league.with_columns(home_shots=pl.col("home_shots") + 6), prices)
    log_odds = np.log(games.prices[:, 0] / games.prices[:, 2])
    assert (result_beyond_price(more, log_odds) > result_beyond_price(games, log_odds)).all()


def test_high_totals_raise_the_goals_of_both_clubs(league, prices):
    games = arrays(league, prices)
    open_games = arrays(league, prices.with_columns(p_over=pl.lit(0.7)))
    log_odds = np.log(games.prices[:, 0] / games.prices[:, 2])[-16:]

    def over(arrays) -> np.floating:
        ratings = market_ratings(arrays)
        total = ratings["market_openness"].sum(axis=1) + ratings["market_openness_level"][:, 0]
        return np.mean(over_log_odds(log_odds, total[-16:]))

    low, high = over(games), over(open_games)
    assert high - low == pytest.approx(np.log(0.7 / 0.3), abs=0.15)


def test_the_drift_of_a_league_is_told_of_a_club_without_a_price_too(played):
    matches = played((0, "a", "b", "1-1"), (7, "d", "e", "3-2"), (14, "a", "c", "2-0"))
    price = one_price(matches[1:2], 0.5, 0.25, 0.25).with_columns(p_over=pl.lit(0.6))
    drift = rate(matches, price).sort("match_date", "team_id")["market_openness_drift"].to_list()
    assert drift[:2] == [None, None]  # the league had no price yet
    assert drift[2] == drift[3] != 0
    assert drift[4:] == pytest.approx([(1 - DRIFT_PACE) * drift[2]] * 2)
