"""What the prices say: de-vigged probabilities of complete books."""

import numpy as np
import polars as pl

from soccer_assets.odds.devig import METHODS, overround
from soccer_assets.odds.schema import BOOKMAKER, MARKET_PROBABILITIES, MARKETS, SOUND_OVERROUND, sound_overround
from soccer_assets.storage.tables import quarantine

BOOK = ["match_date", "match_id", "league", "bookmaker", "line", "kind", "quoted_at"]


def devigged(odds: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Probabilities of every complete book, and the outcomes of unsound books for quarantine.

    Those of a handicap, and of a total that can be hit, are given that money changes hands.
    """
    parts = [_of_market(odds, market) for market in SOUND_OVERROUND]
    rows = pl.concat([MARKET_PROBABILITIES.empty(), *parts]).join(_bounds(), on=["bookmaker", "market"])
    sound = pl.col("overround").is_between("least", "most")
    unsound = rows.filter(~sound)
    quarantined = unsound.select(
        origin=pl.lit("odds"),
        payload_id=pl.lit(None, dtype=pl.String),
        line=pl.lit(None, dtype=pl.Int64),
        match_date="match_date",
        reason=pl.format(
            "expected inverse prices that sum to {} to {}, found {}", "least", "most", pl.col("overround").round(4)
        ),
        record=pl.format("{} {} {} {} {}={}", "match_id", "bookmaker", "market", "kind", "selection", "price"),
    )  # fmt: skip
    return rows.filter(sound).drop("least", "most"), pl.concat(
        [quarantine("market_probabilities").empty(), quarantined]
    )


def _bounds() -> pl.DataFrame:
    """bookmaker, market, and the least and most overround of a sound book."""
    types = {name: MARKET_PROBABILITIES.schema[name] for name in ("bookmaker", "market")}
    rows = [
        (name, market, *sound_overround(name, market)) for name in BOOKMAKER.categories for market in SOUND_OVERROUND
    ]
    return pl.DataFrame(rows, schema=types | {"least": pl.Float64, "most": pl.Float64}, orient="row")


def _of_market(odds: pl.LazyFrame, market: str) -> pl.DataFrame:
    selections = MARKETS[market]
    types = MARKET_PROBABILITIES.schema
    enums = ("league", "bookmaker", "market", "kind", "selection")
    quotes = (
        odds.filter(pl.col("market") == market)
        .select(*BOOK, "market", "selection", "price")
        .with_columns(pl.col(name).cast(types[name]) for name in enums)
        .sort(*BOOK, "selection")
        .collect()
    )
    # sorted, the selections of a book follow each other: it is complete when there are as many as the market has
    book = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in BOOK)
    number = quotes.select((~book.fill_null(False)).cum_sum().alias("book"))["book"]
    complete = quotes.filter(pl.len().over(number) == len(selections))
    prices = complete["price"].to_numpy().reshape(-1, len(selections))
    # the margin is removed once from books of the same prices: of two-way books one in fifty is another
    names = [str(number) for number in range(len(selections))]
    books = pl.DataFrame(prices, schema=names)
    distinct = books.unique(maintain_order=True)
    rows = books.join(distinct.with_row_index("row"), on=names, how="left", maintain_order="left")["row"].to_numpy()
    values = {name: method(distinct) for name, method in METHODS.items()}
    values["overround"] = np.broadcast_to(overround(distinct)[:, None], distinct.shape)
    columns = [pl.Series(name, of_book[rows].ravel()) for name, of_book in values.items()]
    return complete.with_columns(columns).select(types.names())
