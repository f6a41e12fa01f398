"""How often a client may ask: sliding windows of a minute, of reads in this process, of other requests in Redis.

A read makes no round trip to Redis: each API process counts its own, so a client of several has the limit of each.
What makes jobs is counted in Redis for all processes together. Without Redis nothing is counted there: such requests
are answered 503 by the queue itself.
"""

import asyncio
import logging
import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter as SharedLimiter
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from serving.api.problems import ProblemError
from serving.security import Client

logger = logging.getLogger(__name__)

SECONDS = 60
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Quota:
    """The most requests of a kind in a minute; 0 is no limit."""

    kind: str
    requests: int

    @property
    def item(self) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(self.requests, 1, namespace=self.kind)


class RateLimits:
    """The windows of all clients."""

    def __init__(self, redis_seconds: float) -> None:
        self._reads = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared: SharedLimiter | None = None
        self._seconds = redis_seconds

    def connect(self, pool: ConnectionPool) -> None:
        """Count in this Redis from now on."""
        uri = "async+redis://"  # where to connect is the pool's affair
        storage = RedisStorage(uri, implementation="redispy", key_prefix="soccer:rate", connection_pool=pool)  # type: ignore[arg-type]
        self._shared = SharedLimiter(storage)

    def count_read(self, client: Client, quota: Quota) -> Headers:
        """Count a read; the headers that say what is left.

        Raises:
            ProblemError: the client has used up its window.
        """
        item = quota.item
        allowed = self._reads.hit(item, client.id)
        reset_at, remaining = self._reads.get_window_stats(item, client.id)
        return _headers(quota, allowed, remaining, reset_at)

    async def count_shared(self, client: Client, quota: Quota) -> Headers:
        """Count a request in Redis; the headers that say what is left, none when Redis does not answer.

        Raises:
            ProblemError: the client has used up its window.
        """
        if self._shared is None:
            return []
        item = quota.item
        try:
            async with asyncio.timeout(self._seconds):
                allowed = await self._shared.hit(item, client.id)
                reset_at, remaining = await self._shared.get_window_stats(item, client.id)
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("requests are not counted while Redis does not answer: %s", type(error).__name__)
            return []
        return _headers(quota, allowed, remaining, reset_at)


def _headers(quota: Quota, allowed: bool, remaining: int, reset_at: float) -> Headers:
    """The headers of draft-ietf-httpapi-ratelimit-headers-11, and the three that came before them."""
    reset = max(1, math.ceil(reset_at - time.time()))
    left = max(0, remaining)
    values = {
        "ratelimit-policy": f'"{quota.kind}";q={quota.requests};w={SECONDS}',
        "ratelimit": f'"{quota.kind}";r={left};t={reset}',
        "ratelimit-limit": str(quota.requests),
        "ratelimit-remaining": str(left),
        "ratelimit-reset": str(reset),
    }
    if not allowed:
        detail = f"expected at most {quota.requests} {quota.kind} a minute, found more: try again in {reset} s"
        raise ProblemError("too-many-requests", detail, headers={**values, "retry-after": str(reset)})
    return [(name.encode(), value.encode()) for name, value in values.items()]
