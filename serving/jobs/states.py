"""The states that a job goes through: queued, running, then done, failed or cancelled; an ended job stays as it is."""

import logging
from collections.abc import Awaitable, Sequence
from typing import Any, cast

import msgspec
from arq.constants import job_key_prefix
from redis.exceptions import ResponseError

from serving.jobs.connection import CANCELLED, CHANGED, QUEUE, Store
from serving.jobs.contracts import Failure, Payload, Result, Status
from serving.jobs.scripts import CHANGE
from serving.logs import add_ids
from soccer_assets.settings import Clock

OPEN: tuple[Status, ...] = ("queued", "running")
JOB_PREFIX, COUNTS, CURRENT_RUN = "soccer:job:", "soccer:jobs:count", "soccer:jobs:run"

logger = logging.getLogger(__name__)


class JobStates:
    """Changes jobs; a change of one that has ended does nothing."""

    def __init__(self, redis: Store, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock

    async def start(self, job_id: str) -> tuple[str, Payload] | None:
        """The client and the payload of the job, which is running now; None for one that has ended or expired.

        A job may be delivered more than once. One whose record cannot be read fails. The log has its id and that of
        the request from here on.
        """
        add_ids(job_id=job_id)
        if await self.change(job_id, "running", started_at=self._clock.now().isoformat()) not in OPEN:
            return None
        fields = cast(
            Awaitable[list[bytes | None]], self._redis.hmget(JOB_PREFIX + job_id, ["client", "payload", "request_id"])
        )
        client, text, request_id = (field or b"" for field in await fields)
        try:
            add_ids(request_id=request_id.decode())
            return client.decode(), msgspec.json.decode(text, type=Payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("job %r: its payload cannot be read: %s", job_id, error)
            await self.fail(job_id, Failure("unreadable", "the record of the job cannot be read: post it again"))
            return None

    async def report(self, job_id: str, done: int, total: int, run_ids: Sequence[str] = ()) -> bool:
        """Note how much of a running job is done, and by which runs of Dagster; whether it is still to go on."""
        return await self.change(job_id, "running", done=done, total=total, run_ids=",".join(run_ids)) in OPEN

    async def finish(self, job_id: str, result: Result) -> None:
        """The job has its result."""
        await self.change(job_id, "done", ended=True, result=msgspec.json.encode(result))

    async def fail(self, job_id: str, failure: Failure) -> None:
        """The job has none, and why."""
        await self.change(job_id, "failed", ended=True, failure=msgspec.json.encode(failure))

    async def change(self, job_id: str, status: Status, *, ended: bool = False, **fields: str | bytes | int) -> str:
        """Change a job that has not ended; the status it had before, empty where there is no such job."""
        if ended:
            fields["ended_at"] = self._clock.now().isoformat()
        keys = (JOB_PREFIX + job_id, COUNTS, QUEUE, job_key_prefix + job_id, CURRENT_RUN)
        arguments: list[Any] = [job_id, status, CHANGED, CANCELLED]
        for name_and_value in fields.items():
            arguments += name_and_value
        try:
            before = await cast(Awaitable[bytes | None], self._redis.eval(CHANGE, len(keys), *keys, *arguments))
        except ResponseError as error:  # something else stands under the key
            logger.warning("job %r: its record cannot be changed: %s", job_id, error)
            return ""
        return "" if before is None else before.decode(errors="replace")
