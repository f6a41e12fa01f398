"""How long Dagster's own history is kept: the steps of old runs go, what they materialized and how they ended stays.

A run leaves some events for each partition that it makes. After `SOCCER_KEEP_DAYS` only those are kept that say when
it began and ended, which steps succeeded and failed, what was materialized and what was checked.
"""

import datetime as dt
from collections.abc import Iterator

from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from sqlalchemy import Connection, or_

from soccer_assets.orchestration.sqlite_engines import engine

PAGE = 500
#: How a run got there, which nobody asks of an old one. Messages of its log have no type.
DROPPED = (
    DagsterEventType.ENGINE_EVENT,
    DagsterEventType.STEP_START,
    DagsterEventType.STEP_INPUT,
    DagsterEventType.STEP_OUTPUT,
    DagsterEventType.LOADED_INPUT,
    DagsterEventType.HANDLED_OUTPUT,
    DagsterEventType.LOGS_CAPTURED,
    DagsterEventType.RESOURCE_INIT_STARTED,
    DagsterEventType.RESOURCE_INIT_SUCCESS,
    DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
)


def prune_history(instance: DagsterInstance, before: dt.datetime) -> dict[str, int]:
    """Drop what is not kept of the runs that ended before a time; how many runs and events that were.

    What was planned is kept of runs that did not succeed: Dagster tells by it which partitions they failed to make.

    Raises:
        TypeError: the instance has no SQL storage of events.
    """
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise TypeError(f"expected events in SQLite or PostgreSQL, found {type(storage).__name__}")
    runs = events = 0
    for record in _ended(instance, before):
        run = record.dagster_run
        dropped = [kind.value for kind in DROPPED]
        if run.status is DagsterRunStatus.SUCCESS:
            dropped.append(DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value)
        with storage.index_connection() as connection:
            gone = _drop(connection, run.run_id, dropped)
        if isinstance(storage, SqliteEventLogStorage):  # the run's own file
            with storage.run_connection(run.run_id) as connection:
                gone += _drop(connection, run.run_id, dropped)
            if gone:
                file = engine(storage.conn_string_for_shard(run.run_id))
                with file.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("VACUUM")
        if gone:
            instance.compute_log_manager.delete_logs(prefix=[run.run_id])
        runs, events = runs + bool(gone), events + gone
    return {"runs": runs, "events": events}


def _ended(instance: DagsterInstance, before: dt.datetime) -> Iterator[RunRecord]:
    """The runs that ended before a time, the newest first."""
    ended, cursor = RunsFilter(statuses=FINISHED_STATUSES, updated_before=before), None
    while records := instance.get_run_records(ended, limit=PAGE, cursor=cursor):
        yield from records
        cursor = records[-1].dagster_run.run_id


def _drop(connection: Connection, run_id: str, kinds: list[str]) -> int:
    """Drop events of a run of these types, and those without a type; their number."""
    events = SqlEventLogStorageTable.c
    dropped = or_(events.dagster_event_type.in_(kinds), events.dagster_event_type.is_(None))
    return connection.execute(SqlEventLogStorageTable.delete().where(events.run_id == run_id, dropped)).rowcount
