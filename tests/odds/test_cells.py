"""What cells of prices and handicaps are read as, and what of them is refused."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.odds.cells import decimal_odds, handicap, is_handicap, is_total
from soccer_assets.odds.schema import MOST_HANDICAP


def read(function, cell):
    return pl.select(function(pl.lit(cell, dtype=pl.String))).item()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *[("0", 0.0), ("-0", 0.0), ("+0.5", 0.5), (" -1 ", -1.0), (".25", 0.25), ("-1.75", -1.75), ("2.50", 2.5)],
        *[("5", 5.0), ("-5", -5.0), ("pk", 0.0), ("PK", 0.0), ("Pick", 0.0)],
        # between two halves
        *[("-0.5/-1", -0.75), ("-1,-1.5", -1.25), ("0,-0.5", -0.25), ("0,+0.5", 0.25), ("+0.5, +1", 0.75)],
        *[("0/0.5", 0.25), ("-0.50 / -1.00", -0.75), ("-0.5/0", -0.25), ("1/0.5", 0.75), ("-4.5/-5", -4.75)],
    ],
)
def test_a_handicap_is_read(cell, expected):
    line = read(handicap, cell)
    assert line == expected
    assert str(line) != "-0.0"


@pytest.mark.parametrize(
    "cell",
    [
        *["-1.2", "25", "0.1", "-0.2", "5.25", "-5.5", "-225", "nan", "inf", "x", "", "-", "1 1/4", "\u22120.5"],
        # halves that are not half a goal apart, on two sides, or on a side nobody can tell
        *["-0.5/1", "-0.5/0.5", "-0/0.5", "0/0", "-1/-2", "-0.25/-0.75", "-5/-5.5", "1/2/3", "-0,5", "5/2"],
    ],
)
def test_a_cell_that_is_no_handicap_is_refused(cell):
    assert read(handicap, cell) is None


@settings(deadline=None)
@given(quarters=st.integers(-40, 40))
def test_a_handicap_is_each_quarter_within_the_bounds_and_nothing_else(quarters):
    line = quarters / 4
    expected = line if abs(line) <= MOST_HANDICAP else None
    assert read(handicap, f"{line:+}") == read(handicap, str(line)) == expected
    for beside in (line + 0.1, line - 0.05, line + 0.125):
        assert read(handicap, str(beside)) is None


@settings(deadline=None)
@given(line=st.one_of(st.none(), st.floats()))
def test_a_number_is_judged_as_its_text_is(line):
    assert pl.select(is_handicap(pl.lit(line, dtype=pl.Float64))).item() == (
        line is not None and abs(line) <= 5 and line * 4 == int(line * 4)
    )
    assert pl.select(is_total(pl.lit(line, dtype=pl.Float64))).item() == (
        line is not None and 0 < line <= 10 and line * 4 == int(line * 4)
    )


@pytest.mark.parametrize(("cell", "expected"), [("2.5", 2.5), (" 1.91 ", 1.91), ("1.001", 1.001), ("151", 151.0)])
def test_decimal_odds_are_read(cell, expected):
    assert read(decimal_odds, cell) == expected


@pytest.mark.parametrize("cell", ["1", "0.95", "+150", "-200", "+2.5", "5/2", "evens", "45%", "2,10", "nan", "inf", ""])
def test_a_cell_that_is_no_decimal_odds_is_refused(cell):
    assert read(decimal_odds, cell) is None
