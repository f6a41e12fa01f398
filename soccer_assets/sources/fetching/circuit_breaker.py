"""The circuit breaker: a host that keeps failing rests, in this process and in the next.

What it knows comes from the fetch log, so a run that starts while a host rests does not hammer it. When the rest is
over one address is asked: if it fails the host rests again, any answer ends it.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from soccer_assets.settings import Settings
from soccer_assets.storage.payloads import Fetch

#: Outcomes that speak against the host; an answer that was refused speaks against the answer.
FAILING = ("blocked", "failed")


@dataclass(frozen=True)
class _Run:
    """Failures of a host since its last answer."""

    length: int
    last_at: dt.datetime
    reason: str


class Breaker:
    """Which hosts to leave alone during one fetch."""

    def __init__(self, settings: Settings, log: pl.DataFrame, now: Callable[[], dt.datetime]) -> None:
        """`log`: the fetch log of the source's addresses."""
        self._needed = settings.http_failures
        self._rest = dt.timedelta(seconds=settings.http_rest_seconds)
        self._now = now
        self._runs = _failures_since_an_answer(log)
        self._left: dict[str, str] = {}

    def why_not(self, host: str) -> str | None:
        """Why the host is not asked now; None when it may be."""
        if host in self._left:
            return f"not asked: {host or 'the mirror'} cannot be asked any more now ({self._left[host]})"
        run = self._runs.get(host)
        if run is None or run.length < self._needed or self._now() >= run.last_at + self._rest:
            return None
        until = run.last_at + self._rest
        return (
            f"not asked: {host} failed at {run.length} addresses in a row and rests until {until:%Y-%m-%d %H:%M:%S} "
            f"UTC ({run.reason})"
        )

    def note(self, fetch: Fetch, host_wide: bool = False) -> None:
        """Take in an answer or a failure; one that is `host_wide` ends the asking of the host in this fetch."""
        if fetch.outcome not in FAILING:
            self._runs.pop(fetch.host, None)
            return
        before, reason = self._runs.get(fetch.host), fetch.reason or fetch.outcome
        self._runs[fetch.host] = _Run((before.length if before else 0) + 1, fetch.fetched_at, reason)
        if host_wide or fetch.outcome == "blocked":  # a bot wall hardens while it is asked
            self._left[fetch.host] = reason


def _failures_since_an_answer(log: pl.DataFrame) -> dict[str, _Run]:
    asked = pl.coalesce(c for c in ("answered_by", "address") if c in log.columns)
    failing = pl.col("outcome").is_in(FAILING)
    answered_at = pl.col("fetched_at").filter(~failing).max()
    recent = log.with_columns(host=asked.str.extract("^https?://([^/?#]+)")).filter(
        pl.col("host").is_not_null() & failing & (pl.col("fetched_at") > answered_at.over("host")).fill_null(True)
    )
    runs = recent.sort("fetched_at").group_by("host").agg(pl.len(), pl.col("fetched_at", "reason").last())
    return {host: _Run(length, at, reason or "") for host, length, at, reason in runs.iter_rows()}
