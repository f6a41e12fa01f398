"""What runs when: jobs, schedules, and the sensor that retrains on drift.

Every run covers a range of match dates in one go; jobs started by hand take the range from the partitions chosen.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from dagster import (
    AssetKey,
    AssetMaterialization,
    AssetRecordsFilter,
    AssetSelection,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    OpExecutionContext,
    ResourceParam,
    RunRequest,
    ScheduleEvaluationContext,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    define_asset_job,
    job,
    op,
    schedule,
    sensor,
)

from soccer_assets.clock import Clock
from soccer_assets.delta import Lake
from soccer_assets.partitions import HORIZON_DAYS, match_dates, range_tags
from soccer_assets.settings import Settings

#: A late correction of a result reaches the tables within this many days.
CORRECTED_DAYS = 7
#: The longest season.
SEASON_DAYS = 365
MODELS = AssetSelection.groups("models")
ABLATION = AssetSelection.assets("ablation")

forecast_job = define_asset_job(
    "forecast_job", AssetSelection.all() - MODELS - AssetSelection.groups("monitoring"), partitions_def=match_dates,
    description="Everything from the sources to forecasts, with the models there are.",
)  # fmt: skip
nightly_job = define_asset_job(
    "nightly_job", AssetSelection.all() - MODELS, partitions_def=match_dates,
    description="Everything from the sources to monitoring, with the models there are.",
)  # fmt: skip
odds_job = define_asset_job(
    "odds_job",
    AssetSelection.assets("football_data_fixtures", "matches", "teams", "odds", "market_probabilities",
                          "best_prices", "match_features", "predictions", "markets", "value_bets",
                          "prediction_ledger"),
    partitions_def=match_dates,
    description="New prices and moved matches of the coming days, and the forecasts they change.",
)  # fmt: skip
line_job = define_asset_job(
    "line_job",
    AssetSelection.assets("fonbet_events").downstream() & AssetSelection.groups("sources", "odds"),
    partitions_def=match_dates,
    description="A snapshot of Fonbet's line and the prices made of it, for the history of the odds.",
)
correction_job = define_asset_job(
    "correction_job",
    AssetSelection.assets("football_data_results", "openfootball_matches", "understat_matches", "matches", "teams",
                          "settled_predictions", "settled_bets", "quality_report", "backtest_report"),
    partitions_def=match_dates,
    description="Results that were corrected late or awarded since, and the settlement they change.",
)  # fmt: skip
train_job = define_asset_job(
    "train_job", MODELS - ABLATION, partitions_def=match_dates,
    description="Candidates, the selected model and its promotion, for one match date.",
)  # fmt: skip
ablation_job = define_asset_job(
    "ablation_job", ABLATION, partitions_def=match_dates,
    description="What each group of features is worth, as of one match date; by hand, for it takes minutes.",
)  # fmt: skip


def _around(context: ScheduleEvaluationContext, name: str, first: int, last: int) -> RunRequest:
    """A run over the match dates from `first` to `last` days after the time it is due."""
    now = Clock.of(Settings.read()).at(context.scheduled_execution_time)
    dates = (now.date() + dt.timedelta(days=days) for days in (first, last))
    return RunRequest(run_key=f"{name} {now:%Y-%m-%dT%H}", tags=range_tags(*dates))


@schedule(
    job=nightly_job, cron_schedule="0 5 * * *", execution_timezone="UTC", default_status=DefaultScheduleStatus.RUNNING
)
def nightly(context: ScheduleEvaluationContext) -> RunRequest:
    """Every night: the last week, for late corrections, to the end of the known fixtures."""
    return _around(context, "nightly", -CORRECTED_DAYS, HORIZON_DAYS)


@schedule(
    job=odds_job, cron_schedule="20 * * * *", execution_timezone="UTC", default_status=DefaultScheduleStatus.RUNNING
)
def hourly_odds(context: ScheduleEvaluationContext) -> RunRequest:
    """Every hour: today to the end of the known fixtures."""
    return _around(context, "odds", 0, HORIZON_DAYS)


@schedule(
    job=line_job, cron_schedule="50 */4 * * *", execution_timezone="UTC", default_status=DefaultScheduleStatus.RUNNING
)
def four_hourly_line(context: ScheduleEvaluationContext) -> RunRequest:
    """Every four hours: today to the end of the known fixtures."""
    return _around(context, "line", 0, HORIZON_DAYS)


@schedule(
    job=correction_job, cron_schedule="0 7 * * 1", execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
)  # fmt: skip
def weekly_corrections(context: ScheduleEvaluationContext) -> RunRequest:
    """Every Monday: a season back, as sources correct scores and leagues award matches long after they were played."""
    return _around(context, "corrections", -SEASON_DAYS, -1)


@sensor(
    job=train_job,
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Retrains when the newest drift report since the last look passes the threshold.",
)
def retrain_on_drift(context: SensorEvaluationContext) -> SensorResult | SkipReason:
    """Watch `drift_report`; the cursor keeps the last event seen and the date of the last retraining.

    An asset sensor would show only the last event between two ticks; here every report since the cursor is read.
    """
    settings = Settings.read()
    cursor = json.loads(context.cursor) if context.cursor else {"seen": 0, "retrained": None}
    records = context.instance.fetch_materializations(
        AssetRecordsFilter(asset_key=AssetKey("drift_report"), after_storage_id=cursor["seen"]),
        limit=1000,
        ascending=True,
    ).records
    if not records:
        return SkipReason("no drift report since the last look")
    cursor["seen"] = records[-1].storage_id
    shares = _drift_shares([r.asset_materialization for r in records if r.asset_materialization])
    worst = max(shares, key=lambda item: item[1], default=None)
    today = Clock.of(settings).today()
    if worst is None or worst[1] < settings.drift_share:
        told = "no report has rows" if worst is None else f"highest drift share {worst[1]:.2f} on {worst[0]}"
        return SensorResult(skip_reason=f"{told}; threshold {settings.drift_share}", cursor=json.dumps(cursor))
    last = dt.date.fromisoformat(str(cursor["retrained"])) if cursor["retrained"] else None
    if last and (today - last).days < settings.retrain_days:
        reason = (
            f"drift share {worst[1]:.2f} on {worst[0]}, but retrained on {last}, under {settings.retrain_days} days ago"
        )
        return SensorResult(skip_reason=reason, cursor=json.dumps(cursor))
    cursor["retrained"] = today.isoformat()
    request = RunRequest(
        run_key=f"drift {worst[0]} {today}",
        partition_key=today.isoformat(),
        tags={"soccer/why": f"drift share {worst[1]:.2f} on {worst[0]}"},
    )
    return SensorResult(run_requests=[request], cursor=json.dumps(cursor))


def _drift_shares(materializations: Sequence[AssetMaterialization]) -> list[tuple[str, float]]:
    """Partition and drift share of the reports that have one."""
    return [
        (str(m.partition), float(m.metadata["drift share"].value))  # type: ignore[arg-type]
        for m in materializations
        if "drift share" in m.metadata
    ]


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


jobs: list[Any] = [forecast_job, nightly_job, odds_job, line_job, correction_job, train_job, ablation_job, tidy_job]
schedules = [nightly, hourly_odds, four_hourly_line, weekly_corrections, weekly_tidying]
sensors = [retrain_on_drift]
