"""What score matrices are held against: the scores of earlier matches, and independent Poisson goals by the prices."""

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from soccer_assets.optimise import find_roots
from soccer_assets.score_matrices import GOALS, RATES, dixon_coles, result_probabilities
from soccer_assets.scoring import Floats
from soccer_assets.storage.lake import DATE

#: The scores of so many days say how often each comes up.
CLIMATOLOGY_DAYS: Final = 3 * 365
#: Scores of all leagues that a league's own count beside, and matches of each score that were never played.
PRIOR_MATCHES, UNSEEN = 200.0, 0.01
#: With fewer scores of all leagues there is no climatology.
LEAST_SCORES: Final = 500
TOLERANCE: Final = 1e-9
_STEP: Final = 1e-4


def climatology(past: pl.DataFrame, fixtures: pl.DataFrame) -> Floats:
    """Return how often each score came up before each fixture's date, shape (n, 16, 16); NaN before enough matches.

    A league's own scores are counted beside those of all leagues.

    Args:
        past: match_date, league, home_goals and away_goals of finished matches, of any dates.
        fixtures: match_date and league.
    """
    every = _counts(past, fixtures[DATE])
    scores_seen = every.sum(axis=1, keepdims=True)
    every = (every + UNSEEN) / (scores_seen + UNSEEN * GOALS**2)
    scores = np.where(scores_seen < LEAST_SCORES, np.nan, PRIOR_MATCHES * every)
    for league in fixtures["league"].unique():
        rows = (fixtures["league"] == league).to_numpy()
        scores[rows] += _counts(past.filter(pl.col("league") == league), fixtures[DATE].filter(pl.Series(rows)))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True)).reshape(-1, GOALS, GOALS)


def _counts(past: pl.DataFrame, dates: pl.Series) -> Floats:
    """How often each score came up in the `CLIMATOLOGY_DAYS` before each date, shape (n, 256)."""
    days, day_number = np.unique(past[DATE].to_numpy(), return_inverse=True)
    home, away = (past[f"{side}_goals"].clip(0, GOALS - 1).to_numpy() for side in ("home", "away"))
    counts = np.zeros((len(days) + 1, GOALS**2))
    np.add.at(counts, (day_number + 1, home * GOALS + away), 1.0)
    counts = counts.cumsum(axis=0)
    since = (dates - dt.timedelta(days=CLIMATOLOGY_DAYS)).to_numpy()
    return np.asarray(counts[np.searchsorted(days, dates.to_numpy())] - counts[np.searchsorted(days, since)])


def independent_poisson(p_1x2: Floats, p_over: Floats) -> Floats:
    """Return the matrix of two independent Poisson counts that prices imply, shape (n, 16, 16).

    The total has the probability of over 2.5 goals, the sides' shares of it the difference of home and away win: what
    is usually read from these prices, and what a score matrix has to be better than.

    Args:
        p_1x2: probabilities of home win, draw and away win, shape (n, 3).
        p_over: probability of more than 2.5 goals, shape (n,), between 0 and 1.
    """

    def over(total: Floats) -> tuple[Floats, Floats]:
        none = np.exp(-total)
        return 1 - none * (1 + total + total**2 / 2) - p_over, none * total**2 / 2

    def matrices(total: Floats, supremacy: Floats) -> Floats:
        rates = np.stack(
            [total * share for share in (1 / (1 + np.exp(-supremacy)), 1 / (1 + np.exp(supremacy)))], axis=1
        )
        return dixon_coles(np.clip(rates, *RATES), np.zeros(len(rates)))

    total, _ = find_roots(over, np.full(len(p_over), 2.6), (0.1, 12.0), rising=True, tolerance=TOLERANCE)

    def ahead(supremacy: Floats) -> tuple[Floats, Floats]:
        current, further = (result_probabilities(matrices(total, at)) for at in (supremacy, supremacy + _STEP))
        gap, next_gap = current[:, 0] - current[:, 2], further[:, 0] - further[:, 2]
        return gap - (p_1x2[:, 0] - p_1x2[:, 2]), (next_gap - gap) / _STEP

    supremacy, _ = find_roots(ahead, np.zeros(len(total)), (-6.0, 6.0), rising=True, tolerance=TOLERANCE)
    return matrices(total, supremacy)
