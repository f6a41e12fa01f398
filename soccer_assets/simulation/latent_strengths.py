"""How strong each club is in attack and in defence, week by week: a random walk about its country's mean."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.simulation.clubs import CONDITIONS, NAMES, PYRAMIDS
from soccer_assets.simulation.score_matrix import Float

TIER_GAP: Final = 0.15  # in log mean goals, for attack and for defence
QUALITY_SPREAD: Final = 0.20  # sd of what a club's attack and defence share
SKILL_SPREAD: Final = 0.10  # sd of what they do not
WEEKLY_DRIFT: Final = 0.015  # sd of a week's step

Int = NDArray[np.int64]


@dataclass(frozen=True)
class Strengths:
    """Attack and defence of a country's clubs as (weeks, clubs), and the ordinal of the first Monday."""

    names: tuple[str, ...]
    monday: int
    attack: Float
    defence: Float

    def rates(self, league: str, home: Int, away: Int, day: Int) -> tuple[Float, Float]:
        """Mean goals of both sides when played on those days under the conditions of the league."""
        week, conditions = (day - self.monday) // 7, CONDITIONS[league]
        base = math.log(conditions.away_goals)
        home_rate = self.attack[week, home] - self.defence[week, away] + base + conditions.home_advantage
        return np.exp(home_rate), np.exp(self.attack[week, away] - self.defence[week, home] + base)

    def table(self, country: str) -> pl.DataFrame:
        """A row per club and week: country, club, the `week`'s Monday, attack, defence."""
        weeks, clubs = self.attack.shape
        mondays = [dt.date.fromordinal(self.monday + 7 * week) for week in range(weeks)]
        return pl.DataFrame(
            {
                "country": [country] * (weeks * clubs),
                "club": list(self.names) * weeks,
                "week": pl.Series(mondays).gather(np.repeat(np.arange(weeks), clubs)),
                "attack": self.attack.ravel(),
                "defence": self.defence.ravel(),
            }
        )


def draw_strengths(country: str, clubs: int, first: dt.date, last: dt.date, rng: np.random.Generator) -> Strengths:
    """The clubs of a country, best tier first, from the week of `first` to that of `last`."""
    tiers = len(PYRAMIDS[country])
    monday = first.toordinal() - first.weekday()
    weeks = (last.toordinal() - monday) // 7 + 1
    quality = rng.normal(0, QUALITY_SPREAD, clubs) - TIER_GAP * np.repeat(np.arange(tiers), clubs // tiers)
    steps = rng.normal(0, WEEKLY_DRIFT, (2, weeks, clubs))
    steps[:, 0] = quality + rng.normal(0, SKILL_SPREAD, (2, clubs))
    skills = steps.cumsum(axis=1)
    attack, defence = skills - skills.mean(axis=2, keepdims=True)
    names = rng.permutation(NAMES[country])[:clubs].tolist()
    return Strengths(tuple(names), monday, attack, defence)
