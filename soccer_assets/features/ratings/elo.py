"""Elo ratings over a country's pyramid (Elo 1978; goal margin after Hvattum and Arntzen 2010).

A club keeps its rating from one league to another. One that appears for the first time enters below the average of
the league it enters, or, in a league's first season here, at the level of its tier. The home advantage of a league
is learned from its own results.
"""

from dataclasses import astuple, dataclass

import numpy as np
from numba import njit

from soccer_assets.features.ratings.match_arrays import TIERS, Played
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


def elo_ratings(games: Played, parameters: EloParameters | None = None) -> dict[str, Floats]:
    """Columns `(n, 2)` before and after each match, home club and away club."""
    p = astuple(parameters or EloParameters())
    before, after = _follow(*games.schedule, games.clubs, TIERS, games.balance("goals"), *p)
    return {"elo_before": before, "elo_after": after}


@njit(cache=True)  # type: ignore[untyped-decorator]
def _follow(  # type: ignore[no-untyped-def]
    home, away, league, season, day, clubs, tiers, difference,
    step, margin, home_advantage, home_pace, entry_below, regression,
):  # fmt: skip
    rating = np.full(clubs, np.nan)
    plays_in, seen_day, seen_season = np.full(clubs, -1), np.zeros(clubs, np.int64), np.zeros(clubs, np.int64)
    began = np.full(len(tiers), -1)
    advantage = np.full(len(tiers), home_advantage)
    # of the season that is on, when it was first played in: newcomers and the summer's regression read it
    average, average_of = np.full(len(tiers), np.nan), np.full(len(tiers), -1)
    before, after = np.empty((len(home), 2)), np.empty((len(home), 2))
    for match in range(len(home)):
        i, j, of, today = home[match], away[match], league[match], day[match]
        if began[of] < 0:
            began[of] = today
        for club in (i, j):
            entering = np.isnan(rating[club])
            if entering or seen_season[club] != season[match]:
                if entering or average_of[of] != season[match]:
                    total, active = 0.0, 0
                    for other in range(clubs):
                        if plays_in[other] == of and today - seen_day[other] < YEAR:
                            total += rating[other]
                            active += 1
                    settled = active >= ENOUGH_CLUBS and today - began[of] >= SETTLED_DAYS
                    average[of] = total / active if settled else np.nan
                    average_of[of] = season[match]
                if entering and np.isnan(average[of]):
                    rating[club] = TOP_TIER_RATING - TIER_STEP * (tiers[of] - 1)
                elif entering:
                    rating[club] = average[of] - entry_below
                elif not np.isnan(average[of]):
                    rating[club] += regression * (average[of] - rating[club])
            plays_in[club], seen_day[club], seen_season[club] = of, today, season[match]
        before[match, 0], before[match, 1] = rating[i], rating[j]
        expected = 1.0 / (1.0 + 10.0 ** ((rating[j] - rating[i] - advantage[of]) / SCALE))
        goals = difference[match]
        surprise = 0.5 * (np.sign(goals) + 1.0) - expected
        moved = step * (1.0 + abs(goals)) ** margin * surprise
        rating[i] += moved
        rating[j] -= moved
        advantage[of] += home_pace * surprise
        after[match, 0], after[match, 1] = rating[i], rating[j]
    return before, after
