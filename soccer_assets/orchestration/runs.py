"""Runs of a range of match dates in this process: how they are planned, and their events."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterEvent, DagsterInstance, DagsterRun, JobDefinition
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

SHORT_RANGE_DAYS = 60
#: As in workspace.yaml and deploy/workspace.yaml.
LOCATION = "soccer_assets"
WHOLE = "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS"


@contextmanager
def planned_as_a_whole(days: int) -> Iterator[None]:
    """Runs created here over many days plan each asset in one event, which halves what Dagster writes.

    An event per partition would tell, after a run that failed, that its missing partitions failed; of a range of
    months or years the run itself says enough.
    """
    if days > SHORT_RANGE_DAYS and WHOLE not in os.environ:
        os.environ[WHOLE] = "true"
        try:
            yield
        finally:
            del os.environ[WHOLE]
    else:
        yield


def events_of(job: JobDefinition, run: DagsterRun, instance: DagsterInstance) -> Iterator[DagsterEvent]:
    """Execute a run that was created, and give its events as they come."""
    return execute_run_iterator(InMemoryJob(job), run, instance)


def origin_of(job_name: str) -> RemoteJobOrigin:
    """Where the daemon finds a job again, to take up a run of a command that was killed."""
    location = GrpcServerCodeLocationOrigin("localhost", location_name=LOCATION)
    return RemoteRepositoryOrigin(location, "__repository__").get_job_origin(job_name)


def is_blocked(event: DagsterEvent) -> bool:
    """Whether an event says for the first time that a step waits for its turn in a pool."""
    return (event.message or "").startswith("Step blocked by limit for pool")
