"""Forecast jobs: records in Redis, queued by arq.

The record is our own: arq's results expire early and do not distinguish an expired job from one that never was. arq
carries nothing but the id. When a job ends its id is published on a channel; an API process subscribes once and wakes
the requests that wait for the job.
"""

import asyncio
import builtins
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

import msgspec
from arq.connections import ArqRedis
from arq.constants import health_check_key_suffix, job_key_prefix
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError, RedisError, TimeoutError

from serving.api.problems import ProblemError
from serving.contracts import Failure, Fixture, Job, OnDemandForecast, Status
from serving.settings import ServingSettings
from soccer_assets.clock import Clock

QUEUE = "soccer:queue"
HEALTH = QUEUE + health_check_key_suffix
TASK = "forecast"
ENDED = "soccer:jobs:ended"
COUNTS = "soccer:jobs:count"
OPEN: tuple[Status, ...] = ("queued", "running")
LISTEN_SECONDS = 1.0
LOOK_SECONDS = 0.5
RETRIES = 60  # half a second apart at most
P = ParamSpec("P")
T = TypeVar("T")


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


class Store(ArqRedis):
    """arq's client, closed by the name that redis-py has for it now."""

    async def close(self, close_connection_pool: bool | None = None) -> None:
        """Close the connections; arq's worker calls this."""
        await self.aclose(close_connection_pool)


class RetryingPool(ConnectionPool):
    """redis-py retries a refused socket, but not the handshake on it: a Redis about to stop accepts and hangs up."""

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """Connect, as often as the connection may try."""
        ensure = super().ensure_connection
        await connection.retry.call_with_retry(lambda: ensure(connection), lambda _: connection.disconnect())


def connect(url: str, settings: ServingSettings, *, retry: bool = False) -> Store:
    """A client that connects on first use and never pickles; with `retry` it survives a restart of Redis."""
    # a refused connection is an OSError inside redis-py's own attempts, and would not be tried again
    options = {"retry": Retry(ExponentialBackoff(), RETRIES), "retry_on_error": [ConnectionError, OSError]}
    pool, options = (RetryingPool, options) if retry else (ConnectionPool, {})
    return Store(
        pool.from_url(url, socket_connect_timeout=settings.redis_timeout_seconds, **options),
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
        default_queue_name=QUEUE,
    )


class JobQueue:
    """Adds jobs to the queue and reads their state."""

    def __init__(self, redis: Store, settings: ServingSettings, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self.settings = settings
        self._waiting: dict[bytes, asyncio.Event] = {}

    @bounded
    async def submit(self, fixture: Fixture) -> Job:
        """A new job; every call makes its own.

        Raises:
            ProblemError: too many jobs wait already.
        """
        depth = await self.depth()
        if depth >= self.settings.queue_limit:
            limit = self.settings.queue_limit
            detail = f"expected fewer than {limit} waiting jobs, found {depth}: try again later"
            raise ProblemError("queue-full", detail, headers={"retry-after": "5"})
        job = Job(secrets.token_urlsafe(16), "queued", fixture, self._clock.now())
        life = self.settings.job_ttl_seconds
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_job_key(job.id), msgspec.json.encode(job), ex=life)
            pipe.set(_tombstone_key(job.id), b"", ex=life + self.settings.job_memory_seconds)
            pipe.hincrby(COUNTS, job.status, 1)
            await pipe.execute()
        await self._redis.enqueue_job(TASK, _job_id=job.id, _expires=life)
        return job

    @bounded
    async def find(self, job_id: str) -> Job:
        """The job as it is now.

        Raises:
            ProblemError: there never was such a job, or it has expired.
        """
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(_job_key(job_id))
            pipe.exists(job_key_prefix + job_id)
            pipe.exists(_tombstone_key(job_id))
            record, queued, expired = await pipe.execute()
        if record is None:
            if expired:
                life = self.settings.job_ttl_seconds
                raise ProblemError("expired-job", f"job {job_id} is older than {life} s: post the fixture again")
            raise ProblemError("unknown-job", f"expected the id of a job, found {job_id!r}")
        job = msgspec.json.decode(record, type=Job)
        if job.status in OPEN and not queued:
            # the queue gave it up: its worker was lost or it ran out of time, as often as it may be tried
            failure = Failure("abandoned", "the worker was lost before it finished the job: post the fixture again")
            return msgspec.structs.replace(job, status="failed", failure=failure)
        return job

    async def wait(self, job: Job, seconds: float) -> Job:
        """The job when it has ended, or as it is after that time; needs `listen` to run."""
        ended = self._waiting.setdefault(job.id.encode(), asyncio.Event())
        try:
            deadline = time.monotonic() + seconds
            # it may have ended before we began to wait, or while the channel was being connected again
            while (job := await self.find(job.id)).status in OPEN and (left := deadline - time.monotonic()) > 0:
                with suppress(asyncio.TimeoutError):
                    async with asyncio.timeout(min(left, LOOK_SECONDS)):
                        await ended.wait()
            return job
        finally:
            del self._waiting[job.id.encode()]

    async def start(self, job_id: str) -> Job | None:
        """The job, now running; None for one that has ended or expired: delivery is at least once."""
        record = await self._redis.get(_job_key(job_id))
        job = None if record is None else msgspec.json.decode(record, type=Job)
        if job is None or job.status not in OPEN:
            return None
        return await self._set_status(job, "running")

    async def finish(self, job: Job, result: OnDemandForecast) -> None:
        """The job has its forecast."""
        await self._set_status(msgspec.structs.replace(job, result=result), "done")

    async def fail(self, job: Job, failure: Failure) -> None:
        """The job has none, and why."""
        await self._set_status(msgspec.structs.replace(job, failure=failure), "failed")

    async def _set_status(self, job: Job, status: Status) -> Job:
        job = msgspec.structs.replace(job, status=status)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_job_key(job.id), msgspec.json.encode(job), xx=True, keepttl=True)
            pipe.hincrby(COUNTS, status, 1)
            if status not in OPEN:
                pipe.publish(ENDED, job.id)
            await pipe.execute()
        return job

    @bounded
    async def depth(self) -> int:
        """Jobs that wait or run."""
        return int(await self._redis.zcard(QUEUE))

    @bounded
    async def counts(self) -> dict[str, int]:
        """How many jobs ever came to each status."""
        counts = await cast(Awaitable[dict[bytes, bytes]], self._redis.hgetall(COUNTS))
        return {status.decode(): int(count) for status, count in counts.items()}

    @bounded
    async def worker_heartbeat(self) -> str | None:
        """The newest health record of a worker; None when it has expired."""
        record = await self._redis.get(HEALTH)
        return None if record is None else record.decode()

    async def listen(self) -> None:
        """Wake the requests that wait for a job as soon as it has ended, until cancelled."""
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(ENDED)
                    while True:
                        message = await channel.get_message(timeout=LISTEN_SECONDS)
                        ended = message and self._waiting.get(message["data"])
                        if ended:
                            ended.set()
            except (RedisError, OSError):
                await asyncio.sleep(LISTEN_SECONDS)  # `wait` looks at its job again every LOOK_SECONDS


def _job_key(job_id: str) -> str:
    return f"soccer:job:{job_id}"


def _tombstone_key(job_id: str) -> str:
    return f"soccer:job-memory:{job_id}"
