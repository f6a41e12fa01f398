"""From price columns to one row per quoted price.

The site names a price column by bookmaker, `C` for closing, and selection: `B365CH` is Bet365's closing home price.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from soccer_assets.odds.cells import BELOW_ONE, OTHER_CHARACTER, OTHER_NOTATION, UNSIGNED, decimal_odds, handicap
from soccer_assets.odds.misprints import without_misprints
from soccer_assets.odds.schema import BOOKMAKERS, GOALS_LINE, MOST_HANDICAP, ODDS, most_price
from soccer_assets.storage.tables import UTC, quarantine

#: A header that misspells a column, in files of the extra leagues.
MISSPELLED = {"B36CA": "B365CA"}
ONE_X_TWO = {"H": "home", "D": "draw", "A": "away"}
OVER_UNDER = {">2.5": "over", "<2.5": "under"}
HANDICAP = {"AHH": "home", "AHA": "away"}
#: Weekend prices are collected on Friday afternoons, midweek prices on Tuesday afternoons (the site's notes).
COLLECTED_ON = {1: 4, 2: 1, 3: 1, 4: 1, 5: 4, 6: 4, 7: 4}  # ISO weekday of the match -> 0-based weekday of collection
COLLECTED_AT = dt.time(15)
SITE_ZONE = "Europe/London"
#: The column of the handicap read from the column of this name.
HANDICAP_OF = "handicap of {}"
#: Some hundred price columns are opened at once: more matches would only take more memory.
MATCHES_AT_ONCE = 20_000


@dataclass(frozen=True)
class PriceColumn:
    """What a published column quotes, in the book whose columns begin with the same code.

    `line_columns` hold its handicap; the first one with a filled cell counts.
    """

    name: str
    book: str
    bookmaker: str
    market: str
    kind: str
    selection: str
    line: float | None = None
    line_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prices:
    """Quoted prices and the cells that are none."""

    rows: pl.DataFrame
    quarantined: pl.DataFrame


def price_columns() -> Iterator[PriceColumn]:
    """Every price column the site has ever published."""
    for code, bookmaker in BOOKMAKERS.items():
        for kind, mark in (("pre_match", code), ("closing", f"{code}C")):
            handicaps = (f"{code}AH", "AHh", "BbAHh") if kind == "pre_match" else ("AHCh",)
            for market, selections, line, lines in (
                ("1x2", ONE_X_TWO, None, ()), ("over_under", OVER_UNDER, GOALS_LINE, ()),
                ("asian_handicap", HANDICAP, None, handicaps),
            ):  # fmt: skip
                for suffix, name in selections.items():
                    yield PriceColumn(mark + suffix, f"{mark} {market}", bookmaker, market, kind, name, line, lines)


def long_form(published: pl.LazyFrame, matches: pl.LazyFrame) -> Prices:
    """Prices of the records that became matches.

    Quarantined are cells without decimal odds above 1 and up to the market's highest, books in another notation
    (American, fractional, of Hong Kong), handicap prices whose line is no quarter of a goal from -5 to 5, and books
    that cannot be of their match.
    """
    published = _spelled(published)
    names = published.collect_schema().names()
    columns = [column for column in price_columns() if column.name in names]
    columns += [replace(c, name=wrong) for wrong, right in MISSPELLED.items() if wrong in names
                for c in price_columns() if c.name == right]  # fmt: skip
    needed = {column.name for column in columns} | {line for c in columns for line in c.line_columns if line in names}
    seen = pl.col("_last_seen_at") if "_last_seen_at" in names else pl.lit(None, dtype=UTC)
    wide = (
        published.select("_payload_id", "_line", seen.alias("seen_at"), *sorted(needed))
        .rename({"_payload_id": "payload_id", "_line": "line_number"})
        .join(
            matches.select("payload_id", "match_date", "match_id", "league", "kick_off_at", line_number="line"),
            on=["payload_id", "line_number"],
        )
        .with_columns(
            pl.col("league").cast(ODDS.schema["league"]),
            collected_at=_collected(pl.col("match_date"), pl.col("seen_at"), pl.col("kick_off_at")),
        )
        .sort("match_date", "match_id")
        .collect()
    )
    parts = [_of_matches(part, columns) for part in wide.iter_slices(MATCHES_AT_ONCE)]
    return Prices(
        pl.concat([ODDS.empty(), *(part.rows for part in parts)]),
        pl.concat([quarantine("odds").empty(), *(part.quarantined for part in parts)]),
    )


def _spelled(published: pl.LazyFrame) -> pl.LazyFrame:
    """The records with the price columns as the site spells them, however the file did that had them first."""
    spelling = {name.lower(): name for c in price_columns() for name in (c.name, *c.line_columns)}
    spelling |= {wrong.lower(): wrong for wrong in MISSPELLED}
    names = published.collect_schema().names()
    other = {name: spelled for name in names if (spelled := spelling.get(name.lower(), name)) not in names}
    return published.rename(other)


def _of_matches(wide: pl.DataFrame, columns: Sequence[PriceColumn]) -> Prices:
    """The prices of some matches; where two columns quote the same, the first one counts."""
    good, bad = [], []
    columns = [column for column in columns if wide[column.name].null_count() < len(wide)]
    quotes: dict[PriceColumn, list[str]] = {}
    for column in columns:
        quotes.setdefault(replace(column, name="", book="", line_columns=()), []).append(column.name)
    by_name = {column.name: column for column in columns}
    lines = {line for column in columns for line in column.line_columns if line in wide.columns}
    wide = wide.with_columns(_handicaps(wide[line]).alias(HANDICAP_OF.format(line)) for line in sorted(lines))
    mixed = _with_other_characters(wide, columns)
    foreign = _in_other_notation(wide, columns, mixed)
    for names in quotes.values():
        taken = pl.lit(False)
        for name in names:
            column = by_name[name]
            cells = wide.lazy().filter(pl.col(name).is_not_null() & ~taken)
            price = decimal_odds(pl.col(name), is_plain=name not in mixed)
            sound, wrong = _quoted(cells, column, price, foreign.get(column.book), lines)
            good.append(sound)
            bad.append(wrong)
            taken = taken | pl.col(name).is_not_null()
    # one query for all columns: of a single day, hundreds of small ones cost more than what they find;
    # in memory, because the streaming engine of polars 2.1 breaks on `format` of no rows
    rows, quarantined = pl.collect_all(
        [pl.concat([ODDS.empty().lazy(), *good]), pl.concat([quarantine("odds").empty().lazy(), *bad])],
        engine="in-memory",
    )
    of_their_match, misprinted = without_misprints(rows, wide)
    return Prices(of_their_match, pl.concat([quarantined, misprinted]))


def _handicaps(cells: pl.Series) -> pl.Series:
    """The handicap of each cell; a column has some dozens of different ones, and each is read once."""
    distinct = cells.unique()
    return cells.replace_strict(distinct, pl.select(handicap(pl.lit(distinct))).to_series())


def _with_other_characters(wide: pl.DataFrame, columns: Sequence[PriceColumn]) -> set[str]:
    """The columns with a cell that is more than digits and points."""
    cells = pl.col([column.name for column in columns]).cast(pl.String)
    has = wide.select(cells.str.join("").str.contains(OTHER_CHARACTER))
    return {name for name in has.columns if has[name].item()}


def _in_other_notation(
    wide: pl.DataFrame, columns: Sequence[PriceColumn], mixed: Collection[str]
) -> dict[str, pl.Expr]:
    """Of each book that has cells in other odds than decimal: the first of them in a row, null where there is none.

    A book is refused whole then: `320` beside `-200` is no decimal price, `150` is none where no cell is below 100, and
    `2.4` is none beside `0.95` where both, as gains, are the odds of a whole book, with its margin.
    """

    def books_with(notation: str, among: Sequence[str]) -> set[str]:
        if not among:
            return set()
        has = wide.select(pl.col(among).cast(pl.String).str.contains(notation).any()).row(0, named=True)
        return {column.book for column in columns if has.get(column.name)}

    names = [column.name for column in columns]
    books = books_with(OTHER_NOTATION, [name for name in names if name in mixed])
    low_books, high_books = books_with(BELOW_ONE, names), books_with(UNSIGNED, names)

    def first_cell(names: Sequence[str], notation: str) -> pl.Expr:
        return pl.coalesce(pl.when(pl.col(name).str.contains(notation)).then(_cell_text(name)) for name in names)

    def of_book(book: str) -> pl.Expr:
        names = [column.name for column in columns if column.book == book]
        signed = first_cell(names, OTHER_NOTATION)
        if book in low_books:
            gains = (pl.col(name).cast(pl.Float64, strict=False) for name in names)
            is_whole = pl.sum_horizontal((1 / (1 + gain)).fill_null(1) for gain in gains) >= 1  # else a misprint
            signed = pl.coalesce(signed, pl.when(is_whole).then(first_cell(names, BELOW_ONE)))
        if book not in high_books:
            return signed
        high = pl.all_horizontal(pl.col(name).str.contains(UNSIGNED).fill_null(True) for name in names)
        return pl.coalesce(signed, pl.when(high).then(first_cell(names, UNSIGNED)))

    return {book: of_book(book) for book in sorted(books | low_books | high_books)}


def _quoted(
    filled: pl.LazyFrame, column: PriceColumn, price: pl.Expr, foreign: pl.Expr | None, published: Collection[str]
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The rows of one column that quote a price, and those that hold something else; `filled` have a cell.

    `foreign` is a cell of the book in another notation, None where no row has one; `published` hold handicaps.
    """
    filled = filled.with_columns(price=price)
    line: pl.Expr = pl.lit(column.line, dtype=pl.Float64)
    most = most_price(column.bookmaker, column.market)
    sound = (pl.col("price") <= most).fill_null(False)
    cell_text = _cell_text(column.name)
    reason: pl.Expr = (
        pl.when(pl.col("price").is_null())
        .then(pl.format("expected decimal odds above 1, found {}", cell_text))
        .when(pl.col("price") > most)
        .then(pl.format("expected decimal odds up to {}, found {}", pl.lit(f"{most:g} ({column.market})"), cell_text))
    )
    if foreign is not None:
        sound &= foreign.is_null()
        text = pl.format("expected decimal odds in the whole book, found {}", foreign)
        reason = pl.when(foreign.is_not_null()).then(text).otherwise(reason)
    if column.market == "asian_handicap":
        names = [name for name in column.line_columns if name in published]
        cell: pl.Expr = pl.lit(f"none in {', '.join(names)}")
        for name in reversed(names):
            has_line = pl.col(name).is_not_null()
            read = pl.col(HANDICAP_OF.format(name))
            line = pl.when(has_line).then(read).otherwise(line)
            cell = pl.when(has_line).then(_cell_text(name)).otherwise(cell)
        sound &= pl.col("line").is_not_null()
        bounds = f"from {-MOST_HANDICAP:g} to {MOST_HANDICAP:g} goals"
        text = pl.format("expected a handicap, a multiple of 0.25 {}, found {}", pl.lit(bounds), cell)
        reason = pl.coalesce(reason, text)
    filled = filled.with_columns(line=line)
    at = pl.col("collected_at") if column.kind == "pre_match" else pl.col("kick_off_at")
    types = ODDS.schema
    constants = {
        name: pl.lit(getattr(column, name), dtype=types[name]) for name in ("bookmaker", "market", "kind", "selection")
    }
    rows = filled.filter(sound).select("match_date", "match_id", "league", "price", "line", quoted_at=at, **constants)
    wrong = filled.filter(~sound).select(
        origin=pl.lit("football_data"),
        payload_id="payload_id",
        line="line_number",
        match_date="match_date",
        reason=reason,
        record=pl.format("{} {}={}", "match_id", pl.lit(column.name), column.name),
    )
    return rows.select(types.names()), wrong


def _cell_text(name: str) -> pl.Expr:
    return pl.format("{} in {}", name, pl.lit(name))


def _collected(match_date: pl.Expr, seen_at: pl.Expr, kick_off_at: pl.Expr) -> pl.Expr:
    """When pre-match prices were taken: as seen in a fixtures file, else by the site's rule, never after kick-off."""
    weekday = match_date.dt.weekday()
    collected_on = weekday.replace_strict(COLLECTED_ON, return_dtype=pl.Int8)
    days_before = (weekday.cast(pl.Int8) - 1 - collected_on) % 7
    day = match_date - pl.duration(days=days_before)
    by_rule = day.dt.combine(COLLECTED_AT).dt.replace_time_zone(SITE_ZONE).dt.convert_time_zone("UTC")
    return pl.min_horizontal(pl.coalesce(seen_at, by_rule), kick_off_at)
