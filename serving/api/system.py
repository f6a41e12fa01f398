"""The state of the platform in figures: what `/health` says in words, and how fast the API answers."""

import statistics
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta
from redis.exceptions import RedisError

from serving.api.metrics import Metrics
from serving.api.problems import problem_responses
from serving.api.responses import ApiRequest, EncodedResponse
from serving.contracts import FailedCheck
from serving.jobs.contracts import WorkerState
from serving.jobs.queue import JobQueue
from serving.resources.answers import Answer
from serving.resources.cache import AnswerCache
from serving.resources.cached_reads import CachedReads, answer_figures
from serving.resources.formats import JSON
from serving.snapshot.refresher import Refresher
from serving.snapshot.view import Selection
from soccer_assets.settings import Clock

PERCENTILES = 20  # the last of nineteen cut points is the 95th percentile


class JobFigures(msgspec.Struct, frozen=True):
    """The queue and its workers."""

    waiting: Annotated[int, Meta(description="jobs that wait or run")]
    done: Annotated[int, Meta(description="jobs that ever had a result")]
    failed: Annotated[int, Meta(description="jobs that ever failed")]
    worker_alive: Annotated[bool, Meta(description="whether a worker gave a sign of life lately")]
    heartbeat_age_seconds: Annotated[float | None, Meta(description="time since that sign; null without one")]
    workers: Annotated[list[WorkerState], Meta(description="what each worker said of itself")]


class System(msgspec.Struct, frozen=True):
    """The state of the platform as this API process sees it."""

    uptime_seconds: Annotated[float, Meta(description="time since this process began")]
    tables: Annotated[dict[str, int | None], Meta(description="version of each table that is served; null without it")]
    snapshot_age_seconds: Annotated[float, Meta(description="time since the lake was last read without an error")]
    refresh_seconds: Annotated[float, Meta(description="time that the last change took to read")]
    cache_hit_rate: Annotated[
        float | None, Meta(description="share of cacheable answers that were not made anew; null before the first")
    ]
    model_version: Annotated[str | None, Meta(description="version of the champion; null without one")]
    predictions_today: Annotated[int, Meta(description="matches of today, in UTC, that have a forecast")]
    requests_timed: Annotated[int, Meta(description="newest requests that the next two figures are of")]
    mean_request_seconds: Annotated[float | None, Meta(description="mean time to answer; null before two requests")]
    p95_request_seconds: Annotated[float | None, Meta(description="95th percentile of that time")]
    failed_checks: Annotated[
        list[FailedCheck] | None, Meta(description="checks of the pipeline that failed last; null before the first")
    ]
    jobs: Annotated[JobFigures | None, Meta(description="null while Redis does not answer")]


@get("/system", tags=["health"], operation_id="system", responses=problem_responses(System))
async def system(
    request: ApiRequest,
    answers: NamedDependency[AnswerCache[Answer]],
    cached_reads: NamedDependency[CachedReads],
    clock: NamedDependency[Clock],
    metrics: NamedDependency[Metrics],
    queue: NamedDependency[JobQueue],
    refresher: NamedDependency[Refresher],
) -> EncodedResponse:
    """The state of the platform in figures."""
    snapshot, today = refresher.snapshot, clock.today()
    seconds = list(metrics.newest_seconds)
    timed = len(seconds) > 1
    hits = cached_reads.hits + answers.hits
    figures = System(
        uptime_seconds=metrics.uptime_seconds,
        tables={name: None if version is None else version.version for name, version in snapshot.versions.items()},
        snapshot_age_seconds=refresher.age,
        refresh_seconds=refresher.refresh_seconds,
        cache_hit_rate=hits / (hits + answers.misses) if hits + answers.misses else None,
        model_version=snapshot.champion.version if snapshot.champion else None,
        predictions_today=len(snapshot.forecasts.select(Selection(None, today, today))),
        requests_timed=len(seconds),
        mean_request_seconds=statistics.fmean(seconds) if timed else None,
        p95_request_seconds=statistics.quantiles(seconds, n=PERCENTILES)[-1] if timed else None,
        failed_checks=snapshot.failed_checks,
        jobs=await _jobs(queue),
    )
    return answer_figures(request, msgspec.json.encode(figures), JSON)


async def _jobs(queue: JobQueue) -> JobFigures | None:
    try:
        depth, counts, workers = await queue.depth(), await queue.counts(), await queue.workers()
    except RedisError:
        return None
    now = Clock().now()  # the machine's: the sign of life comes from another process
    age = min((max(0.0, (now - worker.beat_at).total_seconds()) for worker in workers), default=None)
    return JobFigures(depth, counts.get("done", 0), counts.get("failed", 0), bool(workers), age, workers)
