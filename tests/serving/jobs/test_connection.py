"""The client of Redis that a worker has, and the channel of changed jobs."""

import asyncio
from urllib.parse import unquote, urlsplit

import pytest
from redis.exceptions import ConnectionError

from serving.jobs.connection import CHANGED, connect
from serving.jobs.queue import JobQueue
from serving.settings import ServingSettings
from soccer_assets.settings import Clock, Settings


@pytest.mark.asyncio
async def test_a_redis_that_accepts_and_hangs_up_is_tried_again_by_a_retrying_client_alone(
    settings: Settings, serving: ServingSettings, unused_tcp_port: int
) -> None:
    """So does one that is about to stop; the real one is behind the fourth connection."""
    socket = unquote(urlsplit(settings.redis_url).path)
    left = 0

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while sent := await source.read(4096):
            target.write(sent)
        target.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            writer.close()
            return
        there, here = await asyncio.open_unix_connection(socket)
        await asyncio.gather(pass_on(reader, here), pass_on(there, writer))

    async with await asyncio.start_server(accept, "127.0.0.1", unused_tcp_port):
        for retry in (False, True):
            left = 3
            client = connect(f"redis://127.0.0.1:{unused_tcp_port}", serving, retry=retry)
            if retry:
                assert await client.ping() is True and left == -1
            else:
                with pytest.raises(ConnectionError):
                    await client.ping()
                assert left == 2
            await client.close(close_connection_pool=True)


@pytest.mark.asyncio
async def test_a_message_that_is_no_text_does_not_end_the_listener(
    settings: Settings, serving: ServingSettings
) -> None:
    store = connect(settings.redis_url, serving)
    listener = asyncio.create_task(JobQueue(store, serving, Clock()).listen())
    async with asyncio.timeout(60):
        while not await store.publish(CHANGED, b"\xff\xfe"):
            await asyncio.sleep(0.02)
    await asyncio.wait([listener], timeout=0.2)
    assert not listener.done()
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)
    await store.close(close_connection_pool=True)
