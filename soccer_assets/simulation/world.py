"""The synthetic world: clubs whose strength drifts, seasons and cups they play, and prices on every match.

The current season is simulated to its end, matches after today included, so that a test can let days pass
by asking the publishers for later ones. Nothing else may show a result that is still to come.
"""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.bookmakers import Views, market_views, prices
from soccer_assets.simulation.clubs import MOST_CLUBS, PYRAMIDS
from soccer_assets.simulation.decoys import sideshows
from soccer_assets.simulation.latent_strengths import draw_strengths
from soccer_assets.simulation.match_simulation import statistics
from soccer_assets.simulation.season_calendar import Season, current_season, finished_season
from soccer_assets.simulation.seasons import play
from soccer_assets.simulation.source_identities import club_names, events

MOVED_LEAGUE: Final = "E0"
STREAMS: Final = (
    "strengths", "fixtures", "goals", "statistics", "prices", "moved", "disruptions", "cups", "cup_market", "names",
    "sideshows",
)  # fmt: skip


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
    """A world as made for `today`, with its truth.

    `matches` has a row per league match, in order of kick-off: `key` (its identity), country, league, season_start,
    match_date and kick_off (UK local, as published), home, away, the true p_home, p_draw, p_away and mean goals
    home_rate, away_rate, then goals, statistics and odds under football-data.co.uk's names, and the market's view of
    the mean goals, early_home .. late_away. `cups` has the same of the cup matches, with `league` the cup, its
    `round`, the day it was `drawn_on`, goals of extra time ETHG, ETAG and penalties PHG, PAG, and no odds.

    `disruptions` has a row per match that was moved, postponed or awarded (`kind`): its key, from_date and
    from_kick_off, where it stood before, and known_on, the first day on which its new date or result is known.

    `names` has a row per club and source: country, club, source, source_id, name. `events` has a row per match and
    source that shows it: source, event_id, key, home and away as written there (with slips of the pen), home_id and
    away_id. `sideshows` are the events of Fonbet that are no match of this world: event_id, kind, match_date, kick_off,
    segment, home, away, goals, and the key of the match they stand beside. `strengths` has a row per club and week:
    the `week`'s Monday, and attack and defence in log mean goals.
    """

    today: dt.date
    seed: int
    matches: pl.DataFrame
    cups: pl.DataFrame
    disruptions: pl.DataFrame
    names: pl.DataFrame
    events: pl.DataFrame
    sideshows: pl.DataFrame
    strengths: pl.DataFrame
    moved: Moved


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


def _disruptions(matches: pl.DataFrame, moved: Moved, today: dt.date) -> pl.DataFrame:
    columns = ["key", "kind", "from_date", "from_kick_off", "known_on"]
    rescheduled = matches.filter(league=moved.league, home=moved.home, away=moved.away, match_date=moved.to_date)
    change = {"kind": "moved", "from_date": moved.from_date, "from_kick_off": moved.from_kick_off, "known_on": today}
    one = rescheduled.with_columns(**{name: pl.lit(value) for name, value in change.items()})
    return pl.concat([matches.filter(pl.col("kind").is_not_null()).select(columns), one.select(columns)])


def _played(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The matches with half-time goals and statistics."""
    rates = {"H": frame["home_rate"].to_numpy(), "A": frame["away_rate"].to_numpy()}
    goals = {side: frame[f"FT{side}G"].to_numpy() for side in "HA"}
    return frame.hstack(pl.DataFrame(statistics(goals, rates, rng)))


def _views(frame: pl.DataFrame, rng: np.random.Generator) -> tuple[Views, pl.DataFrame]:
    views = market_views(frame.select("home_rate", "away_rate").to_numpy().T, rng)
    names = ("early_home", "early_away", "late_home", "late_away")
    return views, pl.DataFrame(dict(zip(names, (*views.early, *views.late), strict=True)))


def make_world(today: dt.date, seed: int = 0, seasons: float = 2.5, clubs: int = 16, bias: float = 0.0) -> World:
    """A world of `clubs` clubs in each league with about `seasons` seasons played before `today`.

    Whole finished seasons come before the current one, as many as bring the total nearest to `seasons`. Without a
    `bias` no bookmaker's prices hold an edge for who knows no more than the market; with one of 0.3, say, the
    bookmaker `bookmakers.BIASED` sets the side at home too low by as much in the log of the ratio of mean goals.
    Equal arguments give an equal world.

    Raises:
        ValueError: `clubs` is odd or out of range, or `seasons` is not positive.
    """
    if clubs % 2 or not 4 <= clubs <= MOST_CLUBS:
        raise ValueError(f"clubs: expected an even number from 4 to {MOST_CLUBS}, found {clubs}")
    if seasons <= 0:
        raise ValueError(f"seasons: expected more than 0, found {seasons}")
    children = np.random.SeedSequence(seed).spawn(len(STREAMS))
    streams = {name: np.random.default_rng(child) for name, child in zip(STREAMS, children, strict=True)}
    leagues: list[pl.DataFrame] = []
    cups: list[pl.DataFrame] = []
    strengths: list[pl.DataFrame] = []
    for country, tiers in PYRAMIDS.items():
        calendar = _seasons(tiers[0], today, seasons, clubs)
        last = calendar[-1].first + dt.timedelta(weeks=calendar[-1].weeks)
        skill = draw_strengths(country, clubs * len(tiers), calendar[0].first, last, streams["strengths"])
        of_leagues, of_cups = play(tiers, calendar, skill, today, streams)
        leagues, cups = leagues + of_leagues, cups + of_cups
        strengths.append(skill.table(country))
    order = ["match_date", "kick_off", "league", "home"]
    key = pl.concat_str("league", "season_start", pl.coalesce("^round$", pl.lit("")), "home", "away", separator="/")
    matches = _played(pl.concat(leagues).sort(order), streams["statistics"])
    cup_matches = _played(pl.concat(cups).sort(order), streams["cups"])
    matches, cup_matches = (frame.with_columns(key=key) for frame in (matches, cup_matches))
    season = current_season(MOVED_LEAGUE, today, 2 * (clubs - 1))
    moved = _moved(matches, season, streams["moved"])
    disruptions = _disruptions(matches, moved, today)
    views, seen = _views(matches, streams["prices"])
    matches = matches.drop("home_id", "away_id", "kind", "from_date", "from_kick_off", "known_on").hstack(seen)
    matches = matches.hstack(prices(views, bias, streams["prices"]))
    cup_matches = cup_matches.hstack(_views(cup_matches, streams["cup_market"])[1])
    strength = pl.concat(strengths)
    names = club_names(strength.select("country", "club").unique(maintain_order=True), streams["names"])
    listed = events(matches, cup_matches, names, streams["names"])
    decoys = sideshows(matches, listed.filter(source="fonbet"), streams["sideshows"])
    return World(today, seed, matches, cup_matches, disruptions, names, listed, decoys, strength, moved)
