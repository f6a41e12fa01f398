"""Histogram gradient boosting by scikit-learn, after LightGBM's design, on labels that are probabilities.

Its classifier takes no such labels, and three weighted copies of each match took twice as long. So what the logistic
regression leaves over of the probabilities of a home and of an away win is grown by least squares, a proper score too
(Brier 1950); the draw gives way. Matches are as heavy as each other: the quantiles of weighted ones took longer
than all trees. One thread and a fixed seed: two fits give the same bytes.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import polars as pl

from soccer_assets.models.conditional_logit import log_odds, of_log_odds
from soccer_assets.models.contributions import Contributions, along_line
from soccer_assets.models.families.boosted_trees import START, BoostedTrees, BoostedTreesEstimator, inputs
from soccer_assets.models.families.family import Range, Space
from soccer_assets.models.trees import Forest, Node
from soccer_assets.scoring import Floats

LEAST = 0.005  # no outcome of a football match is less likely; sums of trees may fall below


class HistogramGradientBoostingEstimator(BoostedTreesEstimator, frozen=True, tag="histogram_gradient_boosting"):
    """Trees grown by scikit-learn: what they add are probabilities of home and away, the draw gives way."""

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return probabilities `(n, 3)` from the features and `league`."""
        return _moved(self.linear.predict(frame), self.forest.scores(inputs(frame, self.columns)))

    def contributions(self, frame: pl.DataFrame) -> Contributions:
        """Return what each column adds by way of the linear start and of the trees."""
        linear, (base, parts) = self.linear.contributions(frame), self.of_trees(frame)
        both = np.zeros((len(frame), len(linear.names) + len(self.columns), 4))
        both[:, : len(linear.names), :2], both[:, len(linear.names) :, 2:] = linear.values, parts
        reference = np.column_stack([linear.base, np.broadcast_to(base, (len(frame), 2))])

        def odds(sums: Floats) -> Floats:
            return log_odds(_moved(of_log_odds(sums[:, :2]), sums[:, 2:]))

        return along_line((*linear.names, *self.columns), odds, reference, both)


def _moved(p: Floats, added: Floats) -> Floats:
    """Probabilities `(n, 3)` moved by what is added to home and to away, `(n, 2)`."""
    # no BLAS product: a forecast has the same bytes alone and among others
    moved = np.maximum(p + np.stack([added[:, 0], -added[:, 0] - added[:, 1], added[:, 1]], axis=1), LEAST)
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


class HistogramGradientBoosting(BoostedTrees):
    """Trees of scikit-learn on what the logistic regression leaves over."""

    estimator = HistogramGradientBoostingEstimator
    max_trials = 6
    space: ClassVar[Space] = START | {
        "max_iter": Range(40, 90, 60, log=True, whole=True),
        "learning_rate": Range(0.03, 0.2, 0.1, log=True),
        "max_leaf_nodes": Range(4, 24, 12, log=True, whole=True),
        "min_samples_leaf": Range(50, 2000, 400, log=True, whole=True),
        "max_features": Range(0.2, 0.9, 0.4),
        "l2_regularization": Range(0.1, 200.0, 20.0, log=True),
    }

    def grow(self, inputs: Floats, label: Floats, w: Floats, p: Floats, params: Mapping[str, Any], seed: int) -> Forest:
        """Boost for `params["max_iter"]` rounds; `w` is not used."""
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        grown = HistGradientBoostingRegressor(max_bins=63, early_stopping=False, random_state=seed, **params)
        stages = []
        with threadpool_limits(limits=1):
            for outcome in (0, 2):
                grown.fit(inputs, (label - p)[:, outcome])
                base = Node(-1, 0.0, False, 0, 0, grown._baseline_prediction.item())
                stages.append([[base], *(_nodes(stage[0].nodes) for stage in grown._predictors)])
        return Forest.from_trees((tree for pair in zip(*stages, strict=True) for tree in pair), 2)


def _nodes(nodes: Any) -> list[Node]:
    """Return the nodes of a tree from scikit-learn's array of records."""
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
