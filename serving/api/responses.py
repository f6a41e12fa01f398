"""Answers that are ready to send, with an entity tag.

A read route makes no response object per request: it looks up or encodes the bytes, and the messages of the
answer are put together once. The tag names the editions of all tables, so any change of the lake changes it,
and a client that has the newest gets 304 and no body.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

JSON = b"application/json"


class Answer:
    """A whole response as the two messages that send it."""

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


#: For the description of the API.
UNCHANGED = {304: ResponseSpec(None, description="the client's copy is the newest")}


class Tag:
    """An entity tag and the answers that bear it; clients keep a copy and ask whether it still holds."""

    def __init__(self, value: str) -> None:
        self.value = f'"{value}"'
        self._headers = ((b"etag", self.value.encode()), (b"cache-control", b"no-cache"))
        self._unchanged = Answer(304, self._headers)

    def answer(self, request: Request[Any, Any, Any], body: bytes) -> Answer:
        """The JSON bytes, or 304 for a client that has them."""
        return self._unchanged if self._is_held(request) else self.full(body)

    def full(self, body: bytes) -> Answer:
        """The JSON bytes."""
        length = (b"content-length", str(len(body)).encode())
        return Answer(200, ((b"content-type", JSON), length, *self._headers), body)

    def encode(self, request: Request[Any, Any, Any], content: object) -> Answer:
        """The content as JSON, or 304 for a client that has it."""
        return self._unchanged if self._is_held(request) else self.full(msgspec.json.encode(content))

    def _is_held(self, request: Request[Any, Any, Any]) -> bool:
        for name, value in request.scope["headers"]:  # as they came: parsing them all costs more than the answer
            if name == b"if-none-match":
                tags = [tag.strip().removeprefix("W/") for tag in value.decode("latin-1").split(",")]
                return self.value in tags or "*" in tags
        return False
