"""Decisions on links of events to matches: each is a job that runs `soccer links`."""

from typing import Any

import msgspec
from litestar import Controller, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from serving.api.forecasts import accepted
from serving.api.jobs import SUBMITTED
from serving.api.problems import ProblemError
from serving.api.responses import ApiRequest
from serving.jobs.contracts import Job, LinkDecision, LinkPayload, UndoPayload
from serving.jobs.queue import JobQueue
from serving.security import client_of


class LinkController(Controller):
    """`/links/{event_id}/decisions` and `/link-decisions/{decision_id}`."""

    tags = ("links",)
    opt = {"scope": "operate"}  # noqa: RUF012

    @post("/links/{event_id:str}/decisions", status_code=202, responses=SUBMITTED)
    async def decide(
        self,
        request: ApiRequest,
        event_id: FromPath[str],
        data: JSONBody[LinkDecision],
        queue: NamedDependency[JobQueue],
    ) -> Response[Any]:
        """Accept or reject the link of an event; the job says what was decided and how to undo it."""
        fields = {"kind": "links", "event_id": event_id, **msgspec.structs.asdict(data)}
        return accepted(await _submit(fields, request, queue))

    @delete("/link-decisions/{decision_id:int}", status_code=202, responses=SUBMITTED)
    async def undo(
        self, request: ApiRequest, decision_id: FromPath[int], queue: NamedDependency[JobQueue]
    ) -> Response[Any]:
        """Undo a decision: it is as if it had never been made."""
        return accepted(await _submit({"kind": "undo", "decision_id": decision_id}, request, queue))


async def _submit(fields: dict[str, Any], request: ApiRequest, queue: JobQueue) -> Job:
    """Queue a job whose payload is in part of the path, which is not bounded yet.

    Raises:
        ProblemError: what the path names cannot be an id; or as `JobQueue.submit`.
    """
    try:
        payload = msgspec.convert(fields, LinkPayload | UndoPayload)
    except msgspec.ValidationError as error:
        raise ProblemError("invalid-request", str(error)) from None
    job, _ = await queue.submit(payload, client_of(request.scope).id)
    return job
