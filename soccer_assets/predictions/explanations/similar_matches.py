"""The earlier matches most like a match, and what became of them.

Matches are of the same league, and alike by the log-odds of the prices before the match, home to away and of the draw,
where both have prices, and by the ratings: Elo, strength by goals and shots, strength by the prices of earlier matches.
"""

import numpy as np
import polars as pl

from soccer_assets.models.conditional_logit import log_odds
from soccer_assets.predictions.schema import SIMILAR_MATCHES
from soccer_assets.scoring import PROBABILITIES, Floats
from soccer_assets.storage.lake import DATE, MATCH

NEAREST = 5
RATINGS = ("elo_diff", "performance_log_odds", "market_log_odds")
#: Matches compared at once: bounds the memory.
AT_ONCE = 256


def similar_matches(
    predictions: pl.DataFrame, matches: pl.LazyFrame, features: pl.LazyFrame, prices: pl.DataFrame
) -> pl.DataFrame:
    """Return rows of `similar_matches` of every match that is forecast.

    Args:
        predictions: rows of `predictions`.
        matches: rows of `matches` up to the dates of the forecasts; only earlier finished ones are compared.
        features: rows of `match_features` of these.
        prices: 1x2 rows of `odds.consensus.consensus` before these matches.
    """
    wanted = predictions.select(*MATCH, "league").unique().sort(MATCH)
    leagues = wanted["league"].unique().sort().to_list()
    finished = matches.filter(pl.col("status") == "finished", pl.col("league").is_in(leagues))
    earlier = finished.select(*MATCH, "league", "home", "away", "home_goals", "away_goals").drop_nulls().collect()
    earlier = earlier.sort(MATCH)
    rated = features.filter(pl.col("league").is_in(leagues)).select(*MATCH, *RATINGS).collect()
    asked, compared = (_coordinates(rows, rated, prices) for rows in (wanted, earlier))
    parts = [SIMILAR_MATCHES.empty()]
    for league in leagues:
        targets, candidates = (np.flatnonzero(rows["league"] == league) for rows in (wanted, earlier))
        scaled = compared[candidates] / (scale := _deviations(compared[candidates]))
        for start in range(0, len(targets), AT_ONCE):
            part = targets[start : start + AT_ONCE]
            distances = _distances(asked[part] / scale, scaled)
            distances[wanted[part][DATE].to_numpy()[:, None] <= earlier[candidates][DATE].to_numpy()] = np.inf
            parts.append(_nearest(wanted[part], earlier[candidates], distances))
    return SIMILAR_MATCHES.conform(pl.concat(parts))


def _coordinates(rows: pl.DataFrame, rated: pl.DataFrame, prices: pl.DataFrame) -> Floats:
    """Log-odds of the prices and ratings of matches, `(n, 5)`, NaN where unknown."""
    joined = rows.select(MATCH).join(rated, on=MATCH, how="left", maintain_order="left")
    quoted = joined.join(prices.select(*MATCH, *PROBABILITIES), on=MATCH, how="left", maintain_order="left")
    p, ratings = (
        quoted.select(pl.col(names).cast(pl.Float64).fill_null(np.nan)).to_numpy() for names in (PROBABILITIES, RATINGS)
    )
    return np.hstack([log_odds(p), ratings])


def _deviations(compared: Floats) -> Floats:
    """Standard deviation of each coordinate, `(5,)`; 1 where there is none."""
    finite = np.isfinite(compared)
    count = np.maximum(finite.sum(axis=0), 1)
    filled = np.nan_to_num(compared)
    spread = np.sqrt((np.square(filled - filled.sum(axis=0) / count) * finite).sum(axis=0) / count)
    return np.where(spread > 0, spread, 1.0)


def _distances(targets: Floats, compared: Floats) -> Floats:
    """Root mean square over the coordinates that both have, `(t, c)`; infinite where they have none."""
    squares, count = np.zeros((len(targets), len(compared))), np.zeros((len(targets), len(compared)))
    for own, other in zip(targets.T, compared.T, strict=True):
        square = np.square(own[:, None] - other)
        finite = np.isfinite(square)
        squares += np.where(finite, square, 0.0)
        count += finite
    return np.where(count > 0, np.sqrt(squares / np.maximum(count, 1)), np.inf)


def _nearest(targets: pl.DataFrame, candidates: pl.DataFrame, distances: Floats) -> pl.DataFrame:
    """The rows of the nearest candidates of each target; of those as near as each other the newest come first."""
    if distances.shape[1] > NEAREST:
        farthest = np.partition(distances, NEAREST - 1, axis=1)[:, NEAREST - 1, None]
    else:
        farthest = np.full((len(targets), 1), np.inf)
    target, candidate = np.nonzero((distances <= farthest) & np.isfinite(distances))
    order = np.lexsort([-candidate, distances[target, candidate], target])
    target, candidate = target[order], candidate[order]
    rank = np.arange(len(target)) - np.searchsorted(target, target)
    target, candidate, rank = (each[rank < NEAREST] for each in (target, candidate, rank))
    rows = candidates[candidate]
    return targets[target].select(
        *MATCH,
        rank=pl.Series(rank + 1, dtype=pl.Int8),
        similar_match_id=rows["match_id"],
        similar_match_date=rows[DATE],
        home=rows["home"],
        away=rows["away"],
        home_goals=rows["home_goals"].cast(pl.Int16),
        away_goals=rows["away_goals"].cast(pl.Int16),
        distance=pl.Series(distances[target, candidate], dtype=pl.Float64),
    )
