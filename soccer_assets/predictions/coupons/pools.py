"""Pools and jackpots over 1X2 outcomes: chance of a ticket, hits, the likeliest columns.

A column is one outcome of every match, 0 home, 1 draw, 2 away. Matches are independent of each other; every chance is
exact. Without the crowd's picks a shared prize is not known, so nothing is said of one.
"""

from collections.abc import Sequence

import numpy as np

from soccer_assets.errors import CouponError
from soccer_assets.predictions.coupons.schema import MOST_FIXTURES
from soccer_assets.scoring import SUM_TOLERANCE, Floats, Ints


def require_fixtures(match_ids: Sequence[str]) -> None:
    """Refuse matches that make no coupon.

    Raises:
        CouponError: there are fewer than 1 or more than 20, or a match comes twice.
    """
    if not 1 <= len(match_ids) <= MOST_FIXTURES:
        raise CouponError("fixture-count", f"expected 1 to {MOST_FIXTURES} fixtures, found {len(match_ids)}")
    repeated = [match_id for match_id in dict.fromkeys(match_ids) if match_ids.count(match_id) > 1]
    if repeated:
        raise CouponError("match-twice", f"expected every match once, found {repeated[0]!r} more than once")


def emphasised(p: Floats, draw: float = 1.0, upset: float = 1.0) -> Floats:
    """Return probabilities `(k, 3)` with the odds of draws and of the less likely clubs multiplied.

    They decide which columns are chosen; the chance of a column is the forecast's own.

    >>> emphasised(np.array([[0.5, 0.25, 0.25]]), draw=2.0, upset=2.0).round(4)
    array([[0.3333, 0.3333, 0.3333]])

    Args:
        p: probabilities of home, draw and away.
        draw: factor of every draw's odds.
        upset: factor of the odds of the less likely club; where both are as likely, of neither's.
    """
    factors = np.ones_like(p)
    factors[:, 1] = draw
    factors[p[:, 0] < p[:, 2], 0] = upset
    factors[p[:, 2] < p[:, 0], 2] = upset
    weighted = p * factors
    return np.asarray(weighted / weighted.sum(axis=1, keepdims=True))


def hits_distribution(chances: Floats) -> Floats:
    """Return the probabilities `(k + 1,)` of 0 to k events out of k independent ones: the Poisson binomial, exactly.

    >>> hits_distribution(np.array([0.5, 0.5])).tolist()
    [0.25, 0.5, 0.25]
    """
    distribution = np.ones(1)
    for chance in chances:
        distribution = np.append(distribution * (1 - chance), 0.0) + np.append(0.0, distribution * chance)
    return distribution


def likeliest_columns(p: Floats, n: int) -> Ints:
    """Return the n likeliest columns `(n, k)` from the likeliest; fewer where there are fewer that can happen.

    The first outcomes of a column among the n likeliest are themselves among the n likeliest of their matches, so n
    are kept from match to match. Of columns as likely as each other the one with the lower outcomes comes first.

    Raises:
        CouponError: as `require_probabilities`.
    """
    require_probabilities(p)
    with np.errstate(divide="ignore"):
        logs = np.log(p)
    scores, columns = np.zeros(1), np.empty((1, 0), dtype=np.int64)
    for outcomes in logs:
        candidates = (scores[:, None] + outcomes).ravel()
        kept = np.argsort(-candidates, kind="stable")[:n]
        kept = kept[np.isfinite(candidates[kept])]
        scores, columns = candidates[kept], np.column_stack([columns[kept // 3], kept % 3])
    return columns


def column_chances(p: Floats, columns: Ints) -> Floats:
    """Return the probability `(m,)` that a column is all right, of columns `(m, k)`."""
    return np.asarray(p[np.arange(len(p)), columns].prod(axis=1))


def require_probabilities(p: Floats) -> None:
    """Refuse what are no probabilities of 1 to 20 matches.

    Raises:
        CouponError: the shape is not (k, 3), or a row has a negative number or does not sum to 1.
    """
    if p.ndim != 2 or p.shape[1] != 3 or not 1 <= len(p) <= MOST_FIXTURES:
        raise CouponError("fixture-count", f"expected probabilities of 1 to {MOST_FIXTURES} fixtures, found {p.shape}")
    if not ((p >= 0).all() and (np.abs(p.sum(axis=1) - 1) <= SUM_TOLERANCE).all()):
        raise CouponError("probabilities", f"expected home, draw and away that sum to 1, found {p.tolist()[:3]}")
