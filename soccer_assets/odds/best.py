"""What is on offer on a match: the best price, how many quote it, how prices moved and how old they are.

Prices lie in cubes, bookmakers by matches by outcomes, NaN where nobody quotes: what is asked of a match is a sum or a
maximum over the first axis, the same to the last bit whatever other matches and bookmakers lie beside it.
"""

import datetime as dt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.odds.schema import (
    AGGREGATES,
    BEST_PRICES,
    BOOKMAKER,
    GOALS_LINE,
    MARKETS,
    QUOTE_TYPES,
    SNAPSHOT_BOOKMAKERS,
    sound_overround,
)
from soccer_assets.storage.lake import MATCH
from soccer_assets.storage.tables import UTC

Array = NDArray[np.float64]
#: In this order where prices are equal: a bookmaker's own come before the maximum over the market.
BOOKMAKERS = [*(name for name in BOOKMAKER.categories if name not in AGGREGATES), *AGGREGATES]
#: All matches at once would only take more memory.
MATCHES_AT_ONCE = 10_000
#: The outcomes people look at, book by book.
COMPARED = ("1x2", "over_under", "asian_handicap")
OUTCOMES = [(market, selection) for market in COMPARED for selection in MARKETS[market]]
BOOK_OF = [COMPARED.index(market) for market, _ in OUTCOMES]
HANDICAP = COMPARED.index("asian_handicap")
STALE_HOURS = 48


def best_prices(odds: pl.LazyFrame, matches: pl.LazyFrame) -> pl.DataFrame:
    """Return a row per outcome of 1x2, over/under 2.5 and the main handicap that a sound book quotes.

    `odds` and `matches` are of the same dates.
    """
    match_rows = matches.select(*MATCH, "league", "kick_off_at", "status").sort(MATCH).with_row_index("match").collect()
    quotes = _newest(_numbered_quotes(odds, match_rows))
    handicap = pl.col("book") == HANDICAP
    main = _main_lines(quotes.filter(handicap))
    on_main = quotes.filter(handicap).join(main, left_on=["match", "line"], right_on=["match", "main_line"], how="semi")
    quotes = pl.concat([quotes.filter(~handicap), on_main])
    parts = quotes.with_columns(part=pl.col("match") // MATCHES_AT_ONCE).partition_by("part") or [quotes]
    rows = pl.concat(_of_matches(part) for part in parts)
    of_goals = pl.when(pl.col("market") == "over_under").then(GOALS_LINE)
    rows = rows.join(match_rows, on="match").join(main, on="match", how="left")
    rows = rows.with_columns(line=of_goals.when(pl.col("market") == "asian_handicap").then("main_line"))
    return BEST_PRICES.conform(_with_age(rows).select(BEST_PRICES.schema.names()))


def stale(best: pl.LazyFrame, matches: pl.LazyFrame, now: dt.datetime) -> pl.DataFrame:
    """Coming matches that nobody has quoted for 48 hours: match_date, match_id, quoted_at."""
    coming = matches.filter(pl.col("status") == "scheduled", pl.col("match_date") >= now.date()).select(MATCH)
    newest = best.group_by(MATCH).agg(pl.col("quoted_at").max())
    old = pl.col("quoted_at") < now - dt.timedelta(hours=STALE_HOURS)
    return newest.filter(old).join(coming, on=MATCH, how="semi").sort(MATCH).collect()


def _numbered_quotes(odds: pl.LazyFrame, match_rows: pl.DataFrame) -> pl.DataFrame:
    """The quotes people look at, with their places on the axes."""
    outcomes = pl.DataFrame(
        [(*outcome, number, book) for number, (outcome, book) in enumerate(zip(OUTCOMES, BOOK_OF, strict=True))],
        schema={"market": pl.String, "selection": pl.String, "outcome": pl.Int8, "book": pl.Int8},
        orient="row",
    )
    return (
        odds.filter((pl.col("market") != "over_under") | (pl.col("line") == GOALS_LINE))
        .select(*MATCH, "market", "selection", "line", "bookmaker", "kind", "price", "quoted_at")
        .with_columns(pl.col("market", "selection").cast(pl.String))
        .join(outcomes.lazy(), on=["market", "selection"])
        .join(match_rows.lazy().select(*MATCH, "match"), on=MATCH)
        .with_columns(pl.col("bookmaker").cast(pl.Enum(BOOKMAKERS)), pl.col("kind").cast(pl.Enum(QUOTE_TYPES)))
        .select("match", "outcome", "book", "line", "bookmaker", "kind", "price", "quoted_at")
        .collect()
    )


def _newest(quotes: pl.DataFrame) -> pl.DataFrame:
    """One book of a kind per bookmaker and line: of a history seen in snapshots the newest."""
    history = pl.col("bookmaker").is_in(SNAPSHOT_BOOKMAKERS)
    newest = pl.col("quoted_at") == pl.col("quoted_at").max().over("match", "book", "line", "bookmaker", "kind")
    return pl.concat([quotes.filter(~history), quotes.filter(history).filter(newest)])


def _main_lines(handicaps: pl.DataFrame) -> pl.DataFrame:
    """`match`, `main_line`: the one most quoted before the close, then the one with the most level prices."""
    log, home = pl.col("price").log(), pl.col("outcome") == OUTCOMES.index(("asian_handicap", "home"))
    return (
        handicaps.group_by("match", main_line="line")
        .agg(
            quoted=(pl.col("kind") != "closing").sum(),
            tilt=(log.filter(home).mean() - log.filter(~home).mean()).abs().round(9),
        )
        .sort("match", "quoted", "tilt", "main_line", descending=[False, True, False, False], nulls_last=True)
        .unique("match", keep="first", maintain_order=True)
        .select("match", "main_line")
    )


def _overround(prices: Array) -> Array:
    """The sum of the inverse prices of each outcome's book; outcomes are the last axis."""
    starts = [BOOK_OF.index(book) for book in range(len(COMPARED))]
    totals: Array = np.add.reduceat(1.0 / prices, starts, axis=-1)[..., BOOK_OF]
    return totals


def _mean(cube: Array) -> Array:
    """Mean over the bookmakers who quote, NaN where none does."""
    has_price = ~np.isnan(cube)
    number = has_price.sum(axis=0)
    return np.where(number > 0, np.where(has_price, cube, 0.0).sum(axis=0) / np.maximum(number, 1), np.nan)


def _cubes(
    quotes: pl.DataFrame, bookmakers: list[str], matches: NDArray[np.uint32]
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Prices of sound books by kind, and when they were quoted, in microseconds."""
    bounds = np.array([[sound_overround(name, market) for market, _ in OUTCOMES] for name in bookmakers])[:, None]
    prices, times = {}, {}
    for kind in QUOTE_TYPES:
        of_kind = quotes.filter(pl.col("kind") == kind)
        who = of_kind["bookmaker"].cast(pl.Enum(bookmakers)).to_physical().to_numpy()
        cells = (who, np.searchsorted(matches, of_kind["match"].to_numpy()), of_kind["outcome"].to_numpy())
        price, time = np.full((2, len(bookmakers), len(matches), len(OUTCOMES)), np.nan)
        price[cells] = of_kind["price"].to_numpy()
        time[cells] = of_kind["quoted_at"].dt.epoch("us").cast(pl.Float64).to_numpy()
        total = _overround(price)
        unsound = ~((total >= bounds[..., 0]) & (total <= bounds[..., 1]))  # NaN where an outcome is missing
        price[unsound] = time[unsound] = np.nan
        prices[kind], times[kind] = price, time
    return prices, times


def _of_matches(quotes: pl.DataFrame) -> pl.DataFrame:
    """Rows of some matches by their number, market and selection."""
    matches = quotes["match"].unique().sort().to_numpy()
    names = quotes["bookmaker"].unique()
    quoting = [name for name in BOOKMAKERS if name in names or name in AGGREGATES]
    named, average = slice(len(quoting) - len(AGGREGATES)), quoting.index("average")
    price, time = _cubes(quotes, quoting, matches)
    opening, pre_match, closing = (price[kind] for kind in QUOTE_TYPES)
    no_later = np.isnan(pre_match)
    latest = np.where(no_later, opening, pre_match)
    latest_at = np.where(no_later, time["opening"], time["pre_match"])
    offered = np.where(np.isnan(latest), -np.inf, latest)
    offered[average] = -np.inf
    who = offered.argmax(axis=0)
    nobody = np.isneginf(offered.max(axis=0))

    def of_best(cube: Array) -> Array:
        return np.where(nobody, np.nan, np.take_along_axis(cube, who[None], axis=0)[0])

    def of_market(cube: Array) -> Array:
        return np.where(np.isnan(cube[average]), _mean(cube[named]), cube[average])

    best = of_best(latest)
    moved = np.log(np.where(np.isnan(closing), latest, closing) / np.where(np.isnan(opening), latest, opening))
    moved[sum(~np.isnan(cube) for cube in price.values()) < 2] = np.nan
    movement = _mean(moved[named])
    columns = {
        "bookmakers": (~np.isnan(latest[named])).sum(axis=0),
        "best_price": best,
        "best_quoted_at": of_best(latest_at),
        "overround": _overround(best),
        "opening": of_market(opening),
        "pre_match": of_market(latest),
        "closing": of_market(closing),
        "movement": np.where(np.isnan(movement), moved[average], movement),
        "quoted_at": np.fmax.reduce([np.fmax.reduce(cube) for cube in time.values()]),
    }
    rows = pl.DataFrame({name: cells.ravel() for name, cells in columns.items()}).with_columns(
        pl.Series("match", matches.repeat(len(OUTCOMES))),
        pl.Series("market", [market for market, _ in OUTCOMES] * len(matches), dtype=pl.String),
        pl.Series("selection", [selection for _, selection in OUTCOMES] * len(matches), dtype=pl.String),
        pl.Series("best_bookmaker", np.where(nobody, len(quoting), who).ravel(), dtype=pl.Int64).replace_strict(
            dict(enumerate(quoting)), default=None, return_dtype=pl.String
        ),
        pl.col(pl.Float64).fill_nan(None),
    )
    quoted = pl.any_horizontal(pl.col("pre_match", "closing").is_not_null())
    return rows.with_columns(pl.col("best_quoted_at", "quoted_at").cast(pl.Int64).cast(UTC)).filter(quoted)


def _with_age(rows: pl.DataFrame) -> pl.DataFrame:
    """Age at kick-off; of a match to come at the newest quote of its date, so that it does not hang on the clock."""
    newest = pl.col("quoted_at").max().over("match_date")
    at = (
        pl.when(pl.col("status") == "scheduled").then(pl.min_horizontal(newest, "kick_off_at")).otherwise("kick_off_at")
    )
    hours = (at - pl.col("quoted_at")).dt.total_seconds() / 3600
    return rows.with_columns(age_hours=hours, stale=hours > STALE_HOURS)
