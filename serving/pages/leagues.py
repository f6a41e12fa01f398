"""The leagues by country: what the platform has of each, and how good its forecasts are there."""

from itertools import groupby
from typing import Any

from serving.pages.page import Asked, Page


def leagues(asked: Asked) -> Page:
    """The page."""
    table = asked.table("/leagues", sort="country,tier")
    reports = asked.table(
        "/backtest", slice="league", line="blend", period="year", market="1x2", sort="-match_date"
    ).rows
    quality: dict[str, dict[str, Any]] = {row["value"]: row for row in reversed(reports)}
    held = [row for row in table.rows if row["matches"]]
    context = {
        "leagues": table,
        "countries": [(name, list(rows)) for name, rows in groupby(held, lambda row: row["country"])],
        "quality": quality,
        "without": [row for row in table.rows if not row["matches"]],
    }
    return Page("leagues.html", context)
