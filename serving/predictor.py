"""Forecasts on demand: the champion and the states of the teams in memory, and a fixture forecast with them.

The predictor looks at the registry's alias and at the versions of matches and ratings. When one changed it loads it and
swaps it in by one assignment, so a forecast uses one champion and one state of the teams from beginning to end.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from serving.clubs import Clubs, ResolvedFixture
from serving.contracts import Fixture, OnDemandForecast, Probabilities
from serving.snapshot.tables import TableVersion, table_version
from soccer_assets.errors import ForecastRefusedError, ModelError
from soccer_assets.features.history import History
from soccer_assets.leagues import LEAGUES, season_label
from soccer_assets.storage.lake import Lake

#: The tables that hold the states of the teams.
TABLES = ("matches", "team_ratings")
SUM_TOLERANCE = 1e-6


class Forecaster(Protocol):
    """What is needed of a model: `soccer_assets.models.champion.forecaster.Forecaster` has it."""

    @property
    def version(self) -> str:
        """Digest of the model."""

    @property
    def family(self) -> str:
        """Model family."""

    @property
    def trained_through(self) -> dt.date:
        """Last match date it learned from."""

    def predict(self, features: pl.DataFrame) -> Any:
        """Rows of three probabilities: home, draw, away."""


class Registry(Protocol):
    """What is needed of the model registry: `soccer_assets.models.champion.registry.Registry` has it."""

    def champion_version(self) -> str | None:
        """Registry version the champion's alias points at; None while there is none."""

    def load(self, registry_version: str) -> Forecaster:
        """The forecaster registered as that version."""


@dataclass(frozen=True)
class TeamStates:
    """The clubs and their states as of one version of the matches and of the ratings."""

    versions: tuple[TableVersion | None, ...]
    clubs: Clubs
    history: History


@dataclass(frozen=True)
class Champion:
    """A loaded model and its version in the registry."""

    registry_version: str
    forecaster: Forecaster


class Predictor:
    """Forecasts with the newest champion and the newest team states."""

    def __init__(self, lake: Lake, registry: Registry, horizon_days: int) -> None:
        self._lake = lake
        self._registry = registry
        self._horizon_days = horizon_days
        self.teams: TeamStates | None = None
        self.champion: Champion | None = None

    def refresh(self) -> bool:
        """Look at the alias and the tables once; whether either changed."""
        champion, teams = self._newest_champion(), self._newest_teams()
        changed = champion is not self.champion or teams is not self.teams
        self.champion, self.teams = champion, teams
        return changed

    def forecast(self, fixture: Fixture) -> OnDemandForecast:
        """The champion's forecast.

        Raises:
            ForecastRefusedError: no champion or no matches yet, or a fixture that cannot be forecast.
            ModelError: the model gave no distribution over home, draw and away.
        """
        champion, teams = self.champion, self.teams
        if teams is None:
            raise ForecastRefusedError(
                "model-missing", "the lake holds no matches yet: materialize `matches` and `team_ratings` first"
            )
        resolved = teams.clubs.resolve(fixture, self._horizon_days)
        if champion is None:
            raise ForecastRefusedError(
                "model-missing", "no model is promoted to champion yet: train and promote one first"
            )
        return _forecast(resolved, teams.history, champion.forecaster)

    def _newest_champion(self) -> Champion | None:
        version = self._registry.champion_version()
        if version is None:
            return None
        if self.champion is not None and self.champion.registry_version == version:
            return self.champion
        return Champion(version, self._registry.load(version))

    def _newest_teams(self) -> TeamStates | None:
        versions = tuple(table_version(self._lake, name) for name in TABLES)
        if None in versions:
            return None
        if self.teams is not None and self.teams.versions == versions:
            return self.teams
        matches, ratings = (self._lake.read(name) for name in TABLES)
        return TeamStates(versions, Clubs(matches), History.build(matches, ratings))


def _forecast(fixture: ResolvedFixture, history: History, forecaster: Forecaster) -> OnDemandForecast:
    """The model's forecast of a fixture as known after `history.as_of`."""
    (chances,) = forecaster.predict(history.features(_match_row(fixture)))
    home, draw, away = (float(chance) for chance in chances)
    # written so that a probability that is not a number fails as well
    if not (min(home, draw, away) >= 0 and abs(home + draw + away - 1) <= SUM_TOLERANCE):
        raise ModelError(
            f"model {forecaster.version} ({forecaster.family}): expected probabilities of home, draw, away, "
            f"found {(home, draw, away)} for {fixture}"
        )
    return OnDemandForecast(
        league=fixture.league,
        home=fixture.home.name,
        away=fixture.away.name,
        date=fixture.date,
        model=Probabilities(home, draw, away),
        model_version=forecaster.version,
        trained_through=forecaster.trained_through,
        as_of=history.as_of,
    )


def _match_row(fixture: ResolvedFixture) -> pl.DataFrame:
    league = LEAGUES[fixture.league]
    season = season_label(league, league.season_start(fixture.date))
    return pl.DataFrame(
        {
            "match_id": [f"{league.code}.{season}.{fixture.home.id}.{fixture.away.id}"],
            "match_date": [fixture.date],
            "league": [league.code],
            "season": [season],
            "home_id": [fixture.home.id],
            "away_id": [fixture.away.id],
        }
    )
