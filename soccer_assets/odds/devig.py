"""Probabilities from prices: four ways to remove a bookmaker's margin, over many books at once.

Books are arrays (n, k) of decimal odds above 1, k >= 2 outcomes that exclude each other; n may be 0. Each row of the
result sums to 1. Anything else raises `OddsError`.

A fifth name, logarithmic, means one of the four: Buchdahl's logarithmic function is the power method, and
penaltyblog's, which takes a constant from each outcome's log odds, is the odds ratio.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soccer_assets.errors import OddsError
from soccer_assets.storage.tables import SHOWN

Array = NDArray[np.float64]
STEPS = 60
TOLERANCE = 1e-13
MOST_INSIDERS = 0.9


def check_books(odds: ArrayLike) -> Array:
    """The books as an array of floats.

    Raises:
        OddsError: not of two dimensions, fewer than two outcomes, no numbers, or prices not finite and above 1.
    """
    try:
        books = np.asarray(odds, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise OddsError(f"expected books of decimal odds, an array (n, k) of numbers, found {error}") from None
    if books.ndim != 2 or books.shape[1] < 2:
        hint = "; one book is odds[None, :]" if books.ndim == 1 else ""
        raise OddsError(f"expected books of shape (n, k) with k >= 2 outcomes, found {books.shape}{hint}")
    wrong = ~(np.isfinite(books) & (books > 1.0))
    if wrong.any():
        examples = [f"{books[book, outcome]:g} in book {book}" for book, outcome in np.argwhere(wrong)[:SHOWN]]
        raise OddsError(
            f"expected finite decimal odds above 1, found {wrong.sum()} other prices, such as {', '.join(examples)}; "
            "leave incomplete books out"
        )
    return books


def overround(odds: ArrayLike) -> Array:
    """Sum of the inverse prices per book, shape (n,)."""
    total: Array = (1.0 / check_books(odds)).sum(axis=1)
    return total


def proportional(odds: ArrayLike) -> Array:
    """Inverse prices divided by their sum."""
    inverse = 1.0 / check_books(odds)
    return _normalise(inverse)


def power(odds: ArrayLike) -> Array:
    """Inverse prices raised to the power that makes them sum to 1 (Clarke, Kovalchik and Ingram 2017).

    The sum is convex and falls with the exponent, so Newton's steps approach the root from one side.
    """
    logs = -np.log(check_books(odds))
    exponent = np.ones((len(logs), 1))
    for _ in range(STEPS):
        terms = np.exp(exponent * logs)
        excess = terms.sum(axis=1, keepdims=True) - 1.0
        done = np.abs(excess) < TOLERANCE  # a book that is done stays as it is, whatever its neighbours need
        if done.all():
            break
        slope = (terms * logs).sum(axis=1, keepdims=True)
        exponent = np.where(done, exponent, np.maximum(exponent - excess / slope, exponent * 0.1))
    return _normalise(np.exp(exponent * logs))


def shin(odds: ArrayLike) -> Array:
    """Shin's model: a share z of the stakes comes from insiders (Shin 1993; Jullien and Salanié 1994).

    A book below 100 % has no solution with z >= 0; it is taken at z = 0 and rescaled.
    """
    inverse = 1.0 / check_books(odds)
    squares = inverse**2 / inverse.sum(axis=1, keepdims=True)
    z = np.zeros((len(inverse), 1))
    for _ in range(STEPS):  # Newton's steps on the sum of the probabilities, which falls with z
        root = np.sqrt(z**2 + 4.0 * (1.0 - z) * squares)
        shares = (root - z) / (2.0 * (1.0 - z))
        excess = shares.sum(axis=1, keepdims=True) - 1.0
        slopes = ((z - 2.0 * squares) / root - 1.0) * (1.0 - z) + root - z
        slope = slopes.sum(axis=1, keepdims=True) / (2.0 * (1.0 - z) ** 2)
        following = np.clip(z - excess / slope, 0.0, MOST_INSIDERS)
        done = np.abs(following - z) < TOLERANCE
        if done.all():
            break
        z = np.where(done, z, following)
    return _normalise(shares)


def odds_ratio(odds: ArrayLike) -> Array:
    """Odds p / (1 - p) divided by the ratio that makes the probabilities sum to 1 (Cheung 2015).

    With decimal odds o and the ratio c, p = 1 / (1 + c (o - 1)): convex and falling in c, as the power method is.
    """
    against = check_books(odds) - 1.0
    ratio = np.ones((len(against), 1))
    for _ in range(STEPS):
        shares = 1.0 / (1.0 + ratio * against)
        excess = shares.sum(axis=1, keepdims=True) - 1.0
        done = np.abs(excess) < TOLERANCE
        if done.all():
            break
        slope = -(against * shares**2).sum(axis=1, keepdims=True)
        ratio = np.where(done, ratio, np.maximum(ratio - excess / slope, ratio * 0.1))
    return _normalise(1.0 / (1.0 + ratio * against))


METHODS: dict[str, Any] = {"proportional": proportional, "power": power, "shin": shin, "odds_ratio": odds_ratio}


def _normalise(shares: Array) -> Array:
    result: Array = shares / shares.sum(axis=1, keepdims=True)
    return result
