"""From examples to arrays: the checks, the feature matrix and the weights that every family shares."""

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from soccer_assets.errors import ModelError
from soccer_assets.scoring import OUTCOMES, Floats, Ints

Params = Mapping[str, float]

#: Fewer matches than these say little beyond how often home teams win.
MIN_EXAMPLES = 100
ELO_DIFF = "elo_diff"


def outcomes_of(examples: pl.DataFrame) -> Ints:
    """Outcomes as 0, 1, 2.

    Raises:
        ModelError: there are fewer than `MIN_EXAMPLES` examples, or an outcome is unknown or never occurs.
    """
    require(examples, ("match_id", "match_date", "league", "outcome"))
    if len(examples) < MIN_EXAMPLES:
        raise ModelError(
            f"Expected at least {MIN_EXAMPLES} finished matches to learn from, found {len(examples)}. "
            "Materialize more match dates, or ask for the model of a later date."
        )
    outcome = examples["outcome"]
    known = outcome.is_in([0, 1, 2]).fill_null(False)
    if not known.all():
        rows = examples.filter(~known)
        raise ModelError(
            f"Expected outcomes 0, 1 or 2 (home, draw, away), found {rows['outcome'].unique().to_list()[:5]} "
            f"in {len(rows)} of {len(examples)} rows, first {rows['match_id'].to_list()[:5]}. Keep finished "
            "matches only."
        )
    y = outcome.to_numpy().astype(np.int64)
    counts = dict(zip(OUTCOMES, np.bincount(y, minlength=3).tolist(), strict=True))
    if never := [name for name, count in counts.items() if count == 0]:
        raise ModelError(
            f"Expected every outcome among the examples, found no {' and no '.join(never)}: {counts}. "
            "Check that the results were read rightly, or learn from more matches."
        )
    return y


def require(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    """Raise ModelError naming the columns that `frame` lacks."""
    if missing := [name for name in columns if name not in frame.columns]:
        raise ModelError(
            f"Expected the columns {', '.join(missing)}; found {len(frame.columns)} others, "
            f"such as {', '.join(frame.columns[:5])}. The features must be made by the version of the "
            "platform that made the model: materialize match_features and the model again."
        )


def feature_matrix(frame: pl.DataFrame, columns: Sequence[str]) -> Floats:
    """Features as `(n, k)` floats, NaN where unknown.

    Raises:
        ModelError: a column is absent, not numeric, or holds an infinite value.
    """
    require(frame, columns)
    if wrong := [f"{name} ({frame.schema[name]})" for name in columns if not frame.schema[name].is_numeric()]:
        raise ModelError(f"Expected numeric features, found {', '.join(wrong[:5])}. Leave them out of the columns.")
    matrix = np.empty((len(frame), len(columns)), order="F")
    for place, name in enumerate(columns):
        matrix[:, place] = frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    if np.isinf(matrix).any():
        found = [name for place, name in enumerate(columns) if np.isinf(matrix[:, place]).any()]
        raise ModelError(f"Expected finite or null features, found infinite values in {', '.join(found[:5])}.")
    return matrix


def league_codes(frame: pl.DataFrame, leagues: Sequence[str]) -> Ints:
    """Place of each row's league in `leagues`; -1 for a league that is not among them."""
    require(frame, ("league",))
    places = {league: place for place, league in enumerate(leagues)}
    codes = frame["league"].replace_strict(places, default=-1, return_dtype=pl.Int64)
    return codes.to_numpy().astype(np.int64)


def recency_weights(examples: pl.DataFrame, half_life_days: float, weights: ArrayLike | None = None) -> Floats:
    """Weights that halve every `half_life_days` before the newest example, times `weights`, with mean one.

    Raises:
        ModelError: `weights` are not one finite, non-negative number a row with a positive sum.
    """
    dates = examples["match_date"]
    newest = dates.max()
    assert isinstance(newest, dt.date)
    age = (pl.select(pl.lit(newest) - dates).to_series().dt.total_days()).to_numpy().astype(np.float64)
    decayed = np.power(0.5, age / half_life_days)
    if weights is not None:
        given = np.asarray(weights, dtype=np.float64)
        if given.shape != decayed.shape or not np.isfinite(given).all() or (given < 0).any() or given.sum() <= 0:
            raise ModelError(
                f"Expected {len(decayed)} finite weights of at least 0, not all 0; found {given.shape} with "
                f"{int((~np.isfinite(given) | (given < 0)).sum())} unusable."
            )
        decayed = decayed * given
    return np.asarray(decayed / decayed.mean())
