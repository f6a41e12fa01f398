"""From snapshots of Fonbet's line to one row per quoted price, with the history of each book.

A book is what Fonbet quotes on one market and line of a match in one snapshot. A book that stands as it was is not
repeated: kept are the first, the newest, and each that differs from the one before.
"""

import polars as pl

from soccer_assets.odds.cells import LEAST_PRICE, is_handicap, is_total
from soccer_assets.odds.prices import Prices
from soccer_assets.odds.schema import MOST_HANDICAP, MOST_PRICE, MOST_TOTAL, ODDS
from soccer_assets.storage.tables import UTC, quarantine

#: Factor id -> market, selection, and the sign that turns its line into ours, the home handicap or the goals.
FACTORS = {
    921: ("1x2", "home", None),
    922: ("1x2", "draw", None),
    923: ("1x2", "away", None),
    924: ("double_chance", "home_draw", None),
    1571: ("double_chance", "home_away", None),
    925: ("double_chance", "draw_away", None),
    927: ("asian_handicap", "home", 1.0),
    928: ("asian_handicap", "away", -1.0),
    930: ("over_under", "over", 1.0),
    931: ("over_under", "under", 1.0),
}
#: A league's own date and the source's UTC date of one kick-off differ by a day at most.
DAYS_APART = 1
BOOK = ["match_date", "match_id", "market", "line"]


def fonbet_quotes(events: pl.LazyFrame, links: pl.LazyFrame, matches: pl.LazyFrame) -> Prices:
    """Prices of the linked events before kick-off.

    Quarantined are those without a time, after kick-off, not above 1, on a line that is no quarter of a goal, or of a
    snapshot in which the event has other teams than those that were linked.

    The first book seen of a market and line is `opening`. The last one is `closing` once its match has kicked off, by
    its status or by a newer snapshot, and if it stood in the last snapshot before. Every other is `pre_match`. Events
    and links are of the dates of the matches and of the days before and after them.
    """
    offers = _of_matches(events, links, matches)
    reason = _reason(offers)
    refused = offers.filter(reason.is_not_null()).select(
        **_origin(), reason=reason.drop_nulls(), record=pl.format("{} event {}", "match_id", "event_id")
    )
    quotes = _quotes(offers.filter(reason.is_null()))
    wrong = _wrong(quotes)
    bad = quotes.filter(wrong.is_not_null()).select(
        **_origin(),
        reason=wrong.drop_nulls(),
        record=pl.format("{} event {} factor {}", "match_id", "event_id", "factor"),
    )
    history = _history(quotes.filter(wrong.is_null()))
    seen_later = (pl.col("status") == "scheduled") & (pl.col("kick_off_at") < pl.col("newest_snapshot_at"))
    over = ~pl.col("status").is_in(["scheduled", "postponed"]) | seen_later
    kind = pl.when(pl.col("is_last") & over).then(pl.lit("closing")).when("is_first").then(pl.lit("opening"))
    rows = history.with_columns(kind=kind.otherwise(pl.lit("pre_match")), bookmaker=pl.lit("fonbet")).select(
        pl.col(name).cast(dtype) for name, dtype in ODDS.schema.items()
    )
    return Prices(pl.concat([ODDS.empty(), rows]), pl.concat([quarantine("odds").empty(), refused, bad]))


def _of_matches(events: pl.LazyFrame, links: pl.LazyFrame, matches: pl.LazyFrame) -> pl.DataFrame:
    """What is on offer on linked events in each snapshot, with their match; the event of the nearer date first."""
    seen = events.rename({"match_date": "event_date"}).with_columns(quoted_at=_instant("quoted_at"))
    # a match knows the snapshots of the days beside it, and no others: a longer range changes nothing
    newest = pl.concat(
        seen.select(pl.col("event_date").dt.offset_by(f"{days}d").alias("match_date"), "quoted_at")
        for days in range(-DAYS_APART, DAYS_APART + 1)
    ).group_by("match_date")
    linked = links.filter(pl.col("outcome") == "linked").select(
        "event_id", "match_id", event_date="match_date", linked_home="home", linked_away="away"
    )
    men = (pl.col("sex").fill_null("men") == "men") & (pl.col("kind").fill_null("first") == "first")
    as_linked = men & (pl.col("home") == pl.col("linked_home")) & (pl.col("away") == pl.col("linked_away"))
    match_rows = matches.select("match_date", "match_id", "league", "status", match_kick_off_at="kick_off_at")
    apart = (pl.col("event_date") - pl.col("match_date")).dt.total_days().abs()
    return (
        seen.filter(pl.col("blocked").ne_missing("true"), pl.col("factors").is_not_null())
        .select(
            "event_date", "event_id", "quoted_at", "kick_off_at", "home", "away", "sex", "kind", "factors",
            "_payload_id", "_record",
        )
        .join(linked, on=["event_date", "event_id"])
        .with_columns(has_other_teams=~as_linked.fill_null(False))
        .join(match_rows, on="match_id")
        .filter(apart <= DAYS_APART)
        .join(newest.agg(newest_snapshot_at=pl.col("quoted_at").max()), on="match_date", how="left")
        .with_columns(kick_off_at=pl.coalesce("match_kick_off_at", _instant("kick_off_at")))
        .sort("match_date", "match_id", "quoted_at", "has_other_teams", apart, "event_id", "_payload_id", "_record")
        .collect()
    )  # fmt: skip


def _instant(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime("%+", time_zone="UTC", strict=False).cast(UTC)


def _origin() -> dict[str, pl.Expr]:
    columns = {"payload_id": "_payload_id", "line": "_record", "match_date": "match_date"}
    return {"origin": pl.lit("fonbet_events"), **{name: pl.col(column) for name, column in columns.items()}}


def _reason(offers: pl.DataFrame) -> pl.Series:
    """Why nothing of a snapshot can be used; null where it can."""
    kick_off, quoted = pl.col("kick_off_at"), pl.col("quoted_at")
    teams = [pl.col(name).fill_null("none") for name in ("home", "away", "sex", "kind")]
    times = [time.dt.to_string("%Y-%m-%dT%H:%MZ") for time in (kick_off, quoted)]
    return offers.select(
        reason=pl.when(quoted.is_null() | kick_off.is_null())
        .then(pl.lit("expected the time of the quote and a kick-off after it, found one of them missing"))
        .when(quoted > kick_off)
        .then(pl.format("expected a quote at or before kick-off {}, found one of {}", *times))
        .when("has_other_teams")
        .then(
            pl.format(
                "expected {} - {} (men, first), as linked, found {} - {} ({}, {}) under the event's id",
                "linked_home",
                "linked_away",
                *teams,
            )
        )
        .when(~pl.struct("match_date", "match_id", "quoted_at").is_first_distinct())
        .then(pl.lit("expected one event of the match in a snapshot, found another"))
    ).to_series()


def _quotes(offers: pl.DataFrame) -> pl.DataFrame:
    """One row per factor that is one of ours; `line` as we count it."""
    factors = pl.DataFrame(
        [(factor, *meaning) for factor, meaning in FACTORS.items()],
        schema={"factor": pl.Int64, "market": pl.String, "selection": pl.String, "sign": pl.Float64},
        orient="row",
    )
    cell = pl.col("factors").list
    return (
        offers.with_columns(pl.col("factors").str.json_decode(pl.List(pl.List(pl.Float64))))
        .explode("factors", empty_as_null=False, keep_nulls=False)
        .with_columns(factor=cell.get(0).cast(pl.Int64), price=cell.get(1), line=cell.get(2, null_on_oob=True))
        .join(factors, on="factor", maintain_order="left")
        .with_columns(line=pl.when(pl.col("line") == 0).then("line").otherwise(pl.col("line") * pl.col("sign")))
    )


def _wrong(quotes: pl.DataFrame) -> pl.Series:
    """Why a factor cannot be used; null where it can."""
    price, line, market = pl.col("price"), pl.col("line"), pl.col("market")
    price_cell = price.cast(pl.String).fill_null("none")
    line_cell = (line * pl.col("sign")).cast(pl.String).fill_null("none")  # as it is published
    sound = ((price > LEAST_PRICE) & price.is_finite()).fill_null(False)
    most = market.replace_strict(MOST_PRICE, return_dtype=pl.Float64)
    of_price = pl.format("expected decimal odds above 1, found {} of factor {}", price_cell, "factor")
    of_line = "expected {}, a multiple of 0.25 {}, found {} of factor {}"
    handicap = pl.lit(f"from {-MOST_HANDICAP:g} to {MOST_HANDICAP:g} goals")
    total = pl.lit(f"up to {MOST_TOTAL:g} goals")
    return quotes.select(
        reason=pl.when(~sound)
        .then(of_price)
        .when(price > most)
        .then(
            pl.format("expected decimal odds up to {} ({}), found {} of factor {}", most, market, price_cell, "factor")
        )
        .when((market == "asian_handicap") & ~is_handicap(line))
        .then(pl.format(of_line, pl.lit("a handicap"), handicap, line_cell, "factor"))
        .when((market == "over_under") & ~is_total(line))
        .then(pl.format(of_line, pl.lit("a total"), total, line_cell, "factor"))
    ).to_series()


def _history(quotes: pl.DataFrame) -> pl.DataFrame:
    """The quotes of the books that are kept; `is_first` of its history, `is_last` if in the match's last snapshot."""
    at = pl.col("quoted_at")
    books = (
        quotes.group_by(*BOOK, "quoted_at")
        .agg(prices=pl.format("{}={}", "selection", "price").sort().str.join(" "))
        .sort(*BOOK, "quoted_at")
        .with_columns(
            is_first=at == at.min().over(BOOK),
            is_newest=at == at.max().over(BOOK),
            is_new=pl.col("prices").ne_missing(pl.col("prices").shift().over(BOOK)),
            is_last=at == at.max().over("match_date", "match_id"),
        )
        .filter(pl.any_horizontal("is_first", "is_newest", "is_new"))
    )
    kept = books.select(*BOOK, "quoted_at", "is_first", "is_last")
    return quotes.join(kept, on=[*BOOK, "quoted_at"], nulls_equal=True)
