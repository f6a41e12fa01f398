import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from soccer_assets.odds.devig import METHODS, odds_ratio, power, proportional, shin
from soccer_assets.odds.market import devigged
from soccer_assets.odds.schema import MARKET_PROBABILITIES, ODDS
from soccer_assets.storage.lake import Lake

DATE = dt.date(2024, 3, 9)
FAIR = {"home": 2.0, "draw": 4.0, "away": 4.0}
USUAL = {"home": 1.5, "draw": 4.2, "away": 7.0}


def table(*books: list[dict[str, Any]]) -> pl.LazyFrame:
    rows = [row for book in books for row in book]
    return ODDS.conform(pl.DataFrame(rows, schema=ODDS.schema)).lazy()


def test_a_complete_book_has_a_row_per_outcome(book):
    rows, bad = devigged(table(book(USUAL)))
    found = MARKET_PROBABILITIES.conform(rows)
    assert found.select("match_date", "match_id", "league", "bookmaker", "market", "line", "kind").unique().rows() == [
        (DATE, "m", "E0", "bet365", "1x2", None, "pre_match")
    ]
    assert found.select("selection", "price").rows() == [("home", 1.5), ("draw", 4.2), ("away", 7.0)]
    assert found["overround"].to_list() == pytest.approx([22 / 21] * 3)
    assert found["proportional"].to_list() == pytest.approx([14 / 22, 5 / 22, 3 / 22])
    odds = np.array([[1.5, 4.2, 7.0]])
    assert found["power"].to_list() == power(odds)[0].tolist()
    assert found["shin"].to_list() == shin(odds)[0].tolist()
    assert found["odds_ratio"].to_list() == odds_ratio(odds)[0].tolist()
    assert bad.is_empty()


def test_over_and_under_make_a_book_too(book):
    rows, _ = devigged(table(book({"over": 1.8, "under": 2.1}, market="over_under", line=2.5)))
    found = MARKET_PROBABILITIES.conform(rows)
    assert found.select("market", "line", "selection").rows() == [
        ("over_under", 2.5, "over"),
        ("over_under", 2.5, "under"),
    ]
    assert found["proportional"].to_list() == pytest.approx([2.1 / 3.9, 1.8 / 3.9])


def test_a_handicap_makes_a_book_on_each_of_its_lines(book):
    lines = [
        book({"home": home, "away": 2.0}, market="asian_handicap", line=line) for line, home in ((-0.5, 1.9), (0, 1.8))
    ]
    rows, _ = devigged(table(*lines))
    found = MARKET_PROBABILITIES.conform(rows).filter(selection="home")
    assert found.select("market", "line").rows() == [("asian_handicap", -0.5), ("asian_handicap", 0.0)]
    assert found["power"].to_list() == [power(np.array([[home, 2.0]]))[0, 0] for home in (1.9, 1.8)]


def test_incomplete_books_are_left_out(book):
    rows, bad = devigged(
        table(
            book({"home": 2.0, "away": 4.0}),
            book({"draw": 3.4}, bookmaker="bwin"),
            book({"over": 1.9}, market="over_under", line=2.5),
            book({"home": 1.9}, market="asian_handicap", line=-0.5),
            book(FAIR, bookmaker="pinnacle"),
        )
    )
    assert rows["bookmaker"].unique().to_list() == ["pinnacle"]
    assert bad.is_empty()


def test_books_are_told_apart_by_match_bookmaker_and_kind(book):
    """Two halves of different books are no book."""
    halves = [
        book({"home": 2.0, "draw": 4.0}, match_id="m1"),
        book({"away": 4.0}, match_id="m2"),
        book({"home": 2.0, "draw": 4.0}, bookmaker="bwin"),
        book({"away": 4.0}, bookmaker="bwin", kind="closing"),
    ]
    assert devigged(table(*halves))[0].is_empty()
    rows, _ = devigged(
        table(*halves, book(FAIR, kind="closing"), book(USUAL), book(FAIR, match_id="m1", bookmaker="bwin"))
    )
    assert MARKET_PROBABILITIES.conform(rows).select("match_id", "bookmaker", "kind", "price").rows() == [
        ("m", "bet365", "pre_match", 1.5),
        ("m", "bet365", "pre_match", 4.2),
        ("m", "bet365", "pre_match", 7.0),
        ("m", "bet365", "closing", 2.0),
        ("m", "bet365", "closing", 4.0),
        ("m", "bet365", "closing", 4.0),
        ("m1", "bwin", "pre_match", 2.0),
        ("m1", "bwin", "pre_match", 4.0),
        ("m1", "bwin", "pre_match", 4.0),
    ]


def test_each_snapshot_of_a_line_is_a_book_of_its_own(book):
    hours = [dt.datetime(2024, 3, 8, hour, tzinfo=dt.UTC) for hour in (4, 8, 12)]
    whole = [book(USUAL, bookmaker="fonbet", at=at) for at in hours[:2]]
    part = book({"home": 1.6, "draw": 4.0}, bookmaker="fonbet", at=hours[2])
    rows, _ = devigged(table(*whole, part))
    found = MARKET_PROBABILITIES.conform(rows)
    assert found["quoted_at"].to_list() == [hours[0]] * 3 + [hours[1]] * 3
    assert found["power"].to_list() == power(np.array([[1.5, 4.2, 7.0]]))[0].tolist() * 2


def test_a_double_chance_is_no_book_because_its_outcomes_overlap(book):
    rows, bad = devigged(table(book({"home_draw": 1.2, "home_away": 1.3, "draw_away": 1.9}, market="double_chance")))
    assert rows.is_empty()
    assert bad.is_empty()


def level(total: float) -> dict[str, float]:
    """Three equal prices with that overround."""
    return dict.fromkeys(("home", "draw", "away"), 3 / total)


@pytest.mark.parametrize(
    ("bookmaker", "total", "sound"),
    [
        ("bet365", 1.0, True),
        ("bet365", 0.951, True),
        ("bet365", 0.949, False),
        ("bet365", 1.249, True),
        ("bet365", 1.251, False),
        ("average", 0.949, False),
        # the best of many bookmakers may lose money together
        ("maximum", 0.949, True),
        ("maximum", 0.801, True),
        ("maximum", 0.799, False),
        ("maximum", 1.251, False),
    ],
)
def test_books_that_no_one_would_sell_are_quarantined_whole(book, bookmaker, total, sound):
    rows, bad = devigged(table(book(level(total), bookmaker=bookmaker), book(FAIR, bookmaker="pinnacle")))
    assert set(rows["bookmaker"]) == ({bookmaker, "pinnacle"} if sound else {"pinnacle"})
    assert len(bad) == (0 if sound else 3)


@pytest.mark.parametrize(
    ("bookmaker", "total", "sound"),
    [
        ("average", 1.001, True),
        ("average", 0.999, False),
        ("average", 1.149, True),
        ("average", 1.151, False),
        ("average", 1.9, False),
        ("betfair_exchange", 0.96, True),
        ("maximum", 0.81, True),
    ],
)
@pytest.mark.parametrize(("market", "selections"), [("over_under", ("over", "under"))])
def test_totals_have_narrower_margins(book, bookmaker, total, sound, market, selections):
    prices = {name: 2 / total for name in selections}
    offered = book(prices, bookmaker=bookmaker, market=market, line=2.5)
    rows, bad = devigged(table(offered))
    assert (len(rows), len(bad)) == ((2, 0) if sound else (0, 2))


def test_an_unsound_book_is_quarantined_with_what_it_came_to(book):
    _, bad = devigged(table(book({"home": 2.0, "draw": 2.0, "away": 2.5}, kind="closing")))
    assert bad.sort("record").to_dicts() == [
        {
            "origin": "odds",
            "payload_id": None,
            "line": None,
            "match_date": DATE,
            "reason": "expected inverse prices that sum to 0.95 to 1.25, found 1.4",
            "record": f"m bet365 1x2 closing {selection}={price}",
        }
        for selection, price in [("away", 2.5), ("draw", 2.0), ("home", 2.0)]
    ]


def test_no_odds_give_no_probabilities():
    rows, bad = devigged(ODDS.empty().lazy())
    assert_frame_equal(rows, MARKET_PROBABILITIES.empty())
    assert bad.is_empty()


def test_odds_from_the_lake_give_the_same_probabilities(book, tmp_path):
    odds = table(book(USUAL), book(FAIR, match_id="m2", bookmaker="average"))
    lake = Lake(str(tmp_path))
    lake.replace_dates("odds", odds.collect(), DATE, DATE)
    for here, there in zip(devigged(odds), devigged(lake.scan("odds")), strict=True):
        assert_frame_equal(here, there)


@settings(max_examples=12, deadline=None)
@given(prices=st.lists(st.tuples(*[st.floats(1.05, 15.0)] * 3), max_size=8), chance=st.randoms(use_true_random=False))
def test_every_outcome_of_a_complete_book_is_a_row_or_in_quarantine(book, prices, chance):
    books = [book(dict(zip(FAIR, triple, strict=True)), match_id=f"m{n}") for n, triple in enumerate(prices)]
    odds = table(*books).collect()
    rows, bad = devigged(odds[chance.sample(range(len(odds)), len(odds))].lazy())
    assert len(rows) + len(bad) == 3 * len(prices)
    found = MARKET_PROBABILITIES.conform(rows)
    for _, outcomes in found.group_by("match_id"):
        expected = proportional(outcomes["price"].to_numpy()[None, :])
        assert outcomes["proportional"].to_list() == pytest.approx(expected[0].tolist())
        for method in METHODS:
            assert outcomes[method].sum() == pytest.approx(1.0, abs=1e-9)
