"""Assets and checks of the odds stage."""

import polars as pl
from dagster import AssetCheckExecutionContext, AssetCheckResult, AssetExecutionContext, ResourceParam, asset_check

from soccer_assets.delta import Lake
from soccer_assets.lake import dated_asset
from soccer_assets.odds.market import devigged
from soccer_assets.odds.prices import long_form
from soccer_assets.odds.schema import MARKET_PROBABILITIES, ODDS
from soccer_assets.partitions import dates_of, dates_of_run

SUM_TOLERANCE = 1e-9


@dated_asset(ODDS, kinds={"polars"})
def odds(
    context: AssetExecutionContext,
    lake: ResourceParam[Lake],
    matches: pl.LazyFrame,
    football_data_results: pl.LazyFrame,
    football_data_fixtures: pl.LazyFrame,
) -> pl.DataFrame:
    """One quoted price: decimal odds for one selection of one market, before the match or at its close."""
    quoted = [long_form(records, matches) for records in (football_data_results, football_data_fixtures)]
    bad = pl.concat([prices.quarantined for prices in quoted])
    lake.replace_dates("odds_quarantine", bad, *dates_of(context.partition_key_range))
    context.add_output_metadata({"quarantined": len(bad)})
    return ODDS.conform(pl.concat([prices.rows for prices in quoted]))


@dated_asset(MARKET_PROBABILITIES, kinds={"numpy"})
def market_probabilities(context: AssetExecutionContext, lake: ResourceParam[Lake], odds: pl.LazyFrame) -> pl.DataFrame:
    """One outcome of one bookmaker's complete 1x2 or over/under book, its margin removed by three methods."""
    rows, bad = devigged(odds)
    lake.replace_dates("market_probabilities_quarantine", bad, *dates_of(context.partition_key_range))
    mean = rows.filter(pl.col("market") == "1x2").group_by("bookmaker").agg(pl.col("overround").mean().round(4))
    context.add_output_metadata(
        {
            "quarantined": len(bad),
            "mean 1x2 overround": dict(mean.sort("overround").cast({"bookmaker": str}).iter_rows()),
        }
    )
    return MARKET_PROBABILITIES.conform(rows)


@asset_check(asset=market_probabilities, blocking=True)
def market_probabilities_sum_to_one(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """The outcomes of each book of the run's match dates sum to 1 under each method."""
    book = ["match_date", "match_id", "bookmaker", "market", "line", "kind"]
    methods = ("proportional", "power", "shin")
    sums = lake.scan("market_probabilities", *dates_of_run(context.run.tags)).group_by(book).agg(pl.col(methods).sum())
    off = sums.select((pl.col(m) - 1).abs().max() for m in methods).collect()
    worst = max((value or 0.0 for value in off.row(0)), default=0.0)
    return AssetCheckResult(passed=worst <= SUM_TOLERANCE, metadata={"largest distance from 1": worst})
