"""Each name of Dagster that is not its public API: a new release may move or change any of them."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRIVATE = """
earlier_dates  dagster._core.launcher                                     WorkerStatus
event_storage  dagster._core.events.log                                   EventLogEntry
check_results  dagster._core.storage.asset_check_execution_record         AssetCheckExecutionRecordStatus
event_storage  dagster._core.storage.asset_check_execution_record         AssetCheckExecutionRecordStatus
event_storage  dagster._core.storage.event_log                            SqliteEventLogStorage
event_storage  dagster._core.storage.event_log.schema                     AssetEventTagsTable
event_storage  dagster._core.storage.event_log.schema                     AssetCheckExecutionsTable
event_storage  dagster._core.storage.event_log.schema                     SqlEventLogStorageTable
event_storage  dagster._core.storage.local_compute_log_manager            LocalComputeLogManager
event_storage  dagster._core.storage.root                                 LocalArtifactStorage
event_storage  dagster._core.storage.runs                                 SqliteRunStorage
event_storage  dagster._core.storage.sqlite_storage                       DagsterSqliteStorage
event_storage  dagster._serdes                                            ConfigurableClassData
event_storage  dagster._serdes                                            serialize_value
event_storage  dagster._utils.concurrency                                 ConcurrencyClaimStatus
event_storage  dagster._utils.concurrency                                 ConcurrencySlotStatus
event_storage  dagster_postgres.event_log                                 PostgresEventLogStorage
event_storage  dagster_postgres.utils                                     get_token_provider_from_config
event_storage  dagster_postgres.utils                                     pg_url_from_config
kubernetes_launcher dagster._core.launcher                                CheckRunHealthResult
partitions     dagster._core.definitions.partitions.context               partition_loading_context
partitions     dagster._core.definitions.partitions.subset                PartitionsSubset
partitions     dagster._core.definitions.partitions.subset                TimeWindowPartitionsSubset
partitions     dagster._core.instance                                     DynamicPartitionsStore
partitions     dagster._core.storage.tags                                 ASSET_PARTITION_RANGE_END_TAG
partitions     dagster._core.storage.tags                                 ASSET_PARTITION_RANGE_START_TAG
partitions     dagster._core.storage.tags                                 PARTITION_NAME_TAG
retraining     dagster._core.storage.tags                                 PARTITION_NAME_TAG
retention      dagster._core.storage.dagster_run                          FINISHED_STATUSES
retention      dagster._core.storage.event_log                            SqlEventLogStorage
retention      dagster._core.storage.event_log                            SqliteEventLogStorage
retention      dagster._core.storage.event_log.schema                     SqlEventLogStorageTable
run_health     dagster._core.errors                                       DagsterUserCodeUnreachableError
run_health     dagster._core.launcher                                     CheckRunHealthResult
run_health     dagster._core.launcher                                     WorkerStatus
run_health     dagster._core.launcher.default_run_launcher                DefaultRunLauncher
run_health     dagster._grpc.client                                       DagsterGrpcClient
run_health     dagster._grpc.types                                        CanCancelExecutionRequest
run_health     dagster._grpc.types                                        CanCancelExecutionResult
run_health     dagster._serdes                                            ConfigurableClassData
run_health     dagster._serdes                                            deserialize_value
runs           dagster._core.definitions.job_base                         InMemoryJob
runs           dagster._core.execution.api                                execute_run_iterator
runs           dagster._core.remote_origin                                GrpcServerCodeLocationOrigin
runs           dagster._core.remote_origin                                RemoteJobOrigin
runs           dagster._core.remote_origin                                RemoteRepositoryOrigin
sqlite_engines dagster._core.storage.sqlite                               SQLITE_BUSY_TIMEOUT_SECONDS
"""


def private_imports(file: Path) -> set[tuple[str, str, str]]:
    """File, module and name of what a file imports from a private module of Dagster or a part of an integration."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    return {
        (file.stem, node.module, alias.name)
        for node in nodes
        if node.module and node.module.startswith(("dagster._", "dagster_shared", "dagster_postgres."))
        for alias in node.names
    }


def test_private_names_of_dagster_are_these_and_stand_in_the_orchestration_alone():
    files = [file for folder in ("soccer_assets", "serving", "bench") for file in (ROOT / folder).rglob("*.py")]
    found = {file: private_imports(file) for file in files}
    elsewhere = {str(file) for file, names in found.items() if names and file.parent.name != "orchestration"}
    assert elsewhere == set()
    assert set().union(*found.values()) == {tuple(line.split()) for line in PRIVATE.strip().splitlines()}
