"""A job as server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from litestar.response import ServerSentEventMessage

from serving.api.problems import ProblemError
from serving.jobs.contracts import Job
from serving.jobs.queue import LOOK_SECONDS, JobQueue
from serving.jobs.states import OPEN

PING_SECONDS = 15.0


async def job_events(queue: JobQueue, job: Job, client: str, seen: int) -> AsyncIterator[ServerSentEventMessage]:
    """The job now and at each change until it ends, after its version `seen`; a comment where nothing changes for long.

    Each event has the whole job, so one that is missed is made up for by the next. The last one is `end`. It comes to
    a client that has seen it, too: EventSource would connect again without it.
    """
    sent = time.monotonic()
    with queue.watched(job.id) as changed:
        while job.status in OPEN:
            if job.version > seen:
                seen, sent = job.version, time.monotonic()
                yield _message(job, "progress")
            elif time.monotonic() - sent > PING_SECONDS:
                sent = time.monotonic()
                yield ServerSentEventMessage(comment="ping")
            with suppress(asyncio.TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await changed.wait()
            changed.clear()
            try:
                job = await queue.find(job.id, client)
            except ProblemError:  # it expired while it was open
                return
    yield _message(job, "end")


def _message(job: Job, event: str) -> ServerSentEventMessage:
    return ServerSentEventMessage(data=msgspec.json.encode(job).decode(), event=event, id=str(job.version))
