"""Systems of doubles and trebles: the outcomes of every match that cover most for their number of columns.

A system takes one, two or all outcomes of each match and costs a unit for each of its 2^doubles * 3^trebles columns.
Whatever outcomes it takes, the likeliest ones of a match cover most. So the best system with so many doubles and
trebles follows by dynamic programming over the matches, and the best of all these is the best there is.
"""

from typing import NamedTuple

import numpy as np

from soccer_assets.predictions.coupons.pools import require_probabilities
from soccer_assets.scoring import Bools, Floats


class System(NamedTuple):
    """Outcomes taken, a mask `(k, 3)`; the number of columns, and the chance that one of them is all right."""

    taken: Bools
    columns: int
    chance: float


def system_of(p: Floats, taken: Bools) -> System:
    """Return the system of the outcomes taken, `(k, 3)`, with its columns and its chance under `p`."""
    columns = 1
    for size in taken.sum(axis=1).tolist():
        columns *= size
    return System(taken, columns, float((p * taken).sum(axis=1).prod()))


def cheapest_system(p: Floats, probability: float, chosen_by: Floats | None = None) -> System:
    """Return the system with fewest columns whose chance is at least `probability`; of these the likeliest.

    Args:
        p: probabilities of home, draw and away, shape (k, 3).
        probability: to be covered, above 0, at most 1.
        chosen_by: probabilities that decide which outcomes are taken; default `p`.

    Raises:
        CouponError: as `require_probabilities`.
    """
    systems = _best_by_shape(p, p if chosen_by is None else chosen_by)
    # a sum of probabilities may miss 1 by a rounding
    enough = [system for system in systems if system.chance >= probability * (1 - 1e-12)]
    return min(enough, key=lambda system: (system.columns, -system.chance))


def best_system(p: Floats, budget: int, chosen_by: Floats | None = None) -> System:
    """Return the system of at most `budget` columns with the highest chance; of these the cheapest.

    Raises:
        CouponError: as `require_probabilities`.
    """
    systems = _best_by_shape(p, p if chosen_by is None else chosen_by)
    return max(
        (system for system in systems if system.columns <= budget), key=lambda each: (each.chance, -each.columns)
    )


def _best_by_shape(p: Floats, chosen_by: Floats) -> list[System]:
    """The likeliest system of every number of doubles and trebles, as `chosen_by` has it; its chance is under `p`."""
    require_probabilities(p)
    require_probabilities(chosen_by)
    order = np.argsort(-chosen_by, axis=1, kind="stable")
    rank = np.argsort(order, axis=1)
    covers = np.cumsum(np.take_along_axis(chosen_by, order, axis=1), axis=1)
    matches = len(p)
    best = np.full((matches + 1, matches + 1), -1.0)  # by doubles and trebles
    best[0, 0] = 1.0
    sizes = np.zeros(
        (matches, matches + 1, matches + 1), dtype=np.int64
    )  # outcomes taken of a match, by shape after it
    for match, (single, double, _) in enumerate(covers):
        options = np.full((3, *best.shape), -1.0)
        options[0] = best * single
        options[1, 1:] = best[:-1] * double
        options[2, :, 1:] = best[:, :-1]
        best, sizes[match] = options.max(axis=0), options.argmax(axis=0) + 1
    systems = []
    for doubles, trebles in np.argwhere(best >= 0).tolist():
        taken = np.zeros_like(p, dtype=np.bool_)
        for match in reversed(range(matches)):
            size = int(sizes[match, doubles, trebles])
            taken[match] = rank[match] < size
            doubles, trebles = doubles - (size == 2), trebles - (size == 3)
        systems.append(system_of(p, taken))
    return systems
