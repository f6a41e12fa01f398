"""When drift retrains: the report of the newest match date decides, and only a training that succeeded counts.

The cursor is a JSON object: `seen`, the last event that was read; `newest`, match date and drift share of the newest
report; `requested`, the date of the last model that was asked for. Without a cursor every report is read again, and a
drifted one asks for a model whatever was trained before: that is how an operator asks again.
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from dagster import AssetKey, AssetRecordsFilter, DagsterInstance, DagsterRunStatus, RunsFilter
from dagster._core.storage.tags import PARTITION_NAME_TAG

from soccer_assets.settings import Settings

TRAINING = "train_job"
PAGE = 1000
MOST_EVENTS = 2**63
UNDER_WAY = (
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
)


@dataclass(frozen=True)
class Decision:
    """The date of the model to train, None for none; why; and the cursor of the next look."""

    date: dt.date | None
    why: str
    cursor: str


@dataclass(frozen=True)
class Report:
    """A drift report: the event that recorded it, its match date, and the share of columns that drifted."""

    event: int
    date: dt.date
    share: float


@dataclass(frozen=True)
class Memory:
    """What the cursor holds; nothing where it cannot be read."""

    seen: int = 0
    newest: Report | None = None
    requested: dt.date | None = None
    is_reset: bool = True

    @classmethod
    def read(cls, cursor: str | None) -> "Memory":
        """The cursor of this edition or an earlier one; another text counts as none."""
        try:
            held = json.loads(cursor or "null")
            seen = int(held["seen"])
            if not 0 <= seen < MOST_EVENTS:
                return cls()
            asked = held.get("requested") or held.get("retrained")
            requested = dt.date.fromisoformat(asked) if asked else None
            newest = None
            if held.get("newest"):  # an earlier edition did not keep it
                day, share = held["newest"]
                newest = Report(seen, dt.date.fromisoformat(day), float(share))
        except (ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
            return cls()
        return cls(seen, newest, requested, is_reset=False)


def decide(instance: DagsterInstance, cursor: str | None, settings: Settings, today: dt.date) -> Decision | str:
    """The decision on the reports since the cursor; a sentence, and the cursor stays, when none can be made."""
    memory = Memory.read(cursor)
    if memory.seen > (instance.event_log_storage.get_maximum_record_id() or 0):
        memory = Memory()  # the events were begun anew: none would be later than those seen
    last, reports = _reports(instance, memory.seen if memory.newest else 0)
    if last <= memory.seen:
        return "no drift report since the last look"
    # of one date the last report counts; one of a day to come is of a clock that was ahead, and would hide all others
    due = [report for report in [*filter(None, [memory.newest]), *reports] if report.date <= today]
    newest = max(due, key=lambda report: (report.date, report.event), default=None)
    kept: dict[str, Any] = {"seen": last, "requested": memory.requested and str(memory.requested)}
    if newest is None:
        return Decision(None, f"no report has rows; threshold {settings.drift_share}", json.dumps(kept))
    kept["newest"] = [str(newest.date), newest.share]
    drift = f"drift share {newest.share:.2f} on {newest.date}"
    if newest.event <= memory.seen:
        return Decision(None, f"the newest report was read before: {drift}", json.dumps(kept))
    if newest.share < settings.drift_share:
        return Decision(None, f"{drift}; threshold {settings.drift_share}", json.dumps(kept))
    if under_way := training_under_way(instance):
        return f"{drift}, but training run {under_way} is under way"
    trained = None if memory.is_reset else _trained(instance, memory.requested, today)
    if trained is not None and (today - trained).days < settings.retrain_days:
        why = f"{drift}, but retrained on {trained}, under {settings.retrain_days} days ago"
        return Decision(None, why, json.dumps(kept))
    return Decision(today, drift, json.dumps(kept | {"requested": str(today)}))


def training_under_way(instance: DagsterInstance) -> str | None:
    """The run that trains or is to train; None where there is none."""
    runs = instance.get_run_records(RunsFilter(job_name=TRAINING, statuses=list(UNDER_WAY)), limit=1)
    return runs[0].dagster_run.run_id if runs else None


def _reports(instance: DagsterInstance, after: int) -> tuple[int, list[Report]]:
    """The last event of `drift_report` after one, and the reports among them that have rows."""
    reports: list[Report] = []
    while True:
        chosen = AssetRecordsFilter(asset_key=AssetKey("drift_report"), after_storage_id=after)
        records = instance.fetch_materializations(chosen, limit=PAGE, ascending=True).records
        for record in records:
            made: Any = record.asset_materialization
            if "drift share" in made.metadata:
                date = dt.date.fromisoformat(str(made.partition))
                reports.append(Report(record.storage_id, date, float(made.metadata["drift share"].value)))
        if not records:
            return after, reports
        after = records[-1].storage_id


def _trained(instance: DagsterInstance, requested: dt.date | None, today: dt.date) -> dt.date | None:
    """The newest date a model was trained for, by the sensor or by hand; one that failed does not count.

    A requested model whose run is no longer kept counts as trained.
    """
    dates = [dt.date.fromisoformat(key) for key in instance.get_materialized_partitions(AssetKey("model_card"))]
    succeeded = RunsFilter(job_name=TRAINING, statuses=[DagsterRunStatus.SUCCESS])
    tags = [record.dagster_run.tags for record in instance.get_run_records(succeeded, limit=PAGE)]
    dates += [dt.date.fromisoformat(run[PARTITION_NAME_TAG]) for run in tags if PARTITION_NAME_TAG in run]
    if requested is not None:
        runs = RunsFilter(job_name=TRAINING, tags={PARTITION_NAME_TAG: str(requested)})
        if not instance.get_run_records(runs, limit=1):
            dates.append(requested)
    return max((date for date in dates if date <= today), default=None)
