"""Seasons of invented results under real rules: a round robin by the circle method, a round a week."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from soccer_assets.leagues import LEAGUES
from soccer_assets.predictions.season.date_range import MATCH_COLUMNS, RATING_COLUMNS

FIRST = dt.date(2023, 8, 12)
WEEK = dt.timedelta(days=7)


def rounds(clubs: list[int], meetings: int) -> list[list[tuple[int, int]]]:
    """Home and away clubs of each round; each pair meets so often, in turn at both grounds."""
    order, once = list(clubs), []
    for number in range(len(order) - 1):
        pairs = [(order[i], order[-1 - i]) for i in range(len(order) // 2)]
        once.append([pair if number % 2 else pair[::-1] for pair in pairs])
        order = [order[0], order[-1], *order[1:-1]]
    back = [[pair[::-1] for pair in played] for played in once]
    return [played for number in range(meetings) for played in (back if number % 2 else once)]


def matches_of(league: str, pairs: list[list[tuple[int, int]]], first: dt.date = FIRST, seed: int = 0) -> pl.DataFrame:
    """Rows of `matches`, a round a week, with scores that the lower numbers win more often."""
    rng = np.random.default_rng(seed)
    country = LEAGUES[league].country.lower()
    rows = [
        {
            "match_date": first + number * WEEK, "match_id": f"{league}.{number:02}.{home:02}.{away:02}",
            "league": league, "season": "2023/24", "status": "finished", "home": f"Club {home:02}",
            "away": f"Club {away:02}", "home_id": f"{country}.club-{home:02}", "away_id": f"{country}.club-{away:02}",
            "home_goals": int(rng.poisson(1.5 + 0.05 * (away - home) / 2 + 0.2)),
            "away_goals": int(rng.poisson(max(1.2 + 0.05 * (home - away) / 2, 0.2))),
        }
        for number, played in enumerate(pairs) for home, away in played
    ]  # fmt: skip
    return pl.DataFrame(rows).select(MATCH_COLUMNS).cast({"home_goals": pl.Int16, "away_goals": pl.Int16})


@pytest.fixture(scope="session")
def premier_league() -> pl.DataFrame:
    """A season of E0: 20 clubs, 38 rounds."""
    return matches_of("E0", rounds(list(range(20)), 2))


def ratings_of(matches: pl.DataFrame) -> pl.DataFrame:
    """A row of `team_ratings` of each club some weeks before its season; the lower numbers are stronger."""
    clubs = matches["home_id"].unique().sort().to_list()
    begins: dt.date = min(matches["match_date"])
    n, strength = len(clubs), np.linspace(1.5, -0.5, len(clubs))
    values = {
        "market_strength": strength, "market_variance": np.full(n, 0.01), "market_home_advantage": np.full(n, 0.4),
        "performance_strength": strength, "performance_variance": np.full(n, 0.05),
        "performance_home_advantage": np.full(n, 0.4), "market_goals": np.zeros(n),
        "market_goals_level": np.full(n, 0.1),
    }  # fmt: skip
    key = {"match_date": [begins - dt.timedelta(days=80)] * n, "team_id": clubs, "league": [matches["league"][0]] * n}
    return pl.DataFrame(key | values).select(RATING_COLUMNS)


@pytest.fixture(scope="session")
def make_ratings() -> Callable[[pl.DataFrame], pl.DataFrame]:
    """`ratings_of`."""
    return ratings_of
