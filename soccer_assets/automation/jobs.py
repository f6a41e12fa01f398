"""The jobs: which assets are made together.

A job started by hand takes its range of match dates from the partitions chosen.
"""

import datetime as dt
from types import ModuleType
from typing import Any

from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    OpExecutionContext,
    ResourceParam,
    SourceAsset,
    define_asset_job,
    job,
    load_assets_from_modules,
    op,
)

from soccer_assets.features import assets as features
from soccer_assets.matches import assets as matches
from soccer_assets.models import assets as models
from soccer_assets.models.champion.champion_watch import SinceTakeover, since_takeover
from soccer_assets.models.champion.registry import Registry
from soccer_assets.models.families import FAMILIES, stack
from soccer_assets.models.training.training import chosen_families
from soccer_assets.monitoring import assets as monitoring
from soccer_assets.monitoring.report_files import drop_pages
from soccer_assets.odds import assets as odds
from soccer_assets.orchestration.retention import prune_history
from soccer_assets.orchestration.sqlite_engines import close_left_logs
from soccer_assets.predictions import assets as predictions
from soccer_assets.settings import Clock, Settings, machine_time
from soccer_assets.sources import assets as sources
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.storage.damage import require_sound
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Payloads

MODELS = AssetSelection.groups("models")
ABLATION = AssetSelection.assets("ablation")
DRIFT = AssetSelection.assets("drift_report", "forecast_drift")
#: Sources that correct scores of matches played long ago, and tell of matches that were awarded.
CORRECTED = AssetSelection.assets(*(t.table.name for source in SOURCES for t in source.tables if t.corrected_late))
#: Downstream of the coming fixtures, but of the past; or, as links and health of the sources, of a job of its own.
NOT_HOURLY = AssetSelection.groups("monitoring") | AssetSelection.assets(
    "source_health", "odds_links", "team_ratings", "season_forecasts", "season_changes"
)


def training(families: str) -> AssetSelection:
    """What a training makes: the candidates of the families named (all when empty), and the model selected of them."""
    kept = chosen_families(families)
    left_out = [f"candidate_{name}" for name in (*FAMILIES, stack.NAME) if name not in kept]
    return MODELS - ABLATION - AssetSelection.assets(*left_out)


NIGHTLY = AssetSelection.all() - MODELS
HOURLY = AssetSelection.assets("football_data_fixtures").downstream().materializable() - MODELS - NOT_HOURLY

forecast_job = define_asset_job(
    "forecast_job", AssetSelection.all() - MODELS - AssetSelection.groups("monitoring"),
    description="Everything from the sources to forecasts, with the models there are.",
)  # fmt: skip
nightly_job = define_asset_job(
    "nightly_job", NIGHTLY,
    description="Everything from the sources to monitoring, with the models there are.",
)  # fmt: skip
odds_job = define_asset_job(
    "odds_job", HOURLY,
    description="New prices and moved matches of the coming days, and the forecasts they change.",
)  # fmt: skip
promotion_job = define_asset_job(
    "promotion_job", AssetSelection.assets("predictions").downstream().materializable() - NOT_HOURLY,
    description="The forecasts of the coming days and what rests on them, by a champion that was just promoted.",
)  # fmt: skip
line_job = define_asset_job(
    "line_job",
    AssetSelection.assets("fonbet_events").downstream().materializable() & AssetSelection.groups("sources", "odds"),
    description="A snapshot of Fonbet's line and the prices made of it, for the history of the odds.",
)
correction_job = define_asset_job(
    "correction_job", CORRECTED | (AssetSelection.groups("matches", "monitoring") - DRIFT),
    description="Results that were corrected late or awarded since, and the settlement they change.",
)  # fmt: skip
train_job = define_asset_job(
    "train_job", training(Settings.read().families),
    description="Candidates, the selected model and its promotion, for one match date.",
)  # fmt: skip
ablation_job = define_asset_job(
    "ablation_job", ABLATION,
    description="What each group of features is worth, as of one match date; by hand, for it takes minutes.",
)  # fmt: skip


def without_forecasts(selection: AssetSelection) -> list[AssetKey]:
    """What the stages before the models make of a selection."""
    before = _assets(sources, matches, odds, features)
    made = {key for asset in before if isinstance(asset, AssetsDefinition) for key in asset.keys}
    return sorted(made & selection.resolve([*before, *_assets(models, predictions, monitoring)]))


def _assets(*stages: ModuleType) -> list[AssetsDefinition | SourceAsset]:
    loaded: Any = load_assets_from_modules(stages, include_specs=True)
    return [asset if isinstance(asset, AssetsDefinition) else SourceAsset(asset.key) for asset in loaded]


@op(description="Makes the champion before this one champion again where this one turned out worse.")
def undo_promotion(
    context: OpExecutionContext,
    lake: ResourceParam[Lake],
    settings: ResourceParam[Settings],
    registry: ResourceParam[Registry],
    clock: ResourceParam[Clock],
) -> None:
    compared = since_takeover(lake, settings, clock.today())
    context.add_output_metadata({"compared": str(compared)})
    if isinstance(compared, SinceTakeover) and compared.is_worse:
        registry.rollback(
            lake, compared.previous, f"the champion was worse since it took over: {compared}", clock.today()
        )
        context.log.warning("%s is champion again: %s", compared.previous, compared)


@job(description="Compares the champion with the one before it on the matches since, and goes back where it is worse.")
def champion_job() -> None:
    undo_promotion()


@op(description="Compares every file of the lake with its checksum, joins small ones, drops what no version needs.")
def tidy_lake(context: OpExecutionContext, lake: ResourceParam[Lake]) -> None:
    require_sound(lake)  # first: what is joined from a damaged file would get a checksum of its own
    dropped = lake.tidy()
    for name, files in dropped.items():
        context.log.info("%s: %d files dropped", name, files)
    context.add_output_metadata({"files dropped": sum(dropped.values())})


@op(description="Drops the steps and logs of old runs; what they materialized stays.")
def tidy_history(context: OpExecutionContext, settings: ResourceParam[Settings]) -> None:
    oldest = machine_time() - dt.timedelta(days=settings.keep_days)
    pruned = prune_history(context.instance, oldest)
    logs = close_left_logs(settings)
    context.add_output_metadata({**pruned, "logs of killed processes": logs, "older than": str(oldest)})


@op(description="Drops old pages of drift and payloads of which only a part was written; whole payloads are kept.")
def tidy_files(
    context: OpExecutionContext,
    settings: ResourceParam[Settings],
    clock: ResourceParam[Clock],
    payloads: ResourceParam[Payloads],
) -> None:
    pages = drop_pages(settings.drift_pages, clock.today() - dt.timedelta(days=settings.keep_days))
    context.add_output_metadata({"pages of drift": pages, "parts of payloads": payloads.drop_parts()})


@job(description="Keeps tables, history and files small.")
def tidy_job() -> None:
    tidy_lake()
    tidy_history()
    tidy_files()


jobs: list[Any] = [
    forecast_job,
    nightly_job,
    odds_job,
    promotion_job,
    line_job,
    correction_job,
    train_job,
    ablation_job,
    champion_job,
    tidy_job,
]
