"""What the prices say: de-vigged probabilities of complete books."""

import polars as pl

from soccer_assets.odds.devig import METHODS, overround
from soccer_assets.odds.schema import BOOKMAKER, MARKET_PROBABILITIES, MARKETS, SOUND_OVERROUND, least_overround
from soccer_assets.storage.tables import quarantine

BOOK = ["match_date", "match_id", "league", "bookmaker", "line", "kind", "quoted_at"]


def devigged(odds: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Probabilities of every complete 1x2 and over/under book, and the outcomes of unsound books for quarantine."""
    parts = [_of_market(odds, market) for market in ("1x2", "over_under")]
    rows = pl.concat([MARKET_PROBABILITIES.empty(), *parts])
    bounds = {name: least_overround(name) for name in BOOKMAKER.categories}
    least = pl.col("bookmaker").cast(pl.String).replace_strict(bounds, return_dtype=pl.Float64)
    sound = pl.col("overround").is_between(least, SOUND_OVERROUND[1])
    unsound = rows.filter(~sound)
    quarantined = unsound.select(
        origin=pl.lit("odds"),
        payload_id=pl.lit(None, dtype=pl.String),
        line=pl.lit(None, dtype=pl.Int64),
        match_date="match_date",
        reason=pl.format(
            "expected inverse prices that sum to {} to {}, found {}", least, pl.lit(SOUND_OVERROUND[1]),
            pl.col("overround").round(4),
        ),
        record=pl.format("{} {} {} {} {}={}", "match_id", "bookmaker", "market", "kind", "selection", "price"),
    )  # fmt: skip
    return rows.filter(sound), pl.concat([quarantine("market_probabilities").empty(), quarantined])


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
    removed = {name: pl.Series(name, method(prices).ravel()) for name, method in METHODS.items()}
    total = pl.Series("overround", overround(prices).repeat(len(selections)))
    return complete.with_columns(total, *removed.values()).select(types.names())
