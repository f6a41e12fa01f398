"""Strengths of clubs as random walks, followed by a Kalman filter (Kalman 1960; for football Fahrmeir and Tutz 1994).

Each club has a variance of its own; correlations between clubs are left out.
"""

from dataclasses import astuple, dataclass

import numpy as np
from numba import njit

from soccer_assets.features.point_in_time import TIERS
from soccer_assets.features.ratings.match_arrays import Schedule
from soccer_assets.scoring import Floats

#: What is known of a club that was never seen.
ENTRY_VARIANCE = 0.5
#: The level of a league, which newcomers enter at, follows its clubs at this pace.
LEVEL_PACE = 0.01


@dataclass(frozen=True)
class WalkParameters:
    """Units are those of what is observed, variances their squares.

    `daily` and `summer` are what the variance of a club grows by in a day and in a summer, `league_pace` and
    `club_pace` the share of a surprise that the home advantage of the league and of the club take up,
    `entry_below` how far below its league a newcomer enters, `tier_step` the first guess of a tier's distance,
    `summer_shrink` the way back to the league's level in a summer, `home_advantage` its first guess.
    """

    daily: float
    summer: float
    league_pace: float
    club_pace: float
    entry_below: float = 0.0
    tier_step: float = 0.0
    summer_shrink: float = 0.0
    home_advantage: float = 0.0


def follow(
    schedule: Schedule, clubs: int, observed: Floats, noise: Floats, pushed: Floats, away: float, p: WalkParameters
) -> Floats:
    """Return the states of both clubs after each match.

    Args:
        schedule: the matches in order.
        clubs: how many clubs there are.
        observed: (n,) what each match said of home strength + `away` * away strength; NaN says nothing.
        noise: (n,) variance of what it said.
        pushed: (n,) by how much the home club moves besides, and `away` times as much the away club.
        away: -1 for supremacy, +1 where both clubs add to a total.
        p: the parameters.

    Returns:
        (n, 2, 4): strength, its variance, home advantage, surprise (observed less expected, from the club's side).
    """
    return np.asarray(_follow(*schedule, clubs, TIERS, observed, noise, pushed, away, *astuple(p)))


@njit(cache=True)
def _follow(  # type: ignore[no-untyped-def]
    home, away, league, season, day, clubs, tiers, observed, noise, pushed, sign,
    daily, summer, league_pace, club_pace, entry_below, tier_step, summer_shrink, home_advantage,
):  # fmt: skip
    """Return the states after each match, `(n, 2, 4)`, as `follow` describes them.

    Units are those of `observed`, variances their squares.

    Args:
        home: code of the home club, (n,) int, below `clubs`.
        away: code of the away club, (n,) int.
        league: place of the league in `tiers`, (n,) int.
        season: code of the season, (n,) int.
        day: day of the match, (n,) int, ascending.
        clubs: number of clubs.
        tiers: tier of each league, (leagues,) float, 1 is the top.
        observed: measurement of home strength + `sign` * away strength, (n,) float, NaN where there is none.
        noise: variance of each measurement, (n,) float.
        pushed: movement of the home club beside the measurement, (n,) float, NaN where there is none.
        sign: -1 for a difference of both clubs, +1 for a sum.
        daily: variance a club gains in a day.
        summer: variance a club gains between seasons.
        league_pace: share of a surprise that the league's home advantage takes up.
        club_pace: share of a surprise that the club's home advantage takes up.
        entry_below: how far below its league's level a newcomer enters.
        tier_step: distance of two tiers in a league's first season.
        summer_shrink: share of the way back to the league's level between seasons, 0 to 1.
        home_advantage: first guess of each league's.
    """
    strength = np.full(clubs, np.nan)
    variance = np.full(clubs, ENTRY_VARIANCE)
    seen_day, seen_season = np.zeros(clubs, np.int64), np.zeros(clubs, np.int64)
    at_home = np.zeros(clubs)
    advantage = np.full(len(tiers), home_advantage)
    level = np.full(len(tiers), np.nan)
    states = np.empty((len(home), 2, 4))
    for match in range(len(home)):
        i, j, competition = home[match], away[match], league[match]
        first = np.isnan(level[competition])
        if first:
            level[competition] = -tier_step * (tiers[competition] - 1)
        for club in (i, j):
            if np.isnan(strength[club]):
                strength[club] = level[competition] - (0.0 if first else entry_below)
            else:
                grown = variance[club] + daily * (day[match] - seen_day[club])
                if seen_season[club] != season[match]:
                    grown += summer
                    strength[club] += summer_shrink * (level[competition] - strength[club])
                variance[club] = min(ENTRY_VARIANCE, grown)
            seen_day[club], seen_season[club] = day[match], season[match]
        surprise = observed[match] - advantage[competition] - at_home[i] - strength[i] - sign * strength[j]
        if not np.isnan(surprise):
            total = variance[i] + variance[j] + noise[match]
            strength[i] += variance[i] / total * surprise
            strength[j] += sign * variance[j] / total * surprise
            variance[i] *= 1.0 - variance[i] / total
            variance[j] *= 1.0 - variance[j] / total
            advantage[competition] += league_pace * surprise
            at_home[i] += club_pace * surprise
        if not np.isnan(pushed[match]):
            strength[i] += pushed[match]
            strength[j] += sign * pushed[match]
        level[competition] += LEVEL_PACE * ((strength[i] + strength[j]) / 2.0 - level[competition])
        for side, club in enumerate((i, j)):
            states[match, side, 0] = strength[club]
            states[match, side, 1] = variance[club]
            states[match, side, 2] = advantage[competition] + at_home[club]
            states[match, side, 3] = surprise if side == 0 else sign * surprise
    return states
