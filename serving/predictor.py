"""What a worker forecasts with: the champion, the states of the teams and the clubs, all of one moment.

The desk looks at the registry's alias and at the versions of matches and ratings; when one moved it puts together a
new standing beside the old one and swaps it in one assignment. A forecast uses one standing from beginning to
end.
"""

from dataclasses import dataclass
from typing import Protocol

from serving.clubs import Clubs
from serving.contracts import Fixture, OnDemandForecast
from serving.inference import Forecaster, forecast
from serving.snapshot import tables as lake_tables
from serving.snapshot.tables import Edition
from soccer_assets.errors import ForecastRefusedError
from soccer_assets.features.history import History
from soccer_assets.storage.lake import Lake

#: The tables that tell of the teams.
TABLES = ("matches", "team_ratings")


class Champions(Protocol):
    """Where the champion comes from: the model registry."""

    def champion_version(self) -> str | None:
        """Registry version the champion's alias points at; None while it points nowhere."""

    def load(self, registry_version: str) -> Forecaster:
        """The forecaster registered as that version."""


@dataclass(frozen=True)
class Teams:
    """The clubs and their states as of one edition of the matches and the ratings."""

    editions: tuple[Edition | None, ...]
    clubs: Clubs
    history: History


@dataclass(frozen=True)
class Champion:
    """A loaded model and the registry version it is of."""

    registry_version: str
    forecaster: Forecaster


class Desk:
    """Makes forecasts with the newest champion and the newest team states it knows."""

    def __init__(self, lake: Lake, champions: Champions, horizon_days: int) -> None:
        self._lake = lake
        self._champions = champions
        self._horizon_days = horizon_days
        self.teams: Teams | None = None
        self.champion: Champion | None = None

    def refresh(self) -> bool:
        """Look at the alias and the tables once; whether either moved."""
        champion, teams = self._newest_champion(), self._newest_teams()
        moved = champion is not self.champion or teams is not self.teams
        self.champion, self.teams = champion, teams
        return moved

    def forecast(self, fixture: Fixture) -> OnDemandForecast:
        """The champion's forecast.

        Raises:
            ForecastRefusedError: no champion or no matches yet, or a fixture that cannot be forecast.
        """
        champion, teams = self.champion, self.teams
        if teams is None:
            raise ForecastRefusedError(
                "model-missing", "the lake holds no matches yet: materialize `matches` and `team_ratings` first"
            )
        pairing = teams.clubs.pair(fixture)
        if champion is None:
            raise ForecastRefusedError(
                "model-missing", "no model is promoted to champion yet: train and promote one first"
            )
        return forecast(pairing, teams.history, champion.forecaster)

    def _newest_champion(self) -> Champion | None:
        version = self._champions.champion_version()
        if version is None:
            return None
        if self.champion is not None and self.champion.registry_version == version:
            return self.champion
        return Champion(version, self._champions.load(version))

    def _newest_teams(self) -> Teams | None:
        editions = tuple(lake_tables.edition(self._lake, name) for name in TABLES)
        if None in editions:
            return None
        if self.teams is not None and self.teams.editions == editions:
            return self.teams
        matches, ratings = (self._lake.read(name) for name in TABLES)
        return Teams(editions, Clubs(matches, self._horizon_days), History.build(matches, ratings))
