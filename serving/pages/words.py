"""How pages write values: percentages, dates, prices and the terms of a bet."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from soccer_assets.leagues import LEAGUES

LINES = {
    "model": "model", "market": "market", "blend": "blend", "challenger": "challenger", "closing": "closing price",
    "opening": "opening price", "climatology": "league's means", "elo": "Elo ratings", "poisson": "Poisson model",
}  # fmt: skip
MARKETS = {
    "1x2": "1X2", "over_under": "over/under", "asian_handicap": "Asian handicap", "both_to_score": "both to score",
    "correct_score": "correct score", "double_chance": "double chance", "draw_no_bet": "draw no bet",
    "both_teams_to_score": "both to score", **{f"over_under_{n}.5": f"over/under {n}.5" for n in range(8)},
    "home_and_over": "home and over 2.5", "over_and_both": "over 2.5 and both to score",
    "handicap_and_over": "handicap and over 2.5",
}  # fmt: skip
#: What a place in the final table brings.
EVENTS = {
    "title": "title", "europe": "Europe", "promotion": "promotion", "promotion_play_off": "promotion play-off",
    "relegation_play_off": "relegation play-off", "relegation": "relegation",
}  # fmt: skip


def percent(share: float | None) -> str:
    """`0.4562` -> `46 %`; what is not certain is never written as 0 or 100: `<1 %`, `>99 %`; None -> `–`."""
    if share is None:
        return "–"
    if 0 < share < 0.01:
        return "<1 %"
    return ">99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def chance(share: float | None, settled: bool = False) -> str:
    """A probability that was counted in simulated seasons: never 0 or 100, unless arithmetic has settled the event.

    >>> [chance(0.0), chance(0.424), chance(1.0), chance(0.0, True), chance(1.0, True)]
    ['<1 %', '42 %', '>99 %', 'no', 'yes']
    """
    if share is not None and settled:
        return "yes" if share > 0.5 else "no"
    return percent(None if share is None else min(max(share, 1e-9), 1 - 1e-9))


def figure(value: float | None, digits: int = 2) -> str:
    """`1.0049` -> `1.00`; None -> `–`."""
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def signed(value: float | None, digits: int = 4) -> str:
    """`-0.00031` -> `−0.0003`, `0.0021` -> `+0.0021`; None -> `–`."""
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", "−")


def day(date: dt.date | None) -> str:
    """A date in words: `Sat 28 Nov 2026`."""
    return "–" if date is None else f"{date:%a} {date.day} {date:%b} {date.year}"


def clock(instant: dt.datetime | None) -> str:
    """`15:00 UTC`; the script of the pages writes it in the reader's own zone."""
    return "" if instant is None else f"{instant:%H:%M} UTC"


def moment(instant: dt.datetime | None) -> str:
    """`Sat 28 Nov 2026, 15:00 UTC`."""
    return "–" if instant is None else f"{day(instant.date())}, {clock(instant)}"


def ago(instant: dt.datetime | None, now: dt.datetime) -> str:
    """How long ago: `3 min`, `5 h`, `2 d`."""
    if instant is None:
        return "never"
    minutes = max(0, int((now - instant).total_seconds() // 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"


def league_name(code: str) -> str:
    """`E0` -> `England, Premier League`; a code that is no league's is written as it is."""
    league = LEAGUES.get(code)
    return code if league is None else f"{league.country}, {league.name}"


def line_name(line: str) -> str:
    """What a line is called in words."""
    return LINES.get(line, line.replace("_", " "))


def market_name(market: str) -> str:
    """What a market is called in words."""
    return MARKETS.get(market, market.replace("_", " "))


def event_name(event: str) -> str:
    """What a place in the final table brings, in words."""
    return EVENTS.get(event, event.replace("_", " "))


def terms(bet: Mapping[str, Any]) -> str:
    """What is bet on: `home`, `over 2.5`, `away +0.25` (the handicap of the club that is bet on)."""
    goals, selection = bet.get("goals_line", bet.get("line")), str(bet["selection"]).replace("_", " ")
    if not isinstance(goals, int | float):
        return selection
    if bet["market"] == "asian_handicap":
        handicap = -goals if bet["selection"] == "away" else goals
        return f"{selection} {handicap:+g}".replace("-", "−") if handicap else f"{selection} 0"
    return f"{selection} {goals:g}"


def level(share: float | None, steps: int = 10) -> int:
    """The step of shading of a cell of a heat map: 0 for nothing, `steps` for certain."""
    return 0 if not share else max(1, min(steps, round(share * steps)))


FILTERS = {
    "percent": percent, "figure": figure, "signed": signed, "day": day, "clock": clock, "moment": moment, "ago": ago,
    "league_name": league_name, "line_name": line_name, "market_name": market_name, "terms": terms, "level": level,
    "chance": chance, "event_name": event_name,
}  # fmt: skip
