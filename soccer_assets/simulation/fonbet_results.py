"""The world's results as Fonbet publishes them: a file a day, with everything it took bets on, and sums in between."""

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from soccer_assets.simulation.public_state import MATCH_TIME, kick_off_at, shown_by
from soccer_assets.simulation.world import World

DAYS: Final = 60  # before the moment whose files are published
#: How the sum over a country's matches is called.
SUMS: Final = {"England": "Eng.", "Spain": "Spa.", "Norway": "Nor."}


def files(world: World, as_of: dt.datetime) -> dict[str, bytes]:
    """`results/<date>.csv` of the days before `as_of`."""
    everything = pl.concat([_results(world, as_of), _sideshow_results(world, as_of)])
    today = as_of.astimezone(dt.UTC).date()
    days = [today - dt.timedelta(offset) for offset in range(DAYS, 0, -1)]
    return {f"results/{day}.csv": _file(everything.filter(day=day)) for day in days}


def _results(world: World, as_of: dt.datetime) -> pl.DataFrame:
    rows = shown_by("fonbet", world, as_of).filter(status="finished")
    return rows.select(
        "event_id", "kick_off_at", "home", "away", "country",
        day=pl.col("kick_off_at").dt.date(), home_goals=pl.col("FTHG"), away_goals=pl.col("FTAG"),
    )  # fmt: skip


def _sideshow_results(world: World, as_of: dt.datetime) -> pl.DataFrame:
    rows = world.sideshows.with_columns(kick_off_at=kick_off_at()).filter(pl.col("kick_off_at") + MATCH_TIME <= as_of)
    return rows.select(
        "event_id", "kick_off_at", "home", "away", pl.lit(None, pl.String).alias("country"),
        day=pl.col("kick_off_at").dt.date(), home_goals="home_goals", away_goals="away_goals",
    )  # fmt: skip


def _file(rows: pl.DataFrame) -> bytes:
    """`home goals;away goals;home;away;side of the first goal;its minute` in cp1251, a sum last of each country."""
    lines = []
    for row in rows.sort("kick_off_at", "event_id").iter_rows(named=True):
        goals = row["home_goals"], row["away_goals"]
        draw = np.random.default_rng(int(row["event_id"])).random(2)
        first = 0 if sum(goals) == 0 else 1 if draw[0] * sum(goals) < goals[0] else 2
        minute = 1 + int(draw[1] * 90 / sum(goals)) if first else 0
        lines.append(f"{goals[0]};{goals[1]};{row['home']};{row['away']};{first};{minute}")
    for country, size in rows.drop_nulls("country").group_by("country", maintain_order=True).len().rows():
        lines.append(f"0;0;{SUMS[country]} {size} матчей. Хозяева;Гости;0;0")
    return "".join(line + "\r\n" for line in lines).encode("cp1251")
