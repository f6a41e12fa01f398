"""The worker runs the jobs of the queue and follows the champion; `python -m serving.worker` starts one.

Any number may run. A job may be delivered more than once, so a job that has ended is not run again. A fixture that
cannot be forecast fails its job with the reason; any other error fails it as internal and is logged in full.
"""

import asyncio
import calendar
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any, cast

from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from redis.exceptions import WatchError

from serving.contracts import Failure, Job
from serving.jobs import HEALTH, QUEUE, TASK, JobQueue, connect
from serving.predictor import Predictor, Registry
from serving.redis_server import embedded_redis
from serving.settings import ServingSettings
from soccer_assets.clock import Clock
from soccer_assets.errors import ForecastRefusedError
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake

logger = logging.getLogger(__name__)


class WorkerMetrics:
    """The Prometheus metrics of one worker."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.jobs = Counter("soccer_worker_jobs", "jobs ended", ["status"], registry=self.registry)
        self.seconds = Histogram("soccer_worker_forecast_seconds", "time to forecast", registry=self.registry)
        self.failures = Counter("soccer_worker_refresh_failures", "failed refreshes", registry=self.registry)
        self.champion = Gauge("soccer_worker_champion", "1 for the model in use", ["version"], registry=self.registry)
        self.as_of = Gauge("soccer_worker_as_of_timestamp_seconds", "newest match date known", registry=self.registry)


class ForecastTasks:
    """Runs the jobs of one worker process."""

    def __init__(self, predictor: Predictor, queue: JobQueue, follow_seconds: float) -> None:
        self.metrics = WorkerMetrics()
        self._predictor = predictor
        self._queue = queue
        self._pause = follow_seconds
        self._following: asyncio.Task[None] | None = None

    async def open(self, ctx: dict[Any, Any]) -> None:
        """Load the champion and the teams, then follow them."""
        await self._refresh()
        self._following = asyncio.create_task(self._follow(), name="champion")

    async def close(self, ctx: dict[Any, Any]) -> None:
        """Stop following."""
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    async def forecast(self, ctx: dict[Any, Any]) -> None:
        """Run one job to its end."""
        job = await self._queue.start(ctx["job_id"])
        if job is None:
            return
        began = time.perf_counter()
        try:
            result = await asyncio.to_thread(self._predictor.forecast, job.fixture)
        except ForecastRefusedError as refusal:
            await self._fail(job, Failure(refusal.reason, str(refusal), list(refusal.known)))
        except Exception:
            logger.exception("job %s failed: %s", job.id, job.fixture)
            await self._fail(job, Failure("internal", "the worker failed; the cause is in its log"))
        else:
            await self._queue.finish(job, result)
            self.metrics.jobs.labels("done").inc()
            self.metrics.seconds.observe(time.perf_counter() - began)

    async def _fail(self, job: Job, failure: Failure) -> None:
        await self._queue.fail(job, failure)
        self.metrics.jobs.labels("failed").inc()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            await self._refresh()

    async def _refresh(self) -> None:
        try:
            changed = await asyncio.to_thread(self._predictor.refresh)
        except Exception:
            # the registry or the lake may fail in any way; what was loaded stays in use
            self.metrics.failures.inc()
            logger.exception("the champion or the matches cannot be read; the last ones stay")
            return
        if changed:
            self._report()

    def _report(self) -> None:
        champion, teams = self._predictor.champion, self._predictor.teams
        version = None if champion is None else champion.forecaster.version
        as_of = None if teams is None else teams.history.as_of
        logger.info("forecasting with model %s as of %s", version, as_of)
        self.metrics.champion.clear()
        if version is not None:
            self.metrics.champion.labels(version).set(1)
        if as_of is not None:
            self.metrics.as_of.set(calendar.timegm(as_of.timetuple()))


class RetryingWorker(Worker):
    """arq's worker, which survives a restart of Redis."""

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start the jobs; one that Redis lost in the meantime is left for the next poll."""
        try:
            await super().start_jobs(job_ids)
        except WatchError:
            self._release_sem_dec_counter_on_complete()  # arq does not release the slot of that job


def create_worker(
    settings: Settings, serving: ServingSettings, registry: Registry, *, handle_signals: bool = True
) -> Worker:
    """An arq worker on `settings.redis_url`; call it in the event loop that is to run the worker."""
    redis = connect(settings.redis_url, serving, retry=True)
    predictor = Predictor(Lake(settings.lake), registry, serving.horizon_days)
    tasks = ForecastTasks(predictor, JobQueue(redis, serving, Clock.of(settings)), serving.follow_seconds)
    if serving.worker_metrics_port:
        start_http_server(serving.worker_metrics_port, serving.host, tasks.metrics.registry)
    return RetryingWorker(
        functions=[func(cast(WorkerCoroutine, tasks.forecast), name=TASK)],
        redis_pool=redis,
        queue_name=QUEUE,
        health_check_key=HEALTH,
        health_check_interval=serving.beat_seconds,
        poll_delay=serving.poll_seconds,
        max_jobs=serving.worker_jobs,
        max_tries=serving.job_tries,
        job_timeout=serving.job_timeout_seconds,
        job_completion_wait=serving.shutdown_seconds,
        keep_result=0,
        on_startup=tasks.open,
        on_shutdown=tasks.close,
        handle_signals=handle_signals,
        job_serializer=redis.job_serializer,
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
    logging.basicConfig(level=serving.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # a model is a small file
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # contexts are left even before arq handles the signals

    async def work(url: str) -> None:
        from soccer_assets.models.champion.registry import Registry

        await run(create_worker(replace(settings, redis_url=url), serving, Registry(settings)))

    with embedded_redis(settings) as url:
        asyncio.run(work(url))


if __name__ == "__main__":
    main()
