"""Forecasts on demand, over a real Redis and a real worker."""

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from serving.app import create_app
from serving.settings import ServingSettings
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake

pytestmark = pytest.mark.asyncio
Client = Any  # see conftest
FIXTURE = {"league": "E0", "home": "Arsenal", "away": "Chelsea", "date": "2024-10-12"}
JOB = {"kind": "forecast", **FIXTURE}


def chances_by_hand(settings: Settings, draw: float) -> dict[str, float]:
    """What the model of the tests says of the fixture, from the clubs' newest ratings."""
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
        "kind": "forecast",
        "variant": "champion",
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


async def test_without_a_worker_it_is_refused_at_once(client: Client) -> None:
    for path, body in (("/predictions", FIXTURE), ("/predictions/batch", {"fixtures": [FIXTURE]}), ("/jobs", JOB)):
        answer = await client.post(path, json=body)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/no-worker"), path
        assert answer.headers["retry-after"] == "5"


async def test_one_that_takes_too_long_becomes_a_job_that_the_client_finds_later(
    open_client: Any, settings: Settings, serving: ServingSettings, idle_worker: None, running_worker: Any
) -> None:
    impatient = msgspec.structs.replace(serving, wait_seconds=0.1)
    async with open_client(create_app(settings, impatient)) as client:
        answer = await client.post("/predictions", json=FIXTURE)
        job = answer.json()
        assert answer.status_code == 202
        assert answer.headers["location"] == f"/jobs/{job['id']}" and answer.headers["retry-after"] == "1"
        assert job["status"] == "queued" and job["result"] is None and len(job["id"]) >= 20
        assert job["payload"] == {**JOB, "prices": None, "model": "champion", "ground": "home"}
        assert (await client.get(answer.headers["location"])).json() == job
        assert [item["id"] for item in (await client.get("/jobs")).json()["items"]] == [job["id"]]
        async with running_worker(), asyncio.timeout(60):
            while (done := (await client.get(f"/jobs/{job['id']}")).json())["status"] in ("queued", "running"):
                await asyncio.sleep(0.01)
    assert done["status"] == "done" and done["failure"] is None
    assert done["result"]["model_version"] == "aaaaaaaaaaaa"


async def test_own_prices_give_the_market_and_the_blend_beside_the_model(
    client: Client, running_worker: Any, settings: Settings
) -> None:
    prices = {"home": 2.0, "draw": 4.0, "away": 4.0, "over_2_5": 2.0, "under_2_5": 2.0}
    async with running_worker():
        forecast = (await client.post("/predictions", json={**FIXTURE, "prices": prices})).json()
        without_total = (
            await client.post("/predictions", json={**FIXTURE, "prices": {"home": 2.2, "draw": 3.6, "away": 3.6}})
        ).json()
    model = chances_by_hand(settings, draw=0.1)
    assert forecast["market"] == pytest.approx({"home": 0.5, "draw": 0.25, "away": 0.25})
    assert forecast["model"] == pytest.approx(model, abs=1e-6)
    assert forecast["blend"] == pytest.approx(
        {name: (model[name] + forecast["market"][name]) / 2 for name in model}, abs=1e-6
    )
    assert forecast["over_2_5"]["market"] == pytest.approx(0.5)
    assert 0.2 < forecast["over_2_5"]["model"] < 0.5  # of one goal each, however the result is spread
    assert "over_2_5" not in without_total and without_total["market"]["draw"] == pytest.approx(0.27442, abs=1e-5)


async def test_on_neutral_ground_clubs_that_change_places_mirror_the_forecast(
    client: Client, running_worker: Any, settings: Settings
) -> None:
    prices = {"home": 2.0, "draw": 4.0, "away": 4.0, "over_2_5": 2.0, "under_2_5": 2.0}
    mirrored = {"home": 4.0, "draw": 4.0, "away": 2.0, "over_2_5": 2.0, "under_2_5": 2.0}
    swapped = {**FIXTURE, "home": "Chelsea", "away": "Arsenal"}
    fixtures = [
        {**FIXTURE, "ground": "neutral", "prices": prices},
        {**swapped, "ground": "neutral", "prices": mirrored},
        {**FIXTURE, "ground": "home"},
    ]
    async with running_worker():
        first, second, at_home = (await client.post("/predictions/batch", json={"fixtures": fixtures})).json()["items"]
    assert first["ground"] == second["ground"] == "neutral" and "ground" not in at_home
    assert at_home["model"] == pytest.approx(chances_by_hand(settings, draw=0.1), abs=1e-6)
    for line in ("model", "market", "blend"):
        there, back = first[line], second[line]
        assert (there["home"], there["draw"], there["away"]) == pytest.approx(
            (back["away"], back["draw"], back["home"])
        )
    assert first["over_2_5"] == pytest.approx(second["over_2_5"])
    # the model of the tests knows no home advantage, so without a home club it says the same
    assert first["model"] == pytest.approx(at_home["model"], abs=1e-9)
    assert (
        not Lake(settings.lake).exists("on_demand_forecasts")
        or Lake(settings.lake).read("on_demand_forecasts").height <= 1
    )


async def test_a_batch_is_answered_in_its_order_with_the_reason_where_there_is_no_forecast(
    client: Client, running_worker: Any, settings: Settings
) -> None:
    other = {"league": "SP1", "home": "Betis", "away": "Sevilla", "date": "2024-10-12"}
    fixtures = [FIXTURE, {**FIXTURE, "home": "Arsnal"}, other, {**FIXTURE, "league": "XX"}] + [FIXTURE] * 200
    async with running_worker():
        answer = await client.post("/predictions/batch", json={"fixtures": fixtures})
    items = answer.json()["items"]
    assert answer.status_code == 200 and len(items) == 204
    assert [item["kind"] for item in items[:4]] == ["forecast", "failure", "forecast", "failure"]
    assert items[0]["model"] == pytest.approx(chances_by_hand(settings, draw=0.1), abs=1e-6)
    assert items[1]["reason"] == "unknown-club" and items[1]["known"][0] == "Arsenal"
    assert (items[2]["league"], items[2]["home"]) == ("SP1", "Betis")
    assert items[3]["reason"] == "unknown-league"
    assert all(item == items[0] for item in items[4:])


async def test_the_challenger_and_judged_versions_go_by_name(client: Client, running_worker: Any, promote: Any) -> None:
    promote("aaaaaaaaaaaa", "by_rating", registry_version="1")
    async with running_worker():
        alone = await client.post("/predictions", json={**FIXTURE, "model": "challenger"})
        promote("bbbbbbbbbbbb", "by_rating", accepted=False, registry_version="2")
        async with asyncio.timeout(5):
            while (answer := await client.post("/predictions", json={**FIXTURE, "model": "challenger"})).is_error:
                await asyncio.sleep(0.02)
        named = (await client.post("/predictions", json={**FIXTURE, "model": "bbbbbbbbbbbb"})).json()
        champion = (await client.post("/predictions", json=FIXTURE)).json()
        unknown = await client.post("/predictions", json={**FIXTURE, "model": "0123456789ab"})
    assert (alone.status_code, alone.json()["type"]) == (422, "/problems/unjudged-model")
    assert (answer.json()["variant"], answer.json()["model_version"]) == ("challenger", "bbbbbbbbbbbb")
    assert answer.json()["model"]["draw"] == pytest.approx(0.4)
    assert (named["variant"], named["model"]) == ("named", answer.json()["model"])
    assert (champion["variant"], champion["model_version"]) == ("champion", "aaaaaaaaaaaa")
    assert unknown.status_code == 422 and unknown.json()["known"] == ["champion", "aaaaaaaaaaaa", "bbbbbbbbbbbb"]


async def test_the_challenger_makes_its_share_of_the_forecasts_by_the_fixture(
    client: Client, running_worker: Any, promote: Any, serving: ServingSettings, lake: Lake
) -> None:
    promote("aaaaaaaaaaaa", "by_rating", registry_version="1")
    promote("bbbbbbbbbbbb", "by_rating", accepted=False, registry_version="2")
    days = [str(dt.date(2024, 10, 1) + dt.timedelta(days=day)) for day in range(150)]
    fixtures = [{**FIXTURE, "date": day} for day in days]
    async with running_worker(challenger_share=0.3):
        answers = [await client.post("/predictions/batch", json={"fixtures": fixtures}) for _ in range(2)]
    first, second = ([(i["variant"], i["model_version"]) for i in a.json()["items"]] for a in answers)
    assert first == second
    assert set(first) == {("champion", "aaaaaaaaaaaa"), ("challenger", "bbbbbbbbbbbb")}
    assert 0.15 < sum(variant == "challenger" for variant, _ in first) / len(first) < 0.45
    # each is kept once, however often it was asked for
    logged = lake.read("on_demand_forecasts").sort("match_date")
    assert logged.select("variant", "model_version").rows() == first
    items = answers[0].json()["items"]
    assert logged.select("home", "p_home", "as_of").rows() == [
        (item["home"], item["model"]["home"], dt.date.fromisoformat(item["as_of"])) for item in items
    ]


async def test_a_worker_without_a_champion_says_so_on_the_waiting_route(
    client: Client, running_worker: Any, registry: Any
) -> None:
    registry.champion = None
    async with running_worker():
        answer = await client.post("/predictions", json=FIXTURE)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/model-missing" and answer.headers["retry-after"] == "60"


async def test_a_model_that_gives_no_distribution_fails_the_job_and_shows_nothing(
    client: Client, running_worker: Any, registry: Any, caplog: pytest.LogCaptureFixture
) -> None:
    registry.models["aaaaaaaaaaaa"] = replace(
        registry.models["aaaaaaaaaaaa"], version="cccccccccccc", draw=float("nan")
    )
    async with running_worker():
        answer = await client.post("/predictions", json=FIXTURE)
    assert answer.status_code == 500 and answer.json()["type"] == "/problems/internal"
    assert "cccccccccccc" not in answer.text
    assert "model cccccccccccc (by_rating): expected probabilities of home, draw, away" in caplog.text


async def test_without_redis_forecasts_on_demand_are_unavailable_and_reads_are_not(
    open_client: Any, settings: Settings, serving: ServingSettings, unused_tcp_port: int
) -> None:
    lost = msgspec.structs.replace(settings, redis_url=f"redis://127.0.0.1:{unused_tcp_port}/0")
    async with open_client(create_app(lost, serving)) as client:
        refused = await client.post("/predictions", json=FIXTURE)
        assert (await client.get("/predictions/E0.202425.arsenal.chelsea")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
    assert refused.status_code == 503 and refused.json()["type"] == "/problems/queue-unavailable"
