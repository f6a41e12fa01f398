"""The stages in the order the data flow."""

from dagster import Definitions, in_process_executor, load_asset_checks_from_modules, load_assets_from_modules

from soccer_assets import automation, resources
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

defs = Definitions(
    assets=[asset for name, stage in STAGES.items() for asset in load_assets_from_modules([stage], group_name=name)],
    asset_checks=load_asset_checks_from_modules(STAGES.values()),
    jobs=automation.jobs,
    schedules=automation.schedules,
    sensors=automation.sensors,
    resources=resources.build(Settings.read()),
    executor=in_process_executor,  # each step process would import everything again: 13 s a step
)
