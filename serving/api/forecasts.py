"""Forecasts on demand: posted as fixtures, made by a worker, read as jobs."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from serving.api.metrics import Metrics
from serving.api.problems import forecast_problem, problem_responses
from serving.contracts import Fixture, Job, OnDemandForecast
from serving.jobs import JobQueue
from serving.settings import ServingSettings
from serving.snapshot.snapshot import Snapshot

_ACCEPTED = {202: ResponseSpec(Job, False, "not made yet: read the job at Location")}
_STATUSES = (409, 422, 429, 500, 503)
_PROBLEMS = {status: spec for status, spec in problem_responses(Job, *_STATUSES).items() if status != 200}


class ForecastController(Controller):
    """`/predictions` by POST, and `/jobs`."""

    tags = ("forecasts on demand",)

    @post(
        "/predictions",
        status_code=200,
        opt={"scope": "predict"},
        responses=problem_responses(OnDemandForecast, *_STATUSES) | _ACCEPTED,
    )
    async def forecast(
        self,
        data: JSONBody[Fixture],
        snapshot: NamedDependency[Snapshot],
        queue: NamedDependency[JobQueue],
        metrics: NamedDependency[Metrics],
        serving: NamedDependency[ServingSettings],
    ) -> Response[Any]:
        """Forecast a fixture now; when that takes too long, 202 and the job to ask for later."""
        job = await _submit(data, snapshot, queue)
        job = await queue.wait(job, serving.wait_seconds)
        metrics.on_demand.labels(job.status).inc()
        if job.failure is not None:
            raise forecast_problem(job.failure.reason, job.failure.detail, job.failure.known)
        return _accepted(job) if job.result is None else Response(job.result)

    @post("/predictions/jobs", status_code=202, opt={"scope": "predict"}, responses=_PROBLEMS | _ACCEPTED)
    async def submit(
        self, data: JSONBody[Fixture], snapshot: NamedDependency[Snapshot], queue: NamedDependency[JobQueue]
    ) -> Response[Any]:
        """Queue a fixture to be forecast; the job is read at Location."""
        return _accepted(await _submit(data, snapshot, queue))

    @get("/jobs/{job_id:str}", responses=problem_responses(Job, 404, 410, 503))
    async def job(self, job_id: FromPath[str], queue: NamedDependency[JobQueue]) -> Job:
        """A job: queued, running, done with its result, or failed with its failure."""
        return await queue.find(job_id)


async def _submit(fixture: Fixture, snapshot: Snapshot, queue: JobQueue) -> Job:
    if len(snapshot.matches):
        # a fixture that is refused here never enters the queue
        snapshot.matches.clubs.resolve(fixture, queue.settings.horizon_days)
    return await queue.submit(fixture)


def _accepted(job: Job) -> Response[Any]:
    return Response(job, status_code=202, headers={"location": f"/jobs/{job.id}", "retry-after": "1"})
