"""The models a worker forecasts with: the champion, the challenger, and versions that clients name.

The champion is the version that `promotions` moved the alias to last. The challenger is the newest model that was
judged, where that is another one.
"""

import datetime as dt
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import polars as pl

from serving.clubs import ResolvedFixture
from serving.jobs.contracts import CHALLENGER, CHAMPION
from serving.snapshot.tables import TableVersion, table_version
from soccer_assets.errors import ForecastRefusedError
from soccer_assets.storage.lake import Lake

PROMOTIONS = "promotions"
#: Models besides the champion that stay loaded.
LOADED_MODELS = 4
Variant = Literal["champion", "challenger", "named"]


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

    @property
    def goals(self) -> Any:
        """The goals model; `rho` is its correction of low scores."""

    def goal_rates(self, features: pl.DataFrame) -> Any:
        """Rows of two numbers: goals expected of the home and of the away club."""

    def over(self, features: pl.DataFrame) -> Any:
        """Probabilities of more than 2.5 goals; NaN where the goals expected tell it."""

    def blend(self, model_p: Any, prices: pl.DataFrame, features: pl.DataFrame) -> Any:
        """Rows of three probabilities of the model and the prices in one."""


class Models(Protocol):
    """What is needed of the stored models: `soccer_assets.models.champion.stored_models.StoredModels` has it."""

    def champion_version(self) -> str | None:
        """Version of the champion; None while there is none."""

    def load(self, version: str) -> Forecaster:
        """The forecaster of a version."""


@dataclass(frozen=True)
class Champion:
    """A loaded model and the version that it was loaded as."""

    version: str
    forecaster: Forecaster


@dataclass(frozen=True)
class Versions:
    """The models that were ever judged, and the newest one."""

    table: TableVersion | None
    judged: frozenset[str]
    newest: str | None


class ModelVersions:
    """The models there are, the champion among them in memory."""

    def __init__(self, lake: Lake, models: Models, challenger_share: float) -> None:
        self._lake = lake
        self._models = models
        self._challenger_share = challenger_share
        self._loaded: OrderedDict[str, Forecaster] = OrderedDict()
        self._versions = Versions(None, frozenset(), None)
        self.champion: Champion | None = None

    @property
    def challenger(self) -> str | None:
        """Version of the newest model, where it is not the champion."""
        newest = self._versions.newest
        return None if self.champion is None or newest == self.champion.forecaster.version else newest

    def refresh(self) -> bool:
        """Look at the promotions once; whether the champion changed."""
        champion, self._versions = self._newest_champion(), self._newest_versions()
        changed = champion is not self.champion
        self.champion = champion
        return changed

    def choose(self, name: str, fixture: ResolvedFixture, champion: str) -> tuple[Variant, str]:
        """Whether a forecast is the champion's, the challenger's or a named model's, and that model's version.

        Of the forecasts that no model is named for, the challenger's share is drawn by the fixture.

        Raises:
            ForecastRefusedError: a model that nobody judged, or no challenger.
        """
        challenger = self.challenger
        if name == CHAMPION:
            drawn = challenger is not None and _draw(fixture) < self._challenger_share
            return ("challenger", challenger) if drawn and challenger else ("champion", champion)
        if name == CHALLENGER:
            if challenger is None:
                detail = f"expected a model newer than the champion {champion}, found none: leave `model` out"
                raise ForecastRefusedError("unjudged-model", detail, [CHAMPION, champion])
            return "challenger", challenger
        if name != champion and name not in self._versions.judged:
            names = [CHAMPION, *sorted(self._versions.judged)]
            raise ForecastRefusedError("unjudged-model", f"expected the version of a judged model, found {name}", names)
        return "named", name

    def forecaster(self, version: str, champion: Champion) -> Forecaster:
        """The model of a version; one that is not the champion is loaded from the lake."""
        if version == champion.forecaster.version:
            return champion.forecaster
        if version not in self._loaded:
            self._loaded[version] = self._models.load(version)
        self._loaded.move_to_end(version)
        while len(self._loaded) > LOADED_MODELS:
            self._loaded.popitem(last=False)
        return self._loaded[version]

    def _newest_champion(self) -> Champion | None:
        version = self._models.champion_version()
        if version is None:
            return None
        if self.champion is not None and self.champion.version == version:
            return self.champion
        return Champion(version, self._models.load(version))

    def _newest_versions(self) -> Versions:
        table = table_version(self._lake, PROMOTIONS, self._versions.table)
        if table is None or table == self._versions.table:
            return self._versions
        moves = self._lake.scan(PROMOTIONS).select("version", "model_date", "moved_at").collect()
        judged = moves.sort("model_date", "moved_at")["version"].to_list()
        return Versions(table, frozenset(judged), judged[-1] if judged else None)


def _draw(fixture: ResolvedFixture) -> float:
    """A number from 0 to 1 that is the same for the same fixture, whoever asks and when."""
    text = f"{fixture.league} {fixture.home.id} {fixture.away.id} {fixture.date}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
