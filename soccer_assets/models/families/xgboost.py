"""Gradient-boosted trees grown by XGBoost (Chen and Guestrin 2016) on labels that are probabilities.

One thread and a fixed seed: two fits give the same bytes.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from soccer_assets.models.conditional_logit import log_probabilities
from soccer_assets.models.families.boosted_trees import START, BoostedTrees, BoostedTreesEstimator, soft_gradients
from soccer_assets.models.families.family import Range, Space
from soccer_assets.models.trees import Forest, Node
from soccer_assets.scoring import Floats

FIXED: Mapping[str, Any] = {
    "num_class": 3,
    "base_score": 0.0,
    "tree_method": "hist",
    "max_bin": 64,
    "disable_default_eval_metric": True,
    "nthread": 1,
    "verbosity": 0,
}


class XgBoostEstimator(BoostedTreesEstimator, frozen=True, tag="xgboost"):
    """Trees grown by XGBoost."""


class XgBoost(BoostedTrees):
    """Trees of XGBoost on what the logistic regression leaves over."""

    estimator = XgBoostEstimator
    max_trials = 6
    space: ClassVar[Space] = START | {
        "rounds": Range(30, 120, 60, log=True, whole=True),
        "learning_rate": Range(0.03, 0.2, 0.08, log=True),
        "max_depth": Range(2, 5, 4, whole=True),
        "min_child_weight": Range(5.0, 500.0, 100.0, log=True),
        "colsample_bynode": Range(0.2, 0.9, 0.4),
        "subsample": Range(0.4, 0.95, 0.7),
        "reg_lambda": Range(0.1, 200.0, 20.0, log=True),
    }

    def grow(self, inputs: Floats, label: Floats, w: Floats, p: Floats, params: Mapping[str, Any], seed: int) -> Forest:
        """Boost for `params["rounds"]` rounds."""
        import xgboost

        def objective(scores: Floats, _: xgboost.DMatrix) -> tuple[Floats, Floats]:
            return soft_gradients(np.asarray(scores, dtype=np.float64).reshape(-1, 3), label, w)

        tuned = {name: value for name, value in params.items() if name != "rounds"}
        data = xgboost.QuantileDMatrix(inputs, base_margin=log_probabilities(p), max_bin=FIXED["max_bin"], nthread=1)
        booster = xgboost.train({**FIXED, **tuned, "seed": seed}, data, int(params["rounds"]), obj=objective)
        model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]
        return Forest.from_trees(map(_nodes, model["trees"]), 3)


def _nodes(tree: Mapping[str, Any]) -> list[Node]:
    """Return the nodes of a tree in XGBoost's own JSON; it goes left where `x < threshold`, in single precision."""
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
