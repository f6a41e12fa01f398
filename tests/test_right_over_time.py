"""Corrections and absences: after the night, no table is older than what it rests on, and no date is missing."""

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetSelection,
    RunRequest,
    RunsFilter,
    SkipReason,
    build_run_status_sensor_context,
    build_schedule_context,
)

from soccer_assets.automation import schedules, sensors
from soccer_assets.commands import materialize as runs
from soccer_assets.definitions import defs
from soccer_assets.orchestration.partitions import dates_of_run
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.data_versions import DATA_VERSIONS, out_of_date, record, unfinished, versions_since
from soccer_assets.storage.lake import Lake

DAY = dt.timedelta(days=1)
CLOCK = Clock.from_settings(Settings.read())
REBUILT = AssetSelection.groups("matches", "odds", "features")


def at_five(day: dt.date) -> Any:
    """The context of a tick on the morning of a day of the platform's clock."""
    at = dt.datetime.combine(day, dt.time(5), dt.UTC) - CLOCK.shift
    return build_schedule_context(scheduled_execution_time=at)


def correct_one_result(site: Path, day: dt.date) -> dict[str, str]:
    """Make one result of E0 on a day, or the next day with one, 9:0 in the archive; the row as it was."""
    for file in sorted(site.glob("mmz4281/*/E0.csv"), reverse=True):
        rows = list(csv.DictReader(io.StringIO(file.read_text())))
        for row in rows:
            if dt.datetime.strptime(row["Date"], "%d/%m/%Y").date() >= day and (row["FTHG"], row["FTAG"]) != ("9", "0"):
                before = dict(row)
                row |= {"FTHG": "9", "FTAG": "0", "FTR": "H"}
                text = io.StringIO()
                writer = csv.DictWriter(text, rows[0], lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
                file.write_text(text.getvalue())
                return before
    raise AssertionError(f"no match from {day} on")


def test_a_correction_older_than_a_week_is_carried_through_everything_that_rests_on_it(season, digest):
    old = season.today - dt.timedelta(days=25)
    with season.undone():
        assert out_of_date(season.lake, season.first).is_empty()
        before = correct_one_result(season.var / "site", old)
        day = dt.datetime.strptime(before["Date"], "%d/%m/%Y").date()
        corrections = schedules.weekly_corrections(at_five(season.clock_day))
        season.launch("correction_job", corrections, without=())
        match = season.lake.read("matches", day, day).filter(home=before["HomeTeam"], away=before["AwayTeam"])
        assert match.select("home_goals", "away_goals").rows() == [(9, 0)]

        # the check and both ways of asking name the dates from the match on
        late = out_of_date(season.lake, season.first)
        assert set(late["name"]) == {"team_ratings", "match_features"}
        assert late["match_date"].min() == day
        (request,) = carried(season)
        assert dates_of_run(request.tags)[0] == day
        nightly = schedules.nightly(at_five(season.clock_day))
        assert isinstance(nightly, RunRequest)
        assert dates_of_run(nightly.tags) == (day, season.clock_day + dt.timedelta(days=14))
        assert f"from {day}" in nightly.tags["soccer/why"]

        with pytest.raises(AssertionError, match=f"team_ratings.*{day}"):
            check(season)
        season.launch("nightly_job", nightly)
        check(season)
        assert out_of_date(season.lake, season.first).is_empty()
        assert unfinished(season.lake, season.clock_day, season.first).is_empty()
        made = {name: digest(season.lake.read(name)) for name in ("team_ratings", "match_features")}
        settled = season.lake.read("settled_predictions", day, day).filter(match_id=match["match_id"].item())
        assert set(settled["outcome"]) == {0}
        season.materialize(REBUILT, season.first, season.clock_day + dt.timedelta(days=14))
        assert {name: digest(season.lake.read(name)) for name in made} == made


def check(season: Any) -> None:
    """What the check says after a run of one day's features."""
    season.materialize(AssetSelection.assets("match_features"), season.clock_day, season.clock_day)
    key = AssetCheckKey(AssetKey("match_features"), "no_date_is_older_than_what_it_rests_on")
    with runs.instance() as instance:
        (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    found = record.evaluation
    assert found is not None and found.passed, found and str(found.metadata["by table"].value).replace("\n", " ")


def carried(season: Any) -> list[RunRequest]:
    """What the sensor asks for after the newest run of corrections."""
    with runs.instance() as instance:
        (run,) = instance.get_runs(RunsFilter(job_name="correction_job"), limit=1)
        context = build_run_status_sensor_context(
            sensor_name="carry_corrections", dagster_instance=instance, dagster_run=run,
            dagster_event=instance.all_logs(run.run_id)[-1].get_dagster_event(),
        )  # fmt: skip
        request: Any = sensors.carry_corrections(context)
    return [] if isinstance(request, SkipReason) else [request]


def test_after_three_weeks_of_absence_one_nightly_run_leaves_nothing_missing(season, digest):
    """A lake without anything of the last three weeks but its models."""
    cut, yesterday = season.today - dt.timedelta(days=21), season.today - DAY
    graph = defs.resolve_asset_graph()
    stages = ("sources", "matches", "odds", "features", "predictions", "monitoring")
    assets = {node.key.path[-1] for node in graph.asset_nodes if node.group_name in stages}
    names = sorted(
        (assets & set(season.lake.names())) - {"prediction_ledger", "drift_report", "source_health", "fetch_log"}
    )
    assert {"odds", "market_probabilities", "best_prices", "team_ratings", "match_features", "predictions", "markets",
            "settled_predictions", "quality_report"} <= set(names)  # fmt: skip

    def digests() -> dict[str, str]:
        """Of all that is stored of the three weeks, but when it was seen last."""
        unlike = ("_last_seen_at", "_seen_at", "_fetched_at")
        return {name: digest(season.lake.read(name, cut, yesterday).drop(unlike, strict=False)) for name in names}

    before = digests()
    with season.undone():
        for name in (*names, DATA_VERSIONS.name):
            season.lake.replace_dates(name, season.lake.read(name).clear(), cut, season.last)
        request = schedules.nightly(at_five(season.clock_day))
        assert isinstance(request, RunRequest)
        assert dates_of_run(request.tags) == (cut, season.clock_day + dt.timedelta(days=14))
        season.launch("nightly_job", request)
        assert digests() == before
        assert unfinished(season.lake, season.clock_day, season.first).is_empty()


FIRST = dt.date(2025, 3, 1)
LAST = FIRST + dt.timedelta(days=59)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A match a day over sixty days, rated, all made on the day after the last one."""
    lake = Lake(str(tmp_path))
    dates = pl.date_range(FIRST, LAST, eager=True)
    rows = pl.DataFrame({"match_date": dates, "match_id": dates.cast(pl.String), "status": "finished", "home_goals": 1})
    for name in ("matches", "team_ratings"):
        lake.replace_dates(name, rows, FIRST, LAST)
    prices = rows.with_columns(bookmaker=pl.lit("average"), quoted_at=pl.lit(0))
    lake.replace_dates("market_probabilities", prices, FIRST, LAST)
    make(lake, FIRST, LAST, LAST + DAY)
    return lake


def make(lake: Lake, first: dt.date, last: dt.date, on: dt.date, oldest: dt.date = FIRST) -> None:
    """Record that matches and ratings of a range were made on a day from what is stored since the oldest date."""
    read = {name: versions_since(lake.state(name), oldest) for name in ("matches", "market_probabilities")}
    for name in ("matches", "team_ratings"):
        record(lake, name, lake.read(name, first, last), read, first, last, on)


def rewrite(lake: Lake, name: str, day: dt.date, **columns: Any) -> None:
    rows = lake.read(name, day, day).with_columns(**{key: pl.lit(value) for key, value in columns.items()})
    lake.replace_dates(name, rows, day, day)


def dates(rows: pl.DataFrame) -> list[tuple[str, dt.date]]:
    return list(rows.select("name", "match_date").rows())


def test_a_lake_made_in_one_go_has_nothing_to_do(lake):
    assert out_of_date(lake, FIRST).is_empty()
    assert unfinished(lake, LAST + DAY, FIRST).is_empty()


def test_every_date_from_a_changed_one_on_is_out_of_date_until_it_is_made_anew(lake):
    day = LAST - dt.timedelta(days=2)
    rewrite(lake, "matches", day, home_goals=2)
    assert dates(out_of_date(lake, FIRST)) == [("team_ratings", day + n * DAY) for n in range(3)]
    make(lake, day, LAST, LAST + DAY)
    assert out_of_date(lake, FIRST).is_empty()


def test_a_first_match_date_that_moved_puts_all_from_it_on_out_of_date_until_it_is_made_anew(lake):
    oldest = FIRST + 20 * DAY
    later = [("team_ratings", oldest + n * DAY) for n in range(40)]
    assert dates(out_of_date(lake, oldest)) == later  # made of matches that are not read any more
    make(lake, oldest, LAST, LAST + DAY, oldest)
    rewrite(lake, "matches", FIRST, status="scheduled", home_goals=2)
    lake.replace_dates("team_ratings", lake.read("team_ratings").clear(), FIRST, FIRST)
    assert unfinished(lake, LAST + DAY, oldest).is_empty()  # what lies before is not made any more
    assert dates(out_of_date(lake, FIRST)) == [("team_ratings", FIRST + n * DAY) for n in range(60)]


def test_a_change_that_says_the_same_changes_nothing(lake):
    rewrite(lake, "matches", FIRST, home_goals=1, payload_id="another file", referee="known by now")
    rewrite(lake, "market_probabilities", FIRST, quoted_at=1)
    assert out_of_date(lake, FIRST).is_empty()


def test_a_new_column_without_values_changes_nothing_and_one_with_values_does(lake):
    rewrite(lake, "matches", FIRST, attendance=None)
    assert out_of_date(lake, FIRST).is_empty()
    rewrite(lake, "matches", LAST, attendance=1000)
    assert dates(out_of_date(lake, FIRST)) == [("team_ratings", LAST)]


def test_a_date_whose_rows_are_gone_is_named(lake):
    day = FIRST + 3 * DAY
    lake.replace_dates("team_ratings", lake.read("team_ratings").clear(), day, day)
    incomplete = unfinished(lake, LAST + DAY, FIRST)
    assert incomplete.rows() == [("team_ratings", day, "its rows are gone")]


def test_after_an_absence_the_dates_made_before_their_late_results_are_asked_for_again(lake):
    """The last night was three weeks ago; then, too, the coming fixtures were made."""
    night = LAST - dt.timedelta(days=20)
    make(lake, night - 7 * DAY, LAST, night)
    incomplete = unfinished(lake, LAST + DAY, FIRST)
    assert incomplete["match_date"].min() == night - 6 * DAY
    assert incomplete["match_date"].max() == LAST - 7 * DAY  # the rest is within the regular night
    assert set(incomplete["reason"]) == {"made last before its late results were due"}


def test_dates_made_by_a_clock_that_was_ahead_are_asked_for_again(lake):
    make(lake, FIRST, LAST, LAST + 300 * DAY)
    incomplete = unfinished(lake, LAST + 30 * DAY, FIRST).filter(
        name="matches", reason="made by a clock that was ahead"
    )
    assert dates(incomplete) == [("matches", FIRST + n * DAY) for n in range(60)]


def test_one_night_left_out_is_made_good_the_next_one(lake):
    """Each night makes the last week anew; the one of `missed` did not come."""
    nights = [LAST - n * DAY for n in range(10, 0, -1)]
    for night in nights:
        make(lake, night - 7 * DAY, LAST, night)
    assert unfinished(lake, LAST, FIRST).is_empty()
    assert unfinished(lake, LAST + DAY, FIRST)["match_date"].unique().to_list() == [LAST - 7 * DAY]


def test_dates_that_were_never_made_are_named_from_the_first_that_was(lake):
    hole = FIRST + 10 * DAY
    lake.replace(DATA_VERSIONS.name, lake.read(DATA_VERSIONS.name).filter(pl.col("match_date") < hole), None)
    incomplete = unfinished(lake, LAST + DAY, FIRST).filter(reason="never made")
    assert (incomplete["match_date"].min(), incomplete["match_date"].max()) == (hole, LAST - 7 * DAY)


def test_a_lake_of_an_earlier_edition_is_filled_from_a_week_before_its_newest_rows(lake):
    lake.replace(DATA_VERSIONS.name, DATA_VERSIONS.empty(), None)
    assert unfinished(lake, LAST + 30 * DAY, FIRST)["match_date"].min() == LAST - 6 * DAY
    assert unfinished(lake, LAST + DAY, FIRST).is_empty()


def test_a_match_that_was_due_and_has_no_result_is_asked_for_again_for_sixty_days(lake):
    day = LAST - 20 * DAY
    rewrite(lake, "matches", day, status="scheduled")
    make(lake, FIRST, LAST, LAST + DAY)
    assert unfinished(lake, LAST + DAY, FIRST).rows() == [("matches", day, "a match of it has no result")]
    make(lake, FIRST, LAST, LAST + 60 * DAY)
    overdue = unfinished(lake, LAST + 60 * DAY, FIRST).filter(reason="a match of it has no result")
    assert overdue.is_empty()


def test_an_empty_lake_has_nothing_to_make_good(tmp_path):
    assert unfinished(Lake(str(tmp_path)), LAST, FIRST).is_empty()


def test_what_a_table_rests_on_is_what_its_asset_reads():
    from soccer_assets.storage.data_versions import RESTS_ON

    graph = defs.resolve_asset_graph()
    for name, upstream in RESTS_ON.items():
        assert {AssetKey(key) for key in upstream} <= graph.get(AssetKey(name)).parent_keys
        for key, up_to in upstream.items():
            mapping = graph.get(AssetKey(name)).partition_mappings.get(AssetKey(key))
            assert (mapping is not None) == up_to
