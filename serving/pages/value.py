"""Value: where a forecast gives more than the market, what such bets earned, and how much of that is luck."""

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from serving.api.problems import ProblemError
from serving.pages.page import Asked, Page
from soccer_assets import svg
from soccer_assets.monitoring.schema import ALL_LEAGUES, BETTING_LINES, SETTLED_BETS

PARAMETERS = ("league", "market", "min_edge", "fresh", "bank")
#: Bets of the model that the blend does not share; and leagues in the plot of yields.
MOST_DISAGREEMENTS, MOST_LEAGUES = 20, 20
BANK = 100.0


@dataclass(frozen=True)
class Record:
    """What the bets of a line earned, a unit on each, and how deep the sum of it ever fell from its peak."""

    line: str
    bets: int
    won: float
    profit: float
    drawdown: float
    plot: str


def value(asked: Asked) -> Page:
    """The page."""
    bets = {
        line: asked.table(
            "/value-bets", line=line, date_from=asked.now.date(), sort="-edge", league=asked.query.get("league"),
            market=asked.query.get("market"), min_edge=asked.query.get("min_edge"),
            stale=False if "fresh" in asked.query else None,
        )
        for line in BETTING_LINES
    }  # fmt: skip
    shared = {_bet(row) for row in bets["blend"].rows}
    yields = asked.table("/yields", period="ever")
    context = {
        "bets": bets["blend"],
        "all_disagreements": bets["model"],
        "disagreements": [row for row in bets["model"].rows if _bet(row) not in shared][:MOST_DISAGREEMENTS],
        "bank": _bank(asked.query.get("bank")),
        "records": [record for line in ("blend", "model") if (record := _record(asked, line))],
        "yields": yields,
        "overall": {row["line"]: row for row in yields.rows if row["league"] == ALL_LEAGUES},
        "by_league": _by_league(yields.rows),
    }
    return Page("value.html", context)


def _bet(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["match_id"], row["market"], row["goals_line"], row["selection"]


def _bank(text: str | None) -> float:
    try:
        bank = float(text) if text else BANK
    except ValueError:
        bank = math.nan
    if not 1 <= bank <= 1e9:
        raise ProblemError("invalid-request", f"bank: expected an amount from 1 to 1,000,000,000, found {text!r}")
    return bank


def _record(asked: Asked, line: str) -> Record | None:
    """What a unit on each settled bet of a line earned; None where it has none."""
    settled = asked.snapshot.scan(SETTLED_BETS).filter(pl.col("line") == line, pl.col("result") != "void")
    days = (
        settled.group_by("match_date")
        .agg(pl.col("profit").sum(), bets=pl.len(), won=pl.col("result").is_in(["won", "half_won"]).sum())
        .sort("match_date")
        .collect()
    )
    if days.is_empty():
        return None
    bets, total = int(days["bets"].sum()), days["profit"].cum_sum()
    falls = total.cum_max().clip(lower_bound=0.0) - total
    sums = [(date.toordinal(), profit) for date, profit in days.select("match_date", "profit").iter_rows()]
    plot = svg.running_sums(f"profit of the {line}'s bets, a unit on each", {line: sums}, centred=True)
    won = int(days["won"].sum()) / bets
    return Record(line, bets, won, float(total[-1]), float(falls.max() or 0.0), plot)  # type: ignore[arg-type]


def _by_league(rows: list[dict[str, Any]]) -> str | None:
    """A plot of the yield by league with its interval, of the leagues with most bets; None where no league has one."""
    judged = [row for row in rows if row["league"] != ALL_LEAGUES and row["flat_yield_low"] is not None]
    if not judged:
        return None
    counts = {
        code: sum(row["bets"] for row in judged if row["league"] == code) for code in {r["league"] for r in judged}
    }
    codes = sorted(counts, key=lambda code: (-counts[code], code))[:MOST_LEAGUES]
    ends = ("flat_yield_low", "flat_yield", "flat_yield_high")
    interval = {(row["line"], row["league"]): tuple(row[name] for name in ends) for row in judged}
    lines = [line for line in BETTING_LINES if any(key[0] == line for key in interval)]
    groups = {line: [interval.get((line, code)) for code in codes] for line in lines}
    return svg.whiskers("profit per unit, 95 % interval", codes, groups, "even")
