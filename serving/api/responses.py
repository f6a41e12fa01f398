"""Responses as the messages that send them: a read makes no response object of Litestar per request."""

from collections.abc import Sequence
from typing import Any

from litestar import Request
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send

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


class HeadRequests:
    """ASGI middleware that answers HEAD as GET does, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application with GET for HEAD."""
        if scope.get("method") != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)  # type: ignore[misc]

        await self._app({**scope, "method": "GET"}, receive, send_head)  # type: ignore[arg-type]  # one of a union
