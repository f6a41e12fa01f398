"""The clubs of each league by name and id, and whether a fixture between two of them can be forecast.

The API asks before it queues a job and the worker asks again before it forecasts, with the same words.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from serving.jobs.contracts import Fixture
from soccer_assets.club_ids import team_id
from soccer_assets.errors import ForecastRefusedError
from soccer_assets.leagues import LEAGUES

CLOSEST = 5


@dataclass(frozen=True)
class Club:
    """A club: its id and the name its source uses."""

    id: str
    name: str


@dataclass(frozen=True)
class ResolvedFixture:
    """A fixture between two clubs of a league."""

    league: str
    home: Club
    away: Club
    date: dt.date


class Clubs:
    """The clubs that ever played, or are to play, in each league."""

    def __init__(self, matches: pl.DataFrame) -> None:
        sides = [matches.select("league", "match_date", id=f"{side}_id", name=side) for side in ("home", "away")]
        names = pl.concat(sides).sort("match_date").unique(["league", "id", "name"], keep="last", maintain_order=True)
        self._leagues: dict[str, dict[str, Club]] = {}
        #: The id of a club by each of its names as `team_id` spells it; a name of two clubs is the newest one's.
        self._ids: dict[tuple[str, str], str] = {}
        for league, id_, name in names.select("league", "id", "name").iter_rows():
            self._leagues.setdefault(league, {})[id_] = Club(id_, name)
            self._ids[league, team_id(LEAGUES[league].country, name)] = id_
        self.newest_result: dt.date | None = newest_result(matches)

    def resolve(self, fixture: Fixture, horizon_days: int) -> ResolvedFixture:
        """The fixture with its clubs; it may be played up to `horizon_days` after the newest result.

        Raises:
            ForecastRefusedError: unknown league or club, a club against itself, or a date out of range.
        """
        home, away = (self.club(fixture.league, name) for name in (fixture.home, fixture.away))
        if home == away:
            raise ForecastRefusedError("same-club", f"expected two clubs, found {home.name} at home and away")
        self._check(fixture.date, dt.timedelta(days=horizon_days))
        return ResolvedFixture(fixture.league, home, away, fixture.date)

    def sample(self) -> list[Fixture]:
        """A fixture of each league, on the day after the newest result."""
        if self.newest_result is None:
            return []
        date = self.newest_result + dt.timedelta(days=1)
        pairs = {league: list(clubs)[-2:] for league, clubs in self._leagues.items()}
        return [Fixture(league, pair[0], pair[1], date) for league, pair in pairs.items() if len(pair) > 1]

    def club(self, league: str, name: str) -> Club:
        """A club of the league by id, or by name without regard to case and accents.

        Raises:
            ForecastRefusedError: unknown league, league without matches, or unknown club; says which come closest.
        """
        if league not in LEAGUES:
            raise ForecastRefusedError("unknown-league", f"expected a division code, found {league!r}", sorted(LEAGUES))
        clubs = self._leagues.get(league, {})
        if not clubs:
            raise ForecastRefusedError(
                "league-without-matches",
                f"{league} is known, but the lake holds no match of it: acquire it, or choose one it holds",
                sorted(self._leagues),
            )
        spelled = team_id(LEAGUES[league].country, name)
        club = clubs.get(name) or clubs.get(self._ids.get((league, spelled), spelled))
        if club is None:
            country, title = LEAGUES[league].country, LEAGUES[league].name
            raise ForecastRefusedError(
                "unknown-club",
                f"expected a club of {league} ({country}, {title}), found {name!r}; `known` lists the closest names",
                closest(name, [other.name for other in clubs.values()]),
            )
        return club

    def _check(self, date: dt.date, horizon: dt.timedelta) -> None:
        first = self.newest_result
        if first is None:
            raise ForecastRefusedError("league-without-matches", "the lake holds no finished match to learn from")
        last = first + horizon
        if not first <= date <= last:
            raise ForecastRefusedError(
                "date-out-of-range",
                f"expected a date from {first}, the newest result, to {last}, found {date}",
                [str(first), str(last)],
            )


def newest_result(matches: pl.DataFrame) -> dt.date | None:
    """Date of the newest finished match."""
    newest: dt.date | None = matches.filter(pl.col("status") == "finished")["match_date"].max()  # type: ignore[assignment]
    return newest


def closest(name: str, names: list[str]) -> list[str]:
    """The names that look most like this one, best first."""
    from rapidfuzz import process, utils

    return [club for club, _, _ in process.extract(name, names, processor=utils.default_process, limit=CLOSEST)]
