"""Responses as the messages that send them: a read makes no response object of Litestar per request."""

from collections.abc import Sequence
from typing import Any

from litestar import Request
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send

ApiRequest = Request[Any, Any, Any]
NO_METHOD = "NONE"


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


def wants_page(scope: Scope) -> bool:
    """Whether who asks is a browser, which names HTML among what it accepts."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


class PlainMethods:
    """ASGI middleware that answers HEAD as GET does, without the body, and OPTIONS with the methods of the path.

    The framework's own answer to OPTIONS names the methods of one of the path's handlers alone; its answer to a method
    that no handler has names them all.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application, with another method for HEAD and OPTIONS."""
        method = scope.get("method")
        if method not in ("HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            elif message["type"] == "http.response.start" and method == "OPTIONS" and message["status"] == 405:
                headers = [(name, value) for name, value in message["headers"] if name == b"allow"]
                message = {**message, "status": 204, "headers": headers}
            await send(message)

        called = {**scope, "method": "GET" if method == "HEAD" else NO_METHOD}
        await self._app(called, receive, send_head)  # type: ignore[arg-type]  # one of a union
