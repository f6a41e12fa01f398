"""Calibration: a small repair of a classifier's probabilities, learned from predictions made out of fold.

Three forms of growing freedom: nothing, one exponent for all outcomes (temperature scaling), and a weight and
a bias for each outcome's log probability (vector scaling; Guo et al. 2017). The form is chosen by time:
fitted on the earlier predictions, judged on the later ones, the simpler wins unless the other is
distinguishably better.
"""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from soccer_assets.models.conditional_logit import fit, interior, log_probabilities, softmax
from soccer_assets.models.selection import simplest_of_the_best
from soccer_assets.scoring import Floats, Ints, log_loss

#: With fewer predictions than this on either side of the split, any repair would be noise.
MIN_MATCHES = 300
EARLIER = 0.6  # share of the predictions that fit, the rest judge
PENALTY = 10.0  # a normal prior of standard deviation 0.3 around "leave it alone"


class Identity(msgspec.Struct, frozen=True, tag="identity", forbid_unknown_fields=True):
    """The probabilities as they are."""

    def apply(self, p: Floats) -> Floats:
        """Probabilities inside (0, 1), summing to one."""
        return interior(np.asarray(p, dtype=np.float64))


class Temperature(msgspec.Struct, frozen=True, tag="temperature", forbid_unknown_fields=True):
    """Every probability to the power `exponent`: below one for an overconfident classifier."""

    exponent: float

    def apply(self, p: Floats) -> Floats:
        """Probabilities inside (0, 1), summing to one."""
        return interior(softmax(log_probabilities(p) * self.exponent))


class VectorScaling(msgspec.Struct, frozen=True, tag="vector_scaling", forbid_unknown_fields=True):
    """A weight and a bias on the log probability of each outcome."""

    weights: tuple[float, float, float]
    biases: tuple[float, float, float]

    def apply(self, p: Floats) -> Floats:
        """Probabilities inside (0, 1), summing to one."""
        return interior(softmax(log_probabilities(p) * np.array(self.weights) + np.array(self.biases)))


AnyCalibrator = Identity | Temperature | VectorScaling


def fit_identity(p: Floats, y: Ints) -> Identity:
    """Nothing to learn."""
    return Identity()


def fit_temperature(p: Floats, y: Ints) -> Temperature:
    """The exponent of highest penalised likelihood."""
    design = log_probabilities(p)[:, :, None]
    return Temperature(float(fit(design, y, np.ones(1), PENALTY)[0]))


def fit_vector_scaling(p: Floats, y: Ints) -> VectorScaling:
    """The weights and biases of highest penalised likelihood; the penalty makes the biases sum to zero."""
    eye = np.eye(3)
    design = np.concatenate([log_probabilities(p)[:, :, None] * eye, np.broadcast_to(eye, (len(y), 3, 3))], axis=2)
    theta = fit(design, y, np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]), PENALTY).tolist()
    return VectorScaling((theta[0], theta[1], theta[2]), (theta[3], theta[4], theta[5]))


#: From the simplest to the freest.
FORMS: Sequence[Callable[[Floats, Ints], AnyCalibrator]] = (fit_identity, fit_temperature, fit_vector_scaling)


def choose_calibrator(p: Floats, y: Ints, dates: ArrayLike) -> AnyCalibrator:
    """The calibrator whose form did best on the later predictions, fitted again on all of them.

    Args:
        p: out-of-fold probabilities `(n, 3)`.
        y: outcomes 0, 1 or 2.
        dates: match dates, in any order; a date is never split.
    """
    days = np.asarray(dates)
    if len(days) == 0:
        return Identity()
    earlier = days < np.sort(days)[int(EARLIER * len(days))]
    later = ~earlier
    if min(earlier.sum(), later.sum()) < MIN_MATCHES:
        return Identity()
    losses = [log_loss(form(p[earlier], y[earlier]).apply(p[later]), y[later]) for form in FORMS]
    chosen, _, _ = simplest_of_the_best(losses, range(len(FORMS)), days[later])
    return FORMS[chosen](p, y)
