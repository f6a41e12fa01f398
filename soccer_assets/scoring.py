"""How good a forecast was: one definition of every metric, used to train, to select and to monitor.

The per-match metrics share one signature, `metric(p, y) -> losses`: `p` is `(n, 3)` in the order home, draw,
away and `y` holds 0, 1 or 2. Averages and paired comparisons are then built from the losses, so they hold for
every metric.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

OUTCOMES = ("home", "draw", "away")
PROBABILITIES = ("p_home", "p_draw", "p_away")
#: How far three probabilities that were rounded may be from 1.
SUM_TOLERANCE = 1e-9
#: Bins of equal width of the expected calibration error.
BINS = 10
#: Match dates are drawn so often for an interval.
RESAMPLES = 1000
SMALLEST = 1e-15  # a probability of zero costs 34.5 nats instead of infinity


@dataclass(frozen=True)
class Interval:
    """A mean with its 95% percentile interval."""

    mean: float
    low: float
    high: float

    @property
    def includes_zero(self) -> bool:
        """Whether zero, no difference, is inside the interval or on its edge."""
        return self.low <= 0.0 <= self.high


def outcome_of_goals() -> pl.Expr:
    """Return the outcome of home_goals and away_goals: 0 home win, 1 draw, 2 away win; null where they are unknown.

    >>> pl.DataFrame({"home_goals": [2, 1], "away_goals": [0, 1]}).select(outcome_of_goals()).to_series().to_list()
    [0, 1]
    """
    return (1 - (pl.col("home_goals").cast(pl.Int64) - pl.col("away_goals").cast(pl.Int64)).sign()).cast(pl.Int8)


def log_loss(p: ArrayLike, y: ArrayLike) -> Floats:
    """Return the negative log-likelihood of each outcome `(n,)`, in nats.

    >>> log_loss([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]], [0, 1]).round(4)
    array([0.6931, 1.204 ])
    """
    p, y = _matches(p, y)
    return -np.log(np.clip(p[np.arange(len(y)), y], SMALLEST, 1.0))


def expected_log_loss(p: ArrayLike, labels: ArrayLike) -> Floats:
    """Return the log loss of each match `(n,)` as it is expected under `labels`, probabilities `(n, 3)`, in nats.

    With the closing prices for labels it ranks forecasters nearly as results do, with far less luck.

    Raises:
        ValueError: the shapes differ or are not (n, 3).
    """
    p, labels = np.asarray(p, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] != 3 or p.shape != labels.shape:
        raise ValueError(f"expected probabilities and labels of shape (n, 3); found {p.shape} and {labels.shape}")
    return np.asarray(-(labels * np.log(np.clip(p, SMALLEST, 1.0))).sum(axis=1))


def divergence(p: ArrayLike, closing: ArrayLike) -> Floats:
    """Return `expected_log_loss` of each match under its closing price less the price's own, NaN where it is not known.

    It is the divergence of Kullback and Leibler: 0 where the forecast is the price, and never below.

    Raises:
        ValueError: the shapes differ or are not (n, 3).
    """
    apart = expected_log_loss(p, closing) - expected_log_loss(closing, closing)
    return np.maximum(apart, 0.0)  # rounding


def rps(p: ArrayLike, y: ArrayLike) -> Floats:
    """Return the ranked probability score of each match, 0 to 1 (Epstein 1969; Constantinou and Fenton 2012).

    >>> rps([[0.5, 0.3, 0.2]], [0]).round(4)
    array([0.145])
    """
    p, y = _matches(p, y)
    gaps = np.cumsum(p - np.eye(3)[y], axis=1)[:, :2]
    return np.asarray(np.square(gaps).sum(axis=1) / 2)


def brier(p: ArrayLike, y: ArrayLike) -> Floats:
    """Return the Brier score of each match summed over the three outcomes, between 0 and 2."""
    p, y = _matches(p, y)
    return np.asarray(np.square(p - np.eye(3)[y]).sum(axis=1))


def ece(p: ArrayLike, y: ArrayLike, bins: int = BINS) -> float:
    """Return the expected calibration error: the `3n` pairs of probability and event pooled into bins of equal width.

    Raises:
        ValueError: there is no match.
    """
    p, y = _matches(p, y)
    if len(y) == 0:
        raise ValueError("ece of no match is not defined; expected at least one row")
    forecast, happened = p.ravel(), np.eye(3)[y].ravel()
    bin_of = np.minimum((forecast * bins).astype(np.int64), bins - 1)
    return float(np.abs(np.bincount(bin_of, forecast - happened, bins)).sum() / len(forecast))


def accuracy(p: ArrayLike, y: ArrayLike) -> Floats:
    """Return 1.0 where the likeliest outcome happened, else 0.0."""
    p, y = _matches(p, y)
    return np.asarray(p.argmax(axis=1) == y, dtype=np.float64)


def paired_difference(
    a: ArrayLike, b: ArrayLike, dates: ArrayLike, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """Return the mean of `a - b` over matches with a bootstrap interval that resamples whole match dates.

    Matches of one day share news, weather and the state of every model, so a day is drawn or left out as a
    whole.

    Args:
        a: losses of one forecaster, one per match.
        b: losses of the other on the same matches.
        dates: match date of each row.
        resamples: number of bootstrap samples.
        seed: the same seed draws the same days.

    Raises:
        ValueError: there is no loss, or the lengths differ.
    """
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    days = np.asarray(dates)
    if difference.ndim != 1 or len(difference) == 0 or len(days) != len(difference):
        raise ValueError(
            f"expected as many dates as losses and at least one; found {difference.shape} losses, {len(days)} dates"
        )
    _, day = np.unique(days, return_inverse=True)
    n_days = int(day.max()) + 1
    drawn = day_draws(n_days, resamples, seed)
    means = (drawn @ np.bincount(day, difference, n_days)) / (drawn @ np.bincount(day, minlength=n_days))
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(difference.mean()), float(low), float(high))


@lru_cache(maxsize=2)
def day_draws(days: int, resamples: int = RESAMPLES, seed: int = 0) -> Ints:
    """Return how often a block bootstrap draws each day, `(resamples, days)`."""
    drawn = np.random.default_rng(seed).multinomial(days, np.full(days, 1 / days), size=resamples)
    drawn.flags.writeable = False  # the array is shared between calls
    return drawn


def summary(p: ArrayLike, y: ArrayLike) -> dict[str, float]:
    """Return the means of every metric over the matches, and their number `n`.

    >>> summary([[0.5, 0.3, 0.2]] * 2, [0, 1])["accuracy"]
    0.5
    """
    metrics: dict[str, Any] = {"log_loss": log_loss, "rps": rps, "brier": brier, "accuracy": accuracy}
    means = {name: float(metric(p, y).mean()) for name, metric in metrics.items()}
    return {"n": len(np.asarray(y)), **means, "ece": ece(p, y)}


def _matches(p: ArrayLike, y: ArrayLike) -> tuple[Floats, Ints]:
    probabilities, outcomes = np.asarray(p, dtype=np.float64), np.asarray(y, dtype=np.int64)
    if probabilities.ndim != 2 or probabilities.shape != (outcomes.size, 3):
        raise ValueError(
            f"expected probabilities of shape (n, 3) for n outcomes; "
            f"found {probabilities.shape} for {outcomes.size} outcomes"
        )
    if outcomes.size and (outcomes.min() < 0 or outcomes.max() > 2):
        raise ValueError(f"expected outcomes 0, 1 or 2 (home, draw, away); found {np.unique(outcomes)[:5].tolist()}")
    return probabilities, outcomes
