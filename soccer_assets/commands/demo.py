"""The demo: a synthetic football world on loopback, through the whole graph, to forecasts of its coming matches."""

import datetime as dt
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import polars as pl

from soccer_assets.settings import Clock, Settings
from soccer_assets.simulation import fonbet
from soccer_assets.simulation.site import Body, Site
from soccer_assets.simulation.site_contents import files, settings
from soccer_assets.simulation.world import World, make_world

if TYPE_CHECKING:
    from soccer_assets.storage.lake import Lake

SEED = 7
LEAGUES = "E0,E1,SP1,NOR"
#: The model that the backtest part of the demo uses is this old; today's model forecasts the coming matches.
BACKTEST_DAYS = 120
SHOWN_MATCHES = 24
DEFAULTS = {
    "SOCCER_LEAGUES": LEAGUES,
    "SOCCER_TRIALS": "3",
    "SOCCER_FOLDS": "3",
    "SOCCER_FOLD_DAYS": "182",
    "SOCCER_HTTP_PAUSE_SECONDS": "0",
}


class Anchor(msgspec.Struct, frozen=True):
    """The day a world was made for and the port its site listens on.

    The same anchor is the same world at the same addresses, so a later run knows what an earlier one fetched.
    """

    day: dt.date
    seed: int
    port: int


def demo(once: bool) -> None:
    """Materialize the synthetic world and print its forecasts; stay up with the whole platform unless `once`."""
    began = time.perf_counter()
    if not once:
        from soccer_assets.commands.up import check_ports, platform

        check_ports(Settings.read())
    var = Settings.read().var_path / "demo"
    clock = Clock.from_settings(Settings.read())
    now, today = clock.now(), clock.today()
    world, port = _world(var, today)
    first: dt.date = world.matches["match_date"].sort().to_list()[0]
    with Site(files(world, now - dt.timedelta(days=1)), port, clock.now) as site:
        os.environ |= settings(site.url) | {
            "SOCCER_VAR": str(var),
            "SOCCER_START_DATE": str(first),
            "SOCCER_TRAIN_SINCE": str(first),
        }
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        print(f"A synthetic world of {len(world.matches):,} matches from {first}, served at {site.url}, kept in {var}")
        _materialize(world, site, clock)
        print(f"\n{time.perf_counter() - began:.0f} s in all")
        if not once:
            print("\nStarting the platform")
            with platform(Settings.read()) as running:
                running.wait()


def _world(var: Path, today: dt.date) -> tuple[World, int]:
    """The world of an earlier run while it has coming matches, else a new one in an empty folder; and its port."""
    file = var / "world.json"
    if file.exists():
        anchor = msgspec.json.decode(file.read_bytes(), type=Anchor)
        world = make_world(anchor.day, seed=anchor.seed)
        coming = pl.col("match_date").is_between(today, today + dt.timedelta(days=7))
        if anchor.day <= today and world.matches.filter(coming)["league"].n_unique() > 1:
            return world, anchor.port
        shutil.rmtree(var)
    var.mkdir(parents=True, exist_ok=True)
    with Site({}) as site:  # a free port
        port = urlsplit(site.url).port or 0
    file.write_bytes(msgspec.json.encode(Anchor(today, SEED, port)))
    return make_world(today, seed=SEED), port


def _line(world: World, clock: Clock) -> Body:
    """Fonbet's line as it is when somebody asks: prices go on moving while the platform is up."""

    def answer(query: str) -> bytes:
        return fonbet.line(world, clock.now(), query)

    return answer


def _materialize(world: World, site: Site, clock: Clock) -> None:
    from dagster import AssetSelection

    from soccer_assets.automation.jobs import DRIFT
    from soccer_assets.commands import materialize as runs
    from soccer_assets.orchestration.partitions import HORIZON_DAYS, match_dates
    from soccer_assets.storage.data_versions import CORRECTED_DAYS, unfinished
    from soccer_assets.storage.lake import Lake

    lake, now, today = Lake(Settings.read().lake), clock.now(), clock.today()
    last = today + dt.timedelta(days=HORIZON_DAYS)
    backtest = today - dt.timedelta(days=BACKTEST_DAYS)
    with runs.instance() as instance:
        done = lake.exists("predictions")
        if done:
            usual = today - dt.timedelta(days=CORRECTED_DAYS)
            start = min([usual, *unfinished(lake, today, match_dates.start.date())["match_date"].head(1)])
            print(f"\nReusing what is there; what is from {start} on is made anew")
        else:
            print("\nThe fixtures as they stood yesterday, before one match was moved")
            fixtures = AssetSelection.assets("football_data_fixtures")
            runs.materialize(fixtures, today - dt.timedelta(days=1), last, instance)
            start = world.matches["match_date"].sort().to_list()[0]
        site.files = {**files(world, now), "fonbet/events/list": _line(world, clock)}
        print("\nSources, matches, odds, features")
        runs.materialize(runs.UP_TO_FEATURES, start, last, instance)
        if not done:
            print("\nModels")
            runs.materialize(runs.MODELS, backtest, backtest, instance)
        print("\nForecasts and how earlier ones met their results")
        runs.materialize(runs.FORECASTS, start if done else backtest, last, instance)
        runs.materialize(runs.SEASONS, today - dt.timedelta(days=CORRECTED_DAYS), last, instance)
        _show(lake, world, today)
        print("\nReports")
        runs.materialize(AssetSelection.assets("backtest_report"), backtest, today, instance)
        runs.materialize(DRIFT, today, today, instance)


def _show(lake: "Lake", world: World, today: dt.date) -> None:
    """The coming matches on their three lines, and the quality of each line so far."""
    coming = lake.read("predictions", today).sort("match_date", "league", "match_id")
    if coming.is_empty():
        print(f"\n{_none_coming(world, Settings.read().leagues, today)}")
    print(
        f"\nComing matches (home / draw / away in per cent; * marks value: edge of {Settings.read().value_edge:.0%})\n"
    )
    print(f"{'date':<11}{'league':<8}{'match':<44}{'model':^16}{'market':^16}{'blend':^16}")
    value = {row[:3] for row in lake.read("value_bets", today).select("match_id", "line", "selection").rows()}
    for match in coming.partition_by("match_id", maintain_order=True)[:SHOWN_MATCHES]:
        lines = {row["line"]: row for row in match.iter_rows(named=True)}
        probabilities = [_percent(lines.get(line), line, value) for line in ("model", "market", "blend")]
        row = match.row(0, named=True)
        names = f"{row['home']} - {row['away']}"
        print(f"{row['match_date']!s:<11}{row['league']:<8}{names:<44}{''.join(probabilities)}")
    moved = lake.read("matches").filter(pl.col("status") == "postponed")
    for row in moved.iter_rows(named=True):
        print(f"\nmoved: {row['home']} - {row['away']} ({row['league']}) is no longer on {row['match_date']}")
    quality = lake.read("quality_report").filter(
        pl.col("league") == "ALL", pl.col("sample") == "complete", pl.col("market") == "1x2"
    )
    quality = quality.filter(pl.col("match_date") == pl.col("match_date").max()).sort("log_loss")
    print(f"\nSo far, on the same matches ({quality['matches'].max() or 0!s}):")
    for row in quality.iter_rows(named=True):
        print(f"  {row['line']:<11} log loss {row['log_loss']:.4f}  RPS {row['rps']:.4f}  ECE {row['ece']:.4f}")


def _none_coming(world: World, leagues: str, today: dt.date) -> str:
    """Why no match is shown, and when the next one is."""
    later = world.matches.filter(pl.col("match_date") >= today)
    if leagues:
        later = later.filter(pl.col("league").is_in(leagues.split(",")))
    next_one = f"the next one is on {later['match_date'].min()!s}" if len(later) else "no later one is known"
    return f"No match comes within 14 days of {today}: {next_one}"


def _percent(row: dict[str, Any] | None, line: str, value: set[tuple[str, ...]]) -> str:
    if row is None:
        return f"{'-':^16}"
    shares = [
        f"{100 * row[f'p_{name}']:3.0f}{'*' if (row['match_id'], line, name) in value else ' '}"
        for name in ("home", "draw", "away")
    ]
    return f"{' '.join(shares):^16}"
