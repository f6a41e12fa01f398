"""The page of a league: its season's forecast, its matches, how good the forecasts are there, and its past."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from serving.api.problems import ProblemError
from serving.pages.match_rows import OPEN_STATUSES, by_day, match_rows
from serving.pages.page import Asked, Page, Table
from serving.pages.season import draw_points, season_of
from serving.pages.words import line_name
from soccer_assets import svg
from soccer_assets.leagues import LEAGUES

PARAMETERS = ("date",)
#: Matches to come and results that are listed.
MOST_COMING, MOST_RESULTS = 12, 8
#: Lines that are compared with the closing price, the best known first.
COMPARED = ("blend", "model", "market", "elo", "climatology")
PANEL = (560, 130)


def league(asked: Asked) -> Page:
    """The page."""
    code = asked.path["code"]
    of_league = asked.item("/leagues/{code:str}", code=code)
    if of_league is None:
        raise ProblemError("not-found", f"expected a division code, found {code!r}", accepted=sorted(LEAGUES))
    season = season_of(asked, code, asked.date("date"))
    yesterday = asked.now.date() - dt.timedelta(days=1)
    coming = asked.table("/cards", league=code, date_from=yesterday, sort="match_date,kick_off_at")
    still_open = [card for card in coming.rows if card["status"] in OPEN_STATUSES]
    results = asked.table("/cards", league=code, status="finished", sort="-match_date", limit=MOST_RESULTS)
    quality = _quality(asked, code)
    seasons = asked.table("/leagues/{code:str}/seasons", code=code, sort="-season")
    context = {
        "league": of_league,
        "season": season,
        "dots": draw_points(season.table.rows, f"final points of {season.season}") if season else "",
        "coming": coming,
        "coming_days": by_day(match_rows(asked, still_open[:MOST_COMING])),
        "more": len(still_open) > MOST_COMING,
        "results": results,
        "result_days": by_day(match_rows(asked, results.rows)),
        "quality": quality,
        "quality_rows": _newest(quality.rows),
        "quality_plot": _quality_plot(_newest(quality.rows)),
        "seasons": seasons,
        "seasons_plot": _seasons_plot(seasons.rows[::-1]),
    }
    return Page("league.html", context)


def _quality(asked: Asked, code: str) -> Table:
    """The reports on a league's lines, the newest first."""
    return asked.table("/backtest", slice="league", value=code, period="year", market="1x2", sort="-match_date")


def _newest(reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of the newest report in the order of `COMPARED`."""
    of_line = {row["line"]: row for row in reports if row["match_date"] == reports[0]["match_date"]}
    return [of_line[line] for line in COMPARED if line in of_line]


def _quality_plot(rows: Sequence[dict[str, Any]]) -> str:
    """The difference of each line to the closing price with its interval; empty without intervals."""
    names = ("log_loss_vs_closing_low", "log_loss_vs_closing", "log_loss_vs_closing_high")
    intervals = [(row["line"], tuple(row[name] for name in names)) for row in rows if row[names[0]] is not None]
    if not intervals:
        return ""
    lines = [line_name(line) for line, _ in intervals]
    title = "log loss less that of the closing price, with a 95 % interval: left is better"
    return svg.whiskers(title, lines, {"": [interval for _, interval in intervals]}, "closing price")


def _seasons_plot(rows: Sequence[dict[str, Any]]) -> str:
    """Goals per match and home advantage by season, oldest first; empty with fewer than two seasons."""
    if len(rows) < 2:
        return ""
    days = [row["first_date"].toordinal() for row in rows]
    goals = [row["goals"] for row in rows]
    worth = [row["home_advantage"] for row in rows]
    error = [svg.NORMAL * (row["home_advantage_error"] or 0.0) for row in rows]
    low, high = ([mean + sign * e for mean, e in zip(worth, error, strict=True)] for sign in (-1, 1))
    span, room = (days[0], days[-1]), 0.1 + 0.1 * (max(goals) - min(goals))
    above = svg.Panel(span, (min(goals) - room, max(goals) + room), PANEL, dates=True)
    above.axes("goals per match, by season").line(zip(days, goals, strict=True), svg.ACCENTS[0], dots=True)
    corner = (svg.LEFT, 2 * svg.TOP + PANEL[1] + svg.BOTTOM)
    below = svg.Panel(span, (min(0.0, *low), max(0.0, *high)), PANEL, corner, dates=True)
    below.axes("goals of home clubs less those of away clubs, per match, with a 95 % interval")
    below.band(days, low, high, svg.ACCENTS[2])
    below.line(zip(days, worth, strict=True), svg.ACCENTS[2], dots=True)
    return svg.drawing(above, below)
