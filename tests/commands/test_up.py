"""The supervisor of the platform: programs that end are started again, and a taken port is told before any work."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from serving.redis_server import RedisServer, redis_server
from soccer_assets.commands.demo import demo
from soccer_assets.commands.up import Child, Supervisor, check_ports, platform
from soccer_assets.errors import PlatformError
from soccer_assets.settings import Settings

pytestmark = pytest.mark.enable_socket
PAUSE = 0.05


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[[str], tuple[Supervisor, Child]]]:
    """A supervisor of one Python program."""
    supervisors = []

    def start(program: str) -> tuple[Supervisor, Child]:
        child = Child("worker", [sys.executable, "-c", program], tmp_path / "worker.log", None)
        supervisor = Supervisor([child], RedisServer("redis://elsewhere:1/0"), os.environ, {}, pause_seconds=PAUSE)
        supervisors.append(supervisor)
        return supervisor, child

    yield start
    for supervisor in supervisors:
        supervisor.stop()


def look_until(supervisor: Supervisor, met: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        supervisor.look()
        time.sleep(0.01)


def test_a_killed_program_is_started_again_and_reported(supervise, capsys):
    supervisor, child = supervise("import time; print('up', flush=True); time.sleep(60)")
    supervisor.look()
    first = child.process
    look_until(supervisor, lambda: "up" in child.log.read_text())
    os.kill(first.pid, signal.SIGKILL)
    look_until(supervisor, lambda: child.process is not None and child.process.pid != first.pid)
    assert capsys.readouterr().out == "worker ended with code -9: started again in 0.05 s\n"
    look_until(supervisor, lambda: child.log.read_text().count("up") == 2)
    second = child.process.pid
    supervisor.stop()
    assert not psutil.pid_exists(second)


def test_one_that_cannot_start_is_tried_with_growing_pauses_and_then_ends_the_platform(supervise, capsys):
    supervisor, child = supervise("import sys; sys.exit('no such table')")
    with pytest.raises(PlatformError, match=r"worker ended 6 times within 5 minutes, at last with code 1:\n") as ended:
        look_until(supervisor, lambda: False)
    assert str(ended.value).count("no such table") == 6
    pauses = [line.split("again in ")[1] for line in capsys.readouterr().out.splitlines()]
    assert pauses == ["0.05 s", "0.1 s", "0.2 s", "0.4 s", "0.8 s"]
    gaps = [later - earlier for earlier, later in zip(child.ends, child.ends[1:], strict=False)]
    assert all(gap >= PAUSE * 2**number for number, gap in enumerate(gaps))


def test_one_that_ends_again_and_again_does_not_end_the_others(supervise):
    supervisor, child = supervise("import sys; sys.exit('no such table')")
    supervisor.wait_until_ready()  # no program of it listens
    look_until(supervisor, lambda: len(child.ends) == 7)
    assert child.start_at - child.ends[-1] == pytest.approx(PAUSE * 2**6)


def test_a_redis_that_was_killed_is_started_again(tmp_path, capsys):
    import redis

    with redis_server(Settings(var=str(tmp_path))) as server, redis.Redis.from_url(server.url) as client:
        supervisor = Supervisor([], server, os.environ, {})
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
        look_until(supervisor, lambda: "redis was gone and is started again" in capsys.readouterr().out)
        assert client.ping()


@pytest.mark.parametrize("setting", ["SERVING_PORT", "SOCCER_DAGSTER_PORT", "SERVING_WORKER_METRICS_PORT"])
def test_a_taken_port_is_told_by_its_setting_before_any_work(setting, monkeypatch, tmp_path, unused_tcp_port_factory):
    for name in ("SERVING_PORT", "SOCCER_DAGSTER_PORT", "SERVING_WORKER_METRICS_PORT"):
        monkeypatch.setenv(name, str(unused_tcp_port_factory()))
    monkeypatch.setenv("SOCCER_VAR", str(tmp_path / "var"))
    check_ports(Settings.read())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setenv(setting, str(port))
        said = rf"expected port {port} of 127.0.0.1 to be free, found Address already in use.* or set {setting} to"
        with pytest.raises(PlatformError, match=said), platform(Settings.read()):
            pass
        with pytest.raises(PlatformError, match=said):
            demo(once=False)
    assert not (tmp_path / "var").exists()
