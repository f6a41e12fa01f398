"""The bivariate Poisson model of Karlis and Ntzoufras (2003): both sides also share some goals.

Home goals are `A + S` and away goals `B + S` with independent Poisson numbers, so the expected goals are those of the
goals model and their covariance is the mean of `S`. The outcome depends on `A - B` alone.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from soccer_assets.models.contributions import Contributions
from soccer_assets.models.families.dixon_coles import DixonColes, goal_columns
from soccer_assets.models.families.family import Estimator, Family, Space
from soccer_assets.models.goals_model import LEAST, GoalsModel, fit_goals, goals_of, outcome_probabilities
from soccer_assets.models.training_data import Params, recency_weights
from soccer_assets.scoring import Floats, Ints

LARGEST = 0.9 * LEAST  # some goals are always a side's own


class BivariatePoissonEstimator(Estimator, frozen=True, tag="bivariate_poisson"):
    """A goals model and the mean of the goals that both sides share."""

    goals: GoalsModel
    shared: float

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return probabilities `(n, 3)` from the features of goals and `league`."""
        return outcome_probabilities(self.goals.rates(frame) - self.shared)

    def contributions(self, frame: pl.DataFrame) -> Contributions:
        """Return what each column adds by way of the expected goals."""
        return self.goals.contributions(frame, lambda rates: outcome_probabilities(rates - self.shared))


class BivariatePoisson(Family):
    """A goals model with goals that both sides share; the expected goals are fitted as by `DixonColes`."""

    estimator = BivariatePoissonEstimator
    max_trials = DixonColes.max_trials
    space: ClassVar[Space] = DixonColes.space

    def fit(
        self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int
    ) -> BivariatePoissonEstimator:
        """Maximise the likelihood of the goals, then that of the shared ones; `seed` is not used."""
        used = goal_columns(columns)
        goals = fit_goals(examples, used, params["half_life_days"], params["penalty"])
        w = recency_weights(examples, params["half_life_days"])
        return BivariatePoissonEstimator(goals, _shared(goals.rates(examples), goals_of(examples), w))


def _shared(rates: Floats, goals: Ints, w: Floats) -> float:
    """Return the covariance of highest likelihood, by golden section to a ten-thousandth of a goal."""
    golden, low, high = (np.sqrt(5) - 1) / 2, 0.0, LARGEST
    while high - low > 1e-4:
        inner = (high - golden * (high - low), low + golden * (high - low))
        one, other = (w @ _log_likelihood(rates, goals, shared) for shared in inner)
        low, high = (low, inner[1]) if one > other else (inner[0], high)
    return float((low + high) / 2)


def _log_likelihood(rates: Floats, goals: Ints, shared: float) -> Floats:
    """Return the logarithm of the probability of each score, less what does not depend on `shared`."""
    own = rates - shared
    # the sum over k shared goals: each term from the one before it
    term = np.ones(len(goals))
    total = term.copy()
    for k in range(1, int(goals.min(axis=1).max()) + 1):
        left = goals - k + 1
        term = term * np.maximum(left, 0).prod(axis=1) * shared / (k * own.prod(axis=1))
        total += term
    return np.asarray((goals * np.log(own)).sum(axis=1) - own.sum(axis=1) - shared + np.log(total))
