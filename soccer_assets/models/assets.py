"""Assets of the models stage: a candidate per family, made by a factory, and the model selected among them."""

import datetime as dt
from functools import partial
from typing import Any

import polars as pl
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetsDefinition,
    MetadataValue,
    ResourceParam,
    asset_check,
)

from soccer_assets.models.ablation import ablated, worth_plot
from soccer_assets.models.champion.first_model import model_or_baseline
from soccer_assets.models.champion.model_card import card
from soccer_assets.models.champion.promotion_gate import current_champion, in_order, judge
from soccer_assets.models.champion.registry import Registry
from soccer_assets.models.families import FAMILIES, Family, stack
from soccer_assets.models.schema import ABLATION, CANDIDATES, MODEL_CARD, PROMOTIONS, SELECTED_MODEL
from soccer_assets.models.selection.assembly import selected
from soccer_assets.models.training.candidate_page import plots, row_metadata
from soccer_assets.models.training.outdated_features import refuse_outdated
from soccer_assets.models.training.training import chosen, examples, made_for, outcomes, stacked, trained
from soccer_assets.odds.consensus import closing_prices, pre_match_prices
from soccer_assets.orchestration.io_manager import dated_asset, dated_assets, markdown, optional
from soccer_assets.orchestration.partitions import dates_of, dates_of_run, look_back
from soccer_assets.settings import Settings
from soccer_assets.storage.data_versions import DATA_VERSIONS
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.tables import Additions

#: The blocking checks of what a model learns from.
RESTS_ON = (
    ("matches", "match_ids_are_unique"),
    ("matches", "every_result_is_a_match"),
    ("market_probabilities", "market_probabilities_sum_to_one"),
    ("match_features", "nothing_after_kick_off_reaches_a_feature"),
)
BEFORE = look_back(until=-1)
LEARNED_FROM = dict.fromkeys(("match_features", "matches", "market_probabilities"), AssetIn(partition_mapping=BEFORE))
#: Of the families that were trained for the date.
SAME_DATE = {f"candidate_{name}": optional(CANDIDATES, name=f"candidate_{name}") for name in (*FAMILIES, stack.NAME)}


def _page(candidate: pl.DataFrame) -> dict[str, Any]:
    row = candidate.row(0, named=True)
    return row_metadata(row) | {name: MetadataValue.md(plot) for name, plot in plots(row).items()}


def _candidate_asset(family: Family) -> AssetsDefinition:
    name = f"candidate_{family.name}"

    @dated_asset(
        CANDIDATES,
        name=name,
        ins=LEARNED_FROM
        | {"past": optional(CANDIDATES, BEFORE, name), "data_versions": optional(DATA_VERSIONS, BEFORE)},
        description=f"The {family.name.replace('_', ' ')} model of a date: tuned on walk-forward folds, then fitted.",
        kinds={"optuna"},
    )
    def build(
        context: AssetExecutionContext,
        settings: ResourceParam[Settings],
        match_features: pl.LazyFrame,
        matches: pl.LazyFrame,
        market_probabilities: pl.LazyFrame,
        past: pl.LazyFrame,
        data_versions: pl.DataFrame,
    ) -> pl.DataFrame:
        _, day = dates_of(context.partition_key_range)
        history = examples(match_features, matches, market_probabilities, settings.train_since, day)
        refuse_outdated(history, matches, market_probabilities, data_versions)
        row = trained(family, history, day, settings, past)
        context.add_output_metadata(_page(row))
        return row

    return build


candidates = [_candidate_asset(family) for family in FAMILIES.values()]


@dated_asset(
    CANDIDATES,
    name=f"candidate_{stack.NAME}",
    ins={name: source for name, source in SAME_DATE.items() if name != f"candidate_{stack.NAME}"}
    | {"matches": LEARNED_FROM["matches"]},
    kinds={"numpy"},
)
def candidate_stack(
    context: AssetExecutionContext, settings: ResourceParam[Settings], matches: pl.LazyFrame, **candidates: pl.DataFrame
) -> pl.DataFrame:
    """The other candidates of a date in one: a pool whose weights their predictions out of fold teach."""
    _, day = dates_of(context.partition_key_range)
    rows = made_for(day, chosen(candidates, settings.families)).to_dicts()
    row = stacked(rows, outcomes(matches).collect(), day)
    context.add_output_metadata(_page(row))
    return row


@dated_asset(ABLATION, ins=LEARNED_FROM, kinds={"numpy"})
def ablation(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    match_features: pl.LazyFrame,
    matches: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
) -> pl.DataFrame:
    """One group of features left out, or none of them: what it costs on matches predicted out of fold."""
    _, day = dates_of(context.partition_key_range)
    history = examples(match_features, matches, market_probabilities, settings.train_since, day)
    rows = ablated(history, day, settings)
    table = MetadataValue.md(markdown(rows.sort("difference", descending=True)))
    context.add_output_metadata({"groups": table, "plot": MetadataValue.md(worth_plot(rows))})
    return rows


@dated_asset(SELECTED_MODEL, ins=SAME_DATE | LEARNED_FROM, kinds={"numpy"})
def selected_model(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    lake: ResourceParam[Lake],
    match_features: pl.LazyFrame,
    matches: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
    **candidates: pl.DataFrame,
) -> pl.DataFrame:
    """The forecaster chosen for a date: the selected estimator with its calibration, blend and goals.

    Whether an earlier one is champion is read from `promotions` without an edge, for they are made of these models.
    """
    _, day = dates_of(context.partition_key_range)
    rows = made_for(day, chosen(candidates, settings.families)).to_dicts()
    history = examples(match_features, matches, market_probabilities, settings.train_since, day)
    prices = pre_match_prices(market_probabilities), closing_prices(market_probabilities)
    model = selected(rows, history, *prices, settings.seed)
    if current_champion(lake, day) is None:
        model = model_or_baseline(model, rows, history, *prices, settings)
    row = model.row(0, named=True)
    tables = {name: _table(row[name]) for name in ("comparison", "calibration", "lines")}
    context.add_output_metadata({name: row[name] for name in ("family", "version", "log_loss", "reason")} | tables)
    return model


def _table(rows: list[dict[str, Any]]) -> MetadataValue:
    return MetadataValue.md(markdown(pl.DataFrame(rows)))


@dated_assets(
    PROMOTIONS,
    MODEL_CARD,
    ins=LEARNED_FROM
    | {"selected_model": AssetIn(partition_mapping=look_back()), "promotions": optional(PROMOTIONS, BEFORE)},
    kinds={"mlflow"},
)
def model_card(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    registry: ResourceParam[Registry],
    selected_model: pl.LazyFrame,
    promotions: pl.DataFrame,
    match_features: pl.LazyFrame,
    matches: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
) -> tuple[Additions, pl.DataFrame]:
    """The verdict of the gate on a selected model and what there is to know of it; MLflow holds both as well."""
    _, day = dates_of(context.partition_key_range)
    model = made_for(day, {"selected_model": selected_model.filter(pl.col(DATE) == day).collect()}).row(0, named=True)
    history = examples(match_features, matches, market_probabilities, settings.train_since, model["match_date"])
    failed, least = _failed_checks(context), settings.promotion_matches
    verdict = judge(model, selected_model, promotions, history, failed, least)
    made = card(model, history, verdict, settings.seed)
    version = registry.register(model, context.run.run_id)
    registry.log_card(version, made.row(0, named=True), model["lines"], history)
    gate = _table(made["conditions"].to_list()[0])
    page = {"card": MetadataValue.md(made["text"].item()), "gate": gate, "MLflow version": version}
    context.add_output_metadata(page, output_name=MODEL_CARD.name)
    return Additions(partial(registry.decide, model=model, registry_version=version, verdict=verdict)), made


def _failed_checks(context: AssetExecutionContext) -> list[str]:
    """Blocking checks of what a model rests on that failed when they were last made."""
    keys = [AssetCheckKey(AssetKey(asset), name) for asset, name in RESTS_ON]
    newest = context.instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    failed = [key for key, record in newest.items() if record.status.value == "FAILED"]
    return sorted(f"{key.asset_key.to_user_string()}: {key.name}" for key in failed)


@asset_check(asset=MODEL_CARD.name)
def the_gate_let_the_newest_model_pass(
    context: AssetCheckExecutionContext, lake: ResourceParam[Lake]
) -> AssetCheckResult:
    """The newest model of the run's dates may be champion; where it may not, the one before it goes on."""
    first, last = dates_of_run(context.run.tags)
    of_run = pl.col(PROMOTIONS.date).is_between(first or dt.date.min, last or dt.date.max)
    newest = in_order(lake.scan(PROMOTIONS.name).filter(of_run)).tail(1)
    passed = bool(newest["accepted"].all())
    return AssetCheckResult(
        passed=passed,
        severity=AssetCheckSeverity.WARN,
        metadata={"version": newest["version"].to_list()[0], "reason": newest["reason"].to_list()[0]},
    )


@asset_check(asset=selected_model, blocking=True)
def selected_model_learned_only_from_the_past(
    context: AssetCheckExecutionContext, lake: ResourceParam[Lake]
) -> AssetCheckResult:
    """No model of the run's dates learned from its own date or later."""
    late = lake.scan("selected_model", *dates_of_run(context.run.tags)).filter(
        pl.col("trained_through") >= pl.col("match_date")
    )
    dates = late.select("match_date").collect()["match_date"].to_list()
    return AssetCheckResult(
        passed=not dates, metadata={"models that saw too much": MetadataValue.json([str(d) for d in dates])}
    )
