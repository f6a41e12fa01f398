"""Jobs: forecasts and runs of the platform that a client asks for now and reads later."""

import re
from typing import Annotated, Any

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.response import ServerSentEvent

from serving.api.forecasts import ACCEPTED, RETRY_SECONDS, accepted
from serving.api.problems import OF_BODY, ProblemError, problem_responses
from serving.api.responses import ApiRequest
from serving.jobs.contracts import (
    BackfillPayload,
    ForecastPayload,
    Job,
    JobEvent,
    JobList,
    OnDemandPayload,
    Payload,
    PredictPayload,
)  # fmt: skip
from serving.jobs.events import job_events
from serving.jobs.queue import JobQueue
from serving.jobs.states import OPEN
from serving.security import client_of
from serving.snapshot.snapshot import Snapshot

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="the same key and body give the same job, while it is kept; quoted or bare",
        pattern=r'^("[ -~]{1,255}"|[!#-~]([ -~]{0,253}[!-~])?)$',
    ),
]
LastEventId = Annotated[str | None, HeaderParameter(name="Last-Event-ID", description="id of the last event received")]
JobLimit = Annotated[int, QueryParameter(ge=1, le=100, description="jobs to return at most")]
SUBMITTED = ACCEPTED | {
    status: spec for status, spec in problem_responses(Job, *OF_BODY, 404, 409, 422).items() if status != 200
}
EVENTS = "text/event-stream"
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"')


class JobController(Controller):
    """`/jobs`."""

    path = "/jobs"
    tags = ("jobs",)
    opt = {"scope": "predict"}  # noqa: RUF012

    @post("/", status_code=202, operation_id="submit-job", responses=SUBMITTED)
    async def submit(
        self,
        request: ApiRequest,
        data: JSONBody[Payload],
        snapshot: NamedDependency[Snapshot],
        queue: NamedDependency[JobQueue],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """Queue a job, read at Location; all but forecasts, coupons and seasons run the platform, one at a time."""
        client = client_of(request.scope)
        if not isinstance(data, OnDemandPayload) and "operate" not in client.scopes:
            raise ProblemError("forbidden", "a run of the platform needs a key of the scope operate")
        if isinstance(data, BackfillPayload | PredictPayload) and data.last < data.first:
            raise ProblemError("empty-range", f"expected last on or after first, found {data.first} to {data.last}")
        if isinstance(data, ForecastPayload) and len(snapshot.matches):
            snapshot.matches.clubs.resolve(data, queue.settings.horizon_days)
        job, replayed = await queue.submit(data, client.id, _key(idempotency_key))
        response = accepted(job)
        if replayed:
            response.headers["idempotent-replayed"] = "true"
        return response

    @get("/", operation_id="jobs", responses=problem_responses(JobList))
    async def jobs(self, request: ApiRequest, queue: NamedDependency[JobQueue], limit: JobLimit = 50) -> JobList:
        """The client's own jobs that have not expired, newest first."""
        return JobList(list(await queue.newest(client_of(request.scope).id, limit)))

    @get("/{job_id:str}", operation_id="job", responses=problem_responses(Job, 404, 410))
    async def job(self, request: ApiRequest, job_id: FromPath[str], queue: NamedDependency[JobQueue]) -> Response[Job]:
        """A job: queued, running, done with its result, failed with its failure, or cancelled."""
        job = await queue.find(job_id, client_of(request.scope).id)
        return Response(job, headers={"retry-after": RETRY_SECONDS} if job.status in OPEN else None)

    @delete(
        "/{job_id:str}",
        status_code=200,
        operation_id="cancel-job",
        responses=problem_responses(Job, 404, 409, 410),
    )
    async def cancel(self, request: ApiRequest, job_id: FromPath[str], queue: NamedDependency[JobQueue]) -> Job:
        """Cancel a job that is queued or running."""
        return await queue.cancel(job_id, client_of(request.scope).id)

    @get(
        "/{job_id:str}/events",
        media_type=EVENTS,
        operation_id="job-events",
        responses=problem_responses(Job, 404, 410)
        | {200: ResponseSpec(JobEvent, False, "an event at each change of the job", EVENTS)},
    )
    async def events(
        self,
        request: ApiRequest,
        job_id: FromPath[str],
        queue: NamedDependency[JobQueue],
        last_event_id: LastEventId = None,
    ) -> ServerSentEvent:
        """The job at each change, as server-sent events: `progress`, and `end` as the last one; data is the job.

        The id of an event is the job's version: a client that comes back with it gets what is newer. A client that
        goes away cancels nothing.
        """
        job = await queue.find(job_id, client_of(request.scope).id)
        seen = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else 0
        headers = {"cache-control": "no-store"}  # X-Accel-Buffering is set by the framework
        return ServerSentEvent(job_events(queue, job, client_of(request.scope).id, seen), headers=headers)


def _key(header: str | None) -> str:
    """The idempotency key of a header, quoted or bare; empty where there is none."""
    if header is None:
        return ""
    quoted = _QUOTED.fullmatch(header)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header
