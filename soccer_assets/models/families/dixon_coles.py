"""Dixon and Coles (1997): expected goals of both sides, correlated low scores, and the outcomes they add up to.

The strengths of the clubs come as features, fitted walk-forward; see `models.goals`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.features.catalog import FEATURES
from soccer_assets.models.goals_model import GoalsModel, fit_goals, outcome_probabilities
from soccer_assets.models.training_data import Params
from soccer_assets.scoring import Floats

if TYPE_CHECKING:
    from optuna import Trial

#: Groups of the catalogue that tell of goals scored and conceded.
GOAL_GROUPS = ("dixon_coles", "goal_rates", "goals")


class DixonColesEstimator(msgspec.Struct, frozen=True, tag="dixon_coles", forbid_unknown_fields=True):
    """A goals model."""

    goals: GoalsModel

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Probabilities `(n, 3)` from the features of goals and `league`."""
        return outcome_probabilities(self.goals.rates(frame), self.goals.rho)

    def encode(self) -> str:
        """Text that `families.decode` reads."""
        return msgspec.json.encode(self).decode()


class DixonColes:
    """A goals model on the strengths of attack and defence, with home advantage by league."""

    name = "dixon_coles"
    complexity = 2
    max_trials = 8
    defaults: ClassVar[Params] = {"half_life_days": 2500.0, "penalty": 300.0}

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """`half_life_days` of the weights and `penalty`, the L2 penalty in units of the likelihood."""
        return {
            "half_life_days": trial.suggest_float("half_life_days", 365.0, 7300.0, log=True),
            "penalty": trial.suggest_float("penalty", 3.0, 3000.0, log=True),
        }

    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> DixonColesEstimator:
        """Maximise the penalised likelihood of the goals; `seed` has nothing to act on."""
        used = goal_columns(columns)
        return DixonColesEstimator(fit_goals(examples, used, params["half_life_days"], params["penalty"]))


def goal_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that tell of goals.

    Raises:
        ModelError: there are none.
    """
    known = [feature.name for feature in FEATURES if feature.group in GOAL_GROUPS]
    used = tuple(name for name in columns if name in set(known))
    if not used:
        raise ModelError(
            f"Expected columns of the groups {', '.join(GOAL_GROUPS)}, such as {', '.join(known[:5])}; found none "
            f"among the {len(columns)} columns. Materialize match_features again."
        )
    return used
