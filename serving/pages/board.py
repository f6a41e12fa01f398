"""The board: the matches of a span of days by day and league, each in one row."""

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from serving.api.problems import ProblemError
from serving.pages.match_rows import match_rows
from serving.pages.page import Asked, Page
from serving.snapshot.forecasts import is_coming
from serving.snapshot.teams import fold
from soccer_assets import svg
from soccer_assets.leagues import LEAGUES
from soccer_assets.monitoring.schema import SETTLED_PREDICTIONS

PARAMETERS = ("q", "league", "status", "date_from", "date_to", "value", "min_edge", "offset")
#: Those that the list of data has too.
OF_DATA = ("league", "date_from", "date_to")
STATUSES = ("coming", "played")
#: Days in the strip before and after today.
DAYS_BEFORE, DAYS_AFTER = 5, 9
RECORD_DAYS = 7
#: Matches of which a mean is said to have an interval.
LEAST_MATCHES = 30


@dataclass(frozen=True)
class Record:
    """The newest days' matches with a forecast and a closing price: log loss of both, and their difference."""

    days: int
    matches: int
    blend: float
    closing: float
    low: float
    high: float


def board(asked: Asked) -> Page:
    """The page."""
    rows = _selected(asked)
    offset, most = _number("offset", asked.query.get("offset"), 0), asked.serving.page_matches
    page_rows = match_rows(asked, rows.slice(offset, most).to_dicts())
    days = [
        (date, [(code, list(of_league)) for code, of_league in groupby(of_day, lambda row: row["league"])])
        for date, of_day in groupby(page_rows, lambda row: row["match_date"])
    ]
    total = len(rows)
    context = {
        "days": days,
        "strip": _strip(asked),
        "forecasts": len(asked.snapshot.forecasts),
        "record": _record(asked),
        "first": offset + 1,
        "last": offset + len(page_rows),
        "total": total,
        "previous": asked.address("/", offset=max(0, min(offset, total) - most) or None) if offset else None,
        "following": asked.address("/", offset=offset + most) if offset + len(page_rows) < total else None,
        "data": asked.address("/cards.json", **{name: None for name in PARAMETERS if name not in OF_DATA}),
    }
    return Page("board.html", context)


def _selected(asked: Asked) -> pl.DataFrame:
    """The cards that the filters keep: without dates or status those of today and later."""
    query, today = asked.query, pl.lit(asked.now.date())
    league, status, least = query.get("league"), query.get("status"), _share(query.get("min_edge"))
    first, last = (asked.date(name) for name in ("date_from", "date_to"))
    if league is not None and league not in LEAGUES:
        detail = f"league: expected a division code, found {league!r}"
        raise ProblemError("unknown-league", detail, accepted=sorted(LEAGUES))
    if status is not None and status not in STATUSES:
        raise ProblemError("invalid-request", f"status: expected one of {', '.join(STATUSES)}, found {status!r}")
    if first is not None and last is not None and first > last:
        raise ProblemError("empty-range", f"date_from: expected a date up to date_to, {last}, found {first}")
    rows: pl.DataFrame = asked.snapshot.view("cards")
    date, to_come = pl.col("match_date"), is_coming(asked.now)
    kept = [
        date >= first if first else None,
        date <= last if last else None,
        pl.col("league") == league if league else None,
        to_come if status == "coming" else ~to_come if status == "played" else None,
        to_come | (date >= today) if not (status or first or last) else None,
        pl.col("bet").is_not_null() if "value" in query else None,
        pl.col("bet").struct.field("edge") >= least if least else None,
    ]
    rows = rows.filter([condition for condition in kept if condition is not None])
    if text := fold(query.get("q", "")).strip():
        names = zip(*(rows[side].to_list() for side in ("home", "away")), strict=True)
        rows = rows.filter(pl.Series([text in fold(f"{home} {away}") for home, away in names], dtype=pl.Boolean))
    order = pl.col("league").replace_strict({code: at for at, code in enumerate(LEAGUES)}, default=len(LEAGUES))
    falling = [status == "played", False, False, False]
    return rows.sort("match_date", order, "kick_off_at", "match_id", descending=falling)


def _strip(asked: Asked) -> list[tuple[dt.date, int, str, bool]]:
    """The days around today with a match: date, matches, address, and whether that day is shown."""
    counts = Counter(asked.snapshot.view("cards")["match_date"].to_list())
    today, first, last = asked.now.date(), asked.query.get("date_from"), asked.query.get("date_to")
    around = [today + dt.timedelta(days=step) for step in range(-DAYS_BEFORE, DAYS_AFTER + 1)]
    return [
        (day, counts[day], asked.address("/", date_from=day, date_to=day, status=None, offset=None),
         first == last == str(day))
        for day in around if counts[day] or day == today
    ]  # fmt: skip


def _record(asked: Asked) -> Record | None:
    """The record of the newest days; None before there is one."""
    compared = pl.col("complete") & pl.col("line").is_in(["blend", "closing"])
    settled = asked.snapshot.scan(SETTLED_PREDICTIONS).filter(compared)
    newest: dt.date | None = settled.select(pl.col("match_date").max()).collect().item()
    if newest is None:
        return None
    week = settled.filter(pl.col("match_date") > newest - dt.timedelta(days=RECORD_DAYS))
    losses = week.select("match_id", "line", "log_loss").collect().pivot("line", index="match_id", values="log_loss")
    n, apart = len(losses), losses["blend"] - losses["closing"]
    mean, deviation = apart.mean(), apart.std()
    half = svg.NORMAL * deviation / math.sqrt(n) if isinstance(deviation, float) and n >= LEAST_MATCHES else math.nan
    blend, closing = float(losses["blend"].mean()), float(losses["closing"].mean())  # type: ignore[arg-type]
    return Record(RECORD_DAYS, n, blend, closing, float(mean) - half, float(mean) + half)  # type: ignore[arg-type]


def _number(name: str, text: str | None, default: int) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ProblemError("invalid-request", f"{name}: expected a number of matches to skip, found {text!r}")
    return int(text) if text else default


def _share(text: str | None) -> float | None:
    try:
        share = float(text) if text else None
    except ValueError:
        share = math.nan
    if share is not None and not 0 <= share <= 1:
        raise ProblemError("invalid-request", f"min_edge: expected a share from 0 to 1, such as 0.03, found {text!r}")
    return share
