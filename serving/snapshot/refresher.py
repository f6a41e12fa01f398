"""Keeps the newest snapshot of the lake; changes are read in a thread and swapped in by one assignment."""

import asyncio
import datetime as dt
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence

import polars as pl

from serving.snapshot.snapshot import Snapshot
from serving.snapshot.source_metrics import SourceMetrics
from soccer_assets.errors import SoccerError
from soccer_assets.storage.lake import Lake

logger = logging.getLogger(__name__)

PAST_KEPT = 4


class UnreadLakeError(SoccerError):
    """Nothing of the lake has been read yet."""


class Refresher:
    """The newest snapshot; when the lake cannot be read it stays as it is and `failure` names the error."""

    def __init__(self, lake: Lake, refresh_seconds: float, tables: Sequence[str]) -> None:
        self._lake = lake
        self._tables = tuple(tables)
        self._past: OrderedDict[tuple[dt.datetime, tuple[str, ...]], Snapshot] = OrderedDict()
        self._pause = refresh_seconds
        self._looking = asyncio.Lock()
        self.snapshot = Snapshot()
        self.sources = SourceMetrics(lake)
        self.failure: str | None = "NotReadYet"
        self.looked_at = time.monotonic()
        self.refreshes = 0
        self.refresh_seconds = 0.0

    @property
    def served(self) -> Snapshot:
        """The snapshot that answers are made of; an empty one is only served where the lake is empty.

        Raises:
            UnreadLakeError: the lake could not be read since the start.
        """
        if self.failure is not None and not self.refreshes:
            raise UnreadLakeError(
                f"expected a lake that can be read, found {self.failure} since the start: the log of the server and "
                "`uv run soccer doctor` say what is wrong"
            )
        return self.snapshot

    @property
    def age(self) -> float:
        """Seconds since the snapshot was last seen to be the newest."""
        return time.monotonic() - self.looked_at

    def refresh(self) -> bool:
        """Look at the lake once; whether the snapshot changed."""
        began = time.monotonic()
        snapshot = self.snapshot.renewed(self._lake, self._tables)
        changed = snapshot is not self.snapshot
        if changed:
            self.snapshot = snapshot
            self.refreshes += 1
            self.refresh_seconds = time.monotonic() - began
        self.sources.refresh()
        self.looked_at, self.failure = began, None
        return changed

    def at(self, instant: dt.datetime, tables: tuple[str, ...]) -> Snapshot:
        """Some tables as they were at an instant; the last few such snapshots are kept.

        Raises:
            HistoryExpiredError: a table is not kept so far back.
        """
        key = (instant, tables)
        snapshot = self._past.pop(key, None) or self.snapshot.at(instant, (*self._tables,))
        self._past[key] = snapshot
        while len(self._past) > PAST_KEPT:
            self._past.popitem(last=False)
        return snapshot

    async def look(self) -> None:
        """Look at the lake once, in a thread."""
        try:
            async with self._looking:
                await asyncio.to_thread(self.refresh)
        except (Exception, pl.exceptions.PanicException) as error:
            # storage may fail in any way; what was read stays served and health says so
            self.failure = type(error).__name__
            logger.exception("the lake cannot be read; the last snapshot stays")

    async def follow(self) -> None:
        """Look at the lake again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._pause)
            await self.look()
