import json
import socket
import threading
import time
from typing import Any

import httpx
import pytest

from soccer_assets.simulation.faults import BLOCK_PAGE, KEPT_SHARE
from soccer_assets.simulation.site import (
    BLOCKED,
    EMPTY,
    ERROR_PAGE,
    HALF_BODY,
    HALF_PACKET,
    HALF_ROWS,
    HTML,
    Body,
    Changed,
    Site,
    Slow,
    Stall,
    Status,
    Truncated,
    renamed,
    too_large,
)

pytestmark = pytest.mark.enable_socket

PATH = "mmz4281/2324/E0.csv"
PACKET: dict[str, Any] = {"version": 7, "sports": [{"id": 1}], "events": [{"id": n, "tv": [7, 8]} for n in range(10)]}
BODY = b"Div,HomeTeam\r\nE0,Ravensby\r\nE0,Dunmoor\r\nE0,Millbeck\r\nE0,Hartlow\r\n"


@pytest.fixture
def site():
    files: dict[str, Body] = {
        PATH: BODY,
        "feed.json": b"{}",
        "feed.json?day=20240301": b"[1]",
        "events/list": lambda query: query.encode(),
    }
    with Site(files | {"packet.json": json.dumps(PACKET).encode()}) as running:
        yield running


CLIENT = httpx.Client(trust_env=False, verify=False)


def get(site: Site, path: str = PATH, timeout: float = 5.0, **headers: str) -> httpx.Response:
    """`If_None_Match="..."` is sent as `If-None-Match`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CLIENT.get(f"{site.url}/{path}", headers=named, timeout=timeout)


def test_a_file_is_served_with_its_type_and_validators(site):
    answer = get(site)
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["Content-Length"] == str(len(BODY))
    assert answer.headers["ETag"].startswith('"')
    assert answer.headers["Last-Modified"].endswith("GMT")
    assert get(site, "feed.json").headers["Content-Type"] == "application/json"


def test_an_unknown_path_is_not_found(site):
    assert get(site, "mmz4281/2324/E9.csv").status_code == 404


def test_requests_are_counted_in_order_without_their_query(site):
    for path in (PATH, "nothing", f"{PATH}?season=2324"):
        get(site, path)
    assert site.requests == [(PATH, 200), ("nothing", 404), (PATH, 200)]


def test_a_query_that_has_an_entry_of_its_own_is_answered_by_it(site):
    asked = ["feed.json?day=20240301", "feed.json?day=20240302", "feed.json"]
    assert [get(site, address).content for address in asked] == [b"[1]", b"{}", b"{}"]
    assert site.requests == [("feed.json?day=20240301", 200), ("feed.json", 200), ("feed.json", 200)]
    assert get(site, "feed.json?day=20240301").headers["Content-Type"] == "application/json"


def test_a_callable_answers_to_the_query(site):
    first = get(site, "events/list?lang=ru&version=0")
    assert first.content == b"lang=ru&version=0"
    again = get(site, "events/list?lang=ru&version=0", If_None_Match=first.headers["ETag"])
    assert again.status_code == 304
    assert get(site, "events/list?version=5", If_None_Match=first.headers["ETag"]).content == b"version=5"


def test_a_fault_of_a_query_leaves_the_others_alone(site):
    site.fault("feed.json?day=20240301", Status(500))
    asked = ["feed.json?day=20240302", "feed.json?day=20240301", "feed.json?day=20240301"]
    assert [get(site, address).status_code for address in asked] == [200, 500, 200]


def test_an_unchanged_file_is_not_sent_again(site):
    first = get(site)
    conditions: list[dict[str, Any]] = [
        {"If_None_Match": first.headers["ETag"]},
        {"If_None_Match": f'"other", W/{first.headers["ETag"]}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": first.headers["Last-Modified"]},
    ]
    for headers in conditions:
        again = get(site, **headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]


def test_a_changed_file_is_sent_again_even_within_the_second(site):
    first = get(site)
    site.files[PATH] = BODY + b"E0,Pinbury\r\n"
    conditions: list[dict[str, Any]] = [
        {"If_None_Match": first.headers["ETag"]},
        {"If_Modified_Since": first.headers["Last-Modified"]},
        # the tag decides alone
        {"If_None_Match": first.headers["ETag"], "If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ]
    for headers in conditions:
        again = get(site, **headers)
        assert (again.status_code, again.content) == (200, site.files[PATH])


def test_an_unreadable_date_is_ignored(site):
    assert get(site, If_Modified_Since="yesterday").status_code == 200


def test_a_status_fault_lasts_as_many_requests_as_asked_and_carries_its_headers(site):
    site.fault(PATH, Status(503, {"Retry-After": "7"}), times=2)
    answers = [get(site) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["7", "7", None]
    assert answers[2].content == BODY


def test_faults_queue_up_and_leave_other_paths_alone(site):
    site.fault(PATH, Status(500))
    site.fault(PATH, Status(429))
    assert [get(site, path).status_code for path in (PATH, "feed.json", PATH, PATH)] == [500, 200, 429, 200]


def test_a_stalled_request_times_out_and_the_next_is_answered(site):
    site.fault(PATH, Stall(30))
    with pytest.raises(httpx.ReadTimeout):
        get(site, timeout=0.1)
    assert get(site).content == BODY
    assert site.requests == [(PATH, 0), (PATH, 200)]


def test_a_stall_the_client_sits_out_ends_without_an_answer(site):
    site.fault(PATH, Stall(0.05))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        get(site)


def test_an_error_page_comes_with_status_200(site):
    site.fault(PATH, HTML)
    answer = get(site)
    assert (answer.status_code, answer.content) == (200, ERROR_PAGE)
    assert answer.headers["Content-Type"] == "text/html"


def test_a_truncated_body_is_shorter_than_declared(site):
    site.fault(PATH, Truncated())
    with pytest.raises(httpx.RemoteProtocolError, match=f"received {len(BODY) // 2} bytes, expected {len(BODY)}"):
        get(site)


def test_a_slow_body_comes_whole_while_each_piece_is_in_time(site):
    site.fault(PATH, Slow(0.4))
    started = time.monotonic()
    assert get(site, timeout=0.2).content == BODY
    assert 0.3 < time.monotonic() - started < 2


def test_a_block_page_comes_with_status_200(site):
    site.fault("feed.json?day=20240301", BLOCKED)
    answer = get(site, "feed.json?day=20240301")
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, BLOCK_PAGE, "text/html")
    assert b"_Incapsula_Resource" in answer.content
    assert b"Request unsuccessful. Incapsula incident ID" in answer.content


def test_half_a_packet_is_a_whole_document_with_fewer_than_half_of_its_records(site):
    site.fault("packet.json", HALF_PACKET)
    assert KEPT_SHARE < 0.5
    assert get(site, "packet.json").json() == {"version": 7, "sports": [], "events": PACKET["events"][:4]}


def test_a_renamed_field_is_renamed_wherever_it_is_a_whole_word(site):
    site.files["page.html"] = b'{startTimes:1, startTime:2, "startTime":3}'
    site.fault("page.html", renamed("startTime", "kickOff"))
    assert get(site, "page.html").content == b'{startTimes:1, kickOff:2, "kickOff":3}'


def test_an_empty_day_is_a_valid_document_without_a_record(site):
    site.fault("packet.json", EMPTY)
    site.fault(PATH, EMPTY)
    assert get(site, "packet.json").json() == {"version": 7, "sports": [], "events": []}
    assert get(site, PATH).content == b"Div,HomeTeam\r\n"


def test_a_body_can_be_made_too_large(site):
    site.fault("packet.json", too_large(100_000))
    answer = get(site, "packet.json")
    assert (len(answer.content), answer.json()) == (100_000, PACKET)


def test_half_a_body_is_a_complete_answer_that_ends_within_a_line(site):
    site.fault(PATH, HALF_BODY)
    answer = get(site)
    assert answer.status_code == 200
    assert answer.content == b"Div,HomeTeam\r\nE0,Ravensby\r\nE0,Du"
    assert answer.headers["Content-Length"] == str(len(answer.content))


def test_half_the_rows_are_lost_whole(site):
    site.fault(PATH, HALF_ROWS)
    assert get(site).content == b"Div,HomeTeam\r\nE0,Ravensby\r\nE0,Dunmoor\r\n"


def test_any_change_of_the_body_can_be_asked_for(site):
    site.fault(PATH, Changed(lambda body: body.replace(b"HomeTeam", b"Home")))
    assert get(site).content == BODY.replace(b"HomeTeam", b"Home")


def test_a_changed_body_has_its_own_tag(site):
    good = get(site)
    site.fault(PATH, HALF_ROWS)
    bad = get(site, If_None_Match=good.headers["ETag"])
    assert bad.status_code == 200
    assert bad.headers["ETag"] != good.headers["ETag"]
    assert get(site, If_None_Match=bad.headers["ETag"]).content == BODY


def test_a_fault_comes_before_a_condition(site):
    good = get(site)
    site.fault(PATH, Truncated())
    with pytest.raises(httpx.RemoteProtocolError, match="expected"):
        get(site, If_None_Match=good.headers["ETag"])
    assert get(site, If_None_Match=good.headers["ETag"]).status_code == 304


def test_stopping_ends_stalls_threads_and_the_port():
    threads = threading.active_count()
    site = Site({PATH: BODY}).start()
    site.fault(PATH, Stall(60))
    port = int(site.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as stalled:
        stalled.sendall(f"GET /{PATH} HTTP/1.1\r\nHost: site\r\n\r\n".encode())
        while not site.requests:
            time.sleep(0.005)
        started = time.monotonic()
        site.stop()
        assert time.monotonic() - started < 2
    assert threading.active_count() == threads
    with pytest.raises(httpx.ConnectError):
        get(site)
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
    site.stop()  # a second time does nothing


def test_a_site_serves_many_clients_at_once_and_says_nothing(site, capfd):
    site.fault(PATH, Stall(0.3), times=4)
    failures: list[str] = []

    def ask() -> None:
        try:
            get(site)
        except httpx.RemoteProtocolError as error:
            failures.append(str(error))

    clients = [threading.Thread(target=ask) for _ in range(4)]
    started = time.monotonic()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert len(failures) == 4
    assert time.monotonic() - started < 1.0
    assert capfd.readouterr() == ("", "")
