"""The worker follows the champion and the matches, and leaves nothing behind."""

import asyncio
import datetime as dt
import os
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import polars as pl
import pytest
import redis

from serving.app import create_app
from serving.jobs.connection import connect
from serving.jobs.contracts import Failure, ForecastRequest, OnDemandForecast, WorkerState
from serving.jobs.queue import WORKERS, JobQueue
from serving.predictor import Predictor
from serving.redis_server import embedded_redis, redis_server
from serving.settings import ServingSettings
from serving.worker import create_worker, run
from soccer_assets.errors import DamagedTableError
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
BODY = {"league": "E0", "home": "Arsenal", "away": "Chelsea", "date": "2024-10-12"}
FIXTURE = ForecastRequest("E0", "Arsenal", "Chelsea", dt.date(2024, 10, 12))


@pytest.mark.asyncio
async def test_a_moved_alias_is_followed_within_the_pause(client: Client, running_worker: Any, registry: Any) -> None:
    async with running_worker():
        assert (await client.post("/predictions", json=BODY)).json()["model_version"] == "aaaaaaaaaaaa"
        registry.champion = "bbbbbbbbbbbb"
        async with asyncio.timeout(5):
            while (forecast := (await client.post("/predictions", json=BODY)).json())[
                "model_version"
            ] != "bbbbbbbbbbbb":
                await asyncio.sleep(0.02)
        assert forecast["model"]["draw"] == pytest.approx(0.4)
        registry.champion = "aaaaaaaaaaaa"  # and back again: a rollback
        async with asyncio.timeout(5):
            while (await client.post("/predictions", json=BODY)).json()["model_version"] != "aaaaaaaaaaaa":
                await asyncio.sleep(0.02)
    assert registry.loads == ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "aaaaaaaaaaaa"]


@pytest.mark.asyncio
async def test_new_results_are_known_within_the_pause(client: Client, running_worker: Any, lake: Lake) -> None:
    async with running_worker():
        before = (await client.post("/predictions", json=BODY)).json()
        rows = lake.read("matches").with_columns(
            # Chelsea wins its coming matches of 28 September
            status=pl.when(pl.col("match_date") == dt.date(2024, 9, 28)).then(pl.lit("finished")).otherwise("status"),
            home_goals=pl.when(pl.col("match_date") == dt.date(2024, 9, 28))
            .then(pl.lit(2, pl.Int16)).otherwise("home_goals"),
            away_goals=pl.when(pl.col("match_date") == dt.date(2024, 9, 28))
            .then(pl.lit(0, pl.Int16)).otherwise("away_goals"),
        )  # fmt: skip
        lake.replace("matches", rows, None)
        async with asyncio.timeout(5):
            while (after := (await client.post("/predictions", json=BODY)).json())["as_of"] == before["as_of"]:
                await asyncio.sleep(0.02)
    assert (before["as_of"], after["as_of"]) == ("2024-09-21", "2024-09-28")


@pytest.mark.asyncio
async def test_a_registry_that_fails_leaves_the_loaded_champion_in_use(
    client: Client, running_worker: Any, registry: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_worker():
        await client.post("/predictions", json=BODY)
        registry.champion = "cccccccccccc"  # no such model
        async with asyncio.timeout(5):
            while "the last ones stay" not in caplog.text:
                await asyncio.sleep(0.02)
        assert (await client.post("/predictions", json=BODY)).json()["model_version"] == "aaaaaaaaaaaa"


@pytest.mark.asyncio
async def test_a_worker_gives_signs_of_life_until_it_leaves(
    settings: Settings, serving: ServingSettings, running_worker: Any
) -> None:
    store = connect(settings.redis_url, serving)
    queue = JobQueue(store, serving, Clock())
    assert await queue.workers() == []
    async with running_worker():
        async with asyncio.timeout(5):
            while not (states := await queue.workers()):
                await asyncio.sleep(0.02)
        (state,), (key,) = states, [member async for member in store.sscan_iter(WORKERS)]
        assert (state.model_version, state.as_of, state.running) == ("aaaaaaaaaaaa", dt.date(2024, 9, 21), 0)
        assert key.decode() == f"soccer:worker:{state.id}"
        assert 0 < await store.pttl(key) <= 1000 * 3 * serving.beat_seconds
    assert await queue.workers() == []
    await store.aclose(close_connection_pool=True)


@pytest.mark.asyncio
async def test_a_worker_counts_its_jobs_on_a_port_of_its_own(
    client: Client, settings: Settings, serving: ServingSettings, registry: Any, unused_tcp_port: int
) -> None:
    serving = msgspec.structs.replace(serving, worker_metrics_port=unused_tcp_port)
    task = asyncio.create_task(run(create_worker(settings, serving, registry, handle_signals=False)))
    async with asyncio.timeout(60):
        while (await client.post("/predictions", json=BODY)).status_code != 200:
            await asyncio.sleep(0.05)
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"http://127.0.0.1:{unused_tcp_port}/metrics")).text
    task.cancel()
    await task
    assert 'soccer_worker_jobs_total{status="done"} 1.0' in text
    assert 'soccer_worker_champion{version="aaaaaaaaaaaa"} 1.0' in text
    assert "soccer_worker_forecast_seconds_count 1.0" in text


@pytest.mark.asyncio
async def test_api_and_worker_outlive_a_restart_of_redis(
    open_client: Any, settings: Settings, serving: ServingSettings, registry: Any, tmp_path: Path
) -> None:
    where = Settings(var=str(tmp_path / "other"))
    stack = ExitStack()
    url = stack.enter_context(embedded_redis(where))
    settings = msgspec.structs.replace(settings, redis_url=url)
    task = asyncio.create_task(run(create_worker(settings, serving, registry, handle_signals=False)))
    async with open_client(create_app(settings, serving)) as client:
        async with asyncio.timeout(60):
            while (await client.post("/predictions", json=BODY)).status_code != 200:
                await asyncio.sleep(0.05)
        stack.close()
        assert (await client.post("/predictions", json=BODY)).status_code == 503
        with embedded_redis(where) as again:
            assert again == url
            async with asyncio.timeout(60):
                while (await client.post("/predictions", json=BODY)).status_code != 200:
                    await asyncio.sleep(0.1)
            task.cancel()
            await task


def test_a_predictor_loads_again_only_what_moved(lake: Lake, registry: Any) -> None:
    predictor = Predictor(lake, registry, horizon_days=180)
    assert predictor.refresh() and not predictor.refresh()
    teams = predictor.teams
    registry.champion = "bbbbbbbbbbbb"
    assert predictor.refresh()
    assert predictor.teams is teams and registry.loads == ["aaaaaaaaaaaa", "bbbbbbbbbbbb"]
    folder = Path(lake.url)
    folder.rename(folder.with_name("away"))
    with pytest.raises(DamagedTableError, match="expected the table that was read before"):
        predictor.refresh()
    assert predictor.teams is teams
    folder.with_name("away").rename(folder)
    assert not predictor.refresh()


def test_a_predictor_without_matches_refuses_with_what_to_do(tmp_path: Any, registry: Any) -> None:
    predictor = Predictor(Lake(str(tmp_path / "nothing")), registry, horizon_days=180)
    predictor.refresh()
    (refused,) = predictor.forecast([FIXTURE])
    assert isinstance(refused, Failure) and refused.reason == "model-missing"
    assert "materialize `matches`" in refused.detail


def test_a_forecast_knows_nothing_of_its_own_day_or_later(lake: Lake, registry: Any) -> None:
    """Noise in every later result leaves a forecast as it was, to the last bit."""
    fixture = ForecastRequest("E0", "Arsenal", "Chelsea", dt.date(2024, 9, 21))
    predictor = Predictor(lake, registry, horizon_days=180)
    predictor.refresh()
    before = predictor.forecast([fixture])
    assert isinstance(before[0], OnDemandForecast)
    later = pl.col("match_date") >= fixture.date
    noise = lake.read("matches").with_columns(
        pl.when(later & (pl.col("status") == "finished")).then(pl.lit(9, pl.Int16)).otherwise(side).alias(side)
        for side in ("home_goals", "away_goals")
    )
    lake.replace("matches", noise, None)
    assert predictor.refresh()
    assert predictor.forecast([fixture]) == before


@pytest.mark.asyncio
async def test_a_redis_that_is_killed_loses_no_accepted_job(
    open_client: Any, settings: Settings, serving: ServingSettings, registry: Any, tmp_path: Path
) -> None:
    with redis_server(Settings(var=str(tmp_path / "other"))) as server:
        with redis.Redis.from_url(server.url) as store:
            state = WorkerState("idle", Clock().now(), "aaaaaaaaaaaa", None, None, running=0, done=0, failed=0)
            store.set("soccer:worker:idle", msgspec.json.encode(state))
            store.sadd(WORKERS, "soccer:worker:idle")
            pid = int(store.info("server")["process_id"])
        settings = msgspec.structs.replace(settings, redis_url=server.url)
        async with open_client(create_app(settings, serving)) as client:
            answers = [await client.post("/jobs", json={"kind": "forecast", **BODY}) for _ in range(5)]
            assert [answer.status_code for answer in answers] == [202] * 5
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(60):
                while not await asyncio.to_thread(server.ensure_running):
                    await asyncio.sleep(0.02)
            task = asyncio.create_task(run(create_worker(settings, serving, registry, handle_signals=False)))
            async with asyncio.timeout(20):
                for answer in answers:
                    while (await client.get(answer.headers["location"])).json().get("status") != "done":
                        await asyncio.sleep(0.02)
            task.cancel()
            await task
