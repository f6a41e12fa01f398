import csv
import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from soccer_assets.odds import prices as module
from soccer_assets.odds.prices import MISSPELLED, PriceColumn, price_columns
from soccer_assets.odds.schema import BOOKMAKERS, ODDS
from soccer_assets.simulation.football_data import files
from soccer_assets.simulation.world import make_world

COLUMNS = {column.name: column for column in price_columns()}
UTC = dt.UTC


def rows(prices: module.Prices) -> list[tuple[Any, ...]]:
    """Bookmaker, market, line, kind, selection and price of every row, in the order of the table's key."""
    table = ODDS.conform(prices.rows)
    return table.select("bookmaker", "market", "line", "kind", "selection", "price").rows()


# The names of the columns


@pytest.mark.parametrize(
    ("name", "bookmaker", "market", "kind", "selection"),
    [
        ("B365H", "bet365", "1x2", "pre_match", "home"),
        ("B365D", "bet365", "1x2", "pre_match", "draw"),
        ("B365CA", "bet365", "1x2", "closing", "away"),
        # a letter more is another bookmaker
        ("BFH", "betfair", "1x2", "pre_match", "home"),
        ("BFD", "betfair", "1x2", "pre_match", "draw"),
        ("BFCD", "betfair", "1x2", "closing", "draw"),
        ("BFDH", "betfred", "1x2", "pre_match", "home"),
        ("BFDD", "betfred", "1x2", "pre_match", "draw"),
        ("BFDCA", "betfred", "1x2", "closing", "away"),
        ("BFEH", "betfair_exchange", "1x2", "pre_match", "home"),
        ("BFECH", "betfair_exchange", "1x2", "closing", "home"),
        ("BFE>2.5", "betfair_exchange", "over_under", "pre_match", "over"),
        ("BFECAHA", "betfair_exchange", "asian_handicap", "closing", "away"),
        ("BMGMA", "betmgm", "1x2", "pre_match", "away"),
        ("BVCD", "betvictor", "1x2", "closing", "draw"),
        ("1XBCH", "1xbet", "1x2", "closing", "home"),
        ("CLH", "coral", "1x2", "pre_match", "home"),
        ("CLCH", "coral", "1x2", "closing", "home"),
        ("BSA", "blue_square", "1x2", "pre_match", "away"),
        ("BWA", "bwin", "1x2", "pre_match", "away"),
        ("BWCD", "bwin", "1x2", "closing", "draw"),
        ("GBD", "gamebookers", "1x2", "pre_match", "draw"),
        ("GBAHH", "gamebookers", "asian_handicap", "pre_match", "home"),
        ("IWCH", "interwetten", "1x2", "closing", "home"),
        ("LBA", "ladbrokes", "1x2", "pre_match", "away"),
        ("SBH", "sportingbet", "1x2", "pre_match", "home"),
        ("SJD", "stan_james", "1x2", "pre_match", "draw"),
        ("SOA", "sporting_odds", "1x2", "pre_match", "away"),
        ("SYH", "stanleybet", "1x2", "pre_match", "home"),
        ("VCA", "vc_bet", "1x2", "pre_match", "away"),
        ("VCCA", "vc_bet", "1x2", "closing", "away"),
        ("WHCD", "william_hill", "1x2", "closing", "draw"),
        # Pinnacle has two codes
        ("PSH", "pinnacle", "1x2", "pre_match", "home"),
        ("PSCH", "pinnacle", "1x2", "closing", "home"),
        ("PH", "pinnacle", "1x2", "pre_match", "home"),
        ("P>2.5", "pinnacle", "over_under", "pre_match", "over"),
        ("PC<2.5", "pinnacle", "over_under", "closing", "under"),
        ("PAHH", "pinnacle", "asian_handicap", "pre_match", "home"),
        ("PCAHA", "pinnacle", "asian_handicap", "closing", "away"),
        # the market, whoever counted it
        ("MaxH", "maximum", "1x2", "pre_match", "home"),
        ("MaxC>2.5", "maximum", "over_under", "closing", "over"),
        ("AvgCAHH", "average", "asian_handicap", "closing", "home"),
        ("BbMxD", "maximum", "1x2", "pre_match", "draw"),
        ("BbAv<2.5", "average", "over_under", "pre_match", "under"),
        ("BbAvAHA", "average", "asian_handicap", "pre_match", "away"),
    ],
)
def test_a_column_is_known_by_its_name(name, bookmaker, market, kind, selection):
    column = COLUMNS[name]
    assert (column.bookmaker, column.market, column.kind, column.selection) == (bookmaker, market, kind, selection)
    assert column.line == (2.5 if market == "over_under" else None)
    assert bool(column.line_columns) == (market == "asian_handicap")


def test_no_name_means_two_things():
    names = [column.name for column in price_columns()]
    assert len(names) == len(set(names)) == 2 * 7 * len(BOOKMAKERS)
    lines = {line for column in price_columns() for line in column.line_columns}
    assert lines & set(names) == set()


def test_a_handicap_is_on_the_bookmakers_own_line_or_the_markets():
    assert COLUMNS["GBAHA"].line_columns == ("GBAH", "AHh", "BbAHh")
    assert COLUMNS["PAHH"].line_columns == ("PAH", "AHh", "BbAHh")
    assert COLUMNS["B365CAHH"].line_columns == ("AHCh",)


PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "raw" / "football-data"
MIRRORS = ["synthetic", *(["published"] if PUBLISHED.is_dir() else [])]
#: What files hold beside prices; LB stands in three early files and is no price of one outcome.
OTHERS = {
    *("Div", "Country", "League", "Season", "Date", "Time", "Referee", "Attendance"),
    *("HomeTeam", "AwayTeam", "Home", "Away", "HT", "AT", "FTHG", "FTAG", "FTR", "HG", "AG", "Res"),
    *("HTHG", "HTAG", "HTR", "HS", "AS", "HST", "AST", "HHW", "AHW", "HC", "AC", "HF", "AF", "HFKC", "AFKC"),
    *("HO", "AO", "HY", "AY", "HR", "AR", "HBP", "ABP", "Bb1X2", "BbOU", "BbAH", "LB"),
}


@pytest.fixture(params=MIRRORS)
def headers(request) -> set[str]:
    """Every column name of a mirror."""
    if request.param == "published":
        bodies = [path.read_bytes() for path in PUBLISHED.glob("*/**/*.csv") if path.name != "manifest.csv"]
    else:
        today = dt.date(2024, 2, 29)
        bodies = list(files(make_world(today, clubs=4), today).values())
    lines = [body.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace") for body in bodies]
    return {name.strip() for cells in csv.reader(lines) for name in cells if name.strip()}


def test_every_column_of_a_mirror_is_a_price_a_line_or_known_to_be_neither(headers):
    lines = {line for column in price_columns() for line in column.line_columns}
    assert headers - OTHERS - set(COLUMNS) - lines - set(MISSPELLED) == set()
    assert {"PSCH", "AvgCA", "MaxCD"} <= headers


# Rows


def test_a_record_becomes_a_row_per_price(quoted):
    prices = quoted({"B365H": "2.10", "B365D": "3.4", "B365A": "3", "PC>2.5": "1.95", "AHh": "-0.25", "PAHH": "1.9"})
    assert rows(prices) == [
        ("bet365", "1x2", None, "pre_match", "home", 2.1),
        ("bet365", "1x2", None, "pre_match", "draw", 3.4),
        ("bet365", "1x2", None, "pre_match", "away", 3.0),
        ("pinnacle", "over_under", 2.5, "closing", "over", 1.95),
        ("pinnacle", "asian_handicap", -0.25, "pre_match", "home", 1.9),
    ]
    table = ODDS.conform(prices.rows)
    assert table.select("match_date", "match_id", "league").unique().rows() == [(dt.date(2024, 3, 9), "m2", "E0")]
    assert prices.quarantined.is_empty()


def test_records_that_became_no_match_have_no_prices():
    records = pl.DataFrame({"_payload_id": ["a", "a", "b"], "_line": [2, 3, 2], "B365H": ["2.1", "2.2", "2.3"]})
    match = {"payload_id": "a", "line": 3, "match_date": dt.date(2024, 3, 9), "match_id": "m", "league": "E0"}
    matches = pl.DataFrame([match]).with_columns(kick_off_at=pl.lit(None, dtype=pl.Datetime("us", "UTC")))
    assert module.long_form(records.lazy(), matches.lazy()).rows["price"].to_list() == [2.2]


def test_no_records_and_no_price_columns_give_no_prices(quoted):
    for prices in (quoted(), quoted({"Referee": "M Dean"}), quoted({"B365H": None})):
        assert_frame_equal(prices.rows, ODDS.empty())
        assert prices.quarantined.is_empty()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # the bookmaker's own line comes before the market's
        ({"B365AHH": "1.9", "B365AH": "-1", "AHh": "-0.5", "BbAHh": "0"}, -1.0),
        ({"B365AHH": "1.9", "B365AH": None, "AHh": "-0.5", "BbAHh": "0"}, -0.5),
        ({"B365AHH": "1.9", "BbAHh": "0.25"}, 0.25),
        ({"GBAHH": "1.9", "GBAH": "0", "BbAHh": "0.25"}, 0.0),
        ({"LBAHH": "1.9", "LBAH": "1.75"}, 1.75),
        ({"PAHH": "1.9", "AHh": "-0.75"}, -0.75),
        ({"BbMxAHH": "1.9", "BbAHh": "-1.25"}, -1.25),
        ({"BbAvAHH": "1.9", "BbAHh": "-1.25", "GBAH": "3"}, -1.25),
        # closing prices have a line of their own
        ({"PCAHH": "1.9", "AHCh": "-1", "AHh": "-0.75"}, -1.0),
    ],
)
def test_a_handicap_has_its_line(quoted, cells, expected):
    ((_, market, line, _, selection, price),) = rows(quoted(cells))
    assert (market, line, selection, price) == ("asian_handicap", expected, "home", 1.9)


@pytest.mark.parametrize(
    "cells",
    [
        {"GBAHH": "1.95"},
        {"GBAHH": "1.95", "GBAH": None, "AHCh": "0.5"},
        {"PCAHH": "1.95", "AHh": "0.5"},
    ],
)
def test_a_handicap_without_its_line_is_quarantined(quoted, cells):
    prices = quoted(cells)
    assert prices.rows.is_empty()
    name = next(iter(cells))
    (wrong,) = prices.quarantined.to_dicts()
    lines = {"GBAHH": "GBAH", "PCAHH": "AHCh"}[name]
    found = f"none in {lines}" if lines in cells else "none in "
    assert wrong["reason"].startswith("expected a handicap, a multiple of 0.25 from -5 to 5 goals, found none")
    assert found in wrong["reason"]
    assert wrong["record"] == f"m2 {name}=1.95"


@pytest.mark.parametrize("cell", ["0", "1", "1.00", "-2.5", "x", "2,10", "nan", "NaN", "inf", "-inf"])
def test_a_cell_that_is_no_price_is_quarantined_and_its_neighbours_are_not(quoted, cell):
    prices = quoted({"B365H": "2.1", "B365D": "3.2"}, {"B365H": cell, "B365D": "3.3"})
    assert ODDS.conform(prices.rows).select("match_id", "selection", "price").rows() == [
        ("m2", "home", 2.1),
        ("m2", "draw", 3.2),
        ("m3", "draw", 3.3),
    ]
    assert prices.quarantined.to_dicts() == [
        {
            "origin": "football_data",
            "payload_id": "a",
            "line": 3,
            "match_date": dt.date(2024, 3, 9),
            "reason": f"expected decimal odds above 1, found {cell} in B365H",
            "record": f"m3 B365H={cell}",
        }
    ]


def test_the_least_price_is_just_above_one(quoted):
    assert [row[-1] for row in rows(quoted({"B365H": "1.001"}))] == [1.001]


def test_a_misspelled_header_is_understood(quoted):
    prices = quoted({"B365CH": "2.1", "B36CA": "3.4"})
    assert rows(prices) == [
        ("bet365", "1x2", None, "closing", "home", 2.1),
        ("bet365", "1x2", None, "closing", "away", 3.4),
    ]
    both = quoted({"B36CA": "3.4", "B365CA": None}, {"B36CA": None, "B365CA": "3.5"}, {"B36CA": "3.6", "B365CA": "3.7"})
    assert [row[-1] for row in rows(both)] == [3.4, 3.5, 3.7]


def test_two_columns_of_one_price_are_one_row(quoted):
    cells = [
        {"PSH": "2.1", "PH": "2.0", "MaxH": "2.3", "BbMxH": "2.2"},
        {"PSH": None, "PH": "2.0", "MaxH": None, "BbMxH": "2.2"},
    ]
    assert ODDS.conform(quoted(*cells).rows).select("match_id", "bookmaker", "price").rows() == [
        ("m2", "pinnacle", 2.1),
        ("m2", "maximum", 2.3),
        ("m3", "pinnacle", 2.0),
        ("m3", "maximum", 2.2),
    ]


def test_it_does_not_matter_how_many_matches_are_opened_at_once(quoted, monkeypatch):
    cells = [{"B365H": str(2 + n / 10), "PSH": None if n % 2 else "0", "AvgCA": "3"} for n in range(7)]
    whole = quoted(*cells)
    monkeypatch.setattr(module, "MATCHES_AT_ONCE", 2)
    parts = quoted(*cells)
    assert_frame_equal(ODDS.conform(parts.rows), ODDS.conform(whole.rows))
    assert_frame_equal(parts.quarantined.sort("line"), whole.quarantined.sort("line"))
    assert (len(whole.rows), len(whole.quarantined)) == (14, 4)


def test_the_order_of_the_columns_does_not_matter(quoted):
    cells = {"AHh": "0", "B365H": "2.1", "P<2.5": "2", "PAHA": "1.9", "PSH": "2.2", "PH": "2.3", "AvgCD": "3"}
    assert rows(quoted(cells)) == rows(quoted(dict(reversed(cells.items()))))


def test_every_price_of_a_world_is_a_row(quoted):
    """As many rows as filled cells, and each the cell's price."""
    world = make_world(dt.date(2024, 2, 29), seed=2, seasons=0.5, clubs=4).matches.filter(pl.col("league") == "E0")
    names = [name for name in COLUMNS if name in world.columns]
    cells = world.select(pl.col(names).cast(pl.String), pl.col("AHh", "AHCh").cast(pl.String))
    table = quoted(*cells.to_dicts()).rows.sort(pl.col("match_id").str.slice(1).cast(pl.Int32))
    assert len(names) == 68
    assert len(table) == 68 * len(world)
    for name in names:
        column: PriceColumn = COLUMNS[name]
        found = table.filter(
            pl.col("bookmaker") == column.bookmaker,
            pl.col("market") == column.market,
            pl.col("kind") == column.kind,
            pl.col("selection") == column.selection,
        )
        assert found["price"].to_list() == world[name].to_list()
        if column.market == "asian_handicap":
            assert found["line"].to_list() == world["AHCh" if column.kind == "closing" else "AHh"].to_list()


# When a price was quoted


def uk(date: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """UTC from a time in March, when Britain keeps Greenwich time."""
    return dt.datetime(date.year, date.month, date.day, hour, minute, tzinfo=UTC)


#: Monday 4 March 2024 and the days after it.
WEEK = [dt.date(2024, 3, 4) + dt.timedelta(days=n) for n in range(7)]


@pytest.mark.parametrize(
    ("day", "collected"),
    [
        (WEEK[0], dt.date(2024, 3, 1)),  # Monday: the Friday before
        (WEEK[1], WEEK[1]),  # Tuesday to Thursday: Tuesday
        (WEEK[2], WEEK[1]),
        (WEEK[3], WEEK[1]),
        (WEEK[4], WEEK[4]),  # Friday to Sunday: Friday
        (WEEK[5], WEEK[4]),
        (WEEK[6], WEEK[4]),
    ],
)
@pytest.mark.parametrize("evening", [True, False])
def test_prices_are_of_friday_or_tuesday_afternoon(quoted, day, collected, evening):
    kick_off = uk(day, 19, 45) if evening else None
    table = quoted({"B365H": "2.1"}, date=day, kick_off=kick_off).rows
    assert table["quoted_at"].to_list() == [uk(collected, 15)]


def test_the_afternoon_is_british(quoted):
    date = dt.date(2023, 8, 12)
    table = quoted({"B365H": "2.1"}, date=date, kick_off=dt.datetime(2023, 8, 12, 14, tzinfo=UTC)).rows
    assert table["quoted_at"].to_list() == [dt.datetime(2023, 8, 11, 14, tzinfo=UTC)]


@pytest.mark.parametrize("day", [WEEK[1], WEEK[4]])
def test_a_price_is_never_quoted_after_kick_off(quoted, day):
    kick_off = uk(day, 12, 30)
    table = quoted({"B365H": "2.1"}, date=day, kick_off=kick_off).rows
    assert table["quoted_at"].to_list() == [kick_off]


def test_prices_of_a_fixtures_file_are_of_when_it_was_last_seen(quoted):
    day, kick_off = WEEK[5], uk(WEEK[5], 15)
    for seen, expected in [
        (uk(WEEK[2], 9), uk(WEEK[2], 9)),
        (uk(WEEK[4], 18), uk(WEEK[4], 18)),
        (uk(WEEK[5], 17), kick_off),
    ]:
        table = quoted({"B365H": "2.1"}, date=day, kick_off=kick_off, seen=seen).rows
        assert table["quoted_at"].to_list() == [expected]


def test_closing_prices_are_of_kick_off_where_it_is_known(quoted):
    for kick_off in (uk(WEEK[5], 15), None):
        table = quoted({"B365CH": "2.1"}, date=WEEK[5], kick_off=kick_off, seen=uk(WEEK[4], 18)).rows
        assert table["quoted_at"].to_list() == [kick_off]


# Cells in other notations


@pytest.mark.parametrize("cell", ["-1.2", "25", "1 1/4", "-0.5/1", "nan", "5.25"])
def test_a_handicap_that_is_no_line_is_named_and_costs_its_prices(quoted, cell):
    prices = quoted({"B365AHH": "1.86", "B365AHA": "2.07", "AHh": cell, "B365H": "2.1"}, {"B365AHH": "1.9", "AHh": "0"})
    assert [
        row[3:] for row in prices.rows.select("line", "kind", "match_id", "market", "selection", "price").rows()
    ] == [
        ("1x2", "home", 2.1),
        ("asian_handicap", "home", 1.9),
    ]
    reason = f"expected a handicap, a multiple of 0.25 from -5 to 5 goals, found {cell} in AHh"
    found = prices.quarantined.select("line", "reason", "record").rows()
    assert found == [(2, reason, "m2 B365AHH=1.86"), (2, reason, "m2 B365AHA=2.07")]


def test_a_bookmakers_own_bad_line_is_not_replaced_by_the_markets(quoted):
    prices = quoted({"GBAHH": "1.9", "GBAH": "-1.2", "AHh": "-1"})
    assert prices.rows.is_empty()
    assert "found -1.2 in GBAH" in prices.quarantined["reason"].item()


@pytest.mark.parametrize(("cell", "expected"), [("-0.5,-1", -0.75), ("-1.5/-2", -1.75), ("pk", 0.0), ("+0.5", 0.5)])
def test_a_line_between_two_halves_and_level_are_read(quoted, cell, expected):
    assert [row[2] for row in rows(quoted({"BbMxAHH": "1.9", "BbAHh": cell}))] == [expected]


@pytest.mark.parametrize(
    ("home", "draw", "away", "named"),
    [
        ("-200", "+320", "+550", "-200 in B365H"),
        ("-200", "320", "550", "-200 in B365H"),
        ("1/2", "13/5", "11/2", "1/2 in B365H"),
        ("2.1", "3.4", "5/2", "5/2 in B365A"),
        ("evens", "12/5", "3.2", "evens in B365H"),
        ("150", "230", "+190", "+190 in B365A"),
    ],
)
def test_a_book_with_a_cell_in_another_notation_is_refused_whole(quoted, home, draw, away, named):
    book = {"B365H": home, "B365D": draw, "B365A": away}
    prices = quoted({**book, "B365CH": "2.5", "PSH": "2.2", "B365>2.5": "1.9"}, dict.fromkeys(book, "3"))
    assert sorted(prices.rows.select("match_id", "bookmaker", "market", "kind", "price").cast({
        name: pl.String for name in ("bookmaker", "market", "kind")}).rows()) == [
        ("m2", "bet365", "1x2", "closing", 2.5),
        ("m2", "bet365", "over_under", "pre_match", 1.9),
        ("m2", "pinnacle", "1x2", "pre_match", 2.2),
        *[("m3", "bet365", "1x2", "pre_match", 3.0)] * 3,
    ]  # fmt: skip
    reason = f"expected decimal odds in the whole book, found {named}"
    assert prices.quarantined.select("line", "reason", "record").rows() == [
        (2, reason, f"m2 {name}={cell}") for name, cell in book.items()
    ]


def test_a_book_that_cannot_be_of_its_match_is_quarantined_whole(quoted):
    books = {"B365": (1.3, 5.5, 10.0), "WH": (1.31, 5.4, 9.8), "BW": (10.0, 5.5, 1.3), "PSC": (9.5, 5.5, 1.33)}
    cells = {code + side: str(price) for code, book in books.items() for side, price in zip("HDA", book, strict=True)}
    prices = quoted(cells)
    # home and away of bwin are exchanged; nothing stands beside the closing prices
    assert sorted(set(prices.rows.select("bookmaker").to_series().cast(pl.String))) == [
        "bet365",
        "pinnacle",
        "william_hill",
    ]
    reason = "expected prices like 1.31 (home) and 9.8 (away), the median of 3 books, found 10.0 and 1.3"
    assert prices.quarantined.select("line", "reason").rows() == [(2, reason)] * 3
    assert quoted({name: cell for name, cell in cells.items() if name[:2] != "WH"}).quarantined.is_empty()  # one of two
    stale = quoted(cells | {"BWH": "1.9", "BWD": "3.4", "BWA": "4.0"})  # a price that was left to stand
    assert len(stale.rows) == 12 and stale.quarantined.is_empty()


@pytest.mark.parametrize(("line", "is_sound"), [("-1.5", True), ("1.5", False), ("0.25", True), ("0.5", False)])
def test_a_handicap_that_gives_goals_to_the_favourite_has_the_wrong_sign(quoted, line, is_sound):
    books = {
        code + side: str(price)
        for code in ("B365", "WH", "Avg")
        for side, price in zip("HDA", (1.3, 5.5, 10), strict=True)
    }
    prices = quoted(books | {"AHh": line, "AvgAHH": "1.9", "AvgAHA": "2.0"})
    handicaps = prices.rows.filter(pl.col("market") == "asian_handicap")
    assert handicaps["line"].to_list() == ([float(line)] * 2 if is_sound else [])
    reason = f"expected a handicap of the favourite (home at 1.3, away at 10.0), found {line} for the home side"
    assert prices.quarantined["reason"].to_list() == ([] if is_sound else [reason] * 2)
