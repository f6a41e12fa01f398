"""Strengths from how clubs play: goals, shots, shots on target and corners in one figure, and no price at all."""

from dataclasses import dataclass

import numpy as np

from soccer_assets.features.ratings.kalman import WalkParameters, follow
from soccer_assets.features.ratings.market import log_ratio
from soccer_assets.features.ratings.match_arrays import MatchArrays
from soccer_assets.scoring import Floats

#: Fitted on 2009/10 to 2021/22, as the weights below; `bench/rating_constants.py` prints them.
WALK = WalkParameters(
    daily=4.5e-4, summer=0.073, league_pace=0.0013, club_pace=0.0022, entry_below=0.215, tier_step=0.47,
    summer_shrink=0.098, home_advantage=0.4,
)  # fmt: skip


@dataclass(frozen=True)
class PerformanceParameters:
    """The weights that predict outcomes best; `goals_alone` is the scale where shots are not known."""

    log_goals: float = 0.467
    goals: float = 0.184
    on_target: float = 0.19
    shots: float = 0.395
    corners: float = 0.053
    sent_off: float = 0.239
    goals_alone: float = 1.64
    noise: float = 3.31
    noise_goals_alone: float = 10.7
    walk: WalkParameters = WALK


def performance_ratings(games: MatchArrays, parameters: PerformanceParameters | None = None) -> dict[str, Floats]:
    """Return columns `(n, 2)` after each match, home club and away club, in log-odds of home against away."""
    p = parameters or PerformanceParameters()
    goals = games.balance("goals")
    log_goals = np.sign(goals) * np.log1p(np.abs(goals))
    whole = (
        p.log_goals * log_goals
        + p.goals * goals
        + p.on_target * log_ratio(games, "shots_on_target", 1.0)
        + p.shots * log_ratio(games, "shots", 2.0)
        + p.corners * games.balance("corners")
        + p.sent_off * np.nan_to_num(games.balance("red_cards"))
    )
    bare = np.isnan(whole)
    observed = np.where(bare, p.goals_alone * log_goals, whole)
    noise = np.where(bare, p.noise_goals_alone, p.noise)
    states = follow(games.schedule, games.clubs, observed, noise, np.zeros(len(observed)), -1.0, p.walk)
    names = ("performance_strength", "performance_variance", "performance_home_advantage")
    return {name: states[:, :, i] for i, name in enumerate(names)}
