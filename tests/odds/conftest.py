"""Published records and the matches they became, from the cells of price columns alone."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from soccer_assets.odds.prices import Prices, long_form

NOON = dt.datetime(2024, 3, 9, 12, 30, tzinfo=dt.UTC)
DATE = dt.date(2024, 3, 9)


@pytest.fixture(scope="session")
def quoted() -> Callable[..., Prices]:
    """`long_form` of one record per dictionary of cells, each a match of its own.

    `seen` makes them fixtures last seen then; `date` and `kick_off` are the same for all.
    """

    def make(
        *cells: dict[str, str | None],
        date: dt.date = DATE,
        kick_off: dt.datetime | None = NOON,
        seen: dt.datetime | None = None,
    ) -> Prices:
        columns = {name: pl.String for row in cells for name in row}
        records = pl.DataFrame(
            [{"_payload_id": "a", "_line": line, **row} for line, row in enumerate(cells, start=2)],
            schema={"_payload_id": pl.String, "_line": pl.Int64, **columns},
        )
        if seen is not None:
            records = records.with_columns(_last_seen_at=pl.lit(seen))
        matches = records.select(
            payload_id="_payload_id",
            line="_line",
            match_date=pl.lit(date),
            match_id=pl.format("m{}", "_line"),
            league=pl.lit("E0"),
            kick_off_at=pl.lit(kick_off, dtype=pl.Datetime("us", "UTC")),
        )
        return long_form(records.lazy(), matches.lazy())

    return make


@pytest.fixture(scope="session")
def book() -> Callable[..., list[dict[str, Any]]]:
    """Rows of the odds table: one bookmaker's prices of one match, by selection."""

    def make(
        prices: dict[str, float],
        match_id: str = "m",
        bookmaker: str = "bet365",
        market: str = "1x2",
        kind: str = "pre_match",
        line: float | None = None,
        at: dt.datetime | None = NOON,
    ) -> list[dict[str, Any]]:
        shared = {
            "match_date": DATE,
            "match_id": match_id,
            "league": "E0",
            "bookmaker": bookmaker,
            "market": market,
            "line": line,
            "kind": kind,
            "quoted_at": at,
        }
        return [shared | {"selection": selection, "price": price} for selection, price in prices.items()]

    return make
