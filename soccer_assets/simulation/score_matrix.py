"""Probabilities of scores, and of the markets that follow from them.

Scores are Poisson with the low-score correction of Dixon and Coles (1997). Truth and bookmakers both go
through here, so that a price differs from the truth only by its maker's view and margin.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

MOST_GOALS: Final = 12
RHO: Final = -0.06  # below zero: more draws at 0-0 and 1-1 than independence gives

#: Handicaps of the home side that are quoted, in goals.
LINES: Final[Float] = np.arange(-12, 13) / 4

_LOG_FACTORIAL = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, MOST_GOALS + 1)))))
_GOALS = np.arange(MOST_GOALS + 1)
_DIFFERENCES = np.arange(-MOST_GOALS, MOST_GOALS + 1)


def _poisson(rate: Float) -> Float:
    goals: Float = np.exp(_GOALS * np.log(rate)[:, None] - rate[:, None] - _LOG_FACTORIAL)
    return goals


def score_matrix(home_rate: Float, away_rate: Float) -> Float:
    """P(home goals = i, away goals = j) of each match, as (matches, i, j), from the mean goals of both."""
    matrix = _poisson(home_rate)[:, :, None] * _poisson(away_rate)[:, None, :]
    matrix[:, 0, 0] *= 1 - home_rate * away_rate * RHO
    matrix[:, 0, 1] *= 1 + home_rate * RHO
    matrix[:, 1, 0] *= 1 + away_rate * RHO
    matrix[:, 1, 1] *= 1 - RHO
    matrix /= matrix.sum(axis=(1, 2), keepdims=True)
    return matrix


def _differences(matrix: Float) -> Float:
    """P(home goals less away goals = d), as (matches, d from -MOST_GOALS to MOST_GOALS)."""
    spread = np.zeros((len(matrix), len(_DIFFERENCES)))
    for goals in _GOALS:
        spread[:, goals : goals + len(_GOALS)] += matrix[:, goals, ::-1]
    return spread


def result_probabilities(matrix: Float) -> Float:
    """Home win, draw and away win, as (matches, 3)."""
    spread = _differences(matrix)
    home, draw, away = (spread[:, sign == np.sign(_DIFFERENCES)].sum(axis=1) for sign in (1, 0, -1))
    return np.stack((home, draw, away), axis=1)


def over_under_probabilities(matrix: Float) -> Float:
    """More and fewer than 2.5 goals, as (matches, 2)."""
    under = sum(matrix[:, home, : 3 - home].sum(axis=1) for home in range(3))
    return np.stack((1 - under, under), axis=1)


def cover_probabilities(matrix: Float) -> Float:
    """Chance that the home side covers each of `LINES`, given that money changes hands, as (matches, lines).

    A whole line may return the stake; a quarter line has half of it on each of the two lines beside it.
    """
    quarter = np.where(LINES * 2 % 1 == 0, 0, 0.25)
    halves = np.sign(_DIFFERENCES[:, None, None] + np.stack((LINES - quarter, LINES + quarter)))
    spread = _differences(matrix)
    won: Float = spread @ (halves > 0).sum(axis=1)
    lost: Float = spread @ (halves < 0).sum(axis=1)
    return won / (won + lost)
