"""Which way of taking the margin off closing 1X2 averages tells results best: log loss against the power method."""

from pathlib import Path
from typing import Any

import polars as pl

from soccer_assets.odds.devig import METHODS
from soccer_assets.storage.lake import Lake

DEFAULT = "power"


def closing(environment: dict[str, str]) -> dict[str, Any]:
    """Mean log loss of each method less that of power on the matches of the backfill, with its standard error."""
    lake = Lake(str(Path(environment["SOCCER_VAR"]) / "lake"))
    goals = pl.col("home_goals") - pl.col("away_goals")
    outcome = pl.when(goals > 0).then(pl.lit("home")).when(goals < 0).then(pl.lit("away")).otherwise(pl.lit("draw"))
    results = lake.scan("matches").filter(pl.col("status") == "finished").select("match_id", selection=outcome)
    closing = pl.col("market") == "1x2", pl.col("kind") == "closing", pl.col("bookmaker") == "average"
    losses = (
        lake.scan("market_probabilities")
        .filter(*closing)
        .with_columns(pl.col("selection").cast(pl.String))
        .join(results, on=["match_id", "selection"])
        .select(-pl.col(method).log() for method in METHODS)
        .collect()
    )
    measured: dict[str, Any] = {"matches": len(losses), f"{DEFAULT}, log loss": losses[DEFAULT].mean()}
    for method in METHODS:
        difference = losses[method] - losses[DEFAULT]
        if method != DEFAULT and len(losses) > 1:
            measured |= {
                f"{method} - {DEFAULT}": difference.mean(),
                f"{method}, error": difference.std() / len(losses) ** 0.5,
            }
    return measured
