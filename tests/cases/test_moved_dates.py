"""A date that is corrected at the source moves the match, also in a run of the new days alone; what is wrong blocks."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
import pytest
from dagster import AssetsDefinition, DagsterInstance, materialize
from msgspec import structs

from soccer_assets.commands import materialize as runs
from soccer_assets.matches import assets as stage
from soccer_assets.matches.schema import MATCHES
from soccer_assets.orchestration.partitions import match_dates, range_tags
from soccer_assets.resources import build
from soccer_assets.sources.assets import acquired_assets
from tests.cases.test_one_match_one_day import archive, season

FIRST = match_dates.start.date()
#: The first round is played so long after the first partition.
OPENING = FIRST + dt.timedelta(days=5)
GAMES = season(OPENING)
LAST = GAMES[-1][0] + dt.timedelta(days=3)
CODE = f"{OPENING.year % 100:02d}{(OPENING.year + 1) % 100:02d}"
CHECKS = [*stage.law_checks, stage.match_ids_are_unique, stage.every_result_is_a_match]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterInstance]:
    """The embedded instance: it writes the events of a range together, Dagster's own in memory one by one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCCER_VAR", str(tmp_path_factory.mktemp("instance")))
        embedded = runs.instance()
    with embedded:
        yield embedded


def checked(
    assets: Sequence[Any], world: Any, instance: DagsterInstance, first: dt.date, last: dt.date
) -> dict[str, Any]:
    """A run of assets and checks over the dates: the checks by name."""
    result = materialize(
        assets,
        instance=instance,
        resources=build(structs.replace(world.settings, today=LAST, start_date=FIRST, sources="football_data")),
        tags=range_tags(first, last),
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )
    return {check.check_name: check for check in result.get_asset_check_evaluations()}


def run(world: Any, instance: DagsterInstance, first: dt.date, last: dt.date) -> dict[str, Any]:
    """A run of the graph's own assets and checks over the dates: the checks by name."""
    tables = ("football_data_results", "football_data_fixtures", "openfootball_matches", "fonbet_results")
    sources = [
        asset for asset in acquired_assets if asset.key.path[-1] in (*tables, "understat_matches", "whoscored_matches")
    ]
    return checked([*sources, stage.link_decisions, stage.matches, *CHECKS], world, instance, first, last)


def dates(world: Any, table: str, home: str, away: str) -> list[dt.date]:
    names = ("HomeTeam", "AwayTeam") if table == "football_data_results" else ("home", "away")
    rows = world.table(table).filter(pl.col(names[0]) == home, pl.col(names[1]) == away)
    return sorted(rows["match_date"])


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (0, 40),
        (40, 0),
        (0, 3),
        (22, 50),
    ],  # days of the rounds: out of sight into the run, out of it, by less than a week
)
def test_a_corrected_date_moves_the_match_when_only_new_days_are_run(mirror, instance, was, becomes):
    world = mirror(str(FIRST), str(LAST))
    (opening, home, away), goals = GAMES[1][:3], GAMES[1][3:]
    before = [*GAMES[:1], (opening + dt.timedelta(was), home, away, *goals), *GAMES[2:]]
    after = [*GAMES[:1], (opening + dt.timedelta(becomes), home, away, *goals), *GAMES[2:]]
    # the other matches of both clubs are a week apart: 1 day after a round they are free
    shift = dt.timedelta(1)
    before, after = (
        [(game[0] + shift if game[1:3] == (home, away) else game[0], *game[1:]) for game in games]
        for games in (before, after)
    )
    old, new = (next(game[0] for game in games if game[1:3] == (home, away)) for games in (before, after))
    world.publish("football_data", f"mmz4281/{CODE}/E0.csv", archive(before))
    assert all(check.passed for check in run(world, instance, FIRST, LAST).values())
    assert dates(world, "matches", home, away) == [old]

    world.publish("football_data", f"mmz4281/{CODE}/E0.csv", archive(after))
    window = opening + dt.timedelta(35), opening + dt.timedelta(56)
    if not (window[0] <= old <= window[1] or window[0] <= new <= window[1]):
        window = new - dt.timedelta(1), new + dt.timedelta(7)
    checks = run(world, instance, *window)
    assert {name: check.passed for name, check in checks.items() if not check.passed} == {}
    assert dates(world, "football_data_results", home, away) == [new]
    assert dates(world, "matches", home, away) == [new]
    assert len(world.table("matches")) == len(GAMES)
    assert world.table("matches")["leg"].unique().to_list() == [1]


def test_a_name_that_changes_in_a_file_loses_no_match_when_only_new_days_are_run(mirror, instance):
    world = mirror(str(FIRST), str(LAST))
    world.publish("football_data", f"mmz4281/{CODE}/E0.csv", archive(GAMES))
    run(world, instance, FIRST, LAST)
    new = {"Leeds": "Leeds Utd"}
    renamed = [
        (day, new.get(home, home), new.get(away, away), scored, conceded) for day, home, away, scored, conceded in GAMES
    ]
    world.publish("football_data", f"mmz4281/{CODE}/E0.csv", archive(renamed))
    checks = run(world, instance, OPENING + dt.timedelta(35), OPENING + dt.timedelta(56))
    assert checks["every_result_is_a_match"].passed
    assert len(world.table("football_data_results")) == len(world.table("matches")) == len(GAMES)


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("a_club_plays_at_most_once_a_day", "E0.early"),
        ("a_pair_meets_once_at_a_ground", "E0.early"),
        ("no_match_lies_before_its_season", "E0.early"),
        ("no_table_is_ahead_of_its_calendar", "E0.early"),
    ],
)
def test_a_table_that_breaks_a_rule_blocks_the_run_with_examples(mirror, instance, name, example):
    world = mirror(str(FIRST), str(LAST))
    world.publish("football_data", f"mmz4281/{CODE}/E0.csv", archive(GAMES))
    run(world, instance, FIRST, LAST)
    good = world.table("matches").filter(pl.col("home_id") == "england.arsenal").sort("match_date")
    row = good.tail(1).with_columns(source=pl.lit("openfootball"), match_id=pl.lit("E0.early"))
    far = pl.lit(OPENING - dt.timedelta(2)) if name.startswith("no_") else pl.lit(good["match_date"][-1])
    row = row.with_columns(match_date=far)
    world.lake.append(MATCHES.name, MATCHES.conform(row))
    # the checks alone, as the next run of other days has them
    check = checked([_as_it_is(), *stage.law_checks], world, instance, FIRST, LAST)[name]
    assert (check.passed, check.blocking) == (False, True)
    metadata: dict[str, Any] = {name: entry.value for name, entry in check.metadata.items()}
    assert metadata["matches"] > 0
    assert example in metadata["examples"]


def _as_it_is() -> AssetsDefinition:
    from dagster import asset

    @asset(name="matches")
    def table() -> None:
        """The table as it is in the lake."""

    return table
