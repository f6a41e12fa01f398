"""Why a forecast is what it is: its log-odds as a base and a sum over the columns it rests on, to the last digit.

The base is the forecast of a reference match: that whose features are the means of those learned from, in no league. A
linear model adds coefficient times input. A forest's part are the Shapley values between the match and the reference
(Shapley 1953; Lundberg and others 2020 for trees). What is no sum of columns, such as the outcome probabilities of
expected goals, is a function of a few sums: each column gets the slope of the function along the straight line from the
reference to the match, times what the column adds to the sums (Aumann and Shapley 1974).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from soccer_assets.models.conditional_logit import LOG_ODDS
from soccer_assets.scoring import Floats, Ints

#: Points of the Gauss-Legendre rule along the line, and the step of the slopes there.
POINTS = 4
STEP = 1e-4


@dataclass(frozen=True)
class Contributions:
    """Log-odds `(n, 2)`, of home to away and of the draw, as `base` plus the sum of `values` over the columns.

    `base` has shape (n, 2), `values` (n, k, 2) for the k columns of `names`.
    """

    names: tuple[str, ...]
    base: Floats
    values: Floats

    def total(self) -> Floats:
        """Return the log-odds `(n, 2)`."""
        return np.asarray(self.base + self.values.sum(axis=1))

    def at(self, rows: Ints) -> "Contributions":
        """Return the contributions of some rows."""
        return Contributions(self.names, self.base[rows], self.values[rows])

    def times(self, weight: float) -> "Contributions":
        """Return the contributions to log-odds multiplied by a weight."""
        return Contributions(self.names, weight * self.base, weight * self.values)

    def plus(self, other: "Contributions") -> "Contributions":
        """Return the contributions to the sum of both log-odds."""
        names = (*self.names, *other.names)
        return merged(names, self.base + other.base, np.concatenate([self.values, other.values], axis=1))


def merged(names: Sequence[str], base: Floats, values: Floats) -> Contributions:
    """Return contributions in which a name that comes several times comes once."""
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        columns.setdefault(name, []).append(column)
    if len(columns) == len(names):
        return Contributions(tuple(names), base, values)
    summed = values[:, [first for first, *_ in columns.values()]]
    for column, others in enumerate(columns.values()):
        for other in others[1:]:
            summed[:, column] += values[:, other]
    return Contributions(tuple(columns), base, summed)


def of_scores(names: Sequence[str], reference: Floats, parts: Floats) -> Contributions:
    """Return the contributions of a model whose three scores are sums; its probabilities are their softmax.

    Args:
        names: what each part is of.
        reference: scores `(3,)` of the reference match.
        parts: what each column adds to the scores, `(n, k, 3)`.
    """
    base = np.broadcast_to(np.einsum("oc,c->o", LOG_ODDS, reference), (len(parts), 2))
    return merged(names, base, np.einsum("oc,nkc->nko", LOG_ODDS, parts))


def along_line(
    names: Sequence[str], log_odds: Callable[[Floats], Floats], reference: Floats, parts: Floats
) -> Contributions:
    """Return the contributions of a model whose log-odds are a function of a few sums.

    Args:
        names: what each part is of.
        log_odds: sums `(n, m)` to log-odds `(n, 2)`.
        reference: sums of the reference match, `(m,)` or `(n, m)`.
        parts: what each column adds to the sums, `(n, k, m)`.
    """
    whole = parts.sum(axis=1)
    start = np.broadcast_to(reference, whole.shape)
    slopes = np.zeros((len(whole), 2, whole.shape[1]))
    for point, weight in zip(*np.polynomial.legendre.leggauss(POINTS), strict=True):
        at = start + (1 + point) / 2 * whole
        for column, step in enumerate(STEP * np.eye(whole.shape[1])):
            slopes[:, :, column] += weight / 2 * (log_odds(at + step) - log_odds(at - step)) / (2 * STEP)
    base = log_odds(start)
    # what the rule and the steps miss is laid along the line: the sum is exact
    missed = log_odds(start + whole) - base - np.einsum("nom,nm->no", slopes, whole)
    squared = np.square(whole).sum(axis=1)
    along = np.divide(whole, squared[:, None], out=np.zeros_like(whole), where=squared[:, None] > 0)
    slopes += missed[:, :, None] * along[:, None, :]
    return merged(names, base, np.einsum("nkm,nom->nko", parts, slopes))
