"""The one resource dictionary, built from the settings. Building it touches neither disk nor network."""

from typing import Any

from soccer_assets.delta import Lake
from soccer_assets.lake import DeltaIOManager
from soccer_assets.leagues import chosen
from soccer_assets.models.registry import Registry
from soccer_assets.payloads import Payloads
from soccer_assets.settings import Settings
from soccer_assets.sources.acquisition import FootballData
from soccer_assets.sources.client import Client


def build(settings: Settings) -> dict[str, Any]:
    """Resources by the names the assets ask for."""
    lake = Lake(settings.lake)
    payloads = Payloads(settings.payloads, lake)
    return {
        "io_manager": DeltaIOManager(lake),
        "settings": settings,
        "lake": lake,
        "registry": Registry(settings, lake),
        "football_data": FootballData(
            settings.football_data_url, chosen(settings.leagues), Client(settings, payloads), payloads, lake
        ),
    }
