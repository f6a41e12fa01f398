"""What the families of boosted trees share: a linear model to start from, inputs, and the gradient of soft labels.

Most of what can be known of a match is close to linear in its ratings, and a line is what trees are worst at: on real
seasons they do better on what the logistic regression leaves over.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import log_probabilities, softmax
from soccer_assets.models.contributions import Contributions, of_scores
from soccer_assets.models.families.family import Estimator, Family, Range
from soccer_assets.models.families.logistic_regression import LogisticRegression, LogisticRegressionEstimator
from soccer_assets.models.training_data import Params, feature_matrix, informative, labels, recency_weights
from soccer_assets.models.trees import Forest
from soccer_assets.scoring import Floats

#: Parameters of the linear start and of the labels; all others are the library's own.
START = {
    "half_life_days": Range(730.0, 7300.0, 4000.0, log=True),
    "soft_labels": Range(0.0, 1.0, 1.0),
    "penalty": Range(3.0, 3000.0, 100.0, log=True),
}


class BoostedTreesEstimator(Estimator, frozen=True, eq=False):
    """A logistic regression, and a forest that adds to the logarithms of its probabilities."""

    columns: tuple[str, ...]
    linear: LogisticRegressionEstimator
    forest: Forest

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return probabilities `(n, 3)` from the features and `league`."""
        return softmax(log_probabilities(self.linear.predict(frame)) + self.forest.scores(inputs(frame, self.columns)))

    def contributions(self, frame: pl.DataFrame) -> Contributions:
        """Return the linear start's contributions and those of the trees."""
        base, parts = self.of_trees(frame)
        return self.linear.contributions(frame).plus(of_scores(self.columns, base, parts))

    def of_trees(self, frame: pl.DataFrame) -> tuple[Floats, Floats]:
        """Return the forest's scores `(outputs,)` of the reference match and its contributions `(n, k, outputs)`."""
        from soccer_assets.models.tree_contributions import shapley_values

        means = dict(zip(self.linear.scaling.columns, self.linear.scaling.means, strict=True))
        reference = np.array([means[name] for name in self.columns])
        contributions = shapley_values(self.forest, inputs(frame, self.columns), reference)
        return self.forest.scores(reference[None])[0], contributions


class BoostedTrees(Family):
    """Trees on what the logistic regression leaves over."""

    estimator: ClassVar[type[BoostedTreesEstimator]]

    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> BoostedTreesEstimator:
        """Fit the linear start, then boost; `seed` draws the rows and the features of each tree.

        Raises:
            ModelError: no column has two values; else as `Family.fit`.
        """
        label = labels(examples, params["soft_labels"])
        w = recency_weights(examples, params["half_life_days"])
        used = informative(examples, columns)
        if not used:
            raise ModelError(
                f"Expected a feature with two values among {len(examples)} matches, found none in {len(columns)} "
                "columns. Materialize match_features of more match dates."
            )
        linear = LogisticRegression().fit(examples, used, params, 0)
        own = {name: value for name, value in params.items() if name not in START}
        return self.estimator(
            used, linear, self.grow(inputs(examples, used), label, w, linear.predict(examples), own, seed)
        )

    @abstractmethod
    def grow(self, inputs: Floats, label: Floats, w: Floats, p: Floats, params: Mapping[str, Any], seed: int) -> Forest:
        """Grow the trees.

        Args:
            inputs: features `(n, k)`, NaN where unknown.
            label: what to learn `(n, 3)`.
            w: weight of each match `(n,)`.
            p: probabilities of the linear start `(n, 3)`.
            params: the library's own parameters.
            seed: of the rows and features drawn.
        """


def inputs(frame: pl.DataFrame, columns: Sequence[str]) -> Floats:
    """Return features `(n, k)`, rounded to single precision as the libraries and the table of features do."""
    return np.asarray(feature_matrix(frame, columns).astype(np.float32).astype(np.float64))


def soft_gradients(scores: Floats, label: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Return gradient and curvature `(n, 3)` of the cross-entropy of labels that are probabilities `(n, 3)`."""
    p = softmax(scores)
    # 1.5 for three outcomes whose scores may shift together (Friedman et al. 2000)
    return (p - label) * w[:, None], 1.5 * p * (1 - p) * w[:, None]
