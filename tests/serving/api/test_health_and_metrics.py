import asyncio
import datetime as dt
import re
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.app import create_app
from serving.settings import ServingSettings
from soccer_assets.monitoring.schema import CHECK_RESULTS
from soccer_assets.settings import Settings
from soccer_assets.sources.schema import SOURCE_HEALTH
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
FIXTURE = {"league": "E0", "home": "Arsenal", "away": "Chelsea", "date": "2024-10-12"}


def by_name(health: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    return {check["name"]: (check["holds"], check["found"]) for check in health["checks"]}


async def figures(client: Client) -> dict[tuple[str, ...], float]:
    """Every sample: its name and the values of its labels."""
    text = (await client.get("/metrics")).text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_reads_are_ready_without_a_worker_and_jobs_are_not(client: Client) -> None:
    answer = await client.get("/health")
    health = answer.json()
    assert answer.status_code == 200 and health["live"] is True and health["ready"] is True
    assert health["reasons"] == []
    checks = by_name(health)
    assert checks["lake"][1].startswith("drift_report version 0, forecast_drift version 0, matches version 0")
    assert checks["predictions"] == (True, "42 matches up to 2024-10-05")
    assert checks["redis"] == (True, "0 jobs wait or run")
    assert (await client.get("/health/live")).json() == {"live": True}
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, health)
    jobs = await client.get("/health/ready/jobs")
    assert jobs.status_code == 503 and [(check["name"], check["holds"]) for check in jobs.json()] == [
        ("redis", True),
        ("worker", False),
    ]


async def test_with_a_worker_jobs_are_ready(client: Client, running_worker: Any) -> None:
    async with running_worker():
        ready = await client.get("/health/ready/jobs")
    assert ready.status_code == 200
    assert by_name({"checks": ready.json()})["worker"][1].endswith(" forecasts with model aaaaaaaaaaaa")


async def test_a_process_about_to_end_is_not_ready(client: Client) -> None:
    client.app.state.draining.began = True
    ready = await client.get("/health/ready")
    assert ready.status_code == 503 and ready.json()["reasons"] == ["process: about to end, on SIGTERM"]
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/predictions")).status_code == 200


async def test_the_system_in_figures(client: Client, running_worker: Any, promote: Any) -> None:
    promote("aaaaaaaaaaaa", "logistic_regression")
    async with running_worker(), asyncio.timeout(20):
        assert (await client.post("/predictions", json=FIXTURE)).status_code == 200
        # the first look is of one request alone, which has no mean
        while (found := (await client.get("/system")).json())["model_version"] is None or found["requests_timed"] < 2:
            await asyncio.sleep(0.02)
    assert found["model_version"] == "aaaaaaaaaaaa"
    assert found["jobs"].pop("heartbeat_age_seconds") < 5
    (worker,) = found["jobs"].pop("workers")
    assert (worker["model_version"], worker["as_of"], worker["running"]) == ("aaaaaaaaaaaa", "2024-09-21", 0)
    assert found["jobs"] == {"waiting": 0, "done": 1, "failed": 0, "worker_alive": True}
    assert found["tables"]["predictions"] == 0 and found["tables"]["promotions"] is not None
    assert found["predictions_today"] == 0 and found["requests_timed"] >= 2
    assert 0 < found["mean_request_seconds"] < 5 and 0 < found["p95_request_seconds"] < 30
    assert 0 < found["uptime_seconds"] < 60 and found["snapshot_age_seconds"] < 5
    assert found["cache_hit_rate"] is None


async def test_the_hit_rate_is_the_share_of_answers_that_were_there(client: Client) -> None:
    for _ in range(4):
        await client.get("/leagues")
    assert (await client.get("/system")).json()["cache_hit_rate"] == 0.75


async def test_the_forecasts_of_today_are_counted(
    open_client: Any, settings: Settings, serving: ServingSettings
) -> None:
    on_a_match_date = msgspec.structs.replace(settings, today=dt.date(2024, 10, 5))
    async with open_client(create_app(on_a_match_date, serving)) as client:
        assert (await client.get("/system")).json()["predictions_today"] == 4  # three of the week and the moved one


async def test_readiness_needs_what_the_settings_say(
    open_client: Any, settings: Settings, serving: ServingSettings, unused_tcp_port: int
) -> None:
    reads_only = msgspec.structs.replace(serving, ready_needs="lake,predictions")
    lost = msgspec.structs.replace(settings, redis_url=f"redis://127.0.0.1:{unused_tcp_port}/0")
    async with open_client(create_app(lost, reads_only)) as client:
        ready = await client.get("/health/ready")
    assert ready.status_code == 200
    assert by_name(ready.json())["redis"] == (False, "no answer (ConnectionError)")


async def test_an_empty_lake_is_not_ready_and_says_what_to_do(
    open_client: Any, settings: Settings, serving: ServingSettings, tmp_path: Path
) -> None:
    empty = msgspec.structs.replace(settings, lake_url=str(tmp_path / "nothing"))
    async with open_client(create_app(empty, serving)) as client:
        reasons = (await client.get("/health/ready")).json()["reasons"]
        assert (await client.get("/predictions")).json() == {"items": [], "total": 0, "limit": 50, "next": None}
    assert reasons[:2] == [
        "lake: no table has been materialized yet",
        "predictions: none yet: materialize the asset predictions",
    ]


async def test_a_redis_that_never_answers_is_unavailable_and_does_not_hold_the_request(
    open_client: Any, settings: Settings, serving: ServingSettings
) -> None:
    held: list[asyncio.StreamWriter] = []  # one that nobody holds is closed from Python 3.13 on
    server = await asyncio.start_server(lambda reader, writer: held.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    silent = msgspec.structs.replace(settings, redis_url=f"redis://127.0.0.1:{port}/0")
    hasty = msgspec.structs.replace(serving, redis_timeout_seconds=0.2)
    async with server, open_client(create_app(silent, hasty)) as client:
        async with asyncio.timeout(5):
            answer = await client.post("/predictions", json=FIXTURE)
            health = (await client.get("/health")).json()
        server.close()
        for writer in held:  # from Python 3.12 on the server waits for its connections
            writer.close()
    assert answer.status_code == 503 and answer.json()["type"] == "/problems/queue-unavailable"
    assert by_name(health)["redis"] == (False, "no answer (TimeoutError)")


async def test_requests_are_counted_by_route_and_by_the_status_the_client_saw(client: Client) -> None:
    for path in ("/predictions/E0.202425.arsenal.chelsea", "/predictions/E0.202425.chelsea.arsenal", "/predictions/x"):
        await client.get(path)
    for path in ("/nothing", "/nothing/else", "/matches?limit=0"):
        await client.get(path)
    await client.delete("/matches")
    found = await figures(client)
    assert found["soccer_http_requests_total", "GET", "/predictions/{match_id}", "200"] == 2
    assert found["soccer_http_requests_total", "GET", "/predictions/{match_id}", "404"] == 1
    assert found["soccer_http_requests_total", "GET", "unrouted", "404"] == 2
    assert found["soccer_http_requests_total", "GET", "/matches", "400"] == 1
    assert found["soccer_http_requests_total", "DELETE", "unrouted", "405"] == 1
    assert found["soccer_http_request_seconds_count", "GET", "/predictions/{match_id}"] == 3
    assert found[("soccer_http_requests_in_progress",)] == 1  # the request for the metrics itself


async def test_the_platform_counts_forecasts_jobs_and_refreshes(
    client: Client, idle_worker: None, running_worker: Any, lake: Lake
) -> None:
    await client.get("/predictions/E0.202425.arsenal.chelsea")
    await client.get("/predictions", params={"limit": 7})
    waiting = await client.post("/jobs", json={"kind": "forecast", **FIXTURE})
    before = await figures(client)
    assert before["soccer_http_requests_total", "GET", "/predictions", "200"] == 1
    assert before[("soccer_queue_depth",)] == 1 and before["soccer_jobs", "queued"] == 1
    assert (before[("soccer_redis_up",)], before[("soccer_worker_up",)]) == (1, 1)
    async with running_worker():
        await client.post("/predictions", json=FIXTURE)
        while (await client.get(waiting.headers["location"])).json()["status"] != "done":
            await asyncio.sleep(0.01)
        rows = lake.read("predictions")
        lake.replace_dates("predictions", rows.head(1), dt.date(2024, 8, 3), dt.date(2024, 8, 3))
        async with asyncio.timeout(5):
            while (after := await figures(client))[("soccer_snapshot_refreshes",)] == 1:
                await asyncio.sleep(0.02)
    assert after["soccer_jobs", "done"] == 2 and after["soccer_forecasts_on_demand_total", "done"] == 1
    assert after[("soccer_worker_up",)] == 1
    assert after[("soccer_snapshot_refreshes",)] == 2 and 0 < after[("soccer_snapshot_refresh_seconds",)] < 5
    assert 0 <= after[("soccer_snapshot_age_seconds",)] < 5 and after[("soccer_snapshot_failed",)] == 0
    assert after[("soccer_snapshot_forecasts",)] == pl.Series(rows["match_id"]).n_unique() - 4


async def test_a_refused_model_is_told_until_one_is_accepted(client: Client, promote: Any) -> None:
    async def becomes(refused: int, version: str) -> None:
        async with asyncio.timeout(5):
            while True:
                told = (await figures(client))[("soccer_promotion_refused",)], (await client.get("/model")).json()
                if (told[0], told[1].get("version")) == (refused, version):
                    return
                await asyncio.sleep(0.02)

    promote("aaaaaaaaaaaa", "logistic_regression")
    await becomes(0, "aaaaaaaaaaaa")
    promote("bbbbbbbbbbbb", "lightgbm", accepted=False)
    await becomes(1, "aaaaaaaaaaaa")
    promote("cccccccccccc", "lightgbm")
    await becomes(0, "cccccccccccc")


async def test_the_sources_are_counted_as_the_lake_has_them(client: Client, lake: Lake) -> None:
    assert not any(name[0].startswith("soccer_source") for name in await figures(client))
    day, seen = dt.date(2024, 10, 5), dt.datetime(2024, 10, 5, 6, tzinfo=dt.UTC)
    counts = {name: 0 for name in ("fetched", "quarantined", "matches", "unchanged", "missing", "rejected", "failed")}
    rows = [
        {**counts, "match_date": day, "source": "fonbet", "parsed": 7, "quarantined": 2, "state": "ok", "accepted": 3,
         "blocked": 0, "last_success_at": seen - dt.timedelta(hours=4)},
        {**counts, "match_date": day + dt.timedelta(days=1), "source": "fonbet", "parsed": 5, "state": "broken",
         "accepted": 4, "blocked": 1, "last_success_at": seen},
    ]  # fmt: skip
    lake.replace("source_health", pl.concat([SOURCE_HEALTH.empty(), pl.DataFrame(rows)], how="diagonal_relaxed"), None)
    async with asyncio.timeout(5):
        while ("soccer_source_records", "fonbet") not in (found := await figures(client)):
            await asyncio.sleep(0.02)
    assert found["soccer_source_records", "fonbet"] == 12
    assert found["soccer_source_quarantined", "fonbet"] == 2
    assert found["soccer_source_fetches_total", "accepted", "fonbet"] == 4
    assert found["soccer_source_fetches_total", "blocked", "fonbet"] == 1
    assert found["soccer_source_last_success_timestamp_seconds", "fonbet"] == seen.timestamp()
    assert found["soccer_source_healthy", "fonbet"] == 0


async def test_without_redis_the_metrics_say_so(
    open_client: Any, settings: Settings, serving: ServingSettings, unused_tcp_port: int
) -> None:
    lost = msgspec.structs.replace(settings, redis_url=f"redis://127.0.0.1:{unused_tcp_port}/0")
    async with open_client(create_app(lost, serving)) as client:
        found = await figures(client)
    assert found[("soccer_redis_up",)] == 0 and found[("soccer_worker_up",)] == 0
    assert str(found[("soccer_queue_depth",)]) == "nan"


@pytest.mark.parametrize("name", ["soccer_http_requests_in_progress", "process_resident_memory_bytes"])
async def test_two_applications_do_not_share_their_figures(client: Client, open_client: Any, name: str) -> None:
    other = create_app(Settings(redis_url="redis://127.0.0.1:1/0"), ServingSettings())
    assert other.state.metrics.registry is not client.app.state.metrics.registry
    assert name in (await client.get("/metrics")).text


async def test_failed_checks_of_the_pipeline_are_in_the_figures(client: Client, lake: Lake) -> None:
    assert (await client.get("/system")).json()["failed_checks"] is None
    at = dt.datetime(2026, 10, 28, 5, tzinfo=dt.UTC)
    rows = [
        ("matches", "match_ids_are_unique", True, True, "error", at, "r1"),
        ("odds_links", "unlinked_events_are_few", False, True, "error", at, "r2"),
        ("best_prices", "coming_matches_are_quoted_anew", False, False, "warning", at, "r2"),
    ]
    lake.replace("check_results", pl.DataFrame(rows, CHECK_RESULTS.schema, orient="row"), None)
    client.app.state.refresher.refresh()
    assert (await client.get("/system")).json()["failed_checks"] == [
        {"asset": "best_prices", "check_name": "coming_matches_are_quoted_anew", "blocking": False,
         "severity": "warning", "evaluated_at": "2026-10-28T05:00:00Z"},
        {"asset": "odds_links", "check_name": "unlinked_events_are_few", "blocking": True,
         "severity": "error", "evaluated_at": "2026-10-28T05:00:00Z"},
    ]  # fmt: skip
    metrics = (await client.get("/metrics")).text
    assert 'soccer_failed_checks{blocking="true",severity="error"} 1.0' in metrics
    assert 'soccer_failed_checks{blocking="false",severity="error"} 0.0' in metrics
    assert 'soccer_failed_checks{blocking="false",severity="warning"} 1.0' in metrics
    assert (await client.get("/checks", params={"passed": "true"})).json()["items"][0]["run_id"] == "r1"


async def test_a_table_written_before_a_column_that_may_be_null_is_read(client: Client, lake: Lake) -> None:
    at = dt.datetime(2026, 10, 28, 5, tzinfo=dt.UTC)
    rows = pl.DataFrame(
        [("odds", "no_record_is_lost", False, True, None, at, "r1")], CHECK_RESULTS.schema, orient="row"
    )
    lake.replace("check_results", rows.drop("severity"), None)
    client.app.state.refresher.refresh()
    assert [check["severity"] for check in (await client.get("/system")).json()["failed_checks"]] == ["error"]
    assert (await client.get("/checks")).json()["items"][0]["severity"] is None


async def test_the_champion_and_its_drift_are_metrics(client: Client, promote: Any) -> None:
    assert "soccer_champion_promoted_timestamp_seconds NaN" in (await client.get("/metrics")).text
    promote("aaaaaaaaaaaa", "by_rating")
    client.app.state.refresher.refresh()
    text = (await client.get("/metrics")).text
    promoted_at = dt.datetime.fromisoformat((await client.get("/model")).json()["promoted_at"])
    (line,) = re.findall(r"^soccer_champion_promoted_timestamp_seconds (.*)$", text, re.MULTILINE)
    assert float(line) == pytest.approx(promoted_at.timestamp(), abs=1)
    assert "soccer_drift_share 0.25" in text and "soccer_drift_emptied_columns 1" in text
    assert 'soccer_forecast_drift_share{line="blend"} 0.2' in text
    assert 'soccer_forecast_drift_share{line="model"} NaN' in text  # no report of it
    shares = [
        float(share) for share in re.findall(r"^soccer_forecast_mean_probability\{.*\} (.*)$", text, re.MULTILINE)
    ]
    assert len(shares) == 3 and sum(shares) == pytest.approx(1)
    assert 'soccer_model_cusum{line="blend"} NaN' in text  # nothing was settled yet
    assert "soccer_promotion_refused 0.0" in text
    promote("bbbbbbbbbbbb", "stack", accepted=False)
    client.app.state.refresher.refresh()
    assert "soccer_promotion_refused 1.0" in (await client.get("/metrics")).text
    promote("bbbbbbbbbbbb", "stack")  # by hand
    client.app.state.refresher.refresh()
    assert "soccer_promotion_refused 0.0" in (await client.get("/metrics")).text
