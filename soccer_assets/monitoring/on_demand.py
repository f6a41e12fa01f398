"""Forecasts on demand met by their results, so that champion and challenger are compared on what was asked of them."""

import numpy as np
import polars as pl

from soccer_assets import scoring
from soccer_assets.monitoring.schema import SETTLED_ON_DEMAND
from soccer_assets.storage.lake import DATE

#: What a client says of a fixture, by which it is found among the matches.
FIXTURE = (DATE, "league", "home", "away")


def settle_on_demand(forecasts: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """One row per finished match and model: the forecast that knew most.

    Args:
        forecasts: rows of `on_demand_forecasts`; those of a match that was moved to another date are left out.
        matches: rows of `matches`; those not finished are left out.
    """
    results = matches.filter(pl.col("status") == "finished").select(
        *FIXTURE, "match_id", outcome=scoring.outcome_of_goals()
    )
    newest = forecasts.sort("as_of", "answered_at").unique((*FIXTURE, "variant", "model_version"), keep="last")
    rows = newest.join(results, on=FIXTURE)
    if rows.is_empty():
        return SETTLED_ON_DEMAND.empty()
    p, y = rows.select(*scoring.PROBABILITIES).to_numpy(), rows["outcome"].to_numpy()
    return SETTLED_ON_DEMAND.conform(
        rows.with_columns(
            log_loss=pl.Series(scoring.log_loss(p, y)),
            rps=pl.Series(scoring.rps(p, y)),
            brier=pl.Series(scoring.brier(p, y)),
            hit=pl.Series(np.argmax(p, axis=1) == y),
        )
    )
