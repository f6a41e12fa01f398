"""What runs at which hour; each run covers a range of match dates in one go."""

import datetime as dt

from dagster import AssetSelection, DefaultScheduleStatus, RunRequest, ScheduleEvaluationContext, SkipReason, schedule

from soccer_assets.automation.jobs import (
    HOURLY,
    NIGHTLY,
    correction_job,
    line_job,
    nightly_job,
    odds_job,
    tidy_job,
)
from soccer_assets.automation.requests import cut_request, nightly_dates
from soccer_assets.orchestration.partitions import HORIZON_DAYS
from soccer_assets.settings import Clock, Settings

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
    return cut_request(f"{name} {due:%Y-%m-%dT%H}", first, last, why, forecasts)


@schedule(
    job=nightly_job, cron_schedule="0 5 * * *", execution_timezone="UTC", default_status=DefaultScheduleStatus.RUNNING
)
def nightly(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Every night: the last week, for late corrections, to the end of the known fixtures.

    It begins at the oldest date that is not complete: after an absence, or when an old result was corrected. The first
    one of a deployment begins where training does.
    """
    return _request(context, "nightly", *nightly_dates(_today(context)), NIGHTLY)


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


@schedule(job=tidy_job, cron_schedule="0 3 * * 0", default_status=DefaultScheduleStatus.RUNNING)
def weekly_tidying(context: ScheduleEvaluationContext) -> RunRequest:
    """Every Sunday night."""
    return RunRequest(run_key=f"tidy {context.scheduled_execution_time:%Y-%m-%d}")


schedules = [nightly, hourly_odds, four_hourly_line, weekly_corrections, weekly_tidying]
