"""The worker runs the jobs of the queue and follows the champion; `python -m serving.worker` starts one.

Any number may run. A job may be delivered more than once, so a job that has ended is not run again. A fixture that
cannot be forecast fails its job with the reason; any other error fails it as internal and is logged in full.
"""

import asyncio
import logging
import math
import secrets
import signal
import sys
import time
from contextlib import suppress
from typing import Any, cast

import msgspec
from arq.constants import in_progress_key_prefix, job_key_prefix
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from msgspec.structs import replace
from prometheus_client import start_http_server

from serving.jobs.connection import CANCELLED, QUEUE, QUEUED, Store, connect, listen
from serving.jobs.contracts import Failure
from serving.jobs.forecast_log import ForecastLog
from serving.jobs.queue import FORECAST, RUN, WORKERS
from serving.jobs.states import JobStates
from serving.jobs.tasks import JobTasks
from serving.logs import log_to_stderr
from serving.model_versions import Models
from serving.predictor import Predictor
from serving.redis_server import embedded_redis
from serving.settings import ServingSettings
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake

WORKER_PREFIX = "soccer:worker:"
#: A worker or the hold on a job is given up after this many missed heartbeats.
MISSED_BEATS = 3

logger = logging.getLogger(__name__)


class NotifiedWorker(Worker):
    """arq's worker, woken when a job is queued, and again when one of all its places is free.

    It takes all jobs it has places for in one round trip. While it runs a job it renews its hold on it with each
    heartbeat, so that the jobs of a worker that was lost are soon delivered again.
    """

    def __init__(
        self, tasks: JobTasks, states: JobStates, redis: Store, serving: ServingSettings, **options: Any
    ) -> None:
        name = WORKER_PREFIX + secrets.token_urlsafe(6)
        super().__init__(redis_pool=redis, poll_delay=0, health_check_key=name, **options)
        self._jobs, self._states, self._serving = tasks, states, serving
        self._wake = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._beat_at = -math.inf
        self._model_version: str | None = None

    async def main(self) -> None:
        """Listen to the channels and work until stopped."""
        handlers = {QUEUED: lambda _: self._wake.set(), CANCELLED: self._jobs.cancel}
        self._listening = asyncio.create_task(listen(cast(Store, self.pool), handlers), name="channels")
        try:
            await super().main()
        finally:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening

    async def _poll_iteration(self) -> None:
        self._wake.clear()  # a job that is queued while arq looks wakes it again
        await super()._poll_iteration()
        with suppress(asyncio.TimeoutError):
            async with asyncio.timeout(self._serving.poll_seconds):
                await self._wake.wait()

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Take the jobs that no other worker has; those that cannot be read are thrown out."""
        waiting = [job_id for job_id in job_ids if job_id.decode(errors="replace") not in self.tasks]
        waiting = waiting[: self.max_jobs - self.job_counter]
        if not waiting:
            return
        async with self.pool.pipeline(transaction=False) as pipe:
            for job_id in waiting:
                pipe.set(in_progress_key_prefix.encode() + job_id, b"1", nx=True, px=self._hold_ms)
                pipe.zscore(self.queue_name, job_id)
                pipe.get(job_key_prefix.encode() + job_id)
            answers = await pipe.execute(raise_on_error=False)
        for job_id, taken, score, message in zip(waiting, answers[::3], answers[1::3], answers[2::3], strict=True):
            if taken is not True:
                continue  # another worker has it
            if not isinstance(score, float):  # it ended between two looks
                await self.pool.delete(in_progress_key_prefix.encode() + job_id)
            elif not _readable(job_id, message):
                await self._throw_out(job_id)
            else:
                self.job_counter += 1
                await self.sem.acquire()
                name = job_id.decode()
                self.tasks[name] = task = self.loop.create_task(self.run_job(name, int(score)))
                task.add_done_callback(lambda _: self._release_sem_dec_counter_on_complete())

    async def record_health(self) -> None:
        """Give a sign of life and renew the hold on running jobs: with each heartbeat, and when the model changed."""
        now, state = time.monotonic(), self._jobs.state(self.health_check_key.removeprefix(WORKER_PREFIX))
        if now < self._beat_at + self._serving.beat_seconds and state.model_version == self._model_version:
            return
        self._beat_at, self._model_version = now, state.model_version
        async with self.pool.pipeline(transaction=False) as pipe:
            pipe.sadd(WORKERS, self.health_check_key)
            pipe.set(self.health_check_key, msgspec.json.encode(state), px=self._hold_ms)
            for name in self.job_tasks:
                pipe.pexpire(in_progress_key_prefix + name, self._hold_ms)
            await pipe.execute()

    @property
    def _hold_ms(self) -> int:
        return int(MISSED_BEATS * 1000 * self._serving.beat_seconds)

    def _release_sem_dec_counter_on_complete(self) -> None:
        if self.job_counter >= self.max_jobs:
            self._wake.set()  # others may wait for the place
        super()._release_sem_dec_counter_on_complete()

    async def _throw_out(self, job_id: bytes) -> None:
        logger.warning("job %r cannot be read and is thrown out of the queue", job_id)
        async with self.pool.pipeline(transaction=True) as pipe:
            pipe.zrem(self.queue_name, job_id)
            pipe.delete(*(prefix.encode() + job_id for prefix in (in_progress_key_prefix, job_key_prefix)))
            await pipe.execute()
        failure = Failure("unreadable", "what the queue held of the job cannot be read: post it again")
        await self._states.fail(job_id.decode(errors="replace"), failure)


def _readable(job_id: bytes, message: object) -> bool:
    """Whether arq can read the message of the job; one that has expired is left to it."""
    if message is None:
        return True
    try:
        job_id.decode()
        fields = msgspec.msgpack.decode(cast(bytes, message))
        return bool(fields["f"] in (FORECAST, RUN) and fields["a"] == [] and fields["k"] == {} and fields["et"] >= 0)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, KeyError, IndexError):
        return False


def create_worker(
    settings: Settings, serving: ServingSettings, models: Models, *, handle_signals: bool = True
) -> Worker:
    """An arq worker on `settings.redis_url`; call it in the event loop that is to run the worker."""
    redis = connect(settings.redis_url, serving, retry=True)
    lake, clock = Lake(settings.lake, serving.storage_seconds), Clock.from_settings(settings)
    predictor = Predictor(lake, models, serving.horizon_days, serving.challenger_share)
    states = JobStates(redis, clock)
    tasks = JobTasks(predictor, states, ForecastLog(lake, clock), serving.follow_seconds)
    if serving.worker_metrics_port:
        start_http_server(serving.worker_metrics_port, serving.host, tasks.metrics.registry)
    work = cast(WorkerCoroutine, tasks.work)
    return NotifiedWorker(
        tasks,
        states,
        redis,
        serving,
        functions=[
            func(work, name=FORECAST, max_tries=serving.job_tries),
            func(work, name=RUN, timeout=serving.run_seconds, max_tries=1),
        ],
        queue_name=QUEUE,
        max_jobs=serving.worker_jobs,
        job_timeout=serving.job_timeout_seconds,
        job_completion_wait=serving.shutdown_seconds,
        keep_result=0,
        on_startup=tasks.open,
        on_shutdown=tasks.close,
        handle_signals=handle_signals,
        job_serializer=lambda _: b"",  # arq's results are not kept
        job_deserializer=redis.job_deserializer,
    )


async def run(worker: Worker) -> None:
    """Work until a signal or a cancellation; jobs in progress may finish, connections are closed."""
    try:
        with suppress(asyncio.CancelledError):
            await worker.async_run()
    finally:
        if worker.tasks:
            await asyncio.wait(worker.tasks.values())
            worker.tasks.clear()  # arq stops closing its resources at a cancelled task
        # before Python 3.11.3 asyncio.timeout in a cancelled task raises that cancellation
        await asyncio.create_task(worker.close())


def main() -> None:
    """Run a worker until it is stopped by a signal."""
    settings, serving = Settings.read(), ServingSettings.read()
    log_to_stderr(serving.log_level, settings.log_format)
    logging.getLogger("arq.worker").setLevel(logging.WARNING)  # it writes two lines for each job
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # contexts are left even before arq handles the signals

    async def work(url: str) -> None:
        from soccer_assets.models.champion.stored_models import StoredModels

        models = StoredModels(Lake(settings.lake, serving.storage_seconds))
        await run(create_worker(replace(settings, redis_url=url), serving, models))

    with embedded_redis(settings) as url:
        asyncio.run(work(url))


if __name__ == "__main__":
    main()
