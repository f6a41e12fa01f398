import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from soccer_assets.odds.fonbet_prices import FACTORS, fonbet_quotes
from soccer_assets.odds.prices import Prices
from soccer_assets.odds.schema import MARKETS, ODDS
from soccer_assets.sources.schema import FONBET_EVENTS

DATE = dt.date(2024, 3, 9)
KICK_OFF = dt.datetime(2024, 3, 9, 15, tzinfo=dt.UTC)
BOOK = [[921, 2.0, None], [922, 3.5, None], [923, 4.1, None]]
SHORTER = [[921, 1.9, None], [922, 3.5, None], [923, 4.4, None]]


def event(hours: float, factors: list[Any] | None, **columns: Any) -> dict[str, Any]:
    """One event in the snapshot taken that many hours before kick-off."""
    at = KICK_OFF - dt.timedelta(hours=hours)
    return {
        "match_date": DATE,
        "event_id": "e",
        "quoted_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "kick_off_at": f"{KICK_OFF:%Y-%m-%dT%H:%M:%SZ}",
        "home": "Альба",
        "away": "Борея",
        "factors": None if factors is None else json.dumps(factors),
        "_payload_id": f"snapshot {hours}",
        "_record": 1,
    } | columns


def link(event_id: str = "e", match_id: str = "m", date: dt.date = DATE, outcome: str = "linked") -> dict[str, Any]:
    teams = {"home": "Альба", "away": "Борея"}
    return {"match_date": date, "event_id": event_id, "match_id": match_id, "outcome": outcome} | teams


def match(status: str = "finished", kick_off: dt.datetime | None = KICK_OFF, **columns: Any) -> dict[str, Any]:
    return {"match_date": DATE, "match_id": "m", "league": "E0", "status": status, "kick_off_at": kick_off} | columns


def quotes(
    events: list[dict[str, Any]], links: list[dict[str, Any]] | None = None, matches: list[dict[str, Any]] | None = None
) -> Prices:
    played = pl.DataFrame([match()] if matches is None else matches)
    prices = fonbet_quotes(
        pl.DataFrame(events, schema=FONBET_EVENTS.schema).lazy(),
        pl.DataFrame([link()] if links is None else links).lazy(),
        played.with_columns(pl.col("kick_off_at").cast(pl.Datetime("us", "UTC"))).lazy(),
    )
    return Prices(ODDS.conform(prices.rows), prices.quarantined)


def history(prices: Prices, selection: str = "home") -> list[tuple[Any, ...]]:
    """Hours before kick-off, kind and price of one selection, in order of time."""
    rows = prices.rows.filter(pl.col("selection") == selection).sort("quoted_at")
    return [((KICK_OFF - at).total_seconds() / 3600, kind, price)
            for at, kind, price in rows.select("quoted_at", "kind", "price").rows()]  # fmt: skip


# Markets


def test_each_factor_is_one_selection_of_one_market():
    every = [[factor, 1.5 + n / 10, 2.5 if sign else None] for n, (factor, (*_, sign)) in enumerate(FACTORS.items())]
    rows = quotes([event(4, every)], matches=[match("scheduled")]).rows
    assert set(rows["bookmaker"]) == {"fonbet"}
    assert rows.sort("price").select("market", "line", "selection", "price").rows() == [
        ("1x2", None, "home", 1.5),
        ("1x2", None, "draw", 1.6),
        ("1x2", None, "away", 1.7),
        ("double_chance", None, "home_draw", 1.8),
        ("double_chance", None, "home_away", 1.9),
        ("double_chance", None, "draw_away", 2.0),
        ("asian_handicap", 2.5, "home", 2.1),
        ("asian_handicap", -2.5, "away", 2.2),
        ("over_under", 2.5, "over", 2.3),
        ("over_under", 2.5, "under", 2.4),
    ]
    assert all(selection in MARKETS[market] for market, selection, _ in FACTORS.values())


@pytest.mark.parametrize(("home_line", "away_line", "line"), [(-1.5, 1.5, -1.5), (0, 0, 0.0), (0.25, -0.25, 0.25)])
def test_both_sides_of_a_handicap_stand_on_the_home_line(home_line, away_line, line):
    rows = quotes([event(4, [[927, 1.9, home_line], [928, 1.95, away_line]])]).rows
    assert rows.select("line", "selection", "price").rows() == [(line, "home", 1.9), (line, "away", 1.95)]
    assert [str(value) for value in rows["line"]] == [str(line)] * 2  # never a negative zero


def test_other_factors_are_none_of_our_markets():
    prices = quotes([event(4, [*BOOK, [4241, 1.7, None], [1696, 9.0, 3.5]])])
    assert len(prices.rows) == 3
    assert prices.quarantined.is_empty()


# History


def test_the_first_quote_opens_the_last_one_closes_and_those_between_are_pre_match():
    three = [BOOK, SHORTER, [[921, 1.85, None], *SHORTER[1:]]]
    prices = quotes([event(hours, book) for hours, book in zip((20, 12, 4), three, strict=True)])
    assert history(prices) == [(20, "opening", 2.0), (12, "pre_match", 1.9), (4, "closing", 1.85)]


def test_a_book_that_stands_is_not_repeated_but_its_newest_sight_is_kept():
    books = {40: BOOK, 36: BOOK, 32: SHORTER, 28: SHORTER, 24: SHORTER, 20: BOOK, 16: BOOK, 12: BOOK}
    prices = quotes([event(hours, book) for hours, book in books.items()], matches=[match("scheduled")])
    assert history(prices) == [
        (40, "opening", 2.0),
        (32, "pre_match", 1.9),
        (20, "pre_match", 2.0),
        (12, "pre_match", 2.0),
    ]
    # the draw's price never changed: it is there with its book
    assert [hours for hours, *_ in history(prices, "draw")] == [40, 32, 20, 12]


@pytest.mark.parametrize("status", ["finished", "in_play", "abandoned", "awarded"])
def test_a_quote_closes_when_its_match_has_kicked_off(status):
    snapshots = [event(8, BOOK), event(4, SHORTER)]
    assert [kind for _, kind, _ in history(quotes(snapshots, matches=[match(status)]))] == ["opening", "closing"]
    for off in ("scheduled", "postponed"):
        assert [kind for _, kind, _ in history(quotes(snapshots, matches=[match(off)]))] == ["opening", "pre_match"]


def test_a_snapshot_after_kick_off_closes_the_line_of_a_match_without_a_result():
    later = event(-2, BOOK, event_id="another", match_date=DATE + dt.timedelta(days=1))
    prices = quotes([event(8, BOOK), event(4, SHORTER), later], matches=[match("scheduled")])
    assert [kind for _, kind, _ in history(prices)] == ["opening", "closing"]


def test_a_line_taken_off_before_the_last_snapshot_has_no_close():
    over = [[930, 1.9, 2.5], [931, 1.9, 2.5]]
    prices = quotes([event(12, [*BOOK, *over]), event(8, [*BOOK, [930, 1.8, 2.5], [931, 2, 2.5]]), event(4, BOOK)])
    assert [kind for _, kind, _ in history(prices, "over")] == ["opening", "pre_match"]
    assert [kind for _, kind, _ in history(prices)] == ["opening", "closing"]


def test_one_sight_of_a_line_is_its_opening_until_kick_off_and_then_its_close():
    assert history(quotes([event(4, BOOK)], matches=[match("scheduled")])) == [(4, "opening", 2.0)]
    assert history(quotes([event(4, BOOK)])) == [(4, "closing", 2.0)]


# What is refused


def test_a_quote_after_kick_off_is_quarantined():
    prices = quotes([event(0, BOOK), event(-0.5, SHORTER)])
    assert [hours for hours, *_ in history(prices)] == [0]
    assert prices.quarantined.to_dicts() == [
        {
            "origin": "fonbet_events",
            "payload_id": "snapshot -0.5",
            "line": 1,
            "match_date": DATE,
            "reason": "expected a quote at or before kick-off 2024-03-09T15:00Z, found one of 2024-03-09T15:30Z",
            "record": "m event e",
        }
    ]


def test_the_kick_off_of_the_match_comes_before_that_of_the_event():
    early = KICK_OFF - dt.timedelta(hours=2)
    assert [
        hours for hours, *_ in history(quotes([event(3, BOOK), event(1, BOOK)], matches=[match(kick_off=early)]))
    ] == [3]
    assert [
        hours for hours, *_ in history(quotes([event(3, BOOK), event(-1, BOOK)], matches=[match(kick_off=None)]))
    ] == [3]


@pytest.mark.parametrize("columns", [{"quoted_at": None}, {"kick_off_at": None}, {"quoted_at": "yesterday"}])
def test_a_quote_that_cannot_be_put_before_kick_off_is_quarantined(columns):
    prices = quotes([event(4, BOOK, **columns)], matches=[match(kick_off=None)])
    assert prices.rows.is_empty()
    assert prices.quarantined["reason"].to_list() == [
        "expected the time of the quote and a kick-off after it, found one of them missing"
    ]


@pytest.mark.parametrize(
    ("factor", "found"),
    [
        ([921, 1.0, None], "decimal odds above 1, found 1.0 of factor 921"),
        ([921, 0, None], "decimal odds above 1, found 0.0 of factor 921"),
        ([921, None, None], "decimal odds above 1, found none of factor 921"),
        ([930, 0.5, 3.5], "decimal odds above 1, found 0.5 of factor 930"),
        ([927, 1.9, None], "a handicap, a multiple of 0.25 from -5 to 5 goals, found none of factor 927"),
        ([927, 1.9, -1.2], "a handicap, a multiple of 0.25 from -5 to 5 goals, found -1.2 of factor 927"),
        ([928, 1.9, 25], "a handicap, a multiple of 0.25 from -5 to 5 goals, found 25.0 of factor 928"),
        ([930, 1.9, None], "a total, a multiple of 0.25 up to 10 goals, found none of factor 930"),
        ([930, 1.9, 2.3], "a total, a multiple of 0.25 up to 10 goals, found 2.3 of factor 930"),
        ([931, 1.9, -2.5], "a total, a multiple of 0.25 up to 10 goals, found -2.5 of factor 931"),
    ],
)
def test_a_factor_that_is_no_price_is_quarantined_and_its_neighbours_are_not(factor, found):
    prices = quotes([event(4, [[922, 3.5, None], factor])])
    assert prices.rows["price"].to_list() == [3.5]
    assert prices.quarantined["reason"].to_list() == [f"expected {found}"]


@pytest.mark.parametrize("outcome", ["review", "none"])
def test_only_linked_events_have_prices(outcome):
    assert quotes([event(4, BOOK)], links=[link(outcome=outcome)]).rows.is_empty()
    assert quotes([event(4, BOOK, event_id="unknown")]).rows.is_empty()


@pytest.mark.parametrize("columns", [{"blocked": "true"}, {"factors": None}, {"factors": "[]"}])
def test_what_is_blocked_or_without_prices_is_not_on_offer(columns):
    prices = quotes([event(8, BOOK), event(4, SHORTER) | columns])
    assert [hours for hours, *_ in history(prices)] == [8]
    assert prices.quarantined.is_empty()


def test_an_event_of_the_day_beside_belongs_to_its_match_and_one_further_off_does_not():
    for days, there in ((-1, True), (1, True), (2, False)):
        date = DATE + dt.timedelta(days=days)
        rows = quotes([event(4, BOOK, match_date=date)], links=[link(date=date)]).rows
        assert rows["match_date"].unique().to_list() == ([DATE] if there else [])


def test_of_two_events_of_a_match_in_one_snapshot_the_nearer_date_counts():
    beside = event(4, SHORTER, event_id="a", match_date=DATE + dt.timedelta(days=1))
    prices = quotes([beside, event(4, BOOK)], links=[link(), link("a", date=DATE + dt.timedelta(days=1))])
    assert [price for *_, price in history(prices)] == [2.0]
    assert prices.quarantined["reason"].to_list() == ["expected one event of the match in a snapshot, found another"]


def test_no_events_give_no_prices():
    prices = quotes([])
    assert_frame_equal(prices.rows, ODDS.empty())
    assert prices.quarantined.is_empty()


# Laws


@settings(max_examples=40, deadline=None)
@given(
    prices=st.lists(st.sampled_from([1.8, 1.9, 2.0]), min_size=1, max_size=12),
    chance=st.randoms(use_true_random=False),
)
def test_the_history_tells_the_price_at_every_snapshot(prices, chance):
    """The price at a snapshot is that of the newest row at or before it; the order of the records does not matter."""
    hours = [4 * (len(prices) - n) for n in range(len(prices))]
    events = [event(hour, [[921, price, None]]) for hour, price in zip(hours, prices, strict=True)]
    kept = history(quotes(chance.sample(events, len(events))))
    for hour, price in zip(hours, prices, strict=True):
        assert [p for at, _, p in kept if at >= hour][-1] == price
    kinds = [kind for _, kind, _ in kept]
    assert kinds[-1] == "closing"
    assert kinds[:-1] == ["opening", *["pre_match"] * (len(kinds) - 2)][: len(kinds) - 1]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"home": "Вега", "away": "Гелиос"}, "Вега - Гелиос (none, none)"),
        ({"home": "Борея", "away": "Альба"}, "Борея - Альба (none, none)"),
        ({"sex": "women", "kind": "first"}, "Альба - Борея (women, first)"),
        ({"sex": "men", "kind": "youth"}, "Альба - Борея (men, youth)"),
    ],
    ids=["other teams", "swapped", "women", "youth"],
)
def test_prices_of_a_snapshot_in_which_the_event_has_other_teams_are_kept_aside(change, found):
    prices = quotes([event(9, [[921, 1.2, None]], **change), event(3, BOOK)])
    assert history(prices) == [(3.0, "closing", 2.0)]
    assert prices.quarantined["reason"].to_list() == [
        f"expected Альба - Борея (men, first), as linked, found {found} under the event's id"
    ]


def test_of_two_events_of_a_match_in_a_snapshot_the_one_with_its_teams_counts():
    prices = quotes([event(3, BOOK, event_id="z"), event(3, SHORTER, home="Вега")], [link("z"), link()])
    assert history(prices) == [(3.0, "closing", 2.0)]
    assert len(prices.quarantined) == 1
