"""What the families of boosted trees share: a linear model to start from, inputs, and the gradient of soft labels.

Most of what can be known of a match is close to linear in its ratings, and a line is what trees are worst at: on real
seasons they do better on what the logistic regression leaves over.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import log_probabilities, softmax
from soccer_assets.models.families.logistic_regression import LogisticRegression, LogisticRegressionEstimator
from soccer_assets.models.training_data import Params, feature_matrix, informative
from soccer_assets.models.trees import Forest
from soccer_assets.scoring import Floats


class BoostedTreesEstimator(msgspec.Struct, frozen=True, eq=False, forbid_unknown_fields=True):
    """A logistic regression, and a forest that adds to the logarithms of its probabilities."""

    columns: tuple[str, ...]
    linear: LogisticRegressionEstimator
    forest: Forest

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Probabilities `(n, 3)` from the features and `league`."""
        return softmax(log_probabilities(self.linear.predict(frame)) + self.forest.scores(inputs(frame, self.columns)))

    def encode(self) -> str:
        """Text that `families.decode` reads."""
        return msgspec.json.encode(self).decode()


def start(
    examples: pl.DataFrame, columns: Sequence[str], params: Params
) -> tuple[tuple[str, ...], LogisticRegressionEstimator, Floats]:
    """The columns that trees may split on, the regression they start from, and its probabilities `(n, 3)`.

    Raises:
        ModelError: no column has two values.
    """
    used = informative(examples, columns)
    if not used:
        raise ModelError(
            f"Expected a feature with two values among {len(examples)} matches, found none in {len(columns)} columns. "
            "Materialize match_features of more match dates."
        )
    linear = LogisticRegression().fit(examples, used, params, 0)
    return used, linear, linear.predict(examples)


def inputs(frame: pl.DataFrame, columns: Sequence[str]) -> Floats:
    """Features `(n, k)`, rounded to single precision as the libraries and the table of features do."""
    return np.asarray(feature_matrix(frame, columns).astype(np.float32).astype(np.float64))


def soft_gradients(scores: Floats, told: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Gradient and curvature `(n, 3)` of the cross-entropy of labels `told` that are probabilities."""
    p = softmax(scores)
    # 1.5 for three outcomes whose scores may shift together (Friedman et al. 2000)
    return (p - told) * w[:, None], 1.5 * p * (1 - p) * w[:, None]
