"""What a worker does with each kind of job, and what it says of itself."""

import asyncio
import calendar
import logging
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import polars as pl
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from serving.jobs.batching import ForecastBatcher
from serving.jobs.contracts import (
    BatchPayload,
    Failure,
    ForecastList,
    ForecastPayload,
    OnDemandForecast,
    Payload,
    Result,
    RunPayload,
    SeasonPayload,
    WorkerState,
)  # fmt: skip
from serving.jobs.forecast_log import ForecastLog
from serving.jobs.runs import run_platform
from serving.jobs.states import JobStates
from serving.predictor import Predictor
from soccer_assets.predictions.coupons.schema import Accumulator, Pool
from soccer_assets.settings import Clock

logger = logging.getLogger(__name__)
#: Fixtures of a batch at a time: between them other jobs come in, and the batch can be cancelled.
CHUNK = 100
#: Exit codes of a run that did what it should: 3 is a model that was made and refused.
DONE = (0, 3)
INTERNAL = Failure("internal", "the worker failed; the cause is in its log")
T = TypeVar("T")


class WorkerMetrics:
    """The Prometheus metrics of one worker."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.jobs = Counter("soccer_worker_jobs", "jobs ended", ["status"], registry=self.registry)
        self.seconds = Histogram("soccer_worker_forecast_seconds", "time to forecast", registry=self.registry)
        self.failures = Counter("soccer_worker_refresh_failures", "failed refreshes", registry=self.registry)
        self.champion = Gauge("soccer_worker_champion", "1 for the model in use", ["version"], registry=self.registry)
        self.as_of = Gauge("soccer_worker_as_of_timestamp_seconds", "newest match date known", registry=self.registry)


class JobTasks:
    """Runs the jobs of one worker process, and follows the champion and the matches meanwhile."""

    def __init__(self, predictor: Predictor, states: JobStates, log: ForecastLog, follow_seconds: float) -> None:
        self.metrics = WorkerMetrics()
        self._predictor = predictor
        self._states = states
        self._log = log
        self._pause = follow_seconds
        self._batcher = ForecastBatcher(predictor.forecast)
        self._following: asyncio.Task[None] | None = None
        self._running: dict[str, asyncio.Task[Any]] = {}
        self._done = self._failed = 0

    async def open(self, ctx: dict[Any, Any]) -> None:
        """Load the champion and the teams, make a first forecast of each league, then follow them."""
        await self._refresh()
        self._following = asyncio.create_task(self._follow(), name="champion")

    async def close(self, ctx: dict[Any, Any]) -> None:
        """Stop following."""
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following
        await self._write_log()

    def cancel(self, job_id: bytes) -> None:
        """Stop a job that runs here: the handler of the channel of cancelled jobs."""
        task = self._running.get(job_id.decode(errors="replace"))
        if task is not None:
            task.cancel()

    async def work(self, ctx: dict[Any, Any]) -> None:
        """Run one job to its end."""
        job_id: str = ctx["job_id"]
        began = time.perf_counter()
        started = await self._states.start(job_id)
        if started is None:
            return
        client, payload = started
        try:
            ended = await self._cancellable(job_id, self._result(job_id, client, payload))
        except Exception:
            logger.exception("job %s failed: %s", job_id, payload)
            ended = INTERNAL
        if isinstance(ended, Failure):
            await self._states.fail(job_id, ended)
        elif ended is not None:
            await self._states.finish(job_id, ended)
        status = "cancelled" if ended is None else "failed" if isinstance(ended, Failure) else "done"
        self._done += status == "done"
        self._failed += status == "failed"
        self.metrics.jobs.labels(status).inc()
        logger.info("job %s: %s after %.3f s", payload.__struct_config__.tag, status, time.perf_counter() - began)

    def state(self, worker_id: str) -> WorkerState:
        """What the worker says of itself."""
        champion, teams = self._predictor.champion, self._predictor.teams
        return WorkerState(
            id=worker_id,
            beat_at=Clock().now(),  # the machine's: other processes read it
            model_version=None if champion is None or teams is None else champion.forecaster.version,
            challenger_version=self._predictor.challenger,
            as_of=None if teams is None else teams.history.as_of,
            running=len(self._running),
            done=self._done,
            failed=self._failed,
        )

    async def _result(self, job_id: str, client: str, payload: Payload) -> Result | Failure:
        began = time.perf_counter()
        match payload:
            case ForecastPayload():
                (answer,) = await self._batcher.forecast([payload])
                self.metrics.seconds.observe(time.perf_counter() - began)
                self._note([answer])
                return answer
            case BatchPayload(fixtures=fixtures):
                answers = []
                for start in range(0, len(fixtures), CHUNK):
                    answers += await self._batcher.forecast(fixtures[start : start + CHUNK])
                    if not await self._states.report(job_id, len(answers), len(fixtures)):
                        raise asyncio.CancelledError
                self._note(answers)
                return ForecastList(answers)
            case Accumulator() | Pool():
                return await asyncio.to_thread(self._predictor.price, payload)
            case SeasonPayload():
                return await asyncio.to_thread(self._predictor.season, payload)
            case _:
                return await self._run(job_id, client, payload)

    async def _run(self, job_id: str, client: str, payload: RunPayload) -> Result | Failure:
        async def report(done: int, total: int, run_ids: Sequence[str]) -> bool:
            return await self._states.report(job_id, done, total, run_ids)

        result = await run_platform(payload.arguments, client, report)
        if result.exit_code in DONE:
            return result
        return Failure("run-failed", f"exit code {result.exit_code}: " + "\n".join(result.output))

    async def _cancellable(self, job_id: str, work: Coroutine[Any, Any, T]) -> T | None:
        """What the work returns; None where the job was cancelled."""
        task = self._running[job_id] = asyncio.create_task(work)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:  # the worker stops
            task.cancel()
            await asyncio.wait([task])
            raise
        finally:
            del self._running[job_id]
        return None if task.cancelled() else task.result()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            await self._refresh()
            await self._write_log()

    async def _refresh(self) -> None:
        try:
            changed = await asyncio.to_thread(self._predictor.refresh)
        except (Exception, pl.exceptions.PanicException):
            # the lake may fail in any way; what was loaded stays in use
            self.metrics.failures.inc()
            logger.exception("the champion or the matches cannot be read; the last ones stay")
            return
        if changed:
            self._report()

    def _note(self, answers: Sequence[OnDemandForecast | Failure]) -> None:
        if self._predictor.challenger is not None:  # without one there is nothing to compare
            self._log.note(answers)

    async def _write_log(self) -> None:
        try:
            await asyncio.to_thread(self._log.write)
        except Exception:
            # the lake may fail in any way; what was noted is kept and written with the next look
            logger.exception("the forecasts on demand cannot be written; they are kept until they can")

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
