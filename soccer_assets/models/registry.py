"""The model registry: versions and aliases in MLflow, every move of an alias in a ledger of our own.

MLflow keeps no history of aliases, and it is too heavy for the API to import: the `promotions` table tells
both.
"""

import datetime as dt
import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl

from soccer_assets.delta import Lake
from soccer_assets.errors import ModelError
from soccer_assets.models.forecaster import Forecaster
from soccer_assets.models.schema import PROMOTIONS
from soccer_assets.settings import Settings

if TYPE_CHECKING:
    from mlflow.entities.model_registry import RegisteredModel
    from mlflow.tracking import MlflowClient

MODEL = "match-outcome"
CHAMPION = "champion"
ARTEFACT = "forecaster.json"
EXPERIMENT = "selected_model"


class Registry:
    """Versions of the forecaster; the champion is what serving answers with."""

    def __init__(self, settings: Settings, lake: Lake) -> None:
        self._settings = settings
        self._lake = lake

    @cached_property
    def _client(self) -> "MlflowClient":
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow.tracking import MlflowClient

        if self._settings.mlflow.startswith("sqlite:///"):
            (self._settings.var_path / "mlflow").mkdir(parents=True, exist_ok=True)
        return MlflowClient(tracking_uri=self._settings.mlflow, registry_uri=self._settings.mlflow)

    def register(self, model: Mapping[str, Any], dagster_run_id: str) -> str:
        """Add a row of `selected_model` as a version; the same forecaster is registered once.

        Returns:
            The version number in the registry.
        """
        if self._registered() is None:
            self._client.create_registered_model(MODEL, description="Home, draw and away probabilities of a match.")
        for version in self._client.search_model_versions(f"name = '{MODEL}'"):
            if version.tags.get("version") == model["version"]:
                return str(version.version)
        tags = {
            "version": model["version"],
            "family": model["family"],
            "match_date": str(model["match_date"]),
            "trained_through": str(model["trained_through"]),
            "dagster_run_id": dagster_run_id,
        }
        run = self._client.create_run(
            self._experiment(), tags=tags, run_name=f"{model['match_date']} {model['family']}"
        )
        run_id = run.info.run_id
        for name, value in json.loads(model["parameters"]).items():
            self._client.log_param(run_id, name, value)
        self._client.log_metric(run_id, "log_loss", model["log_loss"])
        self._client.log_metric(run_id, "examples", model["examples"])
        self._client.log_text(run_id, model["forecaster"], ARTEFACT)
        self._client.set_terminated(run_id)
        source = f"{run.info.artifact_uri}/{ARTEFACT}"
        created = self._client.create_model_version(MODEL, source, run_id, tags=tags, description=model["reason"])
        return str(created.version)

    def promote(self, registry_version: str, reason: str, alias: str = CHAMPION) -> None:
        """Point an alias at a version and write the move to the ledger."""
        before = self.version_of(alias)
        if before == registry_version:
            return
        self._client.set_registered_model_alias(MODEL, alias, registry_version)
        move = {
            "moved_at": dt.datetime.now(dt.UTC),
            "alias": alias,
            "version": self._tag(registry_version),
            "previous": None if before is None else self._tag(before),
            "registry_version": registry_version,
            "reason": reason,
        }
        self._lake.append(PROMOTIONS.name, PROMOTIONS.conform(pl.DataFrame([move], schema=PROMOTIONS.schema)))

    def champion_version(self) -> str | None:
        """Registry version the alias `champion` points at."""
        return self.version_of(CHAMPION)

    def champion_date(self) -> dt.date | None:
        """Match date the champion was made for."""
        version = self.champion_version()
        if version is None:
            return None
        return dt.date.fromisoformat(self._client.get_model_version(MODEL, version).tags["match_date"])

    def version_of(self, alias: str) -> str | None:
        """Registry version an alias points at; None when there is none."""
        model = self._registered()
        return None if model is None or alias not in model.aliases else str(model.aliases[alias])

    def load(self, registry_version: str) -> Forecaster:
        """The forecaster of a version."""
        version = self._client.get_model_version(MODEL, registry_version)
        with TemporaryDirectory() as folder:
            file = self._client.download_artifacts(str(version.run_id), ARTEFACT, folder)
            return Forecaster.decode(Path(file).read_text())

    def _registered(self) -> "RegisteredModel | None":
        """The model with its aliases; None before its first version.

        Raises:
            ModelError: the registry does not answer.
        """
        from mlflow.exceptions import MlflowException

        try:
            # a search, because a model or alias that is missing and a registry that is look alike when asked by name
            found = self._client.search_registered_models(f"name = '{MODEL}'")
        except MlflowException as error:
            raise ModelError(
                f"expected the registry at {self._settings.mlflow}, found {error.error_code}: {error.message}"
            ) from error
        return found[0] if found else None

    def _tag(self, registry_version: str) -> str:
        return str(self._client.get_model_version(MODEL, registry_version).tags["version"])

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        local = self._settings.mlflow.startswith("sqlite:///")
        folder = (self._settings.var_path / "mlflow" / "artefacts").as_uri() if local else None
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=folder))
