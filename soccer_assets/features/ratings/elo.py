"""Elo ratings over a country's pyramid (Elo 1978; goal margin after Hvattum and Arntzen 2010).

A club keeps its rating from one league to another. One that appears for the first time enters below the average of
the league it enters, or, in a league's first season here, at the level of its tier. The home advantage of a league
is learned from its own results.
"""

from dataclasses import astuple, dataclass

import numpy as np
from numba import njit

from soccer_assets.features.point_in_time import TIERS
from soccer_assets.features.ratings.match_arrays import MatchArrays
from soccer_assets.scoring import Floats

TOP_TIER_RATING = 1500.0
TIER_STEP = 120.0
SCALE = 400.0
#: A league's average is taken once this many of its clubs have played within a year, from this day on.
ENOUGH_CLUBS = 8
SETTLED_DAYS = 60
YEAR = 365


@dataclass(frozen=True)
class EloParameters:
    """`step` points move for a one-goal surprise; `margin` is the exponent of 1 + goal difference.

    `home_pace` points a league's home advantage moves for a surprise; `regression` is the share of the way back to
    its league's average that a club goes in a summer.
    """

    step: float = 12.0
    margin: float = 0.9
    home_advantage: float = 65.0
    home_pace: float = 0.5
    entry_below_average: float = 60.0
    regression: float = 0.04


def elo_ratings(games: MatchArrays, parameters: EloParameters | None = None) -> dict[str, Floats]:
    """Return columns `(n, 2)` before and after each match, home club and away club."""
    p = astuple(parameters or EloParameters())
    before, after = _follow(*games.schedule, games.clubs, TIERS, games.balance("goals"), *p)
    return {"elo_before": before, "elo_after": after}


@njit(cache=True)
def _follow(  # type: ignore[no-untyped-def]
    home, away, league, season, day, clubs, tiers, difference,
    step, margin, home_advantage, home_pace, entry_below, regression,
):  # fmt: skip
    """Return the ratings before and after each match, two arrays `(n, 2)` of home and away club, in points.

    Args:
        home: code of the home club, (n,) int, below `clubs`.
        away: code of the away club, (n,) int.
        league: place of the league in `tiers`, (n,) int.
        season: code of the season, (n,) int.
        day: day of the match, (n,) int, ascending, from 0.
        clubs: number of clubs.
        tiers: tier of each league, (leagues,) float, 1 is the top.
        difference: home less away goals, (n,) float; NaN moves no rating.
        step: points for a surprise of one goal.
        margin: exponent of 1 + goal difference.
        home_advantage: first guess of each league's, points.
        home_pace: points that a surprise moves the league's home advantage.
        entry_below: points below the league's average at which a newcomer enters.
        regression: share of the way back to the league's average in a summer, 0 to 1.
    """
    rating = np.full(clubs, np.nan)
    plays_in, seen_day, seen_season = np.full(clubs, -1), np.zeros(clubs, np.int64), np.zeros(clubs, np.int64)
    began = np.full(len(tiers), -1)
    advantage = np.full(len(tiers), home_advantage)
    # of the season that is on, when it was first played in: newcomers and the summer's regression read it
    average, average_of = np.full(len(tiers), np.nan), np.full(len(tiers), -1)
    before, after = np.empty((len(home), 2)), np.empty((len(home), 2))
    for match in range(len(home)):
        i, j, competition, today = home[match], away[match], league[match], day[match]
        if began[competition] < 0:
            began[competition] = today
        for club in (i, j):
            entering = np.isnan(rating[club])
            if entering or seen_season[club] != season[match]:
                if entering or average_of[competition] != season[match]:
                    total, active = 0.0, 0
                    for other in range(clubs):
                        if plays_in[other] == competition and today - seen_day[other] < YEAR:
                            total += rating[other]
                            active += 1
                    settled = active >= ENOUGH_CLUBS and today - began[competition] >= SETTLED_DAYS
                    average[competition] = total / active if settled else np.nan
                    average_of[competition] = season[match]
                if entering and np.isnan(average[competition]):
                    rating[club] = TOP_TIER_RATING - TIER_STEP * (tiers[competition] - 1)
                elif entering:
                    rating[club] = average[competition] - entry_below
                elif not np.isnan(average[competition]):
                    rating[club] += regression * (average[competition] - rating[club])
            plays_in[club], seen_day[club], seen_season[club] = competition, today, season[match]
        before[match, 0], before[match, 1] = rating[i], rating[j]
        expected = 1.0 / (1.0 + 10.0 ** ((rating[j] - rating[i] - advantage[competition]) / SCALE))
        goals = difference[match]
        if np.isnan(goals):  # not played
            after[match, 0], after[match, 1] = rating[i], rating[j]
            continue
        surprise = 0.5 * (np.sign(goals) + 1.0) - expected
        moved = step * (1.0 + abs(goals)) ** margin * surprise
        rating[i] += moved
        rating[j] -= moved
        advantage[competition] += home_pace * surprise
        after[match, 0], after[match, 1] = rating[i], rating[j]
    return before, after
