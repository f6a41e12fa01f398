"""Dixon and Coles (1997): expected goals of both sides, correlated low scores, and the outcomes they add up to.

The strengths of the clubs come as features, fitted walk-forward; see `models.goals_model`.
"""

from collections.abc import Sequence
from typing import ClassVar

import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.features.catalog import FEATURES
from soccer_assets.models.contributions import Contributions
from soccer_assets.models.families.family import Estimator, Family, Range, Space
from soccer_assets.models.goals_model import GoalsModel, fit_goals, outcome_probabilities
from soccer_assets.models.training_data import Params
from soccer_assets.scoring import Floats

#: Groups of the catalogue that describe goals scored and conceded.
GOAL_GROUPS = ("dixon_coles", "goal_rates", "goals")


class DixonColesEstimator(Estimator, frozen=True, tag="dixon_coles"):
    """A goals model."""

    goals: GoalsModel

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return probabilities `(n, 3)` from the features of goals and `league`."""
        return outcome_probabilities(self.goals.rates(frame), self.goals.rho)

    def contributions(self, frame: pl.DataFrame) -> Contributions:
        """Return what each column adds by way of the expected goals."""
        return self.goals.contributions(frame, lambda rates: outcome_probabilities(rates, self.goals.rho))


class DixonColes(Family):
    """A goals model on the strengths of attack and defence, with home advantage by league.

    `penalty` is the L2 penalty in units of the likelihood.
    """

    estimator = DixonColesEstimator
    max_trials = 8
    space: ClassVar[Space] = {
        "half_life_days": Range(365.0, 7300.0, 2500.0, log=True),
        "penalty": Range(3.0, 3000.0, 300.0, log=True),
    }

    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> DixonColesEstimator:
        """Maximise the penalised likelihood of the goals; `seed` is not used."""
        return DixonColesEstimator(
            fit_goals(examples, goal_columns(columns), params["half_life_days"], params["penalty"])
        )


def goal_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that describe goals.

    Raises:
        ModelError: there are none.
    """
    goal_features = [feature.name for feature in FEATURES if feature.group in GOAL_GROUPS]
    used = tuple(name for name in columns if name in set(goal_features))
    if not used:
        raise ModelError(
            f"Expected columns of the groups {', '.join(GOAL_GROUPS)}, such as {', '.join(goal_features[:5])}; "
            f"found none among the {len(columns)} columns. Materialize match_features again."
        )
    return used
