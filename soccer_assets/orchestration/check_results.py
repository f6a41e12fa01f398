"""The newest result of every check, read from Dagster's storage for those who may not import Dagster."""

import datetime as dt
from typing import Any

from dagster import AssetCheckSeverity, DagsterInstance, RepositoryDefinition
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

#: A check that was planned in a run that ended before it says nothing.
EVALUATED = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def newest_check_results(instance: DagsterInstance, repository: RepositoryDefinition) -> list[dict[str, Any]]:
    """A row of `check_results` for each check that was ever evaluated."""
    rows, graph = [], repository.asset_graph
    for key in graph.asset_check_keys:
        history = instance.event_log_storage.get_asset_check_execution_history(key, limit=1, status=EVALUATED)
        for record in history:
            assert record.event is not None  # it was evaluated
            evaluation: Any = record.event.get_dagster_event().event_specific_data
            rows.append(
                {
                    "asset": key.asset_key.to_user_string(),
                    "check_name": key.name,
                    "passed": record.status is AssetCheckExecutionRecordStatus.SUCCEEDED,
                    "blocking": graph.get_check_spec(key).blocking,
                    "severity": "warning" if evaluation.severity is AssetCheckSeverity.WARN else "error",
                    "evaluated_at": dt.datetime.fromtimestamp(record.event.timestamp, dt.UTC),
                    "run_id": record.run_id,
                }
            )
    return rows
