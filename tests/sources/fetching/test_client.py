import datetime as dt
import hashlib
import time
from email.utils import format_datetime, parsedate_to_datetime
from itertools import pairwise

import pytest

from soccer_assets.errors import BlockedError, FetchError, ShapeError, SourcesFailedError
from soccer_assets.settings import Clock, Settings
from soccer_assets.simulation.faults import (
    BLOCKED,
    ERROR_PAGE,
    HTML,
    Changed,
    Slow,
    Stall,
    Status,
    Truncated,
    too_large,
)
from soccer_assets.simulation.site import Site
from soccer_assets.sources.fetching.client import Request
from soccer_assets.sources.fetching.response_checks import refuse_bot_wall, refuse_html
from soccer_assets.storage.payloads import FETCH_LOG, Fetch

pytestmark = pytest.mark.enable_socket

CLOCK = Clock.from_settings(Settings.read())

BODY = b"Div,Date,HomeTeam,AwayTeam\nE0,11/08/2023,Burnley,Man City\n"
LONGER = BODY + b"E0,12/08/2023,Arsenal,Nott'm Forest\n"


def accept(address: str, body: bytes, before: bytes | None) -> None:
    """Refuses HTML, and a body shorter than the last good one."""
    refuse_bot_wall(address, body)
    refuse_html(address, body)
    if before is not None and len(body) < len(before):
        raise ShapeError(address, f"expected {len(before)} bytes, found {len(body)}")


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def a(site) -> str:
    site.files["a.csv"] = BODY
    return f"{site.url}/a.csv"


@pytest.fixture
def log(payloads):
    """The fetch log, oldest first."""
    return lambda: [Fetch(**row) for row in FETCH_LOG.conform(payloads.fetches()).sort("fetched_at").to_dicts()]


# What comes back, and what is kept


def test_answers_come_in_the_order_of_the_requests_and_are_kept_as_they_came(site, client, payloads):
    site.files |= {"a.csv": BODY, "b.csv": LONGER}
    requests = [Request(f"{site.url}/{name}.csv") for name in "ba"]
    answers = client().fetch(requests, accept)
    assert [answer.address for answer in answers] == [request.address for request in requests]
    assert [answer.body for answer in answers] == [LONGER, BODY]
    assert [answer.payload_id for answer in answers] == [sha(LONGER), sha(BODY)]
    assert [payloads.get(answer.payload_id) for answer in answers] == [LONGER, BODY]


def test_the_log_says_where_and_when_an_answer_came_from(site, client, a, log):
    before = CLOCK.now()
    (answer,) = client().fetch([Request(a)], accept)
    (fetch,) = log()
    assert before <= fetch.fetched_at <= CLOCK.now()
    assert answer.fetched_at == fetch.fetched_at
    assert fetch == Fetch(
        a, fetch.fetched_at, "accepted", None, 200, sha(BODY), len(BODY), fetch.etag, fetch.last_modified
    )
    assert fetch.etag == f'"{sha(BODY)[:32]}"'
    assert before.replace(microsecond=0) <= parsedate_to_datetime(fetch.last_modified) <= fetch.fetched_at


def test_an_address_that_never_existed_is_left_out_and_logged_as_missing(site, client, a, log):
    nothing = f"{site.url}/nothing.csv"
    answers = client().fetch([Request(nothing), Request(a)], accept)
    assert [answer.address for answer in answers] == [a]
    assert [(fetch.address, fetch.outcome, fetch.reason, fetch.status) for fetch in log()] == [
        (nothing, "missing", "404 Not Found", 404),
        (a, "accepted", None, 200),
    ]


def test_an_address_that_appears_later_is_fetched_then(site, client, a):
    body = site.files.pop("a.csv")
    assert client().fetch([Request(a)], accept) == []
    site.files["a.csv"] = body
    assert [answer.body for answer in client().fetch([Request(a)], accept)] == [BODY]


def test_an_unchanged_file_is_answered_from_the_store(site, client, a, log):
    (first,) = client().fetch([Request(a)], accept)
    (second,) = client().fetch([Request(a)], accept)
    assert second == first
    assert site.requests == [("a.csv", 200), ("a.csv", 304)]
    accepted, unchanged = log()
    assert (unchanged.outcome, unchanged.status, unchanged.payload_id) == ("unchanged", 304, sha(BODY))
    assert site.headers[0]["If-None-Match"] is None
    assert site.headers[1]["If-None-Match"] == accepted.etag
    assert site.headers[1]["If-Modified-Since"] == accepted.last_modified


def test_a_changed_file_replaces_the_last_good_one(site, client, a, payloads):
    client().fetch([Request(a)], accept)
    site.files["a.csv"] = LONGER
    (second,) = client().fetch([Request(a)], accept)
    assert second.body == LONGER
    assert payloads.last_good()[a].payload_id == sha(LONGER)


def test_the_same_bytes_sent_again_in_full_are_as_old_as_before(site, client, a, log):
    (first,) = client().fetch([Request(a)], accept)
    site.fault("a.csv", Changed(lambda body: body))
    (second,) = client().fetch([Request(a)], accept)
    assert second == first
    assert [(fetch.outcome, fetch.status) for fetch in log()] == [("accepted", 200)] * 2


def test_what_is_final_is_not_asked_again_once_it_is_in_store(site, client, a):
    request = Request(a, final=True)
    (first,) = client().fetch([request], accept)
    assert client().fetch([request], accept) == [first]
    assert site.requests == [("a.csv", 200)]


def test_what_is_final_is_asked_until_it_is_there(site, client, a):
    site.files.clear()
    for _ in range(2):
        assert client().fetch([Request(a, final=True)], accept) == []
    assert site.requests == [("a.csv", 404)] * 2


def test_replay_needs_no_network_after_one_fetch(site, client, a, log):
    site.files["b.csv"] = LONGER
    requests = [Request(f"{site.url}/{name}.csv") for name in ("b", "never", "a")]
    fetched = client().fetch(requests, accept)
    site.stop()
    logged = log()
    assert client(replay=True).fetch(requests, accept) == fetched
    assert [answer.body for answer in fetched] == [LONGER, BODY]
    assert log() == logged


def test_files_are_read_from_a_folder_too(client, tmp_path, log):
    folder = tmp_path / "a mirror"
    folder.mkdir()
    (folder / "a.csv").write_bytes(BODY)
    requests = [Request(f"{folder.as_uri()}/{name}.csv") for name in ("a", "nothing")]
    (answer,) = client().fetch(requests, accept)
    assert answer.body == BODY
    assert "%20" in answer.address
    assert [(fetch.outcome, fetch.status) for fetch in log()] == [("accepted", 200), ("missing", 404)]
    (folder / "a.csv").unlink()
    with pytest.raises(SourcesFailedError, match="found 404 Not Found"):
        client().fetch(requests, accept)


# What goes wrong

#: What the log says of an answer that was not taken.
OUTCOME = {FetchError: "failed", ShapeError: "rejected", BlockedError: "blocked"}


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (Stall(30), FetchError, "expected an answer within 0.2 s, found none; tried 1 times"),
        (Stall(0), FetchError, "expected a whole answer, found a broken transfer (Server disconnected without"),
        (Truncated(), FetchError, "expected a whole answer, found a broken transfer (peer closed connection without"),
        (Status(500), FetchError, "expected 200 OK, found 500 Internal Server Error; tried 1 times"),
        (Status(503), FetchError, "expected 200 OK, found 503 Service Unavailable; tried 1 times"),
        (Status(429), FetchError, "expected 200 OK, found 429 Too Many Requests; tried 1 times"),
        (Status(403), FetchError, "expected 200 OK, found 403 Forbidden"),
        (Status(204), FetchError, "expected 200 OK, found 204 No Content"),
        (HTML, ShapeError, f"expected CSV, found an HTML page that starts {ERROR_PAGE[:60]!r}"),
        (BLOCKED, BlockedError, "expected data, found the page of a bot wall ('_Incapsula_Resource'); it will let"),
        (too_large(4001), FetchError, "expected at most 4,000 bytes, found more (the limit is SOCCER_HTTP_MAX_BYTES)"),
        (Slow(10), FetchError, "expected the whole answer within 0.3 s, found "),
    ],
)
def test_a_first_answer_that_cannot_be_used_is_an_error_that_names_the_address(
    site, client, a, payloads, log, fault, kind, message
):
    site.fault("a.csv", fault)
    with pytest.raises(SourcesFailedError) as raised:
        client(
            http_timeout_seconds=0.2 if isinstance(fault, Stall) else 30.0,
            http_answer_seconds=0.3 if isinstance(fault, Slow) else 30.0,
            http_max_bytes=4000,
        ).fetch([Request(a)], accept)
    (failure,) = raised.value.failures
    assert type(failure) is kind
    assert failure.address == a
    assert str(failure).startswith(f"{a}: {message}")
    assert str(raised.value) == (
        "1 of 1 addresses failed; the last good data stay as they are.\n"
        f"  {failure}\n"
        "Run again when the source is back, or leave a league out with SOCCER_LEAGUES."
    )
    assert [(fetch.address, fetch.outcome, fetch.reason) for fetch in log()] == [(a, OUTCOME[kind], str(failure))]
    assert payloads.last_good() == {}
    (answer,) = client().fetch([Request(a)], accept)
    assert answer.body == BODY


def test_a_redirect_that_leads_nowhere_is_a_failure_like_any_other(site, client, a):
    site.fault("a.csv", Status(302, {"Location": "/a.csv"}), times=30)
    with pytest.raises(
        SourcesFailedError, match=r"a\.csv: expected a whole answer, found a broken transfer \(Exceeded"
    ):
        client().fetch([Request(a)], accept)


def test_a_redirect_is_followed_and_the_answer_belongs_to_the_address_asked(site, client, a):
    site.fault("moved.csv", Status(301, {"Location": "/a.csv"}))
    (answer,) = client().fetch([Request(f"{site.url}/moved.csv")], accept)
    assert (answer.address, answer.body) == (f"{site.url}/moved.csv", BODY)


def test_a_site_that_is_not_there_is_named(site, client, a):
    site.stop()
    with pytest.raises(SourcesFailedError, match=rf"{a}: expected a connection, found none \(.*refused"):
        client().fetch([Request(a)], accept)


def test_an_address_that_existed_must_not_vanish(site, client, a, payloads, log):
    client().fetch([Request(a)], accept)
    good = payloads.last_good()
    del site.files["a.csv"]
    with pytest.raises(SourcesFailedError) as raised:
        client().fetch([Request(a)], accept)
    (failure,) = raised.value.failures
    assert isinstance(failure, FetchError)
    assert str(failure) == (
        f"{a}: expected the file that was there on {good[a].fetched_at:%Y-%m-%d}, found 404 Not Found"
    )
    assert payloads.last_good() == good
    assert log()[-1].outcome == "rejected"


def test_a_refused_answer_leaves_the_last_good_one_and_its_validators(site, client, a, payloads):
    (first,) = client().fetch([Request(a)], accept)
    site.files["a.csv"] = BODY[:-1]
    with pytest.raises(SourcesFailedError, match=f"{a}: expected {len(BODY)} bytes, found {len(BODY) - 1}"):
        client().fetch([Request(a)], accept)
    assert payloads.last_good()[a].payload_id == first.payload_id
    site.files["a.csv"] = BODY
    assert client().fetch([Request(a)], accept) == [first]
    assert [status for _, status in site.requests] == [200, 200, 304]


def test_all_failures_are_told_together_and_the_good_answers_are_kept(site, client, a, payloads):
    site.files |= {"b.csv": BODY, "c.csv": BODY}
    site.fault("b.csv", HTML)
    site.fault("c.csv", Status(500))
    addresses = [f"{site.url}/{name}.csv" for name in "bac"]
    with pytest.raises(SourcesFailedError) as raised:
        client().fetch([Request(address) for address in addresses], accept)
    lines = str(raised.value).splitlines()
    assert lines[0] == "2 of 3 addresses failed; the last good data stay as they are."
    assert [line.split(": ")[0] for line in lines[1:3]] == [f"  {addresses[0]}", f"  {addresses[2]}"]
    assert list(payloads.last_good()) == [a]


# Trying again


@pytest.mark.parametrize("fault", [Status(500), Status(502), Status(408), Stall(30), Truncated()], ids=repr)
def test_a_passing_fault_is_overcome_by_trying_again(site, client, a, log, fault):
    site.fault("a.csv", fault)
    (answer,) = client(http_retries=3, http_timeout_seconds=0.5).fetch([Request(a)], accept)
    assert answer.body == BODY
    assert len(site.requests) >= 2
    assert [fetch.outcome for fetch in log()] == ["accepted"]


def test_it_is_tried_as_often_as_the_settings_say(site, client, a):
    site.fault("a.csv", Status(500), times=5)
    with pytest.raises(SourcesFailedError, match="found 500 Internal Server Error; tried 2 times"):
        client(http_retries=1).fetch([Request(a)], accept)
    assert site.requests == [("a.csv", 500)] * 2


def test_what_will_not_change_is_not_tried_again(site, client, a):
    site.fault("a.csv", Status(403), times=5)
    with pytest.raises(SourcesFailedError, match="found 403 Forbidden"):
        client(http_retries=3).fetch([Request(a)], accept)
    assert site.requests == [("a.csv", 403)]


def test_the_source_says_how_long_to_wait(site, client, a):
    site.fault("a.csv", Status(429, {"Retry-After": "1"}))
    started = time.monotonic()
    (answer,) = client(http_retries=1).fetch([Request(a)], accept)
    assert time.monotonic() - started >= 1.0
    assert answer.body == BODY
    assert [status for _, status in site.requests] == [429, 200]


def test_the_source_says_until_when_to_wait(site, client, a):
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    site.fault("a.csv", Status(503, {"Retry-After": format_datetime(noon + dt.timedelta(seconds=1), usegmt=True)}))
    started = time.monotonic()
    (answer,) = client(lambda: noon, http_retries=1).fetch([Request(a)], accept)
    assert time.monotonic() - started >= 1.0
    assert answer.body == BODY


def test_a_source_that_asks_to_be_left_alone_for_long_is_left_alone(site, client, a):
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    site.files["b.csv"] = BODY
    site.fault("a.csv", Status(429, {"Retry-After": "3600"}))
    with pytest.raises(SourcesFailedError) as raised:
        client(lambda: noon, http_retries=3).fetch([Request(a), Request(f"{site.url}/b.csv")], accept)
    left, not_asked = (str(failure) for failure in raised.value.failures)
    assert left.endswith("found 429 Too Many Requests; it asks to be left alone until 2026-01-01 13:00 UTC")
    assert "b.csv: not asked: 127.0.0.1:" in not_asked and "cannot be asked any more now" in not_asked
    assert site.requests == [("a.csv", 429)]


@pytest.mark.parametrize("value", ["Fri, 31 Dec 1999 23:59:59 GMT", "soon", "-5", "\u00b2", ""])
def test_a_wait_that_is_over_or_cannot_be_read_is_ignored(site, client, a, value):
    site.fault("a.csv", Status(503, {"Retry-After": value}))
    (answer,) = client(http_retries=1).fetch([Request(a)], accept)
    assert answer.body == BODY


# Manners


def test_requests_come_one_after_the_other_with_a_pause(site, client):
    names = ["c", "a", "d", "b"]
    spans: list[tuple[float, float]] = []

    def slow(body: bytes) -> bytes:
        started = time.monotonic()
        time.sleep(0.03)
        spans.append((started, time.monotonic()))
        return body

    for name in names:
        site.files[f"{name}.csv"] = BODY
        site.fault(f"{name}.csv", Changed(slow))
    started = time.monotonic()
    client(http_pause_seconds=0.1).fetch([Request(f"{site.url}/{name}.csv") for name in names], accept)
    assert time.monotonic() - started >= 0.3
    assert [path for path, _ in site.requests] == [f"{name}.csv" for name in names]
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_the_pause_holds_from_one_fetch_to_the_next_and_for_retries(site, client, a):
    polite = client(http_pause_seconds=0.5, http_retries=1)
    site.fault("a.csv", Status(500))
    started = time.monotonic()
    polite.fetch([Request(a)], accept)
    assert time.monotonic() - started >= 0.5
    polite.fetch([Request(a)], accept)
    assert time.monotonic() - started >= 1.0


def test_another_host_is_not_made_to_wait(site, client, a):
    with Site({"b.csv": BODY}) as other:
        started = time.monotonic()
        answers = client(http_pause_seconds=60.0).fetch([Request(a), Request(f"{other.url}/b.csv")], accept)
        assert len(answers) == 2
        assert time.monotonic() - started < 30


def test_the_client_says_who_it_is(site, client, a):
    client().fetch([Request(a)], accept)
    client(http_user_agent="me/1.0").fetch([Request(a)], accept)
    assert [asked["User-Agent"] for asked in site.headers] == [Settings().http_user_agent, "me/1.0"]
    assert site.headers[0]["User-Agent"].startswith("soccer-assets/")


# HTML


@pytest.mark.parametrize(
    "body",
    [
        ERROR_PAGE,
        b"  \r\n<HTML><body>Blocked</body></HTML>",
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>",
        b"<!-- Incapsula -->\n<html><iframe src='/_Incapsula_Resource'></iframe></html>",
        b"\xef\xbb\xbf<!DOCTYPE html><html></html>",
    ],
)
def test_a_page_is_refused_with_its_beginning(body):
    with pytest.raises(ShapeError) as raised:
        refuse_html("http://s/a.csv", body)
    assert str(raised.value) == f"http://s/a.csv: expected CSV, found an HTML page that starts {body[:60]!r}"


@pytest.mark.parametrize("body", [BODY, b"", b"\xef\xbb\xbf" + BODY, b"a<b,c>d\n"])
def test_anything_else_is_not_taken_for_a_page(body):
    refuse_html("http://s/a.csv", body)
