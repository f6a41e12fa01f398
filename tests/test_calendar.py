"""The graph and the demo on days all over the year: no day of the week, month or season is special."""

import dataclasses
import datetime as dt
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import AssetSelection, Definitions, in_process_executor

from soccer_assets import resources
from soccer_assets.commands import demo
from soccer_assets.commands import materialize as runs
from soccer_assets.definitions import defs
from soccer_assets.models.champion.first_model import BASELINES
from soccer_assets.models.champion.promotion_gate import champion_on, ledger
from soccer_assets.models.champion.registry import Registry
from soccer_assets.monitoring import assets as monitoring
from soccer_assets.orchestration import partitions
from soccer_assets.settings import Clock, Settings
from soccer_assets.simulation.football_data import files as archives
from soccer_assets.simulation.football_data import write
from soccer_assets.simulation.site import Site
from soccer_assets.simulation.site_contents import files, settings
from soccer_assets.simulation.world import make_world
from soccer_assets.storage.lake import Lake

#: A day a month, of every day of the week, with the turns of year, season and leap year among them.
DAYS = [
    dt.date.fromisoformat(day)
    for day in (
        "2028-02-29", "2028-03-26", "2028-04-28", "2028-05-31", "2028-06-14", "2028-06-30", "2028-07-01", "2028-08-08",
        "2028-09-21", "2028-10-30", "2028-12-31", "2029-01-01",
    )
]  # fmt: skip
#: Wednesdays in June and August, the last day of a year, a day in spring.
DEMO_DAYS = [dt.date(2029, 6, 13), dt.date(2029, 8, 1), dt.date(2029, 12, 31), dt.date(2030, 4, 9)]
#: What a day changes is what a model may learn from, whichever it is.
FEW_FAMILIES = {"SOCCER_FAMILIES": "climatology,elo_ordered_logit"}
#: A model learns from the matches of as many days before.
LEARNED_DAYS = 240
CHEAP = {
    "SOCCER_TRIALS": "1",
    "SOCCER_FOLDS": "2",
    "SOCCER_PROMOTION_MATCHES": "20",
}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an empty registry: MLflow takes seconds to make one."""
    var = tmp_path_factory.mktemp("registry")
    assert Registry(Settings(var=str(var))).champion_version() is None
    return var / "mlflow"


@contextmanager
def on(day: dt.date, registry: Path, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator[Settings]:
    """The platform on another day: its clock, the partitions that follow it, and settings of its own."""
    with monkeypatch.context() as patch:
        for name, value in (environment | CHEAP).items():
            patch.setenv(name, value)
        patch.setenv("SOCCER_TODAY", str(day))
        own = Settings.read()
        shutil.copytree(registry, own.var_path / "mlflow")
        patch.setattr(partitions, "CLOCK", Clock.from_settings(own))
        there = Definitions(
            assets=defs.assets,
            asset_checks=defs.asset_checks,
            resources=resources.build(own),
            executor=in_process_executor,
        )
        patch.setattr(runs, "defs", there)
        patch.setattr(monitoring, "PAGES", 0)  # to draw a drift report takes ten seconds, on whichever day
        yield own


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_graph_forecasts_what_comes_on_any_day(
    day: dt.date, registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, site = make_world(day, seasons=1, clubs=14), tmp_path / "site"
    write(archives(world, day), site)
    first, last = day - dt.timedelta(days=LEARNED_DAYS), day + dt.timedelta(days=14)
    own = {"SOCCER_VAR": str(tmp_path), "SOCCER_LEAGUES": "E0,NOR", "SOCCER_FOOTBALL_DATA_URL": site.as_uri()}
    own |= {"SOCCER_FOLD_DAYS": "28"} | FEW_FAMILIES
    with on(day, registry, monkeypatch, **own, SOCCER_TRAIN_SINCE=str(first)) as here, runs.instance() as instance:
        assert partitions.match_dates.get_last_partition_key() == str(last)
        lake = Lake(here.lake)
        runs.materialize(runs.UP_TO_FEATURES, first, last, instance, log=lambda line: None)
        runs.materialize(runs.MODELS, day, day, instance, log=lambda line: None)
        runs.materialize(runs.FORECASTS, day, last, instance, log=lambda line: None)
    of_leagues = pl.col("league").is_in(["E0", "NOR"])
    matches, truth = lake.read("matches"), world.matches.filter(of_leagues)
    played = truth.filter(pl.col("match_date").is_between(first, day, closed="left"))
    assert matches.filter(status="finished").height >= played.height
    coming = lake.read("predictions", day).filter(line="market").select("match_date", "league", "home", "away")
    saturday = day + dt.timedelta(days=(4 - day.weekday()) % 7 + 1)
    expected = truth.filter(pl.col("match_date").is_between(saturday, saturday)).select(coming.columns)
    assert coming.height > 0 and min(coming["match_date"]) >= day
    assert set(expected.rows()) <= set(coming.rows())


@pytest.mark.parametrize("day", DEMO_DAYS, ids=str)
def test_the_demo_prints_what_comes_on_any_day(
    day: dt.date, registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, port = demo._world(tmp_path, day)
    clock = Clock(dt.datetime.combine(day, dt.time(9, 30), dt.UTC))
    first = str(world.matches["match_date"].min())
    own = {"SOCCER_VAR": str(tmp_path), "SOCCER_LEAGUES": "E0,NOR", "SOCCER_SOURCES": "football_data,fonbet"}
    own |= {"SOCCER_FOLD_DAYS": "60"} | FEW_FAMILIES
    with (
        Site(files(world, clock.now() - dt.timedelta(days=1)), port, clock.now) as site,
        on(day, registry, monkeypatch, **demo.DEFAULTS | settings(site.url) | own, SOCCER_TRAIN_SINCE=first),
    ):
        demo._materialize(world, site, clock)
    printed = capsys.readouterr().out
    dates = re.findall(r"^(20\d\d-\d\d-\d\d) (?:E0|NOR) ", printed, re.MULTILINE)
    assert dates and str(day) <= min(dates) <= str(day + dt.timedelta(days=7))
    assert "No match comes" not in printed


def test_a_first_model_that_the_gate_refuses_lets_the_better_baseline_serve(
    season: Any, registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_models = shutil.ignore_patterns("candidate_*", "selected_model", "model_card", "promotions", "predictions")
    shutil.copytree(season.lake.url, tmp_path / "lake", ignore=of_models)
    lake, (day, later) = Lake(str(tmp_path / "lake")), season.model_dates
    monkeypatch.setitem(CHEAP, "SOCCER_PROMOTION_MATCHES", "1000000")
    with (
        on(season.clock_day, registry, monkeypatch, SOCCER_VAR=str(tmp_path), SOCCER_FOLD_DAYS="60"),
        runs.instance() as instance,
    ):
        runs.materialize(runs.MODELS, day, day, instance, log=lambda line: None)
        move = ledger(lake).row(0, named=True)
        assert (move["accepted"], move["effective_from"], move["previous"]) == (True, day, None)
        refused = r"A baseline serves until the gate accepts a model: it refused \w+ [0-9a-f]{12} \(matches: found \d+"
        assert re.match(refused, move["reason"])
        model = lake.read("selected_model").row(0, named=True)
        scores = {row["name"]: row["expected_log_loss"] for row in model["comparison"]}
        assert model["family"] == min(BASELINES, key=lambda family: scores[family])
        assert lake.read("model_card")["accepted"].to_list() == [True]
        runs.materialize(runs.MODELS, later, later, instance, log=lambda line: None)
        assert ledger(lake)["accepted"].to_list() == [True, False]  # a later model has to pass the gate
        assert champion_on(ledger(lake), [later]).to_list() == [model["version"]]
        predictions = AssetSelection.assets("predictions")
        runs.materialize(predictions, later, later + dt.timedelta(days=7), instance, log=lambda line: None)
    lines = lake.read("predictions").group_by("line").agg(pl.col("model_version").unique())
    assert dict(lines.rows())["model"] == [model["version"]] and "challenger" in lines["line"].to_list()


def test_the_demo_says_when_the_next_match_is() -> None:
    world = make_world(dt.date(2026, 6, 10), clubs=8)
    empty = dataclasses.replace(world, matches=world.matches.filter(pl.col("match_date") > dt.date(2026, 6, 30)))
    first = min(empty.matches.filter(league="NOR")["match_date"])
    assert demo._none_coming(empty, "NOR", world.today) == (
        f"No match comes within 14 days of 2026-06-10: the next one is on {first}"
    )
    assert demo._none_coming(empty, "NOR", dt.date(2030, 1, 1)).endswith("no later one is known")
