"""A football world with known truth: what a family should find is written here."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from soccer_assets.features.catalog import FEATURES
from soccer_assets.models.families.dixon_coles import GOAL_GROUPS

#: A feature of the catalogue that tells of goals: the goals models read no other.
GOALS = next(feature.name for feature in FEATURES if feature.group in GOAL_GROUPS)
COLUMNS = ("elo_diff", "form", "shots", "noise", GOALS)
SLOPE, FORM, SHOTS = 0.6, 0.5, -0.3
ADVANTAGE = {"E0": 0.5, "D1": 0.1}
WIDTH = 0.6
FIRST = dt.date(2019, 8, 1)


@dataclass(frozen=True)
class World:
    """Matches, ten a day, and the probabilities that their outcomes were drawn from."""

    examples: pl.DataFrame
    truth: np.ndarray

    @property
    def y(self) -> np.ndarray:
        return self.examples["outcome"].to_numpy().astype(np.int64)

    @property
    def dates(self) -> np.ndarray:
        return self.examples["match_date"].to_numpy()

    def first(self, n: int) -> "World":
        return World(self.examples[:n], self.truth[:n])


def _world(n: int, seed: int = 0, elo_only: bool = False) -> World:
    draw = np.random.default_rng(seed)
    elo, form, shots, noise = draw.normal(size=(4, n)) * np.array([[150.0], [1.0], [2.0], [1.0]])
    league = draw.choice(list(ADVANTAGE), size=n)
    u = SLOPE * elo / 100 + np.array([ADVANTAGE[each] for each in league])
    if not elo_only:
        u = u + FORM * form + SHOTS * shots / 2
    home, away = 1 / (1 + np.exp(WIDTH - u)), 1 / (1 + np.exp(WIDTH + u))
    truth = np.stack([home, 1 - home - away, away], axis=1)
    outcome = (draw.random(n)[:, None] > truth.cumsum(axis=1)[:, :2]).sum(axis=1)
    unknown = draw.random(n) < 0.05  # early in a season nothing is known of a team's form
    goals, both = u + draw.normal(size=n) / 2, draw.integers(0, 2, size=n)
    examples = pl.DataFrame(
        {
            "match_id": [f"m{place:06d}" for place in range(n)],
            "match_date": [FIRST + dt.timedelta(days=place // 10) for place in range(n)],
            "league": league,
            "season": ["2019"] * n,
            "elo_diff": elo,
            "form": [None if hidden else value for hidden, value in zip(unknown, form.tolist(), strict=True)],
            "shots": shots,
            "noise": noise,
            GOALS: goals,
            "outcome": pl.Series(outcome, dtype=pl.Int8),
            "home_goals": both + np.array([2, 0, 0])[outcome],
            "away_goals": both + np.array([0, 0, 2])[outcome],
        }
    )
    return World(examples, truth)


@pytest.fixture(scope="session")
def world() -> Callable[..., World]:
    return _world


@pytest.fixture(scope="session")
def columns() -> tuple[str, ...]:
    return COLUMNS
