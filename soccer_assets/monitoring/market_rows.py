"""Settled forecasts of every market in one form: figures that add up over matches, and the weights they add up by.

The 1x2 has three outcomes, the others one probability; a handicap counts by the share of its stake that is decided. A
figure that is held against another line counts where both are known, so that each comparison is paired.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from soccer_assets.monitoring.schema import COMPARISONS, MATRIX_MARKETS, REFERENCES
from soccer_assets.scoring import BINS, PROBABILITIES
from soccer_assets.storage.lake import MATCH

#: Per decided stake, but for the ranked probability score, which some markets have not.
SCORES: Final = ("log_loss", "rps", "brier", "accuracy", "forecast", "happened")
GAPS: Final = [f"gap_{index}" for index in range(BINS)]
#: Decided stakes, and the pairs of probability and event that the gaps are of.
WEIGHT, PAIRS = "weight", "pairs"
#: The weight of the matches on which a comparison is known.
HAS: Final = "has_{}"
#: All that is summed over days.
ADDED: Final = (
    *SCORES, *GAPS, WEIGHT, PAIRS, HAS.format("rps"), *COMPARISONS, *(HAS.format(name) for name in COMPARISONS),
)  # fmt: skip
#: The lines that a log loss is held against; `product` is none of them.
_LINES: Final = tuple(name for name in REFERENCES if name != "product")


def of_1x2(settled: pl.DataFrame) -> pl.DataFrame:
    """Return rows of `settled_predictions` with `SCORES`, `GAPS` and their weights; what is forecast is the draw."""
    chances = [(pl.col(name), (pl.col("outcome") == i).cast(pl.Float64)) for i, name in enumerate(PROBABILITIES)]
    return settled.with_columns(
        *(pl.sum_horizontal(_gap(index, *chance) for chance in chances).alias(name) for index, name in enumerate(GAPS)),
        market=pl.lit("1x2"), accuracy=pl.col("hit").cast(pl.Float64), forecast=pl.col("p_draw"),
        happened=(pl.col("outcome") == 1).cast(pl.Float64), product_log_loss=pl.lit(None, pl.Float64),
        weight=pl.lit(1.0), pairs=pl.lit(float(len(PROBABILITIES))), has_rps=pl.lit(1.0),
    )  # fmt: skip


def of_market(markets: pl.DataFrame, market: str) -> pl.DataFrame:
    """Return the rows of `settled_markets` of one market with `SCORES`, `GAPS` and their weights."""
    rows = markets.filter(market=market)
    weight, has_rps = pl.col(WEIGHT), pl.col("rps").is_not_null()
    gaps = (_gap(index, pl.col("probability"), pl.col("happened")) for index in range(BINS))
    return rows.with_columns(
        *((weight * gap).alias(name) for gap, name in zip(gaps, GAPS, strict=True)),
        *(pl.col(name) * weight for name in ("brier", "happened")),
        rps=weight * pl.col("rps").fill_null(0.0),
        accuracy=weight * pl.col("hit").cast(pl.Float64),
        forecast=weight * pl.col("probability"),
        pairs=weight,
        has_rps=weight * has_rps.cast(pl.Float64),
    )


def of_each_market(settled: pl.DataFrame, markets: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield `of_1x2`, then `of_market` of each market there is: together they would take much memory."""
    yield of_1x2(settled)
    for market in MATRIX_MARKETS:
        if len(rows := of_market(markets, market)):
            yield rows


def with_references(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of one market with its `COMPARISONS` and their weights, and each log loss times its weight."""
    for line in _LINES:
        other = rows.filter(line=line).select(*MATCH, pl.col("log_loss").alias(f"of_{line}"))
        rows = rows.join(other, on=MATCH, how="left", maintain_order="left")
    at_market = rows.filter(line="market").select(*MATCH, divergence_of_market="divergence")
    rows = rows.join(at_market, on=MATCH, how="left", maintain_order="left")
    differences = {f"log_loss_vs_{line}": pl.col("log_loss") - pl.col(f"of_{line}") for line in _LINES} | {
        "log_loss_vs_product": pl.col("log_loss") - pl.col("product_log_loss"),
        "divergence": pl.col("divergence"),
        "divergence_vs_market": pl.col("divergence") - pl.col("divergence_of_market"),
    }
    weight = pl.col(WEIGHT)
    return rows.with_columns(
        *((weight * difference).fill_null(0.0).alias(name) for name, difference in differences.items()),
        *(
            (weight * difference.is_not_null().cast(pl.Float64)).alias(HAS.format(name))
            for name, difference in differences.items()
        ),
        log_loss=weight * pl.col("log_loss"),
    )


def _gap(index: int, p: pl.Expr, happened: pl.Expr) -> pl.Expr:
    """Forecast minus outcome where the forecast is in a bin: calibration needs only the sums of these."""
    inside = (p * BINS).cast(pl.Int32).clip(upper_bound=BINS - 1) == index
    return pl.when(inside).then(p - happened).otherwise(0.0)
