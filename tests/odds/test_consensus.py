import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from soccer_assets.odds.consensus import (
    closing_handicaps,
    closing_prices,
    consensus,
    mean_1x2,
    mean_probabilities,
    newest_prices,
    over_2_5,
    pre_match_prices,
)
from soccer_assets.odds.devig import power
from soccer_assets.odds.market import devigged
from soccer_assets.odds.schema import MARKET_PROBABILITIES, ODDS
from soccer_assets.scoring import OUTCOMES

DAY = dt.date(2024, 3, 9)
FAIR = {"home": 2.0, "draw": 4.0, "away": 4.0}
USUAL = {"home": 1.5, "draw": 4.2, "away": 7.0}


def table(*books: list[dict[str, Any]]) -> pl.LazyFrame:
    rows = [row for book in books for row in book]
    return ODDS.conform(pl.DataFrame(rows, schema=ODDS.schema)).lazy()


def test_the_consensus_is_the_average_price_without_its_margin(book):
    rows, _ = devigged(
        table(
            book(USUAL, match_id="m1", bookmaker="average"),
            book(FAIR, match_id="m1", bookmaker="average", kind="closing"),
            book(FAIR, match_id="m1", bookmaker="maximum"),
            book({"over": 1.8, "under": 2.1}, match_id="m1", bookmaker="average", market="over_under", line=2.5),
            book(FAIR, match_id="m0", bookmaker="average"),
            book(FAIR, match_id="m2", bookmaker="bet365"),
        )
    )
    market = MARKET_PROBABILITIES.conform(rows).lazy()
    expected = power(np.array([[1.5, 4.2, 7.0]]))[0].tolist()
    assert consensus(market, "pre_match").rows() == [
        (DAY, "m0", pytest.approx(0.5), pytest.approx(0.25), pytest.approx(0.25)),
        (DAY, "m1", *map(pytest.approx, expected)),
    ]
    assert consensus(market, "closing").rows() == [
        (DAY, "m1", pytest.approx(0.5), pytest.approx(0.25), pytest.approx(0.25))
    ]
    assert consensus(market, "closing").columns == ["match_date", "match_id", "p_home", "p_draw", "p_away"]
    assert consensus(MARKET_PROBABILITIES.empty().lazy(), "closing").is_empty()


def test_the_total_is_that_of_the_average_before_the_match():
    plain = {
        "match_date": DAY, "league": "E0", "market": "over_under", "line": 2.5, "kind": "pre_match", "price": 1.8,
        "bookmaker": "average", "selection": "over", "overround": 1.05,
    }  # fmt: skip
    rows = [
        {"match_id": "m", "power": 0.56},
        {"match_id": "m", "power": 0.44, "selection": "under"},
        {"match_id": "m", "power": 0.58, "kind": "closing"},
        {"match_id": "m", "power": 0.57, "bookmaker": "bet365"},
        {"match_id": "n", "power": 0.7, "line": 1.5},
        {"match_id": "o", "power": 0.5, "market": "1x2", "line": None, "selection": "home"},
    ]
    quotes = pl.DataFrame([plain | row for row in rows], schema=MARKET_PROBABILITIES.schema)
    assert over_2_5(quotes.lazy(), "pre_match").rows() == [(DAY, "m", 0.56)]
    assert over_2_5(quotes.lazy().cast({pl.Enum: pl.String}), "pre_match").rows() == [(DAY, "m", 0.56)]


@pytest.fixture
def market():
    """Probabilities of `(match, bookmaker, kind, market, line, probabilities)`."""

    def make(*books):
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

    return make


def test_the_closing_average_counts_and_where_there_is_none_the_one_before(market):
    priced = newest_prices(market(
        ("a", "average", "pre_match", "1x2", None, (0.5, 0.3, 0.2)),
        ("a", "average", "closing", "1x2", None, (0.6, 0.25, 0.15)),
        ("b", "average", "pre_match", "1x2", None, (0.4, 0.3, 0.3)),
    ))  # fmt: skip
    assert priced.rows() == [(DAY, "a", 0.6, 0.25, 0.15, None), (DAY, "b", 0.4, 0.3, 0.3, None)]


def test_a_single_bookmaker_and_the_opening_line_are_no_average(market):
    priced = newest_prices(market(
        ("a", "bet365", "closing", "1x2", None, (0.6, 0.25, 0.15)),
        ("a", "average", "opening", "1x2", None, (0.6, 0.25, 0.15)),
    ))  # fmt: skip
    assert priced.rows() == []


def test_of_totals_two_and_a_half_goals_are_told_the_closing_price_first(market):
    result = ("average", "closing", "1x2", None, (0.6, 0.25, 0.15))
    priced = newest_prices(market(
        ("a", *result), ("b", *result), ("c", *result),
        ("a", "average", "pre_match", "over_under", 2.5, (0.5, 0.5)),
        ("a", "average", "closing", "over_under", 2.5, (0.55, 0.45)),
        ("b", "average", "pre_match", "over_under", 2.5, (0.45, 0.55)),
        ("c", "average", "closing", "over_under", 3.5, (0.3, 0.7)),
    ))  # fmt: skip
    assert priced.select("match_id", "p_over").rows() == [("a", 0.55), ("b", 0.45), ("c", None)]


def test_without_prices_there_are_no_rows_and_all_columns():
    priced = newest_prices(MARKET_PROBABILITIES.empty().lazy())
    assert (priced.height, priced.columns) == (0, ["match_date", "match_id", "p_home", "p_draw", "p_away", "p_over"])


def _quote(bookmaker, kind, p, hour=9, name="m1"):
    shared = {
        "match_date": DAY, "match_id": name, "league": "E0", "bookmaker": bookmaker, "market": "1x2", "line": None, "kind": kind,
        "quoted_at": dt.datetime(2024, 3, 9, hour, tzinfo=dt.UTC), "overround": 1.02,
    }  # fmt: skip
    methods = ("proportional", "power", "shin", "odds_ratio")
    return [
        shared | {"selection": outcome, "price": 2.0, **dict.fromkeys(methods, chance)}
        for outcome, chance in zip(OUTCOMES, p, strict=True)
    ]


def test_the_prices_of_a_blend_are_the_average_before_the_match_and_the_newest_of_each_book_beside_it():
    rows = [
        *_quote("average", "pre_match", (0.5, 0.3, 0.2)),
        *_quote("average", "closing", (0.9, 0.05, 0.05)),
        *_quote("pinnacle", "pre_match", (0.6, 0.2, 0.2), hour=12),
        *_quote("pinnacle", "pre_match", (0.4, 0.3, 0.3), hour=8),
        *_quote("bet365", "pre_match", (0.1, 0.1, 0.8)),
        *_quote("average", "pre_match", (0.3, 0.3, 0.4), name="m2"),
        *_quote("pinnacle", "pre_match", (0.3, 0.3, 0.4), name="m3"),
    ]
    priced = pre_match_prices(pl.LazyFrame(rows, schema_overrides={"line": pl.Float64}))
    assert priced.rows() == [
        (DAY, "m1", 0.5, 0.3, 0.2, 0.6, 0.2, 0.2, None),
        (DAY, "m2", 0.3, 0.3, 0.4, None, None, None, None),
    ]
    assert priced.columns[5:] == ["pinnacle_home", "pinnacle_draw", "pinnacle_away", "p_over"]


def test_the_close_is_the_averages_and_pinnacles_where_there_is_none():
    rows = [
        *_quote("average", "closing", (0.5, 0.3, 0.2)),
        *_quote("pinnacle", "closing", (0.6, 0.2, 0.2)),
        *_quote("pinnacle", "closing", (0.3, 0.3, 0.4), name="m2"),
        *_quote("average", "pre_match", (0.3, 0.3, 0.4), name="m3"),
    ]
    assert closing_prices(pl.LazyFrame(rows, schema_overrides={"line": pl.Float64})).rows() == [
        (DAY, "m1", 0.5, 0.3, 0.2, None),
        (DAY, "m2", 0.3, 0.3, 0.4, None),
    ]


def test_the_total_stands_beside_the_result_before_the_match_and_at_the_close(market):
    quoted = market(
        ("a", "average", "pre_match", "1x2", None, (0.5, 0.3, 0.2)),
        ("a", "average", "closing", "1x2", None, (0.6, 0.25, 0.15)),
        ("a", "average", "pre_match", "over_under", 2.5, (0.5, 0.5)),
        ("a", "average", "closing", "over_under", 2.5, (0.55, 0.45)),
    )
    assert pre_match_prices(quoted)["p_over"].to_list() == [0.5]
    assert closing_prices(quoted)["p_over"].to_list() == [0.55]


def test_the_handicap_at_the_close_is_the_averages_most_level_one():
    shared = {"match_date": DAY, "match_id": "m", "market": "asian_handicap", "selection": "home"}
    rows = [
        shared | {"bookmaker": bookmaker, "kind": kind, "line": line, "power": p}
        for bookmaker, kind, line, p in (
            ("pinnacle", "closing", -0.25, 0.5),
            ("average", "closing", -1.0, 0.37),
            ("average", "closing", -0.5, 0.48),
            ("average", "pre_match", 0.0, 0.5),
        )
    ]
    assert closing_handicaps(pl.LazyFrame(rows)).rows() == [(DAY, "m", -0.5, 0.48)]
    assert closing_handicaps(pl.LazyFrame(rows[:1])).rows() == [(DAY, "m", -0.25, 0.5)]


PRICES = ["match_date", "match_id", "market", "line", "selection", "closing", "opening"]


def best(*rows: tuple[Any, ...]) -> pl.LazyFrame:
    """Rows of (match, market, line, selection, closing price)."""
    priced = [(DAY, match, market, line, name, price, None) for match, market, line, name, price in rows]
    types = [pl.Date, pl.String, pl.String, pl.Float64, pl.String, pl.Float64, pl.Float64]
    return pl.LazyFrame(priced, schema=dict(zip(PRICES, types, strict=True)), orient="row")


BOOK = [("m", "1x2", None, "home", 2.0), ("m", "1x2", None, "draw", 4.0), ("m", "1x2", None, "away", 4.0)]


def test_a_fair_book_is_told_as_it_is():
    priced = mean_probabilities(
        best(*BOOK, ("m", "over_under", 2.5, "over", 2.0), ("m", "over_under", 2.5, "under", 2.0)), "closing"
    )
    assert dict(priced.select("selection", "probability").rows()) == pytest.approx(
        {"home": 0.5, "draw": 0.25, "away": 0.25, "over": 0.5, "under": 0.5}
    )
    assert mean_1x2(priced).rows() == [(DAY, "m", pytest.approx(0.5), pytest.approx(0.25), pytest.approx(0.25))]


def test_a_margin_is_removed_within_each_book():
    shortened = [(*row[:4], row[4] / 1.05) for row in BOOK]
    handicap = [("m", "asian_handicap", -0.5, "home", 1.9), ("m", "asian_handicap", -0.5, "away", 1.9)]
    priced = mean_probabilities(best(*shortened, *handicap), "closing")
    assert dict(priced.group_by("market").agg(pl.col("probability").sum()).rows()) == pytest.approx(
        {"1x2": 1.0, "asian_handicap": 1.0}
    )
    assert priced.filter(market="asian_handicap")["probability"].to_list() == pytest.approx([0.5, 0.5])


def test_a_book_that_lacks_an_outcome_tells_nothing():
    assert mean_probabilities(best(*BOOK[:2], *[("n", *row[1:]) for row in BOOK]), "closing")[
        "match_id"
    ].unique().to_list() == ["n"]


def test_without_a_price_of_that_kind_there_is_no_row():
    assert mean_1x2(mean_probabilities(best(*BOOK), "opening")).rows() == []
