"""The life of a forecast job, over a real Redis and a real worker."""

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import redis.asyncio

from serving.app import create_app
from serving.contracts import Fixture
from serving.jobs import QUEUE, JobQueue, connect
from serving.settings import ServingSettings
from soccer_assets.clock import Clock
from soccer_assets.settings import Settings

pytestmark = pytest.mark.asyncio
Client = Any  # see conftest
FIXTURE = {"league": "E0", "home": "Arsenal", "away": "Chelsea", "date": "2024-10-12"}


async def ended(client: Client, job_id: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while (job := (await client.get(f"/jobs/{job_id}")).json())["status"] in ("queued", "running"):
            await asyncio.sleep(0.01)
    return dict(job)


def chances_by_hand(settings: Settings, draw: float) -> dict[str, float]:
    """What the model of the tests says of the fixture, from the clubs' newest ratings."""
    from soccer_assets.storage.lake import Lake

    ratings = Lake(settings.lake).read("team_ratings").sort("match_date")
    rating = {club: ratings.filter(team_id=f"england.{club}")["elo_after"][-1] for club in ("arsenal", "chelsea")}
    home = 1 / (1 + 10 ** (-(rating["arsenal"] - rating["chelsea"]) / 400))
    return {"home": (1 - draw) * home, "draw": draw, "away": (1 - draw) * (1 - home)}


async def test_a_fixture_posted_is_forecast_by_the_champion_at_once(
    client: Client, running_worker: Any, settings: Settings
) -> None:
    async with running_worker():
        answer = await client.post("/predictions", json=FIXTURE)
    assert answer.status_code == 200, answer.text
    forecast = answer.json()
    assert forecast.pop("model") == pytest.approx(chances_by_hand(settings, draw=0.1), abs=1e-6)
    assert forecast == {
        "league": "E0",
        "home": "Arsenal",
        "away": "Chelsea",
        "date": "2024-10-12",
        "model_version": "aaaaaaaaaaaa",
        "trained_through": "2024-09-01",
        "as_of": "2024-09-21",
    }


@pytest.mark.parametrize(
    "names",
    [
        {"home": "NOTT'M FOREST", "away": "man united"},
        {"home": "england.nottm-forest", "away": "england.man-united"},
        {"home": "Nott'm Forest", "away": "Man United"},
    ],
)
async def test_clubs_go_by_name_in_any_case_or_by_id(
    client: Client, running_worker: Any, names: dict[str, str]
) -> None:
    async with running_worker():
        forecast = (await client.post("/predictions", json={**FIXTURE, **names})).json()
    assert (forecast["home"], forecast["away"]) == ("Nott'm Forest", "Man United")


async def test_without_a_worker_the_client_gets_the_job_and_finds_it_later(
    open_client: Any, settings: Settings, serving: ServingSettings, running_worker: Any
) -> None:
    impatient = msgspec.structs.replace(serving, wait_seconds=0.1)
    async with open_client(create_app(settings, impatient)) as client:
        answer = await client.post("/predictions", json=FIXTURE)
        job = answer.json()
        assert answer.status_code == 202
        assert answer.headers["location"] == f"/jobs/{job['id']}" and answer.headers["retry-after"] == "1"
        assert job["status"] == "queued" and job["fixture"] == FIXTURE and job["result"] is None
        assert len(job["id"]) >= 20
        assert (await client.get(answer.headers["location"])).json() == job
        async with running_worker():
            done = await ended(client, job["id"])
    assert done["status"] == "done" and done["failure"] is None
    assert done["result"]["model_version"] == "aaaaaaaaaaaa"


async def test_a_job_is_accepted_and_done_apart_from_the_request(client: Client, running_worker: Any) -> None:
    answers = [await client.post("/predictions/jobs", json=FIXTURE) for _ in range(3)]
    jobs = [answer.json()["id"] for answer in answers]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len(set(jobs)) == 3  # every post is a job of its own
    async with running_worker():
        assert {(await ended(client, job))["status"] for job in jobs} == {"done"}


async def test_a_fixture_the_worker_refuses_fails_with_the_reason_and_what_is_known(
    open_client: Any, client: Client, running_worker: Any, settings: Settings, serving: ServingSettings
) -> None:
    async with open_client(create_app(settings, serving)) as client, running_worker():
        # the worker finds out by itself, as it must when the API's view of the lake is older
        fixture = Fixture("E0", "Arsnal", "Chelsea", dt.date(2024, 10, 12))
        queue: JobQueue = client.app.state.queue
        job = await queue.submit(fixture)
        failed = await ended(client, job.id)
    assert failed["status"] == "failed" and failed["result"] is None
    assert failed["failure"]["reason"] == "unknown-club" and failed["failure"]["known"][0] == "Arsenal"
    assert "'Arsnal'" in failed["failure"]["detail"]


async def test_a_worker_without_a_champion_says_so_on_the_waiting_route(
    client: Client, running_worker: Any, registry: Any
) -> None:
    registry.champion = None
    async with running_worker():
        answer = await client.post("/predictions", json=FIXTURE)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/model-missing" and "promote" in answer.json()["detail"]


async def test_a_model_that_gives_no_distribution_fails_the_job_and_shows_nothing(
    client: Client, running_worker: Any, registry: Any, caplog: pytest.LogCaptureFixture
) -> None:
    registry.models["1"] = replace(registry.models["1"], version="cccccccccccc", draw=float("nan"))
    async with running_worker():
        answer = await client.post("/predictions", json=FIXTURE)
    assert answer.status_code == 500 and answer.json()["type"] == "/problems/internal"
    assert "cccccccccccc" not in answer.text
    assert "model cccccccccccc (by_rating): expected probabilities of home, draw, away" in caplog.text


async def test_an_expired_job_is_gone_and_a_forgotten_one_was_never_there(
    open_client: Any, settings: Settings, serving: ServingSettings
) -> None:
    brief = msgspec.structs.replace(serving, job_ttl_seconds=1, job_memory_seconds=1)
    async with open_client(create_app(settings, brief)) as client:
        place = (await client.post("/predictions/jobs", json=FIXTURE)).headers["location"]
        statuses = []
        async with asyncio.timeout(5):
            while not statuses or statuses[-1] != 404:
                answer = await client.get(place)
                if not statuses or statuses[-1] != answer.status_code:
                    statuses.append(answer.status_code)
                    types = answer.json().get("type")
                    assert (
                        types
                        == {200: None, 410: "/problems/expired-job", 404: "/problems/unknown-job"}[answer.status_code]
                    )
                await asyncio.sleep(0.05)
    assert statuses == [200, 410, 404]


async def test_a_job_the_queue_gave_up_is_failed_and_not_running_for_ever(client: Client, redis_url: str) -> None:
    place = (await client.post("/predictions/jobs", json=FIXTURE)).headers["location"]
    job_id = place.rpartition("/")[2]
    async with redis.asyncio.Redis.from_url(redis_url) as store:
        await store.delete(f"arq:job:{job_id}")  # what arq does after the last try
    job = (await client.get(place)).json()
    assert (job["status"], job["failure"]["reason"]) == ("failed", "abandoned")


async def test_a_job_delivered_twice_is_run_once(
    settings: Settings, serving: ServingSettings, running_worker: Any, client: Client
) -> None:
    place = (await client.post("/predictions/jobs", json=FIXTURE)).headers["location"]
    job_id = place.rpartition("/")[2]
    async with running_worker():
        first = await ended(client, job_id)
        store = connect(settings.redis_url, serving)
        async with asyncio.timeout(5):
            while not await store.enqueue_job("forecast", _job_id=job_id):
                await asyncio.sleep(0.02)
            while await store.zcard(QUEUE):
                await asyncio.sleep(0.02)
        counts = await JobQueue(store, serving, Clock()).counts()
        await store.aclose(close_connection_pool=True)
    assert (await client.get(place)).json() == first
    assert counts == {"queued": 1, "running": 1, "done": 1}


async def test_nothing_in_redis_is_a_pickle(client: Client, redis_url: str) -> None:
    await client.post("/predictions/jobs", json=FIXTURE)
    async with redis.asyncio.Redis.from_url(redis_url) as store:
        (key,) = await store.keys("arq:job:*")
        job = msgspec.msgpack.decode(await store.get(key))
    assert (job["f"], job["a"], job["k"]) == ("forecast", [], {})


async def test_a_full_queue_refuses_further_jobs(
    open_client: Any, settings: Settings, serving: ServingSettings
) -> None:
    narrow = msgspec.structs.replace(serving, queue_limit=2)
    async with open_client(create_app(settings, narrow)) as client:
        statuses = [(await client.post("/predictions/jobs", json=FIXTURE)).status_code for _ in range(3)]
        answer = await client.post("/predictions", json=FIXTURE)
    assert statuses == [202, 202, 503]
    assert answer.json()["type"] == "/problems/queue-full" and answer.headers["retry-after"] == "5"


async def test_a_client_over_its_limit_is_refused_while_reads_go_on(
    open_client: Any, settings: Settings, serving: ServingSettings
) -> None:
    limited = msgspec.structs.replace(serving, local_forecasts_per_minute=2)
    async with open_client(create_app(settings, limited)) as client:
        statuses = [(await client.post("/predictions/jobs", json=FIXTURE)).status_code for _ in range(3)]
        answer = await client.post("/predictions/jobs", json=FIXTURE)
        reads = [(await client.get("/predictions")).status_code for _ in range(5)]
    assert statuses == [202, 202, 429] and reads == [200] * 5
    assert answer.json()["type"] == "/problems/too-many-requests"
    assert answer.headers["ratelimit-limit"] == "2"


async def test_without_redis_forecasts_on_demand_are_unavailable_and_reads_are_not(
    open_client: Any, settings: Settings, serving: ServingSettings, unused_tcp_port: int
) -> None:
    lost = msgspec.structs.replace(settings, redis_url=f"redis://127.0.0.1:{unused_tcp_port}/0")
    async with open_client(create_app(lost, serving)) as client:
        refused = await client.post("/predictions", json=FIXTURE)
        assert (await client.get("/predictions/E0.202425.arsenal.chelsea")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
    assert refused.status_code == 503 and refused.json()["type"] == "/problems/queue-unavailable"
