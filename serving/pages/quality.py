"""Quality: how near the forecasts came, compared with the closing price, and where they did not."""

import datetime as dt
from typing import Any

import polars as pl

from serving.pages.page import Asked, Page, Table
from soccer_assets import svg
from soccer_assets.leagues import LEAGUES
from soccer_assets.monitoring.schema import COMPARED_LINES, SCORED_MARKETS, SETTLED_PREDICTIONS
from soccer_assets.predictions.schema import LINES

PARAMETERS = ("league", "market", "line")
#: Of the newest report: all there is.
EVER = "ever"
LINE = "blend"
#: Slices beside the league, in the order of the page.
SLICES = ("favourite", "elo_gap", "first_rounds", "long_break", "promoted", "new_club", "season")
MISSES, MISS_DAYS = 10, 90
OUTCOMES = ("home", "draw", "away")
VERSUS = "log_loss_vs_closing"


def quality(asked: Asked) -> Page:
    """The page."""
    market, line = asked.query.get("market") or "1x2", asked.query.get("line") or LINE
    league = asked.query.get("league")
    report = _newest(asked.table("/backtest", period=EVER, market=market))
    by_league = [row for row in report if row["slice"] == "league"]
    rows = (
        [row for row in by_league if row["value"] == league] if league else [r for r in report if r["slice"] == "all"]
    )
    scores = asked.table("/quality", sample="complete", market=market, league=league or "ALL", sort="log_loss")
    bins = asked.table("/calibration", league=league or "ALL")
    days = asked.table("/against-closing", league=league or "ALL")
    context = {
        "market": market,
        "line": line,
        "league": league,
        "markets_of": SCORED_MARKETS,
        "checks": [row for row in asked.table("/checks", passed=False).rows if row["severity"] != "warning"],
        "shown": next((row for row in (*rows, *scores.rows) if row["line"] == line), None),
        "scores": scores,
        "markets": _by_market(asked),
        "by_league": _whiskers(by_league, [code for code in LEAGUES if any(row["value"] == code for row in by_league)]),
        "slices": [] if league else [r for name in SLICES for r in report if r["slice"] == name and r["line"] == line],
        "reliability": _reliability(bins),
        "bins": bins,
        "bins_of_line": [row for row in bins.rows if row["line"] == line],
        "days": days,
        "cusum": _cusum(days),
        "in_time": asked.table("/quality/history", league=league or "ALL", line=line, market=market, sample="complete"),
        "misses": _misses(asked, line, league),
    }
    return Page("quality.html", context)


def _newest(table: Table) -> list[dict[str, Any]]:
    """The rows of the newest report."""
    newest = max((row["match_date"] for row in table.rows), default=None)
    return [row for row in table.rows if row["match_date"] == newest]


def _interval(row: dict[str, Any]) -> tuple[float, float, float] | None:
    low, middle, high = (row[f"{VERSUS}{end}"] for end in ("_low", "", "_high"))
    return None if None in (low, middle, high) else (low, middle, high)


def _whiskers(rows: list[dict[str, Any]], codes: list[str]) -> str | None:
    """A plot of the difference to the closing price by league; None where none has an interval."""
    intervals = {(row["line"], row["value"]): interval for row in rows if (interval := _interval(row))}
    lines = [line for line in LINES if any(key[0] == line for key in intervals)]
    if not lines:
        return None
    groups = {line: [intervals.get((line, code)) for code in codes] for line in lines}
    return svg.whiskers("log loss minus the closing price's, 95 % interval", codes, groups, "the closing price")


def _by_market(asked: Asked) -> list[tuple[str, dict[str, dict[str, Any]]]]:
    """Every market that is scored, with the row of each line over all matches."""
    rows = _newest(asked.table("/backtest", period=EVER, slice="all"))
    by_line = {market: {row["line"]: row for row in rows if row["market"] == market} for market in SCORED_MARKETS}
    return [(market, lines) for market, lines in by_line.items() if lines]


def _reliability(bins: Table) -> str | None:
    """Curves of the compared lines, a panel per outcome; None before a match was settled."""
    if not bins.rows:
        return None
    panels = []
    for position, outcome in enumerate(OUTCOMES):
        curves = {
            line: [(row["probability"], row["frequency"]) for row in bins.rows
                   if (row["line"], row["outcome"]) == (line, outcome) and row["matches"] >= 20]
            for line in COMPARED_LINES
        }  # fmt: skip
        panels.append(svg.reliability(outcome, curves, position))
    return svg.drawing(*panels, title="What happened by what was forecast")


def _cusum(days: Table) -> str | None:
    """The differences to the closing price, summed from the first day on; None before a match was settled."""
    sums = {
        line: [(row["match_date"].toordinal(), row["difference"]) for row in days.rows if row["line"] == line]
        for line in LINES
    }
    sums = {line: points for line, points in sums.items() if points}
    title = "log loss minus that of the closing price, summed"
    return svg.running_sums(title, sums, centred=True) if sums else None


def _misses(asked: Asked, line: str, league: str | None) -> list[dict[str, Any]]:
    """The matches of the newest days whose result had the least probability."""
    settled = asked.snapshot.scan(SETTLED_PREDICTIONS).filter(pl.col("line") == line)
    if league:
        settled = settled.filter(pl.col("league") == league)
    newest: dt.date | None = settled.select(pl.col("match_date").max()).collect().item()
    if newest is None:
        return []
    probability = pl.concat_list("p_home", "p_draw", "p_away").list.get(pl.col("outcome"))
    rows = (
        settled.filter(pl.col("match_date") > newest - dt.timedelta(days=MISS_DAYS))
        .select("match_date", "match_id", "league", probability=probability)
        .sort("probability", "match_date", "match_id")
        .head(MISSES)
        .collect()
        .to_dicts()
    )
    matches = asked.snapshot.matches.by_ids([row["match_id"] for row in rows])
    return [{**row, "match": matches.get(row["match_id"])} for row in rows]
