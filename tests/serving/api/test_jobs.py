"""The life of a job, over a real Redis and a real worker."""

import asyncio
import datetime as dt
import json
import logging
import sys
from typing import Any

import msgspec
import pytest
import redis.asyncio

from serving.app import create_app
from serving.jobs import runs
from serving.jobs.connection import QUEUE, connect
from serving.jobs.contracts import ForecastPayload
from serving.jobs.queue import JobQueue
from serving.security.keys import KeyFile
from serving.settings import ServingSettings
from soccer_assets.settings import Clock, Settings

pytestmark = pytest.mark.asyncio
Client = Any  # see conftest
FIXTURE = {"league": "E0", "home": "Arsenal", "away": "Chelsea", "date": "2024-10-12"}
JOB = {"kind": "forecast", **FIXTURE}
BATCH = {"kind": "forecasts", "fixtures": [FIXTURE] * 250}
OPEN = ("queued", "running")
RUN_ID = "0c9bb0e9-4d5c-4a0e-8d3a-3a6e9c1f8a11"


async def ended(client: Client, job_id: str) -> dict[str, Any]:
    async with asyncio.timeout(15):
        while (job := (await client.get(f"/jobs/{job_id}")).json())["status"] in OPEN:
            await asyncio.sleep(0.01)
    return dict(job)


async def posted(client: Client, body: dict[str, Any], **headers: str) -> str:
    """The id of the job that a post makes."""
    answer = await client.post("/jobs", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def events(text: str) -> list[tuple[str, int, dict[str, Any]]]:
    """Name, id and data of each event of a stream."""
    found = []
    for block in text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        found.append((fields["event"], int(fields["id"]), json.loads(fields["data"])))
    return found


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a Python program in place of `soccer`; its arguments are those of the command."""

    def use(program: str) -> None:
        monkeypatch.setattr(runs, "SOCCER", (sys.executable, "-c", program))

    return use


async def test_every_post_is_a_job_of_its_own_and_is_done(
    client: Client, idle_worker: None, running_worker: Any
) -> None:
    jobs = [await posted(client, JOB) for _ in range(3)]
    assert len(set(jobs)) == 3
    waiting = await client.get(f"/jobs/{jobs[0]}")
    assert waiting.headers["retry-after"] == "1" and waiting.json()["progress"] == {"done": 0, "total": 1}
    async with running_worker():
        done = [await ended(client, job) for job in jobs]
    assert {job["status"] for job in done} == {"done"} and done[0]["progress"] == {"done": 1, "total": 1}
    assert done[0]["created_at"] <= done[0]["started_at"] <= done[0]["ended_at"]
    assert "retry-after" not in (await client.get(f"/jobs/{jobs[0]}")).headers


async def test_a_season_is_played_from_the_table_of_a_client(
    client: Client, idle_worker: None, running_worker: Any
) -> None:
    table = [{"club": "Arsenal", "points": 60}, {"club": "england.chelsea", "points": 59, "goal_difference": 9}]
    season = {"kind": "season", "league": "E0", "date": "2024-10-12", "table": table}
    job = await posted(client, {**season, "left": [{"home": "Chelsea", "away": "Arsenal"}]})
    twice = await posted(client, {**season, "table": [table[0], table[0]]})
    unknown = await posted(client, {**season, "left": [{"home": "Chelsea", "away": "Real Madrid"}]})
    async with running_worker():
        done, refused, unheard = [await ended(client, one) for one in (job, twice, unknown)]
    result = done["result"]
    assert (done["status"], result["kind"], result["season"], result["runs"]) == ("done", "season", "2024/25", 400)
    ends = {end["club"]: end for end in result["clubs"]}
    assert ends["Arsenal"]["events"]["title"] + ends["Chelsea"]["events"]["title"] == pytest.approx(1)
    assert 60 <= ends["Arsenal"]["points_expected"] <= 63 and len(ends["Arsenal"]["positions"]) == 2
    assert (refused["failure"]["reason"], refused["status"]) == ("season-refused", "failed")
    assert "each once" in refused["failure"]["detail"]
    assert unheard["failure"]["reason"] == "unknown-club"


async def test_ones_own_jobs_are_listed_newest_first(client: Client, idle_worker: None) -> None:
    jobs = []
    for _ in range(3):
        jobs.append(await posted(client, JOB))
        await asyncio.sleep(0.002)  # the order is that of milliseconds
    listed = (await client.get("/jobs", params={"limit": 2})).json()["items"]
    assert [item["id"] for item in listed] == jobs[:0:-1]
    assert listed[0]["kind"] == "forecast" and "payload" not in listed[0]


async def test_a_job_of_another_client_is_unknown(client: Client, idle_worker: None) -> None:
    queue: JobQueue = client.app.state.queue
    job, _ = await queue.submit(msgspec.convert(JOB, ForecastPayload), "somebody")
    for answer in (await client.get(f"/jobs/{job.id}"), await client.delete(f"/jobs/{job.id}")):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-job")
    assert (await client.get("/jobs")).json()["items"] == []
    assert (await queue.find(job.id, "somebody")).status == "queued"


@pytest.mark.parametrize(
    ("first", "again"), [('"k 1"', "k 1"), ("k1", "k1"), (r'"a\"b"', 'a"b'), ("x" * 255, "x" * 255)]
)
async def test_the_same_idempotency_key_is_the_same_job(
    client: Client, idle_worker: None, first: str, again: str
) -> None:
    job = await client.post("/jobs", json=JOB, headers={"idempotency-key": first})
    replay = await client.post("/jobs", json=JOB, headers={"idempotency-key": again})
    assert job.status_code == replay.status_code == 202 and replay.json() == job.json()
    assert replay.headers["idempotent-replayed"] == "true" and "idempotent-replayed" not in job.headers
    assert replay.headers["location"] == job.headers["location"]
    other = await client.post("/jobs", json={**JOB, "home": "Everton"}, headers={"idempotency-key": first})
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert await client.app.state.queue.depth() == 1
    queue: JobQueue = client.app.state.queue
    _, replayed = await queue.submit(msgspec.convert(JOB, ForecastPayload), "somebody", again)
    assert not replayed  # keys are each client's own


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "caf\xe9"])
async def test_an_idempotency_key_that_cannot_be_one_is_refused(client: Client, idle_worker: None, key: str) -> None:
    answer = await client.post("/jobs", json=JOB, headers={b"idempotency-key": key.encode("latin-1")})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request")
    assert [error["name"] for error in answer.json()["errors"]] == ["idempotency_key"]


async def test_twenty_posts_with_one_key_at_a_time_are_one_job(client: Client, idle_worker: None) -> None:
    answers = await asyncio.gather(
        *(client.post("/jobs", json=JOB, headers={"idempotency-key": "k"}) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19


async def test_a_queued_job_is_cancelled_and_never_run(client: Client, idle_worker: None, running_worker: Any) -> None:
    job = await posted(client, JOB)
    answer = await client.delete(f"/jobs/{job}")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    again = await client.delete(f"/jobs/{job}")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/job-ended")
    async with running_worker():
        await ended(client, await posted(client, JOB))
    assert (await client.get(f"/jobs/{job}")).json()["status"] == "cancelled"
    assert await client.app.state.queue.counts() == {"queued": 2, "cancelled": 1, "running": 1, "done": 1}


async def test_a_job_that_is_done_cannot_be_cancelled(client: Client, running_worker: Any) -> None:
    async with running_worker():
        job = await posted(client, JOB)
        await ended(client, job)
    assert (await client.delete(f"/jobs/{job}")).status_code == 409
    assert (await client.get(f"/jobs/{job}")).json()["status"] == "done"


async def test_a_batch_tells_how_far_it_is(client: Client, running_worker: Any) -> None:
    async with running_worker():
        job = await posted(client, BATCH)
        async with asyncio.timeout(60):
            seen = events((await client.get(f"/jobs/{job}/events")).text)
    assert [name for name, _, _ in seen[-1:]] == ["end"] and {name for name, _, _ in seen[:-1]} == {"progress"}
    assert seen[-1][2]["status"] == "done" and len(seen[-1][2]["result"]["items"]) == 250
    assert [data["progress"]["done"] for _, _, data in seen] == sorted(data["progress"]["done"] for _, _, data in seen)
    assert seen[-1][2]["progress"] == {"done": 250, "total": 250}


async def test_events_begin_after_the_last_one_received_and_always_end(client: Client, running_worker: Any) -> None:
    async with running_worker():
        job = await posted(client, JOB)
        last = (await ended(client, job))["version"]
        for seen in ("0", str(last), "999", "x"):
            answer = await client.get(f"/jobs/{job}/events", headers={"last-event-id": seen})
            ((name, number, data),) = events(answer.text)
            assert (name, number, data["status"]) == ("end", last, "done")
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in answer.headers["cache-control"] and answer.headers["x-accel-buffering"] == "no"
    missing = await client.get("/jobs/nothing/events")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/unknown-job")


async def test_a_client_that_leaves_its_events_cancels_nothing(
    client: Client, idle_worker: None, running_worker: Any
) -> None:
    job = await posted(client, JOB)
    stream = asyncio.create_task(client.get(f"/jobs/{job}/events"))
    await asyncio.wait([stream], timeout=0.3)
    stream.cancel()
    await asyncio.gather(stream, return_exceptions=True)
    assert (await client.get(f"/jobs/{job}")).json()["status"] == "queued"
    async with running_worker():
        assert (await ended(client, job))["status"] == "done"


async def test_a_run_of_the_platform_is_followed_to_its_end(client: Client, running_worker: Any, platform: Any) -> None:
    platform(
        "import sys; print('match dates 2024-10-01 to 2024-10-02 (2), 3 assets', flush=True);"
        f"print('  run {RUN_ID} planned       0.1 s', flush=True);"
        "[print(f'  {name:<60}{chr(49)} rows     0.1 s', flush=True) for name in ('matches', 'teams')];"
        "print(*sys.argv[1:])"
    )
    async with running_worker():
        job = await posted(client, {"kind": "backfill", "first": "2024-10-01", "last": "2024-10-02"})
        done = await ended(client, job)
    assert done["status"] == "done" and done["progress"] == {"done": 3, "total": 3}
    assert done["result"]["exit_code"] == 0 and done["run_ids"] == [RUN_ID]
    assert done["result"]["output"][-1] == "backfill 2024-10-01 2024-10-02"


@pytest.mark.parametrize(
    ("further", "arguments"),
    [({}, "rollback --reason=--help"), ({"version": "0123456789ab"}, "rollback --reason=--help 0123456789ab")],
)
async def test_a_rollback_is_a_run_of_the_platform(
    client: Client, running_worker: Any, platform: Any, further: dict[str, str], arguments: str
) -> None:
    platform("import os, sys; print(*sys.argv[1:], 'by', os.environ['SOCCER_DECIDED_BY'])")
    async with running_worker():
        done = await ended(client, await posted(client, {"kind": "rollback", "reason": "--help", **further}))
    assert (done["status"], done["result"]["output"]) == ("done", [f"{arguments} by local"])


async def test_a_run_that_fails_says_how_and_a_refused_model_is_no_failure(
    client: Client, running_worker: Any, platform: Any
) -> None:
    async with running_worker():
        platform("import sys; sys.exit('error: no such source')")
        failed = await ended(
            client, await posted(client, {"kind": "predict", "first": "2024-10-01", "last": "2024-10-02"})
        )
        platform("import sys; print('The gate refused it'); sys.exit(3)")
        refused = await ended(client, await posted(client, {"kind": "train", "date": "2024-10-01"}))
    assert (failed["status"], failed["failure"]["reason"]) == ("failed", "run-failed")
    assert failed["failure"]["detail"] == "exit code 1: error: no such source"
    assert (refused["status"], refused["result"]["exit_code"]) == ("done", 3)
    assert refused["result"]["output"] == ["The gate refused it"]


async def test_one_run_at_a_time_and_a_cancelled_one_is_interrupted(
    client: Client, running_worker: Any, platform: Any, tmp_path: Any
) -> None:
    marker = tmp_path / "interrupted"
    platform(
        "import pathlib, time\n"
        f"try:\n  print('started', flush=True); pathlib.Path({str(tmp_path / 'up')!r}).touch(); time.sleep(60)\n"
        f"except KeyboardInterrupt: pathlib.Path({str(marker)!r}).touch()"
    )
    train = {"kind": "train", "date": "2024-10-01"}
    async with running_worker():
        job = await posted(client, train)
        second = await client.post("/jobs", json=train)
        assert (second.status_code, second.json()["type"]) == (409, "/problems/run-in-progress")
        assert job in second.json()["detail"] and second.headers["retry-after"] == "60"
        async with asyncio.timeout(60):
            while not (tmp_path / "up").exists():
                await asyncio.sleep(0.02)
            assert (await client.post("/predictions", json=FIXTURE)).status_code == 200  # forecasts go on meanwhile
            assert (await client.delete(f"/jobs/{job}")).json()["status"] == "cancelled"
            while not marker.exists():
                await asyncio.sleep(0.02)
        platform("print('the next one')")
        assert (await ended(client, await posted(client, train)))["status"] == "done"


async def test_a_run_needs_the_scope_operate(
    open_client: Any, settings: Settings, serving: ServingSettings, idle_worker: None
) -> None:
    keys = KeyFile(serving.keys_path(settings))
    now = Clock().now()
    one, other = (
        {"authorization": f"Bearer {keys.add(name, scopes, None, now)}"}
        for name, scopes in (("one", ["read", "predict"]), ("other", ["read", "predict", "operate"]))
    )
    train = {"kind": "train", "date": "2024-10-01"}
    async with open_client(create_app(settings, serving)) as client:
        refused = await client.post("/jobs", json=train, headers=one)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
        job = (await client.post("/jobs", json=JOB, headers=one)).json()["id"]
        assert (await client.post("/jobs", json=train, headers=other)).status_code == 202
        assert (await client.get(f"/jobs/{job}", headers=other)).status_code == 404  # another client's
        assert (await client.get(f"/jobs/{job}", headers=one)).json()["status"] == "queued"


async def test_a_fixture_the_worker_refuses_fails_with_the_reason_and_what_is_known(
    client: Client, running_worker: Any
) -> None:
    async with running_worker():
        # the worker finds out by itself, as it must when the API's view of the lake is older
        queue: JobQueue = client.app.state.queue
        job, _ = await queue.submit(ForecastPayload("E0", "Arsnal", "Chelsea", dt.date(2024, 10, 12)), "local")
        failed = await ended(client, job.id)
    assert failed["status"] == "failed" and failed["result"] is None
    assert failed["failure"]["reason"] == "unknown-club" and failed["failure"]["known"][0] == "Arsenal"
    assert "'Arsnal'" in failed["failure"]["detail"]


async def test_an_expired_job_is_gone_and_a_forgotten_one_was_never_there(
    open_client: Any, settings: Settings, serving: ServingSettings, idle_worker: None
) -> None:
    brief = msgspec.structs.replace(serving, job_ttl_seconds=1, job_memory_seconds=1)
    types = {200: None, 410: "/problems/expired-job", 404: "/problems/unknown-job"}
    async with open_client(create_app(settings, brief)) as client:
        job = await posted(client, JOB)
        statuses: list[int] = []
        async with asyncio.timeout(5):
            while not statuses or statuses[-1] != 404:
                answer = await client.get(f"/jobs/{job}")
                if not statuses or statuses[-1] != answer.status_code:
                    statuses.append(answer.status_code)
                    assert answer.json().get("type") == types[answer.status_code]
                await asyncio.sleep(0.05)
        assert (await client.get("/jobs")).json()["items"] == []
    assert statuses == [200, 410, 404]


async def test_a_job_the_queue_gave_up_is_failed_and_not_running_for_ever(
    client: Client, idle_worker: None, redis_url: str
) -> None:
    job_id = await posted(client, JOB)
    async with redis.asyncio.Redis.from_url(redis_url) as store:
        await store.delete(f"arq:job:{job_id}")  # what arq does after the last try
    job = (await client.get(f"/jobs/{job_id}")).json()
    assert (job["status"], job["failure"]["reason"]) == ("failed", "abandoned")


async def test_a_job_delivered_twice_is_run_once(
    settings: Settings, serving: ServingSettings, running_worker: Any, client: Client
) -> None:
    async with running_worker():
        job_id = await posted(client, JOB)
        first = await ended(client, job_id)
        store = connect(settings.redis_url, serving)
        async with asyncio.timeout(5):
            while not await store.enqueue_job("forecast", _job_id=job_id):
                await asyncio.sleep(0.02)
            while await store.zcard(QUEUE):
                await asyncio.sleep(0.02)
        counts = await JobQueue(store, serving, Clock()).counts()
        await store.aclose(close_connection_pool=True)
    assert (await client.get(f"/jobs/{job_id}")).json() == first
    assert counts == {"queued": 1, "running": 1, "done": 1}


async def test_nothing_in_redis_is_a_pickle(client: Client, idle_worker: None, redis_url: str) -> None:
    job_id = await posted(client, JOB)
    async with redis.asyncio.Redis.from_url(redis_url) as store:
        message = msgspec.msgpack.decode(await store.get(f"arq:job:{job_id}"))
        record = await store.hgetall(f"soccer:job:{job_id}")
    assert (message["f"], message["a"], message["k"]) == ("forecast", [], {})
    assert msgspec.json.decode(record[b"payload"]) == {**JOB, "prices": None, "model": "champion", "ground": "home"}


async def test_a_full_queue_refuses_further_jobs_however_many_come_at_once(
    open_client: Any, settings: Settings, serving: ServingSettings, idle_worker: None
) -> None:
    narrow = msgspec.structs.replace(serving, queue_limit=2)
    async with open_client(create_app(settings, narrow)) as client:
        answers = await asyncio.gather(*(client.post("/jobs", json=JOB) for _ in range(20)))
        answer = await client.post("/predictions", json=FIXTURE)
    assert sorted(answer.status_code for answer in answers) == [202] * 2 + [503] * 18
    assert answer.json()["type"] == "/problems/queue-full" and answer.headers["retry-after"] == "5"


async def test_a_client_over_its_limit_is_refused_while_reads_go_on(
    open_client: Any, settings: Settings, serving: ServingSettings, idle_worker: None
) -> None:
    limited = msgspec.structs.replace(serving, local_forecasts_per_minute=2)
    async with open_client(create_app(settings, limited)) as client:
        statuses = [(await client.post("/jobs", json=JOB)).status_code for _ in range(3)]
        answer = await client.post("/jobs", json=JOB)
        reads = [(await client.get("/predictions")).status_code for _ in range(5)]
    assert statuses == [202, 202, 429] and reads == [200] * 5
    assert answer.json()["type"] == "/problems/too-many-requests"
    assert answer.headers["ratelimit-limit"] == "2"


FORGED = [
    ("string", b"\x80\x04pickle"),
    ("hash", {"client": "local", "status": "done"}),
    ("hash", {"client": "local", "status": "done", "kind": "forecast", "created_at": "x", "done": "1", "total": "1"}),
    ("hash", {"client": "local", "status": b"\xff", "kind": "forecast", "payload": b"{", "done": "1", "total": "1"}),
    ("list", [b"x"]),
]


@pytest.mark.parametrize(("form", "content"), FORGED)
async def test_a_forged_record_is_an_unknown_job_and_one_line_in_the_log(
    client: Client, redis_url: str, caplog: pytest.LogCaptureFixture, form: str, content: Any
) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as store:
        match form:
            case "string":
                await store.set("soccer:job:forged", content)
            case "hash":
                await store.hset("soccer:job:forged", mapping=content)
            case _:
                await store.rpush("soccer:job:forged", *content)
        await store.zadd("soccer:jobs:of:local", {"forged": 9e15})
    with caplog.at_level(logging.WARNING):
        answer = await client.get("/jobs/forged")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-job")
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)]
    assert (await client.get("/jobs")).status_code == 200
    assert (await client.delete("/jobs/forged")).status_code == 404


@pytest.mark.parametrize(
    "message", [b"\x80\x04\x95pickle", b"", msgspec.msgpack.encode({"f": "rm", "a": [], "k": {}, "et": 1, "t": None})]
)
async def test_a_message_that_is_no_job_fails_it_with_one_line_in_the_log(
    client: Client, idle_worker: None, running_worker: Any, redis_url: str, caplog: pytest.LogCaptureFixture,
    message: bytes,
) -> None:  # fmt: skip
    job_id = await posted(client, JOB)
    async with redis.asyncio.Redis.from_url(redis_url) as store:
        await store.set(f"arq:job:{job_id}", message)
        await store.zadd(QUEUE, {b"\xff\xfe": 1})  # an id that is no text
        await store.set(b"arq:job:\xff\xfe", message)
        async with running_worker():
            failed = await ended(client, job_id)
            assert (await client.post("/predictions", json=FIXTURE)).status_code == 200
            assert await store.zcard(QUEUE) == 0
    assert (failed["status"], failed["failure"]["reason"]) == ("failed", "unreadable")
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 2 and all(record.exc_info is None for record in lines), [r.getMessage() for r in lines]


async def test_a_payload_that_cannot_be_read_fails_its_job(
    client: Client, idle_worker: None, running_worker: Any, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = await posted(client, JOB)
    async with redis.asyncio.Redis.from_url(redis_url) as store:
        await store.hset(f"soccer:job:{job_id}", "payload", b'{"kind":"forecast"')
        async with running_worker(), asyncio.timeout(60):
            while await store.hget(f"soccer:job:{job_id}", "status") != b"failed":
                await asyncio.sleep(0.02)
    assert [r.exc_info for r in caplog.records if r.levelno >= logging.WARNING] == [None]
