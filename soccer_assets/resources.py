"""The one resource dictionary, built from the settings. Building it touches neither disk nor network."""

from typing import Any

from soccer_assets.clock import Clock
from soccer_assets.leagues import LEAGUES
from soccer_assets.models.champion.registry import Registry
from soccer_assets.orchestration.io_manager import DeltaIOManager
from soccer_assets.settings import Settings, named
from soccer_assets.sources.acquisition import SOURCES, Published
from soccer_assets.sources.catalog import catalog
from soccer_assets.sources.fetching.client import Client
from soccer_assets.sources.football_data.acquisition import FootballData
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Payloads


def build(settings: Settings) -> dict[str, Any]:
    """Resources by the names the assets ask for."""
    lake, clock = Lake(settings.lake), Clock.of(settings)
    payloads = Payloads(settings.payloads, lake)
    client = Client(settings, payloads)
    leagues = [LEAGUES[code] for code in named("SOCCER_LEAGUES", settings.leagues, LEAGUES)]
    wanted = named("SOCCER_SOURCES", settings.sources, SOURCES)
    return {
        "io_manager": DeltaIOManager(lake, clock),
        "settings": settings,
        "clock": clock,
        "lake": lake,
        "payloads": payloads,
        "registry": Registry(settings),
        "football_data": FootballData(
            settings.football_data_url, leagues if "football_data" in wanted else [], client, payloads, lake
        ),
        **{
            name: Published(source, source.name in wanted, client, payloads, lake)
            for name, source in catalog(settings, leagues).items()
        },
    }
