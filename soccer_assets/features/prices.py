"""The average prices of matches, from which ratings learn: a match's own count after it, never before."""

import polars as pl

from soccer_assets.odds.market import consensus
from soccer_assets.storage.lake import DATE

TOTAL = 2.5
#: The last average before kick-off, else the one before it.
KINDS = ("closing", "pre_match")
PRICES = ("p_home", "p_draw", "p_away", "p_over")


def newest_prices(market_probabilities: pl.LazyFrame) -> pl.DataFrame:
    """What the market thought last of each match, margin removed by the power method.

    Returns:
        match_date, match_id, p_home, p_draw, p_away, and p_over of over 2.5 goals, null where no price is known.
    """
    read = (DATE, "match_id", "bookmaker", "market", "line", "kind", "quoted_at", "selection", "power")
    average = market_probabilities.filter(pl.col("bookmaker") == "average").select(read).collect().lazy()
    key = [DATE, "match_id"]
    result = pl.concat([consensus(average, kind) for kind in KINDS]).unique(key, keep="first").sort(key)
    total = (pl.col("market") == "over_under") & (pl.col("line") == TOTAL) & (pl.col("selection") == "over")
    of_kind = [pl.col("power").filter(pl.col("kind") == kind).first() for kind in KINDS]
    over = average.filter(total).group_by(key).agg(p_over=pl.coalesce(of_kind)).collect()
    return result.join(over, on=key, how="left", maintain_order="left")
