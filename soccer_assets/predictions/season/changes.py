"""Why the chances of a season are not those of the day before, by cause.

The runs of both days share their random numbers, so what differs is what has happened: the results, the club's own
first, then the strengths of all clubs, then the fixtures and points deducted.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from soccer_assets.predictions.season.forecast import Runs, simulate, steps_of
from soccer_assets.predictions.season.forecast_rows import event_probabilities
from soccer_assets.predictions.season.schema import SEASON_CHANGES
from soccer_assets.predictions.season.simulation import ODDS
from soccer_assets.predictions.season.standings.state import SeasonState
from soccer_assets.predictions.season.strengths import RHO, Singles, Strengths, drawn
from soccer_assets.score_matrices import dixon_coles, result_probabilities
from soccer_assets.scoring import Floats, Ints

#: With fewer runs in which a club's own matches ended as they did, nothing is said of them by themselves.
LEAST_RUNS = 50


@dataclass(frozen=True)
class Day:
    """The forecast of one day: the season, the strengths of its clubs and the runs made of them."""

    state: SeasonState
    strengths: Strengths
    runs: Runs


def change_rows(earlier: Day, later: Day, seed: int) -> pl.DataFrame:
    """Return rows of `season_changes`, a club and event each: the causes add up to the change."""
    runs, state = len(later.runs.positions), later.state
    expected = _without_news(earlier.state, state)
    as_expected = later.runs if expected is state else simulate(expected, later.strengths, runs, seed)
    by_results = _expectations(state, simulate(expected, earlier.strengths, runs, seed))
    before, rated, after = (_expectations(state, made) for made in (earlier.runs, as_expected, later.runs))
    parts = []
    own = _own_results(earlier, state, seed)
    for event, now in after.items():
        by_own = own[event] - before[event]
        columns = {
            "match_date": [state.date] * len(now), "league": [state.league] * len(now),
            "season": [state.season] * len(now), "team_id": state.clubs, "club": state.names,
            "since": [earlier.state.date] * len(now), "event": [event] * len(now), "before": before[event],
            "own_result": by_own, "other_results": by_results[event] - before[event] - np.nan_to_num(by_own),
            "ratings": rated[event] - by_results[event], "fixtures": now - rated[event], "after": now,
        }  # fmt: skip
        parts.append(pl.DataFrame(columns).with_columns(pl.col("own_result").fill_nan(None)))
    return SEASON_CHANGES.conform(pl.concat(parts))


def _expectations(state: SeasonState, made: Runs) -> dict[str, Floats]:
    """Mean points and the probability of each event, (n,)."""
    return {"points": made.points.mean(axis=0), **event_probabilities(state, made.places())}


def _own_results(earlier: Day, state: SeasonState, seed: int) -> dict[str, Floats]:
    """What was expected the day before, had a club's matches ended as they did, (n,); NaN: too few runs had that.

    A run in which they did counts the more the less likely that was by the strengths drawn in it. So the result alone
    counts, and not what it says of the strengths: that comes with the ratings.
    """
    played = _played_since(earlier.state, state)
    matches, days = earlier.state.left[played], earlier.state.days_ahead[played]
    subset = replace(earlier.state, left=matches, days_ahead=days)
    watched = simulate(subset, earlier.strengths, len(earlier.runs.positions), seed, len(played)).outcomes
    happened = _outcomes(earlier.state, state, played)
    strengths = drawn(earlier.state, earlier.strengths, len(earlier.runs.positions), seed)
    likely = [
        _probability(earlier.strengths, strengths[:, step], match, outcome)
        for step, match, outcome in zip(steps_of(subset), matches.tolist(), happened.tolist(), strict=True)
    ]
    own = {event: values.copy() for event, values in _expectations(state, earlier.runs).items()}
    for club in range(len(state.clubs)):
        if state.played[club] == earlier.state.played[club]:
            continue
        of_club = np.flatnonzero((matches[:, :2] == club).any(axis=1))
        weights = (watched[:, of_club] == happened[of_club]).all(axis=1) * 1.0
        # after a split the runs differ in who meets whom
        comparable = len(of_club) == state.played[club] - earlier.state.played[club] and weights.sum() >= LEAST_RUNS
        for match in of_club:
            weights /= likely[match]
        expected = _weighted(state, earlier.runs, club, weights) if comparable else dict.fromkeys(own, np.nan)
        for event, values in own.items():
            values[club] = expected[event]
    return own


def _weighted(state: SeasonState, made: Runs, club: int, weights: Floats) -> dict[str, float]:
    """Mean points and the probability of each event of one club, its runs weighted, (runs,)."""
    shares = weights / weights.sum()
    places = np.bincount(made.positions[:, club], weights=shares, minlength=len(state.clubs) + 1)[1:].astype(np.float64)
    chances = {event: float(p[0]) for event, p in event_probabilities(state, places[None]).items()}
    return {"points": float(shares @ made.points[:, club]), **chances}


def _probability(clubs: Strengths, strengths: Singles, match: list[int], outcome: int) -> Floats:
    """Probability of the outcome of a match by the strengths drawn in each run, (runs, n): (runs,)."""
    home, away, _ = match
    matrices = dixon_coles(clubs.rates[home, away].astype(np.float64), np.full(len(ODDS), RHO))
    odds = clubs.advantage[home] + strengths[:, home] - strengths[:, away]
    return np.asarray(np.interp(odds, ODDS, result_probabilities(matrices)[:, outcome]))


def _played_since(earlier: SeasonState, later: SeasonState) -> Ints:
    """Places in `earlier.left` of the matches that have been played since, which are no longer left."""
    left = {tuple(match) for match in later.left.tolist()}
    return np.array([at for at, match in enumerate(earlier.left.tolist()) if tuple(match) not in left], dtype=np.int64)


def _outcomes(earlier: SeasonState, later: SeasonState, played: Ints) -> Ints:
    """How these matches ended, (k,), by the points that home club won from away club between the two days."""
    won = (later.pairs - earlier.pairs)[earlier.left[played, 0], earlier.left[played, 1], 0]
    return np.select([won >= 3, won == 0], [0, 2], 1)


def _without_news(earlier: SeasonState, later: SeasonState) -> SeasonState:
    """The later state as it was to be expected: points deducted as before, and the matches left; most often itself."""
    deducted = later.deducted - earlier.deducted
    kept = np.setdiff1d(np.arange(len(earlier.left)), _played_since(earlier, later))
    same = sorted(earlier.left[kept].tolist()) == sorted(later.left.tolist())
    if not deducted.any() and (same or len(kept) != len(later.left)):  # of another number since a club has withdrawn
        return later
    totals = later.totals.copy()
    totals[:, 0] += deducted
    if same or len(kept) != len(later.left):
        return replace(later, totals=totals)
    days_ahead = np.maximum(earlier.days_ahead[kept] - (later.date - earlier.date).days, 0)
    return replace(later, totals=totals, left=earlier.left[kept], days_ahead=days_ahead)
