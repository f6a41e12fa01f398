"""Quality over the twelve months up to each date: every line on the same matches, per league and over all."""

import datetime as dt

import polars as pl

from soccer_assets.monitoring.schema import ALL_LEAGUES, QUALITY_REPORT
from soccer_assets.storage.lake import DATE

PERIOD = "1y"
BINS = 10
CLASSES = ("p_home", "p_draw", "p_away")
METRICS = ("log_loss", "rps", "brier")
#: Sums count in this unit: integers add up exactly, so a date is reported alike alone and in a range.
UNIT = 2.0**-40


def report(settled: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    """One row per date with a settled match from `first` to `last`, league, line and sample.

    Calibration needs only the sum, per bin, of forecast minus outcome; sums add up over days, so the twelve months
    are a rolling sum of daily sums.
    """
    samples = [
        settled.with_columns(sample=pl.lit("all")),
        settled.filter("complete").with_columns(sample=pl.lit("complete")),
    ]
    rows = pl.concat(samples)
    rows = pl.concat([rows, rows.with_columns(league=pl.lit(ALL_LEAGUES))])
    if rows.is_empty():
        return QUALITY_REPORT.empty()
    of = ["league", "line", "sample"]
    summed = [pl.col(METRICS), *(gap(index).alias(f"gap_{index}") for index in range(BINS))]
    days = rows.group_by(*of, DATE).agg(
        pl.len().alias("matches"),
        pl.col("hit").sum(),
        *((value / UNIT).round().cast(pl.Int64).sum() for value in summed),
    )
    sums = pl.col("matches", "hit", *METRICS, "^gap_.*$").sum()
    # a league without a match on a date still has its twelve months on it
    grid = days.select(of).unique().join(days.select(DATE).unique(), how="cross")
    days = grid.join(days, on=[*of, DATE], how="left").fill_null(0)
    windows = days.sort(*of, DATE).rolling(DATE, period=PERIOD, group_by=of).agg(sums)
    windows = windows.filter(pl.col(DATE).is_between(first, last), pl.col("matches") > 0)
    gaps = pl.sum_horizontal(pl.col(f"gap_{index}").abs() for index in range(BINS))
    scored = windows.select(
        DATE,
        *of,
        pl.col("matches").cast(pl.Int64),
        *(pl.col(name) * UNIT / pl.col("matches") for name in METRICS),
        accuracy=pl.col("hit") / pl.col("matches"),
        ece=gaps * UNIT / (len(CLASSES) * pl.col("matches")),
    )
    closing = scored.filter(line="closing", sample="complete").select(DATE, "league", at_close="log_loss")
    beside = pl.when(pl.col("sample") == "complete").then(pl.col("log_loss") - pl.col("at_close"))
    return QUALITY_REPORT.conform(
        scored.join(closing, on=[DATE, "league"], how="left").with_columns(log_loss_minus_closing=beside)
    )


def gap(index: int) -> pl.Expr:
    """Forecast minus outcome of the three classes, where the forecast falls into the bin."""
    total = pl.lit(0.0)
    for outcome, name in enumerate(CLASSES):
        p = pl.col(name)
        mine = (p * BINS).cast(pl.Int32).clip(upper_bound=BINS - 1) == index
        total += pl.when(mine).then(p - (pl.col("outcome") == outcome).cast(pl.Float64)).otherwise(0.0)
    return total
