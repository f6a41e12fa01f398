"""Assets of the models stage: a candidate per family, made by a factory, and the model selected among them."""

import json

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetIn,
    AssetsDefinition,
    MetadataValue,
    ResourceParam,
    asset_check,
)

from soccer_assets.delta import Lake
from soccer_assets.lake import dated_asset, markdown
from soccer_assets.models.families import Family
from soccer_assets.models.registry import Registry
from soccer_assets.models.schema import CANDIDATES, SELECTED_MODEL
from soccer_assets.models.training import candidate, chosen_families, examples, selected
from soccer_assets.odds.market import consensus
from soccer_assets.partitions import dates_of, look_back
from soccer_assets.settings import Settings

BEFORE = AssetIn(partition_mapping=look_back(until=-1))


def _candidate_asset(family: Family) -> AssetsDefinition:
    @dated_asset(
        CANDIDATES,
        name=f"candidate_{family.name}",
        ins={"match_features": BEFORE, "matches": BEFORE},
        description=f"The {family.name.replace('_', ' ')} model of a date: tuned on walk-forward folds, then fitted.",
        kinds={"optuna"},
    )
    def build(
        context: AssetExecutionContext,
        settings: ResourceParam[Settings],
        match_features: pl.LazyFrame,
        matches: pl.LazyFrame,
    ) -> pl.DataFrame:
        _, day = dates_of(context.partition_key_range)
        known = examples(match_features, matches, settings.train_since, day)
        row = candidate(family, known, day, settings)
        context.add_output_metadata(
            {
                "examples": len(known),
                "log loss on the tuning folds": row["tuning_log_loss"].item(),
                "parameters": MetadataValue.json(json.loads(row["parameters"].item())),
                "trials": MetadataValue.md(markdown(pl.DataFrame(json.loads(row["trials"].item())).drop("params"))),
            }
        )
        return row

    return build


FAMILIES_CHOSEN = chosen_families(Settings.read().families)
candidates = [_candidate_asset(family) for family in FAMILIES_CHOSEN]
_NAMES = [f"candidate_{family.name}" for family in FAMILIES_CHOSEN]


@dated_asset(
    SELECTED_MODEL,
    ins={name: AssetIn() for name in _NAMES}
    | {n: BEFORE for n in ("match_features", "matches", "market_probabilities")},
    kinds={"mlflow"},
)
def selected_model(
    context: AssetExecutionContext,
    settings: ResourceParam[Settings],
    registry: ResourceParam[Registry],
    match_features: pl.LazyFrame,
    matches: pl.LazyFrame,
    market_probabilities: pl.LazyFrame,
    **candidates: pl.DataFrame,
) -> pl.DataFrame:
    """The forecaster chosen for a date: the selected estimator with its calibration and blend, in MLflow's registry."""
    _, day = dates_of(context.partition_key_range)
    known = examples(match_features, matches, settings.train_since, day)
    rows = pl.concat(candidates.values()).to_dicts()
    model = selected(rows, known, consensus(market_probabilities, "pre_match"), day)
    row = model.row(0, named=True)
    version = registry.register(row, context.run_id)
    champion_date = registry.champion_date()
    if champion_date is None or champion_date <= day:
        registry.promote(version, reason=f"newest model, made for {day}: {row['reason']}")
    context.add_output_metadata(
        {
            "family": row["family"],
            "version": row["version"],
            "MLflow version": version,
            "log loss on the selection fold": row["log_loss"],
            "comparison": MetadataValue.md(markdown(pl.DataFrame(json.loads(row["comparison"])))),
            "reason": row["reason"],
        }
    )
    return model


@asset_check(asset=selected_model, blocking=True)
def selected_model_learned_only_from_the_past(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """No model learned from its own date or later."""
    late = lake.scan("selected_model").filter(pl.col("trained_through") >= pl.col("match_date"))
    dates = late.select("match_date").collect()["match_date"].to_list()
    return AssetCheckResult(
        passed=not dates, metadata={"models that saw too much": MetadataValue.json([str(d) for d in dates])}
    )
