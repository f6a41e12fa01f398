"""The rows of matches that several pages list: cards with the best prices and what the forecast gave to the result."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from serving.pages.page import Asked
from soccer_assets.odds.schema import BEST_PRICES

OUTCOMES = ("home", "draw", "away")
#: Statuses of matches that have still to be played to their end.
OPEN_STATUSES = ("scheduled", "in_play", None)


def match_rows(asked: Asked, cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the macro `match_row`: cards with the line that is drawn, what it gave to the result, and 1X2 prices."""
    prices = (
        asked.snapshot.scan(BEST_PRICES)
        .filter(pl.col("match_date").is_in({card["match_date"] for card in cards}), pl.col("market") == "1x2")
        .select("match_id", "selection", "best_price")
        .collect()
    )
    best: dict[str, dict[str, float]] = {}
    for match_id, selection, price in prices.iter_rows():
        best.setdefault(match_id, {})[selection] = price
    return [{**card, **forecast_of(card), "best": best.get(card["match_id"], {})} for card in cards]


def forecast_of(card: Mapping[str, Any]) -> dict[str, Any]:
    """The forecast that pages draw of a card, blend or else model, and the probability that it gave to the result."""
    drawn, result = card["blend"] or card["model"], outcome(card)
    return {"drawn": drawn, "given": None if result is None else drawn[result]}


def outcome(card: Mapping[str, Any]) -> str | None:
    """Which of `OUTCOMES` the score of a match is; None before there is a score."""
    home, away = card["home_goals"], card["away_goals"]
    return None if home is None or away is None else OUTCOMES[1 if home == away else 0 if home > away else 2]


def by_day(rows: Sequence[dict[str, Any]]) -> list[tuple[dt.date, list[dict[str, Any]]]]:
    """Rows in runs of one match date."""
    return [(date, list(of_day)) for date, of_day in groupby(rows, lambda row: row["match_date"])]
