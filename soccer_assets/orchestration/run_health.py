"""Which runs still have a process: a run whose process is gone fails, makes room in the queue, and is taken up again.

Dagster's run monitoring asks the run launcher; its default one cannot say. This one asks the code server that started
the run, and, for a run of a command, looks for the process that its tag names.
"""

import datetime as dt
import os
import re
import socket

import psutil
from dagster import DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import ConfigurableClassData, deserialize_value

#: Tag of a run of a command: host, process id and start of the process in seconds since 1970.
PROCESS = "soccer/process"
STARTED = re.compile(r"Started process for run \(pid: (\d+)\)")
#: A code server that others reach by name may be away for a moment; its runs count as dead after so many looks.
MOST_LOOKS = 3
#: A process is younger than what it reports of itself, but for the rounding of the kernel's clock.
CLOCK_SLACK_SECONDS = 2.0


class HealthCheckedRunLauncher(DefaultRunLauncher):
    """The default launcher, which can also say whether the process of a run lives."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._unreachable: dict[str, int] = {}

    @property
    def supports_check_run_worker_health(self) -> bool:
        """True: `check_run_worker_health` answers."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """RUNNING while the process of a run lives or cannot be seen from here, else NOT_FOUND with the reason."""
        client: DagsterGrpcClient | None = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:  # no code server started it
            return (
                health_of_command(run.tags[PROCESS])
                if PROCESS in run.tags
                else CheckRunHealthResult(WorkerStatus.RUNNING)
            )
        try:
            answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id))
        except DagsterUserCodeUnreachableError:
            looks = self._unreachable[run.run_id] = self._unreachable.get(run.run_id, 0) + 1
            if client.socket is None and looks < MOST_LOOKS:
                return CheckRunHealthResult(WorkerStatus.RUNNING, "its code server does not answer", transient=True)
            gone = "the code server that started it is gone"
        else:
            self._unreachable.pop(run.run_id, None)
            if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            gone = "the code server does not run it any more"
        if client.socket is not None and self._process_lives(run.run_id):  # its server was replaced by a reload
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, gone)

    def _process_lives(self, run_id: str) -> bool:
        """Whether the process that reported itself as a run's is there: older than its report, so no later one."""
        for event in self._instance.all_logs(run_id, of_type=DagsterEventType.ENGINE_EVENT):
            if (report := STARTED.search(event.message)) and psutil.pid_exists(pid := int(report[1])):
                return _started_at(pid) <= event.timestamp + CLOCK_SLACK_SECONDS
        return False


def own_process() -> str:
    """The value of the tag `PROCESS` of this process."""
    return f"{socket.gethostname()} {os.getpid()} {_started_at(os.getpid()):.2f}"


def fail_dead_runs(instance: DagsterInstance) -> list[str]:
    """Mark as failed every run that began and whose process is gone, and free what it held; the ids of these runs.

    The daemon does the same every few seconds; a command that runs without one does it when it begins.
    """
    if not instance.run_launcher.supports_check_run_worker_health:
        return []
    dead = []
    for record in instance.get_run_records(RunsFilter(statuses=[DagsterRunStatus.STARTED])):
        run = record.dagster_run
        health = instance.run_launcher.check_run_worker_health(run)
        ended = instance.get_run_by_id(run.run_id)
        if health.status is WorkerStatus.NOT_FOUND and ended is not None and not ended.is_finished:
            instance.report_run_failed(run, f"The process of this run is gone: {health.msg}.")
            dead.append(run.run_id)
    for run_id in instance.event_log_storage.get_concurrency_run_ids():
        holder = instance.get_run_by_id(run_id)
        if holder is None or holder.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    return dead


def health_of_command(process: str) -> CheckRunHealthResult:
    """Whether the process in the tag `PROCESS` of a run lives; one on another host counts as alive."""
    host, pid, started = process.rsplit(" ", 2)
    if host != socket.gethostname():
        return CheckRunHealthResult(WorkerStatus.RUNNING, f"its process is on {host}")
    if abs(_started_at(int(pid)) - float(started)) <= CLOCK_SLACK_SECONDS:
        return CheckRunHealthResult(WorkerStatus.RUNNING)
    began = dt.datetime.fromtimestamp(float(started), dt.UTC)
    return CheckRunHealthResult(WorkerStatus.NOT_FOUND, f"the command of {began:%Y-%m-%d %H:%M:%S} UTC ended")


def _started_at(pid: int) -> float:
    """Start of a process in seconds since 1970; never (infinity) for one that is not there or is dead already."""
    try:
        process = psutil.Process(pid)
        return float("inf") if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return float("inf")
