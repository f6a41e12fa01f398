"""What runs when, asked of the real schedules and of the sensor on a real instance."""

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import (
    AssetMaterialization,
    DagsterInstance,
    DagsterRunStatus,
    Failure,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorResult,
    SkipReason,
    build_run_status_sensor_context,
    build_schedule_context,
    build_sensor_context,
    job,
    op,
)
from dagster._core.test_utils import create_run_for_test

from soccer_assets.automation.schedules import four_hourly_line, hourly_odds, nightly, weekly_corrections
from soccer_assets.automation.sensors import (
    forecast_after_promotion,
    log_failed_runs,
    retrain_on_drift,
    train_first_model,
)
from soccer_assets.errors import MatchDatesError
from soccer_assets.models.schema import PROMOTIONS
from soccer_assets.orchestration.partitions import match_dates, within_partitions
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake

START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
CLOCK = Clock.from_settings(Settings.read())
TODAY = CLOCK.today()


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def report(instance: DagsterInstance) -> Callable[..., None]:
    """Record drift reports, each of a day with its share; None is a day with too few matches."""

    def record(**shares: float | None) -> None:
        for day, share in shares.items():
            metadata = {} if share is None else {"drift share": share}
            date = f"2025-03-{int(day.removeprefix('march_')):02}"
            instance.report_runless_asset_event(AssetMaterialization("drift_report", partition=date, metadata=metadata))

    return record


def due(at: dt.datetime) -> ScheduleEvaluationContext:
    """The context of a tick at a time by the platform's clock."""
    return build_schedule_context(scheduled_execution_time=at - CLOCK.shift)


def run_request(schedule: ScheduleDefinition, at: dt.datetime) -> RunRequest:
    """The run that a schedule asks for on a tick."""
    found = schedule(due(at))
    assert isinstance(found, RunRequest)
    return found


def look(instance: DagsterInstance, cursor: str | None = None) -> SensorResult | SkipReason:
    """One tick of the sensor."""
    found: Any = retrain_on_drift(build_sensor_context(instance=instance, cursor=cursor))
    assert isinstance(found, SensorResult | SkipReason)
    return found


def next_cursor(found: SensorResult | SkipReason) -> str | None:
    """Where the next tick goes on."""
    assert isinstance(found, SensorResult)
    return found.cursor


def requests(found: SensorResult | SkipReason) -> list[tuple[str | None, str]]:
    assert isinstance(found, SensorResult)
    return [(request.partition_key, request.tags["soccer/why"]) for request in found.run_requests or []]


def said(found: RunRequest | SensorResult | SkipReason) -> str:
    reason = found.skip_reason if isinstance(found, SensorResult) else found
    return str(reason.skip_message if isinstance(reason, SkipReason) else reason)


@pytest.fixture
def training(instance: DagsterInstance) -> Callable[..., None]:
    """Record a run of the training that was asked for, as the daemon leaves it."""

    def record(found: SensorResult | SkipReason, status: DagsterRunStatus) -> None:
        assert isinstance(found, SensorResult)
        for request in found.run_requests or []:
            tags = {**request.tags, "dagster/partition": str(request.partition_key)}
            create_run_for_test(instance, job_name="train_job", tags=tags, status=status)

    return record


def test_without_a_report_the_sensor_waits(instance):
    assert look(instance) == SkipReason("no drift report since the last look")


def test_below_the_threshold_nothing_is_trained(instance, report):
    report(march_1=0.19)
    found = look(instance)
    assert requests(found) == []
    assert said(found) == "drift share 0.19 on 2025-03-01; threshold 0.2"


@pytest.mark.parametrize("share", [0.2, 0.75])
def test_from_the_threshold_on_a_model_of_today_is_asked_for(instance, report, share):
    report(march_1=share)
    assert requests(look(instance)) == [(str(TODAY), f"drift share {share:.2f} on 2025-03-01")]
    assert str(TODAY) in match_dates.get_partition_keys()


def test_the_report_of_the_newest_match_date_counts_whichever_was_written_last(instance, report):
    report(march_1=0.1, march_3=0.6, march_2=0.05, march_5=None)
    assert requests(look(instance)) == [(str(TODAY), "drift share 0.60 on 2025-03-03")]


def test_a_report_of_long_ago_that_is_backfilled_trains_nothing(instance, report):
    report(march_20=0.1)
    first = look(instance)
    report(march_14=0.9)
    second = look(instance, next_cursor(first))
    assert requests(second) == []
    assert said(second) == "the newest report was read before: drift share 0.10 on 2025-03-20"
    # nor with the cursor of an edition that did not keep the newest date
    assert requests(look(instance, json.dumps({"seen": 1, "retrained": None}))) == []


def test_a_report_of_a_clock_that_was_ahead_does_not_keep_later_ones_from_training(instance, report):
    wrong = AssetMaterialization(
        "drift_report", partition=str(TODAY + dt.timedelta(300)), metadata={"drift share": 0.1}
    )
    instance.report_runless_asset_event(wrong)
    first = look(instance)
    report(march_20=0.6)
    assert requests(look(instance, next_cursor(first))) == [(str(TODAY), "drift share 0.60 on 2025-03-20")]


def test_a_cursor_of_events_that_were_lost_counts_as_none(instance, report):
    report(march_20=0.6)
    lost = json.dumps({"seen": 10_000, "newest": ["2025-03-21", 0.1], "requested": None})
    assert requests(look(instance, lost)) == [(str(TODAY), "drift share 0.60 on 2025-03-20")]


def test_a_report_made_anew_counts_as_it_is_now(instance, report):
    report(march_20=0.1)
    first = look(instance)
    report(march_20=0.5)
    assert requests(look(instance, next_cursor(first))) == [(str(TODAY), "drift share 0.50 on 2025-03-20")]


def test_a_report_is_looked_at_once(instance, report):
    report(march_1=0.1, march_2=0.15)
    first = look(instance)
    assert look(instance, next_cursor(first)) == SkipReason("no drift report since the last look")
    report(march_3=0.4)
    assert requests(look(instance, next_cursor(first))) == [(str(TODAY), "drift share 0.40 on 2025-03-03")]


def test_a_report_without_rows_is_none(instance, report):
    report(march_1=None)
    found = look(instance)
    assert said(found) == "no report has rows; threshold 0.2"
    assert look(instance, next_cursor(found)) == SkipReason("no drift report since the last look")


def test_more_reports_than_are_read_at_once_are_all_seen(instance, report, monkeypatch):
    monkeypatch.setattr("soccer_assets.orchestration.retraining.PAGE", 2)
    report(**{f"march_{day}": 0.5 if day == 9 else 0.1 for day in (9, *range(1, 9))})
    assert requests(look(instance)) == [(str(TODAY), "drift share 0.50 on 2025-03-09")]


def test_a_training_that_succeeded_keeps_the_next_one_away(instance, report, training):
    report(march_1=0.9)
    first = look(instance)
    training(first, DagsterRunStatus.SUCCESS)
    report(march_2=0.9)
    second = look(instance, next_cursor(first))
    assert requests(second) == []
    assert said(second) == f"drift share 0.90 on 2025-03-02, but retrained on {TODAY}, under 14 days ago"
    report(march_3=0.9)
    assert requests(look(instance, next_cursor(second))) == []


@pytest.mark.parametrize("status", [DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED])
def test_a_training_that_did_not_succeed_is_asked_for_again(instance, report, training, status):
    report(march_1=0.9)
    first = look(instance)
    training(first, status)
    assert said(look(instance, next_cursor(first))) == "no drift report since the last look"
    report(march_2=0.38)
    second = look(instance, next_cursor(first))
    assert requests(second) == [(str(TODAY), "drift share 0.38 on 2025-03-02")]
    training(second, DagsterRunStatus.SUCCESS)
    report(march_3=0.38)
    assert requests(look(instance, next_cursor(second))) == []


@pytest.mark.parametrize("status", [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTED])
def test_while_a_training_is_under_way_none_is_asked_for_and_the_report_is_not_lost(instance, report, training, status):
    report(march_1=0.9)
    first = look(instance)
    training(first, status)
    report(march_2=0.38)
    waiting = look(instance, next_cursor(first))
    assert isinstance(waiting, SkipReason)
    assert "is under way" in said(waiting)  # the cursor stays, and the report is read again


def test_a_training_by_hand_counts_when_its_model_is_registered(instance, report):
    report(march_1=0.1)
    first = look(instance)
    instance.report_runless_asset_event(AssetMaterialization("model_card", partition=str(TODAY)))
    report(march_2=0.9)
    assert f"retrained on {TODAY}" in said(look(instance, next_cursor(first)))


@pytest.mark.parametrize("status", [DagsterRunStatus.SUCCESS, DagsterRunStatus.CANCELED])
def test_without_a_cursor_a_model_is_asked_for_again_under_a_key_that_dagster_does_not_drop(
    instance, report, training, status
):
    report(march_1=0.9)
    first = look(instance)
    training(first, status)
    again = look(instance, None)
    assert requests(again) == requests(first)
    assert isinstance(again, SensorResult)
    assert [request.run_key for request in again.run_requests or []] == [None]


def cursor(seen: int, days_ago: int) -> str:
    return json.dumps({"seen": seen, "retrained": str(TODAY - dt.timedelta(days=days_ago))})


def test_models_are_some_days_apart(instance, report):
    """A training whose run is no longer kept counts."""
    report(march_1=0.9)
    early = look(instance, cursor(0, days_ago=13))
    assert requests(early) == []
    last = TODAY - dt.timedelta(days=13)
    assert said(early) == f"drift share 0.90 on 2025-03-01, but retrained on {last}, under 14 days ago"
    assert requests(look(instance, cursor(0, days_ago=14))) == [(str(TODAY), "drift share 0.90 on 2025-03-01")]


ODD = ["{}", "[]", "null", "17", '"text"', "text", '{"seen": null}', '{"seen": "x"}', '{"seen": -1}', '{"seen": 1e400}',
       '{"seen": 99999999999999999999999}', '{"seen": 0, "newest": 3}', '{"seen": 0, "newest": ["x", 1]}',
       '{"seen": 0, "retrained": "yesterday"}', '{"seen": 0, "requested": 5}', "[" * 10_000]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_a_cursor_that_cannot_be_read_counts_as_none(instance, report, odd):
    report(march_1=0.9)
    assert requests(look(instance, odd)) == [(str(TODAY), "drift share 0.90 on 2025-03-01")]


def test_the_threshold_and_the_distance_are_settings(instance, report, monkeypatch):
    monkeypatch.setenv("SOCCER_DRIFT_SHARE", "0.05")
    monkeypatch.setenv("SOCCER_RETRAIN_DAYS", "1")
    report(march_1=0.06)
    assert requests(look(instance, cursor(0, days_ago=1))) == [(str(TODAY), "drift share 0.06 on 2025-03-01")]


def test_the_report_in_the_lake_is_the_one_the_sensor_reads(season_with_drift):
    """What the asset writes as metadata of its partition arrives at the sensor."""
    from soccer_assets.commands import materialize as runs

    report = season_with_drift.lake.read("drift_report")
    with runs.instance() as instance:
        found = look(instance)
    told = said(found) + str(requests(found))
    for day, share in report.select("match_date", "drift_share").rows():
        assert f"drift share {share:.2f} on {day}" in told
    assert len(report) == 1 or "no report has rows" in told


def test_a_run_that_failed_is_one_line_of_the_log(instance, capfd):
    @op
    def fall() -> None:
        raise Failure("the disk is full")

    @job(name="nightly_job")
    def falling() -> None:
        fall()

    failed = falling.execute_in_process(instance=instance, raise_on_error=False)
    context = build_run_status_sensor_context(
        "log_failed_runs", failed.get_run_failure_event(), instance, failed.dagster_run
    )
    log_failed_runs(context.for_run_failure())
    assert f"run {failed.run_id} of nightly_job failed: " in capfd.readouterr().err


@pytest.fixture
def no_lake(tmp_path, monkeypatch) -> Lake:
    """Schedules read a lake in which nothing was made yet."""
    monkeypatch.setenv("SOCCER_LAKE_URL", str(tmp_path))
    return Lake(str(tmp_path))


@pytest.fixture
def served(no_lake) -> Lake:
    """A lake with features of every match date until now, and a champion of the first one."""
    dates = [FIRST + dt.timedelta(number) for number in range((TODAY - FIRST).days)]
    no_lake.replace("match_features", pl.DataFrame({"match_date": dates}), None)
    no_lake.replace("selected_model", pl.DataFrame({"match_date": [FIRST], "version": ["aaaaaaaaaaaa"]}), None)
    no_lake.append("promotions", champion("aaaaaaaaaaaa", FIRST))
    return no_lake


def champion(version: str, since: dt.date, accepted: bool = True, minute: int = 0) -> pl.DataFrame:
    """A move of the champion, as the gate and a rollback write it."""
    row = {
        "moved_at": dt.datetime(2025, 3, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minute),
        "alias": "champion", "version": version, "previous": None, "effective_from": since, "model_date": since,
        "accepted": accepted, "conditions": [], "registry_version": "1", "reason": "better",
    }  # fmt: skip
    return PROMOTIONS.conform(pl.DataFrame([row], schema=PROMOTIONS.schema))


AT = dt.datetime.combine(TODAY, dt.time(5), dt.UTC)
FIRST = match_dates.start.date()


def days(first: int, last: int) -> dict[str, str]:
    return {START: str(TODAY + dt.timedelta(days=first)), END: str(TODAY + dt.timedelta(days=last))}


def test_the_nightly_run_covers_the_last_week_and_the_coming_fortnight(served):
    request = run_request(nightly, AT)
    assert (request.run_key, request.tags) == (f"nightly {TODAY}T05", days(-7, 14))
    assert request.asset_selection is None


def test_the_first_nightly_run_makes_what_a_first_model_learns_from_and_leaves_forecasts_out(no_lake):
    request = run_request(nightly, AT)
    assert (request.tags[START], request.tags[END]) == (str(FIRST), str(TODAY + dt.timedelta(days=14)))
    assert request.tags["soccer/why"] == (
        f"from {FIRST}, the first match date a model learns from, for there are no features yet; "
        "without forecasts: no model serves these match dates yet"
    )
    names = {key.to_user_string() for key in request.asset_selection or []}
    assert {"football_data_results", "matches", "odds", "match_features", "source_health"} <= names
    assert not names & {"predictions", "markets", "settled_predictions", "quality_report", "drift_report"}
    hourly = {key.to_user_string() for key in run_request(hourly_odds, AT).asset_selection or []}
    assert hourly < names and "football_data_results" not in hourly


def test_dates_before_the_first_champion_are_made_without_forecasts(served):
    matches = pl.DataFrame({"match_date": [TODAY], "status": ["scheduled"]})
    served.replace("matches", matches, None)
    assert run_request(nightly, AT).asset_selection is None
    later = champion("aaaaaaaaaaaa", TODAY + dt.timedelta(days=3))
    served.replace("promotions", later, None)
    assert (
        "without forecasts" in run_request(nightly, AT).tags["soccer/why"]
    )  # the only match comes before the champion
    served.replace("matches", matches.with_columns(match_date=pl.lit(TODAY + dt.timedelta(days=3))), None)
    assert run_request(nightly, AT).asset_selection is None


def first_model(instance: DagsterInstance) -> RunRequest | SkipReason:
    found: Any = train_first_model(build_sensor_context(instance=instance))
    assert isinstance(found, RunRequest | SkipReason)
    return found


def test_the_first_model_is_trained_as_soon_as_features_reach_far_enough(no_lake, instance):
    assert first_model(instance) == SkipReason("there are no features: the first nightly run makes them")
    day = TODAY - dt.timedelta(days=7)
    near = [day - dt.timedelta(days=number) for number in range(1, 60)]
    no_lake.replace("match_features", pl.DataFrame({"match_date": near}), None)
    assert f"features do not reach far enough for a model of {day}: Expected matches before" in said(
        first_model(instance)
    )
    far = [day - dt.timedelta(days=number) for number in range(1, 2 * 91 + 3)]
    no_lake.replace("match_features", pl.DataFrame({"match_date": far}), None)
    request = first_model(instance)
    assert isinstance(request, RunRequest)
    assert (request.partition_key, request.run_key) == (str(day), f"first model {TODAY}")
    run = create_run_for_test(instance, job_name="train_job", status=DagsterRunStatus.STARTED)
    assert first_model(instance) == SkipReason(f"training run {run.run_id} is under way")


def test_with_a_champion_no_first_model_is_trained(served, instance):
    assert first_model(instance) == SkipReason("aaaaaaaaaaaa is champion")
    served.replace("selected_model", pl.DataFrame({"match_date": [FIRST], "version": ["bbbbbbbbbbbb"]}), None)
    assert isinstance(first_model(instance), RunRequest)  # its model was made anew, and the move is void


def test_the_hourly_run_covers_today_and_the_coming_fortnight(served):
    request = run_request(hourly_odds, AT.replace(hour=17, minute=20))
    assert (request.run_key, request.tags) == (f"odds {TODAY}T17", days(0, 14))


def test_the_line_of_prices_is_seen_every_four_hours_for_the_coming_fortnight():
    request = run_request(four_hourly_line, AT.replace(hour=16, minute=50))
    assert (request.run_key, request.tags) == (f"line {TODAY}T16", days(0, 14))


def test_late_corrections_are_looked_for_a_season_back():
    request = run_request(weekly_corrections, AT.replace(hour=7))
    assert (request.run_key, request.tags) == (f"corrections {TODAY}T07", days(-365, -1))


@pytest.mark.parametrize(("schedule", "early"), [(nightly, 7), (weekly_corrections, 365)])
def test_a_schedule_never_asks_for_dates_before_the_first_and_says_so(served, schedule, early):
    tags = run_request(schedule, dt.datetime.combine(FIRST + dt.timedelta(days=3), dt.time(5), dt.UTC)).tags
    asked = FIRST + dt.timedelta(days=3 - early)
    assert tags[START] == str(FIRST)
    assert tags["soccer/why"] == f"cut at {FIRST}, the first match date of the graph (asked from {asked})"


def test_a_range_that_begins_after_its_end_asks_for_nothing(no_lake, monkeypatch):
    """A first date to learn from that is still to come: the first night would ask for a range the wrong way round."""
    monkeypatch.setenv("SOCCER_TRAIN_SINCE", str(TODAY + dt.timedelta(days=100)))
    skipped = nightly(due(dt.datetime.combine(TODAY, dt.time(5), dt.UTC)))
    assert isinstance(skipped, SkipReason) and "expected a first match date up to" in str(skipped.skip_message)


@pytest.mark.parametrize("schedule", [nightly, hourly_odds, four_hourly_line, weekly_corrections])
def test_a_schedule_whose_dates_all_lie_before_the_first_asks_for_nothing(no_lake, schedule):
    found = schedule(due(dt.datetime.combine(FIRST - dt.timedelta(days=30), dt.time(5), dt.UTC)))
    assert isinstance(found, SkipReason)
    assert f"lie before {FIRST}, the first of the graph" in str(found.skip_message)


@pytest.mark.parametrize(("schedule", "first"), [(nightly, -7), (hourly_odds, 1), (four_hourly_line, 1)])
def test_a_tick_of_a_day_to_come_asks_for_nothing_and_says_why(served, schedule, first):
    found, newest = schedule(due(AT + dt.timedelta(days=1))), TODAY + dt.timedelta(days=14)
    assert isinstance(found, SkipReason)
    assert found.skip_message == (
        f"match dates {TODAY + dt.timedelta(days=first)} to {newest + dt.timedelta(days=1)} end after {newest}, the last of the graph today: this "
        "tick is of a day to come, or a clock is wrong"
    )


def test_a_command_cuts_its_range_and_refuses_one_that_the_graph_has_not():
    last = match_dates.get_partition_keys()[-1]
    far = dt.timedelta(days=1000)
    newest = dt.date.fromisoformat(last)
    assert within_partitions(FIRST - far, newest + far) == (FIRST, newest)
    for first, to in ((FIRST - far, FIRST - dt.timedelta(days=1)), (newest + dt.timedelta(days=1), newest + far)):
        with pytest.raises(
            MatchDatesError, match=f"expected match dates from {FIRST} .* to {newest} .*, found {first}"
        ):
            within_partitions(first, to)
    with pytest.raises(MatchDatesError, match="swap them"):
        within_partitions(newest, FIRST)


def test_the_last_day_a_schedule_asks_for_is_the_last_partition(no_lake):
    last = match_dates.get_partition_keys()[-1]
    assert [run_request(schedule, CLOCK.now()).tags[END] for schedule in (nightly, hourly_odds, four_hourly_line)] == [
        last
    ] * 3


@pytest.fixture
def promote(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Write a move of the champion, as the gate and a rollback do."""
    lake = Lake(str(tmp_path / "lake"))
    monkeypatch.setenv("SOCCER_LAKE_URL", lake.url)
    moments = itertools.count()

    def move(version: str, since: dt.date, accepted: bool = True) -> None:
        lake.append("promotions", champion(version, since, accepted, next(moments)))

    return move


def asked_after(cursor: str | None) -> tuple[list[tuple[str, str, str]], str]:
    """Range and reason of each run that the sensor of promotions asks for, and its cursor."""
    found: Any = forecast_after_promotion(build_sensor_context(cursor=cursor))
    tags = [request.tags for request in found.run_requests or []]
    return [(tag[START], tag[END], tag["soccer/why"]) for tag in tags], found.cursor


def test_a_promotion_and_a_rollback_make_the_coming_matches_be_forecast_again(promote):
    last = TODAY + dt.timedelta(days=14)
    assert asked_after(None) == ([], "none")
    promote("aaaaaaaaaaaa", TODAY - dt.timedelta(days=30))
    asked, cursor = asked_after("none")
    assert asked == [(str(TODAY), str(last), "aaaaaaaaaaaa became champion: better")]
    assert asked_after(cursor) == ([], cursor)
    promote("bbbbbbbbbbbb", TODAY, accepted=False)  # the gate refused it
    promote("cccccccccccc", TODAY - dt.timedelta(days=300))  # champion of the past alone
    assert asked_after(cursor) == ([], cursor)
    promote("dddddddddddd", TODAY + dt.timedelta(days=2))
    asked, cursor = asked_after(cursor)
    assert [first for first, *_ in asked] == [str(TODAY + dt.timedelta(days=2))]
    promote("aaaaaaaaaaaa", TODAY + dt.timedelta(days=2))  # back again
    asked, cursor = asked_after(cursor)
    assert [why for *_, why in asked] == ["aaaaaaaaaaaa became champion: better"]
    assert asked_after(None) == ([], cursor)  # a lost cursor asks for nothing
    promote("bbbbbbbbbbbb", TODAY - dt.timedelta(days=1))  # until another one takes over
    promote("bbbbbbbbbbbb", TODAY + dt.timedelta(days=2))
    asked, cursor = asked_after(cursor)
    assert [first for first, *_ in asked] == [str(TODAY)]
    assert asked_after(cursor) == ([], cursor)
