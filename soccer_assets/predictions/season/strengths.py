"""How strong the clubs of a season are on the morning of a day, how uncertain that is, and how it may change.

Strengths are those of `team_ratings`: by the prices of earlier matches where most clubs of the league have them, else
by goals and shots. In every run of a season each club is drawn about its rating, and then drifts: without this,
favourites come out too sure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.features.ratings.kalman import ENTRY_VARIANCE, WalkParameters
from soccer_assets.features.ratings.market import SUPREMACY
from soccer_assets.features.ratings.statistics_strength import WALK
from soccer_assets.leagues import LEAGUES
from soccer_assets.predictions.season.simulation import ODDS
from soccer_assets.predictions.season.standings.state import SeasonState
from soccer_assets.score_matrices import GOALS, dixon_coles, result_probabilities
from soccer_assets.scoring import Floats
from soccer_assets.storage.lake import DATE

Singles = NDArray[np.float32]

#: Clubs drift from step to step, counted from the season's first day.
STEP_DAYS: Final = 30
STEPS: Final = 13
#: Dixon and Coles' correction of low scores, fitted on 2004/05 to 2009/10 by `bench/season.py`.
RHO: Final = -0.06
#: Log-odds of over 2.5 goals at which rates are tabulated.
OVER: Final = np.arange(-1.5, 1.51, 0.1)
#: The ratings read: strength, its variance, the worth of home, of prices and of results.
COLUMNS: Final = {
    "market": ("market_strength", "market_variance", "market_home_advantage"),
    "performance": ("performance_strength", "performance_variance", "performance_home_advantage"),
}
GOALS_COLUMNS: Final = ("market_goals", "market_goals_level")
WALKS: Final[dict[str, WalkParameters]] = {"market": SUPREMACY, "performance": WALK}


@dataclass(frozen=True)
class Prior:
    """What is known of strengths beyond the ratings, in log-odds; fitted by `bench/season.py`.

    `floor` is added to the variance of a rating: what remains of a club that has been rated for long. `daily` is what
    the variance grows by in a day of the season that is left. Until a club has played in the season it is drawn to the
    mean of its league by the share `shrink`; one that came up is `promoted_below` weaker than its rating, one without a
    rating `newcomer_below` that mean.
    """

    floor: float = 0.06
    daily: float = 5e-4
    shrink: float = 0.2
    promoted_below: float = 0.3
    newcomer_below: float = 0.5


@dataclass(frozen=True)
class Strengths:
    """Clubs in the order of the state, all in log-odds: strength, its deviation, worth of home; goals rates by pair.

    `rated` tells the clubs with a rating of their own; `rates` is (n, n, `ODDS`, 2) as of `simulation.play`.
    """

    strength: Floats
    deviation: Floats
    advantage: Floats
    rates: Singles
    rated: NDArray[np.bool_]
    daily: float


def strengths_of(state: SeasonState, ratings: pl.DataFrame, prior: Prior | None = Prior()) -> Strengths:
    """Return the strengths of the clubs of a season.

    Args:
        state: the season.
        ratings: rows of `team_ratings`, of these clubs and others, on any date.
        prior: what is known beyond the ratings; None: the ratings are taken for the truth.
    """
    newest = ratings.filter(pl.col(DATE) < state.date).sort(DATE).group_by("team_id").last()
    rows = pl.DataFrame({"team_id": state.clubs}).join(newest, on="team_id", how="left", maintain_order="left")
    kind = "market" if 2 * rows["market_strength"].null_count() <= len(rows) else "performance"
    walk, names = WALKS[kind], COLUMNS[kind]
    strength, variance, advantage = rows.select(pl.col(names).cast(pl.Float64).fill_null(float("nan"))).to_numpy().T
    days = rows.select((pl.lit(state.date) - pl.col(DATE)).dt.total_days().fill_null(0)).to_series().to_numpy()
    is_new = rows.select((pl.col(DATE) < state.began).fill_null(True)).to_series().to_numpy()
    tier = rows["league"].replace_strict({code: league.tier for code, league in LEAGUES.items()}, default=None)
    rated, came_up = np.isfinite(strength), (tier > LEAGUES[state.league].tier).fill_null(False).to_numpy()
    level, home = (float(np.nanmean(values)) if rated.any() else 0.0 for values in (strength, advantage))
    over = _over(rows)
    if prior is None:
        prior, spread = Prior(0.0, 0.0, 0.0, 0.0, walk.entry_below), np.zeros(len(rows))
    else:
        grown = np.minimum(variance + walk.daily * days + walk.summer * is_new, ENTRY_VARIANCE)
        spread = np.where(rated, grown, ENTRY_VARIANCE) + prior.floor
    fresh = (1.0 - prior.shrink) * (strength - level) - prior.promoted_below * came_up
    beyond = np.where(rated, np.where(is_new, fresh, strength - level), -prior.newcomer_below)
    # the probability of a match is the mean over the draws, which lies nearer to a half than that of the mean strength
    stretched = np.sqrt(1.0 + np.pi / 8 * 2 * spread.mean())
    return Strengths(level + stretched * beyond, np.sqrt(spread), np.where(rated, advantage, home), _rates(over), rated,
                     prior.daily)  # fmt: skip


def _over(rows: pl.DataFrame) -> Floats:
    """Log-odds of over 2.5 goals by home and away club, (n, n); an even chance where there was no price."""
    goals, level = rows.select(pl.col(GOALS_COLUMNS).cast(pl.Float64).fill_null(0.0)).to_numpy().T
    return np.asarray(goals[:, None] + goals[None, :] + level[:, None])


def drawn(state: SeasonState, strengths: Strengths, runs: int, seed: int) -> Singles:
    """Return strengths by run, step and club, (runs, `STEPS`, n); the steps before today hold today's."""
    today = min((state.date - state.began).days, STEP_DAYS * STEPS - 1)
    step, day = divmod(max(today, 0), STEP_DAYS)
    values = np.empty((runs, STEPS, len(state.clubs)), dtype=np.float32)
    normal = _normal(tuple(int(bits) for bits in state.hashes), runs, seed)
    values[:, : step + 1] = (strengths.strength + strengths.deviation * normal[:, 0])[:, None]
    for later in range(step + 1, STEPS):
        days = STEP_DAYS - day if later == step + 1 else STEP_DAYS
        values[:, later] = values[:, later - 1] + np.float32(np.sqrt(strengths.daily * days)) * normal[:, later]
    return values


@lru_cache(maxsize=8)  # one for each season that is played at a time
def _normal(hashes: Sequence[int], runs: int, seed: int) -> Singles:
    """Standard normal numbers by run, step and club, (runs, `STEPS`, n): a club's are the same on all days."""
    of_clubs = [np.random.default_rng([seed, bits]).standard_normal((runs, STEPS), dtype=np.float32) for bits in hashes]
    return np.stack(of_clubs, axis=2)


def _rates(over: Floats) -> Singles:
    """Return goals expected of home and away side by log-odds of a home to an away win, (n, n, `ODDS`, 2).

    `over` is the log-odds of over 2.5 goals of each pair, (n, n).
    """
    at = np.clip((over - OVER[0]) / (OVER[1] - OVER[0]), 0.0, len(OVER) - 1.001)
    low = at.astype(np.int64)
    share = (at - low)[:, :, None, None]
    rates = _rate_table()[low] * (1.0 - share) + _rate_table()[low + 1] * share
    return np.ascontiguousarray(rates, dtype=np.float32)


@lru_cache(maxsize=1)
def _rate_table() -> Floats:
    """Goal rates whose score matrix has the log-odds of a result and of over 2.5 goals, (`OVER`, `ODDS`, 2).

    By Newton's method on the logarithms of total and ratio of the rates, with slopes by differences.
    """
    wanted = np.stack(np.meshgrid(OVER, ODDS, indexing="ij"), axis=-1).reshape(-1, 2)
    total_ratio = np.stack([np.log(2.7) + 0.35 * wanted[:, 0], 0.7 * wanted[:, 1]], axis=1)
    for _ in range(12):
        value = _log_odds(total_ratio)
        slope = np.stack([(_log_odds(total_ratio + step) - value) / 1e-5 for step in 1e-5 * np.eye(2)], axis=2)
        total_ratio += np.clip(np.linalg.solve(slope, (wanted - value)[:, :, None])[:, :, 0], -0.5, 0.5)
    return _pair_rates(total_ratio).reshape(len(OVER), len(ODDS), 2)


def _pair_rates(total_ratio: Floats) -> Floats:
    total, share = np.exp(total_ratio[:, 0]), 1.0 / (1.0 + np.exp(-total_ratio[:, 1]))
    return np.clip(np.stack([total * share, total * (1.0 - share)], axis=1), 0.02, 8.0)


def _log_odds(total_ratio: Floats) -> Floats:
    """Log-odds of over 2.5 goals, and of a home to an away win, (k, 2)."""
    matrices = dixon_coles(_pair_rates(total_ratio), np.full(len(total_ratio), RHO))
    won = result_probabilities(matrices)
    over = matrices[:, np.add.outer(np.arange(GOALS), np.arange(GOALS)) > 2].sum(axis=1)
    return np.stack([np.log(over / (1.0 - over)), np.log(won[:, 0] / won[:, 2])], axis=1)
