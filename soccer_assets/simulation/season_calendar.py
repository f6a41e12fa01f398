"""Where a season lies in the calendar, and which match is played when.

A demo may start on any day of the year and must find matches to forecast, so the current season is moved to
today, under one law that outranks all others: **every match lies inside its season's own year** - 1 July to
30 June for an autumn league, 1 January to 31 December for a calendar-year league - because a fixture list
names no season and its readers can only tell it from the date. The rule:

- The anchor is the first Saturday after today. It belongs to the current season and always has a round.
- The season is centred on the anchor as far as its year allows, and near the turn of the year it is
  shortened, down to as many weeks as it has weekend rounds, to stay about half way.
- In the few weeks where even that is not enough, the season has just begun or is about to end. When the
  anchor is its very first weekend, nothing of the season has been played.

Finished seasons lie where they do in life: from August to May, and from March to November.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from soccer_assets.leagues import LEAGUES, SEASON_TURNS_MONTH
from soccer_assets.simulation.clubs import CONDITIONS

LONGEST_WEEKS: Final = 39
REST_DAYS: Final = 3  # the least from one match of a club to its next
WEEK: Final = dt.timedelta(weeks=1)

Int = NDArray[np.int64]


@dataclass(frozen=True)
class Season:
    """The weekends of one season, from the `first` Saturday; the one numbered `anchor` surely has a round."""

    start: int
    first: dt.date
    weeks: int
    anchor: int = 0


@dataclass(frozen=True)
class FixtureList:
    """A season's matches: clubs as positions, days as ordinals, kick-offs as minutes of the UK day."""

    home: Int
    away: Int
    day: Int
    minute: Int


def saturday_from(day: dt.date) -> dt.date:
    """The first Saturday on or after `day`."""
    return day + dt.timedelta(days=(5 - day.weekday()) % 7)


def weekend_rounds(rounds: int) -> int:
    """How many of the rounds are played at weekends; the rest are midweek."""
    return rounds - rounds // 5


def _usual_weeks(rounds: int) -> int:
    return min(LONGEST_WEEKS, round(1.6 * weekend_rounds(rounds)))


def current_season(league: str, today: dt.date, rounds: int) -> Season:
    """The season in progress at `today`: about half way wherever its year allows."""
    anchor = saturday_from(today + dt.timedelta(days=1))
    start = LEAGUES[league].season_start(anchor)
    month = 1 if LEAGUES[league].calendar_year else SEASON_TURNS_MONTH
    before = (anchor - saturday_from(dt.date(start, month, 1))) // WEEK
    after = (dt.date(start + 1, month, 1) - dt.timedelta(days=1) - anchor) // WEEK
    weeks = max(weekend_rounds(rounds), min(_usual_weeks(rounds), 2 * min(before, after) + 1))
    number = max(min(weeks // 2, before), weeks - 1 - after)
    return Season(start, anchor - number * WEEK, weeks, number)


def finished_season(league: str, start: int, rounds: int) -> Season:
    """The season of year `start` in its natural place."""
    opening = dt.date(start, 3, 1) if LEAGUES[league].calendar_year else dt.date(start, 8, 8)
    return Season(start, saturday_from(opening), _usual_weeks(rounds))


def double_round_robin(clubs: int) -> NDArray[np.int64]:
    """Each club at home to each other once, by the circle method, as (rounds, matches, home and away)."""
    circle = np.arange(1, clubs)
    pairs = np.empty((clubs - 1, clubs // 2, 2), dtype=np.int64)
    for number in range(clubs - 1):
        order = np.concatenate(([0], np.roll(circle, number)))
        pairs[number, :, 0], pairs[number, :, 1] = order[: clubs // 2], order[: clubs // 2 - 1 : -1]
        swapped = np.arange(clubs // 2) % 2 == 1
        swapped[0] = number % 2 == 1
        pairs[number, swapped] = pairs[number, swapped, ::-1]
    return np.concatenate((pairs, pairs[:, :, ::-1]))


def _spread(weeks: list[int], count: int, rng: np.random.Generator) -> list[int]:
    """`count` of the weeks, equally far apart from a random offset on, so that breaks are short."""
    offset = rng.random()
    return [weeks[int((number + offset) * len(weeks) / count)] for number in range(count)]


def _round_days(season: Season, rounds: int, rng: np.random.Generator) -> list[tuple[int, bool]]:
    """First possible day of each round, and whether it is a midweek round.

    The first and the last weekend, the anchor and the one before it always have a round.
    """
    always = {0, max(0, season.anchor - 1), season.anchor, season.weeks - 1}
    others = [week for week in range(season.weeks) if week not in always]
    weekends = [*always, *_spread(others, weekend_rounds(rounds) - len(always), rng)]
    midweeks = _spread(list(range(season.weeks - 1)), rounds - weekend_rounds(rounds), rng)
    first = season.first.toordinal()
    return sorted([(first + 7 * w, False) for w in weekends] + [(first + 7 * w + 3, True) for w in midweeks])


def minutes(clock: tuple[str, ...]) -> Int:
    """Minutes of the day of times `HH:MM`."""
    return np.array([int(at[:2]) * 60 + int(at[3:]) for at in clock])


def fixture_list(league: str, season: Season, clubs: int, rng: np.random.Generator) -> FixtureList:
    """Dates and kick-offs of a double round robin.

    Weekend matches are on Saturday or Sunday, midweek matches on Tuesday or Wednesday; a club rests
    `REST_DAYS`. The last round is played on one day at one hour.
    """
    conditions = CONDITIONS[league]
    saturday, sunday, midweek = map(minutes, (conditions.saturday, conditions.sunday, conditions.midweek))
    pairs = double_round_robin(clubs)
    last = np.zeros(clubs, dtype=np.int64)
    days, clock = np.empty((2, *pairs.shape[:2]), dtype=np.int64)
    for number, (first, is_midweek) in enumerate(_round_days(season, len(pairs), rng)):
        later = rng.random(clubs // 2) < (0.5 if is_midweek else conditions.sunday_share)
        later |= (first - last[pairs[number]] < REST_DAYS).any(axis=1)
        early_hours, late_hours = (midweek, midweek) if is_midweek else (saturday, sunday)
        if number == len(pairs) - 1:
            later[:], early_hours = False, saturday[:1]
        days[number] = first + later
        clock[number] = np.where(later, rng.choice(late_hours, len(later)), rng.choice(early_hours, len(later)))
        last[pairs[number]] = days[number][:, None]
    return FixtureList(pairs[:, :, 0].ravel(), pairs[:, :, 1].ravel(), days.ravel(), clock.ravel())


def free_midweeks(season: Season, lists: list[FixtureList]) -> list[int]:
    """Ordinals of the Tuesdays in the season's weeks in which none of the lists has a midweek match."""
    first = season.first.toordinal()
    taken = {(day - first) // 7 for fixtures in lists for day in fixtures.day.tolist() if (day - first) % 7 > 1}
    return [first + 7 * week + 3 for week in range(season.weeks - 1) if week not in taken]


def midweek_day(tuesday: int, clubs: tuple[int, int], fixtures: FixtureList) -> int:
    """Tuesday, or Wednesday when one of the clubs plays on the Sunday before."""
    on_sunday = fixtures.day == tuesday - 2
    plays = np.isin(clubs, np.concatenate((fixtures.home[on_sunday], fixtures.away[on_sunday])))
    return tuesday + int(plays.any())
