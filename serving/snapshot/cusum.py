"""Does a line lose more to the closing price than it used to? Page's cumulative sum (Page 1954) over match days.

A day's difference is the sum of the line's log loss minus that of the closing price over its matches, in standard
deviations of what the year before the newest `WATCHED_DAYS` makes one expect. The sum takes away `SLACK` a day and
never falls below 0; where it passes 5, chance alone would bring it there once in about 900 match days.
"""

import datetime as dt
import math

import polars as pl

#: The forecasts that are served, else those without prices.
LINES = ("blend", "model")
CLOSING = "closing"
WATCHED_DAYS, REFERENCE_DAYS = 90, 365
LEAST_REFERENCE = 200
SLACK = 0.5


def model_cusum(settled: pl.LazyFrame) -> dict[str, float]:
    """The sum of each of the `LINES` after its newest match day; none of a line with too few matches before."""
    compared = settled.filter("complete").select("match_date", "match_id", "line", "log_loss")
    newest: dt.date | None = compared.select(pl.col("match_date").max()).collect().item()
    if newest is None:
        return {}
    since = newest - dt.timedelta(days=WATCHED_DAYS)
    recent = compared.filter(pl.col("match_date") > since - dt.timedelta(days=REFERENCE_DAYS)).collect()
    closing = recent.filter(pl.col("line") == CLOSING).select("match_date", "match_id", closing="log_loss")
    differences = recent.join(closing, on=["match_date", "match_id"]).select(
        "match_date", "line", lost=pl.col("log_loss") - pl.col("closing")
    )
    sums = {}
    for line in LINES:
        rows = differences.filter(pl.col("line") == line)
        reference = rows.filter(pl.col("match_date") <= since)["lost"]
        spread = reference.std()
        if len(reference) < LEAST_REFERENCE or not isinstance(spread, float) or spread == 0:
            continue
        days = rows.filter(pl.col("match_date") > since).group_by("match_date").agg(pl.col("lost").sum(), n=pl.len())
        sums[line] = 0.0
        for lost, n in days.sort("match_date").select("lost", "n").iter_rows():
            score = (lost - n * reference.mean()) / (spread * math.sqrt(n))
            sums[line] = max(0.0, sums[line] + score - SLACK)
    return sums
