"""Pi-ratings: how many goals a club is better than the average at home and away (Constantinou and Fenton 2013)."""

from dataclasses import astuple, dataclass

import numpy as np
from numba import njit

from soccer_assets.features.point_in_time import TIERS
from soccer_assets.features.ratings.match_arrays import MatchArrays
from soccer_assets.scoring import Floats

BASE = 10.0
DIVISOR = 3.0


@dataclass(frozen=True)
class PiParameters:
    """`pace` is the paper's lambda, `carried` its gamma: what a match at one ground says of the other.

    A club enters `tier_step` goals lower for every tier below the top.
    """

    pace: float = 0.035
    carried: float = 0.7
    tier_step: float = 0.5


def pi_ratings(games: MatchArrays, parameters: PiParameters | None = None) -> dict[str, Floats]:
    """Return columns `(n, 2)` after each match, home club and away club: rating at home and rating away."""
    p = astuple(parameters or PiParameters())
    entered = _follow(games.schedule.home, games.schedule.away, TIERS[games.schedule.league], games.clubs,
                      games.balance("goals"), *p)  # fmt: skip
    return {"pi_home": entered[:, :, 0], "pi_away": entered[:, :, 1]}


@njit(cache=True)
def goals_of(rating):  # type: ignore[no-untyped-def]
    """Return the goals (float) that a rating (float) is worth against an average club."""
    return np.sign(rating) * (BASE ** (abs(rating) / DIVISOR) - 1.0)


@njit(cache=True)
def _follow(home, away, tier, clubs, difference, pace, carried, tier_step):  # type: ignore[no-untyped-def]
    """Return the ratings after each match, `(n, 2, 2)`: home and away club, then rating at home and rating away.

    Args:
        home: code of the home club, (n,) int, below `clubs`.
        away: code of the away club, (n,) int.
        tier: tier of the match's league, (n,) float, 1 is the top.
        clubs: number of clubs.
        difference: home less away goals, (n,) float.
        pace: share of an error, in rating points, that the club's rating at the ground moves by.
        carried: share of that movement that its rating at the other ground moves by, 0 to 1.
        tier_step: rating points lower at which a club enters per tier below the top.
    """
    at_home, on_road = np.full(clubs, np.nan), np.full(clubs, np.nan)
    after = np.empty((len(home), 2, 2))
    for match in range(len(home)):
        i, j = home[match], away[match]
        for club in (i, j):
            if np.isnan(at_home[club]):
                at_home[club] = on_road[club] = -tier_step * (tier[match] - 1)
        error = difference[match] - (goals_of(at_home[i]) - goals_of(on_road[j]))
        # wide wins say little more than clear ones
        moved = pace * np.sign(error) * DIVISOR * np.log10(1.0 + abs(error))
        at_home[i] += moved
        on_road[i] += carried * moved
        on_road[j] -= moved
        at_home[j] -= carried * moved
        for side, club in enumerate((i, j)):
            after[match, side, 0], after[match, side, 1] = at_home[club], on_road[club]
    return after
