"""The stages in the order the data flow, and what all assets of a stage have in common."""

import datetime as dt
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from dagster import (
    AssetsDefinition,
    AssetSpec,
    Definitions,
    FreshnessPolicy,
    MetadataValue,
    in_process_executor,
    json_console_logger,
    load_asset_checks_from_modules,
    load_assets_from_modules,
    map_asset_specs,
)

from soccer_assets import resources
from soccer_assets.automation import jobs, schedules, sensors
from soccer_assets.features import assets as features
from soccer_assets.matches import assets as matches
from soccer_assets.models import assets as models
from soccer_assets.monitoring import assets as monitoring
from soccer_assets.odds import assets as odds
from soccer_assets.predictions import assets as predictions
from soccer_assets.settings import Settings
from soccer_assets.sources import assets as sources

STAGES = {
    "sources": sources,
    "matches": matches,
    "odds": odds,
    "features": features,
    "models": models,
    "predictions": predictions,
    "monitoring": monitoring,
}
LAYERS = {
    "sources": "bronze",
    "matches": "silver",
    "odds": "silver",
    "features": "gold",
    "models": "model",
    "predictions": "gold",
    "monitoring": "report",
}
SETTINGS = Settings.read()
OWNER = "team:forecasting"
#: A nightly run that did not come shows in the morning. Models are made when features drift, within a season.
NIGHTLY = FreshnessPolicy.time_window(fail_window=dt.timedelta(hours=36))
FRESHNESS = {"models": FreshnessPolicy.time_window(fail_window=dt.timedelta(days=400))}
#: The page that shows what an asset holds.
PAGES = {
    "matches": "/", "predictions": "/", "markets": "/", "best_prices": "/",
    "value_bets": "/value", "settled_bets": "/value", "teams": "/teams", "team_ratings": "/teams",
    "season_forecasts": "/leagues", "season_changes": "/leagues",
    "quality_report": "/quality", "backtest_report": "/quality", "settled_predictions": "/quality",
    "selected_model": "/models", "promotions": "/models", "model_card": "/models", "drift_report": "/models",
    "prediction_ledger": "/ledger", "source_health": "/operations", "odds_links": "/operations",
    "link_decisions": "/operations",
}  # fmt: skip
#: Stages that work by the linking of clubs and matches.
LINKED = ("matches", "odds")
COMMENTS = re.compile(r'^\s*(?:#.*|"""(?:.|\n)*?"""\s*)$', re.MULTILINE)


def without_comments(source: str) -> str:
    """The lines of a module without comments, docstrings and blank lines."""
    return "\n".join(filter(str.strip, COMMENTS.sub("", source).splitlines()))


@cache
def code_version(stage: str) -> str:
    """12 hex digits of the SHA-256 of the code that a stage runs: its folder, the ground, and linking where it is used.

    Comments, docstrings and blank lines change nothing. Earlier stages are left out: their own assets show them.
    """
    root = Path(__file__).parent
    files = [file for file in root.glob("*.py") if file.stem not in ("definitions", "resources")]
    for folder in (stage, "linking") if stage in LINKED else (stage,):
        files += (root / folder).rglob("*.py")
    code = hashlib.sha256()
    for file in sorted(files):
        code.update(f"{file.relative_to(root).as_posix()}\n{without_comments(file.read_text())}\n".encode())
    return code.hexdigest()[:12]


def _described(stage: str, asset: Any) -> Any:
    """The asset with owner and layer; with code version and freshness policy too where the graph makes it."""
    made = isinstance(asset, AssetsDefinition)

    def described(spec: AssetSpec) -> AssetSpec:
        page = PAGES.get(spec.key.path[-1])
        metadata = {**spec.metadata, "page": MetadataValue.url(SETTINGS.pages_url + page)} if page else spec.metadata
        tags = {**spec.tags, "soccer/layer": LAYERS[stage]}
        spec = spec.replace_attributes(owners=[OWNER], tags=tags, metadata=metadata)
        if not made:
            return spec
        freshness = spec.freshness_policy or FRESHNESS.get(stage, NIGHTLY)
        return spec.replace_attributes(code_version=code_version(stage), freshness_policy=freshness)

    (mapped,) = map_asset_specs(described, [asset])
    return mapped


defs = Definitions(
    assets=[
        _described(name, asset)
        for name, stage in STAGES.items()
        for asset in load_assets_from_modules([stage], group_name=name, include_specs=True)
    ],
    asset_checks=load_asset_checks_from_modules(STAGES.values()),
    jobs=jobs.jobs,
    schedules=schedules.schedules,
    sensors=sensors.sensors,
    resources=resources.build(SETTINGS),
    loggers={"console": json_console_logger} if SETTINGS.log_format == "json" else None,
    executor=in_process_executor,  # each step process would import everything again: 13 s a step
)
