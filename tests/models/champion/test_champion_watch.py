"""The champion beside the one before it, on matches played since it took over."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from dagster import build_op_context

from soccer_assets.automation.jobs import undo_promotion
from soccer_assets.models.champion.champion_watch import SinceTakeover, lowest, since_takeover
from soccer_assets.models.champion.promotion_gate import champion_moves, ledger
from soccer_assets.models.champion.registry import Registry
from soccer_assets.odds.schema import MARKET_PROBABILITIES
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake
from tests.models.champion.test_registry import decide, selected, store

FIRST = dt.date(2025, 3, 1)
#: Ten matches a day for forty days from the second champion's first one on, of which the home clubs win six.
DAYS, A_DAY, WON = 40, 10, 6
TODAY = FIRST + dt.timedelta(9 + DAYS)
GOOD, BAD = selected(1, 0.6), selected(10, 0.2)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "lake"))
    dates = [FIRST + dt.timedelta(9 + day) for day in range(DAYS) for _ in range(A_DAY)]
    won = [place < WON for _ in range(DAYS) for place in range(A_DAY)]
    keys = {"match_date": dates, "match_id": [f"m{number}" for number in range(len(dates))]}
    goals = {"home_goals": [2 if home else 1 for home in won], "away_goals": [1] * len(won)}
    lake.replace("matches", pl.DataFrame({**keys, "status": "finished", **goals}), None)
    lake.replace("match_features", pl.DataFrame({**keys, "league": "E0", "elo_diff": 0.0}), None)
    lake.replace("market_probabilities", MARKET_PROBABILITIES.empty(), None)
    return lake


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=str(tmp_path), today=TODAY)


@pytest.fixture
def registry(settings: Settings) -> Registry:
    return Registry(settings)


def test_a_champion_that_is_worse_gives_the_title_back_in_one_night_and_keeps_it_the_next(lake, settings, registry):
    assert since_takeover(lake, settings, TODAY) == "there is no model"
    store(lake, GOOD, BAD)
    decide(lake, registry, GOOD)
    assert since_takeover(lake, settings, TODAY) == "no champion was followed by another one yet"
    decide(lake, registry, BAD)
    compared = since_takeover(lake, settings, TODAY)
    assert isinstance(compared, SinceTakeover) and compared.is_worse
    # calibrated by a temperature of 0.9, an exponent
    chances = {p: np.array([p, 0.25, 0.75 - p]) ** 0.9 for p in (0.6, 0.2)}
    good, bad = (-np.log(p / p.sum()) for p in chances.values())
    assert compared.mean == pytest.approx(0.6 * (bad[0] - good[0]) + 0.4 * (bad[1] - good[1]))
    assert compared.low == pytest.approx(compared.mean)  # every day is like the others
    assert (compared.matches, compared.first) == (400, FIRST + dt.timedelta(9))
    clock = Clock.from_settings(settings)
    resources = {"lake": lake, "settings": settings, "registry": registry, "clock": clock}
    for _ in range(2):
        undo_promotion(build_op_context(resources=resources))
        assert champion_moves(ledger(lake))["version"].to_list() == [GOOD["version"], BAD["version"], GOOD["version"]]
    move = ledger(lake).row(-1, named=True)
    assert (
        move["effective_from"] == TODAY and move["reason"] == f"the champion was worse since it took over: {compared}"
    )
    assert registry.champion_version() == registry.numbers()[GOOD["version"]]


def test_a_better_champion_and_one_of_few_matches_stay(lake, settings, registry):
    better, worse = selected(10, 0.6), selected(1, 0.2)
    store(lake, worse, better)
    for model in (worse, better):
        decide(lake, registry, model)
    compared = since_takeover(lake, settings, TODAY)
    assert isinstance(compared, SinceTakeover) and compared.mean < 0 and not compared.is_worse
    soon = FIRST + dt.timedelta(9 + 14)
    assert (
        since_takeover(lake, settings, soon) == "140 matches since 2025-03-10, fewer than SOCCER_PROMOTION_MATCHES=150"
    )
    assert "are not compared since 2025-03-10" in str(since_takeover(lake, settings, FIRST + dt.timedelta(9)))


def test_looking_every_day_of_a_season_seldom_calls_equals_unequal():
    random, wrong = np.random.default_rng(0), 0
    for _ in range(200):
        difference = random.normal(0, 0.1, 300 * 4)
        days = np.repeat(np.arange(300), 4)
        wrong += any(lowest(difference[: 4 * n], days[: 4 * n]) > 0 for n in range(10, 300, 5))
    assert wrong <= 10
    worse = random.normal(0.03, 0.1, 60 * 4)
    assert lowest(worse, np.repeat(np.arange(60), 4)) > 0
