"""Assets and checks of the matches stage."""

import datetime as dt

import polars as pl
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetIn,
    MetadataValue,
    ResourceParam,
    asset_check,
)

from soccer_assets.linking.decisions import in_order
from soccer_assets.linking.names import Scorer
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.matches.clubs import clubs_of
from soccer_assets.matches.date_range import SEASON_AROUND, matches_of_range
from soccer_assets.matches.laws import LAWS, Law
from soccer_assets.matches.respelled import renamed_clubs
from soccer_assets.matches.schema import MATCH_CONFLICTS, MATCH_LINKS, MATCHES, ON, TEAMS
from soccer_assets.orchestration.io_manager import dated_asset, dated_assets, markdown, optional, written_elsewhere
from soccer_assets.orchestration.partitions import dates_of, dates_of_run, look_back
from soccer_assets.sources.catalog import TRUSTED
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.tables import TableRows

SEASON = AssetIn(partition_mapping=look_back(SEASON_AROUND.days, until=SEASON_AROUND.days), dagster_type=pl.LazyFrame)
NEIGHBOURS = AssetIn(partition_mapping=look_back(1, until=1))
EXAMPLES = 5

#: The records a match is made of.
PUBLISHED = [spec.table.name for source in TRUSTED for spec in source.tables]

#: The commands for links write it.
link_decisions = written_elsewhere(LINK_DECISIONS, kinds={"deltalake"})


@dated_assets(
    MATCHES,
    MATCH_LINKS,
    MATCH_CONFLICTS,
    ins=dict.fromkeys(PUBLISHED, SEASON) | {"fonbet_results": NEIGHBOURS, "link_decisions": optional(LINK_DECISIONS)},
    kinds={"polars"},
)
def matches(
    context: AssetExecutionContext,
    fonbet_results: pl.LazyFrame,
    link_decisions: pl.DataFrame,
    **published: pl.LazyFrame,
) -> tuple[TableRows, pl.DataFrame, pl.DataFrame]:
    """Matches, the records of other sources that are about them, and where sources differ."""
    first, last = dates_of(context.partition_key_range)
    made = matches_of_range(published, fonbet_results, in_order(link_decisions), first, last)
    rows = made.rows.rows
    by_status = dict(rows["status"].value_counts(sort=True).iter_rows())
    by_source = dict(rows["source"].value_counts(sort=True).iter_rows())
    counts = {"links": len(made.links), "conflicts": len(made.conflicts), "fonbet results": made.checked}
    context.add_output_metadata({"by status": by_status, "by source": by_source, **counts}, output_name=MATCHES.name)
    return made.rows, made.links, made.conflicts


@dated_asset(TEAMS, kinds={"polars"})
def teams(context: AssetExecutionContext, matches: pl.DataFrame, match_links: pl.DataFrame) -> pl.DataFrame:
    """One club that plays on the match date, by one of the names its sources give it."""
    clubs = clubs_of(matches, match_links)
    context.add_output_metadata({"clubs": clubs["team_id"].n_unique()})
    return clubs


def _with_seasons(dates: tuple[dt.date | None, dt.date | None]) -> tuple[dt.date | None, dt.date | None]:
    """The dates of a run with a season on either side; None where the run names none."""
    first, last = dates
    return (first - SEASON_AROUND, last + SEASON_AROUND) if first and last else (None, None)


@asset_check(asset="matches", blocking=True)
def match_ids_are_unique(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """No two matches of the run's seasons that are on share an id."""
    seasons = _with_seasons(dates_of_run(context.run.tags))
    on = lake.scan(MATCHES.name, *seasons).filter(pl.col("status").is_in(ON))
    repeated = on.group_by("match_id").len().filter(pl.col("len") > 1).sort("match_id").collect()
    return AssetCheckResult(
        passed=repeated.is_empty(),
        metadata={
            "repeated ids": len(repeated),
            "examples": MetadataValue.json(repeated["match_id"].head(EXAMPLES).to_list()),
        },
    )


@asset_check(asset="matches", blocking=True)
def every_result_is_a_match(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """Each record of the archives on the run's dates is a match, or is in quarantine with its reason."""
    dates = dates_of_run(context.run.tags)
    origin = ["_payload_id", "_line"]
    records = lake.scan("football_data_results", *dates).select(origin)
    resolved, refused = (
        lake.scan(name, *dates).select(_payload_id="payload_id", _line="line")
        for name in (MATCHES.name, "matches_quarantine")
    )
    lost = records.join(resolved, on=origin, how="anti").join(refused, on=origin, how="anti").collect()
    return AssetCheckResult(
        passed=lost.is_empty(),
        metadata={"lost": len(lost), "examples": MetadataValue.json(lost.head(EXAMPLES).to_dicts())},
    )


def _law_check(name: str, law: Law) -> AssetChecksDefinition:
    """A blocking check that no match of the run's seasons breaks a law."""

    @asset_check(asset="matches", name=name, description=law.__doc__, blocking=True)
    def check(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
        bad = law(lake.scan(MATCHES.name, *_with_seasons(dates_of_run(context.run.tags))))
        return AssetCheckResult(
            passed=bad.is_empty(),
            metadata={"matches": len(bad), "examples": MetadataValue.md(markdown(bad.head(EXAMPLES)))},
        )

    return check


law_checks = [_law_check(name, law) for name, law in LAWS.items()]


@asset_check(asset="matches")
def sources_agree(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """On date and score of the run's matches, no source differs from the one that counts."""
    rows = lake.scan(MATCH_CONFLICTS.name, *dates_of_run(context.run.tags))
    differ = rows.filter(pl.col("field").is_in(["match_date", "score"])).sort(DATE, "match_id", "field").collect()
    examples = differ.select(DATE, "match_id", "field", "kept_source", "kept", "source", "value").head(20)
    return AssetCheckResult(
        passed=differ.is_empty(),
        severity=AssetCheckSeverity.WARN,
        metadata={"conflicts": len(differ), "examples": MetadataValue.md(markdown(examples))},
    )


@asset_check(asset="matches")
def no_club_has_two_ids(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """No club of a name like that of one which ended with the season before begins in the run's seasons."""
    seasons, every = (
        lake.scan(MATCHES.name, *dates).select(DATE, "league", "home_id", "away_id", "home", "away")
        for dates in (_with_seasons(dates_of_run(context.run.tags)), (None, None))
    )
    clubs = renamed_clubs(seasons.collect(), Scorer.shipped())
    if len(clubs):  # one that was away for years is no new club
        clubs = clubs.join(renamed_clubs(every.collect(), Scorer.shipped()), on=["team_id", "new_id"], how="semi")
    commands = [
        f"uv run soccer links merge {old} {new} && uv run soccer backfill {first} {last}"
        for old, new, first, last in clubs.select("team_id", "new_id", "new_first", "new_last").rows()
    ]
    return AssetCheckResult(
        passed=clubs.is_empty(),
        severity=AssetCheckSeverity.WARN,
        metadata={
            "clubs": MetadataValue.md(markdown(clubs.head(EXAMPLES))),
            "where they are one": MetadataValue.json(commands[:EXAMPLES]),
        },
    )
