"""Assets and checks of the predictions stage."""

import polars as pl
from dagster import AssetCheckResult, AssetExecutionContext, AssetIn, MetadataValue, ResourceParam, asset_check

from soccer_assets.delta import Lake
from soccer_assets.lake import dated_asset, markdown
from soccer_assets.odds.market import consensus
from soccer_assets.partitions import look_back
from soccer_assets.predictions.forecast import PROBABILITIES, forecast
from soccer_assets.predictions.schema import PREDICTIONS, VALUE_BETS
from soccer_assets.predictions.value import value_bets as find_value
from soccer_assets.settings import Settings

SUM_TOLERANCE = 1e-9
#: A model serves at most this long after its date.
NEWEST_MODEL = AssetIn(partition_mapping=look_back())


@dated_asset(PREDICTIONS, ins={"selected_model": NEWEST_MODEL}, kinds={"numpy"})
def predictions(
    context: AssetExecutionContext,
    matches: pl.DataFrame,
    match_features: pl.DataFrame,
    market_probabilities: pl.LazyFrame,
    selected_model: pl.DataFrame,
) -> pl.DataFrame:
    """One forecast of one match on one line: model (no prices of the match), market (de-vigged), blend."""
    rows = forecast(matches, match_features, selected_model, consensus(market_probabilities, "pre_match"))
    counts = dict(rows["line"].value_counts().sort("line").iter_rows())
    shown = rows.select("match_date", "league", "home", "away", "line", *PROBABILITIES).tail(30)
    context.add_output_metadata({"forecasts by line": counts, "newest": MetadataValue.md(markdown(shown))})
    return rows


@dated_asset(VALUE_BETS, kinds={"polars"})
def value_bets(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    predictions: pl.DataFrame,
    best_prices: pl.LazyFrame,
) -> pl.DataFrame:
    """One selection whose forecast exceeds the market's probability by the least edge; nothing is placed."""
    bets = find_value(predictions, best_prices, settings.value_edge)
    context.add_output_metadata({"by line": dict(bets["line"].value_counts().sort("line").iter_rows())})
    return bets


@asset_check(asset=predictions, blocking=True)
def predictions_sum_to_one(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """The three probabilities of every forecast sum to 1."""
    total = pl.sum_horizontal(PROBABILITIES)
    worst = lake.scan("predictions").select((total - 1).abs().max()).collect().item() or 0.0
    return AssetCheckResult(passed=worst <= SUM_TOLERANCE, metadata={"largest distance from 1": worst})


@asset_check(asset=predictions, blocking=True)
def no_model_has_seen_its_matches(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """Each model learned only from match dates before those it forecasts."""
    late = lake.scan("predictions").filter(pl.col("trained_through") >= pl.col("match_date")).collect()
    return AssetCheckResult(
        passed=late.is_empty(),
        metadata={"forecasts by a model that had seen the day": len(late),
                  "examples": MetadataValue.json(late["match_id"].head(5).to_list())},
    )  # fmt: skip
