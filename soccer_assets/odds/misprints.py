"""Books that cannot be of their match: misprints, prices of another match, exchanged sides, the sign of a handicap.

What a book's prices say of home against away is compared with the median over all that quote the match. In the archives
of 2000 to 2024, 22 books lie further from it than `MOST_ASIDE`, every one of them a misprint (`219.0` for 2.19); at the
close, prices that were left to stand lie up to 1.4 aside.
"""

import polars as pl

from soccer_assets.storage.lake import MATCH

#: Of the logarithm of the away price over the home price, from the median.
MOST_ASIDE = 1.5
#: Nobody gives so many goals to so clear a favourite: on 73 matches of the archives it is the sign, or another number.
LEAST_TILT, LEAST_HANDICAP = 0.5, 0.5
#: Two books that differ do not say which one is wrong.
LEAST_BOOKS = 3
BOOK = [*MATCH, "bookmaker", "market", "kind"]


def without_misprints(odds: pl.DataFrame, published: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the quotes without the misprinted books, and these in the form of the quarantine.

    Args:
        odds: rows of `odds`, a quote of each outcome in each book.
        published: `match_id`, `payload_id` and `line_number` of the records.
    """
    wrong = _misprinted(odds)
    lines = published.select("match_id", "payload_id", "line_number").unique("match_id", keep="first")
    quotes = odds.join(wrong, on=BOOK, maintain_order="left").join(lines, on="match_id", maintain_order="left")
    refused = quotes.select(
        origin=pl.lit("football_data"),
        payload_id="payload_id",
        line="line_number",
        match_date="match_date",
        reason="reason",
        record=pl.format("{} {} {} {} {}={}", "match_id", "bookmaker", "market", "kind", "selection", "price"),
    )
    return odds.join(wrong, on=BOOK, how="anti", maintain_order="left"), refused


def _misprinted(odds: pl.DataFrame) -> pl.DataFrame:
    """The books of 1x2 that lie aside of the others on their match, and handicaps of the favourite, with `reason`."""
    home, away = (pl.col("price").filter(pl.col("selection") == side).first().alias(side) for side in ("home", "away"))
    books = odds.filter(pl.col("market") == "1x2").group_by(BOOK).agg(home, away).drop_nulls()
    books = books.with_columns(tilt=(pl.col("away") / pl.col("home")).log())
    usual = [pl.col(name).median().alias(f"usual_{name}") for name in ("tilt", "home", "away")]
    of_match = [*MATCH, "kind"]
    quoted = books.group_by(of_match).agg(pl.len().alias("books"), *usual).filter(pl.col("books") >= LEAST_BOOKS)
    quoted = quoted.with_columns(pl.col("usual_home", "usual_away").round(2))
    aside = books.join(quoted, on=of_match).filter((pl.col("tilt") - pl.col("usual_tilt")).abs() > MOST_ASIDE)
    reason = "expected prices like {} (home) and {} (away), the median of {} books, found {} and {}"
    aside = aside.select(BOOK, reason=pl.format(reason, "usual_home", "usual_away", "books", "home", "away"))
    lines = odds.filter(pl.col("market") == "asian_handicap").group_by(BOOK).agg(pl.col("line").first())
    line, tilt = pl.col("line"), pl.col("usual_tilt")
    turned = lines.join(quoted, on=of_match).filter(
        line * tilt > 0, line.abs() >= LEAST_HANDICAP, tilt.abs() > LEAST_TILT
    )
    reason = "expected a handicap of the favourite (home at {}, away at {}), found {} for the home side"
    turned = turned.select(BOOK, reason=pl.format(reason, "usual_home", "usual_away", "line"))
    return pl.concat([aside, turned])
