"""The one resource dictionary, built from the settings. Building it touches neither disk nor network."""

from typing import Any

from soccer_assets.models.champion.registry import Registry
from soccer_assets.orchestration.io_manager import DeltaIOManager
from soccer_assets.settings import Clock, Settings
from soccer_assets.sources.acquisition import acquisitions
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.sources.fetching.client import Client
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Payloads


def build(settings: Settings) -> dict[str, Any]:
    """Resources by the names the assets ask for."""
    lake, clock = Lake(settings.lake), Clock.from_settings(settings)
    payloads = Payloads(settings.payloads, lake, clock.now)
    client = Client(settings, payloads)
    return {
        "io_manager": DeltaIOManager(lake, clock),
        "settings": settings,
        "clock": clock,
        "lake": lake,
        "payloads": payloads,
        "registry": Registry(settings),
        "acquisitions": acquisitions(SOURCES, settings, client, payloads),
    }
