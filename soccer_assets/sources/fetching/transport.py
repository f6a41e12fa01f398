"""How an address is asked: politely, with patience that has an end, and reading no more than is allowed.

Over http(s):// a host is asked one request at a time with a pause between, what may pass is tried again with growing,
jittered waits, and a body that trickles or swells is given up. file:// addresses read a mirror on disk.
"""

import datetime as dt
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import LoadError, MozillaCookieJar
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from soccer_assets.errors import AbsentMirrorError, FetchError, SettingsError
from soccer_assets.settings import Settings, path_of

RETRIED = {408, 425, 429, 500, 502, 503, 504}
BACKOFF_SECONDS = 0.5
#: A source that asks for more is not waited for.
LONGEST_WAIT_SECONDS = 60.0
#: A lost packet is worth another try to connect, a missing network is not worth three.
CONNECT_RETRIES = 1


@dataclass(frozen=True)
class Reply:
    """What came back: status 200 with its body, 304 or 404."""

    status: int
    body: bytes = b""
    etag: str | None = None
    last_modified: str | None = None


class _PassingError(Exception):
    """A problem that may have passed at the next try."""

    def __init__(self, problem: str, wait: float = 0.0, connected: bool = True) -> None:
        super().__init__(problem)
        self.wait = wait
        self.connected = connected


class Transport:
    """Asks for one address at a time, whichever the host."""

    def __init__(self, settings: Settings, now: Callable[[], dt.datetime]) -> None:
        self._settings = settings
        self._now = now
        self._pauses = _pauses(settings.http_host_pauses)
        self._last_request_at: dict[str, float] = {}

    def connected(self) -> httpx.Client:
        """Connections to ask over, to be closed by the caller.

        Raises:
            SettingsError: the proxy or the file of cookies cannot be used.
        """
        settings = self._settings
        try:
            return httpx.Client(
                timeout=httpx.Timeout(settings.http_timeout_seconds, connect=settings.http_connect_seconds),
                headers={"User-Agent": settings.http_user_agent},
                cookies=_cookies(settings.http_cookies),
                proxy=settings.http_proxy or None,
                verify=_certificates(),
                follow_redirects=True,
            )
        except (ValueError, httpx.InvalidURL) as error:
            raise SettingsError(
                f"SOCCER_HTTP_PROXY: expected http://host:port, found {settings.http_proxy!r} ({error})"
            ) from None

    def ask(self, http: httpx.Client, address: str, headers: Mapping[str, str]) -> Reply:
        """The answer of an address, over connections of this transport.

        Raises:
            FetchError: no usable answer, though what may pass was tried again.
        """
        if address.startswith("file://"):
            return _read_file(address)
        tried = 0
        while True:
            self._be_polite(address)
            tried += 1
            try:
                return self._ask_once(http, address, headers)
            except _PassingError as passing:
                retries = self._settings.http_retries
                if tried > (retries if passing.connected else min(retries, CONNECT_RETRIES)):
                    raise FetchError(address, f"{passing}; tried {tried} times", not passing.connected) from None
                backoff = BACKOFF_SECONDS * 2 ** (tried - 1) * random.uniform(0.5, 1.5)
                time.sleep(max(min(backoff, LONGEST_WAIT_SECONDS), passing.wait))

    def _ask_once(self, http: httpx.Client, address: str, headers: Mapping[str, str]) -> Reply:
        settings = self._settings
        try:
            with http.stream("GET", address, headers=headers) as response:
                if response.status_code == 200:
                    tags = response.headers.get("ETag"), response.headers.get("Last-Modified")
                    return Reply(200, self._read(address, response), *tags)
        except httpx.ConnectTimeout:
            problem = f"expected a connection within {settings.http_connect_seconds:g} s, found none"
            raise _PassingError(problem, connected=False) from None
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise _PassingError(f"expected a connection, found none ({error})", connected=False) from None
        except httpx.TimeoutException:
            raise _PassingError(f"expected an answer within {settings.http_timeout_seconds:g} s, found none") from None
        except httpx.RequestError as error:
            raise _PassingError(f"expected a whole answer, found a broken transfer ({error})") from None
        if response.status_code in (304, 404):
            return Reply(response.status_code)
        problem = f"expected 200 OK, found {response.status_code} {response.reason_phrase}"
        if response.status_code not in RETRIED:
            raise FetchError(address, problem)
        wait = self._asked_wait(response)
        if wait > LONGEST_WAIT_SECONDS:
            until = self._now() + dt.timedelta(seconds=wait)
            raise FetchError(address, f"{problem}; it asks to be left alone until {until:%Y-%m-%d %H:%M} UTC", True)
        raise _PassingError(problem, wait)

    def _read(self, address: str, response: httpx.Response) -> bytes:
        """The body, unless it is too large or takes too long as a whole."""
        settings, began = self._settings, time.monotonic()
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > settings.http_max_bytes:
                limit = f"{settings.http_max_bytes:,} bytes"
                raise FetchError(address, f"expected at most {limit}, found more (the limit is SOCCER_HTTP_MAX_BYTES)")
            if time.monotonic() - began > settings.http_answer_seconds:
                limit = f"{settings.http_answer_seconds:g} s"
                raise FetchError(
                    address, f"expected the whole answer within {limit}, found {len(body):,} bytes by then"
                )
        return bytes(body)

    def _asked_wait(self, response: httpx.Response) -> float:
        """Seconds the source asks to wait, by its `Retry-After` in seconds or as a date; 0 where it has none."""
        value = response.headers.get("Retry-After", "")
        if value.isascii() and value.isdecimal():
            return float(value)
        try:
            return max(0.0, (parsedate_to_datetime(value) - self._now()).total_seconds())
        except (TypeError, ValueError):  # neither, or a date without its zone
            return 0.0

    def _be_polite(self, address: str) -> None:
        host = urlsplit(address).netloc
        since = time.monotonic() - self._last_request_at.get(host, float("-inf"))
        time.sleep(max(0.0, self._pauses.get(host, self._settings.http_pause_seconds) - since))
        self._last_request_at[host] = time.monotonic()


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities that are trusted: reading their file costs more than asking a small answer."""
    return httpx.create_ssl_context()


def _read_file(address: str) -> Reply:
    path = path_of(address)
    return Reply(200, path.read_bytes()) if path.is_file() else Reply(404)


def require_mirror(base: str) -> None:
    """Check that the folder that a file:// base names is there: none of its files would be, without a word.

    Raises:
        AbsentMirrorError: there is no such folder.
    """
    if base.startswith("file://") and not path_of(base).is_dir():
        raise AbsentMirrorError(base, "expected the folder of a mirror, found none: correct the address of the source")


def _pauses(text: str) -> dict[str, float]:
    """Seconds by host, of `host=seconds,host=seconds`."""
    pauses = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        host, _, seconds = entry.partition("=")
        try:
            pauses[host.strip()] = float(seconds)
        except ValueError:
            raise SettingsError(f"SOCCER_HTTP_HOST_PAUSES: expected host=seconds, found {entry!r}") from None
        if not 0 <= pauses[host.strip()] < float("inf"):
            raise SettingsError(f"SOCCER_HTTP_HOST_PAUSES: expected seconds from 0 on, found {entry!r}")
    return pauses


def _cookies(file: str) -> MozillaCookieJar:
    jar = MozillaCookieJar()
    if file:
        try:
            jar.load(str(Path(file).expanduser()), ignore_discard=True, ignore_expires=True)
        except (OSError, LoadError) as error:
            raise SettingsError(f"SOCCER_HTTP_COOKIES: expected a Netscape cookies.txt, found {error}") from None
    for cookie in jar:
        cookie.expires = cookie.expires or None  # 0 in the file is a cookie of the session, not of 1970
    return jar
