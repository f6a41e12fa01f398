"""The simulated end of a league's season: the forecast of a date, what changed since the one before, and plots."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median
from typing import Any

import numpy as np
import polars as pl

from serving.pages.page import Asked, Table
from soccer_assets import svg
from soccer_assets.predictions.season.schema import POINTS_QUANTILES, SEASON_FORECASTS

#: What pages tell of a final place; the first four places are no goal where places lead to Europe.
EVENTS = ("title", "europe", "promotion", "promotion_play_off", "relegation_play_off", "relegation")
CAUSES = {
    "own_result": "own result", "other_results": "other results", "ratings": "ratings",
    "fixtures": "deductions and moved matches",
}  # fmt: skip
#: Changes of less than this probability are not written, nor causes of less than this many points of a hundred.
LEAST_CHANGE, LEAST_CAUSE = 0.01, 0.05
MOST_CHANGES = 8
#: Fernandes et al. (2018) found that people decide best with 20 to 50 dots.
DOTS = 20
#: Columns that the dots of a club stand in, about.
COLUMNS = 7
ROW_HEIGHT, WIDTH, LABELS, MARGIN, LONGEST_NAME = 40, 520, 150, 16, 22


@dataclass(frozen=True)
class Season:
    """A forecast of a season: `table` has a row per club by position, `dates` are those with a forecast of it."""

    table: Table
    date: dt.date
    season: str
    events: list[str]
    dates: list[dt.date]
    earlier: list[tuple[str, dt.date]]
    changes: list["Change"]
    changes_table: Table

    @property
    def newest(self) -> bool:
        """Whether there is no later forecast of the league."""
        return self.date == self.dates[0]


@dataclass(frozen=True)
class Change:
    """How the chance of a club has changed since the forecast before; causes in hundredths, the greatest first."""

    club: str
    team_id: str
    event: str
    before: float
    after: float
    causes: list[tuple[str, float]]


def season_of(asked: Asked, league: str, date: dt.date | None) -> Season | None:
    """The newest forecast of a league's season up to a date; None where there is none."""
    forecasts = asked.snapshot.scan(SEASON_FORECASTS).filter(pl.col("league") == league)
    dates = forecasts.select("season", "match_date").unique().sort("match_date", descending=True).collect().rows()
    chosen = next(((season, day) for season, day in dates if date is None or day <= date), None)
    if chosen is None:
        return None
    season, day = chosen
    on_day: dict[str, Any] = {"league": league, "date_from": day, "date_to": day}
    table = asked.table("/season-forecasts/history", **on_day)
    table.rows.sort(key=lambda row: row["position"])
    events = [event for event in EVENTS if table.rows[0][f"p_{event}"] is not None]
    changes = asked.table("/season-changes", **on_day)
    last_days = {name: last for name, last in reversed(dates)}
    return Season(
        table, day, season, events, [other for name, other in dates if name == season],
        [(name, last_days[name]) for name in sorted(last_days, reverse=True) if name != season],
        _changes(changes.rows, events), changes,
    )  # fmt: skip


def _changes(rows: Sequence[Mapping[str, Any]], events: Sequence[str]) -> list[Change]:
    """The greatest changes of probability."""
    changes = [
        Change(row["club"], row["team_id"], row["event"], row["before"], row["after"], _causes(row))
        for row in rows
        if row["event"] in events and abs(row["after"] - row["before"]) >= LEAST_CHANGE
    ]
    return sorted(changes, key=lambda change: -abs(change.after - change.before))[:MOST_CHANGES]


def _causes(row: Mapping[str, Any]) -> list[tuple[str, float]]:
    names = CAUSES if row["own_result"] is not None else {**CAUSES, "other_results": "results"}
    causes = [(name, 100 * row[cause]) for cause, name in names.items() if row[cause] is not None]
    return sorted((cause for cause in causes if abs(cause[1]) >= LEAST_CAUSE), key=lambda cause: -abs(cause[1]))


def points_dots(row: Mapping[str, Any]) -> list[int]:
    """Final points of a club, each as likely: between the stored quantiles by the normal distribution, not beyond."""
    at = [NormalDist().inv_cdf(share / 100) for share in POINTS_QUANTILES]
    quantiles = [row[f"points_{share:02}"] for share in POINTS_QUANTILES]
    asked = [NormalDist().inv_cdf((number + 0.5) / DOTS) for number in range(DOTS)]
    return [round(points) for points in np.interp(asked, at, quantiles)]


def draw_points(rows: Sequence[Mapping[str, Any]], title: str, row_height: int = ROW_HEIGHT) -> str:
    """A quantile dot plot of the final points of each club as an SVG file, the first club above; one alone has no name.

    The dots of a row of `row_height` pixels stand in columns of equal width, and overlap where a column is too high.
    """
    width = max(1, round(median(row["points_95"] - row["points_05"] for row in rows) / COLUMNS))
    columns = [[points // width * width + (width - 1) / 2 for points in points_dots(row)] for row in rows]
    low, high, n = min(map(min, columns)) - width, max(map(max, columns)) + width, len(rows)
    left = LABELS if n > 1 else MARGIN
    panel = svg.Panel((low, high), (0.0, float(n)), (WIDTH, n * row_height), (left, svg.TOP))
    panel.axes(f"{title}, in columns of {width} points" if width > 1 else title, upright=False)
    radius = min(row_height / 11, WIDTH * width / (high - low) / 2)
    for bottom, row, values in zip(range(n - 1, -1, -1), rows, columns, strict=True):
        panel.line([(low, bottom), (high, bottom)], svg.PALE)
        below = [values[:rank].count(value) for rank, value in enumerate(values)]
        step = min(2 * radius, (row_height - 3 * radius) / max(1, *below))
        heights = (bottom + (1.4 * radius + step * level) / row_height for level in below)
        panel.dots(zip(values, heights, strict=True), svg.ACCENTS[0], radius)
        if n > 1:
            panel.words(4, panel.point(low, bottom + 0.35)[1], _cut(row["club"]), svg.INK)
    return svg.drawing(panel)


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
