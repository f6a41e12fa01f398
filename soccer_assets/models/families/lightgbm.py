"""Gradient-boosted trees by LightGBM (Ke et al. 2017), kept as LightGBM's own model text.

The league is a categorical feature. Deterministic mode with fixed threads and seeds: two fits give the same
bytes. One thread: candidates are fitted side by side, and threads that wait for each other on a busy machine
took five times as long. The trees do not depend on it.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import numpy as np
import polars as pl
from numpy.typing import ArrayLike

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

FIXED: Mapping[str, Any] = {
    "objective": "multiclass",
    "num_class": 3,
    "learning_rate": 0.05,
    "max_bin": 127,
    "bagging_freq": 1,
    "max_cat_to_onehot": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


class LightGbmEstimator(msgspec.Struct, frozen=True, dict=True, eq=False, tag="lightgbm", forbid_unknown_fields=True):
    """A booster's text with what its inputs were; a league never seen counts as a missing category."""

    columns: tuple[str, ...]
    leagues: tuple[str, ...]
    booster: str

    @cached_property
    def _booster(self) -> Any:
        from lightgbm import Booster

        return Booster(model_str=self.booster)

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Probabilities `(n, 3)` from the features and `league`; the booster is read once."""
        if frame.is_empty():
            return np.empty((0, 3))
        p = self._booster.predict(_inputs(frame, self.columns, self.leagues), num_threads=FIXED["num_threads"])
        return np.asarray(p, dtype=np.float64)

    def encode(self) -> str:
        """Text that `families.decode` reads."""
        return msgspec.json.encode(self).decode()


class LightGbm:
    """Gradient-boosted trees on the features and the league."""

    name = "lightgbm"
    complexity = 3
    max_trials = 40
    defaults: ClassVar[Params] = {
        "half_life_days": 4000.0,
        "rounds": 150,
        "num_leaves": 12,
        "min_data_in_leaf": 800,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.7,
        "lambda_l2": 20.0,
    }

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """Size of the ensemble, size of a tree, what it sees, the penalty, the half-life of the weights."""
        return {
            "half_life_days": trial.suggest_float("half_life_days", 730.0, 7300.0, log=True),
            "rounds": trial.suggest_int("rounds", 50, 400, log=True),
            "num_leaves": trial.suggest_int("num_leaves", 4, 32, log=True),
            "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 50, 3000, log=True),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 0.9),
            "bagging_fraction": trial.suggest_float("bagging_fraction", 0.4, 0.95),
            "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 200.0, log=True),
        }

    def fit(
        self,
        examples: pl.DataFrame,
        columns: Sequence[str],
        params: Params,
        seed: int,
        weights: ArrayLike | None = None,
    ) -> LightGbmEstimator:
        """Boost for `params["rounds"]` rounds; `seed` draws the rows and features of each tree."""
        import lightgbm

        y = outcomes_of(examples)
        w = recency_weights(examples, params["half_life_days"], weights)
        leagues = tuple(sorted(examples["league"].unique().to_list()))
        inputs = _inputs(examples, columns, leagues)
        tuned = {name: value for name, value in params.items() if name not in ("half_life_days", "rounds")}
        settings = {**FIXED, **tuned, "seed": seed}
        data = lightgbm.Dataset(inputs, y, weight=w, categorical_feature=[len(columns)], params=settings)
        booster = lightgbm.train(settings, data, num_boost_round=int(params["rounds"]))
        return LightGbmEstimator(tuple(columns), leagues, booster.model_to_string())


def _inputs(frame: pl.DataFrame, columns: Sequence[str], leagues: Sequence[str]) -> Floats:
    league = league_codes(frame, leagues).astype(np.float64)
    league[league < 0] = np.nan
    return np.column_stack([feature_matrix(frame, columns), league])
