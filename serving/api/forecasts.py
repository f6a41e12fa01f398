"""Forecasts on demand: posted as fixtures, made by a worker, read as jobs."""

from typing import Any, Literal

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.types import Middleware

from serving.api.metrics import Metrics
from serving.api.problems import documented, refusal
from serving.contracts import Fixture, Job, OnDemandForecast
from serving.jobs import JobQueue
from serving.settings import ServingSettings
from serving.snapshot.refresher import Feed

RATES = "rates"
_ACCEPTED = {202: ResponseSpec(Job, False, "not made yet: read the job at Location")}
_REFUSALS = (409, 422, 429, 500, 503)
_PROBLEMS = {status: spec for status, spec in documented(Job, *_REFUSALS).items() if status != 200}


@post(
    "/",
    status_code=200,
    tags=["forecasts on demand"],
    responses=documented(OnDemandForecast, *_REFUSALS) | _ACCEPTED,
)
async def forecast(
    data: JSONBody[Fixture],
    feed: NamedDependency[Feed],
    queue: NamedDependency[JobQueue],
    metrics: NamedDependency[Metrics],
    serving: NamedDependency[ServingSettings],
) -> Response[Any]:
    """Forecast a fixture now; when that takes too long, 202 and the job to ask for later."""
    job = await _submit(data, feed, queue)
    job = await queue.wait(job, serving.wait_seconds)
    metrics.on_demand.labels(job.status).inc()
    if job.failure is not None:
        raise refusal(job.failure.reason, job.failure.detail, job.failure.known)
    return _accepted(job) if job.result is None else Response(job.result)


@post("/jobs", status_code=202, tags=["forecasts on demand"], responses=_PROBLEMS | _ACCEPTED)
async def submit(
    data: JSONBody[Fixture], feed: NamedDependency[Feed], queue: NamedDependency[JobQueue]
) -> Response[Any]:
    """Queue a fixture to be forecast; the job is read at Location."""
    return _accepted(await _submit(data, feed, queue))


@get("/jobs/{job_id:str}", tags=["forecasts on demand"], responses=documented(Job, 404, 410, 503))
async def job(job_id: FromPath[str], queue: NamedDependency[JobQueue]) -> Job:
    """A job: queued, running, done with its result, or failed with its failure."""
    return await queue.find(job_id)


async def _submit(fixture: Fixture, feed: Feed, queue: JobQueue) -> Job:
    matches = feed.snapshot.matches
    if len(matches.rows):
        matches.clubs.pair(fixture)  # refused here, a fixture never enters the queue
    return await queue.submit(fixture)


def _accepted(job: Job) -> Response[Any]:
    return Response(job, status_code=202, headers={"location": f"/jobs/{job.id}", "retry-after": "1"})


def limits(serving: ServingSettings) -> list[Middleware]:
    """A limit on what each client puts in the queue, counted in Redis; none unless one is set."""
    if not serving.forecasts_per_minute:
        return []
    rate: tuple[Literal["minute"], int] = ("minute", serving.forecasts_per_minute)
    return [RateLimitConfig(rate, check_throttle_handler=_queues, store=RATES).middleware]


async def _queues(request: Request[Any, Any, Any]) -> bool:
    return request.method == HttpMethod.POST
