"""Links are decided and models rolled back over the API: a real worker runs the real command on a real ledger."""

import asyncio
import datetime as dt
from typing import Any

import polars as pl
import pytest

from serving.app import create_app
from serving.security.keys import KeyFile
from serving.settings import ServingSettings
from soccer_assets.odds.schema import ODDS_LINKS
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake

pytestmark = pytest.mark.asyncio
Client = Any  # see conftest
OPEN = ("queued", "running")
DAY = dt.date(2024, 9, 28)
NOON = dt.datetime(2024, 9, 28, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def commands_on_this_lake(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("SOCCER_VAR", settings.var)
    monkeypatch.setenv("SOCCER_LAKE_URL", settings.lake_url)


@pytest.fixture
def match(lake: Lake) -> dict[str, Any]:
    """The candidate of the one event to review, whose number begins like an option."""
    match = lake.read("matches", DAY, DAY).row(0, named=True)
    event = {
        "match_date": DAY, "event_id": "--help", "source": "fonbet", "league": "E0", "competition": "Премьер-лига",
        "country": "England", "home": "Арсенал", "away": "Челси", "kick_off_at": NOON, "evidence": "{}",
        "outcome": "review", "candidate_id": match["match_id"], "method": "name", "score": 0.5, "decided_at": NOON,
        "decided_by": "linker",
    }  # fmt: skip
    lake.replace_dates("odds_links", ODDS_LINKS.conform(pl.DataFrame([event], schema=ODDS_LINKS.schema)), DAY, DAY)
    return match


async def ended(client: Client, answer: Any) -> dict[str, Any]:
    """The job of a 202, at its end."""
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(60):
        while (job := (await client.get(answer.headers["location"])).json())["status"] in OPEN:
            await asyncio.sleep(0.05)
    return dict(job)


async def test_a_link_is_accepted_by_the_client_and_the_decision_undone(
    client: Client, running_worker: Any, lake: Lake, match: dict[str, Any]
) -> None:
    body = {"action": "accept", "reason": "-- seen on their site"}
    async with running_worker():
        job = await ended(client, await client.post("/links/--help/decisions", json=body))
        assert (job["status"], job["kind"]) == ("done", "links"), job
        accepted = lake.read("link_decisions").sort("decision_id")
        undone = await ended(client, await client.delete("/link-decisions/2"))
    assert accepted.select("decision_id", "action", "event_id", "match_id", "name", "team_id").rows() == [
        (1, "accept", "--help", match["match_id"], "Арсенал", match["home_id"]),
        (2, "accept", "--help", match["match_id"], "Челси", match["away_id"]),
    ]
    assert set(accepted.select("decided_by", "reason").rows()) == {("local", "-- seen on their site")}
    assert (undone["status"], undone["kind"]) == ("done", "undo"), undone
    assert lake.read("link_decisions").filter(decision_id=3).select("action", "undoes").row(0) == ("undo", 2)


async def test_a_name_of_one_side_is_rejected(
    client: Client, running_worker: Any, lake: Lake, match: dict[str, Any]
) -> None:
    async with running_worker():
        body = {"action": "reject", "side": "away"}
        job = await ended(client, await client.post("/links/--help/decisions", json=body))
    assert job["status"] == "done", job
    assert lake.read("link_decisions").select("action", "name", "team_id").rows() == [
        ("reject", "Челси", match["away_id"])
    ]


async def test_an_event_or_a_decision_that_is_not_there_fails_its_job(
    client: Client, running_worker: Any, lake: Lake, match: dict[str, Any]
) -> None:
    async with running_worker():
        unknown = await ended(client, await client.post("/links/7/decisions", json={"action": "accept"}))
        missing = await ended(client, await client.delete("/link-decisions/9"))
    assert (unknown["status"], missing["status"]) == ("failed", "failed")
    assert "expected the number of an event in odds_links, found 7" in unknown["failure"]["detail"]
    assert "expected the number of one decision (there is none yet), found 9" in missing["failure"]["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("1", {"action": "accept", "side": "home"}),
        ("1", {"action": "reject", "match_id": "m1"}),
        ("1", {"action": "merge"}),
        ("1", {"action": "accept", "reason": "two\nlines"}),
        ("1", {"action": "accept", "decided_by": "somebody else"}),
        ("1%00", {"action": "accept"}),
        ("1" * 101, {"action": "accept"}),
    ],
)
async def test_what_is_no_decision_is_refused(client: Client, idle_worker: None, path: str, body: Any) -> None:
    assert (await client.post(f"/links/{path}/decisions", json=body)).status_code == 400
    assert (await client.get("/jobs")).json()["items"] == []


async def test_decisions_and_rollbacks_need_the_scope_operate(
    open_client: Any, settings: Settings, serving: ServingSettings, idle_worker: None
) -> None:
    key = KeyFile(serving.keys_path(settings)).add("one", ["read", "predict"], None, Clock().now())
    headers = {"authorization": f"Bearer {key}"}
    rollback = {"kind": "rollback", "reason": "worse than the market"}
    async with open_client(create_app(settings, serving)) as client:
        answers = [
            await client.post("/links/1/decisions", json={"action": "accept"}, headers=headers),
            await client.delete("/link-decisions/1", headers=headers),
            await client.post("/jobs", json=rollback, headers=headers),
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_a_rollback_to_a_version_that_was_never_judged_fails_with_the_words_of_the_registry(
    client: Client, running_worker: Any, lake: Lake
) -> None:
    from soccer_assets.models.schema import SELECTED_MODEL

    lake.replace("selected_model", SELECTED_MODEL.empty(), None)
    async with running_worker():
        body = {"kind": "rollback", "version": "0123456789ab", "reason": "worse than the market"}
        job = await ended(client, await client.post("/jobs", json=body))
    assert job["status"] == "failed"
    assert "expected a judged version that stands in selected_model" in job["failure"]["detail"]
