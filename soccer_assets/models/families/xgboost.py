"""Gradient-boosted trees grown by XGBoost (Chen and Guestrin 2016) on labels that are probabilities.

One thread and a fixed seed: two fits give the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from soccer_assets.models.conditional_logit import log_probabilities
from soccer_assets.models.families.boosted_trees import BoostedTreesEstimator, inputs, soft_gradients, start
from soccer_assets.models.training_data import Params, labels, recency_weights
from soccer_assets.models.trees import Forest, Node
from soccer_assets.scoring import Floats

if TYPE_CHECKING:
    from optuna import Trial

FIXED: Mapping[str, Any] = {
    "num_class": 3,
    "base_score": 0.0,
    "tree_method": "hist",
    "max_bin": 64,
    "disable_default_eval_metric": True,
    "nthread": 1,
    "verbosity": 0,
}
FITTING = ("half_life_days", "soft_labels", "penalty", "rounds")


class XgBoostEstimator(BoostedTreesEstimator, frozen=True, tag="xgboost"):
    """Trees grown by XGBoost."""


class XgBoost:
    """Trees on what the logistic regression leaves over."""

    name = "xgboost"
    complexity = 7
    max_trials = 6
    defaults: ClassVar[Params] = {
        "half_life_days": 4000.0,
        "soft_labels": 1.0,
        "penalty": 100.0,
        "rounds": 60,
        "learning_rate": 0.08,
        "max_depth": 4,
        "min_child_weight": 100.0,
        "colsample_bynode": 0.4,
        "subsample": 0.7,
        "reg_lambda": 20.0,
    }

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """Size of the ensemble and of a tree, what it sees, and what the linear start is fitted with."""
        return {
            "half_life_days": trial.suggest_float("half_life_days", 730.0, 7300.0, log=True),
            "soft_labels": trial.suggest_float("soft_labels", 0.0, 1.0),
            "penalty": trial.suggest_float("penalty", 3.0, 3000.0, log=True),
            "rounds": trial.suggest_int("rounds", 30, 120, log=True),
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.2, log=True),
            "max_depth": trial.suggest_int("max_depth", 2, 5),
            "min_child_weight": trial.suggest_float("min_child_weight", 5.0, 500.0, log=True),
            "colsample_bynode": trial.suggest_float("colsample_bynode", 0.2, 0.9),
            "subsample": trial.suggest_float("subsample", 0.4, 0.95),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 200.0, log=True),
        }

    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> XgBoostEstimator:
        """Boost for `params["rounds"]` rounds; `seed` draws the rows and features of each tree."""
        import xgboost

        told = labels(examples, params["soft_labels"])
        w = recency_weights(examples, params["half_life_days"])
        used, linear, p = start(examples, columns, params)

        def objective(scores: Floats, _: xgboost.DMatrix) -> tuple[Floats, Floats]:
            return soft_gradients(np.asarray(scores, dtype=np.float64).reshape(-1, 3), told, w)

        tuned = {name: value for name, value in params.items() if name not in FITTING}
        data = xgboost.QuantileDMatrix(
            inputs(examples, used), base_margin=log_probabilities(p), max_bin=FIXED["max_bin"], nthread=1
        )
        booster = xgboost.train({**FIXED, **tuned, "seed": seed}, data, int(params["rounds"]), obj=objective)
        model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]
        return XgBoostEstimator(used, linear, Forest.of(map(_nodes, model["trees"]), 3))


def _nodes(tree: Mapping[str, Any]) -> list[Node]:
    """The nodes of a tree in XGBoost's own JSON; it goes left where `x < threshold`, in single precision."""
    below = np.nextafter(np.float32(tree["split_conditions"]), np.float32(-np.inf)).astype(np.float64)
    return [
        Node(-1, 0.0, False, 0, 0, value) if left < 0 else Node(feature, threshold, bool(default), left, right, 0.0)
        for left, right, feature, threshold, default, value in zip(
            tree["left_children"],
            tree["right_children"],
            tree["split_indices"],
            below.tolist(),
            tree["default_left"],
            tree["split_conditions"],
            strict=True,
        )
    ]
