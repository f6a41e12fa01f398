"""A host that keeps failing rests; mirrors, cookies and a proxy are asked over real sockets. The clock is given."""

import datetime as dt
from collections.abc import Callable

import pytest

from soccer_assets.errors import FetchError, SettingsError, SourcesFailedError
from soccer_assets.simulation.faults import BLOCKED, Status
from soccer_assets.simulation.site import Site
from soccer_assets.sources.fetching.client import Request
from soccer_assets.sources.fetching.response_checks import refuse_bot_wall

pytestmark = pytest.mark.enable_socket

BODY = b"a,b\n1,2\n"
NOON = dt.datetime(2026, 1, 3, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class Clock:
    """Stands still until it is moved, but for a second at each look, so that the log has an order."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def accept(address: str, body: bytes, before: bytes | None) -> None:
    refuse_bot_wall(address, body)


@pytest.fixture
def fetch(site, client, clock) -> Callable[..., list[str]]:
    """Fetch some files with a client of its own, as a run does; what failed, in words."""

    def ask(*names: str, **settings) -> list[str]:
        requests = [Request(f"{site.url}/{name}") for name in names]
        try:
            client(clock, http_failures=3, http_rest_seconds=600.0, **settings).fetch(requests, accept, site.url)
        except SourcesFailedError as error:
            return [str(failure).removeprefix(f"{site.url}/") for failure in error.failures]
        return []

    return ask


def test_after_some_failures_in_a_row_the_host_is_not_asked_any_more(site, fetch):
    names = [f"{n}.csv" for n in range(6)]
    for name in names:
        site.fault(name, Status(500))
    problems = fetch(*names)
    assert [problem.split(": ")[1].split(" ")[0] for problem in problems] == ["expected"] * 3 + ["not"] * 3
    host = site.url.removeprefix("http://")
    assert problems[3].startswith(
        f"3.csv: not asked: {host} failed at 3 addresses in a row and rests until 2026-01-03 12:10:"
    )
    assert "(http://" in problems[3] and "found 500 Internal Server Error" in problems[3]
    assert site.requests == [(name, 500) for name in names[:3]]


def test_a_run_within_the_rest_does_not_ask_and_the_one_after_it_asks_one_address(site, fetch, clock):
    names = [f"{n}.csv" for n in range(4)]
    for name in names:
        site.fault(name, Status(500), times=2)
    fetch(*names)
    site.requests.clear()
    clock.now += 9 * MINUTE
    assert len(fetch(*names)) == 4
    assert site.requests == []
    clock.now += 2 * MINUTE  # half open: one address fails, and the host rests again
    assert ["not asked" in problem for problem in fetch(*names)] == [False, True, True, True]
    assert site.requests == [("0.csv", 500)]
    clock.now += 11 * MINUTE
    site.files |= dict.fromkeys(names, BODY)
    site._faults.clear()
    assert fetch(*names) == []
    assert [status for _, status in site.requests] == [500, 200, 200, 200, 200]


def test_any_answer_ends_the_row_of_failures(site, fetch):
    names = [f"{n}.csv" for n in range(8)]
    for name in names[:2] + names[3:5] + names[6:]:
        site.fault(name, Status(500))
    site.files["2.csv"] = BODY  # and 5.csv is not there, which is an answer
    assert len(fetch(*names)) == 6
    assert [status for _, status in site.requests] == [500, 500, 200, 500, 500, 404, 500, 500]


def test_a_refused_answer_does_not_speak_against_the_host(site, client, clock):
    from soccer_assets.errors import ShapeError

    def never(address: str, body: bytes, before: bytes | None) -> None:
        raise ShapeError(address, "expected something else")

    names = [f"{n}.csv" for n in range(5)]
    site.files |= dict.fromkeys(names, BODY)
    with pytest.raises(SourcesFailedError):
        client(clock, http_failures=2).fetch([Request(f"{site.url}/{name}") for name in names], never)
    assert len(site.requests) == 5


def test_a_bot_wall_ends_the_asking_at_once_and_the_next_run_tries_again(site, fetch, payloads):
    names = [f"{n}.csv" for n in range(3)]
    site.files |= dict.fromkeys(names, BODY)
    site.fault("0.csv", BLOCKED)
    problems = fetch(*names)
    assert [problem.split(": ")[1].split(" ")[0] for problem in problems] == ["expected", "not", "not"]
    assert site.requests == [("0.csv", 200)]
    (row,) = payloads.fetches().to_dicts()
    assert (row["outcome"], row["status"]) == ("blocked", 200)
    assert payloads.get(row["payload_id"]) == BLOCKED.change(b"")
    assert fetch(*names) == []


def test_a_host_that_is_not_there_costs_one_address_however_many_are_needed(site, fetch):
    names = [f"{n}.csv" for n in range(500)]
    site.stop()
    problems = fetch(*names)
    assert len(problems) == 500
    assert problems[0].startswith("0.csv: expected a connection, found none (")
    assert all("cannot be asked any more now" in problem for problem in problems[1:])


def test_the_message_names_some_failures_and_counts_the_others(site, client):
    site.stop()
    with pytest.raises(SourcesFailedError) as raised:
        client().fetch([Request(f"{site.url}/{n}") for n in range(30)], accept)
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("30 of 30 addresses failed")
    assert len(lines) == 13
    assert lines[11] == "  and 20 more"


# Mirrors


def test_a_mirror_answers_for_the_address_and_the_log_says_which(site, client, payloads):
    with Site({"b.csv": BODY}) as other:
        request = Request(f"{site.url}/a.csv", mirrors=(f"{other.url}/nothing.csv", f"{other.url}/b.csv"))
        site.fault("a.csv", Status(500))
        (answer,) = client().fetch([request], accept)
        assert (answer.address, answer.body) == (request.address, BODY)
        # the validators are those of the mirror: the address itself is asked without
        site.files["a.csv"] = BODY
        assert client().fetch([request], accept) == [answer]
    assert site.headers[-1]["If-None-Match"] is None
    rows = payloads.fetches().select("address", "outcome", "answered_by").rows()
    assert rows == [
        (request.address, "failed", None),
        (request.address, "accepted", f"{other.url}/b.csv"),
        (request.address, "accepted", None),
    ]


def test_when_no_place_answers_all_are_named(site, client):
    with Site({}) as other:
        request = Request(f"{site.url}/a.csv", mirrors=(f"{other.url}/a.csv",))
        site.fault("a.csv", Status(500))
        other.fault("a.csv", Status(403))
        with pytest.raises(SourcesFailedError) as raised:
            client().fetch([request], accept)
    (failure,) = raised.value.failures
    assert isinstance(failure, FetchError)
    assert str(failure) == (
        f"{site.url}/a.csv: no good answer at any place: {site.url}/a.csv: expected 200 OK, found 500 Internal Server "
        f"Error; tried 1 times; {other.url}/a.csv: expected 200 OK, found 403 Forbidden"
    )


def test_what_no_place_has_is_missing_once(site, client, payloads):
    with Site({}) as other:
        request = Request(f"{site.url}/a.csv", mirrors=(f"{other.url}/a.csv",))
        assert client().fetch([request], accept) == []
    assert payloads.fetches().select("address", "outcome").rows() == [(request.address, "missing")]


def test_a_host_that_rests_is_passed_over_for_its_mirror(site, client, clock):
    with Site({"a.csv": BODY}) as other:
        request = Request(f"{site.url}/a.csv", mirrors=(f"{other.url}/a.csv",))
        site.fault("a.csv", Status(500), times=9)
        for _ in range(4):
            (answer,) = client(clock, http_failures=2).fetch([request], accept)
            assert answer.body == BODY
    assert site.requests == [("a.csv", 500)] * 2


# Manners of a host


def test_headers_of_a_request_and_cookies_of_its_host_are_sent(site, client, tmp_path):
    file = tmp_path / "cookies.txt"
    lines = [("127.0.0.1", "seen", "yes"), ("elsewhere.test", "secret", "1")]
    rows = [f"{host}\tFALSE\t/\tFALSE\t0\t{name}\t{value}\n" for host, name, value in lines]
    file.write_text("# Netscape HTTP Cookie File\n" + "".join(rows))
    site.files["a.csv"] = BODY
    client(http_cookies=str(file)).fetch([Request(f"{site.url}/a.csv", headers=(("X-Who", "me"),))], accept)
    assert site.headers[0]["Cookie"] == "seen=yes"
    assert site.headers[0]["X-Who"] == "me"


def test_a_proxy_is_asked_for_the_address(client):
    with Site({"http://source.test/a.csv": BODY}) as proxy:
        (answer,) = client(http_proxy=proxy.url).fetch([Request("http://source.test/a.csv")], accept)
        assert answer.body == BODY
        assert len(proxy.requests) == 1


def test_a_host_may_have_a_pause_of_its_own(site, client):
    site.files |= {"a.csv": BODY, "b.csv": BODY}
    host = site.url.removeprefix("http://")
    requests = [Request(f"{site.url}/{name}.csv") for name in "ab"]
    began = dt.datetime.now()
    client(http_host_pauses=f"elsewhere.test=60, {host}=0.2").fetch(requests, accept)
    assert 0.2 <= (dt.datetime.now() - began).total_seconds() < 10


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"http_host_pauses": "a.test=long"}, "SOCCER_HTTP_HOST_PAUSES: expected host=seconds, found 'a.test=long'"),
        ({"http_cookies": "/nowhere/cookies.txt"}, "SOCCER_HTTP_COOKIES: expected a Netscape cookies.txt, found"),
        ({"http_proxy": "gopher://x"}, "SOCCER_HTTP_PROXY: expected http://host:port, found 'gopher://x'"),
    ],
)
def test_settings_that_cannot_be_used_are_named(client, settings, message):
    with pytest.raises(SettingsError, match=message):
        client(**settings).fetch([Request("http://127.0.0.1:1/a.csv")], accept)
