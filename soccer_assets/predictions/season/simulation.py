"""The rest of a season, played many times.

Every match of every run has random numbers of its own, made from the seed, the run and the two clubs and not from the
place of the match in a list: so a run of today and the same run of yesterday differ by what has happened in between
and by nothing else (common random numbers). Scores are drawn from Dixon and Coles' matrix: the home side's goals from
their Poisson distribution, which the correction leaves as it is, then the away side's given those.
"""

from typing import Final

import numpy as np
from numba import njit

from soccer_assets.predictions.season.standings.ranking import HEAD_TO_HEAD, rank

#: Log-odds of a home to an away win at which `rates` are tabulated.
LEAST_ODDS: Final = -6.0
STEP: Final = 0.25
ODDS: Final = np.arange(LEAST_ODDS, -LEAST_ODDS + STEP / 2, STEP)
#: How the points of the regular rounds are carried over a split.
CARRIED: Final = ("full", "half_up", "half_down")
#: A match of a pair after the split whose ground is not known yet.
EITHER: Final = 2
_AFTER_SPLIT: Final = 16
_MOST_GOALS: Final = 12
_WEYL: Final = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def mixed(x):  # type: ignore[no-untyped-def]
    """Return a 64-bit number with the bits of another one mixed (Steele, Lea and Flood 2014).

    Args:
        x: uint64.
    """
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True, nogil=True)
def uniform(x):  # type: ignore[no-untyped-def]
    """Return a number from 0 to 1, 1 excluded, from 64 bits.

    Args:
        x: uint64.
    """
    return np.float64(mixed(x + _WEYL) >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True)
def goals(rate, factor_0, factor_1, u):  # type: ignore[no-untyped-def]
    """Return goals of a Poisson distribution whose probabilities of 0 and 1 are multiplied by factors.

    Args:
        rate: goals expected without the factors.
        factor_0: factor of no goal.
        factor_1: factor of one goal; together they leave the sum of probabilities at 1.
        u: number from 0 to 1.
    """
    p = np.exp(-rate)
    below = p * factor_0
    scored = 0
    for count in range(1, _MOST_GOALS + 1):  # all of them: a loop that ends by chance takes six times as long
        scored += u >= below
        p *= rate * (1.0 / count)
        below += p * factor_1 if count == 1 else p
    return scored


@njit(cache=True, nogil=True)
def _key(hashes, home, away, leg):  # type: ignore[no-untyped-def]
    """Return 64 bits of a match, the same in all runs.

    Args:
        hashes: a number of each club, (n,) uint64.
        home: home club.
        away: away club.
        leg: int, tells the matches of the two at this ground apart.
    """
    return mixed(hashes[home] + mixed(hashes[away] + np.uint64(leg)))


@njit(cache=True, nogil=True, inline="always")
def _play(i, j, bits, strengths, run, step, advantage, rates, rho, totals, pairs, between):  # type: ignore[no-untyped-def]
    """Play one match, count it, and return 0, 1 or 2: home win, draw, away win.

    `i` is the home club, `j` the away club, `bits` are uint64, the match's own in this run; other arguments are as of
    `play`, `totals` and `pairs` of this run.
    """
    odds = advantage[i] + strengths[run, step, i] - strengths[run, step, j]
    at = min(max((odds - LEAST_ODDS) * (1.0 / STEP), 0.0), rates.shape[2] - 1.001)
    low = int(at)
    share = at - low
    home = rates[i, j, low, 0] * (1.0 - share) + rates[i, j, low + 1, 0] * share
    away = rates[i, j, low, 1] * (1.0 - share) + rates[i, j, low + 1, 1] * share
    x = goals(home, 1.0, 1.0, uniform(bits))
    none, one = x == 0, x == 1
    factor_0 = 1.0 + rho * away * (one - home * none)
    factor_1 = 1.0 + rho * (home * none - one)
    y = goals(away, factor_0, factor_1, uniform(bits + _WEYL))
    for_home, for_away = 3 * (x > y) + (x == y), 3 * (y > x) + (x == y)
    totals[i, 0] += for_home
    totals[i, 1] += x - y
    totals[i, 2] += x
    totals[i, 3] += x > y
    totals[j, 0] += for_away
    totals[j, 1] += y - x
    totals[j, 2] += y
    totals[j, 3] += y > x
    totals[j, 4] += y
    if between:
        pairs[i, j, 0] += for_home
        pairs[i, j, 1] += x
        pairs[j, i, 0] += for_away
        pairs[j, i, 1] += y
        pairs[j, i, 2] += y
    return (x == y) + 2 * (y > x)


@njit(cache=True, nogil=True)
def play(  # type: ignore[no-untyped-def]
    seed, hashes, totals, pairs, points_after, left, strengths, advantage, rates, rho, sizes, meetings, carried,
    group, fixtures, criteria, watched, positions, points, differences, outcomes,
):  # fmt: skip
    """Play a season to its end in every run.

    Args:
        seed: of all random numbers, uint64.
        hashes: a number of each club, (n,) uint64.
        totals: figures so far, (n, 5) int, as of `ranking.TOTALS`; points are those of the regular rounds.
        pairs: figures so far against each other club, (n, n, 3) int, as of `ranking.PAIRS`.
        points_after: points won after the split, (n,) int.
        left: home club, away club, leg and step in `strengths` of the matches left of the regular rounds, (m, 4) int.
        strengths: log-odds strength by run, step and club, (runs, steps, n) float.
        advantage: what home is worth to each club, in log-odds, (n,) float.
        rates: goals expected of home and away side by home club, away club and log-odds, (n, n, `ODDS`, 2) float32.
        rho: Dixon and Coles' correction, from -1 / 8, the highest rate, to 0.
        sizes: clubs in each group after a split, (groups,) int, none without one.
        meetings: of each pair of a group after the split, (groups,) int, 0 to 2.
        carried: place in `CARRIED` by group, (groups,) int.
        group: each club's, where the split has come, (n,) int; else -1.
        fixtures: after the split, at home to each other club: 1 is left, `EITHER` ground is open, 0 none, (n, n) int.
        criteria: order of the regular rounds and of the final table, (k,) int, places in `ranking.CRITERIA`.
        watched: the outcomes of the first so many matches of `left` are returned.
        positions: final position by run and club, from 1, (runs, n) int; changed.
        points: final points, (runs, n) int; changed.
        differences: final goal difference, (runs, n) int; changed.
        outcomes: 0 home win, 1 draw, 2 away win, (runs, watched) int; changed.
    """
    runs, n = positions.shape
    between = False
    for code in criteria:
        between |= code >= HEAD_TO_HEAD
    own, own_pairs, lots = np.empty_like(totals), pairs.copy(), np.empty(n)
    order, own_group, counted = np.arange(n), np.empty(n, np.int64), np.empty(n, np.int64)
    last = strengths.shape[1] - 1
    keys = np.empty(len(left), np.uint64)
    for match in range(len(left)):
        keys[match] = _key(hashes, left[match, 0], left[match, 1], left[match, 2])
    for run in range(runs):
        bits = mixed(seed + _WEYL * np.uint64(run + 1))
        own[:] = totals
        if between:
            own_pairs[:] = pairs
        for club in range(n):
            lots[club] = uniform(bits ^ hashes[club])
        for match in range(len(left)):
            i, j, step = left[match, 0], left[match, 1], left[match, 3]
            result = _play(i, j, mixed(bits ^ keys[match]), strengths, run, step, advantage, rates, rho, own, own_pairs,
                           between)  # fmt: skip
            if match < watched:
                outcomes[run, match] = result
        own_group[:] = group
        counted[:] = own[:, 0]
        if len(sizes):
            if group[0] < 0:
                rank(counted, own, own_pairs, group, criteria, lots, order)
                _divide(order, sizes, own_group)
            for club in range(n):
                how = carried[own_group[club]]
                kept = own[club, 0] if how == 0 else (own[club, 0] + 1) // 2 if how == 1 else own[club, 0] // 2
                counted[club] = kept + points_after[club]
                own[club, 0] = 0
            for i in range(n):
                for j in range(i + 1, n):
                    if own_group[i] != own_group[j]:
                        continue
                    times = meetings[own_group[i]]
                    either = fixtures[i, j] == EITHER or (group[0] < 0 and times == 1)
                    at_i = (times == 2) if group[0] < 0 else fixtures[i, j] == 1
                    at_j = (times == 2) if group[0] < 0 else fixtures[j, i] == 1
                    if either:
                        at_i = uniform(mixed(bits ^ hashes[i]) + hashes[j]) < 0.5
                        at_j = not at_i
                    if at_i:
                        own_bits = mixed(bits ^ _key(hashes, i, j, _AFTER_SPLIT))
                        _play(i, j, own_bits, strengths, run, last, advantage, rates, rho, own, own_pairs, between)
                    if at_j:
                        own_bits = mixed(bits ^ _key(hashes, j, i, _AFTER_SPLIT))
                        _play(j, i, own_bits, strengths, run, last, advantage, rates, rho, own, own_pairs, between)
            counted += own[:, 0]
        rank(counted, own, own_pairs, own_group, criteria, lots, order)
        for index in range(n):
            club = order[index]
            positions[run, club] = index + 1
            points[run, club] = counted[club]
            differences[run, club] = own[club, 1]


@njit(cache=True, nogil=True)
def _divide(order, sizes, group):  # type: ignore[no-untyped-def]
    """Fill `group` with the group of each club.

    Args:
        order: clubs from first to last, (n,) int.
        sizes: clubs in each group, (groups,) int.
        group: (n,) int; changed.
    """
    first = 0
    for number in range(len(sizes)):
        for index in range(first, first + sizes[number]):
            group[order[index]] = number
        first += sizes[number]
