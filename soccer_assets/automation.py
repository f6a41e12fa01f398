"""What runs when: schedules, and sensors that train, retrain on drift and forecast again.

Every run covers a range of match dates in one go.
"""

import datetime as dt

import polars as pl
from dagster import (
    AssetSelection,
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    RunStatusSensorContext,
    ScheduleEvaluationContext,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    run_status_sensor,
    schedule,
    sensor,
)

from soccer_assets.jobs import (
    HOURLY,
    NIGHTLY,
    correction_job,
    line_job,
    nightly_job,
    odds_job,
    promotion_job,
    tidy_job,
    train_job,
    without_forecasts,
)
from soccer_assets.models.champion.first_training import first_training, is_served
from soccer_assets.models.champion.promotion_gate import champion_moves, ledger
from soccer_assets.monitoring.schema import CHECK_RESULTS
from soccer_assets.orchestration.check_results import newest_check_results
from soccer_assets.orchestration.partitions import HORIZON_DAYS, match_dates, range_tags
from soccer_assets.orchestration.retraining import decide, training_under_way
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.data_versions import CORRECTED_DAYS, out_of_date, unfinished
from soccer_assets.storage.lake import DATE, Lake

#: The longest season.
SEASON_DAYS = 365


def _today(context: ScheduleEvaluationContext) -> dt.date:
    """The date on the platform's clock when the run is due."""
    return Clock.from_settings(Settings.read()).at(context.scheduled_execution_time).date()


def _request(
    context: ScheduleEvaluationContext,
    name: str,
    first: dt.date,
    last: dt.date,
    why: str = "",
    forecasts: AssetSelection | None = None,
) -> RunRequest | SkipReason:
    """A run over the match dates from `first` to `last`, cut at the first one of the graph."""
    due = Clock.from_settings(Settings.read()).at(context.scheduled_execution_time)
    return _cut_request(f"{name} {due:%Y-%m-%dT%H}", first, last, why, forecasts)


def _cut_request(
    key: str, first: dt.date, last: dt.date, why: str, forecasts: AssetSelection | None = None
) -> RunRequest | SkipReason:
    """The request of a run, cut at the first match date of the graph.

    `forecasts` is what the job makes where it forecasts: while no model serves the dates, the stages before the models
    alone are asked for, and the run's tag says so.
    """
    oldest = match_dates.start.date()
    if last < oldest:
        return SkipReason(f"match dates {first} to {last} lie before {oldest}, the first of the graph")
    reasons = [why] if why else []
    if first < oldest:
        reasons.append(f"cut at {oldest}, the first match date of the graph (asked from {first})")
    keys = None
    if forecasts is not None and not is_served(Lake(Settings.read().lake), max(first, oldest), last):
        reasons.append("without forecasts: no model serves these match dates yet")
        keys = without_forecasts(forecasts)
    tags = {"soccer/why": "; ".join(reasons)} if reasons else {}
    return RunRequest(run_key=key, tags=range_tags(max(first, oldest), last) | tags, asset_selection=keys)


def _nightly_dates(today: dt.date) -> tuple[dt.date, dt.date, str]:
    """First and last match date of a nightly run, and why it begins earlier than usual, where it does."""
    usual, last = today - dt.timedelta(days=CORRECTED_DAYS), today + dt.timedelta(days=HORIZON_DAYS)
    lake, settings = Lake(Settings.read().lake), Settings.read()
    if not lake.exists("match_features"):
        first = max(settings.start_date, settings.train_since)
        return first, last, f"from {first}, the first match date a model learns from, for there are no features yet"
    missing = unfinished(lake, today)
    if missing.is_empty():
        return usual, last, ""
    name, first, reason = missing.select("name", "match_date", "reason").row(0)
    dates = missing["match_date"].n_unique()
    return first, last, f"from {first}, for {dates} dates before {usual} are not complete: {name} of {first} {reason}"


@schedule(
    job=nightly_job, cron_schedule="0 5 * * *", execution_timezone="UTC", default_status=DefaultScheduleStatus.RUNNING
)
def nightly(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Every night: the last week, for late corrections, to the end of the known fixtures.

    It begins at the oldest date that is not complete: after an absence, or when an old result was corrected. The first
    one of a deployment begins where training does.
    """
    return _request(context, "nightly", *_nightly_dates(_today(context)), NIGHTLY)


@schedule(
    job=odds_job, cron_schedule="20 * * * *", execution_timezone="UTC", default_status=DefaultScheduleStatus.RUNNING
)
def hourly_odds(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Every hour: today to the end of the known fixtures."""
    today = _today(context)
    return _request(context, "odds", today, today + dt.timedelta(days=HORIZON_DAYS), forecasts=HOURLY)


@schedule(
    job=line_job, cron_schedule="50 */4 * * *", execution_timezone="UTC", default_status=DefaultScheduleStatus.RUNNING
)
def four_hourly_line(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Every four hours: today to the end of the known fixtures."""
    today = _today(context)
    return _request(context, "line", today, today + dt.timedelta(days=HORIZON_DAYS))


@schedule(
    job=correction_job, cron_schedule="0 7 * * 1", execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
)  # fmt: skip
def weekly_corrections(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Every Monday: a season back, as sources correct scores and leagues award matches long after they were played."""
    today = _today(context)
    return _request(context, "corrections", today - dt.timedelta(days=SEASON_DAYS), today - dt.timedelta(days=1))


@run_status_sensor(
    run_status=DagsterRunStatus.SUCCESS,
    monitored_jobs=[correction_job],
    request_job=nightly_job,
    default_status=DefaultSensorStatus.RUNNING,
    description="Makes ratings, features and what rests on them anew from the first match that was corrected on.",
)
def carry_corrections(context: RunStatusSensorContext) -> RunRequest | SkipReason:
    """After each run of corrections: a nightly run from the oldest date that it put out of date, if it did."""
    settings = Settings.read()
    today = Clock.from_settings(settings).today()
    rows = out_of_date(Lake(settings.lake))
    if rows.filter(pl.col(DATE) < today).is_empty():  # what is coming changes every hour
        return SkipReason("no table of the past is older than what it rests on")
    first, last, why = _nightly_dates(today)
    return _cut_request(f"corrected {context.dagster_run.run_id}", first, last, why, NIGHTLY)


@sensor(
    job=train_job,
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Retrains when the drift report of the newest match date passes the threshold.",
)
def retrain_on_drift(context: SensorEvaluationContext) -> SensorResult | SkipReason:
    """Watch `drift_report` by `retraining.decide`, which says what the cursor holds."""
    settings = Settings.read()
    decision = decide(context.instance, context.cursor, settings, Clock.from_settings(settings).today())
    if isinstance(decision, str):
        return SkipReason(decision)
    requests = (
        [RunRequest(partition_key=str(decision.date), tags={"soccer/why": decision.why})] if decision.date else []
    )
    if requests:
        return SensorResult(run_requests=requests, cursor=decision.cursor)
    return SensorResult(skip_reason=decision.why, cursor=decision.cursor)


@sensor(
    job=train_job,
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Trains the first model as soon as features reach back far enough.",
)
def train_first_model(context: SensorEvaluationContext) -> RunRequest | SkipReason:
    """Ask for the first model, once a day until there is a champion."""
    settings = Settings.read()
    today = Clock.from_settings(settings).today()
    if under_way := training_under_way(context.instance):
        return SkipReason(f"training run {under_way} is under way")
    day = first_training(Lake(settings.lake), settings, today)
    if isinstance(day, str):
        return SkipReason(day)
    why = "the first model: features reach back far enough, and there is no champion"
    return RunRequest(run_key=f"first model {today}", partition_key=str(day), tags={"soccer/why": why})


@sensor(
    job=promotion_job,
    minimum_interval_seconds=30,
    default_status=DefaultSensorStatus.RUNNING,
    description="Forecasts the coming matches again when a promotion or a rollback made another model champion.",
)
def forecast_after_promotion(context: SensorEvaluationContext) -> SensorResult:
    """Watch `promotions`; the cursor is when the newest champion was promoted, or says that there is none.

    A model that is made for the past becomes champion of that past only, and asks for nothing.
    """
    settings = Settings.read()
    moves = champion_moves(ledger(Lake(settings.lake)))
    newest = "none" if moves.is_empty() else moves["moved_at"][-1].isoformat()
    if context.cursor in (None, newest):
        return SensorResult(skip_reason=f"no move of the champion since the last look: {newest}", cursor=newest)
    move, today = moves.row(-1, named=True), Clock.from_settings(settings).today()
    first, last = max(today, move["effective_from"]), today + dt.timedelta(days=HORIZON_DAYS)
    if last < first:
        return SensorResult(skip_reason=f"{move['version']} is champion from {first} on, after {last}", cursor=newest)
    request = _cut_request(f"promoted {newest}", first, last, f"{move['version']} became champion: {move['reason']}")
    if isinstance(request, SkipReason):
        return SensorResult(skip_reason=request.skip_message, cursor=newest)
    return SensorResult(run_requests=[request], cursor=newest)


@run_failure_sensor(default_status=DefaultSensorStatus.RUNNING)
def log_failed_runs(context: RunFailureSensorContext) -> None:
    """One line in the daemon's log for each run that failed: what an alert on logs looks for."""
    run = context.dagster_run
    context.log.error("run %s of %s failed: %s", run.run_id, run.job_name, context.failure_event.message)


@sensor(
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Writes the newest result of every check into the table check_results, which the API reads.",
)
def record_check_results(context: SensorEvaluationContext) -> SkipReason:
    """Watch the checks; the cursor is when the newest one was evaluated."""
    assert context.repository_def is not None
    rows = newest_check_results(context.instance, context.repository_def)
    results = CHECK_RESULTS.conform(pl.DataFrame(rows, CHECK_RESULTS.schema))
    newest = str(results["evaluated_at"].max())
    if newest != context.cursor:
        Lake(Settings.read().lake).replace(CHECK_RESULTS.name, results, None)
        context.update_cursor(newest)
    return SkipReason(f"{len(results)} checks, {(~results['passed']).sum()} of them failed, the newest at {newest}")


@schedule(job=tidy_job, cron_schedule="0 3 * * 0", default_status=DefaultScheduleStatus.RUNNING)
def weekly_tidying(context: ScheduleEvaluationContext) -> RunRequest:
    """Every Sunday night."""
    return RunRequest(run_key=f"tidy {context.scheduled_execution_time:%Y-%m-%d}")


schedules = [nightly, hourly_odds, four_hourly_line, weekly_corrections, weekly_tidying]
sensors = [
    train_first_model,
    retrain_on_drift,
    forecast_after_promotion,
    carry_corrections,
    record_check_results,
    log_failed_runs,
]
