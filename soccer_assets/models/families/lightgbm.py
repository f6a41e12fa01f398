"""Gradient-boosted trees grown by LightGBM (Ke et al. 2017) on labels that are probabilities.

Deterministic mode, fixed seeds and one thread: two fits give the same bytes, and threads that wait for each other on a
busy machine took five times as long.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from soccer_assets.models.conditional_logit import log_probabilities
from soccer_assets.models.families.boosted_trees import START, BoostedTrees, BoostedTreesEstimator, soft_gradients
from soccer_assets.models.families.family import Range, Space
from soccer_assets.models.trees import Forest, Node
from soccer_assets.scoring import Floats

FIXED: Mapping[str, Any] = {
    "num_class": 3,
    "max_bin": 63,
    "bagging_freq": 1,
    "boost_from_average": False,
    "feature_pre_filter": False,  # leaves no feature at all where matches are few, and then fails
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


class LightGbmEstimator(BoostedTreesEstimator, frozen=True, tag="lightgbm"):
    """Trees grown by LightGBM."""


class LightGbm(BoostedTrees):
    """Trees of LightGBM on what the logistic regression leaves over."""

    estimator = LightGbmEstimator
    max_trials = 8
    space: ClassVar[Space] = START | {
        "rounds": Range(35, 140, 70, log=True, whole=True),
        "learning_rate": Range(0.03, 0.2, 0.08, log=True),
        "num_leaves": Range(4, 24, 12, log=True, whole=True),
        "min_data_in_leaf": Range(50, 3000, 800, log=True, whole=True),
        "feature_fraction": Range(0.2, 0.9, 0.4),
        "bagging_fraction": Range(0.4, 0.95, 0.7),
        "lambda_l2": Range(0.1, 200.0, 20.0, log=True),
    }

    def grow(self, inputs: Floats, label: Floats, w: Floats, p: Floats, params: Mapping[str, Any], seed: int) -> Forest:
        """Boost for `params["rounds"]` rounds."""
        import lightgbm

        def objective(scores: Floats, _: lightgbm.Dataset) -> tuple[Floats, Floats]:
            return soft_gradients(scores, label, w)

        tuned = {name: value for name, value in params.items() if name != "rounds"}
        settings = {**FIXED, **tuned, "seed": seed, "objective": objective}
        data = lightgbm.Dataset(inputs, init_score=log_probabilities(p), params=settings)
        booster = lightgbm.train(settings, data, num_boost_round=int(params["rounds"]))
        return forest_of(booster, 3)


def forest_of(booster: Any, outputs: int) -> Forest:
    """Return the trees of a LightGBM booster as plain numbers."""
    return Forest.from_trees(
        (list(_nodes(tree["tree_structure"])) for tree in booster.dump_model()["tree_info"]), outputs
    )


def _nodes(root: Mapping[str, Any]) -> Iterator[Node]:
    """Yield the nodes of a tree in LightGBM's own JSON, in breadth, root first."""
    waiting, made = [root], 1
    for node in waiting:
        if "leaf_value" in node:
            yield Node(-1, 0.0, False, 0, 0, node["leaf_value"])
            continue
        # a split that saw nothing missing reads a missing value as zero
        missing_left = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
        yield Node(node["split_feature"], node["threshold"], missing_left, made, made + 1, 0.0)
        waiting += [node["left_child"], node["right_child"]]
        made += 2
