"""Seasons as they are played: a country's leagues with promotion and relegation, and its cup."""

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.clubs import CONDITIONS
from soccer_assets.simulation.cups import CUPS, KICK_OFF_MINUTE, CupMatch, cup_weeks, play_cup
from soccer_assets.simulation.disruptions import AWARDED_GOALS, decide, postpone
from soccer_assets.simulation.latent_strengths import Strengths
from soccer_assets.simulation.match_simulation import draw_goals
from soccer_assets.simulation.score_matrix import result_probabilities, score_matrix
from soccer_assets.simulation.season_calendar import FixtureList, Season, fixture_list, free_midweeks, minutes

Int = NDArray[np.int64]
Streams = dict[str, np.random.Generator]

#: A cup may have no match, and its matches no extra time.
_CUP_TYPES: dict[str, Any] = {name: pl.String for name in ("country", "league", "round", "home", "away")}
_CUP_TYPES |= {name: pl.Int64 for name in ("season_start", "FTHG", "FTAG", "ETHG", "ETAG", "PHG", "PAG")}
_CUP_TYPES |= {"drawn_on": pl.Date, "match_date": pl.Date, "kick_off": pl.Time}


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


def _clock(minutes: Int) -> list[dt.time]:
    return [dt.time(*divmod(minute, 60)) for minute in minutes.tolist()]


def _dates(ordinals: Int) -> list[dt.date]:
    return [dt.date.fromordinal(day) for day in ordinals.tolist()]


def _league_season(
    league: str,
    season: Season,
    fixtures: FixtureList,
    spare: list[int],
    today: dt.date,
    strengths: Strengths,
    rng: Streams,
) -> pl.DataFrame:
    """A season's matches, with what disrupted them in `kind` (null: nothing) and the columns after it."""
    minute = int(minutes(CONDITIONS[league].midweek)[0])
    final, postponed = postpone(fixtures, spare, minute, today, rng["disruptions"])
    home, away = final.home, final.away
    rates = strengths.rates(league, home, away, final.day)
    matrix = score_matrix(*rates)
    goals = np.stack(draw_goals(matrix, rng["goals"]))
    decision = decide(final.day, today, rng["disruptions"])
    decided = AWARDED_GOALS * np.stack((decision.to_home, ~decision.to_home))
    goals = np.where(decision.awarded, decided, goals)
    was_postponed = np.isin(np.arange(len(home)), postponed)
    clubs = np.array(strengths.names)
    return pl.DataFrame(
        {
            "country": [LEAGUES[league].country] * len(home),
            "league": [league] * len(home),
            "season_start": [season.start] * len(home),
            "match_date": _dates(final.day),
            "kick_off": _clock(final.minute),
            "home": clubs[home].tolist(),
            "away": clubs[away].tolist(),
            **dict(zip(("p_home", "p_draw", "p_away"), result_probabilities(matrix).T, strict=True)),
            **dict(zip(("home_rate", "away_rate", "FTHG", "FTAG"), (*rates, *goals), strict=True)),
            "home_id": home,
            "away_id": away,
            "kind": pl.Series(np.where(decision.awarded, "awarded", np.where(was_postponed, "postponed", ""))).replace(
                "", None
            ),
            "from_date": _dates(np.where(decision.awarded, final.day, fixtures.day)),
            "from_kick_off": _clock(np.where(decision.awarded, final.minute, fixtures.minute)),
            "known_on": _dates(np.where(decision.awarded, decision.decided, fixtures.day)),
        }
    )


def _cup_season(country: str, season: Season, cup: list[CupMatch], names: tuple[str, ...]) -> pl.DataFrame:
    rates = np.array([(match.home_rate, match.away_rate) for match in cup]).reshape(-1, 2).T
    chances = result_probabilities(score_matrix(*rates))
    pairs: dict[str, list[Any]] = {
        "FT": [m.goals for m in cup],
        "ET": [m.extra or (None, None) for m in cup],
        "P": [m.penalties or (None, None) for m in cup],
    }
    return pl.DataFrame(
        {
            "country": [country] * len(cup),
            "league": [CUPS[country]] * len(cup),
            "season_start": [season.start] * len(cup),
            "round": [match.round for match in cup],
            "drawn_on": [dt.date.fromordinal(match.drawn) for match in cup],
            "match_date": [dt.date.fromordinal(match.day) for match in cup],
            "kick_off": [dt.time(*divmod(KICK_OFF_MINUTE, 60))] * len(cup),
            "home": [names[match.home] for match in cup],
            "away": [names[match.away] for match in cup],
            **dict(zip(("p_home", "p_draw", "p_away"), chances.T, strict=True)),
            **dict(zip(("home_rate", "away_rate"), rates, strict=True)),
            **{f"{p}{s}G": [goals[i] for goals in pairs[p]] for p in pairs for i, s in enumerate("HA")},
        },
        schema_overrides=_CUP_TYPES,
    )


def play(
    leagues: Sequence[str], seasons: list[Season], strengths: Strengths, today: dt.date, streams: Streams
) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """Every season of a country's leagues and of its cup; neighbours exchange two or three clubs each summer.

    League matches carry home_id and away_id, positions in the country's clubs, and how they were disrupted: kind
    (null if they were not), from_date, from_kick_off, known_on.
    """
    country = LEAGUES[leagues[0]].country
    tiers = np.arange(len(strengths.names)).reshape(len(leagues), -1)
    movers = 3 if tiers.shape[1] >= 12 else 2
    played: list[pl.DataFrame] = []
    cups: list[pl.DataFrame] = []
    for season in seasons:
        lists = []
        for league, members in zip(leagues, tiers, strict=True):
            clubs = streams["fixtures"].permutation(members)
            drawn = fixture_list(league, season, len(clubs), streams["fixtures"])
            lists.append(FixtureList(clubs[drawn.home], clubs[drawn.away], drawn.day, drawn.minute))
        free = free_midweeks(season, lists)
        weeks = cup_weeks(tiers.size, free)
        spare = [tuesday for tuesday in free if tuesday not in weeks]
        tables = [
            _league_season(league, season, fixtures, spare, today, strengths, streams)
            for league, fixtures in zip(leagues, lists, strict=True)
        ]
        played += tables
        together = FixtureList(*(np.concatenate(part) for part in zip(*map(_parts, lists), strict=True)))
        cup = list(play_cup(leagues[0], tiers, weeks, together, strengths, streams["cups"]))
        cups.append(_cup_season(country, season, cup, strengths.names))
        tiers = np.stack([_ranking(clubs, matches) for clubs, matches in zip(tiers, tables, strict=True)])
        for upper, lower in itertools.pairwise(tiers):
            upper[-movers:], lower[:movers] = lower[:movers].copy(), upper[-movers:].copy()
    return played, cups


def _parts(fixtures: FixtureList) -> tuple[Int, Int, Int, Int]:
    return fixtures.home, fixtures.away, fixtures.day, fixtures.minute
