"""One Redis for all processes of a folder: the first starts it, the last stops it, and none is left running."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from serving.redis_server import embedded_redis
from soccer_assets.errors import PlatformError
from soccer_assets.settings import Settings

HOLD = """
import sys
from serving.redis_server import embedded_redis
from soccer_assets.settings import Settings
with embedded_redis(Settings(var=sys.argv[1]), port=int(sys.argv[2])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def spawn(folder: Path, port: int) -> subprocess.Popen[str]:
    """A process that uses the folder's Redis until it is sent a line; it prints the URL."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def pid_of(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])  # type: ignore[index]


def ends(pid: int) -> bool:
    """Whether the process ends soon; one that was not waited for by its parent has ended."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_configured_redis_is_used_and_none_is_started(tmp_path: Path) -> None:
    with embedded_redis(Settings(var=str(tmp_path), redis_url="redis://elsewhere:1/0")) as url:
        assert url == "redis://elsewhere:1/0"
    assert list(tmp_path.iterdir()) == []


def test_it_listens_on_the_loopback_interface_at_the_wanted_port_and_is_gone_after(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    with embedded_redis(Settings(var=str(tmp_path)), port=unused_tcp_port) as url:
        assert url == f"redis://127.0.0.1:{unused_tcp_port}/0"
        pid = pid_of(url)
        with redis.Redis.from_url(url) as client:
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
    assert not answers(url) and ends(pid)


def test_a_port_that_another_program_has_is_an_error_that_names_the_settings(tmp_path: Path, busy_port: int) -> None:
    refused = pytest.raises(PlatformError, match=rf"port {busy_port} .* Set SERVING_REDIS_PORT .* or SOCCER_REDIS_URL")
    with refused, embedded_redis(Settings(var=str(tmp_path)), port=busy_port):
        pass


def test_the_redis_of_another_folder_is_neither_used_nor_stopped(tmp_path: Path, unused_tcp_port: int) -> None:
    with embedded_redis(Settings(var=str(tmp_path / "one")), port=unused_tcp_port) as url:
        with (
            pytest.raises(PlatformError, match="expected port"),
            embedded_redis(Settings(var=str(tmp_path / "other")), unused_tcp_port),
        ):
            pass
        assert answers(url)


def test_the_next_process_joins_and_the_last_one_stops_it(tmp_path: Path, unused_tcp_port: int) -> None:
    first = spawn(tmp_path, unused_tcp_port)
    url = url_of(first)
    second = spawn(tmp_path, unused_tcp_port)
    assert url_of(second) == url
    pid = pid_of(url)
    first.communicate("go\n", timeout=20)
    assert answers(url)  # the one that started it has ended, the other still needs it
    second.communicate("go\n", timeout=20)
    assert not answers(url) and ends(pid)


def test_processes_started_at_the_same_time_share_one(tmp_path: Path, unused_tcp_port: int) -> None:
    processes = [spawn(tmp_path, unused_tcp_port) for _ in range(4)]
    (url,) = {url_of(process) for process in processes}
    pid = pid_of(url)
    for process in processes:
        assert answers(url) and pid_of(url) == pid
        process.communicate("go\n", timeout=20)
        assert process.returncode == 0
    assert not answers(url) and ends(pid)


def test_a_server_whose_processes_were_all_killed_is_used_and_then_stopped(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    killed = spawn(tmp_path, unused_tcp_port)
    pid = pid_of(url_of(killed))
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=20)
    with embedded_redis(Settings(var=str(tmp_path)), port=unused_tcp_port) as url:
        assert pid_of(url) == pid
    assert not answers(url) and ends(pid)


def test_a_server_that_died_is_replaced(tmp_path: Path, unused_tcp_port: int) -> None:
    holder = spawn(tmp_path, unused_tcp_port)
    psutil.Process(pid_of(url_of(holder))).kill()
    with embedded_redis(Settings(var=str(tmp_path)), port=unused_tcp_port) as url:
        assert answers(url)
        holder.communicate("go\n", timeout=20)
        assert answers(url)
    assert not answers(url)


def test_what_was_stored_outlives_a_restart(tmp_path: Path, unused_tcp_port: int) -> None:
    settings = Settings(var=str(tmp_path))
    for expected in (None, b"kept"):
        with embedded_redis(settings, unused_tcp_port) as url, redis.Redis.from_url(url) as client:
            assert client.get("key") == expected
            client.set("key", "kept")
