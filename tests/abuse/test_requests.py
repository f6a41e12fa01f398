"""Requests that try to be somebody else, to forge a log line, to come from another site, or to be a fault of ours."""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.abuse.conftest import FIXTURE, JOB, Start, read_all
from tests.serving.processes import Api

DEEP = b"[" * 60_000


@pytest.fixture
def client(api: Api) -> Iterator[httpx.Client]:
    with api.client() as client:
        yield client


def test_a_body_of_nonsense_is_400_without_a_traceback(api: Api, client: httpx.Client) -> None:
    logged = api.log
    for body in (DEEP, b'{"unknown": ' + DEEP[:20_000], b'{"league": "\xff"}', b"\x00", b"{"):
        answer = client.post("/predictions", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request")
    assert api.log == logged


def test_a_long_name_costs_nothing_and_is_not_sent_back(client: httpx.Client) -> None:
    answer = client.post("/predictions", json=FIXTURE | {"home": "A" * 60_000})
    assert answer.status_code == 400 and len(answer.content) < 1000
    assert client.get("/jobs/" + "A" * 1000).json()["detail"].count("A") == 100
    assert client.get("/matches?league=" + "B" * 5000).status_code == 414


@pytest.mark.parametrize("path", ["/jobs/%0a2026-11-25%20CRITICAL%20root%20%1b%5b31m", "/%e2%80%ae%0d%0a%00x"])
def test_a_path_forges_no_line(api: Api, client: httpx.Client, path: str) -> None:
    logged = api.log
    client.get(path, headers={"x-request-id": f"forger-{len(path)}"})
    (entry,) = api.entries(f"forger-{len(path)}")
    assert entry["path"] == path
    assert api.output.isascii()
    assert api.log == logged


def test_a_path_forges_no_line_where_redis_is_away(start_api: Start) -> None:
    api = start_api(SOCCER_REDIS_URL="redis://127.0.0.1:1/0")
    with api.client() as client:
        assert client.get("/jobs/%0a2026-11-25%20CRITICAL%20root%20%1b%5b31m").status_code == 503
        assert client.get("/predictions?limit=1").status_code == 200
        refused = client.post("/predictions", json=FIXTURE)
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/queue-unavailable")
    lines = [line for line in api.log.splitlines() if "CRITICAL" in line]
    assert len(lines) == 1 and r"\n2026-11-25 CRITICAL root \x1b[31m" in lines[0] and "\x1b" not in api.log


def test_an_id_of_a_request_is_kept_where_it_is_sane(client: httpx.Client) -> None:
    answer = client.get("/nothing", headers={"x-request-id": "abc-123"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "abc-123"
    for odd in ("a b", "x" * 65, '{"a": 1}', "é"):
        made = client.get("/nothing", headers={b"x-request-id": odd.encode()}).headers["x-request-id"]
        assert len(made) == 16 and int(made, 16) >= 0


def test_another_host_name_is_refused(client: httpx.Client) -> None:
    for host in ("evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example:8000", "evil.example:80"):
        answer = client.get("/predictions", headers={"host": host})
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/unknown-host"), host
    for host in ("localhost", "LOCALHOST:1", "127.0.0.1", "[::1]", "[::1]:8000"):
        assert client.get("/health", headers={"host": host}).status_code == 200, host


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_type_is_refused(client: httpx.Client, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = client.post("/jobs", content=json.dumps(JOB).encode(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")


def test_a_page_of_another_site_can_ask_for_no_change_and_read_nothing(client: httpx.Client) -> None:
    evil = {"origin": "https://evil.example"}
    answer = client.post("/jobs", json=JOB, headers=evil)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/cross-origin")
    asked = client.options("/predictions", headers=evil | {"access-control-request-method": "POST"})
    for answer in (asked, client.get("/predictions", headers=evil)):
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_every_answer_has_the_security_headers_and_no_banner(client: httpx.Client) -> None:
    pages = ("/", "/quality", "/docs", "/matches/x")
    for path in (*pages, "/predictions", "/health/live", "/nothing", "/static/site.css", "/metrics", "/matches?x=1"):
        headers = client.get(path, headers={"accept": "text/html" if path in pages else "*/*"}).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "server" not in headers, path
        assert len(headers.get_list("content-security-policy")) == 1, path


def test_a_forwarded_address_gives_no_new_limit(start_api: Start) -> None:
    api = start_api(SERVING_LOCAL_FORECASTS_PER_MINUTE="3", SERVING_LOCAL_READS_PER_MINUTE="5")
    with api.client() as client:
        answers = [
            client.post("/jobs", json=JOB, headers={"x-forwarded-for": f"1.2.3.{number}"}) for number in range(5)
        ]
        assert [answer.status_code for answer in answers] == [503, 503, 503, 429, 429]
        refused = answers[-1]
        assert refused.json()["type"] == "/problems/too-many-requests"
        assert 0 < int(refused.headers["retry-after"]) <= 120
        assert refused.headers["ratelimit-policy"] == '"forecasts";q=3;w=60'
        assert refused.headers["ratelimit"].startswith('"forecasts";r=0;t=')
        assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("3", "0")
        reads = [client.get("/leagues") for _ in range(7)]
        assert [answer.status_code for answer in reads] == [200] * 5 + [429] * 2
        assert [answer.headers["ratelimit-remaining"] for answer in reads] == ["4", "3", "2", "1", "0", "0", "0"]
        assert client.get("/health/live").status_code == 200


def test_a_trusted_proxy_tells_clients_apart_and_none_of_them_is_local(start_api: Start) -> None:
    api = start_api(
        SERVING_TRUSTED_PROXIES="10.0.0.1, 127.0.0.0/28", SERVING_OPEN="true", SERVING_READS_PER_MINUTE="2",
        SERVING_CORS_ORIGINS="https://club.example",
    )  # fmt: skip
    with api.client() as client:

        def statuses(address: str) -> list[int]:
            return [client.get("/leagues", headers={"x-forwarded-for": address}).status_code for _ in range(3)]

        assert statuses("1.2.3.4") == statuses("1.2.3.5") == [200, 200, 429]
        asked = {"origin": "https://club.example", "access-control-request-method": "POST"}
        allowed = client.options("/predictions", headers=asked)
        assert allowed.status_code == 204
        assert allowed.headers["access-control-allow-origin"] == "https://club.example"
        posted = client.post("/jobs", json=JOB, headers={"origin": "https://club.example"})
        assert (posted.status_code, posted.json()["type"]) == (503, "/problems/no-worker")
        assert posted.headers["access-control-allow-origin"] == "https://club.example"


def test_who_is_no_trusted_proxy_is_one_client_whatever_it_says(start_api: Start) -> None:
    api = start_api(SERVING_TRUSTED_PROXIES="10.0.0.0/8", SERVING_LOCAL_READS_PER_MINUTE="2")
    with api.client() as client:
        addresses = ("1.2.3.4", "1.2.3.5", "10.0.0.1")
        statuses = [client.get("/leagues", headers={"x-forwarded-for": address}).status_code for address in addresses]
    assert statuses == [200, 200, 429]


def test_a_request_that_is_no_http_is_one_line(api: Api) -> None:
    logged = len(api.log.splitlines())
    assert b" 400 " in read_all(api.connect(b"\x16\x03\x01\x02\x00 not http\r\n\r\n"))
    assert len(api.log.splitlines()) <= logged + 1
