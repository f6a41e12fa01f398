"""Assets and checks of the features stage."""

import datetime as dt

import polars as pl
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetIn,
    MetadataValue,
    ResourceParam,
    asset_check,
)

from soccer_assets.errors import NotMaterializedError
from soccer_assets.features.history import READ, History, of_their_countries
from soccer_assets.features.leak import leaking_features
from soccer_assets.features.ratings import rate
from soccer_assets.features.schema import MATCH_FEATURES, TEAM_RATINGS
from soccer_assets.matches.schema import FORECAST
from soccer_assets.odds.consensus import newest_prices
from soccer_assets.orchestration.io_manager import dated_asset, markdown, written_elsewhere
from soccer_assets.orchestration.partitions import dates_of, dates_of_run, look_back, match_dates
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.data_versions import CORRECTED_DAYS, DATA_VERSIONS, MADE_DAILY, out_of_date
from soccer_assets.storage.lake import DATE, Lake

PAST = AssetIn(partition_mapping=look_back())
#: Long enough for every window; the check need not read more.
CHECKED_PAST = dt.timedelta(days=420)
#: The I/O manager writes it with each of these tables; and with forecasts, of which models read nothing.
data_versions = written_elsewhere(DATA_VERSIONS, deps=list(MADE_DAILY), partitions_def=match_dates, kinds={"deltalake"})


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
    is_forecast = pl.col(DATE).is_between(*dates_of(context.partition_key_range)) & pl.col("status").is_in(FORECAST)
    fixtures = matches.filter(is_forecast).select(READ).collect()
    earlier, rated = (of_their_countries(rows, fixtures).collect() for rows in (matches.select(READ), team_ratings))
    _require_ratings(earlier, rated)
    features = MATCH_FEATURES.conform(History.build(earlier, rated).features(fixtures))
    empty = features.null_count().row(0)
    share = {name: n / len(features) for name, n in zip(features.columns, empty, strict=True) if n}
    context.add_output_metadata({"share without a value": MetadataValue.json(share)})
    return features


def _require_ratings(matches: pl.DataFrame, ratings: pl.DataFrame) -> None:
    """Raise NotMaterializedError where finished matches have no ratings at all."""
    finished = matches.filter(pl.col("status") == "finished")
    if len(finished) and ratings.is_empty():
        first, last = finished.select(first=pl.col(DATE).min(), last=pl.col(DATE).max()).row(0)
        raise NotMaterializedError(
            f"expected team_ratings after {len(finished)} finished matches from {first} to {last}, found none: "
            f"run `uv run soccer backfill {first} {last}`"
        )


@asset_check(asset=match_features)
def no_date_is_older_than_what_it_rests_on(
    context: AssetCheckExecutionContext, lake: ResourceParam[Lake], clock: ResourceParam[Clock]
) -> AssetCheckResult:
    """No rating, feature or settlement that the nightly run makes no more rests on an older state of its upstream.

    By data versions, not times: a result that was corrected names every later date until it is made anew.
    """
    first, last = dates_of_run(context.run.tags)
    rows = out_of_date(lake, match_dates.start.date())
    if first is not None:  # what the run itself leaves out of its dates, the next one makes
        rows = rows.filter(~pl.col(DATE).is_between(first, last))
    by_table = (
        rows.group_by("name").agg(dates=pl.len(), first=pl.col(DATE).min(), last=pl.col(DATE).max()).sort("first")
    )
    regular = clock.today() - dt.timedelta(days=CORRECTED_DAYS)
    remedies = [f"uv run soccer backfill {day} {last}" for day, last in by_table.select("first", "last").rows()[:1]]
    return AssetCheckResult(
        passed=rows.filter(pl.col(DATE) < regular).is_empty(),
        severity=AssetCheckSeverity.WARN,
        metadata={
            "dates": len(rows),
            "by table": MetadataValue.md(markdown(by_table)),
            "what to do": " ".join(["the next nightly run makes them anew; at once:", *remedies]),
        },
    )


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
