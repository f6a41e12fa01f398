"""Keeps the newest snapshot of the lake; changes are read in a thread and swapped in by one assignment."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from serving.background import in_background
from serving.snapshot.snapshot import Snapshot
from serving.snapshot.source_metrics import SourceFigures
from soccer_assets.storage.lake import Lake

logger = logging.getLogger(__name__)


class Feed:
    """The newest snapshot; when the lake cannot be read it stays as it is and `failure` names the error."""

    def __init__(self, lake: Lake, refresh_seconds: float, horizon_days: int) -> None:
        self._lake = lake
        self._pause = refresh_seconds
        self.snapshot = Snapshot.empty(horizon_days)
        self.sources = SourceFigures(lake)
        self.failure: str | None = "NotReadYet"
        self.looked_at = time.monotonic()
        self.refreshes = 0
        self.refresh_seconds = 0.0

    @property
    def age(self) -> float:
        """Seconds since the snapshot was last known to be the newest."""
        return time.monotonic() - self.looked_at

    def refresh(self) -> bool:
        """Look at the lake once; whether the snapshot changed."""
        began = time.monotonic()
        snapshot = self.snapshot.renewed(self._lake)
        self.sources.refresh()
        changed = snapshot is not self.snapshot
        if changed:
            self.snapshot = snapshot
            self.refreshes += 1
            self.refresh_seconds = time.monotonic() - began
        self.looked_at, self.failure = began, None
        return changed

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Read the lake, then follow it until the context is left."""
        await self._look()
        async with in_background(self._follow(), "feed"):
            yield

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            await self._look()

    async def _look(self) -> None:
        try:
            await asyncio.to_thread(self.refresh)
        except Exception as error:
            # storage may fail in any way; what was read stays served and health says so
            self.failure = type(error).__name__
            logger.exception("the lake cannot be read; the last snapshot stays")
