"""From the matches of a season to its state on the morning of a day.

Of matches on that day or later no more is read than who meets whom, and of those only what is published ahead.
"""

import datetime as dt
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from soccer_assets.errors import SeasonError
from soccer_assets.matches.schema import ON, SCORED
from soccer_assets.predictions.season.rules import facts
from soccer_assets.predictions.season.rules.rules import Rules
from soccer_assets.predictions.season.simulation import EITHER
from soccer_assets.predictions.season.standings.ranking import PAIRS, TOTALS, rank
from soccer_assets.predictions.season.standings.state import SeasonState, codes
from soccer_assets.scoring import Ints
from soccer_assets.storage.lake import DATE

#: Fixtures are known so many days ahead.
PUBLISHED_DAYS: Final = 14
#: A season ends so many days after its first match, unless it has already lasted longer: then a week from now.
SEASON_DAYS: Final = 280
#: From this share of the regular rounds on, a further match of a pair is one after them: one of the rounds may be late.
OVER: Final = 0.95
#: Goals of the side that is awarded a match.
AWARDED: Final = 3
EXAMPLES: Final = 5

#: Home club, away club and days ahead of a fixture; home club, away club and both sides' goals.
Fixture = tuple[int, int, int]
Score = tuple[int, int, int, int]


def season_state(matches: pl.DataFrame, rules: Rules, date: dt.date) -> SeasonState:
    """Return the season on the morning of a date.

    Args:
        matches: rows of the table `matches` of one league and season.
        rules: the season's.
        date: results before it count.

    Raises:
        SeasonError: the season has no fixtures, another number of clubs, or a match that is played twice.
    """
    ahead = pl.col(DATE) <= date + dt.timedelta(days=PUBLISHED_DAYS)
    listed = matches.filter(ahead, pl.col("status").is_in(ON)).sort(DATE, "match_id")
    if listed.is_empty():
        raise SeasonError(
            f"expected matches or fixtures of the season up to {PUBLISHED_DAYS} days after {date}, found none: "
            "forecast it when its fixtures are published"
        )
    league, season, began = listed.select("league", "season", DATE).row(0)
    names = _clubs(listed, rules.clubs, f"{league} {season} on {date}")
    clubs = tuple(names)
    listed = listed.filter(pl.all_horizontal(pl.col("home_id", "away_id").is_in(clubs)))
    number = {club: index for index, club in enumerate(clubs)}
    played = listed.filter(pl.col(DATE) < date, pl.col("status").is_in(SCORED)).drop_nulls("home_goals")
    coming = listed.filter(pl.col(DATE) >= date, pl.col("status").is_in(ON))
    scores = [
        (number[home], number[away], x, y)
        for home, away, x, y in played.select("home_id", "away_id", "home_goals", "away_goals").iter_rows()
    ]
    fixtures = [
        (number[home], number[away], (day - date).days)
        for home, away, day in coming.select("home_id", "away_id", DATE).iter_rows()
    ]
    n = len(clubs)
    state = SeasonState(
        league, season, date, began, rules, clubs, tuple(names.values()),
        np.zeros((n, len(TOTALS)), np.int64), np.zeros((n, n, len(PAIRS)), np.int64),
        np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64), np.full(n, -1, np.int64),
        np.empty((0, 3), np.int64), np.empty(0, np.int64), np.zeros((n, n), np.int64),
    )  # fmt: skip
    return _counted(state, scores, fixtures)


def _clubs(listed: pl.DataFrame, clubs: int, name: str) -> dict[str, str]:
    """Names of the season's clubs by id; the opponents of promotion and relegation matches, with fewer, are left out.

    Raises:
        SeasonError: there are fewer, or nobody can say which ones are too many.
    """
    sides = [listed.select(club=f"{side}_id", name=side) for side in ("home", "away")]
    rows = pl.concat(sides).group_by("club").agg(pl.col("name").last(), matches=pl.len())
    rows = rows.sort("matches", "club", descending=[True, False])
    matches = rows["matches"].to_list()
    if len(rows) < clubs or (len(rows) > clubs and matches[clubs - 1] == matches[clubs]):
        raise SeasonError(
            f"{name}: expected {clubs} clubs by its rules, found {len(rows)} in the matches up to {PUBLISHED_DAYS} "
            f"days ahead, such as {', '.join(rows['club'].head(EXAMPLES))}: "
            "wait for the fixtures of all of them, or mend season/rules/league_rules.py"
        )
    return dict(rows.head(clubs).sort("club").select("club", "name").rows())


def _counted(state: SeasonState, scores: list[Score], fixtures: list[Fixture]) -> SeasonState:
    """The state with points deducted, the matches played counted, and those left by the rules."""
    rules, n = state.rules, len(state.clubs)
    for one in facts.DEDUCTIONS:
        if _is_known(one, state):
            state.deducted[state.clubs.index(one.team_id)] += one.points
    state.totals[:, 0] -= state.deducted
    out = _withdrawn(state, "expunged")
    if rules.groups and out:
        raise SeasonError(
            f"{state.league} {state.season} on {state.date}: expected no club to leave a season with a split, found "
            f"{state.clubs[out[0]]}: no rules of such a season are known"
        )
    regular, after = np.zeros((n, n), np.int64), np.zeros((n, n), np.int64)
    in_regular_rounds, group = (n - len(out)) * (n - len(out) - 1) // 2 * rules.meetings, None
    for home, away, x, y in scores:
        if home in out or away in out:
            continue
        if regular[home, away] + regular[away, home] < rules.meetings:
            regular[home, away] += 1
            _require_home(state, regular, home, away)
            _count(state, home, away, x, y, state.totals[:, 0])
        elif regular.sum() < OVER * in_regular_rounds:
            _refuse(state, home, away, int(regular[home, away]) + 1)
        elif rules.groups:
            group = _groups(state) if group is None else group
            left = rules.groups[group[home]].meetings - after[home, away] - after[away, home]
            if group[home] == group[away] and left > 0:  # else it decides on Europe or who stays, beside the table
                after[home, away] += 1
                _count(state, home, away, x, y, state.points_after)
    state.played[:] = sum(meetings.sum(axis=axis) for meetings in (regular, after) for axis in (0, 1))
    left = _left(state, regular, fixtures, out)
    state = replace(state, left=left[:, :3], days_ahead=left[:, 3])
    state.group[out] = 0  # the others are in no group, that is above
    for club in _withdrawn(state, "kept"):
        state = _walked_over(state, club)
    if rules.groups and group is None and not len(state.left):
        group = _groups(state)
    return state if group is None else _divided(state, group, after, fixtures)


def _require_home(state: SeasonState, regular: Ints, home: int, away: int) -> None:
    meetings = state.rules.meetings
    if regular[home, away] > (1 if meetings <= 2 else meetings // 2 + 1):  # three rounds and more are not balanced
        _refuse(state, home, away, int(regular[home, away]))


def _refuse(state: SeasonState, home: int, away: int, matches: int) -> None:
    raise SeasonError(
        f"{state.league} {state.season} on {state.date}: expected at most {state.rules.meetings} matches of a pair in "
        f"the regular rounds, found one too many of {state.clubs[home]} at home to {state.clubs[away]}: their "
        f"{matches}. at this ground; mend the match that is listed twice"
    )


def _count(state: SeasonState, home: int, away: int, x: int, y: int, points: Ints) -> None:
    """Add a score to the arrays of the state, its points to `points`."""
    for own, other, scored, conceded in ((home, away, x, y), (away, home, y, x)):
        won, on_road = 3 if scored > conceded else int(scored == conceded), scored if own == away else 0
        points[own] += won
        state.totals[own, 1:] += (scored - conceded, scored, scored > conceded, on_road)
        state.pairs[own, other] += (won, scored, on_road)


def _left(state: SeasonState, regular: Ints, fixtures: list[Fixture], out: list[int]) -> Ints:
    """Home club, away club, leg and days ahead of the matches left of the regular rounds, (m, 4).

    The fixtures known come first; the others go to the club that has had fewer of the pair's matches at home, by lots
    where both have had as many, spread evenly over the days left.
    """
    n, meetings, bits = len(state.clubs), state.rules.meetings, state.hashes
    at_home = regular.copy()
    rows: list[tuple[int, int, int, int]] = []

    def add(home: int, away: int, days: int) -> None:
        rows.append((home, away, int(at_home[home, away]), days))
        at_home[home, away] += 1

    for home, away, days in fixtures:
        if at_home[home, away] + at_home[away, home] < meetings and not {home, away} & set(out):
            add(home, away, days)
    published = len(rows)
    for i in range(n):
        for j in range(i + 1, n):
            for _ in range(0 if {i, j} & set(out) else meetings - at_home[i, j] - at_home[j, i]):
                more, lots = at_home[i, j] - at_home[j, i], bool((bits[i] ^ bits[j]) & np.uint64(1))
                add(*((j, i) if more > 0 or (more == 0 and lots) else (i, j)), 0)
    left = np.array(rows, dtype=np.int64).reshape(-1, 4)
    end = max(state.began + dt.timedelta(days=SEASON_DAYS), state.date + dt.timedelta(days=7))
    unknown = len(rows) - published
    drawn = np.argsort(np.argsort(bits[left[published:, 0]] * np.uint64(3) ^ bits[left[published:, 1]], kind="stable"))
    left[published:, 3] = (drawn + 0.5) / max(unknown, 1) * (end - state.date).days
    return left


def _groups(state: SeasonState) -> Ints:
    """Group of each club by the order of the regular rounds, (n,)."""
    order, group = np.arange(len(state.clubs)), state.group.copy()
    lots = np.arange(len(order)) * 1.0
    rank(state.totals[:, 0], state.totals, state.pairs, group, codes(state.rules.order), lots, order)
    group[order] = np.repeat(np.arange(len(state.rules.groups)), [one.size for one in state.rules.groups])
    return group


def _divided(state: SeasonState, group: Ints, after: Ints, fixtures: list[Fixture]) -> SeasonState:
    """The state with the groups, and who meets whom still."""
    n, groups = len(state.clubs), state.rules.groups
    published = {(home, away) for home, away, _ in fixtures}
    open_matches = np.zeros((n, n), np.int64)
    for i in range(n):
        for j in range(i + 1, n):
            times = groups[group[i]].meetings if group[i] == group[j] else 0
            if times == 2:
                open_matches[i, j], open_matches[j, i] = 1 - after[i, j], 1 - after[j, i]
            elif times == 1 and not after[i, j] + after[j, i]:
                home = (i, j) if (i, j) in published else (j, i) if (j, i) in published else None
                open_matches[home or (i, j)] = 1 if home else EITHER
    return replace(state, group=group, fixtures=np.maximum(open_matches, 0))


def _withdrawn(state: SeasonState, results: str) -> list[int]:
    """The clubs that have left the season, and whose results are kept or expunged."""
    return [
        state.clubs.index(one.team_id) for one in facts.WITHDRAWALS if one.results == results and _is_known(one, state)
    ]


def _is_known(fact: facts.Deduction | facts.Withdrawal, state: SeasonState) -> bool:
    """Whether a fact is one of this season and date; an invented league has none of the clubs."""
    is_of_season = (fact.league, fact.season) == (state.league, state.season) and fact.team_id in state.clubs
    return is_of_season and fact.known_on < state.date


def _walked_over(state: SeasonState, club: int) -> SeasonState:
    """The state with the matches left of a club that has withdrawn lost 0-3."""
    own = (state.left[:, :2] == club).any(axis=1)
    for home, away, _ in state.left[own]:
        _count(state, home, away, *((0, AWARDED) if home == club else (AWARDED, 0)), state.totals[:, 0])
    return replace(state, left=state.left[~own], days_ahead=state.days_ahead[~own])
