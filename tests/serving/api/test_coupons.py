"""Coupons on demand, over a real Redis and a real worker."""

from typing import Any

import polars as pl
import pytest

from soccer_assets.odds.schema import MARKET_PROBABILITIES
from soccer_assets.storage.lake import Lake

pytestmark = pytest.mark.asyncio
Client = Any  # see conftest
HOME = {"match_id": "E0.202425.arsenal.chelsea", "market": "1x2", "selection": "home"}
OTHER = {"match_id": "SP1.202425.ath-bilbao.barcelona", "market": "1x2", "selection": "draw"}
ACCUMULATOR = {"kind": "accumulator", "legs": [HOME | {"price": 2.5}, OTHER | {"price": 3.0}]}
POOL = {"kind": "pool", "fixtures": [{"match_id": HOME["match_id"], "picks": ["home", "draw"]},
                                     {"match_id": OTHER["match_id"]}], "budget": 6}  # fmt: skip


@pytest.fixture
def forecast_lake(lake: Lake) -> Lake:
    """The lake with what the score matrices need beside the 1X2."""
    goals = {"home_goals_expected": 1.5, "away_goals_expected": 1.1, "rho": -0.05}
    lake.replace("predictions", lake.read("predictions").with_columns(**{n: pl.lit(v) for n, v in goals.items()}), None)
    lake.replace("market_probabilities", MARKET_PROBABILITIES.empty(), None)
    return lake


async def test_an_accumulator_is_priced_and_settled_at_once(
    client: Client, running_worker: Any, forecast_lake: Lake
) -> None:
    async with running_worker():
        answer = await client.post("/coupons", json=ACCUMULATOR)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert list(report)[:2] == ["kind", "chance"]
    assert report["chance"] == pytest.approx(0.5 * 0.3)
    assert report["price"] == 7.5
    assert report["expected_value"] == pytest.approx(0.5 * 0.3 * 7.5 - 1)
    assert [each["line"] for each in report["combinations"]] == ["model", "blend"]
    assert report["result"] in ("won", "lost")
    assert report["notice"].startswith("No bet is advice.")


async def test_a_pool_is_a_job_as_well(client: Client, running_worker: Any, forecast_lake: Lake) -> None:
    async with running_worker():
        answer = await client.post("/jobs", json=POOL)
        assert answer.status_code == 202, answer.text
        async with client.stream("GET", f"{answer.headers['location']}/events") as events:
            async for line in events.aiter_lines():
                if line == "event: end":
                    break
        job = (await client.get(answer.headers["location"])).json()
    assert (job["kind"], job["status"]) == ("pool", "done")
    assert job["result"]["chance"] == pytest.approx(0.8 * 0.45)
    assert job["result"]["columns"] == 2
    assert job["result"]["system"]["columns"] <= 6


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"kind": "accumulator", "legs": [HOME, HOME]}, 422, "match-twice"),
        ({"kind": "accumulator", "legs": [HOME | {"selection": "nobody"}]}, 422, "unknown-selection"),
        ({"kind": "accumulator", "legs": [HOME | {"price": 1}]}, 422, "price-too-low"),
        ({"kind": "accumulator", "legs": [HOME | {"match_id": "E0.x"}]}, 404, "unknown-match"),
        ({"kind": "pool", "fixtures": [{"match_id": f"m{n}"} for n in range(21)]}, 422, "fixture-count"),
        ({"kind": "pool", "fixtures": [{"match_id": "m"}, {"match_id": "m"}]}, 422, "match-twice"),
        ({"kind": "pool", "fixtures": []}, 400, "invalid-request"),
        ({"kind": "raffle"}, 400, "invalid-request"),
        (POOL | {"probability": 0.5}, 422, "two-aims"),
    ],
)
async def test_what_is_no_coupon_is_a_named_problem(
    client: Client, running_worker: Any, forecast_lake: Lake, body: dict[str, Any], status: int, problem: str
) -> None:
    async with running_worker():
        answer = await client.post("/coupons", json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}"), answer.text


async def test_before_anything_is_forecast_no_coupon_can_be_priced(
    client: Client, running_worker: Any, lake: Lake
) -> None:
    async with running_worker():
        answer = await client.post("/coupons", json=ACCUMULATOR)
    # the forecasts of this lake have no score matrix
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-match")
