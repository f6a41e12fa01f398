"""Assets and checks of the matches stage."""

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetIn,
    MetadataValue,
    ResourceParam,
    asset_check,
)

from soccer_assets.delta import DATE, Lake
from soccer_assets.lake import dated_asset
from soccer_assets.matches.clubs import clubs_of
from soccer_assets.matches.life import resolve
from soccer_assets.matches.schema import MATCHES, TEAMS
from soccer_assets.partitions import dates_of, look_back

#: Legs and moved matches are told within a season: no two days of one lie further apart.
SEASON = AssetIn(partition_mapping=look_back(400, until=400))


@dated_asset(MATCHES, ins={"football_data_results": SEASON, "football_data_fixtures": SEASON}, kinds={"polars"})
def matches(
    context: AssetExecutionContext,
    lake: ResourceParam[Lake],
    football_data_results: pl.LazyFrame,
    football_data_fixtures: pl.LazyFrame,
) -> pl.DataFrame:
    """One match on one date; a match that was moved is postponed on its old date and lives on under the same id."""
    first, last = dates_of(context.partition_key_range)
    resolved = resolve(football_data_results, football_data_fixtures)
    here = pl.col(DATE).is_between(first, last)
    rows, quarantined = resolved.rows.filter(here), resolved.quarantined.filter(here)
    lake.replace_dates("matches_quarantine", quarantined, first, last)
    by_status = dict(rows["status"].value_counts(sort=True).iter_rows())
    context.add_output_metadata({"by status": by_status, "quarantined": len(quarantined)})
    return rows


@dated_asset(TEAMS, kinds={"polars"})
def teams(context: AssetExecutionContext, matches: pl.DataFrame) -> pl.DataFrame:
    """One club that plays on the match date, by the name its source gives it."""
    clubs = clubs_of(matches)
    context.add_output_metadata({"clubs": clubs["team_id"].n_unique()})
    return clubs


@asset_check(asset=matches, blocking=True)
def match_ids_are_unique(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """No two matches that were or will be played share an id."""
    on = lake.scan("matches").filter(pl.col("status").is_in(["scheduled", "finished"]))
    repeated = on.group_by("match_id").len().filter(pl.col("len") > 1).sort("match_id").collect()
    return AssetCheckResult(
        passed=repeated.is_empty(),
        metadata={
            "repeated ids": len(repeated),
            "examples": MetadataValue.json(repeated["match_id"].head(5).to_list()),
        },
    )


@asset_check(asset=matches, blocking=True)
def every_result_is_a_match(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """Each record of the archives is a match, or is in quarantine with its reason."""
    rows = lake.scan("matches")
    last = rows.select(pl.col(DATE).max()).collect().item()
    first = rows.select(pl.col(DATE).min()).collect().item()
    origin = ["_payload_id", "_line"]
    records = lake.scan("football_data_results", first, last).select(origin)
    known = rows.select(_payload_id="payload_id", _line="line")
    refused = lake.scan("matches_quarantine").select(_payload_id="payload_id", _line="line")
    lost = records.join(known, on=origin, how="anti").join(refused, on=origin, how="anti").collect()
    return AssetCheckResult(
        passed=lost.is_empty(), metadata={"lost": len(lost), "examples": MetadataValue.json(lost.head(5).to_dicts())}
    )
