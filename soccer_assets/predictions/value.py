"""Selections whose forecast exceeds the market's probability by the least edge, at the best price on offer."""

import polars as pl

from soccer_assets.predictions.schema import VALUE_BETS

SELECTIONS = ("home", "draw", "away")
MATCH = ["match_date", "match_id"]


def value_bets(predictions: pl.DataFrame, best_prices: pl.LazyFrame, least_edge: float) -> pl.DataFrame:
    """One row per match, line (model, blend) and selection with an edge of at least `least_edge` (0..1)."""
    long = predictions.unpivot(
        [f"p_{s}" for s in SELECTIONS],
        index=[*MATCH, "league", "home", "away", "line"],
        variable_name="selection",
        value_name="probability",
    ).with_columns(pl.col("selection").str.strip_prefix("p_"))
    market = long.filter(pl.col("line") == "market").select(*MATCH, "selection", market_probability="probability")
    best = (
        best_prices.filter(pl.col("market") == "1x2")
        .select(*MATCH, pl.col("selection").cast(pl.String), price="best_price", quoted_at="best_quoted_at")
        .drop_nulls()
        .collect()
    )
    bets = (
        long.filter(pl.col("line") != "market")
        .join(market, on=[*MATCH, "selection"])
        .join(best, on=[*MATCH, "selection"])
        .with_columns(
            edge=pl.col("probability") - pl.col("market_probability"),
            expected_value=pl.col("probability") * pl.col("price") - 1,
        )
        .filter(pl.col("edge") >= least_edge)
    )
    return VALUE_BETS.conform(bets)
