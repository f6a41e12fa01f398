"""A league whose strengths are known, and prices of its matches."""

import datetime as dt
from itertools import permutations

import numpy as np
import polars as pl
import pytest

from soccer_assets.features.ratings import rate
from soccer_assets.matches.schema import MATCHES

CLUBS = tuple("abcdefghijklmnop")
ATTACK = dict(zip(CLUBS, np.linspace(-0.45, 0.45, 16), strict=True))
DEFENCE = dict(zip(CLUBS, np.tile([0.25, -0.05, -0.25, 0.05], 4), strict=True))
SEASONS = 4


def _goals() -> pl.DataFrame:
    random = np.random.default_rng(11)
    rows = []
    for season in range(SEASONS):
        pairs = list(permutations(CLUBS, 2))
        random.shuffle(pairs)
        for number, (home, away) in enumerate(pairs):
            rates = 1.5 * np.exp(ATTACK[home] - DEFENCE[away]), 1.1 * np.exp(ATTACK[away] - DEFENCE[home])
            goals, shots, corners = (random.poisson([many * rate for rate in rates]) for many in (1, 3, 2))
            rows.append(
                {
                    "match_date": dt.date(2018 + season, 8, 1) + dt.timedelta(days=number * 290 // len(pairs)),
                    "match_id": f"{season}.{home}.{away}",
                    "league": "E0",
                    "season": f"{2018 + season}/{19 + season}",
                    "status": "finished",
                    "home_id": home,
                    "away_id": away,
                    "home_goals": goals[0],
                    "away_goals": goals[1],
                    "home_shots": 3 * shots[0],
                    "away_shots": 3 * shots[1],
                    "home_shots_on_target": shots[0],
                    "away_shots_on_target": shots[1],
                    "home_corners": corners[0],
                    "away_corners": corners[1],
                    "home_red_cards": 0,
                    "away_red_cards": 0,
                }
            )
    types = {name: dtype for name, dtype in MATCHES.schema.items() if name in rows[0]}
    return pl.DataFrame(rows, schema=types)


@pytest.fixture(scope="session")
def league() -> pl.DataFrame:
    """Four seasons of sixteen clubs, whose goals are drawn from `ATTACK` and `DEFENCE`."""
    return _goals()


@pytest.fixture(scope="session")
def prices(league) -> pl.DataFrame:
    """Prices that know the strengths: log-odds of home to away are 0.35 and twice the difference in both."""
    strength = {club: 2 * (ATTACK[club] + DEFENCE[club]) for club in CLUBS}
    home, away = (league[f"{side}_id"].replace_strict(strength, return_dtype=pl.Float64) for side in ("home", "away"))
    share = 1 / (1 + (-(0.35 + home - away)).exp())
    draw = 0.27
    return league.select("match_date", "match_id").with_columns(
        p_home=share * (1 - draw), p_draw=pl.lit(draw), p_away=(1 - share) * (1 - draw), p_over=pl.lit(0.5)
    )


@pytest.fixture(scope="session")
def rated(league, prices) -> pl.DataFrame:
    return rate(league, prices)
