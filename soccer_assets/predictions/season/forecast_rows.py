"""The forecast of a season as rows, a club each, and what arithmetic allows without any forecast."""

import numpy as np
import polars as pl

from soccer_assets.predictions.season.forecast import Runs
from soccer_assets.predictions.season.percentages import settled
from soccer_assets.predictions.season.schema import POINTS_QUANTILES, SEASON_EVENTS, SEASON_FORECASTS
from soccer_assets.predictions.season.standings.state import SeasonState
from soccer_assets.predictions.season.strengths import Strengths
from soccer_assets.scoring import Floats, Ints


def forecast_rows(state: SeasonState, strengths: Strengths, made: Runs, seed: int) -> pl.DataFrame:
    """Return rows of `season_forecasts`, a club each, of the runs of a season."""
    places, left = made.places(), matches_left(state)
    best, worst = bounds(state)
    quantiles = np.quantile(made.points, [share / 100 for share in POINTS_QUANTILES], axis=0, method="inverted_cdf")
    by_event = event_probabilities(state, places)
    n, runs = len(state.clubs), len(made.positions)
    columns = {
        "match_date": [state.date] * n, "league": [state.league] * n, "season": [state.season] * n,
        "team_id": state.clubs, "club": state.names, "position": state.table(final=not left.any()),
        "played": state.played, "points": state.points, "points_deducted": state.deducted,
        "goal_difference": state.totals[:, 1], "matches_left": left, "best_position": best, "worst_position": worst,
        "points_expected": made.points.mean(axis=0), "goal_difference_expected": made.differences.mean(axis=0),
        "positions": places.tolist(), "strength": strengths.strength, "strength_deviation": strengths.deviation,
        "rated": strengths.rated, "assumed": [", ".join(state.rules.assumed)] * n, "runs": [runs] * n,
        "seed": [seed] * n, "monte_carlo_error": np.sqrt(places * (1.0 - places) / runs).max(axis=1),
        "settled": settled_events(state, best, worst),
        **{f"points_{share:02}": quantiles[row] for row, share in enumerate(POINTS_QUANTILES)},
        **{f"p_{event}": by_event.get(event, [None] * n) for event in SEASON_EVENTS},
    }  # fmt: skip
    schema = SEASON_FORECASTS.schema
    return pl.DataFrame([pl.Series(name, columns[name], dtype=dtype, strict=False) for name, dtype in schema.items()])


def settled_events(state: SeasonState, best: Ints, worst: Ints) -> list[list[str]]:
    """Return the events of each club that its best and worst final position make certain or exclude."""
    spans = {event: span for event in SEASON_EVENTS if (span := state.rules.span(event))}
    clubs = zip(best.tolist(), worst.tolist(), strict=True)
    return [[event for event, span in spans.items() if settled(*club, span) is not None] for club in clubs]


def event_probabilities(state: SeasonState, places: Floats) -> dict[str, Floats]:
    """Probability of each event that the league has, (n,), from those of each final position, (n, n)."""
    spans = {event: state.rules.span(event) for event in SEASON_EVENTS}
    return {
        event: np.clip(places[:, span[0] - 1 : span[1]].sum(axis=1), 0.0, 1.0) for event, span in spans.items() if span
    }


def matches_left(state: SeasonState) -> Ints:
    """Matches left of each club, (n,): of the regular rounds and, once the groups are known, after the split."""
    left = np.bincount(state.left[:, :2].ravel(), minlength=len(state.clubs))
    after = state.fixtures > 0
    return np.asarray(left + after.sum(axis=0) + after.sum(axis=1))


def bounds(state: SeasonState) -> tuple[Ints, Ints]:
    """Best and worst final position of each club that points alone allow, (n,) each.

    Before a split nothing is excluded. That two clubs cannot both win their match is left out: the bounds are safe,
    not the narrowest ones.
    """
    n, left, group = len(state.clubs), matches_left(state), state.group
    if not left.any():
        final = state.table(final=True)
        return final, final
    if state.rules.groups and not state.is_split:
        return np.ones(n, np.int64), np.full(n, n)
    least, most = state.points, state.points + 3 * left
    higher = group[:, None] < group[None, :]  # the club of the row is above that of the column whatever happens
    above = higher | ((group[:, None] == group[None, :]) & (least[:, None] > most[None, :]))
    return 1 + above.sum(axis=0), n - above.sum(axis=1)
