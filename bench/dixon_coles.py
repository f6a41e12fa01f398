"""Benchmark of the Dixon-Coles strengths: a league walked forward, beside one fit by penaltyblog on the same matches.

Ours is fitted again every 28 days from the first match to the last, theirs once, at the end.
"""

import datetime as dt
import time
from itertools import permutations
from typing import Any

import numpy as np
import polars as pl

CLUBS, SEASONS, FIRST = 20, 5, dt.date(2019, 8, 1)
TRIES = 5


def fits() -> dict[str, Any]:
    """Seconds of all our fits and of their one, the ratio fit by fit, and how alike the strengths are."""
    from penaltyblog.models import DixonColesGoalModel, dixon_coles_weights

    from soccer_assets.features.ratings.dixon_coles import DixonColesParameters, dixon_coles_ratings
    from soccer_assets.features.ratings.match_arrays import MatchArrays, Schedule

    home, away, day, goals = _league()
    one_league = np.zeros_like(home)
    schedule = Schedule(home, away, one_league, one_league, day)
    games = MatchArrays(pl.DataFrame(), schedule, CLUBS, {"goals": goals}, np.full((len(home), 4), np.nan))
    ours = dixon_coles_ratings(games)  # the loop is compiled once a machine
    seconds = []
    for _ in range(TRIES):
        began = time.perf_counter()
        dixon_coles_ratings(games)
        seconds.append(time.perf_counter() - began)
    parameters = DixonColesParameters()
    count = (day[-1] - day[0]) // parameters.every
    dates = [dt.date.fromordinal(each) for each in day.tolist()]
    weights = dixon_coles_weights(dates, np.log(2) / parameters.half_life, dates[-1])
    began = time.perf_counter()
    theirs = DixonColesGoalModel(goals[:, 0], goals[:, 1], home, away, weights)
    theirs.fit()
    one = time.perf_counter() - began
    estimates = theirs.get_params()
    newest = {club: team for team, club in enumerate(home.tolist())}
    attack = [ours["dc_attack"][team, 0] for team in newest.values()]
    alike = np.corrcoef(attack, [estimates[f"attack_{club}"] for club in newest])[0, 1]
    return {
        "matches": len(home),
        "our fits": int(count),
        "seconds of them all": min(seconds),
        "penaltyblog, seconds of one": one,
        "times faster, fit by fit": one * count / min(seconds),
        "correlation of attacks": float(alike),
    }


def _league() -> tuple[Any, ...]:
    """Codes of the clubs `(n,)`, days and goals `(n, 2)` of clubs whose strengths are drawn."""
    random = np.random.default_rng(0)
    attack, defence = random.normal(0, 0.3, (2, CLUBS))
    pairs = np.array(list(permutations(range(CLUBS), 2)))
    order = np.concatenate([random.permutation(len(pairs)) for _ in range(SEASONS)])
    home, away = pairs[order].T
    of_season = np.arange(len(pairs)) * 290 // len(pairs)
    day = FIRST.toordinal() + np.concatenate([365 * season + of_season for season in range(SEASONS)])
    rates = np.stack([1.5 * np.exp(attack[home] - defence[away]), 1.1 * np.exp(attack[away] - defence[home])], axis=1)
    columns = (np.ascontiguousarray(each, dtype=np.int64) for each in (home, away, day))
    return (*columns, random.poisson(rates).astype(np.float64))
