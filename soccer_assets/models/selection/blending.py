"""Blending: a model's forecast and the prices before the match in one, by a logarithmic opinion pool.

    log p[outcome] = a log p_model + b log p_price + constant

`p_price` is the de-vigged average price as `closing_line` predicts it at the close. The two weights are those of
highest penalised likelihood on matches predicted out of fold (Genest and Zidek 1986); the prior is the price alone,
since prices know what no result tells. The labels are the closing prices, which have a fraction of an outcome's noise,
and the outcomes where there is none: so the pool is nearest to the close. On the first half of 2022 its divergence was
0.00043 below that of the price before the match, with labels half outcomes 0.00041.
"""

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import clip_probabilities, fit, log_probabilities, softmax
from soccer_assets.models.selection.closing_line import ClosingMove
from soccer_assets.scoring import PROBABILITIES, Floats

#: With fewer priced matches, weights would be noise: the default is used.
MIN_MATCHES = 300
PENALTY = 250.0  # a normal prior around the price alone: two years of matches tell little of a model


class Blend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights of the pool, and how the price moves to the close; `matches` taught the weights, 0 for the default."""

    model_weight: float
    market_weight: float
    move: ClosingMove | None
    matches: int

    def apply(self, model_p: Floats, prices: pl.DataFrame, features: pl.DataFrame) -> Floats:
        """Pooled probabilities `(n, 3)`; NaN where the model or the average price is unknown.

        Args:
            model_p: probabilities `(n, 3)` of the model.
            prices: rows of `pre_match_prices` of the same matches, nulls where there is no price.
            features: league and features of the same matches.

        Raises:
            ModelError: a column is absent, or the numbers of rows differ.
        """
        if not len(model_p) == len(features) == len(prices):
            raise ModelError(
                f"Expected forecasts, features and prices of the same matches, found {len(model_p)}, {len(features)} "
                f"and {len(prices)}. Join them on match_id."
            )
        closing = predicted_closing(self.move, features, prices)
        scores = self.model_weight * _logs(model_p) + self.market_weight * _logs(closing)
        is_known = np.isfinite(scores).all(axis=1)
        pooled = np.full(scores.shape, np.nan)
        pooled[is_known] = clip_probabilities(softmax(scores[is_known]))
        return pooled


#: Little of a model without odds does no harm to the market's forecast on real seasons.
DEFAULT_BLEND = Blend(0.1, 0.9, None, matches=0)


def predicted_closing(move: ClosingMove | None, features: pl.DataFrame, prices: pl.DataFrame) -> Floats:
    """Return the average price `(n, 3)` at the close as `move` predicts it, or the price as it is without one."""
    if move is None:
        return prices.select(pl.col(PROBABILITIES).cast(pl.Float64).fill_null(np.nan)).to_numpy()
    return move.apply(features, prices)


def fit_blend(model_p: Floats, price_p: Floats, labels: Floats, move: ClosingMove | None) -> Blend:
    """The blend of highest penalised likelihood, or the default weights with fewer than `MIN_MATCHES` matches.

    Args:
        model_p: probabilities `(n, 3)` predicted out of fold, calibrated as they will be when blended.
        price_p: prices of the same matches, by `predicted_closing` with `move`.
        labels: `(n, 3)` of `training_data.labels`, or outcomes one-hot.
        move: how the blend will predict closing prices.

    Raises:
        ModelError: the shapes differ, or a probability is not known.
    """
    if not model_p.shape == price_p.shape == labels.shape:
        raise ModelError(
            f"Expected model probabilities, prices and labels of the same matches, found {model_p.shape}, "
            f"{price_p.shape} and {labels.shape}. Join them on match_id."
        )
    design = np.stack([_logs(model_p), _logs(price_p)], axis=2)
    if unknown := int((~np.isfinite(design)).any(axis=(1, 2)).sum()):
        raise ModelError(f"Expected known probabilities, found {unknown} of {len(design)} matches without. Drop them.")
    if len(design) < MIN_MATCHES:
        return msgspec.structs.replace(DEFAULT_BLEND, move=move)
    prior, used = np.array([0.0, 1.0]), np.ones(2, dtype=bool)
    while True:  # a negative weight would turn a forecast into its opposite: it is left out
        weights = np.zeros(2)
        if used.any():
            weights[used] = fit(design[:, :, used], labels, prior[used], PENALTY)
        if (weights >= 0).all():
            break
        used &= weights >= 0
    model, market = weights.tolist()
    return Blend(model, market, move, matches=len(design))


def _logs(p: Floats) -> Floats:
    is_known = np.isfinite(p).all(axis=1, keepdims=True)
    return np.where(is_known, log_probabilities(np.where(is_known, p, 1 / 3)), np.nan)
