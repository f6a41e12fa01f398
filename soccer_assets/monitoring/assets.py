"""Assets and checks of the monitoring stage."""

import datetime as dt

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetIn,
    MetadataValue,
    ResourceParam,
    asset_check,
)

from soccer_assets.delta import DATE, Lake
from soccer_assets.features.catalog import FEATURES
from soccer_assets.lake import dated_asset, markdown
from soccer_assets.monitoring.drift import drift, windows
from soccer_assets.monitoring.plots import reliability_plot
from soccer_assets.monitoring.quality import report
from soccer_assets.monitoring.schema import ALL_LEAGUES, DRIFT_REPORT, QUALITY_REPORT, SETTLED_PREDICTIONS
from soccer_assets.monitoring.settlement import settle
from soccer_assets.odds.market import consensus
from soccer_assets.partitions import dates_of, look_back
from soccer_assets.settings import Settings

TWELVE_MONTHS = AssetIn(partition_mapping=look_back(366))
DRIFT_PAST = AssetIn(partition_mapping=look_back(4 * 366))
#: A forecaster worse than the closing market by more than this is not worth running.
WORST_GAP = 0.05
#: One window a metric: the others say the same of the same matches.
COMPARED = [f.name for f in FEATURES if f.window in (0, 10) and f.scope in ("all", "season") and f.name != "tier"]


@dated_asset(SETTLED_PREDICTIONS, kinds={"polars"})
def settled_predictions(
    context: AssetExecutionContext,
    predictions: pl.DataFrame,
    matches: pl.DataFrame,
    market_probabilities: pl.LazyFrame,
) -> pl.DataFrame:
    """One forecast of one match on one line, met by its result; `closing` is the de-vigged closing average."""
    rows = settle(predictions, matches, consensus(market_probabilities, "closing"))
    scores = rows.filter("complete").group_by("line").agg(pl.len().alias("matches"), pl.col("log_loss", "rps").mean())
    context.add_output_metadata(
        {
            "scores": MetadataValue.md(markdown(scores.sort("log_loss"))),
            "reliability": MetadataValue.md(reliability_plot(rows)),
        }
    )
    return rows


@dated_asset(QUALITY_REPORT, ins={"settled_predictions": TWELVE_MONTHS}, kinds={"polars"})
def quality_report(context: AssetExecutionContext, settled_predictions: pl.DataFrame) -> pl.DataFrame:
    """One line's quality in one league over the twelve months that end on the match date."""
    rows = report(settled_predictions, *dates_of(context.partition_key_range))
    newest = rows.filter((pl.col(DATE) == pl.col(DATE).max()) & (pl.col("sample") == "complete"))
    shown = newest.sort("league", "log_loss").drop(DATE, "sample")
    context.add_output_metadata({"newest": MetadataValue.md(markdown(shown))})
    return rows


@dated_asset(DRIFT_REPORT, ins={"match_features": DRIFT_PAST}, kinds={"evidently"})
def drift_report(
    context: AssetExecutionContext, settings: ResourceParam[Settings], match_features: pl.DataFrame
) -> pl.DataFrame:
    """The drift of the features of the weeks up to the match date against the same phase of earlier seasons."""
    first, last = dates_of(context.partition_key_range)
    last = min(last, dt.datetime.now(dt.UTC).date())  # the features of coming matches are not final
    days = match_features.filter(pl.col(DATE).is_between(first, last))[DATE].unique().sort()
    folder = settings.var_path / "reports" / "drift"
    reports = [drift(windows(match_features, day), day, COMPARED, folder / f"{day}.html") for day in days]
    rows = pl.concat([DRIFT_REPORT.empty(), *reports])
    for day, share in rows.select(DATE, "drift_share").iter_rows():
        context.add_asset_metadata({"drift share": share}, partition_key=day.isoformat())
    return rows


@asset_check(asset=quality_report)
def no_line_is_far_behind_the_closing_market(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """Over the newest twelve months, on the same matches, each line's log loss stays near the closing market's."""
    newest = (
        lake.scan("quality_report")
        .filter(pl.col("league") == ALL_LEAGUES, pl.col("sample") == "complete")
        .filter(pl.col(DATE) == pl.col(DATE).max())
        .collect()
    )
    gaps = dict(newest.select("line", "log_loss_minus_closing").iter_rows())
    return AssetCheckResult(
        passed=all(gap is None or gap <= WORST_GAP for gap in gaps.values()),
        severity=AssetCheckSeverity.WARN,
        metadata={
            "log loss minus closing": MetadataValue.json(gaps),
            "matches": max(newest["matches"].to_list(), default=0),
        },
    )
