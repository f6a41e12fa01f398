"""Published cells as numbers: decimal odds, handicaps and totals.

A handicap is a number of quarter goals, as Asian lines are. Archives write a line between two halves also as both
(`-0.5/-1`, `0,+0.5`: the mean of the two) and level as `pk`. Other notations of odds are recognised to be refused.
"""

import polars as pl

from soccer_assets.odds.schema import MOST_HANDICAP, MOST_TOTAL

LEAST_PRICE = 1.0
#: What decimal odds as nearly all columns have them do not hold, and every other notation does.
OTHER_CHARACTER = r"[^0-9.]"
#: A whole cell of American (`-200`, `+150`) or fractional odds (`5/2`, `5:2`, `evens`, and `05-Feb`, which a
#: spreadsheet makes of `5/2`).
OTHER_NOTATION = (
    r"^\s*(?:[+-]\s*\d{3,}(?:\.0*)?|\d+\s*[/:-]\s*\d+|(?i:evens?|evs|\d{1,2}-[a-z]{3}|[a-z]{3}-\d{1,2}))\s*$"
)
#: Odds of Hong Kong are the gain of a stake alone: those on a favourite lie below 1, the others look decimal.
BELOW_ONE = r"^\s*0?\.0*[1-9]\d*\s*$"
#: A cell that would be American odds without their sign, where all cells of a book are such (`150`, `220`, `190`).
UNSIGNED = r"^\s*[1-9]\d{2,}(?:\.\d*)?\s*$"
#: Two halves of a stake, each on a line of whole or half goals.
_SPLIT = r"^(?<sign>[+-]?)(?<first>\d+(?:\.[05]0*)?)\s*[/,]\s*(?<second>[+-]?\d+(?:\.[05]0*)?)$"
_LEVEL = ("pk", "pick")


def decimal_odds(cell: pl.Expr, *, is_plain: bool = False) -> pl.Expr:
    """The decimal odds above 1 of a text; null where it holds anything else, a sign or an exponent among it.

    Where `is_plain`, no cell has an `OTHER_CHARACTER`, and reading takes a third of the time.
    """
    price = (cell if is_plain else cell.str.strip_chars()).cast(pl.Float64, strict=False)
    sound = (price > LEAST_PRICE) & price.is_finite()
    return pl.when(sound if is_plain else sound & ~cell.str.contains("[+eE]")).then(price)


def handicap(cell: pl.Expr) -> pl.Expr:
    """The handicap of a text, in goals; null where it holds no quarter line from -5 to 5.

    A half without a sign beside `-0` could be on either side, so that line is null too.
    """
    text = cell.str.strip_chars()
    halves = text.str.extract_groups(_SPLIT).struct
    sign, second = halves.field("sign"), halves.field("second").cast(pl.Float64, strict=False)
    first = (sign + halves.field("first")).cast(pl.Float64, strict=False)
    ambiguous = (sign == "-") & (first == 0) & (second > 0)
    split = pl.when(((first - second).abs() == 0.5) & ~ambiguous).then((first + second) / 2)
    level = pl.when(text.str.to_lowercase().is_in(_LEVEL)).then(0.0)
    line = pl.coalesce(text.cast(pl.Float64, strict=False), split, level)
    return pl.when(line == 0).then(0.0).when(is_handicap(line)).then(line)  # `-0` is 0


def is_handicap(line: pl.Expr) -> pl.Expr:
    """Whether a number is a multiple of 0.25 from -5 to 5; false for null."""
    return _is_quarter(line) & (line.abs() <= MOST_HANDICAP).fill_null(False)


def is_total(line: pl.Expr) -> pl.Expr:
    """Whether a number is a multiple of 0.25 above 0 and up to 10; false for null."""
    return _is_quarter(line) & line.is_between(0, MOST_TOTAL, closed="right").fill_null(False)


def _is_quarter(line: pl.Expr) -> pl.Expr:
    return (line.is_finite() & (line * 4 == (line * 4).round())).fill_null(False)
