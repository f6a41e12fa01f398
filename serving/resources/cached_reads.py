"""ASGI middleware that sends an answer again before any routing, as long as no table of the lake changed."""

import time
from hashlib import sha256

from litestar.types import ASGIApp, Receive, Scope, Send

from serving.api.responses import ApiRequest, EncodedResponse
from serving.resources.answers import Answer, Wanted, encoded_answer, wanted_by
from serving.security import client_of
from serving.snapshot.refresher import Refresher
from serving.snapshot.snapshot import Snapshot

MOST_KEPT = 8192
Key = tuple[str, bytes, str, bool]


class CachedReads:
    """The answers made since the lake changed last, by path, query and what the client accepts.

    All are answers to reads: a client needs the scope `read` and nothing else.
    """

    def __init__(self, refresher: Refresher) -> None:
        self._refresher = refresher
        self._snapshot: Snapshot | None = None
        self._answers: dict[Key, tuple[Answer, float]] = {}
        self.hits = 0

    def keep(self, snapshot: Snapshot, scope: Scope, wanted: Wanted, answer: Answer, until: float) -> None:
        """Keep an answer made from a snapshot, until an instant of the monotonic clock."""
        if snapshot is not self._snapshot or len(self._answers) >= MOST_KEPT:
            self._snapshot, self._answers = snapshot, {}
        answer.path_template = str(scope.get("path_template"))
        self._answers[_key(scope, wanted)] = answer, until

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application with the middleware before it."""

        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("method") == "GET" and self._refresher.snapshot is self._snapshot:
                wanted = wanted_by(scope["headers"])
                answer, until = self._answers.get(_key(scope, wanted), (None, 0.0))
                if answer is not None and time.monotonic() < until and "read" in client_of(scope).scopes:
                    self.hits += 1
                    scope["path_template"] = answer.path_template
                    await answer.to(wanted.held)(scope, receive, send)
                    return
            await app(scope, receive, send)

        return call


def answer_figures(request: ApiRequest, body: bytes, form: str) -> EncodedResponse:
    """An answer that changes all the time, sent again for `figures_seconds`."""
    state, wanted = request.app.state, wanted_by(request.scope["headers"])
    answer = encoded_answer(body, form, sha256(body).hexdigest()[:16], wanted.gzip, {"cache-control": "no-store"})
    until = time.monotonic() + state.serving.figures_seconds
    state.cached_reads.keep(state.refresher.snapshot, request.scope, wanted, answer, until)
    return answer.to(wanted.held)


def _key(scope: Scope, wanted: Wanted) -> Key:
    return scope["path"], scope["query_string"], wanted.accept, wanted.gzip
