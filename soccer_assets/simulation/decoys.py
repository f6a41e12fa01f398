"""What a bookmaker lists between the matches of this world: women, youth, reserves and computer games.

They bear the names of its clubs, often on the very day of the club's own match, and are not to be linked to it.
"""

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

SHARE: Final = 0.25  # of matches that have a sideshow on their day
FIRST_EVENT_ID: Final = 48_000_000
GOALS: Final = 1.4
HOURS_BEFORE: Final = 3
#: How the names of the sides and the competition are written; `{}` is the club, or the country in Russian.
FORMS: Final = {
    "women": ("{} (ж)", "Футбол. Жен. {}. Суперлига"),
    "youth": ("{} U21", "Футбол. До 21 года. {}. Молодежная лига"),
    "reserve": ("{} (р)", "Футбол. {}. Резервы. Лига"),
    "cyber": ("{} (к)", "Киберфутбол. FIFA 23. {}. Матчи по 8 минут"),
}

COUNTRIES: Final = {"England": "Англия", "Spain": "Испания", "Norway": "Норвегия"}


def sideshows(matches: pl.DataFrame, fonbet: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Rows of event_id, kind, key (of the match it stands beside), match_date, kick_off, segment, home, away, goals.

    Args:
        matches: the world's matches.
        fonbet: key, home and away of Fonbet's events.
        rng: draws which, what and how they end.
    """
    copied = matches.filter(pl.Series(rng.random(len(matches)) < SHARE)).select(
        "key", "country", "match_date", "kick_off"
    )
    copied = copied.join(fonbet.select("key", "home", "away"), on="key", maintain_order="left")
    kinds = rng.choice(list(FORMS), len(copied)).tolist()
    turned = rng.random(len(copied)) < 0.5
    rows = []
    for number, (row, kind, swap) in enumerate(zip(copied.iter_rows(named=True), kinds, turned, strict=True)):
        side, segment = FORMS[kind]
        home, away = (row["away"], row["home"]) if swap else (row["home"], row["away"])
        at: dt.time = row["kick_off"]
        rows.append(
            {
                "event_id": str(FIRST_EVENT_ID + number),
                "kind": kind,
                "key": row["key"],
                "match_date": row["match_date"],
                "kick_off": at.replace(hour=at.hour - HOURS_BEFORE),
                "segment": segment.format(COUNTRIES[row["country"]]),
                "home": side.format(home),
                "away": side.format(away),
            }
        )
    goals = rng.poisson(GOALS, (2, len(rows)))
    types = {name: pl.String for name in ("event_id", "kind", "key", "segment", "home", "away")}
    schema = {**types, "match_date": pl.Date, "kick_off": pl.Time}
    return pl.DataFrame(rows, schema=schema).with_columns(home_goals=goals[0], away_goals=goals[1])
