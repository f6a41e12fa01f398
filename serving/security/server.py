"""uvicorn with limits on what a client may hold open, and with readiness before its end.

A connection ends when the head of a request takes too long or is too large, when the client reads nothing of its
answer, and when it rests too long between requests. At the limit of connections the one that has waited longest for a
request makes room: half-open connections do not keep others out. On SIGTERM the API first says that it is not ready,
then refuses connections, then finishes what it has begun.
"""

import asyncio
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from uvicorn import Config, Server
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serving.settings import ServingSettings

LONGEST_HEAD = 65_536
#: Requests that a client may send before it has the answer to its first one; each is held in memory.
MOST_AHEAD = 100
#: File descriptors for the lake, Redis and the process itself.
OTHER_FILES = 100
_REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


@dataclass
class Draining:
    """Whether the process is about to end."""

    began: bool = False


class Deadline:
    """A time after which something is done unless it is lifted before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, act: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._act = act
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        """Begin to count, unless that was begun before."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._act)

    def lift(self) -> None:
        """Count no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class BoundedProtocol(HttpToolsProtocol):
    """A connection; `serving` is given by the subclass that `protocol_of` makes."""

    serving: ServingSettings
    max_connections: int

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection; at the limit, end one that waits or refuse this one."""
        self._head = Deadline(self.loop, self.serving.head_seconds, transport.abort)
        self._sending = Deadline(self.loop, self.serving.send_seconds, transport.abort)
        self._head_bytes = 0
        self._answering: RequestResponseCycle | None = None
        self.waits_since = self.loop.time()
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            others = [other for other in self.connections if other is not self and isinstance(other, BoundedProtocol)]
            waiting = [other for other in others if other.waits_for_head]
            if not waiting:
                transport.write(_REFUSED)
                transport.close()
                return
            oldest = min(waiting, key=lambda connection: connection.waits_since)
            self.connections.discard(oldest)
            oldest.transport.abort()
        self._head.set()

    @property
    def waits_for_head(self) -> bool:
        """Whether no request is in progress."""
        return self.cycle is None or self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that is not complete must become so in time."""
        super().data_received(data)
        if not self.waits_for_head or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > LONGEST_HEAD:
            if self.cycle is None:  # otherwise it may be what is left of a body whose request has its answer
                self.transport.write(_HEAD_TOO_LARGE)
            self.transport.close()
        else:
            self._head.set()

    def on_headers_complete(self) -> None:
        """Begin the request."""
        self._head_bytes = 0
        self._head.lift()
        super().on_headers_complete()
        if len(self.pipeline) > MOST_AHEAD:
            self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self.waits_since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client does not read: wait for it a while."""
        super().pause_writing()
        self._sending.set()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._sending.lift()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers, and the requests that were sent ahead of the answers."""
        self._head.lift()
        self._sending.lift()
        self.pipeline.clear()
        if self._answering is not None:  # uvicorn ends the newest request alone, which may wait behind this one
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)


class DrainingServer(Server):
    """A server that says it is not ready for `drain_seconds` before it stops on SIGTERM."""

    def __init__(self, config: Config, draining: Draining, seconds: float) -> None:
        super().__init__(config)
        self._draining = draining
        self._seconds = seconds
        self._stop_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain on the first SIGTERM; any other signal, and the second one, stops at once."""
        if sig == signal.SIGTERM and self._stop_at is None:
            self._draining.began, self._stop_at = True, time.monotonic() + self._seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Whether it is time to stop."""
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)


def serve(app: Any, serving: ServingSettings, draining: Draining) -> None:
    """Serve the application until stopped by a signal; requests in progress may finish."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = {"serving": serving, "max_connections": max(1, min(serving.max_connections, files - OTHER_FILES))}
    config = Config(
        app,
        host=serving.host,
        port=serving.port,
        http=type("Protocol", (BoundedProtocol,), limits),
        ws="none",
        access_log=False,
        log_config=None,
        log_level=serving.log_level,
        proxy_headers=bool(serving.trusted_proxies),
        forwarded_allow_ips=serving.trusted_proxies,
        server_header=False,
        timeout_keep_alive=serving.idle_seconds,
        timeout_graceful_shutdown=serving.shutdown_seconds,
    )
    DrainingServer(config, draining, serving.drain_seconds).run()
