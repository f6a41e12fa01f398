"""The conditional logit: outcome `c` has probability proportional to `exp(design[match, c] . theta)`.

A calibrator and a blend are both this model with a handful of coefficients (McFadden 1974), so they share one
fit: Newton's method on the penalised likelihood, which is strictly concave. It needs numpy only and takes
milliseconds.
"""

import numpy as np

from soccer_assets.optimise import minimise
from soccer_assets.scoring import Floats, Ints

#: Forecasts stay this far from 0 and 1: a certain forecast that fails would cost everything won before.
MARGIN = 1e-9
#: What turns the logarithms of home, draw and away into two log-odds: of home to away, and of the draw to the
#: geometric mean of both.
LOG_ODDS = np.array([[1.0, 0.0, -1.0], [-0.5, 1.0, -0.5]])


def softmax(scores: Floats) -> Floats:
    """Return probabilities `(n, 3)` that sum to one from scores `(n, 3)`."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def clip_probabilities(p: Floats) -> Floats:
    """Return the same probabilities `(n, 3)` strictly inside (0, 1), summing to one."""
    p = np.clip(p, MARGIN, None)
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def log_probabilities(p: Floats) -> Floats:
    """Return the logarithms of probabilities `(n, 3)`, finite where one is zero."""
    return np.log(clip_probabilities(np.asarray(p, dtype=np.float64)))


def log_odds(p: Floats) -> Floats:
    """Return the log-odds `(n, 2)` of home to away, and of the draw to the geometric mean of both; NaN where unknown.

    >>> log_odds(np.array([[0.4, 0.2, 0.4]])).round(4)
    array([[ 0.    , -0.6931]])
    """
    is_known = np.isfinite(p).all(axis=1, keepdims=True)
    home, draw, away = log_probabilities(np.where(is_known, p, 1 / 3)).T
    return np.where(is_known, np.stack([home - away, draw - (home + away) / 2], axis=1), np.nan)


def of_log_odds(log_odds: Floats) -> Floats:
    """Return the probabilities `(n, 3)` that have the log-odds `(n, 2)`."""
    half, draw = log_odds[:, 0] / 2, log_odds[:, 1]
    return softmax(np.stack([half, draw, -half], axis=1))


def fit(design: Floats, outcomes: Ints | Floats, prior: Floats, penalty: float) -> Floats:
    """Return the coefficients `(k,)` of highest likelihood less `penalty / 2 * |theta - prior|^2`.

    Args:
        design: `(n, 3, k)`, what each coefficient multiplies for each outcome of each match.
        outcomes: `(n,)` of 0, 1, 2, or the probabilities of the three, `(n, 3)` (see `training_data.labels`).
        prior: `(k,)`, where the coefficients stay when the matches say nothing.
        penalty: weight of the prior, in units of likelihood (not of mean likelihood); positive.
    """
    labels = np.eye(3)[outcomes] if outcomes.ndim == 1 else outcomes
    happened = np.einsum("nc,nck->k", labels, design)

    def objective(theta: Floats) -> tuple[float, Floats]:
        scores = np.einsum("nck,k->nc", design, theta)
        highest = scores.max(axis=1)
        normaliser = np.log(np.exp(scores - highest[:, None]).sum(axis=1)) + highest
        value = float(normaliser.sum() - happened @ theta + penalty / 2 * np.square(theta - prior).sum())
        return value, scores

    def direction(theta: Floats, scores: Floats) -> tuple[Floats, Floats]:
        p = softmax(scores)
        mean = np.einsum("nc,nck->nk", p, design)
        gradient = mean.sum(axis=0) - happened + penalty * (theta - prior)
        curvature = np.einsum("nc,ncj,nck->jk", p, design, design) - np.einsum("nj,nk->jk", mean, mean)
        return gradient, np.linalg.solve(curvature + penalty * np.eye(len(theta)), gradient)

    return minimise(objective, direction, prior.astype(np.float64))
