import datetime as dt

import polars as pl
import pytest

from soccer_assets.features.prices import newest_prices
from soccer_assets.odds.schema import MARKET_PROBABILITIES

DAY = dt.date(2024, 8, 10)


@pytest.fixture
def market():
    """Probabilities of `(match, bookmaker, kind, market, line, probabilities)`."""

    def of(*books):
        rows = []
        for match, bookmaker, kind, market, line, probabilities in books:
            selections = ("home", "draw", "away") if market == "1x2" else ("over", "under")
            for selection, p in zip(selections, probabilities, strict=True):
                rows.append({
                    "match_date": DAY, "match_id": match, "league": "E0", "bookmaker": bookmaker, "market": market,
                    "line": line, "kind": kind, "selection": selection, "power": p,
                })  # fmt: skip
        columns = {name: [row.get(name) for row in rows] for name in MARKET_PROBABILITIES.schema}
        return pl.DataFrame(columns, schema=MARKET_PROBABILITIES.schema).lazy()

    return of


def test_the_closing_average_counts_and_where_there_is_none_the_one_before(market):
    told = newest_prices(market(
        ("a", "average", "pre_match", "1x2", None, (0.5, 0.3, 0.2)),
        ("a", "average", "closing", "1x2", None, (0.6, 0.25, 0.15)),
        ("b", "average", "pre_match", "1x2", None, (0.4, 0.3, 0.3)),
    ))  # fmt: skip
    assert told.rows() == [(DAY, "a", 0.6, 0.25, 0.15, None), (DAY, "b", 0.4, 0.3, 0.3, None)]


def test_a_single_bookmaker_and_the_opening_line_are_no_average(market):
    told = newest_prices(market(
        ("a", "bet365", "closing", "1x2", None, (0.6, 0.25, 0.15)),
        ("a", "average", "opening", "1x2", None, (0.6, 0.25, 0.15)),
    ))  # fmt: skip
    assert told.rows() == []


def test_of_totals_two_and_a_half_goals_are_told_the_closing_price_first(market):
    result = ("average", "closing", "1x2", None, (0.6, 0.25, 0.15))
    told = newest_prices(market(
        ("a", *result), ("b", *result), ("c", *result),
        ("a", "average", "pre_match", "over_under", 2.5, (0.5, 0.5)),
        ("a", "average", "closing", "over_under", 2.5, (0.55, 0.45)),
        ("b", "average", "pre_match", "over_under", 2.5, (0.45, 0.55)),
        ("c", "average", "closing", "over_under", 3.5, (0.3, 0.7)),
    ))  # fmt: skip
    assert told.select("match_id", "p_over").rows() == [("a", 0.55), ("b", 0.45), ("c", None)]


def test_without_prices_there_are_no_rows_and_all_columns():
    told = newest_prices(MARKET_PROBABILITIES.empty().lazy())
    assert (told.height, told.columns) == (0, ["match_date", "match_id", "p_home", "p_draw", "p_away", "p_over"])
