"""A small web site on 127.0.0.1 that serves a dictionary of bodies and misbehaves on request.

A source's client meets here what it will meet in life - unchanged files, server errors, stalls, slow bodies - over
real sockets, so that its own timeouts and headers are what is tested. What can go wrong is in `faults`, and
offered here to whoever sets up a site.
"""

import datetime as dt
import hashlib
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from types import TracebackType
from typing import Final, Self

from soccer_assets.simulation.faults import (
    BLOCKED,
    EMPTY,
    ERROR_PAGE,
    HALF_BODY,
    HALF_PACKET,
    HALF_ROWS,
    HTML,
    Changed,
    Fault,
    Slow,
    Stall,
    Status,
    Truncated,
    half_body,
    renamed,
    too_large,
)

__all__ = [
    "BLOCKED", "EMPTY", "ERROR_PAGE", "HALF_BODY", "HALF_PACKET", "HALF_ROWS", "HTML", "Body", "Changed", "Fault",
    "Site", "Slow", "Stall", "Status", "Truncated", "half_body", "renamed", "too_large",
]  # fmt: skip

HOST: Final = "127.0.0.1"
MACHINE_TIME: Final = partial(dt.datetime.now, dt.UTC)
IDLE_SECONDS: Final = 2.0  # a connection on which nothing is asked is closed after this
SLOW_PIECES: Final = 20
CONTENT_TYPES: Final = {".csv": "text/csv", ".html": "text/html", ".json": "application/json"}

#: What a path answers with; a callable is given the query string of the request, without its question mark.
Body = bytes | Callable[[str], bytes]


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    sent: int | None = None  # bytes of the body that are sent; None: all
    seconds: float = 0.0  # over which the body is sent


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _http_date(moment: dt.datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _is_not_modified(asked: Message, etag: str, modified: dt.datetime) -> bool:
    """By RFC 9110: `If-None-Match` decides alone when it is there."""
    if etags := asked.get("If-None-Match"):
        return etags.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in etags.split(","))
    try:
        return parsedate_to_datetime(asked.get("If-Modified-Since", "")) >= modified
    except (TypeError, ValueError):
        return False


class Site:
    """Serves `files` (address without a leading slash -> body) while the context is open.

    A request is answered by the entry of its path and query, else by that of its path alone. The dictionary may be
    changed at any time; what is asked next is what it holds then. `requests` has the address under which each request
    was looked up and the answered status, in order; a stalled one has status 0.
    """

    def __init__(
        self,
        files: Mapping[str, Body],
        port: int = 0,
        now: Callable[[], dt.datetime] = MACHINE_TIME,
    ) -> None:
        """`port` 0 takes a free one; `now` dates what is modified."""
        self._now = now
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

    def fault(self, address: str, fault: Fault, times: int = 1) -> None:
        """Answer the next `times` requests of an address of `files` with the fault, after those already set."""
        with self._lock:
            self._faults[address].extend([fault] * times)

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

    def _modified(self, address: str, etag: str) -> dt.datetime:
        """When this version of an address was first seen: whole seconds, and later than the version before."""
        etag_before, moment = self._versions.get(address, ("", dt.datetime.fromtimestamp(0, dt.UTC)))
        if etag_before != etag:
            now = self._now().replace(microsecond=0)
            moment = max(now, moment + dt.timedelta(seconds=1))
            self._versions[address] = (etag, moment)
        return moment

    def _answer(self, target: str, asked: Message) -> _Answer | Stall:
        path, _, query = target.partition("?")
        with self._lock:
            address = target if target in self.files else path
            answer = self._next_answer(address, query, asked)
            self.requests.append((address, 0 if isinstance(answer, Stall) else answer.status))
        return answer

    def _next_answer(self, address: str, query: str, asked: Message) -> _Answer | Stall:
        fault = self._faults[address].popleft() if self._faults[address] else None
        if isinstance(fault, Stall):
            return fault
        if isinstance(fault, Status):
            return _Answer(fault.code, fault.headers)
        file = self.files.get(address)
        if file is None:
            return _Answer(404, {"Content-Type": "text/html"}, ERROR_PAGE)
        body = file if isinstance(file, bytes) else file(query)
        suffix = PurePosixPath(address.partition("?")[0]).suffix
        content_type = CONTENT_TYPES.get(suffix, "application/octet-stream")
        if isinstance(fault, Changed):
            body, content_type = fault.change(body), fault.content_type or content_type
        etag = _etag(body)
        modified = self._modified(address, etag)
        validators = {"ETag": etag, "Last-Modified": _http_date(modified)}
        if fault is None and _is_not_modified(asked, etag, modified):
            return _Answer(304, validators)
        answer = _Answer(200, {"Content-Type": content_type, **validators}, body)
        if isinstance(fault, Slow):
            return replace(answer, seconds=fault.seconds)
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
        answer = site._answer(self.path.lstrip("/"), self.headers)
        if isinstance(answer, Stall):
            site._stopping.wait(answer.seconds)
            return
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Connection": "close"}.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = answer.body[: answer.sent]
        piece = -(-len(body) // SLOW_PIECES) if answer.seconds else len(body)
        for start in range(0, len(body), max(piece, 1)):
            site._stopping.wait(answer.seconds / SLOW_PIECES)
            self.wfile.write(body[start : start + piece])

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""
