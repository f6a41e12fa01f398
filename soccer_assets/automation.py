"""What runs when: jobs, schedules, and the sensor that retrains on drift.

Every run covers a range of match dates in one go; jobs started by hand take the range from the partitions chosen.
"""

import datetime as dt
from typing import Any

import polars as pl
from dagster import (
    AssetSelection,
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    OpExecutionContext,
    ResourceParam,
    RunFailureSensorContext,
    RunRequest,
    RunStatusSensorContext,
    ScheduleEvaluationContext,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    define_asset_job,
    job,
    op,
    run_failure_sensor,
    run_status_sensor,
    schedule,
    sensor,
)

from soccer_assets.models.champion.promotion_gate import champion_moves, ledger
from soccer_assets.models.families import FAMILIES, stack
from soccer_assets.models.training.training import chosen_families
from soccer_assets.monitoring.schema import CHECK_RESULTS
from soccer_assets.orchestration.check_results import newest_check_results
from soccer_assets.orchestration.partitions import HORIZON_DAYS, match_dates, range_tags
from soccer_assets.orchestration.retraining import decide
from soccer_assets.settings import Clock, Settings
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.storage.data_versions import CORRECTED_DAYS, out_of_date, unfinished
from soccer_assets.storage.lake import DATE, Lake

#: The longest season.
SEASON_DAYS = 365
MODELS = AssetSelection.groups("models")
ABLATION = AssetSelection.assets("ablation")
DRIFT = AssetSelection.assets("drift_report")
#: Sources that correct scores of matches played long ago, and tell of matches that were awarded.
CORRECTED = AssetSelection.assets(*(t.table.name for source in SOURCES for t in source.tables if t.corrected_late))
#: Downstream of the coming fixtures, but of the past; or, as links and health of the sources, of a job of its own.
NOT_HOURLY = AssetSelection.groups("monitoring") | AssetSelection.assets(
    "source_health", "odds_links", "team_ratings", "season_forecasts", "season_changes"
)


def training(families: str) -> AssetSelection:
    """What a training makes: the candidates of the families named (all when empty), and the model selected of them."""
    kept = chosen_families(families)
    left_out = [f"candidate_{name}" for name in (*FAMILIES, stack.NAME) if name not in kept]
    return MODELS - ABLATION - AssetSelection.assets(*left_out)


forecast_job = define_asset_job(
    "forecast_job", AssetSelection.all() - MODELS - AssetSelection.groups("monitoring"),
    description="Everything from the sources to forecasts, with the models there are.",
)  # fmt: skip
nightly_job = define_asset_job(
    "nightly_job", AssetSelection.all() - MODELS,
    description="Everything from the sources to monitoring, with the models there are.",
)  # fmt: skip
odds_job = define_asset_job(
    "odds_job", AssetSelection.assets("football_data_fixtures").downstream().materializable() - MODELS - NOT_HOURLY,
    description="New prices and moved matches of the coming days, and the forecasts they change.",
)  # fmt: skip
promotion_job = define_asset_job(
    "promotion_job", AssetSelection.assets("predictions").downstream().materializable() - NOT_HOURLY,
    description="The forecasts of the coming days and what rests on them, by a champion that was just promoted.",
)  # fmt: skip
line_job = define_asset_job(
    "line_job",
    AssetSelection.assets("fonbet_events").downstream().materializable() & AssetSelection.groups("sources", "odds"),
    description="A snapshot of Fonbet's line and the prices made of it, for the history of the odds.",
)
correction_job = define_asset_job(
    "correction_job", CORRECTED | (AssetSelection.groups("matches", "monitoring") - DRIFT),
    description="Results that were corrected late or awarded since, and the settlement they change.",
)  # fmt: skip
train_job = define_asset_job(
    "train_job", training(Settings.read().families),
    description="Candidates, the selected model and its promotion, for one match date.",
)  # fmt: skip
ablation_job = define_asset_job(
    "ablation_job", ABLATION,
    description="What each group of features is worth, as of one match date; by hand, for it takes minutes.",
)  # fmt: skip


def _today(context: ScheduleEvaluationContext) -> dt.date:
    """The date on the platform's clock when the run is due."""
    return Clock.from_settings(Settings.read()).at(context.scheduled_execution_time).date()


def _request(
    context: ScheduleEvaluationContext, name: str, first: dt.date, last: dt.date, why: str = ""
) -> RunRequest | SkipReason:
    """A run over the match dates from `first` to `last`, cut at the first one of the graph."""
    due = Clock.from_settings(Settings.read()).at(context.scheduled_execution_time)
    return _cut_request(f"{name} {due:%Y-%m-%dT%H}", first, last, why)


def _cut_request(key: str, first: dt.date, last: dt.date, why: str) -> RunRequest | SkipReason:
    oldest = match_dates.start.date()
    if last < oldest:
        return SkipReason(f"match dates {first} to {last} lie before {oldest}, the first of the graph")
    reasons = [why] if why else []
    if first < oldest:
        reasons.append(f"cut at {oldest}, the first match date of the graph (asked from {first})")
    tags = {"soccer/why": "; ".join(reasons)} if reasons else {}
    return RunRequest(run_key=key, tags=range_tags(max(first, oldest), last) | tags)


def _nightly_dates(today: dt.date) -> tuple[dt.date, dt.date, str]:
    """First and last match date of a nightly run, and why it begins earlier than usual, where it does."""
    usual, last = today - dt.timedelta(days=CORRECTED_DAYS), today + dt.timedelta(days=HORIZON_DAYS)
    missing = unfinished(Lake(Settings.read().lake), today)
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

    It begins at the oldest date that is not complete: after an absence, or when an old result was corrected.
    """
    return _request(context, "nightly", *_nightly_dates(_today(context)))


@schedule(
    job=odds_job, cron_schedule="20 * * * *", execution_timezone="UTC", default_status=DefaultScheduleStatus.RUNNING
)
def hourly_odds(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Every hour: today to the end of the known fixtures."""
    today = _today(context)
    return _request(context, "odds", today, today + dt.timedelta(days=HORIZON_DAYS))


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
    return _cut_request(f"corrected {context.dagster_run.run_id}", first, last, why)


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


@op(description="Joins the small files that daily runs leave, and drops those that no recent version needs.")
def tidy_lake(context: OpExecutionContext, lake: ResourceParam[Lake]) -> None:
    for name, files in lake.tidy().items():
        context.log.info("%s: %d files dropped", name, files)


@job(description="Keeps the Delta tables small and quick.")
def tidy_job() -> None:
    tidy_lake()


@schedule(job=tidy_job, cron_schedule="0 3 * * 0", default_status=DefaultScheduleStatus.RUNNING)
def weekly_tidying(context: ScheduleEvaluationContext) -> RunRequest:
    """Every Sunday night."""
    return RunRequest(run_key=f"tidy {context.scheduled_execution_time:%Y-%m-%d}")


jobs: list[Any] = [
    forecast_job,
    nightly_job,
    odds_job,
    promotion_job,
    line_job,
    correction_job,
    train_job,
    ablation_job,
    tidy_job,
]
schedules = [nightly, hourly_odds, four_hourly_line, weekly_corrections, weekly_tidying]
sensors = [retrain_on_drift, forecast_after_promotion, carry_corrections, record_check_results, log_failed_runs]
