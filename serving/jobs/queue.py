"""The queue of jobs: their records in Redis, queued by arq.

The record is our own: arq's results expire early and do not distinguish an expired job from one that never was. arq
carries nothing but the id. When a job changes its id is published on a channel; an API process subscribes once and
wakes the requests that wait for the job.
"""

import asyncio
import builtins
import hashlib
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import msgspec
from arq.constants import job_key_prefix
from redis.exceptions import TimeoutError

from serving.api.problems import ProblemError
from serving.jobs.connection import CHANGED, QUEUE, QUEUED, Store, listen
from serving.jobs.contracts import (
    BatchPayload,
    Failure,
    Job,
    JobSummary,
    OnDemandPayload,
    Payload,
    Progress,
    WorkerState,
)  # fmt: skip
from serving.jobs.records import SUMMARY, read_job, read_summary
from serving.jobs.scripts import SUBMIT
from serving.jobs.states import COUNTS, CURRENT_RUN, JOB_PREFIX, OPEN, JobStates
from serving.logs import IDS
from serving.settings import ServingSettings
from soccer_assets.settings import Clock

FORECAST, RUN = "forecast", "run"
TOMBSTONE_PREFIX, WORKERS = "soccer:job-memory:", "soccer:workers"
LOOK_SECONDS = 0.5
#: A job whose client waits for it is kept this long, unless the client hears of it.
UNLISTED_SECONDS = 120
MOST_LISTED = 1000
P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)


def bounded(
    method: Callable[Concatenate["JobQueue", P], Awaitable[T]],
) -> Callable[Concatenate["JobQueue", P], Awaitable[T]]:
    """Limit the time of a method to the Redis timeout of the settings.

    A timeout of the connection itself would do, but on Python 3.11 redis-py's then swallows cancellations.
    """

    @wraps(method)
    async def call(queue: "JobQueue", /, *args: P.args, **kwargs: P.kwargs) -> T:
        seconds = queue.settings.redis_timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                return await method(queue, *args, **kwargs)
        except builtins.TimeoutError:
            raise TimeoutError(f"Redis did not answer within {seconds} s") from None

    return call


class JobQueue:
    """Adds jobs to the queue, finds and cancels them."""

    def __init__(self, redis: Store, settings: ServingSettings, clock: Clock) -> None:
        self.redis = redis
        self._clock = clock
        self.settings = settings
        self.states = JobStates(redis, clock)
        self._waiting: defaultdict[bytes, set[asyncio.Event]] = defaultdict(set)

    @bounded
    async def submit(self, payload: Payload, client: str, idempotency_key: str = "") -> tuple[Job, bool]:
        """A new job that the client finds in its list; or, of an idempotency key used before, the job of that time.

        Returns:
            The job, and whether it is one of an earlier request.

        Raises:
            ProblemError: no worker or no model, a queue that is full, a run of the platform in progress, or a key that
                came with another payload before.
        """
        digest = hashlib.sha256(msgspec.json.encode(payload)).hexdigest()
        job, earlier = await self._add(payload, client, _new_id(), idempotency_key, digest if idempotency_key else "")
        if job is not None:
            return job, False
        earlier_digest, _, job_id = earlier.partition(" ")
        if earlier_digest != digest:
            detail = "expected the body that came with this Idempotency-Key before, found another: use a new key"
            raise ProblemError("idempotency-key-reused", detail)
        return await self.find(job_id, client), True

    async def submit_and_wait(self, payload: Payload, client: str, seconds: float) -> Job:
        """Add a job and wait for its end; after `seconds` it is as it is then, and stands in the client's list.

        Needs `listen` to run.

        Raises:
            ProblemError: as `submit`.
        """
        job_id = _new_id()
        with self.watched(job_id) as changed:
            job, _ = await self._submit_unlisted(payload, client, job_id)
            assert job is not None  # only a job with an idempotency key may be an earlier one
            deadline = time.monotonic() + seconds
            while job.status in OPEN and (left := deadline - time.monotonic()) > 0:
                with suppress(asyncio.TimeoutError):  # the channel may be being connected again
                    async with asyncio.timeout(min(left, LOOK_SECONDS)):
                        await changed.wait()
                changed.clear()
                job = await self.find(job_id, client)
        if job.status in OPEN:
            await self._keep(job, client)
        return job

    @bounded
    async def _submit_unlisted(self, payload: Payload, client: str, job_id: str) -> tuple[Job | None, str]:
        return await self._add(payload, client, job_id, listed=False)

    async def _add(
        self, payload: Payload, client: str, job_id: str, idempotency_key: str = "", digest: str = "",
        listed: bool = True,
    ) -> tuple[Job | None, str]:  # fmt: skip
        """The new job; or none, and what stands under its idempotency key."""
        now = self._clock.now()
        kind = RUN if not isinstance(payload, OnDemandPayload) else FORECAST
        total = len(payload.fixtures) if isinstance(payload, BatchPayload) else 1
        life, memory = self.settings.job_ttl_seconds, self.settings.job_memory_seconds
        if not listed:
            life, memory = min(life, UNLISTED_SECONDS), 0
        name = str(payload.__struct_config__.tag)
        fields = {"client": client, "kind": name, "payload": msgspec.json.encode(payload), "status": "queued",
                  "created_at": now.isoformat(), "done": 0, "total": total, "version": 1,
                  "request_id": IDS.get().get("request_id", "")}  # fmt: skip
        moment = int(time.time() * 1000)
        message = msgspec.msgpack.encode({"t": None, "f": kind, "a": [], "k": {}, "et": moment})
        keys = (JOB_PREFIX + job_id, TOMBSTONE_PREFIX + job_id, COUNTS, QUEUE, job_key_prefix + job_id, WORKERS,
                _idempotency_key(client, idempotency_key), _own_key(client), CURRENT_RUN)  # fmt: skip
        arguments: list[Any] = [job_id, moment, life, memory, self.settings.queue_limit, message, digest, int(listed),
                                kind, QUEUED, JOB_PREFIX, job_key_prefix]  # fmt: skip
        for name_and_value in fields.items():
            arguments += name_and_value
        answer = cast(Awaitable[list[bytes]], self.redis.eval(SUBMIT, len(keys), *keys, *arguments))
        outcome, detail = (part.decode() for part in await answer)
        if outcome == "replayed":
            return None, detail
        if outcome != "queued":
            raise _refusal(outcome, detail, self.settings.queue_limit)
        progress = Progress(0, total)
        return Job(job_id, cast(Any, name), "queued", now, None, None, progress, 1, payload), ""

    @bounded
    async def _keep(self, job: Job, client: str) -> None:
        """Keep a job as long as those that were asked for as jobs, and list it."""
        life = self.settings.job_ttl_seconds
        async with self.redis.pipeline(transaction=True) as pipe:
            for key in (JOB_PREFIX + job.id, job_key_prefix + job.id):
                pipe.expire(key, life)
            pipe.set(TOMBSTONE_PREFIX + job.id, b"", ex=life + self.settings.job_memory_seconds)
            pipe.zadd(_own_key(client), {job.id: int(time.time() * 1000)})
            pipe.expire(_own_key(client), life)
            await pipe.execute()

    @bounded
    async def find(self, job_id: str, client: str) -> Job:
        """The client's job as it is now.

        Raises:
            ProblemError: the client never had such a job, it has expired, or its record cannot be read.
        """
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(JOB_PREFIX + job_id)
            pipe.exists(job_key_prefix + job_id)
            pipe.exists(TOMBSTONE_PREFIX + job_id)
            fields, queued, expired = await pipe.execute(raise_on_error=False)
        if not fields and expired:
            life = self.settings.job_ttl_seconds
            raise ProblemError("expired-job", f"job {job_id} is older than {life} s: post it again")
        job = None
        if isinstance(fields, dict) and fields.get(b"client") == client.encode():
            job = read_job(job_id, fields)
        elif isinstance(fields, Exception):
            logger.warning("job %r: its record cannot be read: %s", job_id, fields)
        if job is None:
            raise ProblemError("unknown-job", f"expected the id of one of your jobs, found {job_id[:100]!r}")
        if job.status in OPEN and not queued:
            # the queue gave it up: its worker was lost or it ran out of time, as often as it may be tried
            failure = Failure("abandoned", "the worker was lost before it finished the job: post it again")
            return msgspec.structs.replace(job, status="failed", failure=failure)
        return job

    @bounded
    async def newest(self, client: str, limit: int) -> Sequence[JobSummary]:
        """The client's newest jobs that have not expired, newest first."""
        own = _own_key(client)
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.zremrangebyscore(own, "-inf", int((time.time() - self.settings.job_ttl_seconds) * 1000))
            pipe.zremrangebyrank(own, 0, -MOST_LISTED - 1)
            pipe.zrevrange(own, 0, limit - 1)
            ids = [job_id.decode() for job_id in (await pipe.execute())[-1]]
        async with self.redis.pipeline(transaction=False) as pipe:
            for job_id in ids:
                pipe.hmget(JOB_PREFIX + job_id, list(SUMMARY))
            records = await pipe.execute(raise_on_error=False) if ids else []
        summaries = (
            read_summary(job_id, values)
            for job_id, values in zip(ids, records, strict=True)
            if isinstance(values, list) and values[0] is not None
        )
        return [summary for summary in summaries if summary is not None]

    async def cancel(self, job_id: str, client: str) -> Job:
        """The client's job, now cancelled.

        Raises:
            ProblemError: as `find`; or the job has ended.
        """
        job = await self.find(job_id, client)
        if job.status in OPEN and await self.states.change(job_id, "cancelled", ended=True) in OPEN:
            return await self.find(job_id, client)
        job = await self.find(job_id, client)
        raise ProblemError("job-ended", f"expected a job that is queued or running, found {job_id} {job.status}")

    @bounded
    async def depth(self) -> int:
        """Jobs that wait or run."""
        return int(await self.redis.zcard(QUEUE))

    @bounded
    async def counts(self) -> dict[str, int]:
        """How many jobs ever came to each status."""
        counts = await cast(Awaitable[dict[bytes, bytes]], self.redis.hgetall(COUNTS))
        return {status.decode(): int(count) for status, count in counts.items()}

    @bounded
    async def workers(self) -> list[WorkerState]:
        """What the workers that gave a sign of life lately said of themselves."""
        names = sorted(await cast(Awaitable[set[bytes]], self.redis.smembers(WORKERS)))
        records = [record for record in await self.redis.mget(names) if record is not None] if names else []
        states = []
        for record in records:
            try:
                states.append(msgspec.json.decode(record, type=WorkerState))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                logger.warning("the state of a worker cannot be read: %s", error)
        return states

    @contextmanager
    def watched(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change of the job; needs `listen` to run."""
        key, event = job_id.encode(), asyncio.Event()
        self._waiting[key].add(event)
        try:
            yield event
        finally:
            self._waiting[key].discard(event)
            if not self._waiting[key]:
                del self._waiting[key]

    async def listen(self) -> None:
        """Wake those who wait for a job as soon as it has changed, until cancelled."""
        await listen(self.redis, {CHANGED: self._wake})

    def _wake(self, job_id: bytes) -> None:
        for event in self._waiting.get(job_id, ()):
            event.set()


def _refusal(outcome: str, blocker: str, limit: int) -> ProblemError:
    """Why a job was not queued, and in `Retry-After` when to try again."""
    details = {
        "no-worker": (5, "no worker gave a sign of life lately: start one with `uv run soccer worker`"),
        "model-missing": (60, "no model is promoted to champion yet: `uv run soccer train DATE` makes one"),
        "queue-full": (5, f"expected fewer than {limit} waiting jobs, found {blocker}: try again later"),
        "run-in-progress": (
            60,
            f"expected no run of the platform, found job {blocker}: wait for its end or cancel it",
        ),
    }
    seconds, detail = details[outcome]
    return ProblemError(outcome, detail, headers={"retry-after": str(seconds)})


def _new_id() -> str:
    return secrets.token_urlsafe(16)


def _own_key(client: str) -> str:
    return f"soccer:jobs:of:{client}"


def _idempotency_key(client: str, key: str) -> str:
    # hashed: a key is up to 255 characters of the client's choice
    return f"soccer:idempotency:{client}:{hashlib.sha256(key.encode()).hexdigest()}"
