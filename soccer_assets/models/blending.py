"""Blending: a model's forecast and the market's in one, by a logarithmic opinion pool.

    p[outcome]  is proportional to  p_model[outcome]^a * p_market[outcome]^b * exp(bias[outcome])

with weights `a`, `b` of at least 0 and the biases of highest likelihood on matches that were predicted out of
fold and priced (Genest and Zidek 1986). The prior is the market alone, `a = 0` and `b = 1`: prices know what
no result tells.
"""

import msgspec
import numpy as np

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import fit, interior, log_probabilities, softmax
from soccer_assets.scoring import Floats, Ints

#: With fewer priced matches, weights would be noise: the default is used.
MIN_MATCHES = 300
PENALTY = 25.0  # a normal prior of standard deviation 0.2 around the market alone


class Blend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights of the pool; `matches` is how many it was fitted on, 0 for the default."""

    model_weight: float
    market_weight: float
    biases: tuple[float, float, float]
    matches: int

    def apply(self, model_p: Floats, market_p: Floats) -> Floats:
        """Pooled probabilities `(n, 3)`; NaN where either forecast is."""
        model_p, market_p = np.asarray(model_p, dtype=np.float64), np.asarray(market_p, dtype=np.float64)
        known = np.isfinite(model_p).all(axis=1) & np.isfinite(market_p).all(axis=1)
        scores = (
            self.model_weight * log_probabilities(model_p[known])
            + self.market_weight * log_probabilities(market_p[known])
            + np.array(self.biases)
        )
        pooled = np.full(model_p.shape, np.nan)
        pooled[known] = interior(softmax(scores))
        return pooled


#: Little of a model without odds does no harm to the market's forecast on real seasons.
DEFAULT_BLEND = Blend(model_weight=0.1, market_weight=0.9, biases=(0.0, 0.0, 0.0), matches=0)


def fit_blend(model_p: Floats, market_p: Floats, y: Ints) -> Blend:
    """The blend of highest penalised likelihood, or `DEFAULT_BLEND` with fewer than `MIN_MATCHES` matches.

    Args:
        model_p: probabilities `(n, 3)` predicted out of fold, calibrated as they will be when blended.
        market_p: de-vigged probabilities `(n, 3)` of the same matches.
        y: outcomes 0, 1 or 2.

    Raises:
        ModelError: the shapes differ, or a probability is not finite.
    """
    if not model_p.shape == market_p.shape == (len(y), 3):
        raise ModelError(
            f"Expected model and market probabilities of the same {len(y)} matches, found {model_p.shape} "
            f"and {market_p.shape}. Join both on match_id."
        )
    if unknown := int((~np.isfinite(model_p) | ~np.isfinite(market_p)).any(axis=1).sum()):
        raise ModelError(f"Expected known probabilities, found {unknown} of {len(y)} matches without. Drop them.")
    if len(y) < MIN_MATCHES:
        return DEFAULT_BLEND
    forecasts = np.stack([log_probabilities(model_p), log_probabilities(market_p)], axis=2)
    weights, biases = _fit(forecasts, y, (0, 1))
    if min(weights) < 0:  # evidence is never turned round: the forecast that is no help is left out
        weights, biases = _fit(forecasts, y, (1,) if weights[0] < 0 else (0,))
    return Blend(weights[0], weights[1], biases, len(y))


def _fit(forecasts: Floats, y: Ints, used: tuple[int, ...]) -> tuple[tuple[float, float], tuple[float, float, float]]:
    """Weights of both forecasts, zero for one that is not used, and the biases."""
    design = np.concatenate([forecasts[:, :, used], np.broadcast_to(np.eye(3), (len(y), 3, 3))], axis=2)
    prior = np.concatenate([np.array([0.0, 1.0])[list(used)], np.zeros(3)])
    theta = fit(design, y, prior, PENALTY)
    weights = np.zeros(2)
    weights[list(used)] = theta[: len(used)]
    home, draw, away = theta[len(used) :].tolist()
    return (float(weights[0]), float(weights[1])), (home, draw, away)
