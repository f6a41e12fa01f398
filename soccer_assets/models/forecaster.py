"""The forecaster: what is stored, promoted and served - an estimator with its calibration and its blend.

It is one JSON text, read back without any learning library (LightGBM's alone for its own models), and its
version is the hash of that text: the same learning gives the same version.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from functools import cached_property

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.blending import Blend, fit_blend
from soccer_assets.models.calibration import AnyCalibrator, choose_calibrator
from soccer_assets.models.design import require
from soccer_assets.models.families import FAMILIES, AnyEstimator
from soccer_assets.scoring import PROBABILITIES, Floats


class Forecaster(msgspec.Struct, frozen=True, dict=True, forbid_unknown_fields=True):
    """An estimator that saw matches through `trained_through`, and what was learned about it out of fold."""

    estimator: AnyEstimator
    calibrator: AnyCalibrator
    market_blend: Blend
    columns: tuple[str, ...]
    trained_through: dt.date

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
        return self.calibrator.apply(self.estimator.predict(features))

    def blend(self, model_p: Floats, market_p: Floats) -> Floats:
        """Calibrated and market probabilities in one, `(n, 3)`; NaN where a match has no price."""
        return self.market_blend.apply(model_p, market_p)

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


def assemble(
    estimator: AnyEstimator,
    columns: Sequence[str],
    trained_through: dt.date,
    oof: pl.DataFrame,
    examples: pl.DataFrame,
    market: pl.DataFrame,
) -> Forecaster:
    """Join an estimator with the calibration and the blend learned from its out-of-fold predictions.

    Args:
        estimator: fitted on all examples.
        columns: feature columns it was fitted on.
        trained_through: newest match date it has seen.
        oof: `Tuned.oof` of its family.
        examples: match_id, match_date and outcome of at least the matches of `oof`.
        market: match_id and de-vigged p_home, p_draw, p_away, known before kick-off, of the priced matches.

    Raises:
        ModelError: a match of `oof` is not among the examples.
    """
    settled = oof.join(
        examples.select("match_id", "match_date", "outcome"), on="match_id", how="left", maintain_order="left"
    )
    if unknown := settled.filter(pl.col("outcome").is_null())["match_id"].to_list():
        raise ModelError(
            f"Expected the outcome of every match predicted out of fold, found {len(unknown)} of "
            f"{len(settled)} without, such as {unknown[:5]}. Give the examples that the candidate was tuned "
            "on."
        )
    p, y = settled.select(PROBABILITIES).to_numpy(), settled["outcome"].to_numpy().astype(np.int64)
    calibrator = choose_calibrator(p, y, settled["match_date"].to_numpy())
    priced = settled.with_row_index("row").join(market, on="match_id", suffix="_market", maintain_order="left")
    rows = priced["row"].to_numpy()
    prices = priced.select(f"{name}_market" for name in PROBABILITIES).to_numpy()
    blend = fit_blend(calibrator.apply(p[rows]), prices, y[rows])
    return Forecaster(estimator, calibrator, blend, tuple(columns), trained_through)
