"""The backtest's figures: how well each line forecast and what its bets earned, in slices, with intervals.

Whatever forecasts were settled are reported on; those of a past that was backfilled are a walk-forward backtest.
"""

import datetime as dt
import json
from collections.abc import Iterable
from statistics import NormalDist

import numpy as np
import polars as pl

from soccer_assets.monitoring.day_bootstrap import GROUP, Stretch, day_sums
from soccer_assets.monitoring.quality import BINS, CLASSES, METRICS, gap
from soccer_assets.monitoring.schema import BACKTEST_REPORT
from soccer_assets.storage.lake import DATE

#: Days of each period; None: all there are.
PERIODS = {"year": 365, "ever": None}
GAPS = [f"gap_{index}" for index in range(BINS)]
SCORES = (*METRICS, "hit", "minus_closing", *GAPS)
RETURNS = ("profit", "stake", "kelly_profit", "closing_value", "closing_known")
ENDS = ("", "_low", "_high")
#: What is the mean of what, over what.
YIELDS = {"flat_yield": ("profit", "n"), "kelly_yield": ("kelly_profit", "stake"),
          "closing_value": ("closing_value", "closing_known")}  # fmt: skip
EARNED = ("bets", *(f"{name}{end}" for name in YIELDS for end in ENDS), "flat_drawdown", "kelly_drawdown", "bank",
          "lucky_yield")  # fmt: skip
EULER = 0.5772156649015329
NORMAL = NormalDist()


def backtest(
    settled: pl.DataFrame, bets: pl.DataFrame, tried: pl.DataFrame, first: dt.date, last: dt.date
) -> pl.DataFrame:
    """The rows of `backtest_report` for each end of a month from `first` to `last`.

    Args:
        settled: rows of `settled_predictions` up to `last`.
        bets: rows of `settled_bets` up to `last`.
        tried: `configurations` of the models up to `last`.
        first: no month that ends before it is reported on.
        last: none that ends after it.
    """
    scores, returns = forecast_sums(settled), bet_sums(bets)
    ends = [day for day in pl.date_range(first, last, eager=True) if (day + dt.timedelta(days=1)).day == 1]
    parts = [BACKTEST_REPORT.empty()]
    for end in ends:
        for period, days in PERIODS.items():
            since = dt.date.min if days is None else end - dt.timedelta(days=days - 1)
            inside = pl.col(DATE).is_between(since, end)
            if len(of := scores.filter(inside)):
                n = len(tried.filter(pl.col(DATE) <= end))
                rows = figures(of, returns.filter(inside), n)
                rows = rows.with_columns(pl.lit(end).alias(DATE), period=pl.lit(period))
                parts.append(rows.select(BACKTEST_REPORT.schema.names()))
    return BACKTEST_REPORT.conform(pl.concat(parts, how="vertical_relaxed"))


def configurations(candidates: Iterable[pl.LazyFrame]) -> pl.DataFrame:
    """match_date, family, parameters: each configuration that was tried, with the first date it was tried for.

    Args:
        candidates: rows of `candidate_<family>`, a frame per family.
    """
    tried = [
        (day, family, json.dumps(trial["params"], sort_keys=True))
        for rows in candidates
        for day, family, trials in rows.select(DATE, "family", "trials").collect().iter_rows()
        for trial in json.loads(trials)
    ]
    found = pl.DataFrame(tried, schema={DATE: pl.Date, "family": pl.String, "parameters": pl.String}, orient="row")
    return found.sort(found.columns).unique(["family", "parameters"], keep="first", maintain_order=True)


def forecast_sums(settled: pl.DataFrame) -> pl.DataFrame:
    """Scores of the matches that can be compared, summed by slice and match day."""
    rows = settled.filter("complete")
    closing = rows.filter(line="closing").select("match_id", DATE, at_close="log_loss")
    told = rows.join(closing, on=["match_id", DATE]).with_columns(
        pl.col("hit").cast(pl.Float64),
        *(gap(index).alias(name) for index, name in enumerate(GAPS)),
        minus_closing=pl.col("log_loss") - pl.col("at_close"),
    )
    return day_sums(told, SCORES)


def bet_sums(bets: pl.DataFrame) -> pl.DataFrame:
    """What bets returned, summed by slice and match day."""
    known = pl.col("closing_value").is_not_null().cast(pl.Float64)
    rows = bets.with_columns(
        pl.col("closing_value").fill_null(0.0), closing_known=known, kelly_profit=pl.col("stake") * pl.col("profit")
    )
    return day_sums(rows, RETURNS)


def figures(scores: pl.DataFrame, returns: pl.DataFrame, tried: int) -> pl.DataFrame:
    """One row per slice, value and line: the figures of `backtest_report` on these days.

    Args:
        scores: `forecast_sums` of the days, at least one.
        returns: `bet_sums` of the days.
        tried: configurations that were tried to find the models.
    """
    days = Stretch.of(scores)
    ece = sum(np.abs(days.total(name)) for name in GAPS) / (len(CLASSES) * days.total("n"))
    minus, low, high, _ = days.interval("minus_closing")
    told = days.groups.with_columns(
        matches=pl.Series(days.total("n")).cast(pl.Int64),
        **{name: pl.Series(days.mean(name)) for name in METRICS},
        accuracy=pl.Series(days.mean("hit")),
        ece=pl.Series(ece),
        minus_closing=pl.Series(minus),
        minus_closing_low=pl.Series(low),
        minus_closing_high=pl.Series(high),
    ).with_columns(verdict=_verdict())
    every = told.join(earned(returns, tried), on=GROUP, how="left").with_columns(pl.col(pl.Float64).fill_nan(None))
    return every.with_columns(pl.col("bets").fill_null(0), configurations=tried)


def _verdict() -> pl.Expr:
    low, high = pl.col("minus_closing_low"), pl.col("minus_closing_high")
    return (
        pl.when(pl.col("line") == "closing").then(None)
        .when(low.is_nan()).then(pl.lit("too few match days"))
        .when(low > 0).then(pl.lit("worse"))
        .when(high < 0).then(pl.lit("better"))
        .otherwise(pl.lit("not distinguishable"))
    )  # fmt: skip


def earned(returns: pl.DataFrame, tried: int) -> pl.DataFrame:
    """slice, value, line and `EARNED` on these days; the arguments are those of `figures`."""
    if returns.is_empty():
        return BACKTEST_REPORT.empty().select(*GROUP, *EARNED)
    days = Stretch.of(returns)
    intervals = {name: days.interval(*of) for name, of in YIELDS.items()}
    won, bank = days.grid("profit").cumsum(axis=0), (1 + days.grid("kelly_profit")).cumprod(axis=0)
    won_before, bank_before = np.maximum.accumulate(won, axis=0), np.maximum.accumulate(bank, axis=0)
    return days.groups.with_columns(
        bets=pl.Series(days.total("n")).cast(pl.Int64),
        **{
            f"{name}{end}": pl.Series(values)
            for name, interval in intervals.items()
            for end, values in zip(ENDS, interval[:3], strict=True)
        },
        flat_drawdown=pl.Series((np.maximum(won_before, 0.0) - won).max(axis=0)),
        kelly_drawdown=pl.Series((1 - bank / np.maximum(bank_before, 1.0)).max(axis=0)),
        bank=pl.Series(bank[-1]),
        lucky_yield=pl.Series(intervals["flat_yield"][3] * best_of(tried)),
    )


def best_of(tries: int) -> float:
    """Expected largest of so many standard normal numbers (Bailey and Lopez de Prado 2014); 0 for one."""
    if tries < 2:
        return 0.0
    high, higher = NORMAL.inv_cdf(1 - 1 / tries), NORMAL.inv_cdf(1 - 1 / (tries * np.e))
    return (1 - EULER) * high + EULER * higher
