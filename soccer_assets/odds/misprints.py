"""Books that cannot be of their match: a misprint, another match's prices, or home and away exchanged.

What a book's prices say of home against away is compared with the median over all that quote the match. In the archives
of 2000 to 2024, 22 books lie further from it than `MOST_ASIDE`, every one of them a misprint (`219.0` for 2.19); at the
close, prices that were left to stand lie up to 1.4 aside.
"""

import polars as pl

from soccer_assets.storage.lake import MATCH

#: Of the logarithm of the away price over the home price, from the median.
MOST_ASIDE = 1.5
#: Two books that differ do not say which one is wrong.
LEAST_BOOKS = 3
BOOK = [*MATCH, "bookmaker", "market", "kind"]


def without_misprints(odds: pl.DataFrame, published: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the quotes without the misprinted books of 1x2, and these in the form of the quarantine.

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
    """The books of 1x2 that lie aside of the others on their match, with the `reason`."""
    home, away = (pl.col("price").filter(pl.col("selection") == side).first().alias(side) for side in ("home", "away"))
    books = odds.filter(pl.col("market") == "1x2").group_by(BOOK).agg(home, away).drop_nulls()
    tilt, of_match = (pl.col("away") / pl.col("home")).log(), [*MATCH, "kind"]
    aside = books.with_columns(
        tilt.median().over(of_match).alias("usual"),
        pl.len().over(of_match).alias("books"),
        *(pl.col(side).median().over(of_match).round(2).alias(f"usual_{side}") for side in ("home", "away")),
    ).filter(pl.col("books") >= LEAST_BOOKS, (tilt - pl.col("usual")).abs() > MOST_ASIDE)
    reason = "expected prices like {} (home) and {} (away), the median of {} books, found {} and {}"
    return aside.select(BOOK, reason=pl.format(reason, "usual_home", "usual_away", "books", "home", "away"))
