"""The models of the lake, which is all that serving needs: champion by `promotions`, forecasters of `selected_model`.

The registry in MLflow shows the same to people; while it is away, or lost, forecasts go on.
"""

import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.champion.promotion_gate import champion_moves, ledger, standing
from soccer_assets.models.schema import PROMOTIONS, SELECTED_MODEL
from soccer_assets.storage.lake import DATE, Lake

TABLES = (PROMOTIONS.name, SELECTED_MODEL.name)


class StoredModels:
    """The champion's version, read again when a table changed, and the forecaster of any version."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._commits: list[tuple[str, int] | None] | None = None
        self._champion: str | None = None

    def champion_version(self) -> str | None:
        """Version of the champion; None before the first one."""
        commits = [self._lake.newest_commit(name) for name in TABLES]
        if commits != self._commits:
            self._champion = self._newest() if None not in commits else None
            self._commits = commits
        return self._champion

    def load(self, version: str) -> Forecaster:
        """The forecaster of a version.

        Raises:
            ModelError: the lake does not hold it.
        """
        models = self._lake.scan(SELECTED_MODEL.name).filter(pl.col("version") == version)
        texts = models.sort(DATE).select("forecaster").collect()["forecaster"]
        if texts.is_empty():
            raise ModelError(f"expected the model {version} in selected_model, found none: train one of its date again")
        return Forecaster.decode(str(texts[-1]))

    def _newest(self) -> str | None:
        stored = self._lake.scan(SELECTED_MODEL.name).select("version").collect()["version"]
        held = champion_moves(standing(ledger(self._lake), stored.to_list()))
        return None if held.is_empty() else str(held["version"][-1])
