"""The market's view of a match: probabilities from the market's average prices or from one bookmaker's.

The margin is removed by the power method. On the closing averages of 2012 to 2024 no other method is better by more
than chance (`just bench margins`).
"""

import polars as pl

from soccer_assets.odds.devig import power
from soccer_assets.odds.schema import GOALS_LINE, MARKETS
from soccer_assets.scoring import OUTCOMES, PROBABILITIES
from soccer_assets.storage.lake import MATCH

#: The bookmaker whose closing prices are hardest to beat, and the columns of its probabilities.
SHARP_BOOKMAKER = "pinnacle"
SHARP_PROBABILITIES = tuple(f"{SHARP_BOOKMAKER}_{outcome}" for outcome in OUTCOMES)
#: Quote types from which the newest price is taken: the last average before kick-off, else the one before it.
NEWEST = ("closing", "pre_match")


def consensus(market_probabilities: pl.LazyFrame, kind: str, bookmaker: str = "average") -> pl.DataFrame:
    """Return the 1x2 probabilities of each match: match_date, match_id, p_home, p_draw, p_away, sorted by match.

    Of several quotes of a kind the newest counts. Matches that the bookmaker does not quote are left out.
    """
    wanted = pl.col("market") == "1x2", pl.col("bookmaker") == bookmaker, pl.col("kind") == kind
    # columns that are null but for one outcome: a filter within each group takes half as long again
    of_outcome = (pl.when(pl.col("selection") == outcome).then("power") for outcome in OUTCOMES)
    return (
        market_probabilities.filter(*wanted)
        .sort("quoted_at")
        .select(*MATCH, *(column.alias(name) for name, column in zip(PROBABILITIES, of_outcome, strict=True)))
        .group_by(MATCH)
        .agg(pl.col(PROBABILITIES).last(ignore_nulls=True))
        .drop_nulls()
        .sort(MATCH)
        .collect()
    )


def over_2_5(market_probabilities: pl.LazyFrame, *kinds: str) -> pl.DataFrame:
    """Return the average's probability of over 2.5 goals: match_date, match_id, p_over, of the first kind quoted."""
    over = pl.col("market") == "over_under", pl.col("line") == GOALS_LINE, pl.col("selection") == "over"
    wanted = pl.col("bookmaker") == "average", *over, pl.col("kind").is_in(kinds)
    of_kind = [pl.col("power").filter(pl.col("kind") == kind).first() for kind in kinds]
    return market_probabilities.filter(*wanted).group_by(MATCH).agg(p_over=pl.coalesce(of_kind)).sort(MATCH).collect()


def newest_prices(market_probabilities: pl.LazyFrame) -> pl.DataFrame:
    """Return the market's last word on each match, which ratings and models learn from after the match.

    The columns are those of `consensus` and p_over of over 2.5 goals, null where no total is quoted.
    """
    read = (*MATCH, "bookmaker", "market", "line", "kind", "quoted_at", "selection", "power")
    average = market_probabilities.filter(pl.col("bookmaker") == "average").select(read).collect().lazy()
    result = pl.concat([consensus(average, kind) for kind in NEWEST]).unique(MATCH, keep="first").sort(MATCH)
    return result.join(over_2_5(average, *NEWEST), on=MATCH, how="left", maintain_order="left")


def pre_match_prices(market_probabilities: pl.LazyFrame) -> pl.DataFrame:
    """Return the prices before the match that a blend reads.

    The columns are those of `consensus` of the average, `SHARP_PROBABILITIES`, null where Pinnacle does not quote, and
    p_over of over 2.5 goals, null where no total is quoted.
    """
    sharp = consensus(market_probabilities, "pre_match", SHARP_BOOKMAKER)
    sharp = sharp.rename(dict(zip(PROBABILITIES, SHARP_PROBABILITIES, strict=True)))
    average = consensus(market_probabilities, "pre_match").join(sharp, on=MATCH, how="left", maintain_order="left")
    return average.join(over_2_5(market_probabilities, "pre_match"), on=MATCH, how="left", maintain_order="left")


def closing_prices(market_probabilities: pl.LazyFrame) -> pl.DataFrame:
    """Return the prices at the close, to learn from: the average's, else Pinnacle's.

    The columns are those of `consensus` and the average's p_over of over 2.5 goals, null where no total is quoted.
    """
    average, sharp = (consensus(market_probabilities, "closing", name) for name in ("average", SHARP_BOOKMAKER))
    prices = pl.concat([average, sharp.join(average, on=MATCH, how="anti")])
    return prices.join(over_2_5(market_probabilities, "closing"), on=MATCH, how="left", maintain_order="left")


def closing_handicaps(market_probabilities: pl.LazyFrame) -> pl.DataFrame:
    """Return the handicap at the close: match_date, match_id, handicap (of the home club, in goals), p_home.

    It is the average's, else Pinnacle's; of several the one with the most level prices. `p_home` is given that money
    changes hands.
    """
    wanted = pl.col("market") == "asian_handicap", pl.col("kind") == "closing", pl.col("selection") == "home"
    rows = market_probabilities.filter(*wanted, pl.col("bookmaker").is_in(["average", SHARP_BOOKMAKER]))
    lines = rows.select(*MATCH, pl.col("bookmaker").cast(pl.String), handicap="line", p_home="power")
    order = ["match_date", "match_id", "bookmaker", (pl.col("p_home") - 0.5).abs(), "handicap"]
    return lines.sort(order).unique(MATCH, keep="first", maintain_order=True).drop("bookmaker").collect()


def mean_probabilities(best_prices: pl.LazyFrame, kind: str) -> pl.DataFrame:
    """Return the probabilities of the mean prices of a kind, book by book.

    The columns are match_date, match_id, market, line, selection, probability. Incomplete books are left
    out. Of a handicap it is the probability given that money changes hands.
    """
    rows = (
        best_prices.filter(pl.col(kind) > 1)
        .select(*MATCH, "line", pl.col("market", "selection").cast(pl.String), price=kind)
        .sort(*MATCH, "market", "line", "selection")
        .collect()
    )
    parts = [rows.clear().select(pl.exclude("price"), probability="price")]
    for market, selections in MARKETS.items():
        books = rows.filter(market=market).filter(pl.len().over(*MATCH, "line") == len(selections))
        prices = books["price"].to_numpy().reshape(-1, len(selections))
        parts.append(books.select(pl.exclude("price"), probability=pl.Series(power(prices).ravel())))
    return pl.concat(parts)


def mean_1x2(probabilities: pl.DataFrame) -> pl.DataFrame:
    """Return the 1x2 outcomes of `mean_probabilities` in the columns of `consensus`."""
    outcomes = [pl.col("probability").filter(selection=name).first().alias(f"p_{name}") for name in OUTCOMES]
    return probabilities.filter(market="1x2").group_by(MATCH).agg(outcomes).sort(MATCH)
