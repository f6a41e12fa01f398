"""The two loops of the stage that numpy cannot say: means over the newest rows, and places in league tables."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from soccer_assets.scoring import Floats, Ints

Narrow = NDArray[np.float32]


@njit(cache=True, error_model="numpy")
def last_means(values: Narrow, rows: Ints, first: Ints, after: Ints, windows: Ints) -> tuple[Narrow, Narrow]:
    """Means over the newest rows of each query, what is not known left out, and the share of the window known.

    Args:
        values: (r, m), NaN where not known.
        rows: row numbers in order of key and day.
        first: (q,) places in `rows` where the key of each query begins.
        after: (q,) places just after the newest row that the query may see.
        windows: (w,) numbers of rows, ascending.

    Returns:
        Two arrays (w, m, q).
    """
    queries, metrics = len(first), values.shape[1]
    means = np.empty((len(windows), metrics, queries), dtype=np.float32)
    coverage = np.empty((len(windows), metrics, queries), dtype=np.float32)
    sums, counts = np.empty(metrics), np.empty(metrics)
    for query in range(queries):
        sums[:] = 0.0
        counts[:] = 0.0
        position, taken = after[query], 0
        for number, window in enumerate(windows):
            while taken < window and position > first[query]:
                position -= 1
                taken += 1
                row = values[rows[position]]
                for metric in range(metrics):
                    is_known = row[metric] == row[metric]  # without branches the metrics are added side by side
                    sums[metric] += row[metric] if is_known else 0.0
                    counts[metric] += 1.0 if is_known else 0.0
            for metric in range(metrics):
                means[number, metric, query] = sums[metric] / counts[metric] if counts[metric] else np.nan
                coverage[number, metric, query] = counts[metric] / window
    return means, coverage


@njit(cache=True)
def standing(
    seasons: Ints, clubs: Ints, days: Ints,
    season_first: Ints, club: Ints, since: Ints, first: Ints, day: Ints, points: Ints, difference: Ints,
) -> Floats:  # fmt: skip
    """Lines of league tables on the mornings of days.

    Args:
        seasons: (q,) season of each query, -1 where it is not known.
        clubs: (q,) club of each query.
        days: (q,) day of each query.
        season_first: (s + 1,) first entry of each season's roster.
        club: (e,) the clubs of the rosters, ascending within a season.
        since: (e,) the day of each one's first match.
        first: (e + 1,) first result of each entry.
        day: (r,) days of the results, in order within an entry.
        points: (r + 1,) running total over all results.
        difference: (r + 1,) the same of goal differences.

    Returns:
        (5, q): points, goal difference and matches played of the club, its place, and the most matches that any
        club of the season has played; NaN where season or club are not there.
    """
    lines = np.full((5, len(seasons)), np.nan)
    for query in range(len(seasons)):
        season, today = seasons[query], days[query]
        if season < 0:
            continue
        better, most, own = 0, 0, -1
        own_points, own_difference, own_played = 0, 0, 0
        # twice: the club's own line first, then those that stand above it
        for look in range(2):
            for entry in range(season_first[season], season_first[season + 1]):
                # a club counts from its first match on: what comes later must not change an earlier table
                if since[entry] > today or (look == 0 and club[entry] != clubs[query]):
                    continue
                low, high = first[entry], first[entry + 1]
                while low < high:
                    middle = (low + high) // 2
                    if day[middle] < today:
                        low = middle + 1
                    else:
                        high = middle
                begin = first[entry]
                its_points, its_difference = points[low] - points[begin], difference[low] - difference[begin]
                if look == 0:
                    own, own_played, own_points, own_difference = entry, low - begin, its_points, its_difference
                    continue
                most = max(most, low - begin)
                if its_points != own_points:
                    better += its_points > own_points
                elif its_difference != own_difference:
                    better += its_difference > own_difference
                else:
                    better += entry < own
        lines[4, query] = most
        if own >= 0:
            lines[0, query] = own_points
            lines[1, query] = own_difference
            lines[2, query] = own_played
            lines[3, query] = better + 1
    return lines
