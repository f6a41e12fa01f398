"""Probabilities of scores: the goals model's matrix, changed as little as possible to agree with a forecast.

A matrix is P(home goals = i, away goals = j) for 0..15 goals a side, shape (n, 16, 16), rows home. A classifier knows
the result better than a goals model does, and the market knows the total. Of all matrices that agree with them, the
one nearest to the goals model's by Kullback and Leibler multiplies the cells of a home win, draw and away win by a
factor each, and those over 2.5 goals by one more (Csiszár 1975). Sums run cell by cell: a match has the same bits in
any batch.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from soccer_assets.errors import ModelError
from soccer_assets.optimise import find_roots
from soccer_assets.scoring import SUM_TOLERANCE, Floats

GOALS: Final = 16
#: At the upper one, less than 1 % of a side's matches lie beyond the matrix.
RATES: Final = (0.01, 8.0)
#: Share of the way to where a cell would have no probability left.
RHO_WITHIN: Final = 0.99
TOLERANCE: Final = 1e-14

_HOME, _AWAY = np.indices((GOALS, GOALS))
_OVER: Final = _HOME + _AWAY > 2.5
_BY_RESULT: Final = (_HOME > _AWAY, _HOME == _AWAY, _HOME < _AWAY)
#: Flat cells of a home win, a draw and an away win, and those of them over and under 2.5 goals.
_RESULTS: Final = [np.flatnonzero(result) for result in _BY_RESULT]
_CELLS: Final = [tuple(np.flatnonzero(result & side) for side in (_OVER, ~_OVER)) for result in _BY_RESULT]
_LOG_FACTORIALS: Final = np.cumsum(np.log(np.maximum(np.arange(GOALS), 1)))


def dixon_coles(rates: Floats, rho: Floats) -> Floats:
    """Return the matrix of two Poisson rates with the low scores corrected (Dixon and Coles 1997), shape (n, 16, 16).

    What lies beyond 15 goals is spread over the matrix in proportion. `rho` is kept where every cell stays positive:
    between -1 / the higher rate and the lesser of 1 and 1 / the product of the rates.

    Args:
        rates: goals expected of the home and the away side, shape (n, 2).
        rho: correction, shape (n,); below 0 makes 0-0 and 1-1 likelier.
    """
    goals = np.arange(GOALS)
    home, away = (np.exp(goals * np.log(rate)[:, None] - rate[:, None] - _LOG_FACTORIALS) for rate in rates.T)
    matrix: Floats = home[:, :, None] * away[:, None, :]
    home_rate, away_rate = rates.T
    least, most = -1.0 / np.maximum(home_rate, away_rate), np.minimum(1.0, 1.0 / (home_rate * away_rate))
    rho = np.clip(rho, RHO_WITHIN * least, RHO_WITHIN * most)
    matrix[:, 0, 0] *= 1.0 - home_rate * away_rate * rho
    matrix[:, 0, 1] *= 1.0 + home_rate * rho
    matrix[:, 1, 0] *= 1.0 + away_rate * rho
    matrix[:, 1, 1] *= 1.0 - rho
    matrix /= _sum(matrix.reshape(-1, GOALS**2))[:, None, None]
    return matrix


def result_probabilities(matrices: Floats) -> Floats:
    """Return probabilities of home win, draw and away win, shape (n, 3), of matrices (n, 16, 16).

    >>> result_probabilities(dixon_coles(np.array([[1.5, 1.1]]), np.array([-0.05]))).round(4)
    array([[0.4581, 0.2699, 0.272 ]])
    """
    flat = matrices.reshape(-1, GOALS**2)
    return np.stack([_sum(flat[:, cells]) for cells in _RESULTS], axis=1)


def coherent(
    rates: Floats, rho: Floats, p_1x2: Floats, p_over: Floats | None = None, names: Sequence[str] | None = None
) -> Floats:
    """Return the matrix nearest to the goals model's that has the 1X2 and, where known, over 2.5 goals.

    The result has shape (n, 16, 16). Every cell of the goals model is positive, so such demands never contradict each
    other.

    >>> matrix = coherent(np.array([[1.5, 1.1]]), np.array([-0.05]), np.array([[0.5, 0.3, 0.2]]), np.array([0.6]))
    >>> result_probabilities(matrix).round(4)
    array([[0.5, 0.3, 0.2]])

    Args:
        rates: goals expected of the home and the away side, shape (n, 2), from 0.01 to 8.
        rho: Dixon and Coles' correction, shape (n,).
        p_1x2: probabilities of home win, draw and away win, shape (n, 3); each row sums to 1.
        p_over: probability of more than 2.5 goals, shape (n,), between 0 and 1; NaN where it is not known.
        names: what an error calls the matches; default their rows.

    Raises:
        ModelError: a rate, correction or probability is out of bounds, or the total is not reached.
    """
    wanted = np.full(len(rates), np.nan) if p_over is None else p_over
    _require(p_1x2, rates, rho, wanted, names)
    flat = dixon_coles(rates, rho).reshape(-1, GOALS**2)
    over, under = (np.stack([_sum(flat[:, cells[side]]) for cells in _CELLS], axis=1) for side in (0, 1))
    tilt = _tilt(np.log(over / under), p_1x2 / _sum(p_1x2)[:, None], wanted, names)
    factors = p_1x2 / (over * tilt[:, None] + under)
    for result, (over_cells, under_cells) in enumerate(_CELLS):
        flat[:, over_cells] *= (factors[:, result] * tilt)[:, None]
        flat[:, under_cells] *= factors[:, result, None]
    return flat.reshape(-1, GOALS, GOALS)


def _require(p_1x2: Floats, rates: Floats, rho: Floats, over: Floats, names: Sequence[str] | None) -> None:
    off = np.abs(_sum(p_1x2) - 1.0)
    rules: tuple[tuple[str, Any, Floats], ...] = (
        (f"goal rates from {RATES[0]} to {RATES[1]}", ((rates >= RATES[0]) & (rates <= RATES[1])).all(axis=1), rates),
        ("a finite rho", np.isfinite(rho), rho),
        ("1X2 probabilities that sum to 1", (p_1x2 >= 0).all(axis=1) & (off <= SUM_TOLERANCE), p_1x2),
        ("a probability of over 2.5 goals between 0 and 1", np.isnan(over) | ((over > 0) & (over < 1)), over),
    )
    for what, holds, values in rules:
        if not holds.all():
            row = int(np.argmin(holds))
            raise ModelError(f"{_name(row, names)}: expected {what}, found {values[row].tolist()}")


def _tilt(log_odds: Floats, shares: Floats, wanted: Floats, names: Sequence[str] | None) -> Floats:
    """Return the factor `(n,)` of the odds of over 2.5 goals in every result that gives the probability wanted.

    Args:
        log_odds: of over 2.5 goals given each result, shape (n, 3).
        shares: probability of each result, shape (n, 3).
        wanted: probability of over 2.5 goals, shape (n,); where NaN the factor is 1.
        names: what an error calls the matches.
    """
    factors, priced = np.ones(len(wanted)), np.flatnonzero(~np.isnan(wanted))
    log_odds, shares, goal = log_odds[priced], shares[priced], wanted[priced]
    logit = np.log(goal / (1.0 - goal))

    def excess(log_factor: Floats) -> tuple[Floats, Floats]:
        over = 1.0 / (1.0 + np.exp(-(log_factor[:, None] + log_odds)))
        return _sum(shares * over) - goal, _sum(shares * over * (1.0 - over))

    low, high = logit - log_odds.max(axis=1), logit - log_odds.min(axis=1)
    root, done = find_roots(excess, 0.5 * (low + high), (low, high), rising=True, tolerance=TOLERANCE)
    if not done.all():
        first = int(np.argmin(done))
        raise ModelError(
            f"{_name(priced[first], names)}: expected to reach P(over 2.5 goals) = {goal[first]} with the 1X2 "
            f"{shares[first].tolist()}, found {excess(root)[0][first]:+.2g} left"
        )
    factors[priced] = np.exp(root)
    return factors


def _name(row: int, names: Sequence[str] | None) -> str:
    return f"row {row}" if names is None else names[row]


def _sum(cells: Floats) -> Floats:
    """Return the sum over the last axis of (n, k) from left to right: numpy's own order changes with the shape."""
    total: Floats = np.cumsum(cells, axis=1)[:, -1]
    return total
