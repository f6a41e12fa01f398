"""Every error of the API as a problem document (RFC 9457).

`type` is stable and names the type of the problem; a GET of it explains the type. `title` belongs to the type, and
`detail` to the case. The reasons of `ForecastRefusedError` are types too, so a fixture is refused in the same words by
the API and by the worker.

Litestar's plugin sends the problems that a route raises. Other exceptions are converted here, because the plugin
converts them without the request, which their details need.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.plugins.problem_details import ProblemDetailsException, ProblemDetailsPlugin
from litestar.response import Template
from litestar.types import ExceptionHandlersMap, Scope, Send
from redis.exceptions import RedisError

from serving.api.responses import wants_page
from serving.contracts import FieldError, Problem, ProblemExplained
from serving.security.headers import PAGE_POLICY
from serving.snapshot.refresher import UnreadLakeError
from soccer_assets.errors import ForecastRefusedError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPES = "/problems/"
LONGEST_DETAIL = 1000
#: The most of a text of a client that a problem repeats.
LONGEST_ECHO = 100
#: A text as `repr` writes it in a detail, from its first quote on to what is beyond `LONGEST_ECHO`.
_LONG_ECHO = re.compile(
    rf"""(?P<start>(?P<quote>['"])(?:\\.|(?!(?P=quote))[^\\]){{{LONGEST_ECHO}}})(?:\\.|(?!(?P=quote))[^\\])+(?P=quote)"""
)


@dataclass(frozen=True)
class ProblemType:
    """A type of problem: the status it comes with and what it means."""

    status: int
    title: str


PROBLEM_TYPES: dict[str, ProblemType] = {
    "invalid-request": ProblemType(400, "The request cannot be read; `errors` lists what is wrong"),
    "unknown-parameter": ProblemType(400, "The request has a query parameter the route does not know"),
    "repeated-parameter": ProblemType(400, "The request has a query parameter more than once"),
    "unknown-host": ProblemType(400, "The API is not asked by this name"),
    "unauthorized": ProblemType(401, "A key is needed"),
    "forbidden": ProblemType(403, "The key does not allow this"),
    "cross-origin": ProblemType(403, "A page of another site asks for a change"),
    "not-found": ProblemType(404, "There is no such resource"),
    "unknown-match": ProblemType(404, "There is no such match, or no forecast of it"),
    "unknown-team": ProblemType(404, "There is no such club"),
    "unknown-model": ProblemType(404, "There is no such model"),
    "unknown-job": ProblemType(404, "There is no such job"),
    "no-champion": ProblemType(404, "No model has been promoted to champion yet"),
    "no-drift-report": ProblemType(404, "No drift report has been made yet"),
    "method-not-allowed": ProblemType(405, "The resource does not have this method"),
    "not-acceptable": ProblemType(406, "The resource has none of the forms that the client accepts"),
    "request-timeout": ProblemType(408, "The request took too long to come"),
    "model-missing": ProblemType(409, "No model can forecast yet"),
    "run-in-progress": ProblemType(409, "A run of the platform is in progress, and there may be but one"),
    "job-ended": ProblemType(409, "The job has ended and cannot be cancelled"),
    "expired-job": ProblemType(410, "The job is too old to be read"),
    "history-expired": ProblemType(410, "The tables are not kept so far back"),
    "content-too-large": ProblemType(413, "The body of the request is too large"),
    "address-too-long": ProblemType(414, "The path and query of the request are too long"),
    "unsupported-media-type": ProblemType(415, "The body of the request has a type the API does not read"),
    "unknown-cursor": ProblemType(422, "The cursor is not of this list"),
    "later-than-now": ProblemType(422, "What will be stored later cannot be read yet"),
    "empty-range": ProblemType(422, "The dates leave nothing between them"),
    "range-too-long": ProblemType(422, "The dates span more than one request may read"),
    "unknown-league": ProblemType(422, "The league is not known"),
    "league-without-matches": ProblemType(422, "The league has no matches to learn from"),
    "unknown-club": ProblemType(422, "The club is not known in this league"),
    "same-club": ProblemType(422, "A club cannot play itself"),
    "date-out-of-range": ProblemType(422, "The date is outside what can be forecast"),
    "unjudged-model": ProblemType(422, "No such model was ever judged"),
    "idempotency-key-reused": ProblemType(422, "The Idempotency-Key came with another body before"),
    "match-twice": ProblemType(422, "The coupon has a match or a selection twice"),
    "fixture-count": ProblemType(422, "The coupon has no match, or more than one coupon may have"),
    "unknown-selection": ProblemType(422, "There is no such market, selection or line"),
    "quarter-line": ProblemType(422, "A quarter line is not combined with other legs of its match"),
    "two-aims": ProblemType(422, "A system covers a probability or keeps to a budget, not both"),
    "price-too-low": ProblemType(422, "Nothing can be gained at the price"),
    "refused": ProblemType(422, "The fixture cannot be forecast"),
    "too-many-requests": ProblemType(429, "The client asks more often than it may"),
    "client-closed-request": ProblemType(499, "The client went away before its request was read"),
    "internal": ProblemType(500, "The server failed; the cause is in its log"),
    "lake-unreadable": ProblemType(503, "The lake has not been read since the start"),
    "queue-unavailable": ProblemType(503, "The job queue cannot be reached"),
    "no-worker": ProblemType(503, "No worker runs"),
    "queue-full": ProblemType(503, "Too many jobs are waiting"),
    "abandoned": ProblemType(503, "The worker was lost before it finished the job"),
}
#: Statuses of problems that any request may have: of the gate, or of a server that failed.
OF_ANY_REQUEST = (400, 401, 403, 414, 429, 500, 503)
#: Statuses of problems that a request with a body may have besides.
OF_BODY = (408, 413, 415)
#: The type of an exception of the framework, by its status.
_BY_STATUS = {400: "invalid-request", 404: "not-found", 405: "method-not-allowed", 413: "content-too-large",
              429: "too-many-requests"}  # fmt: skip


class ProblemError(ProblemDetailsException):
    """An answer that is a problem of one of the `PROBLEM_TYPES`; `known` lists what would have been accepted."""

    def __init__(
        self,
        problem_type: str,
        detail: str,
        *,
        accepted: Sequence[str] = (),
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        definition = PROBLEM_TYPES[problem_type]
        super().__init__(
            detail=shorten_echoes(detail),
            status_code=definition.status,
            type_=TYPES + problem_type,
            title=definition.title,
            headers=None if headers is None else dict(headers),
        )
        self.accepted = list(accepted)
        self.errors = list(errors)

    def document(self, scope: Scope) -> Problem:
        """The problem as clients get it."""
        return Problem(
            type=str(self.type_),
            title=str(self.title),
            status=self.status_code,
            detail=self.detail,
            instance=scope["path"][:LONGEST_ECHO],
            errors=self.errors,
            accepted=self.accepted,
            request_id=scope["state"].get("request_id", ""),
        )

    def to_response(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """The problem document, to a browser as a page; the plugin sends it."""
        document, headers = self.document(request.scope), {**(self.headers or {}), "vary": "accept"}
        if wants_page(request.scope):
            context, headers = {"problem": document}, headers | {"content-security-policy": PAGE_POLICY}
            return Template("problem.html", context=context, status_code=self.status_code, headers=headers)
        return Response(document, status_code=self.status_code, media_type=MEDIA_TYPE, headers=headers)


def shorten_echoes(detail: str) -> str:
    """A detail in which no text of the client, quoted by `repr`, is longer than `LONGEST_ECHO` characters."""
    return _LONG_ECHO.sub(r"\g<start>…\g<quote>", detail)[:LONGEST_DETAIL]


async def send_problem(scope: Scope, send: Send, problem: ProblemError) -> None:
    """Answer a request that reaches no route with a problem document."""
    body = msgspec.json.encode(problem.document(scope))
    fixed = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **(problem.headers or {})}
    headers = [(name.encode(), value.encode()) for name, value in fixed.items()]
    await send({"type": "http.response.start", "status": problem.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def problem_responses(content: Any, *statuses: int) -> dict[int, ResponseSpec]:
    """What a route answers, for the description of the API: its content, or a problem, any request's or its own."""
    problems = {
        status: ResponseSpec(Problem, False, HTTPStatus(status).phrase, MEDIA_TYPE)
        for status in sorted({*OF_ANY_REQUEST, *statuses})
    }
    return {200: ResponseSpec(content, False, "OK"), **problems}


@get(
    "/problems/{kind:str}",
    tags=["problems"],
    operation_id="problem-type",
    responses=problem_responses(ProblemExplained, 404),
    sync_to_thread=False,
)
def problem_kind(kind: FromPath[str]) -> ProblemExplained:
    """What a kind of problem means."""
    problem_type = PROBLEM_TYPES.get(kind)
    if problem_type is None:
        raise ProblemError("not-found", f"expected a kind of problem, found {kind!r}", accepted=sorted(PROBLEM_TYPES))
    return ProblemExplained(TYPES + kind, problem_type.title, problem_type.status)


def forecast_problem(reason: str, detail: str, accepted: Sequence[str]) -> ProblemError:
    """A refused or failed forecast; a reason without a type of its own is a plain refusal."""
    return ProblemError(reason if reason in PROBLEM_TYPES else "refused", detail, accepted=accepted)


def problem_of(request: Request[Any, Any, Any], error: Exception) -> ProblemError:
    """Any exception as a problem; an unexpected one is logged and tells the client nothing."""
    if isinstance(error, ProblemError):
        return error
    path = request.scope["path"][:LONGEST_ECHO]
    if isinstance(error, ForecastRefusedError):
        return forecast_problem(error.reason, str(error), error.accepted)
    if isinstance(error, UnreadLakeError):
        return ProblemError("lake-unreadable", str(error), headers={"retry-after": "5"})
    if isinstance(error, RedisError):
        logger.warning("%s %r: Redis: %s", request.method, path, error)
        detail = "forecasts on demand need Redis, which does not answer; stored forecasts are served as ever"
        return ProblemError("queue-unavailable", detail, headers={"retry-after": "5"})
    if isinstance(error, HTTPException) and error.status_code in _BY_STATUS:
        return _framework_problem(request, error)
    logger.error("%s %r failed", request.method, path, exc_info=error)
    return ProblemError("internal", f"{request.method} {path}: the cause is not in the request")


def _framework_problem(request: Request[Any, Any, Any], error: HTTPException) -> ProblemError:
    problem_type, path = _BY_STATUS[error.status_code], request.scope["path"][:LONGEST_ECHO]
    if error.status_code == HTTPStatus.NOT_FOUND:
        return ProblemError(problem_type, f"no resource has the path {path}; /docs lists those that exist")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = {*(error.headers or {})["allow"].split(", ")}
        allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
        detail = f"{path} has {allowed}, not {request.method}"
        return ProblemError(problem_type, detail, headers={"allow": allowed})
    extra = error.extra if isinstance(error.extra, list) else []
    errors = [FieldError(*(_text(item.get(part)) for part in ("source", "key", "message"))) for item in extra]
    return ProblemError(problem_type, error.detail, errors=errors, headers=error.headers)


def _text(value: object) -> str:
    return "" if value is None else str(value.value if isinstance(value, Enum) else value)


def _respond(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    return problem_of(request, error).to_response(request)


PLUGIN = ProblemDetailsPlugin()
HANDLERS: ExceptionHandlersMap = {HTTPException: _respond, Exception: _respond}
