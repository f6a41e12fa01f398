"""Dagster storage that writes a range of partitions in batches, and keeps the embedded default inside `var`.

A range run over n partitions writes two events per asset and partition. Stock storages write most of them one
transaction at a time (about 20 ms each on SQLite). Here a batch goes in as one transaction per shard, and the
materializations of a step, which differ in nothing but key and time, are serialised once: without that a backfill of
6,909 dates takes 1.3 times as long.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.root import LocalArtifactStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData, serialize_value
from dagster._utils.concurrency import ConcurrencyClaimStatus, ConcurrencySlotStatus
from dagster_postgres import PostgresRunStorage as PostgresRunStorage  # deploy/dagster.yaml loads it from here
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.utils import get_token_provider_from_config, pg_url_from_config
from sqlalchemy import Connection, func, select

from soccer_assets.orchestration.earlier_dates import waits_for_earlier
from soccer_assets.orchestration.sqlite_engines import engine
from soccer_assets.settings import Settings
from soccer_assets.storage.migrations import accept_percent_signs

accept_percent_signs()

BATCH_SIZE = "2000"
BATCHED = {
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    DagsterEventType.ASSET_OBSERVATION,
}
#: Pause before a step that waits for another run's asks again.
TURN_SECONDS = 0.5
#: They stand for the key and the time of a partition in the text of its step's materializations.
KEY_PLACEHOLDER, TIME_PLACEHOLDER = "<partition key>", -86399.0625


@dataclass(frozen=True)
class _Materialization:
    """The row of a partition's materialization, from which those of its step's other partitions are made."""

    row: dict[str, Any]
    shared: tuple[object, ...]
    text: tuple[str, str, str]

    @classmethod
    def from_event(cls, event: EventLogEntry, row: dict[str, Any]) -> "_Materialization":
        dagster_event = event.get_dagster_event()
        data: Any = dagster_event.event_specific_data
        data = data._replace(materialization=data.materialization._replace(partition=KEY_PLACEHOLDER))
        dagster_event = dagster_event._replace(event_specific_data=data)
        unkeyed = event._replace(timestamp=TIME_PLACEHOLDER, dagster_event=dagster_event)
        before, rest = serialize_value(unkeyed).split(json.dumps(KEY_PLACEHOLDER))
        between, after = rest.split(json.dumps(TIME_PLACEHOLDER))
        return cls(row, shared_by_partitions(event), (before, between, after))

    def row_of(self, event: EventLogEntry, inserted_at: Any) -> dict[str, Any]:
        key = event.get_dagster_event().partition
        before, between, after = self.text
        text = f"{before}{json.dumps(key)}{between}{json.dumps(event.timestamp)}{after}"
        return self.row | {"event": text, "partition": key, "timestamp": inserted_at}


def shared_by_partitions(event: EventLogEntry) -> tuple[object, ...]:
    """What a materialization has in common with those of its step's other partitions: all but key and time."""
    dagster_event = event.get_dagster_event()
    data: Any = dagster_event.event_specific_data
    return (
        *_without(event, "timestamp", "dagster_event"),
        *_without(dagster_event, "event_specific_data"),
        *_without(data, "materialization"),
        *_without(data.materialization, "partition"),
    )


def _without(record: Any, *names: str) -> list[object]:
    return [value for name, value in zip(record._fields, record, strict=True) if name not in names]


class _Batched(SqliteEventLogStorage if TYPE_CHECKING else object):  # type: ignore[misc]
    """Stores a batch of asset events in one transaction per shard."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", BATCH_SIZE)  # Dagster reads it where it writes events

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        others = [event for event in events if event.get_dagster_event().event_type not in BATCHED]
        for event in others:  # the few planned checks of a run come in the same batch
            self.store_event(event)
        events = [event for event in events if event.get_dagster_event().event_type in BATCHED]
        if not events:
            return
        rows = self._rows(events)
        if isinstance(self, SqliteEventLogStorage):  # the run's own shard, beside the index
            with self.run_connection(events[0].run_id) as connection:
                connection.execute(SqlEventLogStorageTable.insert(), rows)
        with self.index_transaction() as connection:
            before = connection.execute(select(func.max(SqlEventLogStorageTable.c.id))).scalar() or 0
            connection.execute(SqlEventLogStorageTable.insert(), rows)
            # ids rise in the order of insertion, and no other row of this run is written meanwhile
            written = select(SqlEventLogStorageTable.c.id).where(
                SqlEventLogStorageTable.c.id > before, SqlEventLogStorageTable.c.run_id == events[0].run_id
            )
            ids = [row[0] for row in connection.execute(written.order_by(SqlEventLogStorageTable.c.id))]
            tags = [
                {
                    "event_id": event_id,
                    "asset_key": row["asset_key"],
                    "key": key,
                    "value": value,
                    "event_timestamp": row["timestamp"],
                }
                for event, row, event_id in zip(events, rows, ids, strict=True)
                for key, value in self._tags_for_asset_event(event).items()
            ]
            if tags:
                connection.execute(AssetEventTagsTable.insert(), tags)
            newest = {
                str(event.get_dagster_event().asset_key): (event, i) for event, i in zip(events, ids, strict=True)
            }
            for event, event_id in newest.values():
                self._store_asset_event(connection, event, event_id)

    def claim_concurrency_slot(
        self, concurrency_key: str, run_id: str, step_key: str, priority: int | None = None
    ) -> ConcurrencyClaimStatus:
        """A step asks for its turn in a pool; where another has it, this sleeps, for the executor would not."""
        if waits_for_earlier(self._instance, run_id, concurrency_key):
            claim = ConcurrencyClaimStatus(concurrency_key=concurrency_key, slot_status=ConcurrencySlotStatus.BLOCKED)
        else:
            claim = super().claim_concurrency_slot(concurrency_key, run_id, step_key, priority)
        if not claim.is_claimed:
            time.sleep(TURN_SECONDS)
            claim = claim.with_sleep_interval(0.0)
        return claim

    def _rows(self, events: Sequence[EventLogEntry]) -> list[dict[str, Any]]:
        """As `_event_to_row` of each event; the partitions that a step made are serialised once."""
        rows, first = [], None
        for event in events:
            if event.get_dagster_event().event_type is not DagsterEventType.ASSET_MATERIALIZATION:
                rows.append(self._event_to_row(event))
                continue
            if first is None or first.shared != shared_by_partitions(event):
                first = _Materialization.from_event(event, self._event_to_row(event))
            rows.append(first.row_of(event, self._event_insert_timestamp(event)))
        return rows

    def _store_asset_check_evaluation_planned(self, event: EventLogEntry, event_id: int | None) -> None:
        """One planned row a check and run: our checks judge a run as a whole.

        The stock storage plans a row per partition, which costs as much as an asset does, and which an evaluation
        without a partition never meets: the UI would show the check as under way for ever.
        """
        planned = event.get_dagster_event().asset_check_planned_data
        row = {
            "asset_key": planned.asset_key.to_string(),
            "check_name": planned.check_name,
            "run_id": event.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            "evaluation_event": serialize_value(event),
            "evaluation_event_timestamp": self._event_insert_timestamp(event),
            "evaluation_event_storage_id": event_id,
        }
        with self.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.insert(), [row])


class BatchedSqliteEventLogStorage(_Batched, SqliteEventLogStorage):
    """SQLite event log with batched writes, which prepares each statement once and not at every event."""

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            opened = engine(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(opened)
                self._initialized_dbs.add(shard)
            with opened.begin() as connection:
                yield connection

    @classmethod
    def from_config_value(  # type: ignore[override]  # the parent names its own class
        cls, inst_data: ConfigurableClassData | None, config_value: dict[str, str]
    ) -> "BatchedSqliteEventLogStorage":
        return cls(inst_data=inst_data, **config_value)


class EmbeddedRunStorage(SqliteRunStorage):
    """SQLite runs, which prepares each statement once."""

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with engine(self._conn_string).begin() as connection:
            yield connection


class BatchedPostgresEventLogStorage(_Batched, PostgresEventLogStorage):
    """PostgreSQL event log with batched writes."""

    @classmethod
    def from_config_value(  # type: ignore[override]  # the parent names its own class
        cls, inst_data: ConfigurableClassData | None, config_value: dict[str, Any]
    ) -> "BatchedPostgresEventLogStorage":
        return cls(
            pg_url_from_config(config_value),
            config_value.get("should_autocreate_tables", True),
            inst_data,
            get_token_provider_from_config(config_value),
        )


class _InVar:
    """Takes no configuration: its folder lies in `<var>/dagster`, also where `dagster dev` is started by hand."""

    folder = ""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: dict[str, Any]) -> Any:
        base_dir = str(Settings.read().var_path / "dagster" / cls.folder)
        return cls(base_dir=base_dir, inst_data=inst_data)  # type: ignore[call-arg]  # of the class beside it


class EmbeddedStorage(_InVar, DagsterSqliteStorage):  # type: ignore[misc]  # parents name their own class
    """Runs, events and schedules in SQLite under `<var>/dagster`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        folder = Path(base_dir)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two processes that make the databases at once give them two versions
            super().__init__(base_dir, inst_data)
            self._run_storage = EmbeddedRunStorage.from_local(str(folder / "history"))
            self._event_log_storage = BatchedSqliteEventLogStorage(str(folder / "history" / "runs"))


class EmbeddedComputeLogManager(_InVar, LocalComputeLogManager):  # type: ignore[misc]
    """Step logs under `<var>/dagster/logs`."""

    folder = "logs"


class EmbeddedArtifactStorage(_InVar, LocalArtifactStorage):  # type: ignore[misc]
    """What runs leave on disk, under `<var>/dagster`."""
