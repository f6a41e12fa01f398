"""Records as stage 1 keeps them, from a few words each."""

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from soccer_assets.leagues import LEAGUES, season_label
from soccer_assets.sources.schema import FOOTBALL_DATA_FIXTURES, FOOTBALL_DATA_RESULTS
from soccer_assets.storage.tables import Table

Record = tuple[Any, ...]


def _frame(table: Table, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    published = {name: pl.String for row in rows for name in row if name not in table.schema}
    return pl.DataFrame(rows, schema={**table.schema, **published}).lazy()


def _record(date: str, home: str, away: str, league: str, line: int, payload: str) -> dict[str, Any]:
    day = dt.date.fromisoformat(date)
    return {
        "match_date": day,
        "_league": league,
        "_season": season_label(LEAGUES[league], LEAGUES[league].season_start(day)),
        "_address": f"http://site/{payload}.csv",
        "_payload_id": payload * 64,
        "_line": line,
        "Date": f"{day:%d/%m/%Y}",
        "HomeTeam": home,
        "AwayTeam": away,
    }


@pytest.fixture(scope="session")
def played() -> Callable[..., pl.LazyFrame]:
    """Archive records: date, home, away, score (`2-1`; empty: none), and further columns in a dictionary."""

    def make(*rows: Record, league: str = "E0") -> pl.LazyFrame:
        records = []
        for line, (date, home, away, score, *further) in enumerate(rows, start=2):
            goals = score.split("-") if score else [None, None]
            columns = dict(zip(("FTHG", "FTAG"), goals, strict=True))
            records.append(_record(date, home, away, league, line, "a") | columns | dict(*further))
        return _frame(FOOTBALL_DATA_RESULTS, records)

    return make


@pytest.fixture(scope="session")
def listed() -> Callable[..., pl.LazyFrame]:
    """Fixture records: date, home, away, the day a file last had it.

    `*` behind it: the newest file has it; a slash and a day: the next file, without it, was seen then (default: the day
    of the next one of the rows).
    """

    def make(*rows: Record, league: str = "E0") -> pl.LazyFrame:
        records, days = [], sorted({seen[:10] for _, _, _, seen, *_ in rows})
        following = dict(itertools.pairwise(days))
        for line, (date, home, away, seen, *further) in enumerate(rows, start=2):
            day = seen[:10]
            unlisted = None if seen.endswith("*") else seen[11:] or following.get(day)
            at, without_it_at = (text and dt.datetime.fromisoformat(f"{text}T09:00+00:00") for text in (day, unlisted))
            times = {"_first_seen_at": at, "_last_seen_at": at, "_listed": seen.endswith("*")}
            times["_unlisted_at"] = without_it_at
            records.append(_record(date, home, away, league, line, "f") | times | dict(*further))
        return _frame(FOOTBALL_DATA_FIXTURES, records)

    return make
