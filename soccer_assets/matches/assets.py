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

from soccer_assets.linking.decisions import ledger
from soccer_assets.matches import fonbet_results as fonbet_results_check
from soccer_assets.matches.clubs import clubs_of
from soccer_assets.matches.laws import LAWS, Law
from soccer_assets.matches.records import in_one_form
from soccer_assets.matches.resolution import resolve
from soccer_assets.matches.schema import LINK_DECISIONS, MATCH_CONFLICTS, MATCH_LINKS, MATCHES, ON, TEAMS
from soccer_assets.orchestration.io_manager import dated_asset, markdown, written_elsewhere
from soccer_assets.orchestration.partitions import dates_of, dates_of_run, look_back
from soccer_assets.storage.lake import DATE, Lake

#: Legs and moved matches are told within a season: no two days of one lie further apart.
SEASON_AROUND = dt.timedelta(days=400)
SEASON = AssetIn(partition_mapping=look_back(SEASON_AROUND.days, until=SEASON_AROUND.days))
BESIDE = AssetIn(partition_mapping=look_back(1, until=1))
EXAMPLES = 5

#: The sources a match is made of: football-data.co.uk first, the others by the order of trust.
PUBLISHED = (
    "football_data_results",
    "football_data_fixtures",
    "whoscored_matches",
    "understat_matches",
    "openfootball_matches",
)

#: The commands for links write it.
link_decisions = written_elsewhere(LINK_DECISIONS, kinds={"deltalake"})


@dated_asset(MATCHES, ins=dict.fromkeys(PUBLISHED, SEASON) | {"fonbet_results": BESIDE}, kinds={"polars"})
def matches(
    context: AssetExecutionContext,
    lake: ResourceParam[Lake],
    football_data_results: pl.LazyFrame,
    football_data_fixtures: pl.LazyFrame,
    whoscored_matches: pl.LazyFrame,
    understat_matches: pl.LazyFrame,
    openfootball_matches: pl.LazyFrame,
    fonbet_results: pl.LazyFrame,
) -> pl.DataFrame:
    """One match on one date; a match that was moved is postponed on its old date and lives on under the same id."""
    first, last = dates_of(context.partition_key_range)
    others = {"whoscored": whoscored_matches, "understat": understat_matches, "openfootball": openfootball_matches}
    resolved = resolve(football_data_results, football_data_fixtures, in_one_form(others), ledger(lake))
    near = pl.col(DATE).is_between(first - 2 * fonbet_results_check.BESIDE, last + 2 * fonbet_results_check.BESIDE)
    checked = fonbet_results_check.check_results(resolved.rows.filter(near), fonbet_results, ledger(lake))
    here = pl.col(DATE).is_between(first, last)
    beside = {
        "quarantine": resolved.quarantined,
        "links": resolved.links,
        "conflicts": pl.concat([resolved.conflicts, checked.conflicts]),
    }
    beside = {name: rows.filter(here) for name, rows in beside.items()}
    lake.replace_dates("matches_quarantine", beside["quarantine"], first, last)
    lake.replace_dates(MATCH_LINKS.name, beside["links"], first, last)
    lake.replace_dates(MATCH_CONFLICTS.name, beside["conflicts"], first, last)
    rows = checked.rows.filter(here)
    moved = _follow_moved(lake, resolved.rows, first, last)
    by_status = dict(rows["status"].value_counts(sort=True).iter_rows())
    by_source = dict(rows["source"].value_counts(sort=True).iter_rows())
    counts = {name: len(beside[name]) for name in beside} | {"fonbet results": checked.counts, "moved": moved}
    context.add_output_metadata({"by status": by_status, "by source": by_source, **counts})
    return rows


def _follow_moved(lake: Lake, resolved: pl.DataFrame, first: dt.date, last: dt.date) -> int:
    """Make right the rows beyond the run's dates of matches that moved into or out of these; returns their number.

    A match whose date was corrected at the source has its old row where a run of the new days alone does not write.
    """
    if not lake.exists(MATCHES.name):
        return 0
    key, on = [DATE, "match_id"], pl.col("status").is_in(ON)
    in_run = pl.col(DATE).is_between(first, last)
    before = lake.read(MATCHES.name, first - SEASON_AROUND, last + SEASON_AROUND).filter(on).select(key)
    now = resolved.filter(on).select(key)
    moved = before.filter(in_run).join(now, on=key, how="anti")  # gone from the run's dates
    came = now.filter(in_run).join(before, on=key, how="anti")
    ids = pl.concat([moved, came]).select("match_id").unique()
    stale = before.filter(~in_run).join(ids, on="match_id", how="semi").join(now, on=key, how="anti")
    fresh = now.filter(~in_run).join(moved, on="match_id", how="semi").join(before, on=key, how="anti")
    for table, rows in ((MATCHES, resolved), (MATCH_LINKS, None), (MATCH_CONFLICTS, None)):
        for day, match_id in pl.concat([stale, fresh]).unique().sort(key).iter_rows():
            if lake.exists(table.name):
                here = (pl.col(DATE) == day) & (pl.col("match_id") == match_id)
                right = table.empty() if rows is None else table.conform(rows.filter(here))
                quoted = match_id.replace("'", "''")
                lake.replace(table.name, right, f"{DATE} = '{day}' AND match_id = '{quoted}'")
    return len(stale) + len(fresh)


@dated_asset(TEAMS, kinds={"polars"})
def teams(context: AssetExecutionContext, lake: ResourceParam[Lake], matches: pl.DataFrame) -> pl.DataFrame:
    """One club that plays on the match date, by one of the names its sources give it."""
    clubs = clubs_of(matches, lake.read(MATCH_LINKS.name, *dates_of(context.partition_key_range)))
    context.add_output_metadata({"clubs": clubs["team_id"].n_unique()})
    return clubs


@asset_check(asset=matches, blocking=True)
def match_ids_are_unique(lake: ResourceParam[Lake]) -> AssetCheckResult:
    """No two matches that are on share an id."""
    on = lake.scan("matches").filter(pl.col("status").is_in(ON))
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


def _law_check(name: str, law: Law) -> AssetChecksDefinition:
    """A blocking check that no match of the run's seasons breaks a law."""

    @asset_check(asset=matches, name=name, description=law.__doc__, blocking=True)
    def check(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
        first, last = dates_of_run(context.run.tags)
        seasons = (first - SEASON_AROUND, last + SEASON_AROUND) if first and last else ()
        bad = law(lake.scan(MATCHES.name, *seasons))
        return AssetCheckResult(
            passed=bad.is_empty(),
            metadata={"matches": len(bad), "examples": MetadataValue.md(markdown(bad.head(EXAMPLES)))},
        )

    return check


law_checks = [_law_check(name, law) for name, law in LAWS.items()]


@asset_check(asset=matches)
def sources_agree(context: AssetCheckExecutionContext, lake: ResourceParam[Lake]) -> AssetCheckResult:
    """On date and score of the run's matches, no source differs from the one that counts."""
    rows = lake.scan(MATCH_CONFLICTS.name, *dates_of_run(context.run.tags))
    differ = rows.filter(pl.col("field").is_in(["match_date", "score"])).sort(DATE, "match_id", "field").collect()
    shown = differ.select(DATE, "match_id", "field", "kept_source", "kept", "source", "told").head(20)
    return AssetCheckResult(
        passed=differ.is_empty(),
        severity=AssetCheckSeverity.WARN,
        metadata={"conflicts": len(differ), "examples": MetadataValue.md(markdown(shown))},
    )
