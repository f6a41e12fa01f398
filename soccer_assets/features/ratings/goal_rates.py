"""Attack and defence that follow a count from match to match: a score-driven Poisson model (Koopman and Lit 2019).

The log of the expected count is level + home advantage + attack - defence of the other club; after the match each
term moves along the score of the Poisson likelihood, which is the count less its expectation.
"""

from dataclasses import astuple, dataclass

import numpy as np
from numba import njit

from soccer_assets.features.point_in_time import TIERS
from soccer_assets.features.ratings.match_arrays import MatchArrays
from soccer_assets.scoring import Floats

#: Scores of a match that was decided otherwise, or a slip in the source, must not carry a rate away.
LARGEST_LOG_RATE = 4.0


@dataclass(frozen=True)
class RateParameters:
    """`pace` is what one count beyond the expectation moves a club, `league_pace` the league's level and advantage.

    `level` is the first guess of the log count, `advantage` of the home side's share; `tier_step` lowers the attack
    and defence of newcomers by tier.
    """

    pace: float
    league_pace: float
    level: float
    advantage: float = 0.25
    tier_step: float = 0.2


GOALS = RateParameters(pace=0.035, league_pace=0.002, level=0.2)
SHOTS_ON_TARGET = RateParameters(pace=0.012, league_pace=0.0005, level=1.4)


def goal_ratings(games: MatchArrays) -> dict[str, Floats]:
    """Return columns `(n, 2)` after each match, home club and away club; NaN until a club's first count."""
    columns: dict[str, Floats] = {}
    for name, figure, parameters in (("goal", "goals", GOALS), ("shot", "shots_on_target", SHOTS_ON_TARGET)):
        attack, defence = follow_counts(games, figure, parameters)
        columns |= {f"{name}_attack": attack, f"{name}_defence": defence}
    return columns


def follow_counts(games: MatchArrays, figure: str, p: RateParameters) -> tuple[Floats, Floats]:
    """Return attack and defence `(n, 2)` of both clubs after each match, in log counts."""
    s = games.schedule
    both = _follow(s.home, s.away, s.league, TIERS, games.clubs, games.figures[figure], *astuple(p))
    return both[0], both[1]


@njit(cache=True)
def _follow(home, away, league, tiers, clubs, counts, pace, league_pace, level, advantage, tier_step):  # type: ignore[no-untyped-def]
    """Return attack and defence after each match, `(2, n, 2)`: attack, defence; home and away club, in log counts.

    Args:
        home: code of the home club, (n,) int, below `clubs`.
        away: code of the away club, (n,) int.
        league: place of the league in `tiers`, (n,) int.
        tiers: tier of each league, (leagues,) float, 1 is the top.
        clubs: number of clubs.
        counts: what both sides counted, (n, 2) float, NaN where unknown.
        pace: log count that one count beyond the expectation moves a club.
        league_pace: the same for the league's level and home advantage.
        level: first guess of the log count.
        advantage: first guess of home less away log count.
        tier_step: log count lower at which a club enters per tier below the top.
    """
    attack, defence = np.full(clubs, np.nan), np.full(clubs, np.nan)
    levels, advantages = np.full(len(tiers), level), np.full(len(tiers), advantage)
    after = np.empty((2, len(home), 2))
    for match in range(len(home)):
        i, j, competition = home[match], away[match], league[match]
        at_home, on_road = counts[match]
        if not np.isnan(at_home + on_road):
            for club in (i, j):
                if np.isnan(attack[club]):
                    attack[club] = defence[club] = -tier_step * (tiers[competition] - 1)
            mean = levels[competition]
            home_rate = np.exp(min(mean + advantages[competition] / 2.0 + attack[i] - defence[j], LARGEST_LOG_RATE))
            away_rate = np.exp(min(mean - advantages[competition] / 2.0 + attack[j] - defence[i], LARGEST_LOG_RATE))
            more_home, more_away = at_home - home_rate, on_road - away_rate
            attack[i] += pace * more_home
            defence[j] -= pace * more_home
            attack[j] += pace * more_away
            defence[i] -= pace * more_away
            levels[competition] += league_pace * (more_home + more_away)
            advantages[competition] += league_pace * (more_home - more_away)
        for side, club in enumerate((i, j)):
            after[0, match, side], after[1, match, side] = attack[club], defence[club]
    return after
