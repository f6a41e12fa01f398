import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from soccer_assets.odds import best as module
from soccer_assets.odds.best import best_prices, stale
from soccer_assets.odds.schema import BEST_PRICES, ODDS

DATE = dt.date(2024, 3, 9)
KICK_OFF = dt.datetime(2024, 3, 9, 15, tzinfo=dt.UTC)
UTC = pl.Datetime("us", "UTC")


def before(hours: float) -> dt.datetime:
    return KICK_OFF - dt.timedelta(hours=hours)


def one_x_two(home: float, draw: float = 3.5, away: float = 4.0) -> dict[str, float]:
    return {"home": home, "draw": draw, "away": away}


def over(price: float, under: float) -> dict[str, float]:
    return {"over": price, "under": under}


def sides(home: float, away: float) -> dict[str, float]:
    return {"home": home, "away": away}


def match_frame(*ids: str, status: str = "finished", kick_off: dt.datetime | None = KICK_OFF) -> pl.LazyFrame:
    rows = [{"match_date": DATE, "match_id": i, "league": "E0", "status": status, "kick_off_at": kick_off} for i in ids]
    return pl.LazyFrame(rows).with_columns(pl.col("kick_off_at").cast(UTC))


def best_rows(*books: list[dict[str, Any]], matches: pl.LazyFrame | None = None) -> pl.DataFrame:
    rows = ODDS.conform(pl.DataFrame([row for book in books for row in book], schema=ODDS.schema))
    return best_prices(rows.lazy(), match_frame("m") if matches is None else matches)


def home(rows: pl.DataFrame) -> dict[str, Any]:
    return rows.row(by_predicate=(pl.col("selection") == "home") & (pl.col("market") == "1x2"), named=True)


# Price


def test_the_best_price_is_the_highest_before_the_close_and_says_whose_it_is(book):
    row = home(
        best_rows(
            book(one_x_two(1.95), bookmaker="bet365", at=before(20)),
            book(one_x_two(2.05), bookmaker="bwin", at=before(30)),
            book(one_x_two(2.4), bookmaker="pinnacle", kind="closing", at=KICK_OFF),
            book(one_x_two(2.1), bookmaker="average"),
        )
    )
    assert (row["best_price"], row["best_bookmaker"], row["best_quoted_at"]) == (2.05, "bwin", before(30))
    assert (row["bookmakers"], row["quoted_at"]) == (2, KICK_OFF)


def test_the_maximum_counts_where_no_bookmaker_named_offers_as_much(book):
    books = [book(one_x_two(2.0), bookmaker="bet365"), book(one_x_two(2.1), bookmaker="maximum")]
    assert (home(best_rows(*books))["best_price"], home(best_rows(*books))["best_bookmaker"]) == (2.1, "maximum")
    level = [book(one_x_two(2.1), bookmaker="fonbet"), books[1]]
    assert (home(best_rows(*level))["best_bookmaker"], home(best_rows(*level))["bookmakers"]) == ("fonbet", 1)


def test_the_overround_is_that_of_the_best_book(book):
    rows = best_rows(book(one_x_two(2.0, 3.5, 4.0)), book(one_x_two(1.9, 3.6, 4.2), bookmaker="bwin"))
    assert rows["overround"].to_list() == pytest.approx([1 / 2.0 + 1 / 3.6 + 1 / 4.2] * 3)


@pytest.mark.parametrize("price", [20.0, 1.2])
def test_a_misprint_is_no_best_price(book, price):
    """Its book sums to far below or above 100 %."""
    row = home(best_rows(book(one_x_two(price)), book(one_x_two(2.0), bookmaker="bwin")))
    assert (row["best_price"], row["best_bookmaker"], row["bookmakers"]) == (2.0, "bwin", 1)
    assert row["pre_match"] == 2.0


def test_a_match_without_a_sound_book_has_no_row(book):
    assert best_rows(book({"home": 2.0, "draw": 3.5})).is_empty()
    assert best_rows(book(one_x_two(2.0), match_id="another")).is_empty()


# Which outcomes


def test_of_goals_the_line_of_two_and_a_half_is_shown(book):
    rows = best_rows(*(book(over(1.9, 1.95), market="over_under", line=line) for line in (1.5, 2.5, 3.5)))
    assert rows.select("market", "line", "selection").rows() == [
        ("over_under", 2.5, "over"),
        ("over_under", 2.5, "under"),
    ]


def test_the_main_handicap_is_the_most_quoted_line_then_the_most_level_one(book):
    def handicap(line: float, home: float, away: float, bookmaker: str = "fonbet") -> list[dict[str, Any]]:
        return book(sides(home, away), bookmaker=bookmaker, market="asian_handicap", line=line)

    ladder = [handicap(-1, 3.0, 1.4), handicap(-0.5, 1.95, 1.9), handicap(0, 1.4, 2.9)]
    assert best_rows(*ladder)["line"].to_list() == [-0.5, -0.5]
    assert best_rows(*ladder, handicap(-1, 3.1, 1.38, "pinnacle"))["line"].to_list() == [-1.0, -1.0]


# Movement


def test_prices_move_from_the_opening_to_the_newest_quote(book):
    books = [
        book(one_x_two(2.0), bookmaker="fonbet", kind="opening", at=before(40)),
        book(one_x_two(2.2), bookmaker="fonbet", at=before(30)),
        book(one_x_two(1.9), bookmaker="fonbet", at=before(20)),
    ]
    row = home(best_rows(*books))
    assert (row["opening"], row["pre_match"], row["closing"], row["best_price"]) == (2.0, 1.9, None, 1.9)
    assert row["movement"] == pytest.approx(math.log(1.9 / 2.0))
    row = home(best_rows(*books, book(one_x_two(1.8), bookmaker="fonbet", kind="closing", at=before(2))))
    assert (row["opening"], row["pre_match"], row["closing"], row["best_price"]) == (2.0, 1.9, 1.8, 1.9)
    assert row["movement"] == pytest.approx(math.log(1.8 / 2.0))


def test_the_movement_is_the_mean_of_those_that_quote_twice(book):
    row = home(
        best_rows(
            book(one_x_two(2.0), bookmaker="bet365"),
            book(one_x_two(1.8), bookmaker="bet365", kind="closing"),
            book(one_x_two(2.1), bookmaker="pinnacle"),
            book(one_x_two(2.0), bookmaker="pinnacle", kind="closing"),
            book(one_x_two(2.4), bookmaker="bwin"),
            book(one_x_two(2.0), bookmaker="average"),
            book(one_x_two(1.5, 4.2, 7.0), bookmaker="average", kind="closing"),
        )
    )
    assert row["movement"] == pytest.approx((math.log(1.8 / 2.0) + math.log(2.0 / 2.1)) / 2)
    assert (row["opening"], row["pre_match"], row["closing"]) == (None, 2.0, 1.5)  # the average's own prices


def test_where_nobody_named_quotes_twice_the_average_tells_the_movement(book):
    row = home(
        best_rows(book(one_x_two(2.0), bookmaker="average"), book(one_x_two(1.9), bookmaker="average", kind="closing"))
    )
    assert row["movement"] == pytest.approx(math.log(1.9 / 2.0))
    assert (row["best_price"], row["best_bookmaker"], row["overround"], row["bookmakers"]) == (None, None, None, 0)
    assert home(best_rows(book(one_x_two(2.0))))["movement"] is None


def test_without_an_average_the_markets_price_is_the_mean_of_the_bookmakers(book):
    row = home(
        best_rows(
            book(one_x_two(2.0)), book(one_x_two(2.2), bookmaker="bwin"), book(one_x_two(2.5), bookmaker="maximum")
        )
    )
    assert row["pre_match"] == pytest.approx(2.1)


# Age


@pytest.mark.parametrize(("hours", "is_stale"), [(0, False), (48, False), (48.5, True)])
def test_the_age_is_counted_to_kick_off(book, hours, is_stale):
    row = home(best_rows(book(one_x_two(2.0), at=before(hours))))
    assert (row["age_hours"], row["stale"]) == (hours, is_stale)
    row = home(best_rows(book(one_x_two(2.0), at=before(hours)), matches=match_frame("m", kick_off=None)))
    assert (row["age_hours"], row["stale"]) == (None, None)


def test_before_kick_off_the_age_is_counted_to_the_newest_quote_of_the_date(book):
    coming = match_frame("m", "left behind", status="scheduled")
    rows = best_rows(
        book(one_x_two(2.0), at=before(100)),
        book(one_x_two(2.0), match_id="left behind", at=before(150)),
        matches=coming,
    )
    ages = {row["match_id"]: (row["age_hours"], row["stale"]) for row in rows.to_dicts()}
    assert ages == {"m": (0.0, False), "left behind": (50.0, True)}


def test_coming_matches_without_a_quote_for_two_days_are_named(book):
    rows = best_rows(book(one_x_two(2.0), at=before(100)), matches=match_frame("m", status="scheduled"))

    def stale_ids(hours: float, status: str = "scheduled") -> list[str]:
        return stale(rows.lazy(), match_frame("m", status=status), before(hours))["match_id"].to_list()

    assert stale_ids(53) == []
    assert stale_ids(51) == ["m"]
    assert stale_ids(51, status="postponed") == stale_ids(51, status="finished") == []
    assert stale_ids(-24) == []  # it has been played


# Laws


def test_no_odds_and_no_matches_give_no_prices(book):
    assert_frame_equal(best_rows(), BEST_PRICES.empty())
    assert_frame_equal(best_rows(matches=match_frame("m").filter(False)), BEST_PRICES.empty())


@settings(max_examples=15, deadline=None)
@given(
    drawn=st.lists(
        st.tuples(
            st.integers(0, 4),
            st.sampled_from(["bet365", "bwin", "pinnacle", "maximum", "average"]),
            st.sampled_from(["pre_match", "closing"]),
            st.floats(1.7, 2.4),
        ),
        min_size=1,
    )
)
def test_what_is_said_of_a_match_does_not_hang_on_the_matches_beside_it(book, drawn):
    """To the last bit, however many matches are looked at at once."""
    books = [
        book(one_x_two(price), match_id=f"m{match}", bookmaker=bookmaker, kind=kind)
        for match, bookmaker, kind, price in {row[:3]: row for row in drawn}.values()
    ]
    matches = match_frame(*(f"m{n}" for n in range(5)))
    together = best_rows(*books, matches=matches)
    chosen = books[-1][0]["match_id"]
    alone = best_rows(*[b for b in books if b[0]["match_id"] == chosen], matches=match_frame(chosen))
    assert_frame_equal(together.filter(match_id=chosen), alone, check_exact=True)
    prices = pl.DataFrame([row for b in books for row in b], schema=ODDS.schema)
    offered = prices.filter(pl.col("kind") == "pre_match", pl.col("bookmaker") != "average")
    for row in together.to_dicts():
        mine = offered.filter(match_id=row["match_id"], selection=row["selection"])["price"]
        assert row["best_price"] == mine.max()


def test_it_does_not_matter_how_many_matches_are_looked_at_at_once(book, monkeypatch):
    books = [
        book(one_x_two(1.8 + n / 10), match_id=f"m{n}", bookmaker=b) for n in range(7) for b in ("bwin", "average")
    ]
    whole = best_rows(*books, matches=match_frame(*(f"m{n}" for n in range(7))))
    monkeypatch.setattr(module, "MATCHES_AT_ONCE", 3)
    assert_frame_equal(best_rows(*books, matches=match_frame(*(f"m{n}" for n in range(7)))), whole, check_exact=True)
    assert len(whole) == 21
