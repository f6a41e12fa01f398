"""Clubs and seasons as numbers, and rows in order of a key and a day.

A query sees the rows of its key strictly before its day. That rule is in `PointInTimeIndex.before` and nowhere else.
"""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.leagues import LEAGUES
from soccer_assets.scoring import Floats, Ints
from soccer_assets.storage.lake import DATE

#: A key and a day are one number: days from 1790 to 2149 are distinct.
DAYS = 2**17
DAY_ZERO = 2**16
UNKNOWN = -1
LEAGUE_CODES = pl.Series(list(LEAGUES))
#: By league; the last is of a league not known.
TIERS = np.array([*(league.tier for league in LEAGUES.values()), np.nan])


def days_of(dates: pl.Series) -> Ints:
    """Dates as days, none of them negative."""
    return dates.to_physical().to_numpy().astype(np.int64) + DAY_ZERO


def pair(major: Ints, minor: Ints, size: int) -> Ints:
    """One number for two codes, the second below `size`; unknown where either is."""
    return np.where((major < 0) | (minor < 0), UNKNOWN, major * size + minor)


@dataclass(frozen=True)
class ClubRows:
    """Codes of the clubs of n matches: the home club's row 2i, the away club's 2i + 1; -1 where a code is unknown."""

    club: Ints
    opponent: Ints
    venue: Ints
    league: Ints
    season: Ints
    day: Ints

    def __len__(self) -> int:
        return len(self.club)

    def at(self, rows: Ints | NDArray[np.bool_]) -> "ClubRows":
        return ClubRows(*(getattr(self, field.name)[rows] for field in fields(self)))


_SEASON = pl.format("{} {}", "league", "season").alias("season")


def coded(names: pl.Series, codes: pl.Series) -> Ints:
    """Return the place of each name among those known; -1 for any other."""
    places = names.replace_strict(codes, np.arange(len(codes)), default=UNKNOWN, return_dtype=pl.Int64)
    return places.cast(pl.Int64).to_numpy()  # without any names the type is not as asked


@dataclass(frozen=True)
class Codes:
    """Numbers of clubs and seasons, in the order of their names."""

    clubs: pl.Series
    seasons: pl.Series

    @classmethod
    def from_matches(cls, matches: pl.DataFrame) -> "Codes":
        clubs = pl.concat([matches["home_id"], matches["away_id"]])
        return cls(clubs.unique().sort(), matches.select(_SEASON).to_series().unique().sort())

    @property
    def league_of_season(self) -> Ints:
        return coded(self.seasons.str.split(" ").list.first(), LEAGUE_CODES)

    def sides(self, matches: pl.DataFrame) -> ClubRows:
        """Two rows a match, in the order given."""
        home, away = (self.of_clubs(matches[f"{side}_id"]) for side in ("home", "away"))
        club, opponent = (np.stack(both, axis=1).ravel() for both in ((home, away), (away, home)))
        season, league = (
            coded(matches.select(_SEASON).to_series(), self.seasons),
            coded(matches["league"], LEAGUE_CODES),
        )
        venue = np.tile(np.arange(2), len(matches))
        return ClubRows(club, opponent, venue, *(codes.repeat(2) for codes in (league, season, days_of(matches[DATE]))))

    def of_clubs(self, ids: pl.Series) -> Ints:
        return coded(ids, self.clubs)

    def keys(self, sides: ClubRows, scope: str) -> Ints:
        """What tells apart whose matches count together in a scope of the catalogue."""
        match scope:
            case "all":
                return sides.club
            case "season":
                return pair(sides.club, sides.season, len(self.seasons))
            case "competition":
                return pair(sides.club, sides.league, len(LEAGUES))
            case "venue":
                return pair(sides.club, sides.venue, 2)
            case _:
                return pair(sides.club, sides.opponent, len(self.clubs))


@dataclass(frozen=True)
class PointInTimeIndex:
    """Row numbers in order of key and day; rows of one key and day stay in the order given.

    `ordinal` says which row of its key a place holds, from 1.
    """

    moments: Ints
    rows: Ints
    ordinal: Ints

    @classmethod
    def from_keys(cls, keys: Ints, days: Ints) -> "PointInTimeIndex":
        moments = keys * DAYS + days
        rows = np.argsort(moments, kind="stable")
        moments = moments[rows]
        places = np.arange(len(moments))
        begins = np.append(True, np.diff(moments // DAYS) > 0)[: len(moments)]
        return cls(moments, rows, places - np.maximum.accumulate(np.where(begins, places, 0)) + 1)

    def before(self, keys: Ints, days: Ints) -> tuple[Ints, Ints]:
        """Places in `rows` of the first row of each key, and just after its newest one before the day."""
        after = np.searchsorted(self.moments, keys * DAYS + days)
        if not len(self.moments):
            return after, after
        # the place before is of another key, or of none at all, where the key has no row before the day
        theirs = (after > 0) & (self.moments[after - 1] // DAYS == keys)
        return after - np.where(theirs, self.ordinal[after - 1], 0), after

    def newest(self, keys: Ints, days: Ints) -> Ints:
        """Row number of the newest row of each key before the day; -1 where there is none."""
        first, after = self.before(keys, days)
        has_row = after > first
        newest = np.full(len(keys), UNKNOWN)
        newest[has_row] = self.rows[after[has_row] - 1]
        return newest

    def days_since(self, keys: Ints, days: Ints) -> Floats:
        """Days from the newest row of each key before the day to the day; NaN where there is none."""
        first, after = self.before(keys, days)
        has_row = after > first
        since = np.full(len(keys), np.nan)
        since[has_row] = days[has_row] - self.moments[after[has_row] - 1] % DAYS
        return since

    def count(self, keys: Ints, days: Ints) -> Ints:
        """Rows of each key before the day."""
        first, after = self.before(keys, days)
        return after - first
