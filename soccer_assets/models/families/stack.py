"""A stack: the families' forecasts in one, by a logarithmic opinion pool with weights learned out of fold.

    p[outcome]  is proportional to  product over members of p_member[outcome] ^ weight

Weights are at least zero (Breiman 1996; Genest and Zidek 1986 for the pool). It learns from predictions of the other
families, not from examples, so it has no parameters to search; `training.stacked` makes its candidate.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np
import polars as pl

from soccer_assets.models.conditional_logit import fit, log_probabilities, softmax
from soccer_assets.models.contributions import Contributions
from soccer_assets.models.families import Member
from soccer_assets.models.families.family import Estimator
from soccer_assets.scoring import Floats, Ints

NAME = "stack"
PENALTY = 25.0  # of weights that differ from equal ones: the members' forecasts are much alike


class StackEstimator(Estimator, frozen=True, tag=NAME):
    """Estimators of other families with their weights."""

    members: tuple[Member, ...]
    weights: tuple[float, ...]

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return probabilities `(n, 3)`, the pool of the members'."""
        return pooled([member.predict(frame) for member in self.members], self.weights)

    def contributions(self, frame: pl.DataFrame) -> Contributions:
        """Return those of the members, each by its weight."""
        weighted = zip(self.members, self.weights, strict=True)
        none = Contributions((), np.zeros((len(frame), 2)), np.zeros((len(frame), 0, 2)))
        return reduce(
            Contributions.plus, (m.contributions(frame).times(weight) for m, weight in weighted if weight), none
        )


def pooled(forecasts: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Return the logarithmic pool of forecasts `(n, 3)`."""
    scores = np.zeros_like(forecasts[0])
    for p, weight in zip(forecasts, weights, strict=True):
        scores = scores + weight * log_probabilities(p)
    return softmax(scores)


def pool_weights(forecasts: Sequence[Floats], y: Ints) -> list[float]:
    """Return the weights of highest penalised likelihood, none below zero; equal ones where there is no match."""
    design = np.stack([log_probabilities(p) for p in forecasts], axis=2)
    kept = list(range(len(forecasts)))
    while True:
        theta = fit(design[:, :, kept], y, np.full(len(kept), 1 / len(kept)), PENALTY)
        if theta.min() >= 0:
            break
        kept.pop(int(theta.argmin()))  # a negative weight would turn a forecast into its opposite
    weights = np.zeros(len(forecasts))
    weights[kept] = theta
    return [float(weight) for weight in weights]
