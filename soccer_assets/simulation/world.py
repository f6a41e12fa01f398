"""The synthetic world: clubs whose strength drifts, seasons they play, and prices on every match.

The current season is simulated to its end, matches after today included, so that a test can let days pass
by asking `football_data.files` for later ones. Nothing else may show a result that is still to come.
"""

import datetime as dt
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.bookmakers import prices
from soccer_assets.simulation.clubs import CONDITIONS, MOST_CLUBS, NAMES, PYRAMIDS
from soccer_assets.simulation.match_play import draw_goals, statistics
from soccer_assets.simulation.score_matrix import Float, result_probabilities, score_matrix
from soccer_assets.simulation.season_calendar import Season, current_season, finished_season, fixture_list

TIER_GAP: Final = 0.15  # in log mean goals, for attack and for defence
QUALITY_SPREAD: Final = 0.20  # sd of what a club's attack and defence share
SKILL_SPREAD: Final = 0.10  # sd of what they do not
WEEKLY_DRIFT: Final = 0.015  # sd of a week's step of the random walk, about the country's mean
MOVED_LEAGUE: Final = "E0"

Int = NDArray[np.int64]
Streams = dict[str, np.random.Generator]


@dataclass(frozen=True)
class Moved:
    """A coming match that the fixture lists of before today showed on another date, also still to come."""

    league: str
    home: str
    away: str
    from_date: dt.date
    from_kick_off: dt.time
    to_date: dt.date


@dataclass(frozen=True, eq=False)
class World:
    """A world as made for `today`.

    `matches` has a row per match, in order of kick-off: league, season_start, match_date and kick_off (UK
    local, as published), home, away, the true p_home, p_draw, p_away and mean goals home_rate, away_rate,
    then goals, statistics and odds under football-data.co.uk's names. `strengths` has a row per club and
    week: the `week`'s Monday, and attack and defence in log mean goals.
    """

    today: dt.date
    seed: int
    matches: pl.DataFrame
    strengths: pl.DataFrame
    moved: Moved


@dataclass(frozen=True)
class _Strengths:
    """Attack and defence as (weeks, clubs), and the ordinal of the first Monday."""

    names: tuple[str, ...]
    monday: int
    attack: Float
    defence: Float

    def rates(self, league: str, home: Int, away: Int, day: Int) -> tuple[Float, Float]:
        week, conditions = (day - self.monday) // 7, CONDITIONS[league]
        base = math.log(conditions.away_goals)
        home_rate = self.attack[week, home] - self.defence[week, away] + base + conditions.home_advantage
        return np.exp(home_rate), np.exp(self.attack[week, away] - self.defence[week, home] + base)

    def table(self, country: str) -> pl.DataFrame:
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


def _strengths(country: str, clubs: int, first: dt.date, last: dt.date, rng: np.random.Generator) -> _Strengths:
    tiers = len(PYRAMIDS[country])
    monday = first.toordinal() - first.weekday()
    weeks = (last.toordinal() - monday) // 7 + 1
    quality = rng.normal(0, QUALITY_SPREAD, clubs) - TIER_GAP * np.repeat(np.arange(tiers), clubs // tiers)
    steps = rng.normal(0, WEEKLY_DRIFT, (2, weeks, clubs))
    steps[:, 0] = quality + rng.normal(0, SKILL_SPREAD, (2, clubs))
    skills = steps.cumsum(axis=1)
    attack, defence = skills - skills.mean(axis=2, keepdims=True)
    names = rng.permutation(NAMES[country])[:clubs].tolist()
    return _Strengths(tuple(names), monday, attack, defence)


def _ranking(clubs: Int, matches: pl.DataFrame) -> Int:
    """The clubs from first to last by points, goal difference and goals."""
    home, away, scored, conceded = matches.select("home_id", "away_id", "FTHG", "FTAG").to_numpy().T
    table = np.zeros((3, clubs.max() + 1))
    for club, goals, against in ((home, scored, conceded), (away, conceded, scored)):
        points = 3 * (goals > against) + (goals == against)
        for row, gained in enumerate((goals, goals - against, points)):
            np.add.at(table[row], club, gained)
    order: Int = clubs[np.lexsort(table[:, clubs])[::-1]]
    return order


def _league_season(league: str, season: Season, clubs: Int, strengths: _Strengths, streams: Streams) -> pl.DataFrame:
    clubs = streams["fixtures"].permutation(clubs)
    fixtures = fixture_list(league, season, len(clubs), streams["fixtures"])
    home, away = clubs[fixtures.home], clubs[fixtures.away]
    home_rate, away_rate = strengths.rates(league, home, away, fixtures.day)
    matrix = score_matrix(home_rate, away_rate)
    home_goals, away_goals = draw_goals(matrix, streams["goals"])
    names = np.array(strengths.names)
    return pl.DataFrame(
        {
            "league": [league] * len(home),
            "season_start": [season.start] * len(home),
            "match_date": [dt.date.fromordinal(day) for day in fixtures.day.tolist()],
            "kick_off": [dt.time(*divmod(minute, 60)) for minute in fixtures.minute.tolist()],
            "home": names[home].tolist(),
            "away": names[away].tolist(),
            **dict(zip(("p_home", "p_draw", "p_away"), result_probabilities(matrix).T, strict=True)),
            "home_rate": home_rate,
            "away_rate": away_rate,
            "FTHG": home_goals,
            "FTAG": away_goals,
            "home_id": home,
            "away_id": away,
        }
    )


def _pyramid_seasons(
    leagues: tuple[str, ...], seasons: list[Season], strengths: _Strengths, streams: Streams
) -> Iterator[pl.DataFrame]:
    """Every season of a country's leagues; neighbours exchange two or three clubs each summer."""
    tiers = np.arange(len(strengths.names)).reshape(len(leagues), -1)
    movers = 3 if tiers.shape[1] >= 12 else 2
    for season in seasons:
        played = [
            _league_season(league, season, clubs, strengths, streams)
            for league, clubs in zip(leagues, tiers, strict=True)
        ]
        yield from played
        tiers = np.stack([_ranking(clubs, matches) for clubs, matches in zip(tiers, played, strict=True)])
        for upper, lower in itertools.pairwise(tiers):
            upper[-movers:], lower[:movers] = lower[:movers].copy(), upper[-movers:].copy()


def _seasons(league: str, today: dt.date, seasons: float, clubs: int) -> list[Season]:
    rounds = 2 * (clubs - 1)
    current = current_season(league, today, rounds)
    finished = max(0, math.floor(seasons - current.anchor / current.weeks + 0.5))
    starts = range(current.start - finished, current.start)
    return [*(finished_season(league, start, rounds) for start in starts), current]


def _moved(matches: pl.DataFrame, season: Season, rng: np.random.Generator) -> Moved:
    """A match of the next weekend, listed for Friday before; for Monday when Friday is in another season."""
    saturday = season.first + dt.timedelta(weeks=season.anchor)
    weekend = matches.filter(
        pl.col("league") == MOVED_LEAGUE,
        pl.col("match_date").is_between(saturday, saturday + dt.timedelta(days=1)),
    )
    match = weekend.row(int(rng.integers(weekend.height)), named=True)
    friday, monday = saturday - dt.timedelta(days=1), saturday + dt.timedelta(days=2)
    listed = friday if LEAGUES[MOVED_LEAGUE].season_start(friday) == season.start else monday
    return Moved(MOVED_LEAGUE, match["home"], match["away"], listed, dt.time(20), match["match_date"])


def make_world(today: dt.date, seed: int = 0, seasons: float = 2.5, clubs: int = 16) -> World:
    """A world of `clubs` clubs in each league with about `seasons` seasons played before `today`.

    Whole finished seasons come before the current one, as many as bring the total nearest to `seasons`. Equal
    arguments give an equal world.

    Raises:
        ValueError: `clubs` is odd or out of range, or `seasons` is not positive.
    """
    if clubs % 2 or not 4 <= clubs <= MOST_CLUBS:
        raise ValueError(f"clubs: expected an even number from 4 to {MOST_CLUBS}, found {clubs}")
    if seasons <= 0:
        raise ValueError(f"seasons: expected more than 0, found {seasons}")
    names = ("strengths", "fixtures", "goals", "statistics", "prices", "moved")
    children = np.random.SeedSequence(seed).spawn(len(names))
    streams = {name: np.random.default_rng(child) for name, child in zip(names, children, strict=True)}
    played: list[pl.DataFrame] = []
    strengths: list[pl.DataFrame] = []
    for country, leagues in PYRAMIDS.items():
        calendar = _seasons(leagues[0], today, seasons, clubs)
        last = calendar[-1].first + dt.timedelta(weeks=calendar[-1].weeks)
        skill = _strengths(country, clubs * len(leagues), calendar[0].first, last, streams["strengths"])
        played += _pyramid_seasons(leagues, calendar, skill, streams)
        strengths.append(skill.table(country))
    matches = pl.concat(played).drop("home_id", "away_id").sort("match_date", "kick_off", "league", "home")
    rates = {"H": matches["home_rate"].to_numpy(), "A": matches["away_rate"].to_numpy()}
    goals = {side: matches[f"FT{side}G"].to_numpy() for side in "HA"}
    matches = pl.concat(
        [
            matches,
            pl.DataFrame(statistics(goals, rates, streams["statistics"])),
            prices(rates["H"], rates["A"], streams["prices"]),
        ],
        how="horizontal",
    )
    season = current_season(MOVED_LEAGUE, today, 2 * (clubs - 1))
    return World(today, seed, matches, pl.concat(strengths), _moved(matches, season, streams["moved"]))
