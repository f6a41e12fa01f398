"""The order of clubs in a table: points, then the criteria of the league, then lots.

A criterion of the matches between clubs that are level is taken among them alone; where it parts them, those still
level begin again at the first such criterion among themselves.
"""

from typing import Final

import numpy as np
from numba import njit

#: Figures of a club over all its matches that count, the columns of `totals`.
TOTALS: Final = ("points", "goal_difference", "goals_for", "wins", "away_goals")
#: Figures of one club against another, the last axis of `pairs`.
PAIRS: Final = ("points", "goals", "away_goals")
#: What clubs that are level on points are ordered by; codes from `HEAD_TO_HEAD` on are of the matches between them.
CRITERIA: Final = (
    "goal_difference", "goals_for", "wins", "away_goals",
    "head_to_head_points", "head_to_head_goal_difference", "head_to_head_away_goals", "head_to_head_goals",
)  # fmt: skip
HEAD_TO_HEAD: Final = 4


@njit(cache=True, nogil=True)
def rank(points, totals, pairs, group, criteria, lots, order):  # type: ignore[no-untyped-def]
    """Sort `order`, the clubs in some order, from first to last.

    Args:
        points: points that count, (n,) int.
        totals: figures over all matches, (n, 5) int, in the order of `TOTALS`.
        pairs: figures of each club (first axis) against each other one, (n, n, 3) int, in the order of `PAIRS`.
        group: number of each club's group after a split, (n,) int; a lower group stands above. -1: no group.
        criteria: places in `CRITERIA`, (k,) int.
        lots: random numbers of the clubs, (n,), the lower one stands above.
        order: all clubs, (n,) int, best in an order that is nearly right; changed.
    """
    n = len(points)
    values = np.empty(n)
    for club in range(n):
        values[club] = -group[club] * 100_000.0 + points[club]
    _sort(order, values, 0, n)
    first_between = len(criteria)
    for index in range(len(criteria) - 1, -1, -1):
        if criteria[index] >= HEAD_TO_HEAD:
            first_between = index
    # segments of clubs that are level so far, each with the criterion that comes next
    starts, ends, following = np.empty(4 * n, np.int64), np.empty(4 * n, np.int64), np.empty(4 * n, np.int64)
    waiting = _push(order, values, 0, n, 0, starts, ends, following, 0)
    while waiting > 0:
        waiting -= 1
        start, end, criterion = starts[waiting], ends[waiting], following[waiting]
        if criterion == len(criteria):
            for index in range(start, end):
                values[order[index]] = -lots[order[index]]
            _sort(order, values, start, end)
            continue
        code = criteria[criterion]
        for index in range(start, end):
            club = order[index]
            values[club] = totals[club, code + 1] if code < HEAD_TO_HEAD else 0.0
            if code >= HEAD_TO_HEAD:
                for other_place in range(start, end):
                    other = order[other_place]
                    if other != club:
                        values[club] += _between(pairs, club, other, code)
        _sort(order, values, start, end)
        parted = values[order[start]] != values[order[end - 1]]
        following_one = first_between if parted and code >= HEAD_TO_HEAD else criterion + 1
        waiting = _push(order, values, start, end, following_one, starts, ends, following, waiting)


@njit(cache=True, nogil=True)
def _between(pairs, club, other, code):  # type: ignore[no-untyped-def]
    """Return what a criterion of the matches between two clubs is for the first of them; arguments as of `rank`."""
    if code == HEAD_TO_HEAD:
        return pairs[club, other, 0]
    if code == HEAD_TO_HEAD + 1:
        return pairs[club, other, 1] - pairs[other, club, 1]
    return pairs[club, other, 2] if code == HEAD_TO_HEAD + 2 else pairs[club, other, 1]


@njit(cache=True, nogil=True)
def _push(order, values, start, end, criterion, starts, ends, following, waiting):  # type: ignore[no-untyped-def]
    """Add the segments of equal values of at least two clubs in `order[start:end]`; return how many wait now.

    Args:
        order: clubs, sorted by value, (n,) int.
        values: value of each club, (n,) float.
        start: first place looked at.
        end: the place after the last one.
        criterion: the criterion that comes next for them.
        starts: first place of each waiting segment; changed.
        ends: the place after its last one; changed.
        following: its next criterion; changed.
        waiting: how many segments wait.
    """
    first = start
    for index in range(start + 1, end + 1):
        if index == end or values[order[index]] != values[order[first]]:
            if index - first > 1:
                starts[waiting], ends[waiting], following[waiting] = first, index, criterion
                waiting += 1
            first = index
    return waiting


@njit(cache=True, nogil=True)
def _sort(order, values, start, end):  # type: ignore[no-untyped-def]
    """Sort `order[start:end]` by descending value, those equal as they stood.

    Args:
        order: clubs, (n,) int; changed.
        values: value of each club, (n,) float.
        start: first place.
        end: the place after the last one.
    """
    for index in range(start + 1, end):
        club, at = order[index], index
        while at > start and values[order[at - 1]] < values[club]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = club
