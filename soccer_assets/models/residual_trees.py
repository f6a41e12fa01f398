"""Trees on what a ridge regression leaves over: shallow steps that a line does not follow, grown by LightGBM."""

from collections.abc import Sequence

import polars as pl

from soccer_assets.models.families.lightgbm import FIXED, forest_of
from soccer_assets.models.training_data import feature_matrix
from soccer_assets.models.trees import Forest
from soccer_assets.scoring import Floats

SETTINGS = {
    **FIXED, "num_class": 1, "objective": "regression", "learning_rate": 0.06, "num_leaves": 15,
    "min_data_in_leaf": 100, "feature_fraction": 0.3, "bagging_fraction": 0.5, "lambda_l2": 10.0,
}  # fmt: skip


def fit_trees(frame: pl.DataFrame, columns: Sequence[str], residuals: Floats, rounds: int, seed: int) -> Forest:
    """Return a forest whose one score is the residual `(n,)` expected of a row.

    Args:
        frame: the rows, with the columns.
        columns: what the trees split on; nulls are allowed.
        residuals: `(n,)`, targets less what the regression says.
        rounds: trees.
        seed: of the rows and features of each tree.
    """
    import lightgbm

    settings = {**SETTINGS, "seed": seed}
    data = lightgbm.Dataset(feature_matrix(frame, columns), residuals, params=settings)
    return forest_of(lightgbm.train(settings, data, num_boost_round=rounds), 1)
