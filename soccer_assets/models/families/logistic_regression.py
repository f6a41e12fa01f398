"""Multinomial logistic regression on standardised features, with an offset for each league.

The labels may be probabilities (`design.labels`), which no ready solver takes. Football is hard to forecast: most
probabilities stay near the base rates, and so does the curvature of the likelihood. Newton's method with the curvature
at the base rates, which bounds the true one from above on average, needs a single decomposition and some ten steps.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np
import polars as pl

from soccer_assets.models.conditional_logit import log_probabilities, softmax
from soccer_assets.models.training_data import Params, Scaling, informative, labels, recency_weights
from soccer_assets.scoring import Floats

if TYPE_CHECKING:
    from optuna import Trial

FLAT = 1e-6  # precision of the intercepts: only their common level is left undetermined by the matches


class LogisticRegressionEstimator(msgspec.Struct, frozen=True, tag="logistic_regression", forbid_unknown_fields=True):
    """Fitted coefficients by outcome; a league never seen has no offset."""

    scaling: Scaling
    coefficients: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]
    intercepts: tuple[float, float, float]

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Probabilities `(n, 3)` from the features and `league`."""
        inputs = self.scaling.apply(frame)
        # a plain sum, not a BLAS product: a forecast has the same bytes alone and among others
        return softmax(np.einsum("nk,ck->nc", inputs, np.array(self.coefficients)) + np.array(self.intercepts))

    def encode(self) -> str:
        """Text that `families.decode` reads."""
        return msgspec.json.encode(self).decode()


class LogisticRegression:
    """Multinomial logistic regression with an L2 penalty."""

    name = "logistic_regression"
    complexity = 4
    max_trials = 12
    defaults: ClassVar[Params] = {"half_life_days": 2500.0, "penalty": 100.0, "soft_labels": 1.0}

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """`half_life_days` of the weights, `penalty` in units of the likelihood, `soft_labels`: the price's share."""
        return {
            "half_life_days": trial.suggest_float("half_life_days", 730.0, 7300.0, log=True),
            "penalty": trial.suggest_float("penalty", 3.0, 3000.0, log=True),
            "soft_labels": trial.suggest_float("soft_labels", 0.0, 1.0),
        }

    def fit(
        self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int
    ) -> LogisticRegressionEstimator:
        """Standardise and fit; the optimum is unique, so `seed` has nothing to act on."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        told = labels(examples, params["soft_labels"])
        w = recency_weights(examples, params["half_life_days"])
        scaling = Scaling.of(examples, informative(examples, columns))
        inputs = np.column_stack([scaling.apply(examples), np.ones(len(examples))])
        with threadpool_limits(limits=1, user_api="blas"):  # the last bits of a sum depend on the number of threads
            theta = _fit(inputs, told, w, params["penalty"]).tolist()
        return msgspec.convert(
            {
                "type": self.name,
                "scaling": msgspec.to_builtins(scaling),
                "coefficients": [row[:-1] for row in theta],
                "intercepts": [row[-1] for row in theta],
            },
            LogisticRegressionEstimator,
        )


def _fit(inputs: Floats, told: Floats, w: Floats, penalty: float) -> Floats:
    """Coefficients `(3, k)` of highest penalised likelihood; the last input is the intercept."""
    precision = np.full(inputs.shape[1], penalty)
    precision[-1] = FLAT
    base = w @ told / w.sum()
    gram = inputs.T @ (inputs * w[:, None])
    # the curvature of outcomes at their base rates: its directions separate, a system each
    sizes, directions = np.linalg.eigh(np.diag(base) - np.outer(base, base))
    inverses = [np.linalg.inv(max(size, 0.0) * gram + np.diag(precision)) for size in sizes]

    def objective(theta: Floats) -> tuple[float, Floats]:
        p = softmax(inputs @ theta.T)
        loss = -(w @ (told * log_probabilities(p)).sum(axis=1))
        return float(loss + (precision * theta**2).sum() / 2), p

    theta = np.zeros((3, inputs.shape[1]))
    theta[:, -1] = np.log(base)
    value, p = objective(theta)
    for _ in range(100):
        gradient = ((p - told) * w[:, None]).T @ inputs + precision * theta
        rotated = directions.T @ gradient
        step = directions @ np.stack([inverse @ part for inverse, part in zip(inverses, rotated, strict=True)])
        size = 1.0
        while (trial := objective(theta - size * step))[0] > value and size > 1e-6:
            size /= 2
        theta, (value, p) = theta - size * step, trial
        if (gradient * step).sum() < 1e-8:  # about twice what the step gained, in nats over all matches
            break
    return theta
