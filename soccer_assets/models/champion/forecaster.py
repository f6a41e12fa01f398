"""The forecaster: what is stored, promoted and served - an estimator with its calibration and its blend.

It is one JSON text, read back without any learning library, and its version is the hash of that text: the same learning
gives the same version.
"""

import datetime as dt
import hashlib
from functools import cached_property

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import log_odds
from soccer_assets.models.contributions import Contributions
from soccer_assets.models.estimators import AnyEstimator
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.goals_model import GoalsModel
from soccer_assets.models.selection.blending import Blend
from soccer_assets.models.selection.calibration import AnyCalibrator
from soccer_assets.models.totals_model import TotalsModel
from soccer_assets.models.training_data import require
from soccer_assets.scoring import Floats

#: What `Forecaster.contributions` calls the part of the calibration.
CALIBRATION = "calibration"


class Forecaster(msgspec.Struct, frozen=True, dict=True, forbid_unknown_fields=True):
    """An estimator that saw matches through `trained_through`, and what was learned about it out of fold."""

    estimator: AnyEstimator
    calibrator: AnyCalibrator
    market_blend: Blend
    columns: tuple[str, ...]
    trained_through: dt.date
    goals: GoalsModel
    #: None where too few totals were priced.
    totals: TotalsModel | None = None

    @property
    def family(self) -> str:
        """Name of the estimator's family."""
        return str(self.estimator.__struct_config__.tag)

    @cached_property
    def version(self) -> str:
        """First 12 hex digits of the SHA-256 of the encoded text."""
        return hashlib.sha256(self.encode().encode()).hexdigest()[:12]

    def predict(self, features: pl.DataFrame) -> Floats:
        """Calibrated probabilities `(n, 3)` from the league and the feature columns.

        Raises:
            ModelError: a column is absent, not numeric, or holds an infinite value.
        """
        require(features, ("league", *self.columns))
        return self.calibrator.apply(self.estimator.predict(features), features["league"].to_list())

    def contributions(self, features: pl.DataFrame) -> Contributions:
        """What each column and, as the last one, the calibration add to the log-odds of `predict`."""
        raw = self.estimator.contributions(features)
        repair = (log_odds(self.predict(features)) - raw.total())[:, None]
        return Contributions((*raw.names, CALIBRATION), raw.base, np.concatenate([raw.values, repair], axis=1))

    def blend(self, model_p: Floats, prices: pl.DataFrame, features: pl.DataFrame) -> Floats:
        """Calibrated probabilities and `pre_match_prices` in one, `(n, 3)`; NaN without a price."""
        return self.market_blend.apply(model_p, prices, features)

    def goal_rates(self, features: pl.DataFrame) -> Floats:
        """Goals expected of the home and of the away club, `(n, 2)`."""
        return self.goals.rates(features)

    def over(self, features: pl.DataFrame) -> Floats:
        """Probability of more than 2.5 goals `(n,)`; NaN where only the goal rates tell."""
        return np.full(len(features), np.nan) if self.totals is None else self.totals.predict(features)

    def blend_over(self, features: pl.DataFrame, prices: pl.DataFrame) -> Floats:
        """The same from `pre_match_prices` too; NaN without a price of the total."""
        if self.totals is None:
            return prices["p_over"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return self.totals.predict_closing(features, prices)

    def encode(self) -> str:
        """Text that `decode` reads."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, text: str) -> "Forecaster":
        """The forecaster that `encode` wrote.

        Raises:
            ModelError: the text is not that of a forecaster.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError as error:
            raise ModelError(
                f"Expected an encoded forecaster of one of {', '.join(FAMILIES)}, found {text[:60]!r}: "
                f"{error}. Materialize selected_model again with this version of the platform."
            ) from error
