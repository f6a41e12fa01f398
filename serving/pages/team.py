"""The page of a club: its strength over time, its season, and its matches with what was forecast of them."""

import datetime as dt
import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from serving.api.problems import ProblemError
from serving.pages.match_rows import OPEN_STATUSES, by_day, forecast_of, match_rows, outcome
from serving.pages.page import Asked, Page
from serving.pages.season import EVENTS, draw_points
from serving.pages.teams import club_name
from soccer_assets import svg

PARAMETERS = ("season",)
MOST_COMING = 10
#: Points of the home club and of the away club by the result.
POINTS = {"home": (3, 0), "draw": (1, 1), "away": (0, 3)}
PANEL = (560, 150)
#: Of the plot of final points.
DOTS_HEIGHT = 100
#: Ratings with an uncertainty, and what they are made of.
STRENGTHS = {"performance": "goals, shots and corners", "market": "prices of its matches"}


def team(asked: Asked) -> Page:
    """The page."""
    team_id = asked.path["team_id"]
    club = asked.item("/teams/{team_id:str}", team_id=team_id)
    if club is None:
        raise ProblemError("unknown-team", f"expected the id of a club, found {team_id!r}")
    yesterday = asked.now.date() - dt.timedelta(days=1)
    of_team = "/teams/{team_id:str}/cards"
    coming = asked.table(of_team, team_id=team_id, date_from=yesterday, sort="match_date,kick_off_at")
    still_open = [card for card in coming.rows if card["status"] in OPEN_STATUSES][:MOST_COMING]
    finished = asked.table(of_team, team_id=team_id, status="finished")
    seasons = sorted({card["season"] for card in finished.rows}, reverse=True)
    season = asked.query.get("season") or next(iter(seasons), None)
    played = asked.table(of_team, team_id=team_id, status="finished", season=season)
    results = _results(team_id, played.rows)
    ratings = asked.table("/teams/{team_id:str}/ratings", team_id=team_id)
    outlook = asked.table("/season-forecasts", team_id=team_id)
    newest = max(outlook.rows, key=lambda row: row["match_date"], default=None)
    context = {
        "team": club,
        "name": club_name(club),
        "ratings": ratings,
        "ratings_plot": _ratings_plot(ratings.rows),
        "outlook": outlook,
        "end": newest,
        "events": [event for event in EVENTS if newest and newest[f"p_{event}"] is not None],
        "dots": draw_points([newest], f"final points of {newest['season']}", DOTS_HEIGHT) if newest else "",
        "coming": coming,
        "coming_days": by_day(match_rows(asked, still_open)),
        "seasons": seasons,
        "season": season,
        "played": played,
        "results": results[::-1],
        "total": results[-1] if results else None,
        "points_plot": _points_plot(results),
    }
    return Page("team.html", context)


def _results(team_id: str, cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each match of the club that has a score, oldest first, with its chances and points won and expected.

    Columns that end in `_sum` are running sums; `spread` is the standard deviation of `points_sum`, were the forecasts
    true.
    """
    rows = []
    for card in cards:
        if (result := outcome(card)) is None:
            continue
        at_home = card["home_id"] == team_id
        drawn = forecast_of(card)["drawn"]
        win, loss = (drawn["home"], drawn["away"]) if at_home else (drawn["away"], drawn["home"])
        expected = 3 * win + drawn["draw"]
        rows.append({
            **card, "at_home": at_home, "opponent": card["away" if at_home else "home"],
            "opponent_id": card["away_id" if at_home else "home_id"], "win": win, "draw": drawn["draw"], "loss": loss,
            "points": POINTS[result][0 if at_home else 1], "expected": expected,
            "variance": 9 * win + drawn["draw"] - expected**2,
        })  # fmt: skip
    for name, sums in (("points", "points_sum"), ("expected", "expected_sum"), ("variance", "variance_sum")):
        for row, total in zip(rows, accumulate(row[name] for row in rows), strict=True):
            row[sums] = total
    for row in rows:
        row["spread"] = math.sqrt(max(0.0, row["variance_sum"]))
    return rows


def _points_plot(results: Sequence[dict[str, Any]]) -> str:
    """Points won and expected over a season; empty with fewer than two matches."""
    if len(results) < 2:
        return ""
    number = list(range(1, len(results) + 1))
    expected = [row["expected_sum"] for row in results]
    low, high = ([row["expected_sum"] + sign * svg.NORMAL * row["spread"] for row in results] for sign in (-1, 1))
    won = [row["points_sum"] for row in results]
    panel = svg.Panel((1.0, float(len(results))), (min(0.0, *low), max(*high, *won)), (PANEL[0], 200))
    panel.axes("points by match of the season")
    panel.band(number, low, high, svg.GREY)
    panel.line(zip(number, expected, strict=True), svg.GREY)
    panel.line(zip(number, won, strict=True), svg.ACCENTS[0], dots=True)
    panel.legend("points won", svg.ACCENTS[0])
    panel.legend("expected by the forecasts, with the range that 95 of 100 such seasons keep to", svg.GREY)
    return svg.drawing(panel)


def _ratings_plot(rows: Sequence[dict[str, Any]]) -> str:
    """Elo rating, and the strengths with their 95 % interval, after each match; empty with fewer than two."""
    if len(rows) < 2:
        return ""
    span = (rows[0]["match_date"].toordinal(), rows[-1]["match_date"].toordinal())
    elo = [row["elo_after"] for row in rows]
    above = svg.Panel(span, (min(elo) - 10, max(elo) + 10), PANEL, dates=True).axes("Elo rating after each match")
    above.line(((row["match_date"].toordinal(), row["elo_after"]) for row in rows), svg.ACCENTS[0])
    bands = {
        name: [
            (row["match_date"].toordinal(), row[f"{name}_strength"], svg.NORMAL * math.sqrt(row[f"{name}_variance"]))
            for row in rows
            if row[f"{name}_strength"] is not None
        ]
        for name in STRENGTHS
    }
    ends = [middle + sign * half for band in bands.values() for _, middle, half in band for sign in (-1, 1)]
    corner = (svg.LEFT, 2 * svg.TOP + PANEL[1] + svg.BOTTOM)
    below = svg.Panel(span, (min(ends), max(ends)), (PANEL[0], 200), corner, dates=True)
    below.axes("strength after each match, in log-odds, with a 95 % interval")
    for number, (name, what) in enumerate(STRENGTHS.items()):
        if band := bands[name]:
            days, middle, half = zip(*band, strict=True)
            low, high = ([m + sign * h for m, h in zip(middle, half, strict=True)] for sign in (-1, 1))
            below.band(days, low, high, svg.ACCENTS[number])
            below.line(zip(days, middle, strict=True), svg.ACCENTS[number])
            below.legend(f"by {what}", svg.ACCENTS[number])
    return svg.drawing(above, below)
