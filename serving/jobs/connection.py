"""Connections to Redis: arq's client without pickle, and the channels on which processes wake each other."""

import asyncio
import logging
from collections.abc import Callable, Mapping

import msgspec
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError, RedisError

from serving.settings import ServingSettings

QUEUE = "soccer:queue"
#: The ids of jobs: newly queued, changed, and cancelled.
QUEUED, CHANGED, CANCELLED = "soccer:jobs:queued", "soccer:jobs:changed", "soccer:jobs:cancelled"
LISTEN_SECONDS = 1.0
RETRIES = 60  # half a second apart at most

logger = logging.getLogger(__name__)


class Store(ArqRedis):
    """arq's client, closed by the name that redis-py has for it now."""

    async def close(self, close_connection_pool: bool | None = None) -> None:
        """Close the connections; arq's worker calls this."""
        await self.aclose(close_connection_pool)


class RetryingPool(ConnectionPool):
    """redis-py retries a refused socket, but not the handshake on it: a Redis about to stop accepts and hangs up."""

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """Connect, as often as the connection may try."""
        ensure = super().ensure_connection
        await connection.retry.call_with_retry(lambda: ensure(connection), lambda _: connection.disconnect())


def connect(url: str, settings: ServingSettings, *, retry: bool = False) -> Store:
    """A client that connects on first use and never pickles; with `retry` it survives a restart of Redis."""
    # a refused connection is an OSError inside redis-py's own attempts, and would not be tried again
    options = {"retry": Retry(ExponentialBackoff(), RETRIES), "retry_on_error": [ConnectionError, OSError]}
    pool, options = (RetryingPool, options) if retry else (ConnectionPool, {})
    return Store(
        pool.from_url(url, socket_connect_timeout=settings.redis_timeout_seconds, **options),
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
        default_queue_name=QUEUE,
    )


async def listen(redis: Store, handlers: Mapping[str, Callable[[bytes], None]]) -> None:
    """Pass each message of a channel to its handler, until cancelled; a lost connection is made again."""
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as channel:
                await channel.subscribe(*handlers)
                while True:
                    message = await channel.get_message(timeout=LISTEN_SECONDS)
                    if message:
                        handlers[message["channel"].decode()](message["data"])
        except (RedisError, OSError) as error:
            logger.warning("the channels of jobs are being connected again: %s", type(error).__name__)
            await asyncio.sleep(LISTEN_SECONDS)  # those who wait look at their jobs by themselves meanwhile
