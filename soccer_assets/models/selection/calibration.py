"""Calibration: a small repair of a classifier's probabilities, learned from predictions made out of fold.

Six forms of growing freedom: nothing; one exponent (temperature scaling) and a weight and a bias an outcome (vector
scaling; Guo et al. 2017); every outcome's log probability in every score, off-diagonal weights held near zero
(Dirichlet calibration; Kull et al. 2019); one exponent with biases a league, held near those of all; and a rising
step curve an outcome (isotonic regression; Zadrozny and Elkan 2002), normalised over the three.

The form is chosen by time: fitted on the earlier predictions, judged on the later ones. Among the forms whose log loss
there cannot be told from the lowest, the simplest is taken whose ECE is within `ECE_TOLERANCE` of the lowest ECE.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from soccer_assets.models.conditional_logit import clip_probabilities, fit, log_probabilities, softmax
from soccer_assets.models.schema import CALIBRATION_FORM
from soccer_assets.models.selection.selection import simplest_of_the_best
from soccer_assets.scoring import Floats, Ints, ece, log_loss

#: With fewer predictions than this on either side of the split, any repair would be noise.
MIN_MATCHES = 300
EARLIER = 0.6  # share of the predictions that fit, the rest judge
PENALTY = 10.0  # a normal prior of standard deviation 0.3 around "leave it alone"
ECE_TOLERANCE = 0.005  # ECEs of some thousand matches differ by as much by luck
#: Off-diagonal weights and biases of single leagues have a prior this much narrower than the rest.
NARROWER = 0.3

Triple = tuple[float, float, float]


class Identity(msgspec.Struct, frozen=True, tag="identity", forbid_unknown_fields=True):
    """The probabilities as they are."""

    def apply(self, p: Floats, leagues: Sequence[str]) -> Floats:
        """Probabilities inside (0, 1), summing to one."""
        return clip_probabilities(np.asarray(p, dtype=np.float64))


class Temperature(msgspec.Struct, frozen=True, tag="temperature", forbid_unknown_fields=True):
    """Every probability to the power `exponent`: below one for an overconfident classifier."""

    exponent: float

    def apply(self, p: Floats, leagues: Sequence[str]) -> Floats:
        """Probabilities inside (0, 1), summing to one."""
        return clip_probabilities(softmax(log_probabilities(p) * self.exponent))


class VectorScaling(msgspec.Struct, frozen=True, tag="vector_scaling", forbid_unknown_fields=True):
    """A weight and a bias on the log probability of each outcome."""

    weights: Triple
    biases: Triple

    def apply(self, p: Floats, leagues: Sequence[str]) -> Floats:
        """Probabilities inside (0, 1), summing to one."""
        return clip_probabilities(softmax(log_probabilities(p) * np.array(self.weights) + np.array(self.biases)))


class Dirichlet(msgspec.Struct, frozen=True, tag="dirichlet", forbid_unknown_fields=True):
    """Scores that are a linear map of the three log probabilities: a row of `weights` and a bias an outcome."""

    weights: tuple[Triple, Triple, Triple]
    biases: Triple

    def apply(self, p: Floats, leagues: Sequence[str]) -> Floats:
        """Probabilities inside (0, 1), summing to one."""
        # a plain sum, not a BLAS product: a forecast has the same bytes alone and among others
        scores = np.einsum("nk,ck->nc", log_probabilities(p), np.array(self.weights))
        return clip_probabilities(softmax(scores + np.array(self.biases)))


class LeagueScaling(msgspec.Struct, frozen=True, tag="league_scaling", forbid_unknown_fields=True):
    """One exponent, and biases of each league; a league never seen has those of all."""

    exponent: float
    leagues: tuple[str, ...]
    league_biases: tuple[Triple, ...]
    biases: Triple

    def apply(self, p: Floats, leagues: Sequence[str]) -> Floats:
        """Probabilities inside (0, 1), summing to one."""
        table = np.array([*self.league_biases, self.biases])  # code -1, an unknown league, reads the last row
        return clip_probabilities(softmax(log_probabilities(p) * self.exponent + table[_codes(leagues, self.leagues)]))


class Isotonic(msgspec.Struct, frozen=True, tag="isotonic", forbid_unknown_fields=True):
    """A rising curve an outcome through `(said, happened)`, straight between its knots; then normalised."""

    said: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]
    happened: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]

    def apply(self, p: Floats, leagues: Sequence[str]) -> Floats:
        """Probabilities inside (0, 1), summing to one."""
        curves = zip(p.T, self.said, self.happened, strict=True)
        return clip_probabilities(np.stack([np.interp(*curve) for curve in curves], axis=1))


AnyCalibrator = Identity | Temperature | VectorScaling | Dirichlet | LeagueScaling | Isotonic


def _codes(leagues: Sequence[str], coded: Sequence[str]) -> Ints:
    places = {league: i for i, league in enumerate(coded)}
    return np.array([places.get(league, -1) for league in leagues], dtype=np.int64)


def fit_identity(p: Floats, y: Ints, leagues: Sequence[str]) -> Identity:
    """Nothing to learn."""
    return Identity()


def fit_temperature(p: Floats, y: Ints, leagues: Sequence[str]) -> Temperature:
    """The exponent of highest penalised likelihood."""
    design = log_probabilities(p)[:, :, None]
    return Temperature(float(fit(design, y, np.ones(1), PENALTY)[0]))


def fit_vector_scaling(p: Floats, y: Ints, leagues: Sequence[str]) -> VectorScaling:
    """The weights and biases of highest penalised likelihood; the penalty makes the biases sum to zero."""
    design = np.concatenate([log_probabilities(p)[:, :, None] * np.eye(3), _biases(len(y))], axis=2)
    theta = fit(design, y, np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]), PENALTY).tolist()
    return VectorScaling((theta[0], theta[1], theta[2]), (theta[3], theta[4], theta[5]))


def fit_dirichlet(p: Floats, y: Ints, leagues: Sequence[str]) -> Dirichlet:
    """The nine weights and three biases of highest penalised likelihood."""
    width = np.where(np.eye(3) == 1, 1.0, NARROWER)  # a coefficient of a narrower column costs more
    scaled = width * log_probabilities(p)[:, None, :]
    weighted = np.einsum("ci,nij->ncij", np.eye(3), scaled)
    design = np.concatenate([weighted.reshape(len(y), 3, 9), _biases(len(y))], axis=2)
    theta = fit(design, y, np.concatenate([np.eye(3).ravel(), np.zeros(3)]), PENALTY)
    return msgspec.convert(
        {"type": "dirichlet", "weights": (theta[:9].reshape(3, 3) * width).tolist(), "biases": theta[9:].tolist()},
        Dirichlet,
    )


def fit_league_scaling(p: Floats, y: Ints, leagues: Sequence[str]) -> LeagueScaling:
    """The exponent, common biases and their changes by league of highest penalised likelihood."""
    coded = sorted(set(leagues))
    one_hot = (_codes(leagues, coded)[:, None] == np.arange(len(coded))) * NARROWER
    changes = np.einsum("nl,co->ncol", one_hot, np.eye(3)).reshape(len(y), 3, -1)
    design = np.concatenate([log_probabilities(p)[:, :, None], _biases(len(y)), changes], axis=2)
    theta = fit(design, y, np.concatenate([np.ones(1), np.zeros(design.shape[2] - 1)]), PENALTY)
    of_leagues = theta[1:4] + NARROWER * theta[4:].reshape(3, -1).T
    return msgspec.convert(
        {
            "type": "league_scaling",
            "exponent": float(theta[0]),
            "leagues": coded,
            "league_biases": of_leagues.tolist(),
            "biases": theta[1:4].tolist(),
        },
        LeagueScaling,
    )


def fit_isotonic(p: Floats, y: Ints, leagues: Sequence[str]) -> Isotonic:
    """A curve an outcome by pooling adjacent violators, each block weighed against what was said of it."""
    curves = [_rising(p[:, i], (y == i).astype(np.float64)) for i in range(3)]
    return msgspec.convert(
        {"type": "isotonic", "said": [said for said, _ in curves], "happened": [rate for _, rate in curves]}, Isotonic
    )


def _rising(said: Floats, happened: Floats) -> tuple[list[float], list[float]]:
    """Mean said and rate of the blocks in which what happened rises with what was said.

    A block counts `PENALTY` matches of what was said beside its own: nothing becomes impossible or certain.
    """
    _, group = np.unique(said, return_inverse=True)
    blocks: list[tuple[float, float, float]] = []  # matches, sum of said, sum of happened
    for block in zip(np.bincount(group), np.bincount(group, said), np.bincount(group, happened), strict=True):
        n, forecast, observed = (float(each) for each in block)
        while blocks and blocks[-1][2] * n >= observed * blocks[-1][0]:
            before = blocks.pop()
            n, forecast, observed = n + before[0], forecast + before[1], observed + before[2]
        blocks.append((n, forecast, observed))
    n, forecast, observed = np.array(blocks).T
    return (forecast / n).tolist(), np.maximum.accumulate((observed + PENALTY * forecast / n) / (n + PENALTY)).tolist()


def _biases(n: int) -> Floats:
    return np.broadcast_to(np.eye(3), (n, 3, 3))


#: From the simplest to the freest.
FORMS: Mapping[str, Callable[[Floats, Ints, Sequence[str]], AnyCalibrator]] = {
    "identity": fit_identity,
    "temperature": fit_temperature,
    "vector_scaling": fit_vector_scaling,
    "dirichlet": fit_dirichlet,
    "league_scaling": fit_league_scaling,
    "isotonic": fit_isotonic,
}


def choose_calibrator(
    p: Floats, y: Ints, dates: ArrayLike, leagues: Sequence[str]
) -> tuple[AnyCalibrator, pl.DataFrame]:
    """The calibrator of the form chosen on the later predictions, fitted again on all of them, and the comparison.

    Args:
        p: out-of-fold probabilities `(n, 3)`.
        y: outcomes 0, 1 or 2.
        dates: match dates, in any order; a date is never split.
        leagues: league of each match.

    Returns:
        The calibrator, and a row a form (`CALIBRATION_FORM`, on the later predictions): no row, and `Identity`, where
        either side has fewer than `MIN_MATCHES`.
    """
    days, names = np.asarray(dates), np.asarray(leagues, dtype=str)
    earlier = days < np.sort(days)[int(EARLIER * len(days))] if len(days) else np.zeros(0, dtype=bool)
    later = ~earlier
    if min(earlier.sum(), later.sum()) < MIN_MATCHES:
        return Identity(), pl.DataFrame(schema=CALIBRATION_FORM)
    learned = [form(p[earlier], y[earlier], names[earlier].tolist()) for form in FORMS.values()]
    repaired = [calibrator.apply(p[later], names[later].tolist()) for calibrator in learned]
    losses = [log_loss(each, y[later]) for each in repaired]
    errors = [ece(each, y[later]) for each in repaired]
    _, _, behind = simplest_of_the_best(losses, range(len(FORMS)), days[later])
    equal = [i for i, interval in enumerate(behind) if interval.includes_zero]
    least = min(errors[i] for i in equal)
    chosen = next(i for i in equal if errors[i] <= least + ECE_TOLERANCE)
    rows = [
        (form, float(loss.mean()), error, interval.mean, interval.low, interval.high, i == chosen)
        for i, (form, loss, error, interval) in enumerate(zip(FORMS, losses, errors, behind, strict=True))
    ]
    return list(FORMS.values())[chosen](p, y, list(leagues)), pl.DataFrame(rows, schema=CALIBRATION_FORM, orient="row")
