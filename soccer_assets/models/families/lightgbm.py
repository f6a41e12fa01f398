"""Gradient-boosted trees grown by LightGBM (Ke et al. 2017) on labels that are probabilities.

Deterministic mode, fixed seeds and one thread: two fits give the same bytes, and threads that wait for each other on a
busy machine took five times as long.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

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
    "max_bin": 63,
    "bagging_freq": 1,
    "boost_from_average": False,
    "feature_pre_filter": False,  # leaves no feature at all where matches are few, and then fails
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
FITTING = ("half_life_days", "soft_labels", "penalty", "rounds")


class LightGbmEstimator(BoostedTreesEstimator, frozen=True, tag="lightgbm"):
    """Trees grown by LightGBM."""


class LightGbm:
    """Trees on what the logistic regression leaves over."""

    name = "lightgbm"
    complexity = 6
    max_trials = 8
    defaults: ClassVar[Params] = {
        "half_life_days": 4000.0,
        "soft_labels": 1.0,
        "penalty": 100.0,
        "rounds": 70,
        "learning_rate": 0.08,
        "num_leaves": 12,
        "min_data_in_leaf": 800,
        "feature_fraction": 0.4,
        "bagging_fraction": 0.7,
        "lambda_l2": 20.0,
    }

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """Size of the ensemble and of a tree, what it sees, and what the linear start is fitted with."""
        return {
            "half_life_days": trial.suggest_float("half_life_days", 730.0, 7300.0, log=True),
            "soft_labels": trial.suggest_float("soft_labels", 0.0, 1.0),
            "penalty": trial.suggest_float("penalty", 3.0, 3000.0, log=True),
            "rounds": trial.suggest_int("rounds", 35, 140, log=True),
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.2, log=True),
            "num_leaves": trial.suggest_int("num_leaves", 4, 24, log=True),
            "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 50, 3000, log=True),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 0.9),
            "bagging_fraction": trial.suggest_float("bagging_fraction", 0.4, 0.95),
            "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 200.0, log=True),
        }

    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> LightGbmEstimator:
        """Boost for `params["rounds"]` rounds; `seed` draws the rows and features of each tree."""
        import lightgbm

        told = labels(examples, params["soft_labels"])
        w = recency_weights(examples, params["half_life_days"])
        used, linear, p = start(examples, columns, params)

        def objective(scores: Floats, _: lightgbm.Dataset) -> tuple[Floats, Floats]:
            return soft_gradients(scores, told, w)

        tuned = {name: value for name, value in params.items() if name not in FITTING}
        settings = {**FIXED, **tuned, "seed": seed, "objective": objective}
        data = lightgbm.Dataset(inputs(examples, used), init_score=log_probabilities(p), params=settings)
        booster = lightgbm.train(settings, data, num_boost_round=int(params["rounds"]))
        trees = (list(_nodes(tree["tree_structure"])) for tree in booster.dump_model()["tree_info"])
        return LightGbmEstimator(used, linear, Forest.of(trees, 3))


def _nodes(root: Mapping[str, Any]) -> Iterator[Node]:
    """The nodes of a tree in LightGBM's own JSON, in breadth, root first."""
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
