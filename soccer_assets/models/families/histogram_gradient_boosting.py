"""Histogram gradient boosting by scikit-learn, after LightGBM's design, on labels that are probabilities.

Its classifier takes no such labels, and three weighted copies of each match took twice as long. So what the logistic
regression leaves over of the probabilities of a home and of an away win is grown by least squares, a proper score too
(Brier 1950); the draw gives way. Matches are as heavy as each other: the quantiles of weighted ones took longer
than all trees. One thread and a fixed seed: two fits give the same bytes.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from soccer_assets.models.families.boosted_trees import BoostedTreesEstimator, inputs, start
from soccer_assets.models.training_data import Params, labels
from soccer_assets.models.trees import Forest, Node
from soccer_assets.scoring import Floats

if TYPE_CHECKING:
    from optuna import Trial

LEAST = 0.005  # no outcome of a football match is less likely; sums of trees may fall below
FITTING = ("half_life_days", "soft_labels", "penalty")


class HistogramGradientBoostingEstimator(BoostedTreesEstimator, frozen=True, tag="histogram_gradient_boosting"):
    """Trees grown by scikit-learn: what they add are probabilities of home and away, the draw gives way."""

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Probabilities `(n, 3)` from the features and `league`."""
        added = self.forest.scores(inputs(frame, self.columns))
        # no BLAS product: a forecast has the same bytes alone and among others
        added = np.stack([added[:, 0], -added[:, 0] - added[:, 1], added[:, 1]], axis=1)
        p = np.maximum(self.linear.predict(frame) + added, LEAST)
        return np.asarray(p / p.sum(axis=1, keepdims=True))


class HistogramGradientBoosting:
    """Trees on what the logistic regression leaves over."""

    name = "histogram_gradient_boosting"
    complexity = 5
    max_trials = 6
    defaults: ClassVar[Params] = {
        "half_life_days": 4000.0,
        "soft_labels": 1.0,
        "penalty": 100.0,
        "max_iter": 60,
        "learning_rate": 0.1,
        "max_leaf_nodes": 12,
        "min_samples_leaf": 400,
        "max_features": 0.4,
        "l2_regularization": 20.0,
    }

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """Size of the ensemble and of a tree, what it sees, and what the linear start is fitted with."""
        return {
            "half_life_days": trial.suggest_float("half_life_days", 730.0, 7300.0, log=True),
            "soft_labels": trial.suggest_float("soft_labels", 0.0, 1.0),
            "penalty": trial.suggest_float("penalty", 3.0, 3000.0, log=True),
            "max_iter": trial.suggest_int("max_iter", 40, 90, log=True),
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.2, log=True),
            "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 4, 24, log=True),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 50, 2000, log=True),
            "max_features": trial.suggest_float("max_features", 0.2, 0.9),
            "l2_regularization": trial.suggest_float("l2_regularization", 0.1, 200.0, log=True),
        }

    def fit(
        self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int
    ) -> HistogramGradientBoostingEstimator:
        """Boost for `params["max_iter"]` rounds; `seed` draws the features of each split."""
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        told = labels(examples, params["soft_labels"])
        used, linear, p = start(examples, columns, params)
        tuned = {name: value for name, value in params.items() if name not in FITTING}
        grown = HistGradientBoostingRegressor(max_bins=63, early_stopping=False, random_state=seed, **tuned)
        known, over = inputs(examples, used), told - p
        stages = []
        with threadpool_limits(limits=1):
            for outcome in (0, 2):
                grown.fit(known, over[:, outcome])
                base = Node(-1, 0.0, False, 0, 0, grown._baseline_prediction.item())
                stages.append([[base], *(_nodes(stage[0].nodes) for stage in grown._predictors)])
        forest = Forest.of((tree for pair in zip(*stages, strict=True) for tree in pair), 2)
        return HistogramGradientBoostingEstimator(used, linear, forest)


def _nodes(nodes: Any) -> list[Node]:
    """The nodes of a tree from scikit-learn's array of records."""
    return [
        Node(
            -1 if node["is_leaf"] else node["feature_idx"],
            node["num_threshold"],
            node["missing_go_to_left"],
            node["left"],
            node["right"],
            node["value"],
        )
        for node in nodes
    ]
