"""Forecasts met by their results, beside yardsticks that forecast the same matches."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from soccer_assets import scoring
from soccer_assets.monitoring.schema import COMPARED_LINES, SETTLED_PREDICTIONS
from soccer_assets.storage.lake import MATCH

PROBABILITIES = list(scoring.PROBABILITIES)


def settle(
    predictions: pl.DataFrame, matches: pl.DataFrame, yardsticks: Mapping[str, pl.DataFrame], contexts: pl.DataFrame
) -> pl.DataFrame:
    """One row per finished match and line.

    Args:
        predictions: rows of `predictions`.
        matches: rows of `matches`; those not finished are left out.
        yardsticks: further lines, such as `closing`: match_date, match_id and probabilities; what they say of
            matches that were not forecast is left out.
        contexts: `baselines.contexts` of the matches where it is known.
    """
    results = matches.filter(pl.col("status") == "finished").select(*MATCH, outcome=scoring.outcome_of_goals())
    forecasts = predictions.select(*MATCH, "league", "season", "line", *PROBABILITIES, "model_version")
    matched = forecasts.select(*MATCH, "league", "season").unique()
    baselines = [
        matched.join(baseline, on=MATCH).with_columns(
            line=pl.lit(line), model_version=pl.lit(None, dtype=pl.String)
        ).select(forecasts.columns)
        for line, baseline in yardsticks.items()
    ]  # fmt: skip
    rows = pl.concat([forecasts, *baselines]).join(results, on=MATCH).sort(*MATCH, "line")
    if rows.is_empty():
        return SETTLED_PREDICTIONS.empty()
    p = rows.select(PROBABILITIES).to_numpy()
    y = rows["outcome"].to_numpy()
    # before the match where it was priced then, else at its close
    prices = rows.filter(pl.col("line").is_in(["market", "closing"])).sort("line", descending=True)
    close = rows.select(MATCH).join(
        rows.filter(line="closing").select(*MATCH, *PROBABILITIES), on=MATCH, how="left", maintain_order="left"
    )
    closing = close.select(pl.col(PROBABILITIES).fill_null(float("nan"))).to_numpy()
    favourites = prices.group_by(MATCH).agg(favourite=pl.max_horizontal(PROBABILITIES).first())
    return SETTLED_PREDICTIONS.conform(
        rows.with_columns(
            log_loss=pl.Series(scoring.log_loss(p, y)),
            rps=pl.Series(scoring.rps(p, y)),
            brier=pl.Series(scoring.brier(p, y)),
            hit=pl.Series(np.argmax(p, axis=1) == y),
            divergence=pl.Series(scoring.divergence(p, closing), nan_to_null=True),
            complete=pl.col("line").is_in(COMPARED_LINES).sum().over(MATCH) == len(COMPARED_LINES),
        )
        .join(favourites, on=MATCH, how="left")
        .join(contexts, on=MATCH, how="left")
    )
