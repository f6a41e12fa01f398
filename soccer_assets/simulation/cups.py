"""A knock-out cup per country, for the clubs of all its tiers, in the midweeks that its leagues leave free.

The club of the lower tier is at home. A drawn match goes to extra time and then to penalties. A round is drawn when
the one before it is over, so what is not drawn yet is in the world but on no site.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from soccer_assets.simulation.latent_strengths import Strengths
from soccer_assets.simulation.match_simulation import draw_goals
from soccer_assets.simulation.score_matrix import score_matrix
from soccer_assets.simulation.season_calendar import FixtureList, midweek_day

CUPS: Final = {"England": "Crown Cup", "Spain": "Copa Corona", "Norway": "Kronecup"}
#: From the last round back; earlier rounds are numbered.
ROUNDS: Final = ("Final", "Semi-finals", "Quarter-finals")
KICK_OFF_MINUTE: Final = 19 * 60 + 45
EXTRA_TIME: Final = 1 / 3  # of the goals of ninety minutes

Int = NDArray[np.int64]


@dataclass(frozen=True)
class CupMatch:
    """One match; `day` and `drawn` are ordinals, goals those of 90 minutes, `extra` and `penalties` null if none."""

    round: str
    home: int
    away: int
    day: int
    drawn: int
    home_rate: float
    away_rate: float
    goals: tuple[int, int]
    extra: tuple[int, int] | None  # of extra time alone
    penalties: tuple[int, int] | None

    @property
    def winner(self) -> int:
        """The club that goes through."""
        totals = np.add(self.goals, self.extra or (0, 0))
        home, away = self.penalties or totals
        return self.home if home > away else self.away


def cup_weeks(clubs: int, free: list[int]) -> list[int]:
    """A free Tuesday for every round, equally far apart; none where the season has no room for the cup."""
    rounds = (clubs - 1).bit_length()
    return (
        [free[(2 * number + 1) * len(free) // (2 * rounds)] for number in range(rounds)] if rounds < len(free) else []
    )


def play_cup(
    league: str, tiers: Int, weeks: list[int], fixtures: FixtureList, strengths: Strengths, rng: np.random.Generator
) -> Iterator[CupMatch]:
    """The matches of one season's cup, round by round.

    Args:
        league: the one whose conditions hold.
        tiers: the clubs as (tiers, clubs), best tier first; clubs of the best have a bye where the number is uneven.
        weeks: the Tuesday of each round.
        fixtures: the clubs' league matches, for who needs a day's rest more.
        strengths: of the country's clubs.
        rng: draws pairs and goals.
    """
    tier_of = {int(club): tier for tier, clubs in enumerate(tiers) for club in clubs}
    left, drawn = list(tier_of), fixtures.day.min()
    for number, tuesday in enumerate(weeks):
        byes = left[: 2 ** (len(weeks) - number) - len(left)] if number == 0 else []
        drawn_clubs = rng.permutation(left[len(byes) :]).tolist()
        pairs = zip(drawn_clubs[::2], drawn_clubs[1::2], strict=True)
        name = ROUNDS[len(weeks) - 1 - number] if len(weeks) - number <= len(ROUNDS) else f"Round {number + 1}"
        played = []
        for pair in pairs:
            home, away = sorted(pair, key=lambda club: -tier_of[club])
            day = midweek_day(tuesday, (home, away), fixtures)
            played.append(_play(league, name, home, away, day, int(drawn), strengths, rng))
        yield from played
        left, drawn = [*byes, *(match.winner for match in played)], tuesday + 2


def _play(
    league: str, name: str, home: int, away: int, day: int, drawn: int, strengths: Strengths, rng: np.random.Generator
) -> CupMatch:
    rates = strengths.rates(league, *(np.array([value]) for value in (home, away, day)))
    goals = _goals(rates, 1.0, rng)
    extra = _goals(rates, EXTRA_TIME, rng) if goals[0] == goals[1] else None
    shoot_out: Any = None
    if extra and extra[0] == extra[1]:
        shoot_out = ((4, 3), (3, 4), (5, 4), (4, 5), (3, 1), (1, 3))[int(rng.integers(6))]
    return CupMatch(name, home, away, day, drawn, float(rates[0][0]), float(rates[1][0]), goals, extra, shoot_out)


def _goals(rates: Any, share: float, rng: np.random.Generator) -> tuple[int, int]:
    home, away = draw_goals(score_matrix(rates[0] * share, rates[1] * share), rng)
    return int(home[0]), int(away[0])
