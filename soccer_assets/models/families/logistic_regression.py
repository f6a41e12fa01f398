"""Multinomial logistic regression on standardised features, with an offset for each league.

The labels may be probabilities (`training_data.labels`), which no ready solver takes. Most probabilities of football
stay near the base rates, and so does the curvature of the likelihood. Newton's method with the curvature at the base
rates, which bounds the true one from above on average, needs a single decomposition and some ten steps.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from soccer_assets.models.conditional_logit import log_probabilities, softmax
from soccer_assets.models.contributions import Contributions, of_scores
from soccer_assets.models.families.family import Estimator, Family, Range, Space
from soccer_assets.models.training_data import Params, Scaling, informative, labels, recency_weights
from soccer_assets.optimise import minimise
from soccer_assets.scoring import Floats

FLAT = 1e-6  # precision of the intercepts: only their common level is left undetermined by the matches


class LogisticRegressionEstimator(Estimator, frozen=True, tag="logistic_regression"):
    """Fitted coefficients by outcome; a league never seen has no offset."""

    scaling: Scaling
    coefficients: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return probabilities `(n, 3)` from the features and `league`."""
        inputs = self.scaling.apply(frame)
        # a plain sum, not a BLAS product: a forecast has the same bytes alone and among others
        return softmax(np.einsum("nk,ck->nc", inputs, np.array(self.coefficients)) + np.array(self.intercepts))

    def contributions(self, frame: pl.DataFrame) -> Contributions:
        """Return coefficient times input of every column."""
        parts = np.einsum("nk,ck->nkc", self.scaling.apply(frame), np.array(self.coefficients))
        return of_scores(self.scaling.names, np.array(self.intercepts), parts)


class LogisticRegression(Family):
    """Multinomial logistic regression with an L2 penalty.

    `penalty` is in units of the likelihood; `soft_labels` is the share of the closing price in a label.
    """

    estimator = LogisticRegressionEstimator
    max_trials = 12
    space: ClassVar[Space] = {
        "half_life_days": Range(730.0, 7300.0, 2500.0, log=True),
        "penalty": Range(3.0, 3000.0, 100.0, log=True),
        "soft_labels": Range(0.0, 1.0, 1.0),
    }

    def fit(
        self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int
    ) -> LogisticRegressionEstimator:
        """Standardise and fit; the optimum is unique, so `seed` is not used."""
        from threadpoolctl import threadpool_limits

        label = labels(examples, params["soft_labels"])
        w = recency_weights(examples, params["half_life_days"])
        scaling = Scaling.from_frame(examples, informative(examples, columns))
        inputs = np.column_stack([scaling.apply(examples), np.ones(len(examples))])
        with threadpool_limits(limits=1, user_api="blas"):  # the last bits of a sum depend on the number of threads
            theta = _fit(inputs, label, w, params["penalty"]).tolist()
        return LogisticRegressionEstimator(
            scaling, tuple(tuple(row[:-1]) for row in theta), tuple(row[-1] for row in theta)
        )


def _fit(inputs: Floats, label: Floats, w: Floats, penalty: float) -> Floats:
    """Return the coefficients `(3, k)` of highest penalised likelihood; the last input is the intercept."""
    precision = np.full(inputs.shape[1], penalty)
    precision[-1] = FLAT
    base = w @ label / w.sum()
    gram = inputs.T @ (inputs * w[:, None])
    # the curvature of outcomes at their base rates: its directions separate, a system each
    sizes, directions = np.linalg.eigh(np.diag(base) - np.outer(base, base))
    inverses = [np.linalg.inv(max(size, 0.0) * gram + np.diag(precision)) for size in sizes]

    def objective(theta: Floats) -> tuple[float, Floats]:
        p = softmax(inputs @ theta.T)
        loss = -(w @ (label * log_probabilities(p)).sum(axis=1))
        return float(loss + (precision * theta**2).sum() / 2), p

    def direction(theta: Floats, p: Floats) -> tuple[Floats, Floats]:
        gradient = ((p - label) * w[:, None]).T @ inputs + precision * theta
        rotated = directions.T @ gradient
        return gradient, directions @ np.stack(
            [inverse @ part for inverse, part in zip(inverses, rotated, strict=True)]
        )

    start = np.zeros((3, inputs.shape[1]))
    start[:, -1] = np.log(base)
    return minimise(objective, direction, start)
