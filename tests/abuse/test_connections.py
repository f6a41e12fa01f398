"""Clients that hold connections open, send slowly, hang up, or read nothing."""

import signal
import socket
import time
from typing import Any

import httpx
import pytest

from serving.redis_server import embedded_redis
from soccer_assets.settings import Settings
from tests.abuse.conftest import FIXTURE, Start, metric, read_all
from tests.serving.conftest import show_idle_worker
from tests.serving.processes import Api

POST = b"POST /predictions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n"


def test_a_head_that_never_ends_is_cut_off(api: Api) -> None:
    began = time.monotonic()
    connections = [api.connect(b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ") for _ in range(10)]
    silent = api.connect()
    assert [read_all(connection) for connection in (*connections, silent)] == [b""] * 11
    assert 1.0 < time.monotonic() - began < 8


def test_a_head_that_drips_is_cut_off(api: Api) -> None:
    connection, began = api.connect(b"GET / HTTP/1.1\r\n"), time.monotonic()
    try:
        while time.monotonic() - began < 10:
            connection.sendall(b"x: y\r\n")
            time.sleep(0.2)
    except OSError:
        pass
    assert 1.0 < time.monotonic() - began < 8


def test_a_second_head_on_a_connection_has_the_same_time(api: Api) -> None:
    connection = api.connect(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
    answer = b""
    while not answer.endswith(b"}"):
        answer += connection.recv(4096)
    assert b" 200 " in answer
    began = time.monotonic()
    connection.sendall(b"\r\nGET /")
    assert read_all(connection) == b"" and time.monotonic() - began < 8


def test_a_head_without_bound_is_refused(api: Api) -> None:
    connection = api.connect(b"GET / HTTP/1.1\r\n" + b"".join(b"x-%d: %s\r\n" % (i, b"a" * 1000) for i in range(60)))
    for number in range(20):
        try:
            connection.sendall(b"y-%d: %s\r\n" % (number, b"a" * 1000))
        except OSError:
            break
        time.sleep(0.01)
    assert b" 431 " in read_all(connection)


def test_a_body_that_drips_is_answered_408(api: Api) -> None:
    connection, began = api.connect(POST + b"\r\n{"), time.monotonic()
    answer = read_all(connection)
    assert b" 408 " in answer and b"/problems/request-timeout" in answer and b"connection: close" in answer.lower()
    assert 1.0 < time.monotonic() - began < 8


def test_a_client_that_hangs_up_is_499_in_one_line_and_no_error(api: Api) -> None:
    logged, before = api.log, metric(api, 'soccer_http_requests_total{method="POST",path="/predictions",status="500"}')
    for number in range(5):
        connection = api.connect(POST + b"x-request-id: hangs-up-%d\r\n\r\n{" % number)
        time.sleep(0.1)
        connection.close()
    entries = [entry for number in range(5) for entry in api.entries(f"hangs-up-{number}")]
    assert [entry["status"] for entry in entries] == [499] * 5
    assert metric(api, 'soccer_http_requests_total{method="POST",path="/predictions",status="500"}') == before == 0
    assert metric(api, 'soccer_http_requests_total{method="POST",path="/predictions",status="499"}') == 5
    assert api.log == logged


def test_half_open_connections_keep_nobody_out(api: Api) -> None:
    held = [api.connect(b"GET / HTTP/1.1\r\n") for _ in range(120)]
    with api.client() as client:
        assert [client.get("/predictions?limit=1").status_code for _ in range(5)] == [200] * 5
    for connection in held:
        connection.close()


def test_a_client_that_reads_nothing_is_cut_off(api: Api) -> None:
    path = "/docs/assets/swagger-ui-bundle.js"
    ask = f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
    logged = api.log
    with api.client() as client:
        size = len(client.get(path).content)
    count = 1 + 30_000_000 // size  # more than the buffers of the system hold
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(15)
    connection.connect(("127.0.0.1", api.port))
    connection.sendall(ask * count)
    time.sleep(4)
    assert len(read_all(connection)) < 20_000_000 < count * size
    assert api.log == logged


def test_requests_without_end_before_the_first_answer_are_cut_off(api: Api) -> None:
    connection, began = api.connect(), time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - began < 10:
            connection.sendall(b"GET /leagues HTTP/1.1\r\nhost: localhost\r\n\r\n" * 1000)
    assert time.monotonic() - began < 8
    with api.client() as client:
        assert client.get("/health/live").status_code == 200


def test_sigterm_turns_readiness_first_then_ends(start_api: Start) -> None:
    api = start_api()
    with api.client() as client:
        assert client.get("/health/ready").status_code == 200
        began = time.monotonic()
        api.process.send_signal(signal.SIGTERM)
        while client.get("/health/ready").status_code == 200:
            assert time.monotonic() - began < 5
        assert client.get("/predictions?limit=1").status_code == 200
        assert httpx.get(f"{api.address}/health/live").status_code == 200  # a new connection
    assert api.process.wait(20) == 0
    assert time.monotonic() - began > 1.4


def test_a_request_in_progress_is_finished_after_sigterm(start_api: Start) -> None:
    api = start_api(SERVING_DRAIN_SECONDS="0", SERVING_WAIT_SECONDS="2")
    answers: list[Any] = []
    with api.client() as client:
        client.get("/health/live")
        with embedded_redis(Settings(var=str(api.folder))) as url:
            show_idle_worker(url)
        connection = api.connect()
        body = str(FIXTURE).replace("'", '"').encode()
        head = POST.replace(b"1000", str(len(body)).encode()) + b"connection: close\r\n\r\n"
        connection.sendall(head + body)
        time.sleep(0.3)
        api.process.send_signal(signal.SIGTERM)
        answers.append(read_all(connection))
    assert b" 202 " in answers[0].split(b"\r\n")[0]
    assert api.process.wait(20) == 0
