"""Assets and checks of the predictions stage."""

import polars as pl
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetExecutionContext,
    AssetIn,
    MetadataValue,
    ResourceParam,
    asset_check,
)

from soccer_assets import svg
from soccer_assets.models.schema import PROMOTIONS
from soccer_assets.odds.consensus import consensus, pre_match_prices
from soccer_assets.orchestration.io_manager import dated_asset, dated_assets, markdown, optional, written_elsewhere
from soccer_assets.orchestration.partitions import HORIZON_DAYS, dates_of, dates_of_run, look_back
from soccer_assets.predictions.explanations.scenarios import forecast_scenarios as all_scenarios
from soccer_assets.predictions.explanations.similar_matches import similar_matches as find_similar
from soccer_assets.predictions.explanations.terms import TOLERANCE as TERMS_TOLERANCE
from soccer_assets.predictions.explanations.terms import explanations as all_terms
from soccer_assets.predictions.explanations.terms import largest_error
from soccer_assets.predictions.forecast import BEFORE_CHAMPION, forecast, since_first_champion
from soccer_assets.predictions.ledger import as_sealed, sealing, verify
from soccer_assets.predictions.markets import markets as all_markets
from soccer_assets.predictions.schema import (
    EXPLANATIONS,
    FORECAST_SCENARIOS,
    MARKETS,
    ON_DEMAND_FORECASTS,
    PREDICTION_LEDGER,
    PREDICTIONS,
    SIMILAR_MATCHES,
    VALUE_BETS,
)
from soccer_assets.predictions.season.plots import drawings
from soccer_assets.predictions.season.schema import SEASON_CHANGES, SEASON_FORECASTS
from soccer_assets.predictions.upstream import forecastable, require_rows
from soccer_assets.predictions.value import value_bets as find_value
from soccer_assets.scoring import PROBABILITIES, SUM_TOLERANCE
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import DATE, MATCH, Lake
from soccer_assets.storage.tables import Additions, TableRows

#: Matches of the season so far, and the fixtures that are published.
SEASON = AssetIn(partition_mapping=look_back(400, until=HORIZON_DAYS))

#: Written by the workers that answer clients.
on_demand_forecasts = written_elsewhere(ON_DEMAND_FORECASTS, kinds={"deltalake"})
PAST = AssetIn(partition_mapping=look_back())


@dated_asset(
    PREDICTIONS,
    ins={"selected_model": AssetIn(partition_mapping=look_back()), "promotions": optional(PROMOTIONS, look_back())},
    kinds={"numpy"},
)
def predictions(
    context: AssetExecutionContext,
    matches: pl.DataFrame,
    match_features: pl.DataFrame,
    market_probabilities: pl.LazyFrame,
    selected_model: pl.LazyFrame,
    promotions: pl.DataFrame,
    lake: ResourceParam[Lake],
    clock: ResourceParam[Clock],
) -> pl.DataFrame:
    """One forecast of one match on one line: model (no prices of the match), market, blend, or challenger.

    What was sealed before kick-off stands: it is read from `prediction_ledger` without an edge, for the ledger is made
    of these forecasts and a graph has no cycle.
    """
    require_rows("match_features", match_features, forecastable(matches), "backfill")
    has_champion = since_first_champion(matches, selected_model, promotions)
    rows = forecast(has_champion, match_features, selected_model, promotions, pre_match_prices(market_probabilities))
    rows = as_sealed(lake, rows, clock.now())
    counts = dict(rows["line"].value_counts().sort("line").iter_rows())
    table = rows.select("match_date", "league", "home", "away", "line", *PROBABILITIES).tail(30)
    context.add_output_metadata(
        {
            "forecasts by line": counts,
            BEFORE_CHAMPION: len(matches) - len(has_champion),
            "newest": MetadataValue.md(markdown(table)),
        }
    )
    return rows


@dated_asset(MARKETS, kinds={"numpy"})
def markets(
    context: AssetExecutionContext,
    matches: pl.DataFrame,
    predictions: pl.DataFrame,
) -> pl.DataFrame:
    """One selection of one market of a match as one line forecasts it: a sum over the line's one score matrix."""
    require_rows("predictions", predictions, forecastable(matches))
    rows = all_markets(predictions)
    newest = rows.join(rows.tail(1).select("match_id", "line"), on=["match_id", "line"])
    table = newest.select("match_id", "line", "market", "goals_line", "selection", "won", "push", "fair_odds")
    context.add_output_metadata({"newest match": MetadataValue.md(markdown(table.head(25)))})
    return rows


@dated_asset(VALUE_BETS, kinds={"polars"})
def value_bets(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    matches: pl.DataFrame,
    predictions: pl.DataFrame,
    markets: pl.DataFrame,
    best_prices: pl.LazyFrame,
    match_features: pl.LazyFrame,
) -> pl.DataFrame:
    """One selection whose forecast exceeds the market's probability by the least edge; nothing is placed."""
    require_rows("predictions", predictions, forecastable(matches))
    require_rows("markets", markets, predictions)
    bets = find_value(predictions, markets, best_prices, match_features, settings.value_edge, settings.kelly_fraction)
    counts = bets.group_by("line", "market").len("bets").sort("line", "market")
    context.add_output_metadata({"by line and market": MetadataValue.md(markdown(counts))})
    return bets


@dated_asset(PREDICTION_LEDGER, kinds={"deltalake"})
def prediction_ledger(
    context: AssetExecutionContext,
    clock: ResourceParam[Clock],
    matches: pl.DataFrame,
    predictions: pl.DataFrame,
    match_features: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
) -> Additions:
    """One forecast of one match on one line as it stood before kick-off, chained to the one sealed before it."""
    require_rows("predictions", predictions, forecastable(matches))
    context.add_output_metadata({"forecasts": len(predictions)})
    played = matches.filter(pl.col("status") == "finished").select(MATCH)
    return Additions(sealing(predictions, match_features, market_probabilities, clock.now(), played))


@dated_asset(EXPLANATIONS, ins={"selected_model": AssetIn(partition_mapping=look_back())}, kinds={"numpy"})
def explanations(
    context: AssetExecutionContext,
    matches: pl.DataFrame,
    predictions: pl.DataFrame,
    match_features: pl.DataFrame,
    selected_model: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
) -> pl.DataFrame:
    """One group of features or other term of a line: what it adds to the log-odds; together they are the forecast."""
    require_rows("predictions", predictions, forecastable(matches))
    rows = all_terms(predictions, match_features, selected_model, pre_match_prices(market_probabilities))
    newest = rows.join(rows.tail(1).select("match_id", "line"), on=["match_id", "line"])
    table = newest.select("match_id", "line", "description", "home_away", "draw", "feature_description")
    context.add_output_metadata({"newest match": MetadataValue.md(markdown(table))})
    return rows


@dated_asset(
    SIMILAR_MATCHES, ins=dict.fromkeys(("matches", "match_features", "market_probabilities"), PAST), kinds={"numpy"}
)
def similar_matches(
    context: AssetExecutionContext,
    predictions: pl.DataFrame,
    matches: pl.LazyFrame,
    match_features: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
) -> pl.DataFrame:
    """One of the five earlier matches of a league that are most like a match, and its result."""
    rows = find_similar(predictions, matches, match_features, consensus(market_probabilities, "pre_match"))
    context.add_output_metadata({"newest": MetadataValue.md(markdown(rows.tail(5)))})
    return rows


@dated_asset(
    FORECAST_SCENARIOS, ins=dict.fromkeys(("matches", "team_ratings", "selected_model"), PAST), kinds={"numpy"}
)
def forecast_scenarios(
    context: AssetExecutionContext,
    predictions: pl.DataFrame,
    matches: pl.LazyFrame,
    team_ratings: pl.LazyFrame,
    selected_model: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
) -> pl.DataFrame:
    """One thing that could be otherwise before a match, and what a line would forecast then."""
    prices = pre_match_prices(market_probabilities)
    rows = all_scenarios(predictions, matches, team_ratings, selected_model, prices)
    largest = rows.group_by("line", "description").agg(pl.col("change_home").abs().max()).sort("line", "description")
    context.add_output_metadata({"largest change of a home win": MetadataValue.md(markdown(largest))})
    return rows


@asset_check(asset=explanations)
def terms_sum_to_the_forecast(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """The terms of every forecast of the run's match dates sum to its log-odds within 1e-9."""
    dates = dates_of_run(context.run.tags)
    worst = largest_error(*(lake.scan(name, *dates).collect() for name in ("explanations", "predictions")))
    return AssetCheckResult(passed=worst <= TERMS_TOLERANCE, metadata={"largest difference": worst})


@dated_assets(
    SEASON_FORECASTS,
    SEASON_CHANGES,
    ins={"matches": SEASON, "team_ratings": AssetIn(partition_mapping=look_back())},
    kinds={"numba"},
)
def season_forecasts(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    matches: pl.LazyFrame,
    team_ratings: pl.LazyFrame,
) -> tuple[TableRows, pl.DataFrame]:
    """How each club ends its season, and why that is another expectation than on the match date before."""
    from soccer_assets.predictions.season.date_range import seasons_of_range

    first, last = dates_of(context.partition_key_range)
    made = seasons_of_range(matches, team_ratings, first, last, settings.season_runs, settings.seed)
    plots = {f"season of {name}": svg.markdown(text, name) for name, text in drawings(made.forecasts.rows).items()}
    metadata = {name: MetadataValue.md(text) for name, text in plots.items()}
    context.add_output_metadata(metadata, output_name=SEASON_FORECASTS.name)
    return made.forecasts, made.changes


@asset_check(asset=SEASON_FORECASTS.name, blocking=True)
def every_place_is_taken_once(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """Over the clubs of a league each final position has a probability of 1, and so has each club over all of them."""
    rows = lake.scan(SEASON_FORECASTS.name, *dates_of_run(context.run.tags))
    places = rows.with_columns(number=pl.int_ranges(pl.col("positions").list.len())).explode("positions", "number")
    gaps = [
        places.group_by(DATE, "league", key).agg((pl.col("positions").sum() - 1).abs().alias("gap")).select("gap")
        for key in ("number", "team_id")
    ]
    worst = pl.concat(gaps).max().collect().item() or 0.0
    return AssetCheckResult(passed=worst <= SUM_TOLERANCE, metadata={"largest distance from 1": worst})


@asset_check(asset=predictions, blocking=True)
def predictions_sum_to_one(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """The three probabilities of every forecast of the run's match dates sum to 1."""
    total = pl.sum_horizontal(PROBABILITIES)
    rows = lake.scan("predictions", *dates_of_run(context.run.tags))
    worst = rows.select((total - 1).abs().max()).collect().item() or 0.0
    return AssetCheckResult(passed=worst <= SUM_TOLERANCE, metadata={"largest distance from 1": worst})


@asset_check(asset=predictions, blocking=True)
def no_model_has_seen_its_matches(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """Each model learned only from match dates before those of the run that it forecasts."""
    rows = lake.scan("predictions", *dates_of_run(context.run.tags))
    late = rows.filter(pl.col("trained_through") >= pl.col("match_date")).collect()
    return AssetCheckResult(
        passed=late.is_empty(),
        metadata={"forecasts by a model that had seen the day": len(late),
                  "examples": MetadataValue.json(late["match_id"].head(5).to_list())},
    )  # fmt: skip


@asset_check(asset=prediction_ledger)
def the_ledger_is_as_it_was_sealed(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """Every row follows the one before it, has the hash it was sealed with, and was sealed before kick-off."""
    verdict = verify(lake)
    return AssetCheckResult(
        passed=verdict.broken is None,
        metadata={"rows": verdict.rows, "hash of the last": verdict.tip, "broken": verdict.broken or "nowhere"},
    )
