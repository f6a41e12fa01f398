"""The families of classifiers: one module and one line of `FAMILIES` each. The laws of a family stand in `Family`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Union

from soccer_assets.models.families.bivariate_poisson import BivariatePoisson
from soccer_assets.models.families.climatology import Climatology
from soccer_assets.models.families.dixon_coles import DixonColes
from soccer_assets.models.families.elo_ordered_logit import EloOrderedLogit
from soccer_assets.models.families.family import Estimator, Family
from soccer_assets.models.families.histogram_gradient_boosting import HistogramGradientBoosting
from soccer_assets.models.families.lightgbm import LightGbm
from soccer_assets.models.families.logistic_regression import LogisticRegression
from soccer_assets.models.families.xgboost import XgBoost

__all__ = ["FAMILIES", "Family", "Member"]
#: From the simplest to the most complex: the simpler wins a tie.
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
#: The estimators of all families, as msgspec tells them apart by their tags.
if TYPE_CHECKING:
    Member = Estimator
else:
    Member = Union[tuple(family.estimator for family in FAMILIES.values())]  # noqa: UP007
