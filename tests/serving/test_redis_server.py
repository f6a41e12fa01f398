"""One Redis for all processes of a folder: the first starts it, the last stops it, and none is left running."""

import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from socket import AF_UNIX

import psutil
import pytest
import redis

from serving.redis_server import embedded_redis, redis_server
from soccer_assets.settings import Settings

HOLD = """
import sys
from serving.redis_server import embedded_redis
from soccer_assets.settings import Settings
with embedded_redis(Settings(var=sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def spawn(folder: Path) -> subprocess.Popen[str]:
    """A process that uses the folder's Redis until it is sent a line; it prints the URL."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
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
        return int(client.info("server")["process_id"])


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


def test_a_configured_redis_is_used_and_none_is_started(tmp_path: Path) -> None:
    with embedded_redis(Settings(var=str(tmp_path), redis_url="redis://elsewhere:1/0")) as url:
        assert url == "redis://elsewhere:1/0"
    assert list(tmp_path.iterdir()) == []


def test_it_listens_on_a_socket_of_its_user_alone_and_is_gone_after(tmp_path: Path) -> None:
    with embedded_redis(Settings(var=str(tmp_path))) as url:
        socket = tmp_path / "redis" / "redis.sock"
        assert url == f"unix://{socket}?db=0"
        assert [stat.S_IMODE(path.stat().st_mode) for path in (socket, socket.parent)] == [0o700, 0o700]
        process = psutil.Process(pid_of(url))
        assert [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN and c.family != AF_UNIX] == []
    assert not answers(url) and ends(process.pid)


@pytest.mark.parametrize("command", [("CONFIG", "SET", "dir", "/tmp"), ("MODULE", "LIST"), ("DEBUG", "SLEEP", "0")])
def test_commands_that_write_files_or_load_code_are_off(tmp_path: Path, command: tuple[str, ...]) -> None:
    with (
        embedded_redis(Settings(var=str(tmp_path))) as url,
        redis.Redis.from_url(url) as client,
        pytest.raises(redis.ResponseError, match="unknown command"),
    ):
        client.execute_command(*command)


def test_a_folder_too_deep_for_a_socket_has_it_in_a_short_one_of_the_user_alone(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    urls = []
    for _ in range(2):
        with embedded_redis(Settings(var=str(deep))) as url:
            urls.append(url)
            assert answers(url)
    folder = Path((deep / "redis" / "socket-folder").read_text())
    assert set(urls) == {f"unix://{folder}/redis.sock?db=0"} and stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)  # somebody else may have made it: it is not used again
    with embedded_redis(Settings(var=str(deep))) as url:
        assert url != urls[0] and answers(url)


def test_the_redis_of_another_folder_is_neither_used_nor_stopped(tmp_path: Path) -> None:
    with embedded_redis(Settings(var=str(tmp_path / "one"))) as url:
        with embedded_redis(Settings(var=str(tmp_path / "other"))) as other:
            assert pid_of(other) != pid_of(url)
        assert answers(url)


def test_a_killed_server_loses_nothing_and_is_started_again(tmp_path: Path) -> None:
    with redis_server(Settings(var=str(tmp_path))) as server:
        assert not server.ensure_running()
        with redis.Redis.from_url(server.url) as client:
            for number in range(1000):
                client.set(f"key {number}", number)
            pid = pid_of(server.url)
        psutil.Process(pid).kill()
        assert ends(pid)
        assert server.ensure_running()
        with redis.Redis.from_url(server.url) as client:
            assert client.dbsize() == 1000 and client.get("key 999") == b"999"


def test_the_next_process_joins_and_the_last_one_stops_it(tmp_path: Path) -> None:
    first = spawn(tmp_path)
    url = url_of(first)
    second = spawn(tmp_path)
    assert url_of(second) == url
    pid = pid_of(url)
    first.communicate("go\n", timeout=20)
    assert answers(url)  # the one that started it has ended, the other still needs it
    second.communicate("go\n", timeout=20)
    assert not answers(url) and ends(pid)


def test_processes_started_at_the_same_time_share_one(tmp_path: Path) -> None:
    processes = [spawn(tmp_path) for _ in range(4)]
    (url,) = {url_of(process) for process in processes}
    pid = pid_of(url)
    for process in processes:
        assert answers(url) and pid_of(url) == pid
        process.communicate("go\n", timeout=20)
        assert process.returncode == 0
    assert not answers(url) and ends(pid)


def test_a_server_whose_processes_were_all_killed_is_used_and_then_stopped(tmp_path: Path) -> None:
    killed = spawn(tmp_path)
    pid = pid_of(url_of(killed))
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=20)
    with embedded_redis(Settings(var=str(tmp_path))) as url:
        assert pid_of(url) == pid
    assert not answers(url) and ends(pid)


def test_a_server_that_died_is_replaced(tmp_path: Path) -> None:
    holder = spawn(tmp_path)
    psutil.Process(pid_of(url_of(holder))).kill()
    with embedded_redis(Settings(var=str(tmp_path))) as url:
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
