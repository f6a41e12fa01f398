"""Pre-encoded responses with an ETag.

A read route makes no response object of Litestar per request: it looks up or encodes the bytes and sends two messages.
The tag names the versions of all tables, so any change of the lake changes it, and a client that has the newest gets
304 and no body.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

from serving.api.problems import problem_responses

JSON = b"application/json"
ApiRequest = Request[Any, Any, Any]


class EncodedResponse:
    """A whole response as the two ASGI messages that send it."""

    __slots__ = ("_body", "_start")

    def __init__(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes = b"") -> None:
        self._start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": status,
            "headers": list(headers),
        }
        self._body: HTTPResponseBodyEvent = {"type": "http.response.body", "body": body, "more_body": False}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send(self._start)
        await send(self._body)


class ETag:
    """An entity tag and the responses that have it; clients send it back to ask whether their copy is the newest."""

    def __init__(self, value: str) -> None:
        self.value = f'"{value}"'
        self._headers = ((b"etag", self.value.encode()), (b"cache-control", b"no-cache"))
        self._not_modified = EncodedResponse(304, self._headers)

    def respond(self, request: ApiRequest, body: bytes) -> EncodedResponse:
        """The JSON bytes, or 304 for a client that has them."""
        return self._not_modified if self._matches(request) else self._full(body)

    def encode(self, request: ApiRequest, content: object) -> EncodedResponse:
        """The content as JSON, or 304 for a client that has it."""
        return self._not_modified if self._matches(request) else self._full(msgspec.json.encode(content))

    def _full(self, body: bytes) -> EncodedResponse:
        length = (b"content-length", str(len(body)).encode())
        return EncodedResponse(200, ((b"content-type", JSON), length, *self._headers), body)

    def _matches(self, request: ApiRequest) -> bool:
        for name, value in request.scope["headers"]:  # raw: parsing them all costs more than the response
            if name == b"if-none-match":
                tags = [tag.strip().removeprefix("W/") for tag in value.decode("latin-1").split(",")]
                return self.value in tags or "*" in tags
        return False


def reads(path: str, content: Any, *problems: int) -> get:
    """A GET route whose `content` has an ETag; `problems` are the statuses of its problems beside 400."""
    not_modified = {304: ResponseSpec(None, description="the client's copy is the newest")}
    return get(path, sync_to_thread=False, responses=problem_responses(content, *problems) | not_modified)
