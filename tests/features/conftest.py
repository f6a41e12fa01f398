"""Matches written by hand."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from soccer_assets.features.history import History
from soccer_assets.features.ratings import rate
from soccer_assets.matches.schema import MATCHES
from soccer_assets.odds.consensus import newest_prices
from soccer_assets.odds.schema import MARKET_PROBABILITIES

FIRST = dt.date(2024, 8, 1)


@pytest.fixture
def played() -> Callable[..., pl.DataFrame]:
    """Matches of `(day, home, away, score)`, and whatever else by name.

    A day counts from 1 August 2024; a score is like `2-1`, or a status.
    """

    def of(*matches: tuple[Any, ...], league: str = "E0", season: str = "2024/25") -> pl.DataFrame:
        rows = []
        for number, (day, home, away, score, *further) in enumerate(matches):
            done = "-" in score
            goals = [int(n) for n in score.split("-")] if done else [None, None]
            rows.append(
                {
                    "match_date": FIRST + dt.timedelta(days=day),
                    "match_id": f"{home}-{away}-{day}",
                    "league": league,
                    "season": season,
                    "status": "finished" if done else score,
                    "home": home,
                    "away": away,
                    "home_id": home,
                    "away_id": away,
                    "leg": 1,
                    "home_goals": goals[0],
                    "away_goals": goals[1],
                    "source": "football-data",
                    "payload_id": "0" * 64,
                    "line": number + 2,
                    **(further[0] if further else {}),
                }
            )
        filled = {name: [row.get(name) for row in rows] for name in MATCHES.schema}
        return MATCHES.conform(pl.DataFrame(filled, schema=MATCHES.schema))

    return of


@pytest.fixture(scope="session")
def no_prices() -> pl.DataFrame:
    """What is known of prices where there are none."""
    return newest_prices(MARKET_PROBABILITIES.empty().lazy())


@pytest.fixture(scope="session")
def history_of(no_prices: pl.DataFrame) -> Callable[[pl.DataFrame], History]:
    """The history of matches without prices."""
    return lambda matches: History.build(matches, rate(matches, no_prices))
