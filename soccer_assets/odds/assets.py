"""Assets and checks of the odds stage."""

import polars as pl
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetIn,
    MetadataValue,
    ResourceParam,
    asset_check,
)

from soccer_assets.linking.decisions import in_order
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.odds import best, links
from soccer_assets.odds.devig import METHODS
from soccer_assets.odds.fonbet_prices import DAYS_APART, fonbet_quotes
from soccer_assets.odds.market import devigged
from soccer_assets.odds.prices import long_form
from soccer_assets.odds.schema import BEST_PRICES, MARKET_PROBABILITIES, ODDS, ODDS_LINKS
from soccer_assets.orchestration.io_manager import dated_asset, markdown, optional
from soccer_assets.orchestration.partitions import dates_of, dates_of_run, look_back
from soccer_assets.scoring import SUM_TOLERANCE
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.tables import TableRows

#: The source's UTC date and the league's own date of one kick-off may differ.
ADJACENT_DATES = AssetIn(partition_mapping=look_back(DAYS_APART, until=DAYS_APART))
REMEMBERED = look_back(links.REMEMBERED.days, until=-1)
MOVED = AssetIn(partition_mapping=look_back(links.DAYS_MOVED, until=links.DAYS_MOVED))


@dated_asset(
    ODDS_LINKS,
    ins={"matches": MOVED, "past": optional(ODDS_LINKS, REMEMBERED), "link_decisions": optional(LINK_DECISIONS)},
    kinds={"polars"},
)
def odds_links(
    context: AssetExecutionContext,
    fonbet_events: pl.DataFrame,
    matches: pl.DataFrame,
    past: pl.DataFrame,
    link_decisions: pl.DataFrame,
) -> pl.DataFrame:
    """One event of a bookmaker on its date, and the match it is, the case it makes, or none."""
    first, _ = dates_of(context.partition_key_range)
    earlier = ODDS_LINKS.conform(past.filter(pl.col(DATE) < first))
    rows = links.odds_links(fonbet_events, matches, earlier, in_order(link_decisions))
    context.add_output_metadata({"by outcome": dict(rows["outcome"].value_counts(sort=True).iter_rows())})
    return rows


@dated_asset(ODDS, ins={"fonbet_events": ADJACENT_DATES, "odds_links": ADJACENT_DATES}, kinds={"polars"})
def odds(
    matches: pl.LazyFrame,
    football_data_results: pl.LazyFrame,
    football_data_fixtures: pl.LazyFrame,
    fonbet_events: pl.LazyFrame,
    odds_links: pl.LazyFrame,
) -> TableRows:
    """One quoted price: decimal odds for one selection of one market, when the line opened, later, or at its close."""
    quoted = [long_form(records, matches) for records in (football_data_results, football_data_fixtures)]
    quoted.append(fonbet_quotes(fonbet_events, odds_links, matches))
    rows, bad = (pl.concat([getattr(prices, part) for prices in quoted]) for part in ("rows", "quarantined"))
    return TableRows(ODDS.conform(rows), bad)


@dated_asset(MARKET_PROBABILITIES, kinds={"numpy"})
def market_probabilities(context: AssetExecutionContext, odds: pl.LazyFrame) -> TableRows:
    """One outcome of one bookmaker's complete 1x2, over/under or handicap book, its margin removed by each method."""
    rows, bad = devigged(odds)
    mean = rows.filter(pl.col("market") == "1x2").group_by("bookmaker").agg(pl.col("overround").mean().round(4))
    by_bookmaker = dict(mean.sort("overround").cast({"bookmaker": str}).iter_rows())
    context.add_output_metadata({"mean 1x2 overround": by_bookmaker})
    return TableRows(MARKET_PROBABILITIES.conform(rows), bad)


@dated_asset(BEST_PRICES, kinds={"numpy"})
def best_prices(context: AssetExecutionContext, odds: pl.LazyFrame, matches: pl.LazyFrame) -> pl.DataFrame:
    """One outcome of 1x2, over/under 2.5 or the main handicap of a match: the best price, and how prices moved."""
    rows = best.best_prices(odds, matches)
    moved = rows.filter(pl.col("movement").is_not_null()).sort(pl.col("movement").abs(), DATE, "match_id").tail(20)
    table = moved.select(DATE, "match_id", "market", "line", "selection", "best_price", "best_bookmaker", "movement")
    stale = rows.filter("stale").select(DATE, "match_id").n_unique()
    context.add_output_metadata({"stale matches": stale, "moved most": MetadataValue.md(markdown(table))})
    return rows


@asset_check(asset=odds_links, blocking=True)
def unlinked_events_are_few(
    context: AssetCheckExecutionContext, lake: ResourceParam[Lake], settings: ResourceParam[Settings]
) -> AssetCheckResult:
    """In each league at most `SOCCER_UNLINKED_SHARE` of the run's events are without a match."""
    dates = dates_of_run(context.run.tags)
    leagues = links.unlinked(lake.read(ODDS_LINKS.name, *dates), lake.read("matches", *dates))
    far = [league for league in leagues if league["share"] > settings.unlinked_share]
    return AssetCheckResult(
        passed=not far,
        metadata={
            "events": sum(league["events"] for league in leagues),
            "unlinked": sum(league["unlinked"] for league in leagues),
            "leagues with too many": MetadataValue.json(far),
            "what to do": "uv run soccer links review, then links accept CASE, or links import FILE of alias lines",
        },
    )


@asset_check(asset=odds_links)
def no_league_bears_an_unknown_name(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """No competition of the run that is none of ours has the matches of a league that has no events."""
    dates = dates_of_run(context.run.tags)
    rows = links.renamed(lake.read(ODDS_LINKS.name, *dates), lake.read("matches", *dates))
    return AssetCheckResult(
        passed=rows.is_empty(),
        severity=AssetCheckSeverity.WARN,
        metadata={
            "competitions": MetadataValue.md(markdown(rows)),
            "what to do": "add the competition's name to the league's in leagues.NAMES_AT, then run the dates again",
        },
    )


@asset_check(asset=market_probabilities, blocking=True)
def market_probabilities_sum_to_one(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """The outcomes of each book of the run's match dates sum to 1 under each method."""
    book = ["match_date", "match_id", "bookmaker", "market", "line", "kind", "quoted_at"]
    rows = lake.scan("market_probabilities", *dates_of_run(context.run.tags))
    sums = rows.group_by(book).agg(pl.col(list(METHODS)).sum())
    off = sums.select((pl.col(m) - 1).abs().max() for m in METHODS).collect()
    worst = max((value or 0.0 for value in off.row(0)), default=0.0)
    return AssetCheckResult(passed=worst <= SUM_TOLERANCE, metadata={"largest distance from 1": worst})


@asset_check(asset=best_prices)
def coming_matches_are_quoted_anew(
    context: AssetCheckExecutionContext, lake: ResourceParam[Lake], clock: ResourceParam[Clock]
) -> AssetCheckResult:
    """The newest price of each coming match of the run is at most 48 hours old."""
    dates = dates_of_run(context.run.tags)
    rows = best.stale(lake.scan("best_prices", *dates), lake.scan("matches", *dates), clock.now())
    return AssetCheckResult(
        passed=rows.is_empty(),
        severity=AssetCheckSeverity.WARN,
        metadata={"stale matches": len(rows), "examples": MetadataValue.md(markdown(rows.head(5)))},
    )
