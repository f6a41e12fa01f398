"""The one client that fetches: polite to the source, suspicious of the answer.

A source says what it needs and whether an answer is acceptable; it never fetches. An answer reaches the payload store
before anybody parses it, and an answer that is not accepted never replaces a good one.
"""

import datetime as dt
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from soccer_assets.errors import FetchError, ShapeError, SourceError, SourcesFailedError
from soccer_assets.payloads import Fetch, Payloads
from soccer_assets.settings import Settings

RETRIED = {408, 425, 429, 500, 502, 503, 504}
BACKOFF_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0

#: Looks at a body (and the last good one, if any); raises ShapeError when the new one must not replace it.
Accept = Callable[[str, bytes, bytes | None], None]


@dataclass(frozen=True)
class Request:
    """An address; what is `final` is not asked again once a good answer is in store."""

    address: str
    final: bool = False


@dataclass(frozen=True)
class Answer:
    """A body that was accepted, now or before."""

    address: str
    payload_id: str
    fetched_at: dt.datetime
    body: bytes


@dataclass(frozen=True)
class _Reply:
    status: int
    body: bytes
    etag: str | None = None
    last_modified: str | None = None


class Client:
    """Fetches over http(s):// and file://, one request at a time, and writes the fetch log."""

    def __init__(self, settings: Settings, payloads: Payloads) -> None:
        self._settings = settings
        self._payloads = payloads
        self._last_request_at: dict[str, float] = {}

    def fetch(self, requests: Sequence[Request], accept: Accept, prefix: str = "") -> list[Answer]:
        """The good answer to each request, in order; addresses that never existed (404) are left out.

        Raises:
            SourcesFailedError: some addresses gave no acceptable answer; the message names each.
        """
        good = self._payloads.last_good(prefix)
        if self._settings.replay:
            return [self._stored(good[r.address]) for r in requests if r.address in good]
        answers: list[Answer] = []
        log: list[Fetch] = []
        failures: list[SourceError] = []
        with httpx.Client(
            timeout=self._settings.http_timeout_seconds,
            headers={"User-Agent": self._settings.http_user_agent},
            follow_redirects=True,
        ) as http:
            for request in requests:
                before = good.get(request.address)
                if request.final and before is not None:
                    answers.append(self._stored(before))
                    continue
                try:
                    answer, fetch = self._ask(http, request.address, before, accept)
                except SourceError as error:
                    failures.append(error)
                    log.append(Fetch(request.address, _now(), "rejected", reason=str(error)))
                    continue
                log.append(fetch)
                answers.extend([answer] if answer else [])
        self._payloads.record(log)
        if failures:
            raise SourcesFailedError(failures, fetched=len(requests) - len(failures))
        return answers

    def _ask(
        self, http: httpx.Client, address: str, before: Fetch | None, accept: Accept
    ) -> tuple[Answer | None, Fetch]:
        reply = self._read_file(address) if address.startswith("file://") else self._get(http, address, before)
        now = _now()
        if reply.status == 404:
            if before is not None:
                raise FetchError(
                    address, f"expected the file that was there on {before.fetched_at:%Y-%m-%d}, found 404 Not Found"
                )
            return None, Fetch(address, now, "missing", reason="404 Not Found", status=404)
        if reply.status == 304 and before is not None:
            return self._stored(before), Fetch(address, now, "unchanged", status=304, payload_id=before.payload_id)
        payload_id = self._payloads.put(reply.body)
        fetch = Fetch(
            address, now, "accepted", None, reply.status, payload_id, len(reply.body), reply.etag, reply.last_modified
        )
        if before is not None and before.payload_id == payload_id:
            return Answer(address, payload_id, before.fetched_at, reply.body), fetch
        accept(address, reply.body, self._stored(before).body if before else None)
        return Answer(address, payload_id, now, reply.body), fetch

    def _stored(self, fetch: Fetch) -> Answer:
        assert fetch.payload_id is not None  # accepted rows have one
        return Answer(fetch.address, fetch.payload_id, fetch.fetched_at, self._payloads.get(fetch.payload_id))

    def _get(self, http: httpx.Client, address: str, before: Fetch | None) -> _Reply:
        headers = {}
        if before is not None and before.etag:
            headers["If-None-Match"] = before.etag
        if before is not None and before.last_modified:
            headers["If-Modified-Since"] = before.last_modified
        tries = self._settings.http_retries + 1
        problem = ""
        for attempt in range(tries):
            self._be_polite(address)
            wait = min(BACKOFF_SECONDS * 2**attempt * random.uniform(0.5, 1.5), LONGEST_WAIT_SECONDS)
            try:
                response = http.get(address, headers=headers)
            except httpx.TimeoutException:
                problem = f"expected an answer within {self._settings.http_timeout_seconds:g} s, found none"
            except httpx.RequestError as error:
                problem = f"expected a whole answer, found a broken transfer ({error})"
            else:
                if response.status_code in (200, 304, 404):
                    return _Reply(
                        response.status_code,
                        response.content,
                        response.headers.get("ETag"),
                        response.headers.get("Last-Modified"),
                    )
                problem = f"expected 200 OK, found {response.status_code} {response.reason_phrase}"
                if response.status_code not in RETRIED:
                    raise FetchError(address, problem)
                wait = max(wait, _retry_after(response))
            if attempt < tries - 1:
                time.sleep(wait)
        raise FetchError(address, f"{problem}; tried {tries} times")

    def _be_polite(self, address: str) -> None:
        host = urlsplit(address).netloc
        since = time.monotonic() - self._last_request_at.get(host, float("-inf"))
        time.sleep(max(0.0, self._settings.http_pause_seconds - since))
        self._last_request_at[host] = time.monotonic()

    def _read_file(self, address: str) -> _Reply:
        path = Path(unquote(urlsplit(address).path))
        return _Reply(200, path.read_bytes()) if path.is_file() else _Reply(404, b"")


def refuse_html(address: str, body: bytes) -> None:
    """Raise ShapeError for an HTML page, which is what blocks, logins and error pages come as."""
    head = body[:2048].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml")) or b"<html" in head:
        raise ShapeError(address, f"expected CSV, found an HTML page that starts {body[:60]!r}")


def _retry_after(response: httpx.Response) -> float:
    """Seconds the source asks to wait; 0 when it does not say so in seconds."""
    value = response.headers.get("Retry-After", "")
    return min(float(value), LONGEST_WAIT_SECONDS) if value.isdecimal() else 0.0


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
