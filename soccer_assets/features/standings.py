"""League tables as of the morning of any day: points, then goal difference, then the order of ids."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soccer_assets.features.point_in_time import DAYS, TIERS, ClubRows, Codes, PointInTimeIndex, pair
from soccer_assets.scoring import Floats, Ints


@dataclass(frozen=True)
class Lines:
    """Lines of tables, `(q,)` each, NaN where the club is not in the table; `most_played` is of all its clubs."""

    points: Floats
    goal_difference: Floats
    played: Floats
    position: Floats
    most_played: Floats


@dataclass(frozen=True)
class Standings:
    """Rosters and results of every season, laid out as `loops.standing` takes them."""

    season_first: Ints
    club: Ints
    since: Ints
    first: Ints
    day: Ints
    points: Ints
    difference: Ints

    @classmethod
    def from_matches(cls, codes: Codes, on: ClubRows, decided: ClubRows, values: NDArray[np.float32]) -> "Standings":
        """Tables of the matches `decided`.

        Args:
            codes: the numbers of clubs and seasons.
            on: every match, whatever became of it: a club is in the table from its first one.
            decided: the matches that count.
            values: what each row of `decided` recorded: points, goals for and goals against come first.
        """
        clubs = max(len(codes.clubs), 1)
        moments = np.sort(pair(on.season, on.club, clubs) * DAYS + on.day)
        keys = moments // DAYS
        first_rows = np.flatnonzero(np.append(True, np.diff(keys) > 0)[: len(keys)])
        entries = keys[first_rows]
        results = pair(decided.season, decided.club, clubs) * DAYS + decided.day
        order = np.argsort(results, kind="stable")
        first = np.append(np.searchsorted(results[order], entries * DAYS), len(results))
        seasons = np.arange(len(codes.seasons) + 1) * clubs
        return cls(
            season_first=np.searchsorted(entries, seasons),
            club=entries % clubs,
            since=moments[first_rows] % DAYS,
            first=first,
            day=decided.day[order],
            points=_totals(values[order, 0]),
            difference=_totals(values[order, 1] - values[order, 2]),
        )

    def as_of(self, seasons: Ints, clubs: Ints, days: Ints) -> Lines:
        """The lines of clubs in the tables of seasons, from the results before each day."""
        from soccer_assets.features.loops import standing

        own = (self.season_first, self.club, self.since, self.first, self.day, self.points, self.difference)
        return Lines(*standing(seasons, clubs, days, *own))


@dataclass(frozen=True)
class Seasons:
    """The seasons of each league in order; the row -1 is of a season that is not known."""

    start: Ints
    tier: Floats
    order: PointInTimeIndex

    @classmethod
    def from_matches(cls, codes: Codes, on: ClubRows) -> "Seasons":
        start = np.full(len(codes.seasons) + 1, DAYS)
        np.minimum.at(start, on.season, on.day)
        league = codes.league_of_season
        return cls(start, np.append(TIERS[league], np.nan), PointInTimeIndex.from_keys(league, start[:-1]))

    def began(self, seasons: Ints, days: Ints) -> Ints:
        """The first day of each season; the day itself where nothing of the season is known before it."""
        return np.minimum(self.start[seasons], days)


def _totals(values: NDArray[np.float32]) -> Ints:
    return np.append(0, np.cumsum(values, dtype=np.int64))
