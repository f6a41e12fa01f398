"""The reports: how well each line forecast and what its bets earned, as ratios of sums over match days.

`quality_report` has the twelve months up to each date, per league; `backtest_report` has the ends of months, in slices,
with intervals and bets. Whatever forecasts were settled are reported on; those of a past that was backfilled are a
walk-forward backtest.
"""

import datetime as dt
import json
from collections.abc import Iterable
from statistics import NormalDist

import numpy as np
import polars as pl

from soccer_assets.monitoring.day_bootstrap import GROUP, SLICES, DayBlocks, day_sums, slice_sums
from soccer_assets.monitoring.market_rows import (
    ADDED,
    GAPS,
    HAS,
    PAIRS,
    SCORES,
    WEIGHT,
    of_each_market,
    with_references,
)
from soccer_assets.monitoring.schema import (
    ALL_LEAGUES,
    BACKTEST_REPORT,
    COMPARISONS,
    PRICED_MARKETS,
    QUALITY_REPORT,
)
from soccer_assets.scoring import Floats
from soccer_assets.storage.lake import DATE

#: The period of `quality_report`, and the unit of its sums: they stay whole numbers, so it may be finer than `UNIT`.
TWELVE_MONTHS, FINE_UNIT = "1y", 2.0**-40
#: Slices of the markets that have prices beside the 1x2.
OF_PRICED = ("all", "league", "season")
#: Days of each period of `backtest_report`; None: all there are.
PERIODS = {"year": 365, "ever": None}
VS_CLOSING = "log_loss_vs_closing"
RETURNS = ("profit", "stake", "kelly_profit", "clv", "clv_known")
ENDS = ("", "_low", "_high")
#: Each ratio of two sums over bets: numerator and denominator.
YIELDS = {"flat_yield": ("profit", "n"), "kelly_yield": ("kelly_profit", "stake"), "clv": ("clv", "clv_known")}
EARNED = ("bets", *(f"{name}{end}" for name in YIELDS for end in ENDS), "flat_drawdown", "kelly_drawdown", "bank",
          "expected_max_yield")  # fmt: skip
#: What people look at first.
SUMMARY = (
    "period", "market", "line", "matches", "log_loss", "ece", "forecast", "happened", "divergence",
    *(f"{VS_CLOSING}{end}" for end in ENDS), "verdict", "bets", *(f"flat_yield{end}" for end in ENDS), "kelly_yield",
    "expected_max_yield", "clv",
)  # fmt: skip
EULER = 0.5772156649015329
NORMAL = NormalDist()


def quality(settled: pl.DataFrame, markets: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Return the rows of `quality_report`: per date with a settled match, league, line, market and sample.

    Args:
        settled: rows of `settled_predictions` of the twelve months before `first` and up to `last`.
        markets: rows of `settled_markets` of the same dates.
        first: first date reported on.
        last: last date reported on, inclusive.
    """
    group = ["league", "line", "market", "sample"]
    dates = settled.select(pl.col(DATE).unique())
    parts = [QUALITY_REPORT.empty()]
    for rows in of_each_market(settled, markets):
        rows = with_references(rows)
        samples = {"complete": rows.filter("complete")}
        if (rows["market"].head(1) == "1x2").all():  # of the others what can be compared says enough
            samples["all"] = rows
        rows = pl.concat(part.with_columns(sample=pl.lit(sample)) for sample, part in samples.items())
        every = rows.with_columns(league=pl.lit(ALL_LEAGUES))
        days = day_sums(pl.concat([rows, every] if _has_slices(rows) else [every]), ADDED, group, FINE_UNIT)
        # a league without a match on a date still has its twelve months on it
        grid = days.select(group).unique().join(dates, how="cross")
        days = grid.join(days, on=[*group, DATE], how="left").fill_null(0)
        windows = (
            days.sort(*group, DATE).rolling(DATE, period=TWELVE_MONTHS, group_by=group).agg(pl.col("n", *ADDED).sum())
        )
        parts.append(_quality_of(windows.filter(pl.col(DATE).is_between(first, last), pl.col("n") > 0)))
    return QUALITY_REPORT.conform(pl.concat(parts))


def _has_slices(rows: pl.DataFrame) -> bool:
    """Whether a market is divided by league: of most of them the sum over all says enough."""
    return rows["market"].head(1).is_in(["1x2", *PRICED_MARKETS]).all()


def _quality_of(sums: pl.DataFrame) -> pl.DataFrame:
    """Return rows of `quality_report` of sums over twelve months."""

    def ratio(name: str, by: str) -> pl.Expr:
        return pl.when(pl.col(by) > 0).then(pl.col(name) / pl.col(by))

    compared = {
        name: pl.when(pl.col("sample") == "complete").then(ratio(name, HAS.format(name))) for name in COMPARISONS
    }
    return sums.select(
        DATE, "league", "line", "market", "sample", matches="n",
        **{name: ratio(name, WEIGHT) for name in SCORES if name != "rps"},
        rps=ratio("rps", "has_rps"),
        ece=pl.sum_horizontal(pl.col(GAPS).abs()) / pl.col(PAIRS),
        **compared,
    ).select(QUALITY_REPORT.schema.names())  # fmt: skip


def backtest(
    settled: pl.DataFrame,
    markets: pl.DataFrame,
    bets: pl.DataFrame,
    tried: pl.DataFrame,
    first: dt.date,
    last: dt.date,
) -> pl.DataFrame:
    """Return the rows of `backtest_report` for each end of a month from `first` to `last`.

    Args:
        settled: rows of `settled_predictions` up to `last`.
        markets: rows of `settled_markets` up to `last`.
        bets: rows of `settled_bets` up to `last`.
        tried: `configurations` of the models up to `last`.
        first: no month that ends before it is reported on.
        last: none that ends after it.
    """
    scores, returns = forecast_sums(settled, markets), bet_sums(bets)
    ends = [day for day in pl.date_range(first, last, eager=True) if (day + dt.timedelta(days=1)).day == 1]
    parts = [BACKTEST_REPORT.empty()]
    for end in ends:
        for period, days in PERIODS.items():
            since = dt.date.min if days is None else end - dt.timedelta(days=days - 1)
            inside = pl.col(DATE).is_between(since, end)
            if len(chosen := scores.filter(inside)):
                n = len(tried.filter(pl.col(DATE) <= end))
                rows = figures(chosen, returns.filter(inside), n)
                rows = rows.with_columns(pl.lit(end).alias(DATE), period=pl.lit(period))
                parts.append(rows.select(BACKTEST_REPORT.schema.names()))
    return BACKTEST_REPORT.conform(pl.concat(parts, how="vertical_relaxed"))


def configurations(candidates: Iterable[pl.LazyFrame]) -> pl.DataFrame:
    """Return match_date, family, parameters of each configuration tried, with the first date it was tried for.

    Args:
        candidates: rows of `candidate_<family>`, a frame per family.
    """
    tried = [
        (day, family, json.dumps(trial["params"], sort_keys=True))
        for rows in candidates
        for day, family, trials in rows.select(DATE, "family", "trials").collect().iter_rows()
        for trial in json.loads(trials)
    ]
    parameters = pl.DataFrame(tried, schema={DATE: pl.Date, "family": pl.String, "parameters": pl.String}, orient="row")
    return parameters.sort(parameters.columns).unique(["family", "parameters"], keep="first", maintain_order=True)


def forecast_sums(settled: pl.DataFrame, markets: pl.DataFrame) -> pl.DataFrame:
    """Return the scores of the matches that can be compared, summed by slice, market and match day.

    Of the 1x2 in every slice, of markets with prices by league and season, of the others over all.
    """
    parts = []
    for rows in of_each_market(settled, markets):
        by = SLICES if "favourite" in rows.columns else OF_PRICED if _has_slices(rows) else ("all",)
        parts.append(slice_sums(with_references(rows.filter("complete")), ADDED, by))
    return pl.concat(parts).sort(*GROUP, DATE)


def bet_sums(bets: pl.DataFrame) -> pl.DataFrame:
    """Return what bets on all markets returned, summed by slice and match day."""
    has_clv = pl.col("clv").is_not_null().cast(pl.Float64)
    rows = bets.with_columns(
        pl.col("clv").fill_null(0.0), clv_known=has_clv, kelly_profit=pl.col("stake") * pl.col("profit"),
        market=pl.lit("1x2"),  # of all markets: where the figures of bets stand
    )  # fmt: skip
    return slice_sums(rows, RETURNS)


def figures(scores: pl.DataFrame, returns: pl.DataFrame, tried: int) -> pl.DataFrame:
    """Return one row per slice, value, line and market: the figures of `backtest_report` on these days.

    Args:
        scores: `forecast_sums` of the days, at least one.
        returns: `bet_sums` of the days.
        tried: configurations that were tried to find the models.
    """
    days = DayBlocks.from_sums(scores)
    rows = days.groups.with_columns(
        matches=pl.Series(days.total("n")).cast(pl.Int64),
        **{name: pl.Series(days.mean(name, "has_rps" if name == "rps" else WEIGHT)) for name in SCORES},
        ece=pl.Series(sum(np.abs(days.total(name)) for name in GAPS) / days.total(PAIRS)),
        **{
            column: values
            for name in COMPARISONS
            for column, values in _ends(name, days.interval(name, HAS.format(name))).items()
        },
    ).with_columns(verdict=_verdict())
    rows = rows.join(earned(returns, tried), on=GROUP, how="left").with_columns(pl.col(pl.Float64).fill_nan(None))
    return rows.with_columns(pl.col("bets").fill_null(0), configurations=tried)


def _ends(name: str, interval: tuple[Floats, ...]) -> dict[str, pl.Series]:
    """Return the columns of a figure and both ends of its interval."""
    return {f"{name}{end}": pl.Series(values) for end, values in zip(ENDS, interval[:3], strict=True)}


def _verdict() -> pl.Expr:
    low, high = pl.col(f"{VS_CLOSING}_low"), pl.col(f"{VS_CLOSING}_high")
    return (
        pl.when(pl.col("line") == "closing").then(None)
        .when(low.is_nan()).then(pl.lit("too few match days"))
        .when(low > 0).then(pl.lit("worse"))
        .when(high < 0).then(pl.lit("better"))
        .otherwise(pl.lit("not distinguishable"))
    )  # fmt: skip


def earned(returns: pl.DataFrame, tried: int) -> pl.DataFrame:
    """Return slice, value, line, market and `EARNED` on these days; the arguments are those of `figures`."""
    if returns.is_empty():
        return BACKTEST_REPORT.empty().select(*GROUP, *EARNED)
    days = DayBlocks.from_sums(returns)
    intervals = {name: days.interval(*columns) for name, columns in YIELDS.items()}
    won, bank = days.grid("profit").cumsum(axis=0), (1 + days.grid("kelly_profit")).cumprod(axis=0)
    won_before, bank_before = np.maximum.accumulate(won, axis=0), np.maximum.accumulate(bank, axis=0)
    return days.groups.with_columns(
        bets=pl.Series(days.total("n")).cast(pl.Int64),
        **{column: values for each in intervals.items() for column, values in _ends(*each).items()},
        flat_drawdown=pl.Series((np.maximum(won_before, 0.0) - won).max(axis=0)),
        kelly_drawdown=pl.Series((1 - bank / np.maximum(bank_before, 1.0)).max(axis=0)),
        bank=pl.Series(bank[-1]),
        expected_max_yield=pl.Series(intervals["flat_yield"][3] * best_of(tried)),
    )


def best_of(tries: int) -> float:
    """Return the expected largest of so many standard normal numbers (Bailey and Lopez de Prado 2014); 0 for one."""
    if tries < 2:
        return 0.0
    high, higher = NORMAL.inv_cdf(1 - 1 / tries), NORMAL.inv_cdf(1 - 1 / (tries * np.e))
    return (1 - EULER) * high + EULER * higher
