"""Probabilities from prices: four ways to remove a bookmaker's margin, over many books at once.

Books are arrays (n, k) of decimal odds above 1, k >= 2 outcomes that exclude each other; n may be 0. Each row of the
result sums to 1. Anything else raises `OddsError`.

A fifth name, logarithmic, means one of the four: Buchdahl's logarithmic function is the power method, and
penaltyblog's, which takes a constant from each outcome's log odds, is the odds ratio.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soccer_assets.errors import OddsError
from soccer_assets.optimise import find_roots
from soccer_assets.storage.tables import MOST_EXAMPLES

Array = NDArray[np.float64]
TOLERANCE = 1e-13
MOST_INSIDERS = 0.9


def check_books(odds: ArrayLike) -> Array:
    """Return the books as an array of floats `(n, k)`.

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
        examples = [f"{books[book, outcome]:g} in book {book}" for book, outcome in np.argwhere(wrong)[:MOST_EXAMPLES]]
        raise OddsError(
            f"expected finite decimal odds above 1, found {wrong.sum()} other prices, such as {', '.join(examples)}; "
            "leave incomplete books out"
        )
    return books


def overround(odds: ArrayLike) -> Array:
    """Return the sum of the inverse prices per book, shape (n,).

    >>> overround([[1.5, 4.2, 7.0]]).round(4)
    array([1.0476])
    """
    total: Array = (1.0 / check_books(odds)).sum(axis=1)
    return total


def proportional(odds: ArrayLike) -> Array:
    """Return the inverse prices divided by their sum.

    >>> proportional([[1.5, 4.2, 7.0]]).round(4)
    array([[0.6364, 0.2273, 0.1364]])
    """
    return _normalise(1.0 / check_books(odds))


def power(odds: ArrayLike) -> Array:
    """Return the inverse prices raised to the power that makes them sum to 1 (Clarke, Kovalchik and Ingram 2017).

    >>> power([[1.5, 4.2, 7.0]]).round(4)
    array([[0.6519, 0.2199, 0.1283]])
    """
    logs = -np.log(check_books(odds))

    def excess(exponent: Array) -> tuple[Array, Array]:
        terms = np.exp(exponent * logs)
        return terms.sum(axis=1, keepdims=True) - 1.0, (terms * logs).sum(axis=1, keepdims=True)

    return _normalise(np.exp(_solved(excess, np.ones((len(logs), 1)), np.inf) * logs))


def shin(odds: ArrayLike) -> Array:
    """Return the probabilities of Shin's model: insiders place a share z of the stakes (Shin 1993).

    Prices are as Jullien and Salanié (1994) derive them. A book below 100 % has no solution with z >= 0; it is taken at
    z = 0 and rescaled.

    >>> shin([[1.5, 4.2, 7.0]]).round(4)
    array([[0.6471, 0.2234, 0.1295]])
    """
    inverse = 1.0 / check_books(odds)
    squares = inverse**2 / inverse.sum(axis=1, keepdims=True)

    def root(z: Array) -> Array:
        return np.asarray(np.sqrt(z**2 + 4.0 * (1.0 - z) * squares))

    def excess(z: Array) -> tuple[Array, Array]:
        roots, honest = root(z), 1.0 - z
        slopes = ((z - 2.0 * squares) / roots - 1.0) * honest + roots - z
        excess = ((roots - z) / (2.0 * honest)).sum(axis=1, keepdims=True) - 1.0
        return excess, slopes.sum(axis=1, keepdims=True) / (2.0 * honest**2)

    z = _solved(excess, np.zeros((len(inverse), 1)), MOST_INSIDERS)
    return _normalise((root(z) - z) / (2.0 * (1.0 - z)))


def odds_ratio(odds: ArrayLike) -> Array:
    """Return odds p / (1 - p) divided by the ratio that makes the probabilities sum to 1 (Cheung 2015).

    With decimal odds o and the ratio c, p = 1 / (1 + c (o - 1)).

    >>> odds_ratio([[1.5, 4.2, 7.0]]).round(4)
    array([[0.6461, 0.2219, 0.132 ]])
    """
    against = check_books(odds) - 1.0

    def excess(ratio: Array) -> tuple[Array, Array]:
        shares = 1.0 / (1.0 + ratio * against)
        return shares.sum(axis=1, keepdims=True) - 1.0, -(against * shares**2).sum(axis=1, keepdims=True)

    return _normalise(1.0 / (1.0 + _solved(excess, np.ones((len(against), 1)), np.inf) * against))


METHODS: dict[str, Any] = {"proportional": proportional, "power": power, "shin": shin, "odds_ratio": odds_ratio}


def _solved(excess: Callable[[Array], tuple[Array, Array]], start: Array, most: float) -> Array:
    """Return the parameter of each book `(n, 1)`, from 0 to `most`, at which its probabilities sum to 1."""
    roots, _ = find_roots(excess, start, (0.0, most), rising=False, tolerance=TOLERANCE)
    return roots


def _normalise(shares: Array) -> Array:
    result: Array = shares / shares.sum(axis=1, keepdims=True)
    return result
