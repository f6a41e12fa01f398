"""The one client that fetches. A source declares its requests and judges the answers.

An answer is in the payload store before it is parsed, and one that is not accepted never replaces a good one.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import msgspec
import polars as pl

from soccer_assets.errors import (
    AbsentMirrorError,
    BlockedError,
    FetchError,
    LostPayloadError,
    SourceError,
    SourcesFailedError,
)
from soccer_assets.settings import Clock, Settings
from soccer_assets.sources.fetching.circuit_breaker import Breaker
from soccer_assets.sources.fetching.response_checks import unforeseen
from soccer_assets.sources.fetching.transport import Transport, require_mirror
from soccer_assets.storage.payloads import Fetch, Payloads, standing

#: Looks at a body (and the last good one, if any); raises ShapeError or BlockedError when the new one must not
#: replace it. Whatever else it raises refuses the answer as well.
Accept = Callable[[str, bytes, bytes | None], None]


@dataclass(frozen=True)
class Request:
    """An address; what is `final` is not asked again once a good answer is in store.

    What is `final` or `due` holds matches: an answer without any is no good one. `mirrors` are further places of the
    same thing, asked in turn while none before gave a good answer; whichever answers, the answer belongs to `address`.
    """

    address: str
    final: bool = False
    mirrors: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    due: bool = False


@dataclass(frozen=True)
class Answer:
    """A body that was accepted, now or before."""

    address: str
    payload_id: str
    fetched_at: dt.datetime
    body: bytes


@dataclass(frozen=True)
class _Round:
    """One fetch of many addresses: how to ask, and what there is to log."""

    http: httpx.Client
    accept: Accept
    breaker: Breaker
    source: str | None
    base: str
    log: list[Fetch] = field(default_factory=list)

    def note(self, fetch: Fetch, host_wide: bool = False) -> None:
        self.log.append(msgspec.structs.replace(fetch, source=self.source))
        self.breaker.note(fetch, host_wide)


class Client:
    """Fetches over http(s):// and file://, one request at a time, and writes the fetch log."""

    def __init__(
        self,
        settings: Settings,
        payloads: Payloads,
        now: Callable[[], dt.datetime] | None = None,
    ) -> None:
        self._settings = settings
        self._payloads = payloads
        self.now = now or Clock.from_settings(settings).now
        self._transport = Transport(settings, self.now)

    def fetch(
        self, requests: Sequence[Request], accept: Accept, prefix: str = "", source: str | None = None
    ) -> list[Answer]:
        """The good answer to each request, in order; addresses that never existed (404) are left out.

        Args:
            requests: what is needed.
            accept: looks at each new answer.
            prefix: what the addresses of the source begin with.
            source: its name in the log.

        Raises:
            SourcesFailedError: some addresses gave no acceptable answer; the message names each.
        """
        log = self._payloads.fetches(source=source) if source else self._payloads.fetches(prefix)
        stored = answers_to(requests, prefix, log)
        good, newest = _newest(standing(stored)), _newest(stored.filter(pl.col("outcome") == "accepted"))
        if self._settings.replay:
            stored_answers = (self._stored(request, good.get(request.address)) for request in requests)
            return [answer for answer in stored_answers if answer]
        answers: list[Answer] = []
        failures: list[SourceError] = []
        asked = 0
        with self._transport.connected() as http:
            this = _Round(http, accept, Breaker(self._settings, log, self.now), source, prefix)
            for request in requests:
                before = good.get(request.address)
                # where an answer was rejected after it had been accepted, an older good one is not the last word
                is_last = before is not None and before == newest[request.address]
                if request.final and is_last and (kept := self._stored(request, before)):
                    answers.append(kept)
                    continue
                asked += 1
                try:
                    answer = self._ask(this, request, before)
                except SourceError as error:
                    failures.append(error)
                else:
                    answers.extend([answer] if answer else [])
        self._payloads.record(this.log)
        if failures:
            raise SourcesFailedError(failures, fetched=len(requests) - len(failures), asked=asked)
        return answers

    def _ask(self, this: _Round, request: Request, before: Fetch | None) -> Answer | None:
        """The good answer of the address or a mirror of it; None where there never was one."""
        address, problems = request.address, []
        for location in (address, *request.mirrors):
            try:
                answer = self._ask_at(this, request, location, before)
            except SourceError as error:
                problems.append(error)
            else:
                if answer is not None:
                    return answer
        if len(problems) > 1:
            raise FetchError(address, "no good answer at any place: " + "; ".join(map(str, problems)))
        if problems:
            raise problems[0]
        if before is not None:
            problem = f"expected the file that was there on {before.fetched_at:%Y-%m-%d}, found 404 Not Found"
            vanished = FetchError(address, problem)
            this.note(Fetch(address, self.now(), "rejected", str(vanished), 404))
            raise vanished
        this.note(Fetch(address, self.now(), "missing", "404 Not Found", 404))
        return None

    def _ask_at(self, this: _Round, request: Request, location: str, before: Fetch | None) -> Answer | None:
        """The good answer of one location; None for 404."""
        address = request.address
        mirror = location if location != address else None
        if why := this.breaker.why_not(Fetch(location, self.now(), "").host):
            raise FetchError(location, why)
        kept = self._stored(request, before)
        is_same = kept is not None and before is not None and (before.address, before.answered_by) == (address, mirror)
        same = before if is_same else None  # what is lost is asked for anew
        try:
            if mirror is None:
                require_mirror(this.base)
            reply = self._transport.ask(this.http, location, {**dict(request.headers), **_conditions(same)})
        except (AbsentMirrorError, FetchError) as error:
            alone = isinstance(error, AbsentMirrorError) or error.host_wide
            this.note(Fetch(address, self.now(), "failed", str(error), answered_by=mirror), alone)
            raise
        now = self.now()
        if reply.status == 404:
            return None
        if reply.status == 304 and before is not None and kept is not None:
            this.note(Fetch(address, now, "unchanged", status=304, payload_id=before.payload_id, answered_by=mirror))
            return kept
        payload_id = self._payloads.put(reply.body)
        fetch = Fetch(address, now, "accepted", None, reply.status, payload_id, len(reply.body), reply.etag,
                      reply.last_modified, mirror)  # fmt: skip
        again = before is not None and before.payload_id == payload_id
        if not again:
            try:
                _examine(this.accept, address, reply.body, kept.body if kept else None)
            except SourceError as error:
                outcome = "blocked" if isinstance(error, BlockedError) else "rejected"
                this.note(msgspec.structs.replace(fetch, outcome=outcome, reason=str(error)))
                raise
        this.note(fetch)
        return Answer(address, payload_id, before.fetched_at if again and before else now, reply.body)

    def _stored(self, request: Request, fetch: Fetch | None) -> Answer | None:
        """The answer in store; None where there is none, or its bytes are lost."""
        if fetch is None or fetch.payload_id is None:
            return None
        with suppress(LostPayloadError):  # it replaces nothing, and whoever reads it says so
            return Answer(request.address, fetch.payload_id, fetch.fetched_at, self._payloads.get(fetch.payload_id))
        return None


def answers_to(requests: Sequence[Request], prefix: str, log: pl.DataFrame) -> pl.DataFrame:
    """The rows of a fetch log that answer a request, with its address as `asked`.

    A source that moved has the same paths below another base, and what it gave there before counts.

    Args:
        requests: what is asked.
        prefix: the base of their addresses now.
        log: the fetch log of the source.
    """
    paths = {request.address.removeprefix(prefix): request.address for request in requests}
    asked = {}
    for address in log["address"].unique().to_list():
        ends = [address, *(address[at:] for at, letter in enumerate(address) if letter == "/")]
        path = next((end for end in ends if end in paths), None)
        if path is not None:
            asked[address] = paths[path]
    return log.filter(pl.col("address").is_in(list(asked))).with_columns(
        asked=pl.col("address").replace_strict(asked, return_dtype=pl.String)
    )


def _newest(answers: pl.DataFrame) -> dict[str, Fetch]:
    """The newest of some answers by the address asked."""
    newest = answers.unique("asked", keep="last", maintain_order=True)
    return {asked: Fetch(**row) for row in newest.iter_rows(named=True) if (asked := row.pop("asked"))}


def _examine(accept: Accept, address: str, body: bytes, before: bytes | None) -> None:
    """Raise SourceError where `accept` raises anything."""
    try:
        accept(address, body, before)
    except SourceError:
        raise
    except Exception as error:
        raise unforeseen(address, error) from error


def _conditions(last: Fetch | None) -> dict[str, str]:
    """Headers that ask for the body only when it differs from the last one of the location."""
    if last is None:
        return {}
    tags = {"If-None-Match": last.etag, "If-Modified-Since": last.last_modified}
    return {name: tag for name, tag in tags.items() if tag}
