"""Ratings from the prices of earlier matches: what the market thinks of a club, and where the results push it.

The closing log-odds of home against away are an almost noiseless measurement of the difference of two clubs; a
filter follows it. Between two prices the market learns from the match itself, so the rating moves by what the
result said beyond its price: goals, shots and corners, each against what that price let expect. On 2009-2022 the
next log-odds (standard deviation 0.95) are met with an error of 0.272 without that push and of 0.247 with it.
"""

from dataclasses import dataclass

import numpy as np

from soccer_assets.features.ratings.implied_goals import goal_level
from soccer_assets.features.ratings.kalman import WalkParameters, follow
from soccer_assets.features.ratings.match_arrays import MatchArrays
from soccer_assets.scoring import Floats, Ints

#: Fitted on 2009/10 to 2021/22, as all numbers below; `bench/rating_constants.py` prints them.
SUPREMACY = WalkParameters(
    daily=1.92e-4, summer=0.096, league_pace=0.0165, club_pace=0.005, entry_below=0.057, tier_step=0.9,
    home_advantage=0.35,
)  # fmt: skip
TOTALS = WalkParameters(daily=6.7e-5, summer=0.011, league_pace=0.005, club_pace=0.058)
#: Of the level of goals; of variances only the ratios matter. Fitted on 2014/15 to 2021/22, as read before each match.
OPENNESS = WalkParameters(daily=1.9e-3, summer=0.4, league_pace=0.0077, club_pace=0.0074)
#: Share of a match in the mean surprise of its league: about the last fifty count.
DRIFT_PACE = 0.02


@dataclass(frozen=True)
class MarketParameters:
    """`noise` is the variance of a price around the clubs' strengths, `gain` of a unit of result beyond it."""

    supremacy: WalkParameters = SUPREMACY
    supremacy_noise: float = 0.024
    supremacy_gain: float = 0.044
    totals: WalkParameters = TOTALS
    totals_noise: float = 0.027
    totals_gain: float = 0.0086
    openness: WalkParameters = OPENNESS
    openness_noise: float = 0.27
    openness_gain: float = 0.0036


def market_ratings(games: MatchArrays, parameters: MarketParameters | None = None) -> dict[str, Floats]:
    """Return columns `(n, 2)` after each match, home club and away club; NaN until a club has had a price.

    The drift is that of the league: of both clubs the same, NaN until the league has had a price.
    """
    p = parameters or MarketParameters()
    odds = np.log(games.prices[:, 0] / games.prices[:, 2])
    over = np.log(games.prices[:, 3] / (1.0 - games.prices[:, 3]))
    beyond = result_beyond_price(games, odds)
    goals = total_beyond_price(games, odds, over)
    n, clubs = len(odds), games.clubs
    strength = follow(
        games.schedule, clubs, odds, np.full(n, p.supremacy_noise), p.supremacy_gain * beyond, -1.0, p.supremacy
    )
    total = follow(games.schedule, clubs, over, np.full(n, p.totals_noise), p.totals_gain * goals, 1.0, p.totals)
    level, noise = goal_level(odds, games.prices[:, 3]), np.full(n, p.openness_noise)
    openness = follow(games.schedule, clubs, level, noise, p.openness_gain * goals, 1.0, p.openness)
    unpriced, unpriced_total = (_before_first(games, is_priced) for is_priced in (~np.isnan(odds), ~np.isnan(over)))
    columns = {
        "market_strength": strength[:, :, 0],
        "market_variance": strength[:, :, 1],
        "market_home_advantage": strength[:, :, 2],
    }
    columns = {name: np.where(unpriced, np.nan, values) for name, values in columns.items()}
    totals = {
        "market_goals": total[:, :, 0],
        "market_goals_level": total[:, :, 2],
        "market_openness": openness[:, :, 0],
        "market_openness_level": openness[:, :, 2],
    }
    return {
        **columns,
        "market_surprise": strength[:, :, 3],
        "result_surprise": np.stack([beyond, -beyond], axis=1),
        **{name: np.where(unpriced_total, np.nan, values) for name, values in totals.items()},
        "market_openness_drift": _drift(games.schedule.league, openness[:, :, 3]),
    }


def result_beyond_price(games: MatchArrays, odds: Floats) -> Floats:
    """Return how far the home club did better than its price let expect, in log goals `(n,)`; NaN without a price.

    Expectations are cubics of the log-odds by least squares, weights those that predict the next price best.
    """
    goals = games.balance("goals") - (0.7217 * odds + 0.0034 * odds**3 - 0.0137)
    by_goals = np.sign(goals) * np.log1p(np.abs(goals))
    on_target = log_ratio(games, "shots_on_target", 1.0) - (0.3498 * odds - 0.0030 * odds**3 + 0.0223)
    shots = log_ratio(games, "shots", 2.0) - (0.2921 * odds - 0.0024 * odds**3 + 0.0472)
    corners = games.balance("corners") - (1.6463 * odds - 0.0184 * odds**3 + 0.2901)
    # who was sent off is missed in the next match
    sent_off = np.nan_to_num(games.balance("red_cards"))
    by_all = by_goals + 0.16 * on_target + 0.9 * shots + 0.04 * corners - 0.16 * sent_off
    return np.where(np.isnan(by_all), 1.12 * by_goals, by_all)


def total_beyond_price(games: MatchArrays, odds: Floats, over: Floats) -> Floats:
    """Return how far a match had more goals and shots than its over/under price let expect `(n,)`."""

    def total(name: str) -> Floats:
        return np.asarray(games.figures[name].sum(axis=1))

    gap = np.abs(odds)
    goals = total("goals") - (0.9629 * over + 0.0233 * gap + 2.6614)
    shots = np.log1p(total("shots")) - (0.1551 * over + 0.0018 * gap + 3.1537)
    on_target = np.log1p(total("shots_on_target")) - (0.2661 * over - 0.0146 * gap + 2.2531)
    by_all = goals + 0.8 * shots + 0.8 * on_target
    return np.where(np.isnan(by_all), goals, by_all)


def log_ratio(games: MatchArrays, figure: str, prior: float) -> Floats:
    """Return the log of the home side's figure over the away side's, `prior` added to both, `(n,)`."""
    both = np.log(games.figures[figure] + prior)
    return np.asarray(both[:, 0] - both[:, 1])


def _drift(league: Ints, surprises: Floats) -> Floats:
    """Return the mean surprise of each match's league so far, newer matches weighing more, `(n, 2)`.

    It is NaN before the first surprise of a league.
    """
    from scipy.signal import lfilter

    drift = np.empty_like(surprises)
    for code in np.unique(league):
        rows = np.flatnonzero(league == code)
        own = surprises[rows, 0]
        mean = lfilter([DRIFT_PACE], [1.0, DRIFT_PACE - 1.0], np.nan_to_num(own))
        drift[rows] = np.where(np.logical_or.accumulate(~np.isnan(own)), mean, np.nan)[:, None]
    return drift


def _before_first(games: MatchArrays, priced: np.ndarray) -> np.ndarray:
    """Return whether each club has not had a price yet, `(n, 2)`."""
    sides = np.stack([games.schedule.home, games.schedule.away], axis=1)
    first = np.full(games.clubs, len(priced))
    np.minimum.at(first, sides[priced].ravel(), np.flatnonzero(priced).repeat(2))
    return np.asarray(np.arange(len(priced))[:, None] < first[sides])
