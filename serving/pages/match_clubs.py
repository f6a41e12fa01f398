"""The clubs of a match as they were before it: their ratings, their last matches, and their earlier meetings."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from serving.pages.match_rows import forecast_of
from serving.pages.page import Asked, Table
from soccer_assets import svg

LAST, MEETINGS = 5, 6
RATED_DAYS = dt.timedelta(days=3 * 365)
COLOURS = {"home": "var(--home, #1a7f5a)", "away": "var(--away, #bc4c00)"}
SIZE = (560, 160)


def draw_ratings(asked: Asked, match: Mapping[str, Any]) -> dict[str, Any] | None:
    """A plot of both clubs' Elo ratings over the three years before a match, their newest values, and their tables."""
    before = match["match_date"] - dt.timedelta(days=1)
    tables = {
        side: asked.table(
            "/teams/{team_id:str}/ratings", team_id=match[f"{side}_id"], sort="match_date",
            date_from=before - RATED_DAYS, date_to=before,
        )
        for side in COLOURS
    }  # fmt: skip
    if not all(table.rows for table in tables.values()):
        return None
    points = {
        side: [(row["match_date"].toordinal(), row["elo_after"]) for row in table.rows]
        for side, table in tables.items()
    }
    dates, ratings = zip(*(point for of_side in points.values() for point in of_side), strict=True)
    panel = svg.Panel((min(dates), max(dates)), (min(ratings) - 20, max(ratings) + 20), SIZE, dates=True)
    panel.axes("Elo rating after each match")
    for side, of_side in points.items():
        panel.line(of_side, COLOURS[side])
    name = f"Elo ratings of {match['home']} and {match['away']}"
    newest = {side: of_side[-1][1] for side, of_side in points.items()}
    return {"plot": svg.drawing(panel, title=name), "newest": newest, "tables": tables}


def last_matches(asked: Asked, match: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The last matches of each club before this one, the newest first, with what was forecast."""
    tables = {
        side: asked.table(
            "/teams/{team_id:str}/matches", team_id=match[f"{side}_id"], sort="-match_date", limit=LAST,
            status="finished", date_to=match["match_date"] - dt.timedelta(days=1),
        )
        for side in COLOURS
    }  # fmt: skip
    return {side: _with_forecasts(asked, table.rows, match[f"{side}_id"]) for side, table in tables.items()}


def meetings(asked: Asked, match: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The last matches of the two clubs against each other before this one, the newest first."""
    home, away = match["home_id"], match["away_id"]
    before = match["match_date"] - dt.timedelta(days=1)
    tables: list[Table] = [
        asked.table("/matches", home_id=host, away_id=guest, status="finished", date_to=before, sort="-match_date",
                    limit=MEETINGS)
        for host, guest in ((home, away), (away, home))
    ]  # fmt: skip
    rows = sorted((row for table in tables for row in table.rows), key=lambda row: row["match_date"], reverse=True)
    return _with_forecasts(asked, rows[:MEETINGS], home)


def _with_forecasts(asked: Asked, rows: Sequence[dict[str, Any]], club: str) -> list[dict[str, Any]]:
    """Matches with their forecast, where there was one, and how they ended for a club: `won`, `drawn` or `lost`."""
    ids = [row["match_id"] for row in rows]
    cards = asked.snapshot.view("cards").filter(pl.col("match_id").is_in(ids))
    forecasts = {card["match_id"]: forecast_of(card) | {"held": card["held"]} for card in cards.to_dicts()}
    return [{**row, "result": _result(row, club), **forecasts.get(row["match_id"], {"drawn": None})} for row in rows]


def _result(row: Mapping[str, Any], club: str) -> str:
    margin = (row["home_goals"] - row["away_goals"]) * (1 if row["home_id"] == club else -1)
    return "won" if margin > 0 else "lost" if margin < 0 else "drawn"
