"""Runs of a range of match dates in this process: how they are planned, and their events."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterEvent, DagsterInstance, DagsterRun, JobDefinition
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator

SHORT_RANGE_DAYS = 60
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
