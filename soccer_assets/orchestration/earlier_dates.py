"""Ratings and features rest on all earlier match dates: their pools first let in the runs that have yet to make these.

Two commands that split a range would otherwise rate the later dates without the matches of the earlier ones. A run
waits for one of earlier dates alone, and holds no pool meanwhile, so no two wait for each other.
"""

from typing import Any

from dagster import DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.launcher import WorkerStatus

from soccer_assets.orchestration.partitions import dates_of_run
from soccer_assets.orchestration.run_health import PROCESS, health_of_command
from soccer_assets.storage.data_versions import RESTS_ON

#: What Dagster calls the output of an asset that is alone in its step.
DEFAULT_OUTPUT = "result"


def waits_for_earlier(instance: DagsterInstance, run_id: str, table: str) -> bool:
    """Whether another run under way has yet to make what a table rests on, for match dates before those of a run.

    One that goes on to the last date of the run is not waited for: it makes all of its dates too.
    """
    upstream = {name for name, up_to in RESTS_ON.get(table, {}).items() if up_to}
    run = instance.get_run_by_id(run_id) if upstream else None
    first, last = dates_of_run(run.tags) if run else (None, None)
    if first is None or last is None:
        return False
    for other in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED])):
        begins, ends = dates_of_run(other.tags)
        if begins and ends and begins < first and ends < last and _to_make(instance, other, upstream):
            return True
    return False


def _to_make(instance: DagsterInstance, run: DagsterRun, tables: set[str]) -> set[str]:
    """Which of some tables a run has yet to write; none where its process is gone."""
    if PROCESS in run.tags and health_of_command(run.tags[PROCESS]).status is WorkerStatus.NOT_FOUND:
        return set()
    chosen = tables if run.asset_selection is None else {key.path[-1] for key in run.asset_selection}
    written = set()
    for entry in instance.all_logs(run.run_id, of_type=DagsterEventType.HANDLED_OUTPUT):
        event = entry.get_dagster_event()
        output: Any = event.event_specific_data
        written.add(event.step_key if output.output_name == DEFAULT_OUTPUT else output.output_name)
    return (tables & chosen) - written
