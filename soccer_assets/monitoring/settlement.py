"""Forecasts met by their results, with the closing market beside them as the yardstick."""

import numpy as np
import polars as pl

from soccer_assets import scoring
from soccer_assets.monitoring.schema import SETTLED_LINES, SETTLED_PREDICTIONS

PROBABILITIES = ["p_home", "p_draw", "p_away"]
MATCH = ["match_date", "match_id"]


def settle(predictions: pl.DataFrame, matches: pl.DataFrame, closing: pl.DataFrame) -> pl.DataFrame:
    """One row per finished match and line.

    Args:
        predictions: rows of `predictions`.
        matches: rows of `matches`; those not finished are left out.
        closing: match_date, match_id and the de-vigged probabilities of the closing average.
    """
    difference = pl.col("home_goals") - pl.col("away_goals")
    results = matches.filter(pl.col("status") == "finished").select(
        *MATCH, outcome=pl.when(difference > 0).then(0).when(difference == 0).then(1).otherwise(2).cast(pl.Int8)
    )
    told = predictions.select(*MATCH, "league", "season", "line", *PROBABILITIES, "model_version")
    matched = told.select(*MATCH, "league", "season").unique()
    at_close = matched.join(closing, on=MATCH).with_columns(
        line=pl.lit("closing"), model_version=pl.lit(None, dtype=pl.String)
    )
    rows = pl.concat([told, at_close.select(told.columns)]).join(results, on=MATCH).sort(*MATCH, "line")
    if rows.is_empty():
        return SETTLED_PREDICTIONS.empty()
    p = rows.select(PROBABILITIES).to_numpy()
    y = rows["outcome"].to_numpy()
    return SETTLED_PREDICTIONS.conform(
        rows.with_columns(
            log_loss=pl.Series(scoring.log_loss(p, y)),
            rps=pl.Series(scoring.rps(p, y)),
            brier=pl.Series(scoring.brier(p, y)),
            hit=pl.Series(np.argmax(p, axis=1) == y),
            complete=pl.len().over(MATCH) == len(SETTLED_LINES),
        )
    )
