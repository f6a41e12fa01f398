"""A season on the morning of a day: its clubs, what their matches have given so far, and the matches left."""

import datetime as dt
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from soccer_assets.predictions.season.rules.rules import Rules
from soccer_assets.predictions.season.standings.ranking import CRITERIA, rank
from soccer_assets.scoring import Ints


@dataclass(frozen=True)
class SeasonState:
    """A season on a date; arrays are of its n clubs in the order of their ids.

    Args:
        league: division code.
        season: 2023/24, or 2023 in a league of calendar years.
        date: results before it count.
        began: the season's first match date.
        rules: the season's.
        clubs: ids.
        names: the source's own names.
        totals: (n, 5) int as of `ranking.TOTALS`; points are those of the regular rounds, less those deducted.
        pairs: (n, n, 3) int as of `ranking.PAIRS`.
        points_after: points won after the split, (n,) int.
        played: matches played, (n,) int.
        deducted: points deducted, (n,) int.
        group: after the split each club's group, (n,) int; a club out of the season is in a lower one; else -1.
        left: home club, away club and leg of the matches left of the regular rounds, (m, 3) int.
        days_ahead: days to each of them, (m,) int.
        fixtures: matches left after the split, (n, n) int, as of `simulation.play`.
    """

    league: str
    season: str
    date: dt.date
    began: dt.date
    rules: Rules
    clubs: tuple[str, ...]
    names: tuple[str, ...]
    totals: Ints
    pairs: Ints
    points_after: Ints
    played: Ints
    deducted: Ints
    group: Ints
    left: Ints
    days_ahead: Ints
    fixtures: Ints

    @property
    def hashes(self) -> NDArray[np.uint64]:
        """64 bits of each club in this season, (n,): they make its random numbers."""
        texts = (f"{self.league} {self.season} {club}".encode() for club in self.clubs)
        return np.array([int.from_bytes(blake2b(text, digest_size=8).digest()) for text in texts], dtype=np.uint64)

    @property
    def points(self) -> Ints:
        """Points that count now, (n,)."""
        if not self.is_split:
            return self.totals[:, 0]
        p = self.totals[:, 0]
        kept = {"full": p, "half_up": -(-p // 2), "half_down": p // 2}
        how = [self.rules.groups[number].carried for number in self.group]
        return np.array([kept[name][club] for club, name in enumerate(how)], dtype=np.int64) + self.points_after

    @property
    def is_split(self) -> bool:
        """Whether the groups that the clubs end the season in are known."""
        return bool(self.rules.groups) and bool(self.group.min() >= 0)

    def table(self, final: bool = False) -> Ints:
        """Position of each club now, from 1, (n,), by the order of the running table or of the final one."""
        criteria = codes(self.rules.order if final else self.rules.running_order)
        order = np.arange(len(self.clubs))
        rank(self.points, self.totals, self.pairs, self.group, criteria, np.arange(len(order)) * 1.0, order)
        return np.argsort(order) + 1


def codes(criteria: tuple[str, ...]) -> Ints:
    """Places of criteria in `ranking.CRITERIA`, (k,)."""
    return np.array([CRITERIA.index(name) for name in criteria], dtype=np.int64)
