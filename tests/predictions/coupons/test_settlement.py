import datetime as dt
from typing import Any

import polars as pl
import pytest

from soccer_assets.errors import CouponError
from soccer_assets.predictions.coupons.schema import Accumulator, Leg, Pool, PoolFixture
from soccer_assets.predictions.coupons.settlement import settle_accumulator, settle_pool

DATE, LATER = dt.date(2025, 3, 1), dt.date(2025, 3, 9)
HOME, BOTH = [True, False, False], [True, True, False]


def matches(*rows: tuple[Any, ...]) -> pl.DataFrame:
    names = ("match_id", "status", "home_goals", "away_goals")
    dated = [dict(zip(names, row, strict=False)) | {"match_date": row[4] if len(row) > 4 else DATE} for row in rows]
    return pl.DataFrame(
        dated,
        schema={
            "match_date": pl.Date,
            "match_id": pl.String,
            "status": pl.String,
            "home_goals": pl.Int16,
            "away_goals": pl.Int16,
        },
    )


WON, DRAWN, OPEN = ("a", "finished", 2, 0), ("b", "finished", 1, 1), ("c", "scheduled", None, None)
VOID, POSTPONED = ("v", "void", None, None), ("p", "postponed", None, None)
ABANDONED = ("x", "abandoned", 2, 1)
MATCHES = matches(WON, DRAWN, OPEN, VOID, POSTPONED, ABANDONED)


def leg(
    match: str, market: str = "1x2", selection: str = "home", line: float | None = None, price: float | None = 2.0
) -> Leg:
    return Leg(match, market, selection, line, price)


@pytest.mark.parametrize(
    ("legs", "result", "returned"),
    [
        ([leg("a"), leg("b", selection="draw", price=3.0)], "won", 6.0),
        ([leg("a"), leg("b")], "lost", 0.0),
        ([leg("c"), leg("b")], "lost", 0.0),  # what is open can change nothing
        ([leg("c"), leg("a")], "open", None),
        ([leg("a"), leg("v")], "won", 2.0),
        ([leg("a"), leg("p")], "won", 2.0),
        ([leg("v"), leg("p")], "void", 1.0),
        ([leg("a"), leg("b", "draw_no_bet")], "won", 2.0),
        ([leg("a"), leg("b", "asian_handicap", "home", 0.25, 1.8)], "won", 2 * 1.4),
        ([leg("a"), leg("b", "asian_handicap", "home", -0.25)], "won", 1.0),
        ([leg("a", price=None), leg("b", selection="draw")], "won", None),
        ([leg("x", "over_under", "over", 2.5)], "won", 2.0),
        ([leg("x")], "void", 1.0),
        ([leg("x"), leg("x", "over_under", "under", 2.5, None)], "lost", 0.0),  # a void leg voids none that is lost
        ([leg("x"), leg("x", "over_under", "over", 2.5, None)], "void", 1.0),
        ([leg("a", price=3.0), leg("a", "over_under", "under", 2.5, None)], "won", 3.0),
        ([leg("a", price=3.0), leg("a", "over_under", "over", 2.0, None)], "void", 1.0),
    ],
)
def test_a_ticket_is_settled_by_the_rules_stated(legs, result, returned):
    ticket = settle_accumulator(Accumulator(legs), MATCHES)
    assert (ticket.result, ticket.returned) == (result, returned if returned is None else pytest.approx(returned))


def test_a_moved_match_is_followed_unless_the_date_of_the_bet_is_named():
    rows = matches(("m", "postponed", None, None, DATE), ("m", "finished", 3, 0, LATER))
    followed = settle_accumulator(Accumulator([leg("m")]), rows)
    dated = settle_accumulator(Accumulator([Leg("m", "1x2", "home", price=2.0, match_date=DATE)]), rows)
    assert (followed.result, followed.returned) == ("won", 2.0)
    assert (dated.result, dated.returned) == ("void", 1.0)


@pytest.mark.parametrize(
    ("ids", "taken", "result", "right"),
    [
        ("ab", [HOME, BOTH], "won", 2),
        ("ab", [HOME, HOME], "lost", 1),
        ("ac", [HOME, HOME], "open", 1),
        ("bc", [HOME, HOME], "lost", 0),
        ("avpx", [HOME] * 4, "won", 4),
    ],
)
def test_a_pool_counts_right_outcomes_and_what_is_not_played_is_right(ids, taken, result, right):
    pool = settle_pool(Pool([PoolFixture(match_id) for match_id in ids]), taken, MATCHES)
    assert (pool.result, pool.right) == (result, right)


def test_a_match_that_is_missing_and_two_dates_of_one_are_refused():
    with pytest.raises(CouponError, match=r"found none of \['z'\]"):
        settle_accumulator(Accumulator([leg("z")]), MATCHES)
    legs = [leg("a"), Leg("a", "over_under", "over", 1.5, match_date=LATER)]
    with pytest.raises(CouponError, match="expected one match_date of 'a', found two"):
        settle_accumulator(Accumulator(legs), MATCHES)
