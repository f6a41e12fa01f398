"""The plot of the odds stage."""

import polars as pl

from soccer_assets import svg
from soccer_assets.odds.margin import DEFAULT
from soccer_assets.odds.schema import ALL_LEAGUES

METHODS = ("proportional", "shin", "odds_ratio")
STANDARD_ERRORS = 2
#: The axis is told in units of 0.0001 nats.
SCALE = 1e4


def methods_plot(methods: pl.DataFrame) -> str:
    """How much worse than the power method the others did at each bookmaker, all leagues, with two standard errors.

    Args:
        methods: rows of `margin_methods` of one date.
    """
    rows = methods.filter(pl.col("league") == ALL_LEAGUES, pl.col("method") != DEFAULT)
    bookmakers = rows["bookmaker"].cast(pl.String).unique().sort().to_list()
    middle, spread = pl.col("minus_power") * SCALE, pl.col("standard_error") * SCALE * STANDARD_ERRORS
    ends = rows.select(pl.col("method", "bookmaker").cast(pl.String), middle - spread, mid=middle, high=middle + spread)
    told = {(method, bookmaker): (low, mid, high) for method, bookmaker, low, mid, high in ends.iter_rows()}
    groups = {method: [told.get((method, bookmaker)) for bookmaker in bookmakers] for method in METHODS}
    title = "log loss minus that of power, in 0.0001 nats"
    return svg.markdown(svg.whiskers(title, bookmakers, groups, zero=DEFAULT), "log loss minus that of power")
