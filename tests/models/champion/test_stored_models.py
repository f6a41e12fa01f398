"""The models of the lake, as the worker asks for them."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.champion.stored_models import StoredModels
from soccer_assets.models.schema import PROMOTIONS
from soccer_assets.storage.lake import Lake
from tests.models.champion.test_registry import selected, store


def promote(lake: Lake, model: dict[str, Any], moved_at: dt.datetime, *, accepted: bool = True) -> None:
    """Write a move of the alias."""
    move = {
        "moved_at": moved_at, "effective_from": model["match_date"], "alias": "champion", "version": model["version"],
        "model_date": model["match_date"], "previous": None, "registry_version": "7", "accepted": accepted,
        "conditions": [], "reason": "better",
    }  # fmt: skip
    lake.append(PROMOTIONS.name, pl.DataFrame([move], schema=PROMOTIONS.schema))


def test_the_champion_is_that_of_the_last_accepted_move_to_a_model_that_is_stored(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    models = StoredModels(lake)
    assert models.champion_version() is None
    first, second, third = selected(1), selected(8, p_home=0.5), selected(15, p_home=0.55)
    store(lake, first, second)
    assert models.champion_version() is None
    at = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
    promote(lake, first, at)
    assert models.champion_version() == first["version"]
    promote(lake, second, at + dt.timedelta(days=7), accepted=False)
    assert models.champion_version() == first["version"]
    promote(lake, second, at + dt.timedelta(days=8))
    promote(lake, third, at + dt.timedelta(days=15))
    assert models.champion_version() == second["version"]  # the third is not stored
    store(lake, first, second, third)
    assert models.champion_version() == third["version"]


def test_a_forecaster_comes_back_as_it_was_and_one_that_is_not_stored_is_named(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    model = selected(1)
    store(lake, model)
    assert StoredModels(lake).load(model["version"]).encode() == model["forecaster"]
    with pytest.raises(ModelError, match="expected the model 0123456789ab in selected_model, found none"):
        StoredModels(lake).load("0123456789ab")
