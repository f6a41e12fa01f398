"""A proxy before several replicas of the API, which are asked in turn.

As deployed ones do, it sends a request again to the next replica where that changes nothing: a read, or one with an
Idempotency-Key.
"""

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

PASSED = ("content-type", "etag", "location", "retry-after", "idempotent-replayed")


class Proxy(ThreadingHTTPServer):
    """The proxy; `retried` counts requests that a second replica answered."""

    daemon_threads = True

    def __init__(self, replicas: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.retried = 0
        self._turns = itertools.cycle([[*replicas[first:], *replicas[:first]] for first in range(len(replicas))])
        self._lock = threading.Lock()
        self.client = httpx.Client(timeout=10)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def turn(self) -> list[str]:
        """The replicas, the one whose turn it is first."""
        with self._lock:
            return next(self._turns)


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        repeatable = self.command in ("GET", "HEAD") or "idempotency-key" in self.headers
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        status, answered, content = 502, httpx.Headers(), b""
        for number, replica in enumerate(self.server.turn()):
            try:
                answer = self.server.client.request(self.command, replica + self.path, content=body, headers=headers)
            except httpx.ConnectError:
                continue  # nothing was sent
            except httpx.TransportError:
                if repeatable:
                    continue
                break
            status, answered, content = answer.status_code, answer.headers, answer.content
            self.server.retried += number > 0
            break
        self.send_response(status)
        for name in PASSED:
            if name in answered:
                self.send_header(name, answered[name])
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_DELETE = _pass_on  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def proxy_of(replicas: Sequence[str]) -> Iterator[Proxy]:
    """A running proxy."""
    with Proxy(replicas) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
            proxy.client.close()
