"""Multinomial logistic regression on standardised features, with an offset for each league.

A null is replaced by the training mean and, where nulls are not rare, marked by an indicator. Standardised
values are clipped, so that one absurd number cannot carry a linear model away. Prediction needs numpy only.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from soccer_assets.models.conditional_logit import softmax
from soccer_assets.models.design import (
    Params,
    feature_matrix,
    league_codes,
    outcomes_of,
    recency_weights,
)
from soccer_assets.scoring import Floats

if TYPE_CHECKING:
    from optuna import Trial

CLIP = 5.0  # standard deviations
RARE = 0.002  # share of nulls below which an indicator would be noise


class _Scaling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a frame becomes the columns of the regression: features, null indicators, leagues."""

    columns: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    indicators: tuple[str, ...]
    leagues: tuple[str, ...]

    def apply(self, frame: pl.DataFrame) -> Floats:
        raw = feature_matrix(frame, self.columns)
        null = np.isnan(raw)
        scaled = np.where(null, 0.0, (raw - np.array(self.means)) / np.array(self.deviations))
        marked = null[:, [self.columns.index(name) for name in self.indicators]]
        league = league_codes(frame, self.leagues)[:, None] == np.arange(len(self.leagues))
        return np.ascontiguousarray(np.hstack([np.clip(scaled, -CLIP, CLIP), marked, league]))


class LogisticRegressionEstimator(msgspec.Struct, frozen=True, tag="logistic_regression", forbid_unknown_fields=True):
    """Fitted coefficients by outcome; a league never seen has no offset."""

    scaling: _Scaling
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
    complexity = 2
    max_trials = 20
    defaults: ClassVar[Params] = {"half_life_days": 2500.0, "penalty": 1000.0}

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """`half_life_days` of the weights and `penalty`, the L2 penalty in units of the likelihood."""
        return {
            "half_life_days": trial.suggest_float("half_life_days", 730.0, 7300.0, log=True),
            "penalty": trial.suggest_float("penalty", 10.0, 10000.0, log=True),
        }

    def fit(
        self,
        examples: pl.DataFrame,
        columns: Sequence[str],
        params: Params,
        seed: int,
        weights: ArrayLike | None = None,
    ) -> LogisticRegressionEstimator:
        """Standardise and fit; the optimum is unique, so `seed` has nothing to act on."""
        from sklearn.linear_model import LogisticRegression as Solver
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # a dependency of scikit-learn

        y = outcomes_of(examples)
        w = recency_weights(examples, params["half_life_days"], weights)
        scaling = _scaling(examples, columns)
        solver = Solver(C=1 / params["penalty"], solver="newton-cholesky", tol=1e-4, max_iter=100)
        with threadpool_limits(limits=1, user_api="blas"):  # the last bits of a sum depend on the number of threads
            solver.fit(scaling.apply(examples), y, sample_weight=w)
        return msgspec.convert(
            {
                "type": self.name,
                "scaling": msgspec.to_builtins(scaling),
                "coefficients": solver.coef_.tolist(),
                "intercepts": solver.intercept_.tolist(),
            },
            LogisticRegressionEstimator,
        )


def _scaling(examples: pl.DataFrame, columns: Sequence[str]) -> _Scaling:
    raw = feature_matrix(examples, columns)
    null = np.isnan(raw)
    known = np.maximum((~null).sum(axis=0), 1)
    filled = np.nan_to_num(raw)
    means = filled.sum(axis=0) / known
    deviations = np.sqrt((np.square(filled - means) * ~null).sum(axis=0) / known)
    patterns: dict[bytes, str] = {}  # windows of one length are null together: one indicator is enough
    for place, name in enumerate(columns):
        if null[:, place].mean() > RARE and not null[:, place].all():
            patterns.setdefault(null[:, place].tobytes(), name)
    return _Scaling(
        columns=tuple(columns),
        means=tuple(means.tolist()),
        deviations=tuple(np.where(deviations > 1e-9, deviations, 1.0).tolist()),
        indicators=tuple(patterns.values()),
        leagues=tuple(sorted(examples["league"].unique().to_list())),
    )
