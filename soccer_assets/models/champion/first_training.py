"""When the first model is trained: as soon as features reach back far enough, and no model is champion.

It is dated so many days back as the nightly run looks back, so that every date of the next nightly run has a model.
"""

import datetime as dt

import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.matches.schema import FORECAST
from soccer_assets.models.champion.promotion_gate import champion_moves, champion_on, ledger, standing
from soccer_assets.models.schema import PROMOTIONS
from soccer_assets.models.training.folds import walk_forward_folds
from soccer_assets.settings import Settings
from soccer_assets.storage.data_versions import CORRECTED_DAYS
from soccer_assets.storage.lake import DATE, Lake


def first_training(lake: Lake, settings: Settings, today: dt.date) -> dt.date | str:
    """The date of the first model to train now, or in a sentence why none is."""
    moves = champion_moves(_standing(lake))
    if len(moves):
        return f"{moves['version'][-1]} is champion"
    if not lake.exists("match_features"):
        return "there are no features: the first nightly run makes them"
    day = today - dt.timedelta(days=CORRECTED_DAYS)
    features = lake.scan("match_features", settings.train_since, day - dt.timedelta(days=1))
    try:
        walk_forward_folds(features.select(DATE).collect()[DATE].to_list(), settings.folds, settings.fold_days)
    except ModelError as error:
        return f"features do not reach far enough for a model of {day}: {error}"
    return day


def is_served(lake: Lake, first: dt.date, last: dt.date) -> bool:
    """Whether a model serves one of the match dates `first` to `last`, and one of the matches on them, if any."""
    moves = _standing(lake)
    if champion_on(moves, [last]).item() is None:
        return False
    if not lake.exists("matches"):
        return True
    forecast = lake.scan("matches", first, last).filter(pl.col("status").is_in(FORECAST))
    newest = forecast.select(pl.col(DATE).max()).collect().item()
    return newest is None or champion_on(moves, [newest]).item() is not None


def _standing(lake: Lake) -> pl.DataFrame:
    """The moves of the champion to models that are there."""
    if not lake.exists("selected_model"):
        return PROMOTIONS.empty()
    return standing(ledger(lake), lake.scan("selected_model").select("version").collect()["version"].to_list())
