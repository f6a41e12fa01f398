"""Selections whose forecast exceeds the market's probability by the least edge, at the best price on offer."""

import polars as pl

from soccer_assets.predictions.schema import VALUE_BETS

SELECTIONS = ("home", "draw", "away")
MATCH = ["match_date", "match_id"]


def value_bets(predictions: pl.DataFrame, odds: pl.LazyFrame, least_edge: float) -> pl.DataFrame:
    """One row per match, line (model, blend) and selection with an edge of at least `least_edge` (0..1)."""
    long = predictions.unpivot(
        [f"p_{s}" for s in SELECTIONS],
        index=[*MATCH, "league", "home", "away", "line"],
        variable_name="selection",
        value_name="probability",
    ).with_columns(pl.col("selection").str.strip_prefix("p_"))
    market = long.filter(pl.col("line") == "market").select(*MATCH, "selection", market_probability="probability")
    best = (
        odds.filter(pl.col("market") == "1x2", pl.col("kind") == "pre_match", pl.col("quoted_at").is_not_null())
        .sort("price", "quoted_at", descending=True)
        .group_by(*MATCH, "selection")
        .agg(pl.col("price").first(), pl.col("quoted_at").first())
        .collect()
        .with_columns(pl.col("selection").cast(pl.String))
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
