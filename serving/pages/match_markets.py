"""The scores and markets of a match as one line forecasts them, the prices beside them, and how these moved."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean
from typing import Any

import numpy as np

from serving.pages.page import Asked, Table
from soccer_assets import svg
from soccer_assets.odds.schema import AGGREGATES
from soccer_assets.odds.schema import MARKETS as OFFERED
from soccer_assets.predictions.schema import SELECTIONS

#: Goals of a side from which scores are one row or column.
MOST_GOALS = 7
LIKELIEST = 3
#: Totals and handicaps are shown while neither side is surer than this.
SUREST = 0.95
MOST_SCORES = 12
COLOURS = {"home": "var(--home, #1a7f5a)", "draw": "var(--draw, #8c959f)", "away": "var(--away, #bc4c00)"}
#: Hours from the first to the newest price below which a plot shows nothing.
LEAST_HOURS = 3
#: Probability that is left free above and below the lines of a plot.
MARGIN = 0.03


@dataclass(frozen=True)
class Scores:
    """Probabilities of scores, rows home, columns away, of which the last stand for `MOST_GOALS` and more.

    `highest` is the highest of them; `likeliest` are the likeliest scores below `MOST_GOALS`.
    """

    cells: list[list[float]]
    home: list[float]
    away: list[float]
    home_expected: float
    away_expected: float
    highest: float
    likeliest: list[tuple[str, float]]
    table: Table


def scores_of(asked: Asked, match_id: str, line: str) -> Scores | None:
    """The scores on a line; None where no goals are forecast on it."""
    table = asked.table("/matches/{match_id:str}/score-matrix", match_id=match_id, line=line)
    row = table.one()
    if row is None:
        return None
    matrix = np.array(row["matrix"])
    goals, edges = np.arange(len(matrix)), np.arange(MOST_GOALS + 1)
    cells = np.add.reduceat(np.add.reduceat(matrix, edges, axis=0), edges, axis=1)
    home, away = matrix.sum(axis=1), matrix.sum(axis=0)
    named = [(f"{i}–{j}", float(cells[i, j])) for i in range(MOST_GOALS) for j in range(MOST_GOALS)]
    return Scores(
        cells.tolist(), cells.sum(axis=1).tolist(), cells.sum(axis=0).tolist(), float(home @ goals),
        float(away @ goals), float(cells.max()), sorted(named, key=lambda score: -score[1])[:LIKELIEST], table,
    )  # fmt: skip


@dataclass(frozen=True)
class Market:
    """A market of a match: its selections, each with the best price where one is quoted, and how many are left out."""

    name: str
    rows: list[dict[str, Any]]
    priced: bool
    left_out: int
    table: Table


def markets_of(asked: Asked, match_id: str, line: str) -> list[Market]:
    """The markets of a match on a line, in the order of `SELECTIONS`."""
    prices = asked.table("/matches/{match_id:str}/best-prices", match_id=match_id)
    best = {(row["market"], row["line"], row["selection"]): row for row in prices.rows if row["best_price"]}
    table = asked.table("/matches/{match_id:str}/markets", match_id=match_id, line=line)
    markets = []
    for name in SELECTIONS:
        rows = [
            {**row, "best": offer, "gain": offer["best_price"] / row["fair_odds"] - 1 if offer else None}
            for row in table.rows
            if row["market"] == name and row["fair_odds"]
            for offer in [best.get((name, row["goals_line"], row["selection"]))]
        ]
        if rows:
            listed = list(_open_lines(name, rows))
            priced = any(row["best"] for row in listed)
            of_market = replace(table, rows=rows, total=len(rows), query=f"{table.query}&market={name}")
            markets.append(Market(name, listed, priced, len(rows) - len(listed), of_market))
    return markets


def _open_lines(market: str, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows that a reader compares: the likeliest scores, and totals and handicaps that are open or priced."""
    if market == "correct_score":
        yield from sorted(rows, key=lambda row: -row["won"])[:MOST_SCORES]
        return
    for goals_line, of_line in groupby(rows, lambda row: row["goals_line"]):
        sides = list(of_line)
        open_ = goals_line is None or (goals_line * 2 % 1 == 0 and all(row["won"] < SUREST for row in sides))
        if open_ or any(row["best"] for row in sides):
            yield from sides


@dataclass(frozen=True)
class Movement:
    """A plot of how the prices of 1X2 moved, and from how many bookmakers and instants it is drawn."""

    plot: str
    bookmakers: int
    instants: int
    table: Table


def draw_movement(asked: Asked, match: Mapping[str, Any]) -> Movement | None:
    """Probabilities by the prices, margin removed, from the first to kick-off or now; None within `LEAST_HOURS`."""
    table = asked.table("/matches/{match_id:str}/market-probabilities", match_id=match["match_id"], market="1x2")
    quotes = [row for row in table.rows if row["quoted_at"] and row["bookmaker"] not in AGGREGATES]
    quotes = quotes or [row for row in table.rows if row["quoted_at"] and row["bookmaker"] == "average"]
    instants = sorted({row["quoted_at"] for row in quotes})
    if not instants:
        return None
    kick_off = match["kick_off_at"] or dt.datetime.combine(match["match_date"], dt.time(), dt.UTC)
    end = max(instants[-1], min(asked.now, kick_off))
    hours = [(instant - kick_off).total_seconds() / 3600 for instant in (*instants, end)]
    if hours[-1] - hours[0] < LEAST_HOURS:
        return None
    ranges = {selection: _ranges(quotes, instants, selection) for selection in OFFERED["1x2"]}
    ends = [value for steps in ranges.values() for low, _, high in steps for value in (low, high)]
    panel = svg.Panel((hours[0], hours[-1]), (max(0.0, min(ends) - MARGIN), min(1.0, max(ends) + MARGIN)))
    panel.axes("probability by the prices; hours to kick-off", "{:.0%}")
    for selection, steps in ranges.items():
        low, mean, high = (_steps(hours, values) for values in zip(*steps, strict=True))
        across = [x for x, _ in mean]
        panel.band(across, [y for _, y in low], [y for _, y in high], COLOURS[selection])
        panel.line(mean, COLOURS[selection])
    name = f"probability of home, draw and away by the prices of {match['home']} – {match['away']}"
    return Movement(svg.drawing(panel, title=name), len({row["bookmaker"] for row in quotes}), len(instants), table)


def _ranges(
    quotes: Sequence[Mapping[str, Any]], instants: Sequence[dt.datetime], selection: str
) -> list[tuple[float, float, float]]:
    """Lowest, mean and highest probability of the bookmakers' newest quotes at each instant."""
    newest: dict[str, float] = {}
    ranges = []
    for instant in instants:
        newest |= {
            row["bookmaker"]: row["power"]
            for row in quotes
            if row["selection"] == selection and row["quoted_at"] == instant
        }
        ranges.append((min(newest.values()), fmean(newest.values()), max(newest.values())))
    return ranges


def _steps(hours: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    """The corners of a step line: each value holds until the next one's hour; there is one hour more than values."""
    return [corner for at, value in enumerate(values) for corner in ((hours[at], value), (hours[at + 1], value))]
