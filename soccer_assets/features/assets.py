"""Assets and checks of the features stage."""

import datetime as dt

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetIn,
    MetadataValue,
    ResourceParam,
    asset_check,
)

from soccer_assets.delta import DATE, Lake
from soccer_assets.features.history import READ, History, about
from soccer_assets.features.leak import leaking_features
from soccer_assets.features.prices import newest_prices
from soccer_assets.features.ratings import rate
from soccer_assets.features.schema import MATCH_FEATURES, TEAM_RATINGS
from soccer_assets.lake import dated_asset, markdown
from soccer_assets.matches.schema import FORECAST
from soccer_assets.partitions import dates_of, look_back
from soccer_assets.settings import Settings

PAST = AssetIn(partition_mapping=look_back())
#: Long enough for every window; the check need not read more.
CHECKED_PAST = dt.timedelta(days=420)


@dated_asset(TEAM_RATINGS, ins={"matches": PAST, "market_probabilities": PAST}, kinds={"polars"})
def team_ratings(
    context: AssetExecutionContext, matches: pl.LazyFrame, market_probabilities: pl.LazyFrame
) -> pl.DataFrame:
    """One club's ratings after one finished match."""
    ratings = rate(matches.select(READ).collect(), newest_prices(market_probabilities))
    newest = ratings.group_by("team_id").last().top_k(10, by="elo_after").sort("elo_after", descending=True)
    context.add_output_metadata({"highest rated": MetadataValue.md(markdown(newest.select("team_id", "elo_after")))})
    return ratings.filter(pl.col(DATE).is_between(*dates_of(context.partition_key_range)))


@dated_asset(MATCH_FEATURES, ins={"matches": PAST, "team_ratings": PAST}, kinds={"polars"})
def match_features(context: AssetExecutionContext, matches: pl.LazyFrame, team_ratings: pl.LazyFrame) -> pl.DataFrame:
    """One match as known before the day of its kick-off: form, ratings, rest, meetings, league table."""
    here = pl.col(DATE).is_between(*dates_of(context.partition_key_range)) & pl.col("status").is_in(FORECAST)
    fixtures = matches.filter(here).select(READ).collect()
    known, rated = (about(rows, fixtures) for rows in (matches.select(READ), team_ratings))
    features = MATCH_FEATURES.conform(History.build(known.collect(), rated.collect()).features(fixtures))
    empty = features.null_count().row(0)
    share = {name: n / len(features) for name, n in zip(features.columns, empty, strict=True) if n}
    context.add_output_metadata({"share without a value": MetadataValue.json(share)})
    return features


@asset_check(asset=match_features, blocking=True)
def nothing_after_kick_off_reaches_a_feature(
    lake: ResourceParam[Lake], settings: ResourceParam[Settings]
) -> AssetCheckResult:
    """With noise in place of the newest finished match day and all after it, that day's features stay as they are."""
    finished = lake.scan("matches").filter(pl.col("status") == "finished")
    day = finished.select(pl.col(DATE).max()).collect().item()
    if day is None:
        return AssetCheckResult(passed=True, metadata={"match day": "none finished yet"})
    matches, prices = (lake.scan(name, day - CHECKED_PAST) for name in ("matches", "market_probabilities"))
    leaking = leaking_features(matches.collect(), newest_prices(prices), day, settings.seed)
    return AssetCheckResult(
        passed=not leaking, metadata={"match day": day.isoformat(), "leaking": MetadataValue.json(leaking)}
    )
