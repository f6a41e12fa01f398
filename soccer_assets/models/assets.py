"""Assets of the models stage: a candidate per family, made by a factory, and the model selected among them."""

import json
from typing import Any

import polars as pl
from dagster import (
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
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from soccer_assets.models.ablation import ablated, worth_plot
from soccer_assets.models.champion.model_card import card
from soccer_assets.models.champion.promotion_gate import judge, ledger
from soccer_assets.models.champion.registry import Registry
from soccer_assets.models.families import FAMILIES, Family, stack
from soccer_assets.models.schema import ABLATION, CANDIDATES, MODEL_CARD, SELECTED_MODEL
from soccer_assets.models.selection.assembly import selected
from soccer_assets.models.training.candidate_page import plots, shown
from soccer_assets.models.training.outdated_features import refuse_outdated
from soccer_assets.models.training.training import chosen_families, examples, made_for, outcomes, stacked, trained
from soccer_assets.odds.consensus import closing_prices, pre_match_prices
from soccer_assets.orchestration.io_manager import dated_asset, markdown
from soccer_assets.orchestration.partitions import dates_of, look_back
from soccer_assets.settings import Settings
from soccer_assets.storage.data_versions import stored
from soccer_assets.storage.lake import Lake

#: The blocking checks of what a model learns from.
RESTS_ON = (
    ("matches", "match_ids_are_unique"),
    ("matches", "every_result_is_a_match"),
    ("market_probabilities", "market_probabilities_sum_to_one"),
    ("match_features", "nothing_after_kick_off_reaches_a_feature"),
)
BEFORE = AssetIn(partition_mapping=look_back(until=-1))
LEARNED_FROM = {name: BEFORE for name in ("match_features", "matches", "market_probabilities")}


def _page(candidate: pl.DataFrame) -> dict[str, Any]:
    row = candidate.row(0, named=True)
    return shown(row) | {name: MetadataValue.md(plot) for name, plot in plots(row).items()}


def _candidate_asset(family: Family) -> AssetsDefinition:
    @dated_asset(
        CANDIDATES,
        name=f"candidate_{family.name}",
        ins=LEARNED_FROM,
        description=f"The {family.name.replace('_', ' ')} model of a date: tuned on walk-forward folds, then fitted.",
        kinds={"optuna"},
    )
    def build(
        context: AssetExecutionContext,
        settings: ResourceParam[Settings],
        lake: ResourceParam[Lake],
        match_features: pl.LazyFrame,
        matches: pl.LazyFrame,
        market_probabilities: pl.LazyFrame,
    ) -> pl.DataFrame:
        _, day = dates_of(context.partition_key_range)
        known = examples(match_features, matches, market_probabilities, settings.train_since, day)
        refuse_outdated(known, matches, market_probabilities, stored(lake))
        row = trained(family, known, day, settings, lake)
        context.add_output_metadata(_page(row))
        return row

    return build


FAMILIES_CHOSEN = chosen_families(Settings.read().families)
_NAMES = [f"candidate_{name}" for name in FAMILIES_CHOSEN]
candidates = [_candidate_asset(FAMILIES[name]) for name in FAMILIES_CHOSEN if name in FAMILIES]

if stack.NAME in FAMILIES_CHOSEN:

    @dated_asset(
        CANDIDATES,
        name=f"candidate_{stack.NAME}",
        ins={name: AssetIn() for name in _NAMES if name != f"candidate_{stack.NAME}"} | {"matches": BEFORE},
        kinds={"numpy"},
    )
    def candidate_stack(
        context: AssetExecutionContext, matches: pl.LazyFrame, **candidates: pl.DataFrame
    ) -> pl.DataFrame:
        """The other candidates of a date in one: a pool whose weights their predictions out of fold teach."""
        _, day = dates_of(context.partition_key_range)
        rows = made_for(day, candidates).to_dicts()
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
    known = examples(match_features, matches, market_probabilities, settings.train_since, day)
    rows = ablated(known, day, settings)
    table = MetadataValue.md(markdown(rows.sort("difference", descending=True)))
    context.add_output_metadata({"groups": table, "plot": MetadataValue.md(worth_plot(rows))})
    return rows


@dated_asset(
    SELECTED_MODEL,
    ins={name: AssetIn() for name in _NAMES} | LEARNED_FROM,
    kinds={"numpy"},
)
def selected_model(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    match_features: pl.LazyFrame,
    matches: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
    **candidates: pl.DataFrame,
) -> pl.DataFrame:
    """The forecaster chosen for a date: the selected estimator with its calibration, blend and goals."""
    _, day = dates_of(context.partition_key_range)
    rows = made_for(day, candidates).to_dicts()
    known = examples(match_features, matches, market_probabilities, settings.train_since, day)
    prices = pre_match_prices(market_probabilities), closing_prices(market_probabilities)
    model = selected(rows, known, *prices)
    row = model.row(0, named=True)
    shown = {name: _table(row[name]) for name in ("comparison", "calibration", "lines")}
    context.add_output_metadata({name: row[name] for name in ("family", "version", "log_loss", "reason")} | shown)
    return model


def _table(rows: str) -> MetadataValue:
    return MetadataValue.md(markdown(pl.DataFrame(json.loads(rows))))


@dated_asset(MODEL_CARD, ins=LEARNED_FROM, kinds={"mlflow"})
def model_card(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    lake: ResourceParam[Lake],
    registry: ResourceParam[Registry],
    selected_model: pl.DataFrame,
    match_features: pl.LazyFrame,
    matches: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
) -> pl.DataFrame:
    """What there is to know of a selected model; it is registered in MLflow and, where the gate lets it, champion."""
    _, day = dates_of(context.partition_key_range)
    model = made_for(day, {"selected_model": selected_model}).row(0, named=True)
    known = examples(match_features, matches, market_probabilities, settings.train_since, model["match_date"])
    failed, least = _failed_checks(context), settings.promotion_matches
    verdict = judge(model, lake.scan("selected_model"), ledger(lake), known, failed, least)
    made = card(model, known, verdict, settings.seed)
    version = registry.register(model, context.run_id)
    registry.log_card(version, made["text"].item())
    registry.decide(model, version, verdict)
    gate = MetadataValue.md(markdown(pl.DataFrame(json.loads(made["conditions"].item()))))
    context.add_output_metadata(
        {"card": MetadataValue.md(made["text"].item()), "gate": gate, "MLflow version": version}
    )
    return made


def _failed_checks(context: AssetExecutionContext) -> list[str]:
    """Blocking checks of what a model rests on that failed when they were last made."""
    keys = [AssetCheckKey(AssetKey(asset), name) for asset, name in RESTS_ON]
    newest = context.instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    failed = [key for key, record in newest.items() if record.status == AssetCheckExecutionRecordStatus.FAILED]
    return sorted(f"{key.asset_key.to_user_string()}: {key.name}" for key in failed)


@asset_check(asset=model_card)
def the_gate_let_the_newest_model_pass(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """The newest model may be champion; where it may not, the one before it goes on."""
    newest = ledger(lake).tail(1)
    passed = bool(newest["accepted"].all())
    return AssetCheckResult(
        passed=passed,
        severity=AssetCheckSeverity.WARN,
        metadata={"version": newest["version"].to_list()[0], "reason": newest["reason"].to_list()[0]},
    )


@asset_check(asset=selected_model, blocking=True)
def selected_model_learned_only_from_the_past(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """No model learned from its own date or later."""
    late = lake.scan("selected_model").filter(pl.col("trained_through") >= pl.col("match_date"))
    dates = late.select("match_date").collect()["match_date"].to_list()
    return AssetCheckResult(
        passed=not dates, metadata={"models that saw too much": MetadataValue.json([str(d) for d in dates])}
    )
