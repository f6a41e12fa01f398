"""Cells of prices and lines as archives have them, from the file at the source to `odds`, its quarantine and the books."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from soccer_assets.odds.best import best_prices
from soccer_assets.odds.market import devigged
from soccer_assets.odds.schema import ODDS

#: The decimal cells of a row; a test replaces some of them.
CELLS = {
    **{"B365H": "2.10", "B365D": "3.40", "B365A": "3.60", "PSH": "2.12", "PSD": "3.45", "PSA": "3.70"},
    **{"B365>2.5": "1.90", "B365<2.5": "1.95", "AHh": "-0.25", "B365AHH": "1.86", "B365AHA": "2.07"},
    **{
        "WHH": "",
        "WHD": "",
        "WHA": "",
        "PAHH": "1.88",
        "PAHA": "2.05",
        "AHCh": "-0.5",
        "PCAHH": "1.93",
        "PCAHA": "1.99",
    },
}
CLUBS = ["Arsenal", "Chelsea", "Everton", "Fulham", "Leeds", "Burnley"]
Prices = Callable[..., Any]


@pytest.fixture
def prices(mirror: Any) -> Prices:
    """The prices of a season's file with one row per dictionary of cells, each on a Saturday of its own."""

    def make(*rows: dict[str, str]) -> Any:
        lines = [",".join(["Div", "Date", "Time", "HomeTeam", "AwayTeam", "FTHG", "FTAG", "FTR", *CELLS])]
        pairs = [(home, away) for home in CLUBS for away in CLUBS if home != away]
        first = dt.date(2023, 8, 12)
        # the first row is an ordinary one, so that every column holds a number somewhere
        for number, ((home, away), cells) in enumerate(zip(pairs, [{}, *rows], strict=False)):
            day = first + dt.timedelta(days=7 * number)
            values = [*(CELLS | cells).values()]
            lines.append(",".join(["E0", f"{day:%d/%m/%Y}", "15:00", home, away, "2", "1", "H", *values]))
        world = mirror("2023-08-01", "2024-06-30")
        world.publish("football_data", "mmz4281/2324/E0.csv", "\n".join(lines) + "\n")
        world.acquire()
        assert world.table("football_data_results").height == len(rows) + 1
        matches = world.matches()
        return matches.rows, world.prices(matches)

    return make


def of(priced: pl.DataFrame, line: int) -> dict[str, tuple[float, float | None]]:
    """Price and line of the row's quotes by bookmaker, market, kind and selection; the first match is line 2."""
    ids = priced.sort("match_date")["match_id"].unique(maintain_order=True).to_list()
    names = ("bookmaker", "market", "kind", "selection")
    rows = priced.filter(match_id=ids[line - 2]).with_columns(pl.col(names).cast(pl.String))
    return {" ".join(row[name] for name in names): (row["price"], row["line"]) for row in rows.to_dicts()}


def without_the_book(priced: pl.DataFrame) -> dict[str, tuple[float, float | None]]:
    """The quotes of the row below the ordinary one, which has lost Bet365's 1x2 and no other price."""
    quoted = of(priced, 3)
    assert len(quoted) == 11 and not any(name.startswith("bet365 1x2") for name in quoted)
    return quoted


def test_a_row_of_plain_cells_has_all_its_prices(prices: Prices) -> None:
    _, priced = prices({})
    assert len(of(priced.rows, 2)) == 14 and of(priced.rows, 2) == of(priced.rows, 3)
    assert priced.quarantined.is_empty()


@pytest.mark.parametrize(
    ("cell", "line"),
    [("+0.5", 0.5), ("-0.5/-1", -0.75), ("-0.75", -0.75), ("PK", 0.0), ("pk", 0.0), ("0", 0.0), ("-5", -5.0)],
)
def test_a_line_that_can_be_read_is(prices: Prices, cell: str, line: float) -> None:
    matches, priced = prices({"AHh": cell})
    quoted = of(priced.rows, 3)
    assert {
        quoted[f"{who} asian_handicap pre_match {side}"][1]
        for who in ("bet365", "pinnacle")
        for side in ("home", "away")
    } == {line}
    assert priced.quarantined.is_empty()
    best = best_prices(ODDS.conform(priced.rows).lazy(), matches.lazy()).filter(
        pl.col("market") == "asian_handicap", pl.col("match_date") == pl.col("match_date").max()
    )
    assert best["line"].to_list() == [line, line]  # of the home club, whichever is bet on


@pytest.mark.parametrize("cell", ["-1.2", "25", "-225", "1.85", "5.25", "5/2", "-0.5/1", "-1 1/4", "?"])
def test_a_line_that_cannot_be_read_is_named_and_its_neighbours_stay(prices: Prices, cell: str) -> None:
    _, priced = prices({"AHh": cell})
    quoted = of(priced.rows, 3)
    assert len(quoted) == 10 and quoted["pinnacle asian_handicap closing home"] == (1.93, -0.5)
    assert not any("asian_handicap pre_match" in name for name in quoted)
    reason = f"expected a handicap, a multiple of 0.25 from -5 to 5 goals, found {cell} in AHh"
    assert priced.quarantined.select("line", "reason").rows() == [(3, reason)] * 4
    assert sorted(record.split(" ")[-1] for record in priced.quarantined["record"]) == [
        "B365AHA=2.07", "B365AHH=1.86", "PAHA=2.05", "PAHH=1.88",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cells",
    [
        {"B365H": "1/2", "B365D": "13/5", "B365A": "11/2"},
        {"B365H": "-200", "B365D": "+320", "B365A": "+550"},
        {"B365H": "-200", "B365D": "320", "B365A": "550"},
        {"B365H": "2.10", "B365D": "12/5", "B365A": "3.60"},
        {"B365H": "5:2", "B365D": "12:5", "B365A": "3"},
        {"B365H": "05-Feb", "B365D": "12-May", "B365A": "3"},
        {"B365H": "3", "B365D": "Feb-05", "B365A": "3"},
    ],
)
def test_a_book_in_another_notation_is_refused_whole_and_by_name(prices: Prices, cells: dict[str, str]) -> None:
    _, priced = prices(cells)
    quoted = without_the_book(priced.rows)
    assert quoted["pinnacle 1x2 pre_match home"] == (2.12, None)
    named = next(f"{cell} in {name}" for name, cell in cells.items() if not cell.replace(".", "").isdigit())
    assert priced.quarantined["reason"].to_list() == [f"expected decimal odds in the whole book, found {named}"] * 3
    books, unsound = devigged(ODDS.conform(priced.rows).lazy())
    assert unsound.is_empty() and books.filter(bookmaker="bet365", market="1x2")["match_id"].n_unique() == 1


@pytest.mark.parametrize(
    "cells",
    [
        {"B365H": "0.95", "B365D": "2.40", "B365A": "2.75"},
        {"B365H": "4", "B365D": ".80", "B365A": "1.10"},
        {"B365H": "0.95", "B365D": "", "B365A": "2.75"},
    ],
)
def test_a_book_with_odds_of_hong_kong_below_one_is_refused_whole(prices: Prices, cells: dict[str, str]) -> None:
    _, priced = prices(cells)
    without_the_book(priced.rows)
    named = next(f"{cell} in {name}" for name, cell in cells.items() if cell and float(cell) < 1)
    reasons = priced.quarantined["reason"].to_list()
    assert reasons == [f"expected decimal odds in the whole book, found {named}"] * sum(map(bool, cells.values()))


def test_a_misprint_below_one_costs_itself_alone(prices: Prices) -> None:
    _, priced = prices({"B365>2.5": "0.42", "B365<2.5": "2.83"})  # as gains they add up to less than one
    quoted = of(priced.rows, 3)
    assert len(quoted) == 13 and quoted["bet365 over_under pre_match under"] == (2.83, 2.5)
    assert priced.quarantined["reason"].to_list() == ["expected decimal odds above 1, found 0.42 in B365>2.5"]


def test_a_book_of_another_match_makes_no_best_price(prices: Prices) -> None:
    others = {"PSH": "1.30", "PSD": "5.50", "PSA": "10.0", "WHH": "1.31", "WHD": "5.40", "WHA": "9.80"}
    matches, priced = prices({"B365H": "10.0", "B365D": "5.50", "B365A": "1.30"} | others)
    assert not any(name.startswith("bet365 1x2") for name in of(priced.rows, 3))
    reason = "expected prices like 1.31 (home) and 9.8 (away), the median of 3 books, found 10.0 and 1.3"
    assert priced.quarantined.select("line", "reason").rows() == [(3, reason)] * 3
    best = best_prices(ODDS.conform(priced.rows).lazy(), matches.lazy()).filter(market="1x2").sort("match_date").tail(3)
    assert sorted(best["best_price"]) == [1.31, 5.5, 10.0] and set(best["best_bookmaker"]) == {
        "pinnacle",
        "william_hill",
    }


def test_a_price_of_zero_is_none_and_its_book_stays(prices: Prices) -> None:
    _, priced = prices({"B365D": "0", "B365A": "0.00"})
    assert of(priced.rows, 3)["bet365 1x2 pre_match home"] == (2.1, None)
    assert len(priced.quarantined) == 2


def test_american_odds_of_goals_and_handicaps_are_refused_too(prices: Prices) -> None:
    _, priced = prices({"B365>2.5": "-110", "B365<2.5": "+105", "B365AHH": "+150", "B365AHA": "2.07"})
    assert len(of(priced.rows, 3)) == 10
    assert priced.quarantined["reason"].n_unique() == 2 and len(priced.quarantined) == 4


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        ({"B365H": "150", "B365D": "220", "B365A": "190"}, "150 in B365H"),
        ({"B365H": "", "B365D": "220", "B365A": "190.0"}, "220 in B365D"),
        ({"B365H": "", "B365D": "", "B365A": "100"}, "100 in B365A"),
    ],
)
def test_a_book_of_american_odds_without_signs_is_refused_whole(
    prices: Prices, cells: dict[str, str], named: str
) -> None:
    _, priced = prices(cells)
    without_the_book(priced.rows)
    reasons = priced.quarantined["reason"].to_list()
    assert reasons == [f"expected decimal odds in the whole book, found {named}"] * sum(map(bool, cells.values()))


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"B365A": "201"}, "expected decimal odds up to 200 (1x2), found 201 in B365A"),
        ({"B365>2.5": "181"}, "expected decimal odds up to 50 (over_under), found 181 in B365>2.5"),
        ({"PAHH": "209"}, "expected decimal odds up to 50 (asian_handicap), found 209 in PAHH"),
        ({"PSD": "1e1"}, "expected decimal odds above 1, found 1e1 in PSD"),
        ({"PSD": "2E0"}, "expected decimal odds above 1, found 2E0 in PSD"),
    ],
)
def test_a_price_beyond_any_of_its_market_is_refused_by_name(
    prices: Prices, cells: dict[str, str], reason: str
) -> None:
    _, priced = prices(cells)
    assert len(of(priced.rows, 3)) == 13
    assert priced.quarantined["reason"].to_list() == [reason]


def test_the_highest_prices_of_the_archives_are_read(prices: Prices) -> None:
    _, priced = prices({"B365H": "1.01", "B365D": "29", "B365A": "151", "PAHH": "21.58", "B365<2.5": "16"})
    quoted = of(priced.rows, 3)
    assert priced.quarantined.is_empty() and len(quoted) == 14
    assert quoted["bet365 1x2 pre_match away"] == (151.0, None)


@pytest.mark.parametrize("book", ["B365", "Bet365", "BET365"])
def test_a_book_is_known_by_its_whole_name(mirror, book):
    names = [f"{book}{name}" for name in ("H", "D", "A", ">2.5", "<2.5", "CH", "CD", "CA")]
    header = ",".join(["Div", "Date", "Time", "HomeTeam", "AwayTeam", "FTHG", "FTAG", "FTR", *names])
    row = "E0,12/08/2023,15:00,Arsenal,Chelsea,2,1,H,2.10,3.40,3.60,1.90,1.95,2.20,3.30,3.50"
    world = mirror("2023-08-01", "2024-06-30")
    world.publish("football_data", "mmz4281/2324/E0.csv", f"{header}\n{row}\n")
    world.acquire()
    priced = world.prices(world.matches()).rows.sort("price")
    assert priced["bookmaker"].unique().to_list() == ["bet365"]
    assert priced["price"].to_list() == [1.9, 1.95, 2.1, 2.2, 3.3, 3.4, 3.5, 3.6]
