"""The outermost middleware: every request passes the gate, is counted, timed and logged, and gets a request id.

Problems of the gate and paths that do not exist are counted and logged with the status that the client gets. Paths of
metrics are route templates: ids do not become labels.
"""

import asyncio
import re
import secrets
import time

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.metrics import UNROUTED, Metrics
from serving.api.problems import ProblemError, send_problem
from serving.logs import IDS, AccessLog
from serving.security import client_of
from serving.security.gate import Gate
from serving.security.headers import Headers, with_security

REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
CLIENT_CLOSED = 499
#: Bytes from which an answer waits for its turn.
LARGE = 32_768
#: Large answers that are sent in one turn of the event loop.
LARGE_AT_ONCE = 4


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, gate: Gate, metrics: Metrics, log: AccessLog | None) -> None:
        self._app = app
        self._gate = gate
        self._metrics = metrics
        self._log = log
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        began = time.perf_counter()
        headers = dict(scope["headers"])
        sent = headers.get(b"x-request-id")
        request_id = sent.decode() if sent and REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)
        scope["state"]["request_id"] = request_id
        IDS.set({"request_id": request_id})
        extra: Headers = [(b"x-request-id", request_id.encode())]
        status, size = 500, 0  # what the server sends when the application sends nothing

        async def send_answer(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": with_security(message["headers"], extra)}
            elif message["type"] == "http.response.body":
                size += len(message["body"])
                if len(message["body"]) >= LARGE:
                    await self._turn()
            await send(message)

        self._metrics.in_progress.inc()
        try:
            if await self._gate.admit(scope, headers, extra):
                await self._app(scope, receive, send_answer)
            else:
                await send_answer({"type": "http.response.start", "status": 204, "headers": []})
                await send_answer({"type": "http.response.body", "body": b"", "more_body": False})
        except ProblemError as problem:
            await send_problem(scope, send_answer, problem)
        finally:
            self._metrics.in_progress.dec()
            seconds, method = time.perf_counter() - began, str(scope.get("method", ""))
            self._metrics.count(method, str(scope.get("path_template", UNROUTED)), status, seconds)
            if self._log is not None:
                query = scope["query_string"]
                path = scope["raw_path"] + (b"?" + query if query else b"")
                self._log.add(request_id, client_of(scope).id, method, path, status, seconds, size)

    async def _turn(self) -> None:
        """A few large answers in a turn of the event loop: clients that ask for many do not crowd out small reads.

        Nothing is held while an answer is sent, so a client that reads slowly keeps nobody waiting.
        """
        async with self._large:
            await asyncio.sleep(0)
