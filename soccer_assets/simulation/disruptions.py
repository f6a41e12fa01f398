"""What keeps a match from being played, or from counting as played, on its day.

A postponed match is called off on its morning and played weeks later; an awarded one is abandoned, and its result
decided off the pitch days later. Both happen in the past of a world alone, so that what is coming is known.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from soccer_assets.simulation.season_calendar import FixtureList, midweek_day

POSTPONED_SHARE: Final = 0.02
LEAST_DELAY_DAYS: Final = 10
AWARDED_SHARE: Final = 0.004
AWARDED_GOALS: Final = 3
LONGEST_DECISION_DAYS: Final = 21
SETTLED_DAYS: Final = 60  # no match of the last weeks before today is awarded

Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Decision:
    """Results by decision: for whom (`True` home) and the ordinal of the day, where `awarded`."""

    awarded: Bool
    to_home: Bool
    decided: Int


def postpone(
    fixtures: FixtureList, free: list[int], minute: int, today: dt.date, rng: np.random.Generator
) -> tuple[FixtureList, Int]:
    """The list with some matches of before `today` on one of the `free` midweeks (ordinals of Tuesdays).

    Also the position of each postponed match. A club plays one postponed match a week at most, and rests.
    """
    day, minutes, busy = fixtures.day.copy(), fixtures.minute.copy(), set[tuple[int, int]]()
    postponed = []
    for match in np.flatnonzero(rng.random(len(day)) < POSTPONED_SHARE):
        clubs = (int(fixtures.home[match]), int(fixtures.away[match]))
        later = [
            tuesday
            for tuesday in free
            if tuesday >= day[match] + LEAST_DELAY_DAYS and not {(club, tuesday) for club in clubs} & busy
        ]
        if day[match] >= today.toordinal() or not later:
            continue
        tuesday = later[int(rng.integers(min(6, len(later))))]
        busy |= {(club, tuesday) for club in clubs}
        day[match], minutes[match] = midweek_day(tuesday, clubs, fixtures), minute
        postponed.append(match)
    return FixtureList(fixtures.home, fixtures.away, day, minutes), np.array(postponed, dtype=np.int64)


def decide(day: Int, today: dt.date, rng: np.random.Generator) -> Decision:
    """Which of the matches on those days are awarded."""
    awarded = (rng.random(len(day)) < AWARDED_SHARE) & (day < today.toordinal() - SETTLED_DAYS)
    decided = day + rng.integers(5, LONGEST_DECISION_DAYS, len(day))
    return Decision(awarded, rng.random(len(day)) < 0.5, decided)
