"""Attack and defence fitted anew every few weeks to a country's last years (Dixon and Coles 1997), walking forward.

Weighted Poisson likelihood of all goals of a country's leagues, weights that halve with age, a gamma prior of mean one
on every factor. Given the other factors each has its maximum in closed form (Maher 1982), and a fit begins where the
last one ended: few sweeps are enough. Their correction of low scores moves strengths little; it is fitted where
scores are forecast, not here.
"""

from dataclasses import astuple, dataclass

import numpy as np
from numba import njit

from soccer_assets.features.ratings.match_arrays import COUNTRIES, MatchArrays
from soccer_assets.scoring import Floats


@dataclass(frozen=True)
class DixonColesParameters:
    """`half_life` and `window` of the weights and `every` between two fits, in days.

    `prior` counts like so many goals, scored and expected, of an average club; a country's first fit has
    `first_sweeps`.
    """

    half_life: float = 390.0
    window: int = 1095
    every: int = 28
    prior: float = 4.0
    sweeps: int = 2
    first_sweeps: int = 30


def dixon_coles_ratings(games: MatchArrays, parameters: DixonColesParameters | None = None) -> dict[str, Floats]:
    """Return columns `(n, 2)`: strengths as last fitted when the match began; NaN until a club has been in a fit."""
    p = astuple(parameters or DixonColesParameters())
    s, goals = games.schedule, games.figures["goals"]
    strengths = np.full((2, len(s.day), 2), np.nan)
    country = COUNTRIES[s.league]
    for one in np.unique(country):
        at = np.flatnonzero(country == one)
        present = np.unique(np.concatenate([s.home[at], s.away[at]]))
        home, away = (np.searchsorted(present, side[at]) for side in (s.home, s.away))
        strengths[:, at] = _walk(home, away, s.day[at], goals[at], len(present), *p)
    return {"dc_attack": strengths[0], "dc_defence": strengths[1]}


@njit(cache=True)
def _walk(home, away, day, goals, clubs, half_life, window, every, prior, sweeps, first_sweeps):  # type: ignore[no-untyped-def]
    """Return the strengths before each match of a country, `(2, n, 2)`: attack, defence; home and away club, in logs.

    Args:
        home: code of the home club, (n,) int, below `clubs`.
        away: code of the away club, (n,) int.
        day: day of the match, (n,) int, ascending.
        goals: goals of both sides, (n, 2) float.
        clubs: number of the country's clubs.
        half_life: days after which a match counts half.
        window: days after which a match does not count.
        every: days between two fits.
        prior: goals of an average club, scored and expected, that count beside a club's own.
        sweeps: sweeps over all factors in a fit.
        first_sweeps: the same in the first fit.
    """
    scores, allows = np.ones(clubs), np.ones(clubs)
    common = np.array([1.5, 1.1])  # goals of an average club at home and away
    fitted = np.zeros(clubs, np.bool_)
    strengths = np.full((2, len(home), 2), np.nan)
    weights = 2.0 ** ((day - day[0]) / half_life)
    oldest, due = 0, day[0] + 1
    for match in range(len(home)):
        today = day[match]
        if today >= due and day[match - 1] < today:
            while day[oldest] < today - window and oldest < match - 1:
                oldest += 1
            now = 2.0 ** ((today - day[0]) / half_life)
            for _ in range(sweeps if fitted.any() else first_sweeps):
                _sweep(home, away, goals, weights, now, oldest, match, prior, scores, allows, common)
            for past in range(oldest, match):
                fitted[home[past]] = fitted[away[past]] = True
            due = today + every
        for side, club in enumerate((home[match], away[match])):
            if fitted[club]:
                strengths[0, match, side] = np.log(scores[club])
                strengths[1, match, side] = -np.log(allows[club])
    return strengths


@njit(cache=True)
def _sweep(home, away, goals, weights, now, first, after, prior, scores, allows, common):  # type: ignore[no-untyped-def]
    """Set the best factor of every attack, then of every defence, then of all home and all away sides, given the rest.

    Args:
        home: code of the home club, (n,) int.
        away: code of the away club, (n,) int.
        goals: goals of both sides, (n, 2) float.
        weights: weight of each match, (n,) float, in units of the first day.
        now: the weight of today.
        first: first match that counts.
        after: the match after the last that counts.
        prior: goals that count beside a club's own.
        scores: factor of each club's attack, (clubs,) float; changed.
        allows: factor of each club's defence, above 1 where it concedes more, (clubs,) float; changed.
        common: goals of an average club at home and away, (2,) float; changed.
    """
    for what in range(3):
        factors = scores if what == 0 else allows if what == 1 else common
        actual, expected = np.full(len(factors), prior), np.full(len(factors), prior)
        if what == 2:
            expected[:] = prior / common
        for match in range(first, after):
            i, j, weight = home[match], away[match], weights[match] / now
            home_place, away_place = (i, j) if what == 0 else (j, i) if what == 1 else (0, 1)
            home_rest = allows[j] if what == 0 else scores[i] if what == 1 else scores[i] * allows[j]
            away_rest = allows[i] if what == 0 else scores[j] if what == 1 else scores[j] * allows[i]
            if what < 2:
                home_rest *= common[0]
                away_rest *= common[1]
            actual[home_place] += weight * goals[match, 0]
            actual[away_place] += weight * goals[match, 1]
            expected[home_place] += weight * home_rest
            expected[away_place] += weight * away_rest
        factors[:] = actual / expected
