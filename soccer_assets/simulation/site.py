"""A small web site on 127.0.0.1 that serves a dictionary of bodies and misbehaves on request.

A source's client meets here what it will meet in life - unchanged files, server errors, stalls, error pages
with status 200, bodies cut short - over real sockets, so that its own timeouts and headers are what is
tested.
"""

import datetime as dt
import hashlib
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from types import TracebackType
from typing import Final, Self

HOST: Final = "127.0.0.1"
IDLE_SECONDS: Final = 2.0  # a connection on which nothing is asked is closed after this
CONTENT_TYPES: Final = {".csv": "text/csv", ".html": "text/html", ".json": "application/json"}

ERROR_PAGE: Final = b"<!DOCTYPE html>\n<html><title>Maintenance</title><body>Back soon.</body></html>\n"


@dataclass(frozen=True)
class Status:
    """Answers with `code` and no useful body."""

    code: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stall:
    """Accepts the request and is silent for `seconds`, then closes the connection without an answer."""

    seconds: float


@dataclass(frozen=True)
class Truncated:
    """Declares the length of the whole body, sends half of it and closes the connection."""


@dataclass(frozen=True)
class Changed:
    """A complete answer, status 200, whose body is what `change` makes of the right one.

    `ETag` and `Last-Modified` belong to the changed body, and a conditional request is answered in full.
    """

    change: Callable[[bytes], bytes]
    content_type: str = ""  # empty: that of the path


Fault = Status | Stall | Truncated | Changed


def half_body(body: bytes) -> bytes:
    """The body up to the middle of the line at its half."""
    start = body.rfind(b"\n", 0, len(body) // 2) + 1
    end = body.find(b"\n", start)
    return body[: (start + (len(body) if end < 0 else end)) // 2]


def half_rows(body: bytes) -> bytes:
    """The header and the first half of the rows, whole."""
    header, *rows = body.splitlines(keepends=True)
    return b"".join((header, *rows[: len(rows) // 2]))


HTML: Final = Changed(lambda _: ERROR_PAGE, "text/html")
HALF_BODY: Final = Changed(half_body)
HALF_ROWS: Final = Changed(half_rows)


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    sent: int | None = None  # bytes of the body that are sent; None: all


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _http_date(moment: dt.datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _is_not_modified(asked: Message, etag: str, modified: dt.datetime) -> bool:
    """By RFC 9110: `If-None-Match` decides alone when it is there."""
    if known := asked.get("If-None-Match"):
        return known.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
    try:
        return parsedate_to_datetime(asked.get("If-Modified-Since", "")) >= modified
    except (TypeError, ValueError):
        return False


class Site:
    """Serves `files` (path without a leading slash -> body) while the context is open.

    The dictionary may be changed at any time; what is asked next is what it holds then. `requests` has the
    path and the answered status of every request in order; a stalled one has status 0.
    """

    def __init__(self, files: dict[str, bytes], port: int = 0) -> None:
        """`port` 0 takes a free one."""
        self.files = files
        self.port = port
        self.requests: list[tuple[str, int]] = []
        self.url = ""
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._versions: dict[str, tuple[str, dt.datetime]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def fault(self, path: str, fault: Fault, times: int = 1) -> None:
        """Answer the next `times` requests of `path` with the fault, after those already set."""
        with self._lock:
            self._faults[path].extend([fault] * times)

    def start(self) -> Self:
        """Listen; `url` is known then and ends without a slash."""
        self._stopping.clear()
        self._server = _Server(self)
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def stop(self) -> None:
        """Release the port and end every thread; stalled requests end at once."""
        if self._server is None or self._thread is None:
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _modified(self, path: str, etag: str) -> dt.datetime:
        """When this version of a path was first seen: whole seconds, and later than the version before."""
        known, moment = self._versions.get(path, ("", dt.datetime.fromtimestamp(0, dt.UTC)))
        if known != etag:
            now = dt.datetime.now(dt.UTC).replace(microsecond=0)
            moment = max(now, moment + dt.timedelta(seconds=1))
            self._versions[path] = (etag, moment)
        return moment

    def _answer(self, path: str, asked: Message) -> _Answer | Stall:
        with self._lock:
            answer = self._next_answer(path, asked)
            self.requests.append((path, 0 if isinstance(answer, Stall) else answer.status))
        return answer

    def _next_answer(self, path: str, asked: Message) -> _Answer | Stall:
        fault = self._faults[path].popleft() if self._faults[path] else None
        if isinstance(fault, Stall):
            return fault
        if isinstance(fault, Status):
            return _Answer(fault.code, fault.headers)
        body = self.files.get(path)
        if body is None:
            return _Answer(404, {"Content-Type": "text/html"}, ERROR_PAGE)
        content_type = CONTENT_TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")
        if isinstance(fault, Changed):
            body, content_type = fault.change(body), fault.content_type or content_type
        etag = _etag(body)
        modified = self._modified(path, etag)
        validators = {"ETag": etag, "Last-Modified": _http_date(modified)}
        if fault is None and _is_not_modified(asked, etag, modified):
            return _Answer(304, validators)
        answer = _Answer(200, {"Content-Type": content_type, **validators}, body)
        return replace(answer, sent=len(body) // 2) if isinstance(fault, Truncated) else answer


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server joins them

    def __init__(self, site: Site) -> None:
        self.site = site
        super().__init__((HOST, site.port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Silent: a client that gives up half way is what the faults provoke."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: _Server

    def do_GET(self) -> None:
        self.close_connection = True
        site = self.server.site
        answer = site._answer(self.path.split("?")[0].lstrip("/"), self.headers)
        if isinstance(answer, Stall):
            site._stopping.wait(answer.seconds)
            return
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Connection": "close"}.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: answer.sent])

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""
