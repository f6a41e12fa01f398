"""A season from a table that somebody gives: what comes of these points and these matches left."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from soccer_assets.errors import SeasonError
from soccer_assets.leagues import LEAGUES
from soccer_assets.predictions.season.forecast import simulate
from soccer_assets.predictions.season.forecast_rows import forecast_rows
from soccer_assets.predictions.season.rules.league_rules import LEAGUE_RULES
from soccer_assets.predictions.season.rules.rules import rules_of
from soccer_assets.predictions.season.standings.counting import SEASON_DAYS
from soccer_assets.predictions.season.standings.ranking import CRITERIA, HEAD_TO_HEAD, PAIRS, TOTALS
from soccer_assets.predictions.season.standings.state import SeasonState
from soccer_assets.predictions.season.strengths import strengths_of

MOST_CLUBS, MOST_MEETINGS = 30, 4
#: Month and day on which a season is taken to begin.
BEGINS_AUTUMN, BEGINS_YEAR = (8, 10), (3, 15)


@dataclass(frozen=True)
class ClubInTable:
    """A line of a table: the club's id and name, its points, and its goals."""

    team_id: str
    name: str
    points: int
    goal_difference: int = 0
    goals_for: int = 0


def season_from_table(
    league: str,
    date: dt.date,
    table: Sequence[ClubInTable],
    left: Sequence[tuple[str, str]] | None,
    ratings: pl.DataFrame,
    runs: int,
    seed: int,
) -> pl.DataFrame:
    """Return rows of `season_forecasts`, a club each, of a season that begins with a table.

    The clubs are as strong as their ratings before the date. Head-to-head matches are not known: clubs that are level
    are ordered by the league's other criteria, and `assumed` has `order`.

    Args:
        league: division code.
        date: the day on whose morning the table stands.
        table: a line a club, in any order.
        left: ids of home and away club of each match left; None: all meet at both grounds.
        ratings: rows of `team_ratings`.
        runs: how often the season is played.
        seed: of all random numbers.

    Raises:
        SeasonError: the league has no rules or a split, a club stands twice in the table, or a match left is none of
            two of its clubs or is there too often.
    """
    start = LEAGUES[league].season_start(date)
    rules = rules_of(LEAGUE_RULES, league, start)
    if rules.groups:
        raise SeasonError(f"{league}: expected a league without a split, found one: a table does not say who met whom")
    clubs = sorted(table, key=lambda line: line.team_id)
    ids = [line.team_id for line in clubs]
    if len(set(ids)) != len(ids) or not 2 <= len(ids) <= MOST_CLUBS:
        twice = sorted({one for one in ids if ids.count(one) > 1})
        raise SeasonError(f"expected 2 to {MOST_CLUBS} clubs, each once, found {len(ids)}, more than once {twice}")
    n = len(ids)
    matches = [(home, away) for home in ids for away in ids if home != away] if left is None else list(left)
    order = tuple(name for name in rules.order if CRITERIA.index(name) < HEAD_TO_HEAD)
    assumed = tuple(dict.fromkeys((*rules.assumed, "order")))
    places = rules.places if n == rules.clubs else {}  # of a part of a league no more is known than who is first
    rules = replace(rules, clubs=n, order=order, order_now=(), places=places, assumed=assumed)
    began = min(date, dt.date(start, *(BEGINS_YEAR if LEAGUES[league].is_of_one_year(date) else BEGINS_AUTUMN)))
    span = max((began + dt.timedelta(days=SEASON_DAYS) - date).days, 7)
    days_ahead = (np.arange(len(matches)) + 0.5) / max(len(matches), 1) * span
    totals = np.zeros((n, len(TOTALS)), np.int64)
    totals[:, :3] = [(line.points, line.goal_difference, line.goals_for) for line in clubs]
    names, season = tuple(line.name for line in clubs), LEAGUES[league].season(date)
    state = SeasonState(
        league, season, date, began, rules, tuple(ids), names,
        totals, np.zeros((n, n, len(PAIRS)), np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64),
        np.zeros(n, np.int64), np.full(n, -1, np.int64), _left(ids, matches), days_ahead.astype(np.int64),
        np.zeros((n, n), np.int64),
    )  # fmt: skip
    strengths = strengths_of(state, ratings)
    return forecast_rows(state, strengths, simulate(state, strengths, runs, seed), seed)


def _left(ids: list[str], matches: list[tuple[str, str]]) -> np.ndarray:
    """Home club, away club and leg of each match, (m, 3).

    Raises:
        SeasonError: a match is none of two clubs of the table, or is there too often.
    """
    rows: list[tuple[int, int, int]] = []
    for home, away in matches:
        if home not in ids or away not in ids or home == away:
            raise SeasonError(f"expected matches between two clubs of the table, found {home} against {away}")
        pair = ids.index(home), ids.index(away)
        leg = sum(row[:2] == pair for row in rows)
        if leg == MOST_MEETINGS:
            raise SeasonError(
                f"expected at most {MOST_MEETINGS} matches left of a pair at one ground, found more of {home} at home "
                f"to {away}"
            )
        rows.append((*pair, leg))
    return np.array(rows, dtype=np.int64).reshape(-1, 3)
