"""Assets and checks of the monitoring stage."""

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetIn,
    MetadataValue,
    PythonObjectDagsterType,
    ResourceParam,
    asset_check,
)

from soccer_assets import svg
from soccer_assets.features.catalog import FEATURES
from soccer_assets.models.families import FAMILIES, stack
from soccer_assets.models.schema import CANDIDATES
from soccer_assets.monitoring import drift
from soccer_assets.monitoring.baselines import FAMILIES as SIMPLE
from soccer_assets.monitoring.baselines import contexts, forecast
from soccer_assets.monitoring.bets import settle_bets
from soccer_assets.monitoring.on_demand import settle_on_demand
from soccer_assets.monitoring.plots import drawings, reliability, write
from soccer_assets.monitoring.reports import SUMMARY, backtest, configurations, quality
from soccer_assets.monitoring.schema import (
    ALL_LEAGUES,
    BACKTEST_REPORT,
    CHECK_RESULTS,
    DRIFT_REPORT,
    FORECAST_DRIFT,
    QUALITY_REPORT,
    SETTLED_BETS,
    SETTLED_MARKETS,
    SETTLED_ON_DEMAND,
    SETTLED_PREDICTIONS,
)
from soccer_assets.monitoring.score_baselines import CLIMATOLOGY_DAYS
from soccer_assets.monitoring.scored_predictions import settle
from soccer_assets.monitoring.settled_markets import READ, settle_markets
from soccer_assets.odds.consensus import consensus, mean_1x2, mean_probabilities
from soccer_assets.orchestration.io_manager import dated_asset, markdown, optional, written_elsewhere
from soccer_assets.orchestration.partitions import dates_of, look_back
from soccer_assets.predictions.schema import LINES, ON_DEMAND_FORECASTS
from soccer_assets.predictions.upstream import forecastable, require_rows, settled_due
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import DATE, MATCH, Lake

#: Written by the sensor `record_check_results`.
check_results = written_elsewhere(CHECK_RESULTS, kinds={"deltalake"})
EVER = AssetIn(partition_mapping=look_back())
#: Candidates up to the date: long rows, so lazily, which inputs taken by `**` cannot say by their annotation.
LAZY = PythonObjectDagsterType(pl.LazyFrame)
MODELS = {
    name: optional(CANDIDATES, look_back(), name, dagster_type=LAZY)
    for name in (f"candidate_{family}" for family in (*FAMILIES, stack.NAME))
}
TWELVE_MONTHS = AssetIn(partition_mapping=look_back(366))
DRIFT_PAST = AssetIn(partition_mapping=look_back(4 * 366))
STATUS = (*MATCH, "status")
#: What the reports are made of.
SETTLED = ("settled_predictions", "settled_markets", "settled_bets")
#: A forecaster worse than the closing market by more than this is not worth running.
WORST_GAP = 0.05
#: Where the calendar stands is no trait of the matches; neither is how much is known, which grows by itself for years.
NOT_COMPARED = (
    "tier", "table_played", "matches_left", "season_phase",
    "market_variance", "market_uncertainty", "performance_uncertainty",
)  # fmt: skip
#: One window a metric: the others say the same of the same matches.
COMPARED = [
    f.name
    for f in FEATURES
    if f.window in (0, 20) and f.scope in ("all", "season")
    and f.metric not in NOT_COMPARED and f.group != "coverage"
]  # fmt: skip
#: Pages of some megabytes are written for the newest days of a run alone.
PAGES = 8


@dated_asset(
    SETTLED_PREDICTIONS,
    ins={table: MODELS[table] for table in (f"candidate_{name}" for name in SIMPLE.values())},
    kinds={"polars"},
)
def settled_predictions(
    context: AssetExecutionContext,
    predictions: pl.DataFrame,
    matches: pl.DataFrame,
    match_features: pl.DataFrame,
    market_probabilities: pl.LazyFrame,
    best_prices: pl.LazyFrame,
    **candidates: pl.LazyFrame,
) -> pl.DataFrame:
    """One forecast of one match on one line, met by its result, beside yardsticks that forecast the same match."""
    require_rows("predictions", predictions, forecastable(matches))
    yardsticks = {line: forecast(candidates[f"candidate_{name}"], match_features) for line, name in SIMPLE.items()}
    yardsticks["opening"] = mean_1x2(mean_probabilities(best_prices, "opening"))
    yardsticks["closing"] = consensus(market_probabilities, "closing")
    rows = settle(predictions, matches, yardsticks, contexts(match_features))
    scores = rows.filter("complete").group_by("line").agg(pl.len().alias("matches"), pl.col("log_loss", "rps").mean())
    context.add_output_metadata(
        {
            "scores": MetadataValue.md(markdown(scores.sort("log_loss"))),
            "reliability": MetadataValue.md(svg.markdown(reliability(rows), "reliability")),
        }
    )
    return rows


@dated_asset(
    SETTLED_MARKETS,
    ins={"matches": AssetIn(partition_mapping=look_back(CLIMATOLOGY_DAYS))},
    kinds={"numpy"},
)
def settled_markets(
    context: AssetExecutionContext,
    matches: pl.LazyFrame,
    predictions: pl.DataFrame,
    market_probabilities: pl.LazyFrame,
    best_prices: pl.LazyFrame,
) -> pl.DataFrame:
    """One forecast of one match on one line and one market but the 1x2, met by its score."""
    first, _ = dates_of(context.partition_key_range)
    past = matches.select(READ).collect()
    require_rows("predictions", predictions, forecastable(past.filter(pl.col(DATE) >= first)))
    rows = settle_markets(predictions, past, market_probabilities, best_prices)
    means = pl.len().alias("matches"), pl.col("log_loss", "probability", "happened", "divergence").mean()
    by_market = rows.filter("complete").group_by("market", "line").agg(means).sort("market", "log_loss")
    context.add_output_metadata({"by market": MetadataValue.md(markdown(by_market))})
    return rows


@dated_asset(SETTLED_BETS, kinds={"polars"})
def settled_bets(
    context: AssetExecutionContext,
    value_bets: pl.DataFrame,
    matches: pl.DataFrame,
    predictions: pl.DataFrame,
    best_prices: pl.LazyFrame,
    settled_predictions: pl.DataFrame,
) -> pl.DataFrame:
    """One value bet met by its result: what was returned, and what the market thought of its price at the close."""
    require_rows("predictions", predictions, forecastable(matches))
    require_rows("settled_predictions", settled_predictions, settled_due(matches, predictions))
    closing = mean_probabilities(best_prices, "closing")
    rows = settle_bets(value_bets, matches, predictions, closing, settled_predictions)
    means = pl.len().alias("bets"), pl.col("profit", "clv").mean()
    context.add_output_metadata({"by market": MetadataValue.md(markdown(rows.group_by("line", "market").agg(means)))})
    return rows


@dated_asset(
    BACKTEST_REPORT,
    ins={name: EVER for name in ("matches", "predictions", *SETTLED, "team_ratings")} | MODELS,
    kinds={"numpy"},
)
def backtest_report(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    clock: ResourceParam[Clock],
    matches: pl.LazyFrame,
    predictions: pl.LazyFrame,
    settled_predictions: pl.LazyFrame,
    settled_markets: pl.LazyFrame,
    settled_bets: pl.LazyFrame,
    team_ratings: pl.LazyFrame,
    **candidates: pl.LazyFrame,
) -> pl.DataFrame:
    """One line on one market in a slice of the matches up to the end of a month: its forecasts, what bets earned."""
    first, last = dates_of(context.partition_key_range)
    last = min(last, clock.today())  # the end of this month has its results when it has come
    tables = (settled_predictions, settled_markets, settled_bets, team_ratings)
    settled, markets, bets, rated = (rows.collect() for rows in tables)
    played, forecasts = (rows.select(columns).collect() for rows, columns in ((matches, STATUS), (predictions, MATCH)))
    require_rows("predictions", forecasts, forecastable(played.filter(pl.col(DATE) >= first)))
    require_rows("settled_predictions", settled, settled_due(played, forecasts))
    rows = backtest(settled, markets, bets, configurations(candidates.values()), first, last)
    newest = rows.filter(pl.col(DATE) == pl.col(DATE).max(), pl.col("slice") == "all")
    drawn = drawings(settled, markets, bets, rated)
    if len(rows):
        write(settings.var_path / "reports" / "backtest", rows, drawn)
    context.add_output_metadata({name: MetadataValue.md(svg.markdown(text, name)) for name, text in drawn.items()})
    context.add_output_metadata({"newest": MetadataValue.md(markdown(newest.select(SUMMARY)))})
    return rows


@dated_asset(
    QUALITY_REPORT, ins=dict.fromkeys(("settled_predictions", "settled_markets"), TWELVE_MONTHS), kinds={"polars"}
)
def quality_report(
    context: AssetExecutionContext,
    matches: pl.DataFrame,
    predictions: pl.DataFrame,
    settled_predictions: pl.DataFrame,
    settled_markets: pl.DataFrame,
) -> pl.DataFrame:
    """One line's quality on one market in one league over the twelve months that end on the match date."""
    require_rows("predictions", predictions, forecastable(matches))
    today = settled_predictions.filter(pl.col(DATE).is_between(*dates_of(context.partition_key_range)))
    require_rows("settled_predictions", today, settled_due(matches, predictions))
    rows = quality(settled_predictions, settled_markets, *dates_of(context.partition_key_range))
    newest = rows.filter((pl.col(DATE) == pl.col(DATE).max()) & (pl.col("sample") == "complete"))
    table = newest.sort("league", "market", "log_loss").drop(DATE, "sample")
    context.add_output_metadata({"newest": MetadataValue.md(markdown(table))})
    return rows


@dated_asset(DRIFT_REPORT, ins={"match_features": DRIFT_PAST}, kinds={"evidently"})
def drift_report(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    clock: ResourceParam[Clock],
    match_features: pl.DataFrame,
) -> pl.DataFrame:
    """The drift of the features of the weeks up to the match date against the same phase of earlier seasons."""
    first, last = dates_of(context.partition_key_range)
    last = min(last, clock.today())  # the features of coming matches are not final
    days = match_features.filter(pl.col(DATE).is_between(first, last))[DATE].unique().sort()
    paged = days.tail(PAGES).to_list()
    reports = [
        drift.drift(drift.windows(match_features, day), day, COMPARED, settings.drift_pages if day in paged else None)
        for day in days
    ]
    rows = pl.concat([DRIFT_REPORT.empty(), *reports])
    for row in rows.iter_rows(named=True):
        row_metadata = {"drift share": row["drift_share"]}
        for names in ("drifted_columns", "emptied_columns"):
            row_metadata[names.replace("_", " ")] = ", ".join(row[names]) or "none"
        page = {"page": MetadataValue.url(f"{settings.pages_url}/drift/{row[DATE]}/report")} if row["html"] else {}
        context.add_asset_metadata(row_metadata | page, partition_key=row[DATE].isoformat())
    return rows


@dated_asset(FORECAST_DRIFT, ins={"predictions": DRIFT_PAST}, kinds={"numpy"})
def forecast_drift(
    context: AssetExecutionContext, clock: ResourceParam[Clock], predictions: pl.DataFrame
) -> pl.DataFrame:
    """One line's drift: its forecasts of the weeks up to the match date against the same phase of earlier seasons."""
    first, last = dates_of(context.partition_key_range)
    days = predictions.filter(pl.col(DATE).is_between(first, min(last, clock.today())))[DATE].unique().sort()
    rows = pl.concat([FORECAST_DRIFT.empty(), *(drift.forecast_drift(predictions, day) for day in days)])
    newest = rows.filter(pl.col(DATE) == pl.col(DATE).max()).drop("scores")
    context.add_output_metadata({"newest": MetadataValue.md(markdown(newest))})
    return rows


@dated_asset(SETTLED_ON_DEMAND, ins={ON_DEMAND_FORECASTS.name: optional(ON_DEMAND_FORECASTS)}, kinds={"polars"})
def settled_on_demand(
    context: AssetExecutionContext, on_demand_forecasts: pl.DataFrame, matches: pl.DataFrame
) -> pl.DataFrame:
    """One match and model that clients were given a forecast of on demand: the one that knew most, and the result."""
    rows = settle_on_demand(on_demand_forecasts, matches)
    scores = rows.group_by("variant", "model_version").agg(pl.len().alias("matches"), pl.col("log_loss", "rps").mean())
    context.add_output_metadata({"scores": MetadataValue.md(markdown(scores.sort("log_loss")))})
    return rows


@asset_check(asset=quality_report)
def no_line_is_far_behind_the_closing_market(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """Over the newest twelve months, on the same matches, each line's log loss stays near the closing market's.

    The yardsticks stand beside the lines and are not judged: climatology is far behind by its nature.
    """
    newest = (
        lake.scan("quality_report")
        .filter(pl.col("league") == ALL_LEAGUES, pl.col("sample") == "complete", pl.col("market") == "1x2")
        .filter(pl.col(DATE) == pl.col(DATE).max())
        .collect()
    )
    gaps = dict(newest.select("line", "log_loss_vs_closing").iter_rows())
    return AssetCheckResult(
        passed=all(gap is None or gap <= WORST_GAP for line, gap in gaps.items() if line in LINES),
        severity=AssetCheckSeverity.WARN,
        metadata={
            "log loss minus closing": MetadataValue.json(gaps),
            "matches": max(newest["matches"].to_list(), default=0),
        },
    )
