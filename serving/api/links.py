"""Decisions on links of events to matches: each is a job that runs `soccer links`."""

from typing import Annotated, Any

from litestar import Controller, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from serving.api.forecasts import accepted
from serving.api.jobs import SUBMITTED
from serving.api.responses import ApiRequest
from serving.jobs.contracts import (
    LONGEST_IDENTITY,
    MOST_DECISIONS,
    ONE_LINE,
    LinkDecision,
    LinkPayload,
    RunPayload,
    UndoPayload,
)  # fmt: skip
from serving.jobs.queue import JobQueue
from serving.security import client_of

EventId = Annotated[str, PathParameter(min_length=1, max_length=LONGEST_IDENTITY, pattern=ONE_LINE)]
DecisionId = Annotated[int, PathParameter(ge=1, le=MOST_DECISIONS)]


class LinkController(Controller):
    """`/links/{event_id}/decisions` and `/link-decisions/{decision_id}`."""

    tags = ("links",)
    opt = {"scope": "operate"}  # noqa: RUF012

    @post("/links/{event_id:str}/decisions", status_code=202, operation_id="decide-link", responses=SUBMITTED)
    async def decide(
        self, request: ApiRequest, event_id: EventId, data: JSONBody[LinkDecision], queue: NamedDependency[JobQueue]
    ) -> Response[Any]:
        """Accept or reject the link of an event; the job says what was decided and how to undo it."""
        return await _submit(LinkPayload(event_id, data), request, queue)

    @delete(
        "/link-decisions/{decision_id:int}", status_code=202, operation_id="undo-link-decision", responses=SUBMITTED
    )
    async def undo(
        self, request: ApiRequest, decision_id: DecisionId, queue: NamedDependency[JobQueue]
    ) -> Response[Any]:
        """Undo a decision: it is as if it had never been made."""
        return await _submit(UndoPayload(decision_id), request, queue)


async def _submit(payload: RunPayload, request: ApiRequest, queue: JobQueue) -> Response[Any]:
    job, _ = await queue.submit(payload, client_of(request.scope).id)
    return accepted(job)
