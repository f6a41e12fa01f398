"""A deployment with features and no model: it trains, promotes and forecasts, and nobody asks it to."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

from soccer_assets.models.champion.promotion_gate import ledger
from soccer_assets.storage.lake import Lake
from tests.faults.long.daemons import Daemon
from tests.serving.processes import until

SECONDS = 240
OF_MODELS = ("candidate_*", "selected_model", "model_card", "promotions", "predictions", "markets", "prediction_ledger")


@pytest.fixture
def daemon(season: Any, tmp_path: Path) -> Iterator[Daemon]:
    var = tmp_path / "var"
    copytree(season.var, var, ignore=ignore_patterns("dagster", "mlflow", "reports", *OF_MODELS))
    daemon = Daemon(var)
    yield daemon
    daemon.stop()


def test_a_deployment_without_a_model_trains_one_and_forecasts(season: Any, daemon: Daemon, tmp_path: Path) -> None:
    lake, today = Lake(str(tmp_path / "var" / "lake")), season.clock_day
    until(lambda: lake.exists("promotions"), SECONDS)
    (move,) = ledger(lake).to_dicts()
    assert (move["accepted"], move["effective_from"]) == (True, today - dt.timedelta(days=7))
    until(lambda: lake.exists("markets") and lake.exists("prediction_ledger"), SECONDS)
    predictions = lake.read("predictions")
    assert set(predictions["model_version"].drop_nulls()) == {move["version"]}
    assert predictions["match_date"].min() >= today and predictions["match_date"].max() <= season.last
