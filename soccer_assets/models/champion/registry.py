"""The model registry: versions and aliases in MLflow, every move of an alias in a ledger of our own.

MLflow keeps no history of aliases, and it is too heavy for the API to import: the `promotions` table tells
both.
"""

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from soccer_assets.errors import ModelError, first_line
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.champion.mlflow_files import FOLDER, FORECASTER, model_files
from soccer_assets.models.champion.mlflow_run import log_card, log_model, revision
from soccer_assets.models.champion.promotion_gate import (
    Condition,
    Verdict,
    champion_moves,
    champion_on,
    in_order,
    ledger,
    standing,
)
from soccer_assets.models.schema import CHAMPION, PROMOTIONS
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.migrations import accept_percent_signs

if TYPE_CHECKING:
    from mlflow.entities.model_registry import RegisteredModel
    from mlflow.tracking import MlflowClient

MODEL = "match-outcome"
#: Where versions lie that were registered before MLflow could load them itself.
EARLIER = "forecaster.json"
EXPERIMENT = "selected_model"


class Registry:
    """Versions of the forecaster; the champion is what serving answers with."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = Clock.from_settings(settings)

    @cached_property
    def _client(self) -> "MlflowClient":
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # a model is a small file
        os.environ.setdefault(
            "MLFLOW_UV_AUTO_DETECT", "false"
        )  # the lock of whatever folder this runs in is no model's
        from mlflow.tracking import MlflowClient

        accept_percent_signs()
        if self._settings.mlflow.startswith("sqlite:///"):
            (self._settings.var_path / "mlflow").mkdir(parents=True, exist_ok=True)
        return MlflowClient(tracking_uri=self._settings.mlflow, registry_uri=self._settings.mlflow)

    def register(self, model: Mapping[str, Any], dagster_run_id: str) -> str:
        """Add a row of `selected_model` as a version; the same forecaster is registered once.

        Returns:
            The version number in the registry.

        Raises:
            ModelError: the registry does not answer; nothing was registered or promoted.
        """
        with self._answers("nothing was registered or promoted"):
            return self._register(model, dagster_run_id)

    def log_card(
        self,
        registry_version: str,
        card: Mapping[str, Any],
        lines: Sequence[Mapping[str, Any]],
        history: pl.DataFrame,
    ) -> None:
        """Keep what is known of a judged version in its run: see `mlflow_run.log_card`.

        Raises:
            ModelError: the registry does not answer.
        """
        with self._answers("the card was not logged; the champion is as the ledger says"):
            run_id = str(self._client.get_model_version(MODEL, registry_version).run_id)
            log_card(self._client, run_id, card, lines, history)

    def _register(self, model: Mapping[str, Any], dagster_run_id: str) -> str:
        if self._registered() is None:
            self._client.create_registered_model(MODEL, description="Home, draw and away probabilities of a match.")
        if number := self._numbers().get(model["version"]):
            return number
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
        log_model(self._client, run_id, model, revision(self._settings.revision))
        with model_files(model["forecaster"]) as folder:
            self._client.log_artifacts(run_id, str(folder), FOLDER)
        self._client.set_terminated(run_id)
        source = f"{run.info.artifact_uri}/{FOLDER}"
        created = self._client.create_model_version(MODEL, source, run_id, tags=tags, description=model["reason"])
        return str(created.version)

    def _numbers(self) -> dict[str, str]:
        """The version number in MLflow of each forecaster, by its version."""
        versions = self._client.search_model_versions(f"name = '{MODEL}'")
        return {str(version.tags.get("version")): str(version.version) for version in versions}

    def decide(
        self, promotions: pl.LazyFrame, model: Mapping[str, Any], registry_version: str, verdict: Verdict
    ) -> pl.DataFrame:
        """The gate's verdict on a model as a row of `promotions`; the champion is moved where it is accepted.

        A verdict that stands in `promotions` already gives no row, so a run may be repeated. The alias follows the
        newest date alone: a model made for the past is champion of that past only.

        Args:
            promotions: all rows of `promotions`.
            model: a row of `selected_model`.
            registry_version: its version in MLflow.
            verdict: what the gate said of it.
        """
        moves, day, version = in_order(promotions), model[DATE], model["version"]
        newest = moves.filter(version=version, effective_from=day, alias=CHAMPION).tail(1)
        if newest["accepted"].to_list() == [verdict.accepted]:
            self._follow(champion_moves(moves), version, registry_version)  # in a registry that was made anew
            return PROMOTIONS.empty()
        accepted, conditions, reason = verdict.accepted, verdict.conditions, verdict.reason
        return self._move(moves, version, day, registry_version, day, accepted, conditions, reason)

    def rollback(self, lake: Lake, version: str | None, reason: str, today: dt.date) -> str:
        """Make a version champion by hand, from today on; the champion before this one unless one is named.

        Whoever was to take over later does not: a model of a day to come, or of a clock that was ahead.

        Raises:
            ModelError: there is no such version in the ledger, it is champion already, or it was made anew since.
        """
        models = lake.scan("selected_model").sort(DATE)
        moves = standing(ledger(lake), models.select("version").collect()["version"].to_list())
        held = champion_moves(moves)
        begun, to_come = held.filter(pl.col("effective_from") <= today), held.filter(pl.col("effective_from") > today)
        now = None if begun.is_empty() else begun["version"][-1]
        if version is None:
            first = begun["version"].index_of(now) or 0
            if first == 0:
                raise ModelError(f"expected a champion before {now}, found none: name the version to go back to")
            version = str(begun["version"][first - 1])
        target = moves.filter(version=version).tail(1)
        if target.is_empty():
            versions = moves["version"].unique().sort().to_list()
            raise ModelError(
                f"expected a judged version that stands in selected_model, one of {versions}, found {version}"
            )
        others = to_come.filter(pl.col("version") != version)
        dates = [*([] if version == now else [today]), *others["effective_from"]]
        if not dates:
            raise ModelError(f"expected another version than the champion's, found {version}")
        model = models.filter(pl.col("version") == version).last().collect().row(0, named=True)
        registry_version = self.register(model, "")  # the number it has now: the registry may have been made anew
        model_date: dt.date = target["model_date"].item()

        def moved(stored: pl.LazyFrame) -> pl.DataFrame:
            before = after = in_order(stored)
            for since in dates:
                move = self._move(after, version, model_date, registry_version, since, True, (), reason)
                after = pl.concat([after, move])
            return after.tail(len(after) - len(before))

        lake.add(PROMOTIONS, moved)
        return version

    def _move(
        self,
        moves: pl.DataFrame,
        version: str,
        model_date: dt.date,
        registry_version: str,
        since: dt.date,
        accepted: bool,
        conditions: Sequence[Condition],
        reason: str,
    ) -> pl.DataFrame:
        """The row of a move, made in MLflow first: when the registry fails, nothing says that it was moved."""
        row = {
            "moved_at": self._clock.now(),
            "effective_from": since,
            "alias": CHAMPION,
            "version": version,
            "model_date": model_date,
            "previous": champion_on(moves, [since]).item(),
            "registry_version": registry_version,
            "accepted": accepted,
            "conditions": msgspec.to_builtins(conditions),
            "reason": reason,
        }
        move = PROMOTIONS.conform(pl.DataFrame([row], schema=PROMOTIONS.schema))
        if accepted:
            self._follow(champion_moves(pl.concat([moves, move])), version, registry_version)
        return move

    def _follow(self, held: pl.DataFrame, version: str, registry_version: str) -> None:
        """Point the alias at a version where the moves that hold say that it is the champion."""
        if len(held) and held["version"][-1] == version:
            self.point(registry_version)

    def numbers(self) -> dict[str, str]:
        """The version number in MLflow of each forecaster, by its version; none before the first.

        Raises:
            ModelError: the registry does not answer.
        """
        with self._answers("nothing was changed"):
            return self._numbers() if self._registered() else {}

    def point(self, registry_version: str) -> None:
        """Point the champion's alias at a version.

        Raises:
            ModelError: the registry does not answer.
        """
        with self._answers("the champion was not moved"):
            self._client.set_registered_model_alias(MODEL, CHAMPION, registry_version)

    def remove(self, registry_version: str) -> None:
        """Remove a version, so that its forecaster can be registered anew.

        Raises:
            ModelError: the registry does not answer.
        """
        with self._answers("nothing was removed"):
            self._client.delete_model_version(MODEL, registry_version)

    def artefact(self, registry_version: str) -> str | None:
        """Version of the forecaster that is stored as a version; None where it cannot be read."""
        try:
            return self.load(registry_version).version
        except Exception:  # MLflow raises whatever its store does
            return None

    def champion_version(self) -> str | None:
        """Registry version the alias `champion` points at."""
        return self.version_of(CHAMPION)

    def version_of(self, alias: str) -> str | None:
        """Registry version an alias points at; None when there is none."""
        model = self._registered()
        return None if model is None or alias not in model.aliases else str(model.aliases[alias])

    def load(self, registry_version: str) -> Forecaster:
        """The forecaster of a version."""
        version = self._client.get_model_version(MODEL, registry_version)
        with TemporaryDirectory() as folder:
            path = EARLIER if str(version.source).endswith(EARLIER) else FORECASTER
            file = self._client.download_artifacts(str(version.run_id), path, folder)
            return Forecaster.decode(Path(file).read_text())

    def _registered(self) -> "RegisteredModel | None":
        """The model with its aliases; None before its first version."""
        # a search, because a model or alias that is missing and a registry that is look alike when asked by name
        with self._answers("nothing was read"):
            registered = self._client.search_registered_models(f"name = '{MODEL}'")
        return registered[0] if registered else None

    @contextmanager
    def _answers(self, state: str) -> Iterator[None]:
        """An error of MLflow, with what was and was not done.

        Raises:
            ModelError: the registry does not answer, or refuses.
        """
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError  # of a database that is damaged

        try:
            yield
        except (MlflowException, OSError, SQLAlchemyError) as error:
            code = getattr(error, "error_code", type(error).__name__)
            raise ModelError(
                f"expected the registry at {self._settings.mlflow}, found {code}: {first_line(error)}; "
                f"{state}. Run the same command again when the registry answers: what was done is not done twice. "
                "`uv run soccer doctor` says whether it is damaged."
            ) from error

    def _experiment(self) -> str:
        registered = self._client.get_experiment_by_name(EXPERIMENT)
        if registered is not None:
            return str(registered.experiment_id)
        local = self._settings.mlflow.startswith("sqlite:///")
        folder = (self._settings.var_path / "mlflow" / "artefacts").as_uri() if local else None
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=folder))
