import datetime as dt
import hashlib
import os
import random
import threading
import time

import pytest

from soccer_assets.errors import LostPayloadError
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import FETCH_LOG, Fetch, Payloads

BODY = b"Div,HomeTeam\nE0,Arsenal\n"
NOON = dt.datetime(2024, 3, 9, 12, tzinfo=dt.UTC)


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def payloads(tmp_path, lake) -> Payloads:
    return Payloads(str(tmp_path / "payloads"), lake)


def files(tmp_path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (tmp_path / "payloads").iterdir()}


def test_a_payload_is_known_by_the_hash_of_its_bytes(payloads, tmp_path):
    payload_id = payloads.put(BODY)
    assert payload_id == hashlib.sha256(BODY).hexdigest()
    assert payloads.get(payload_id) == BODY
    assert files(tmp_path) == {payload_id: BODY}


def test_putting_the_same_bytes_again_changes_nothing(payloads, tmp_path):
    payload_id = payloads.put(BODY)
    written = (tmp_path / "payloads" / payload_id).stat().st_mtime_ns
    assert payloads.put(BODY) == payload_id
    assert (tmp_path / "payloads" / payload_id).stat().st_mtime_ns == written
    assert len(files(tmp_path)) == 1


def test_other_bytes_are_kept_beside_them(payloads):
    bodies = [BODY, BODY + b"\n", b""]
    assert [payloads.get(payloads.put(body)) for body in bodies] == bodies


def test_an_unknown_payload_is_not_found(payloads):
    with pytest.raises(LostPayloadError, match="found none; restore"):
        payloads.get("0" * 64)


def test_a_store_given_by_address_is_the_folder_itself(lake, tmp_path):
    payload_id = Payloads((tmp_path / "payloads").as_uri(), lake).put(BODY)
    assert files(tmp_path) == {payload_id: BODY}


def test_parts_that_a_killed_writer_left_are_dropped_after_a_day(payloads, tmp_path):
    payload_id = payloads.put(BODY)
    for name, hours in (("a.part", 25), ("b.part", 23)):
        part = tmp_path / "payloads" / name
        part.write_bytes(BODY[:5])
        os.utime(part, (time.time() - hours * 3600,) * 2)
    assert payloads.drop_parts() == 1
    assert set(files(tmp_path)) == {payload_id, "b.part"}


def test_many_writers_of_the_same_bytes_do_not_disturb_each_other(payloads, tmp_path):
    for seed in range(3):
        body = random.Random(seed).randbytes(2_000_000)
        start = threading.Barrier(6)
        ids: list[str] = []
        failures: list[Exception] = []

        def put(body=body, start=start, ids=ids, failures=failures) -> None:
            start.wait()
            try:
                ids.append(payloads.put(body))
            except OSError as error:
                failures.append(error)

        writers = [threading.Thread(target=put) for _ in range(6)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert failures == []
        assert set(ids) == {hashlib.sha256(body).hexdigest()}
        assert payloads.get(ids[0]) == body
    assert len(files(tmp_path)) == 3


def test_without_fetches_the_log_is_empty(payloads, lake):
    payloads.record([])
    assert not lake.exists("fetch_log")
    assert payloads.fetches().schema == FETCH_LOG.schema
    assert payloads.last_good() == {}


def test_the_log_keeps_every_fetch_oldest_first(payloads, lake):
    hour = dt.timedelta(hours=1)
    later = Fetch("http://s/b.csv", NOON + hour, "rejected", "an HTML page")
    earlier = Fetch(
        "http://s/a.csv", NOON, "accepted", None, 200, "f" * 64, 24, '"tag"', "Sat, 09 Mar 2024 12:00:00 GMT"
    )
    payloads.record([later, earlier])
    payloads.record([Fetch("http://s/b.csv", NOON + 2 * hour, "missing", "404 Not Found", 404)])
    log = payloads.fetches()
    assert FETCH_LOG.conform(log).height == 3
    assert [Fetch(**row) for row in log.iter_rows(named=True)] == [
        earlier,
        later,
        Fetch("http://s/b.csv", NOON + 2 * hour, "missing", "404 Not Found", 404),
    ]
    assert lake.version("fetch_log") == 1


def test_the_log_is_read_by_the_start_of_the_address(payloads):
    payloads.record([Fetch(f"http://{host}/a.csv", NOON, "missing") for host in ("one", "other", "two")])
    assert payloads.fetches("http://o")["address"].to_list() == ["http://one/a.csv", "http://other/a.csv"]


def test_the_last_good_answer_is_the_newest_that_was_accepted(payloads):
    def fetch(minute: int, outcome: str, payload_id: str | None, name: str = "a") -> Fetch:
        at = NOON + dt.timedelta(minutes=minute)
        return Fetch(f"http://s/{name}.csv", at, outcome, payload_id=payload_id)

    new = fetch(2, "accepted", "new")
    payloads.record(
        [
            fetch(5, "rejected", "bad"),
            new,
            fetch(1, "accepted", "old"),
            fetch(3, "unchanged", "new"),
            fetch(4, "missing", None),
            fetch(0, "rejected", "bad", "b"),
        ]
    )
    assert payloads.last_good() == {"http://s/a.csv": new}
    assert payloads.last_good("http://s/b") == {}


def test_an_answer_of_a_time_to_come_counts_where_its_address_has_no_other(payloads):
    wrong = [Fetch(f"http://s/{name}.csv", dt.datetime(2999, 1, 1, tzinfo=dt.UTC), "accepted") for name in "ab"]
    right = Fetch("http://s/a.csv", NOON, "accepted")
    payloads.record([*wrong, right])
    assert payloads.last_good() == {"http://s/a.csv": right, "http://s/b.csv": wrong[1]}


@pytest.mark.parametrize("changed", [None, b"", BODY[:-1], BODY.replace(b"E0", b"E1")])
def test_a_lost_or_changed_payload_is_never_read_and_the_same_bytes_heal_it(payloads, tmp_path, changed):
    payload_id = payloads.put(BODY)
    path = tmp_path / "payloads" / payload_id
    path.unlink() if changed is None else path.write_bytes(changed)
    stored = "none" if changed is None else f"{len(changed)} bytes with the hash {hashlib.sha256(changed).hexdigest()}"
    with pytest.raises(
        LostPayloadError, match=f"^{path}: expected the bytes whose SHA-256 is its name, found {stored};"
    ):
        payloads.get(payload_id)
    assert payloads.put(BODY) == payload_id
    assert payloads.get(payload_id) == BODY
    assert files(tmp_path) == {payload_id: BODY}
