"""One Redis for all processes of a folder: the first starts it, the last stops it, and none is left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from serving.redis_server import embedded_redis
from soccer_assets.settings import Settings

HOLD = """
import sys
from serving.embedded_redis import embedded_redis
from soccer_assets.settings import Settings
with embedded_redis(Settings(var=sys.argv[1]), port=int(sys.argv[2])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def hold(folder: Path, port: int) -> subprocess.Popen[str]:
    """A process that uses the folder's Redis until it is sent a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    process.url = process.stdout.readline().strip()  # type: ignore[attr-defined]
    return process


def answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def pid_of(folder: Path) -> int:
    return int(json.loads((folder / "redis" / "server.json").read_text())["pid"])


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for by its parent does not."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


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
        pid = pid_of(tmp_path)
        with redis.Redis.from_url(url) as client:
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
    assert not answers(url) and not is_alive(pid)
    assert not (tmp_path / "redis" / "server.json").exists()


def test_a_taken_port_gives_way_to_a_free_one(tmp_path: Path, busy_port: int) -> None:
    with embedded_redis(Settings(var=str(tmp_path)), port=busy_port) as url:
        assert answers(url) and url != f"redis://127.0.0.1:{busy_port}/0"


def test_the_next_process_joins_and_the_last_one_stops_it(tmp_path: Path, unused_tcp_port: int) -> None:
    first, second = hold(tmp_path, unused_tcp_port), hold(tmp_path, unused_tcp_port)
    url = first.url  # type: ignore[attr-defined]
    assert second.url == url  # type: ignore[attr-defined]
    pid = pid_of(tmp_path)
    first.communicate("go\n", timeout=20)
    assert answers(url)  # the one that started it has left, the other still needs it
    second.communicate("go\n", timeout=20)
    assert not answers(url) and not is_alive(pid)


def test_a_server_whose_processes_were_all_killed_is_adopted_and_then_stopped(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    killed = hold(tmp_path, unused_tcp_port)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=20)
    pid = pid_of(tmp_path)
    assert answers(killed.url)  # type: ignore[attr-defined]
    with embedded_redis(Settings(var=str(tmp_path)), port=unused_tcp_port) as url:
        assert pid_of(tmp_path) == pid and answers(url)
    assert not answers(url) and not is_alive(pid)


def test_a_server_that_died_is_replaced(tmp_path: Path, unused_tcp_port: int) -> None:
    holder = hold(tmp_path, unused_tcp_port)
    os.kill(pid_of(tmp_path), signal.SIGKILL)
    with embedded_redis(Settings(var=str(tmp_path)), port=unused_tcp_port) as url:
        assert answers(url)
        holder.communicate("go\n", timeout=20)
        assert answers(url)
    assert not answers(url)


def test_what_was_stored_outlives_a_restart(tmp_path: Path) -> None:
    settings = Settings(var=str(tmp_path))
    for expected in (None, b"kept"):
        with embedded_redis(settings) as url, redis.Redis.from_url(url) as client:
            assert client.get("key") == expected
            client.set("key", "kept")
