"""The families: each suggests parameters, fits examples, and gives an estimator that predicts and encodes.

A family is one module here, one entry in `FAMILIES` and its estimator in `stack.Member`. Probabilities are `(n, 3)` in
the order home, draw, away everywhere. The stack has no entry: it learns from the others' predictions.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.families.bivariate_poisson import BivariatePoisson
from soccer_assets.models.families.climatology import Climatology
from soccer_assets.models.families.dixon_coles import DixonColes
from soccer_assets.models.families.elo_ordered_logit import EloOrderedLogit
from soccer_assets.models.families.histogram_gradient_boosting import HistogramGradientBoosting
from soccer_assets.models.families.lightgbm import LightGbm
from soccer_assets.models.families.logistic_regression import LogisticRegression
from soccer_assets.models.families.stack import Member, StackEstimator
from soccer_assets.models.families.xgboost import XgBoost
from soccer_assets.models.training_data import Params

if TYPE_CHECKING:
    from optuna import Trial

AnyEstimator = Member | StackEstimator


class Family(Protocol):
    """A kind of classifier; it holds no state, what is learned is in the estimator."""

    @property
    def name(self) -> str:
        """As in `FAMILIES`."""
        ...

    @property
    def complexity(self) -> int:
        """Rank among the families: the simpler wins a tie."""
        ...

    @property
    def max_trials(self) -> int:
        """Trials after which its search space holds nothing new."""
        ...

    @property
    def defaults(self) -> Params:
        """The first trial: parameters that did well on real seasons."""
        ...

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """Draw the parameters of a trial; the keys are those of `defaults`."""
        ...

    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> Member:
        """Learn from `examples`.

        Raises:
            ModelError: too few examples, an outcome that never occurs, or a column that is missing or
                unusable.
        """
        ...


#: From the simplest to the most complex.
FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Climatology(),
        EloOrderedLogit(),
        DixonColes(),
        BivariatePoisson(),
        LogisticRegression(),
        HistogramGradientBoosting(),
        LightGbm(),
        XgBoost(),
    )
}


def decode(text: str) -> AnyEstimator:
    """The estimator that `encode` wrote, whatever its family.

    Raises:
        ModelError: the text is not that of an estimator of a known family.
    """
    try:
        estimator: AnyEstimator = msgspec.json.decode(text, type=AnyEstimator)
    except msgspec.DecodeError as error:
        raise ModelError(
            f"Expected an encoded estimator of one of {', '.join(FAMILIES)}, found {text[:60]!r}: {error}. "
            "Fit the candidate again with this version of the platform."
        ) from error
    return estimator
