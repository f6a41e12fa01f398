"""What runs after something happened: training, forecasts of another champion, corrections carried on, records."""

import datetime as dt

import polars as pl
from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    RunStatusSensorContext,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    run_status_sensor,
    sensor,
)

from soccer_assets.automation.jobs import NIGHTLY, champion_job, correction_job, nightly_job, promotion_job, train_job
from soccer_assets.automation.requests import cut_request, nightly_dates
from soccer_assets.models.champion.first_training import first_training
from soccer_assets.models.champion.promotion_gate import champion_moves, ledger
from soccer_assets.monitoring.schema import CHECK_RESULTS
from soccer_assets.orchestration.check_results import newest_check_results
from soccer_assets.orchestration.partitions import HORIZON_DAYS, match_dates
from soccer_assets.orchestration.retraining import decide, training_under_way
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.data_versions import out_of_date
from soccer_assets.storage.lake import DATE, Lake


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
    rows = out_of_date(Lake(settings.lake), match_dates.start.date())
    if rows.filter(pl.col(DATE) < today).is_empty():  # what is coming changes every hour
        return SkipReason("no table of the past is older than what it rests on")
    first, last, why = nightly_dates(today)
    return cut_request(f"corrected {context.dagster_run.run_id}", first, last, why, NIGHTLY)


@run_status_sensor(
    run_status=DagsterRunStatus.SUCCESS,
    monitored_jobs=[nightly_job],
    request_job=champion_job,
    default_status=DefaultSensorStatus.RUNNING,
    description="Looks after each night whether the champion is worse than the one before it.",
)
def watch_champion(context: RunStatusSensorContext) -> RunRequest:
    """After each nightly run: one comparison of the champion with the one before it."""
    return RunRequest(run_key=context.dagster_run.run_id, tags={"soccer/why": "the results of a night"})


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
    """Watch `promotions`; the cursor is when a champion of today or later was promoted last, "none" before the first.

    A model that is made for the past becomes champion of that past only, and asks for nothing.
    """
    settings = Settings.read()
    today, held = Clock.from_settings(settings).today(), champion_moves(ledger(Lake(settings.lake)))
    moves = held.filter(pl.col("effective_from").shift(-1, fill_value=dt.date.max) > today)
    newest = "none" if moves.is_empty() else max(moves["moved_at"]).isoformat()
    new = moves.filter(pl.col("moved_at") > _moment(context.cursor or newest)).sort("moved_at")
    if new.is_empty():
        return SensorResult(skip_reason=f"no move of the champion since the last look: {newest}", cursor=newest)
    move, last = new.row(-1, named=True), today + dt.timedelta(days=HORIZON_DAYS)
    first = max(today, *new["effective_from"].sort().head(1))
    if last < first:
        return SensorResult(skip_reason=f"{move['version']} is champion from {first} on, after {last}", cursor=newest)
    request = cut_request(f"promoted {newest}", first, last, f"{move['version']} became champion: {move['reason']}")
    if isinstance(request, SkipReason):
        return SensorResult(skip_reason=request.skip_message, cursor=newest)
    return SensorResult(run_requests=[request], cursor=newest)


def _moment(cursor: str) -> dt.datetime:
    """The time in a cursor; before every other where there is none."""
    try:
        return dt.datetime.fromisoformat(cursor)
    except ValueError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


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


sensors = [
    train_first_model,
    retrain_on_drift,
    watch_champion,
    forecast_after_promotion,
    carry_corrections,
    record_check_results,
    log_failed_runs,
]
