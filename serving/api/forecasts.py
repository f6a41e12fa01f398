"""Forecasts on demand: posted as fixtures, made by a worker while the client waits, or read as jobs."""

from typing import Any

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec.structs import asdict

from serving.api.metrics import Metrics
from serving.api.problems import OF_BODY, forecast_problem, problem_responses
from serving.api.responses import ApiRequest
from serving.jobs.contracts import (
    BatchPayload,
    ForecastBatch,
    ForecastList,
    ForecastPayload,
    ForecastRequest,
    Job,
    OnDemandForecast,
    OnDemandPayload,
)  # fmt: skip
from serving.jobs.queue import JobQueue
from serving.security import client_of
from serving.snapshot.snapshot import Snapshot

STATUSES = (*OF_BODY, 409, 422)
ACCEPTED = {202: ResponseSpec(Job, False, "not made yet: read the job at Location")}
RETRY_SECONDS = "1"


class ForecastController(Controller):
    """`/predictions` by POST."""

    tags = ("forecasts on demand",)
    opt = {"scope": "predict"}  # noqa: RUF012

    @post(
        "/predictions",
        status_code=200,
        operation_id="forecast",
        responses=problem_responses(OnDemandForecast, *STATUSES) | ACCEPTED,
    )
    async def forecast(
        self,
        request: ApiRequest,
        data: JSONBody[ForecastRequest],
        snapshot: NamedDependency[Snapshot],
        queue: NamedDependency[JobQueue],
        metrics: NamedDependency[Metrics],
    ) -> Response[Any]:
        """Forecast a fixture now; when that takes too long, 202 and the job to ask for later.

        With `prices` the answer has the market's line and the blend beside the model's.
        """
        if len(snapshot.matches):
            # a fixture that is refused here never enters the queue
            snapshot.matches.clubs.resolve(data, queue.settings.horizon_days)
        return await answer_of(ForecastPayload(**asdict(data)), request, queue, metrics)


class BatchController(Controller):
    """`/predictions/batch`."""

    tags = ("forecasts on demand",)
    opt = {"scope": "predict"}  # noqa: RUF012

    @post(
        "/predictions/batch",
        status_code=200,
        operation_id="forecast-batch",
        responses=problem_responses(ForecastList, *STATUSES) | ACCEPTED,
    )
    async def batch(
        self,
        request: ApiRequest,
        data: JSONBody[ForecastBatch],
        queue: NamedDependency[JobQueue],
        metrics: NamedDependency[Metrics],
    ) -> Response[Any]:
        """Forecast up to 500 fixtures now; when that takes too long, 202 and the job to ask for later.

        `items` are in the order of the fixtures: a forecast, or why there is none.
        """
        return await answer_of(BatchPayload(data.fixtures), request, queue, metrics)


async def answer_of(payload: OnDemandPayload, request: ApiRequest, queue: JobQueue, metrics: Metrics) -> Response[Any]:
    """The result of a job; or its failure as a problem; or the job itself when it has neither in time."""
    job = await queue.submit_and_wait(payload, client_of(request.scope).id, queue.settings.wait_seconds)
    metrics.on_demand.labels(job.status).inc()
    if job.failure is not None:
        problem = forecast_problem(job.failure.reason, job.failure.detail, job.failure.accepted)
        if problem.status_code in (409, 503):  # it may be made later
            problem.headers = {"retry-after": "5"}
        raise problem
    return accepted(job) if job.result is None else Response(job.result, status_code=200)


def accepted(job: Job) -> Response[Any]:
    """The job, where to read it, and when to look again."""
    headers = {"location": f"/jobs/{job.id}", "retry-after": RETRY_SECONDS}
    return Response(job, status_code=202, headers=headers)
