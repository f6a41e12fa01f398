"""Pi-ratings: how many goals a club is better than the average at home and away (Constantinou and Fenton 2013)."""

from dataclasses import astuple, dataclass

import numpy as np
from numba import njit

from soccer_assets.features.ratings.match_arrays import TIERS, Played
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


def pi_ratings(games: Played, parameters: PiParameters | None = None) -> dict[str, Floats]:
    """Columns `(n, 2)` after each match, home club and away club: rating at home and rating away."""
    p = astuple(parameters or PiParameters())
    entered = _follow(games.schedule.home, games.schedule.away, TIERS[games.schedule.league], games.clubs,
                      games.balance("goals"), *p)  # fmt: skip
    return {"pi_home": entered[:, :, 0], "pi_away": entered[:, :, 1]}


@njit(cache=True)  # type: ignore[untyped-decorator]
def goals_of(rating):  # type: ignore[no-untyped-def]
    """Goals a rating is worth against an average club."""
    return np.sign(rating) * (BASE ** (abs(rating) / DIVISOR) - 1.0)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _follow(home, away, tier, clubs, difference, pace, carried, tier_step):  # type: ignore[no-untyped-def]
    at_home, abroad = np.full(clubs, np.nan), np.full(clubs, np.nan)
    after = np.empty((len(home), 2, 2))
    for match in range(len(home)):
        i, j = home[match], away[match]
        for club in (i, j):
            if np.isnan(at_home[club]):
                at_home[club] = abroad[club] = -tier_step * (tier[match] - 1)
        error = difference[match] - (goals_of(at_home[i]) - goals_of(abroad[j]))
        # wide wins say little more than clear ones
        moved = pace * np.sign(error) * DIVISOR * np.log10(1.0 + abs(error))
        at_home[i] += moved
        abroad[i] += carried * moved
        abroad[j] -= moved
        at_home[j] -= carried * moved
        for side, club in enumerate((i, j)):
            after[match, side, 0], after[match, side, 1] = at_home[club], abroad[club]
    return after
