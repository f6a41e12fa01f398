"""Every error of the API as a problem document (RFC 9457).

`type` is stable and says which kind of problem it is; a GET of it explains the kind. `title` belongs to the
kind, `detail` to the case. The kinds a refused forecast can have are the reasons of `ForecastRefusedError`, so a
fixture is refused in the same words whether the API or the worker finds out.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ExceptionHandlersMap
from redis.exceptions import RedisError

from serving.contracts import Flaw, Problem
from soccer_assets.errors import ForecastRefusedError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPES = "/problems/"


@dataclass(frozen=True)
class Kind:
    """A kind of problem: the status it comes with and what it means."""

    status: int
    title: str


KINDS: dict[str, Kind] = {
    "invalid-request": Kind(400, "The request cannot be read; `errors` lists what is wrong"),
    "unknown-parameter": Kind(400, "The request has a query parameter the route does not know"),
    "repeated-parameter": Kind(400, "The request has a query parameter more than once"),
    "not-found": Kind(404, "There is no such resource"),
    "unknown-match": Kind(404, "There is no such match, or no forecast of it"),
    "unknown-job": Kind(404, "There is no such job"),
    "no-champion": Kind(404, "No model has been promoted to champion yet"),
    "no-drift-report": Kind(404, "No drift report has been made yet"),
    "method-not-allowed": Kind(405, "The resource does not have this method"),
    "model-missing": Kind(409, "No model can forecast yet"),
    "expired-job": Kind(410, "The job is too old to be read"),
    "content-too-large": Kind(413, "The body of the request is too large"),
    "empty-range": Kind(422, "The dates leave nothing between them"),
    "unknown-league": Kind(422, "The league is not known"),
    "league-without-matches": Kind(422, "The league has no matches to learn from"),
    "unknown-club": Kind(422, "The club is not known in this league"),
    "same-club": Kind(422, "A club cannot play itself"),
    "date-out-of-range": Kind(422, "The date is outside what can be forecast"),
    "refused": Kind(422, "The fixture cannot be forecast"),
    "too-many-requests": Kind(429, "The client asks more often than it may"),
    "internal": Kind(500, "The server failed; the cause is in its log"),
    "queue-unavailable": Kind(503, "The job queue cannot be reached"),
    "queue-full": Kind(503, "Too many jobs are waiting"),
    "abandoned": Kind(503, "The worker was lost before it finished the job"),
}
#: What an exception of the framework is, by its status.
_FRAMEWORK = {400: "invalid-request", 404: "not-found", 405: "method-not-allowed", 413: "content-too-large",
              429: "too-many-requests"}  # fmt: skip


class ProblemError(Exception):
    """An answer that is a problem of a kind in `KINDS`."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        known: Sequence[str] = (),
        errors: Sequence[Flaw] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.known = list(known)
        self.errors = list(errors)
        self.headers = headers


def documented(content: Any, *statuses: int) -> dict[int, ResponseSpec]:
    """What a route answers, for the description of the API: its content, or a problem."""
    problems = {
        status: ResponseSpec(Problem, False, HTTPStatus(status).phrase, MEDIA_TYPE) for status in (400, *statuses)
    }
    return {200: ResponseSpec(content, False, "OK"), **problems}


@get("/problems/{kind:str}", tags=["problems"], sync_to_thread=False)
def problem_kind(kind: FromPath[str]) -> dict[str, str | int]:
    """What a kind of problem means."""
    found = KINDS.get(kind)
    if found is None:
        raise ProblemError("not-found", f"expected a kind of problem, found {kind!r}", known=sorted(KINDS))
    return {"type": TYPES + kind, "title": found.title, "status": found.status}


def refusal(reason: str, detail: str, known: Sequence[str]) -> ProblemError:
    """A refused or failed forecast; a reason without a kind of its own is a plain refusal."""
    return ProblemError(reason if reason in KINDS else "refused", detail, known=known)


def recognise(request: Request[Any, Any, Any], error: Exception) -> ProblemError:
    """Any exception as a problem; one that nobody foresaw is logged and tells the client nothing."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, ForecastRefusedError):
        return refusal(error.reason, str(error), error.known)
    if isinstance(error, RedisError):
        logger.warning("%s %s: Redis: %s", request.method, request.url.path, error)
        detail = "forecasts on demand need Redis, which does not answer; stored forecasts are served as ever"
        return ProblemError("queue-unavailable", detail, headers={"retry-after": "5"})
    if isinstance(error, HTTPException) and error.status_code in _FRAMEWORK:
        return _framework(request, error, _FRAMEWORK[error.status_code])
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return ProblemError("internal", f"{request.method} {request.url.path}: the cause is not in the request")


def document(request: Request[Any, Any, Any], error: ProblemError) -> Problem:
    """The problem as clients get it."""
    kind = KINDS[error.kind]
    return Problem(
        type=TYPES + error.kind,
        title=kind.title,
        status=kind.status,
        detail=str(error),
        instance=request.url.path,
        errors=error.errors,
        known=error.known,
    )


def _answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    problem = recognise(request, error)
    return Response(
        msgspec.json.encode(document(request, problem)),
        status_code=KINDS[problem.kind].status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def _framework(request: Request[Any, Any, Any], error: HTTPException, kind: str) -> ProblemError:
    path = request.url.path
    if kind == "not-found":
        return ProblemError(kind, f"no resource has the path {path}; /docs lists those that exist")
    if kind == "method-not-allowed":
        allowed = ", ".join(_methods(request))
        return ProblemError(kind, f"{path} has {allowed}, not {request.method}", headers={"allow": allowed})
    extra = error.extra if isinstance(error.extra, list) else []
    flaws = [Flaw(*(_text(item.get(part)) for part in ("source", "key", "message"))) for item in extra]
    return ProblemError(kind, error.detail, errors=flaws, headers=error.headers)


def _text(value: object) -> str:
    return "" if value is None else str(value.value if isinstance(value, Enum) else value)


def _methods(request: Request[Any, Any, Any]) -> list[str]:
    found = []
    for method in HttpMethod:
        with suppress(HTTPException):
            request.app.asgi_router.handle_routing(path=request.scope["path"], method=method.value)
            found.append(method.value)
    return found


HANDLERS: ExceptionHandlersMap = {HTTPException: _answer, Exception: _answer}
