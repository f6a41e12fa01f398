"""A change of the lake is in the next answers, under another tag; without one nothing is sent twice."""

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Any

import polars as pl
import pytest

from serving.resources.catalog import TABLES
from serving.snapshot.snapshot import Snapshot
from soccer_assets.models.schema import COMPARISON
from soccer_assets.predictions.schema import PREDICTIONS
from soccer_assets.settings import Clock
from soccer_assets.sources.schema import SOURCE_HEALTH
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
MATCH = "/predictions/E0.202425.arsenal.chelsea"
TAGGED = ["/leagues", "/matches", "/teams", "/predictions", MATCH, "/quality", "/drift", "/model"]


@pytest.mark.asyncio
async def test_the_model_is_the_one_the_alias_was_last_moved_to(
    client: Client, promote: Callable[[str, str], None]
) -> None:
    promote("aaaaaaaaaaaa", "elo_logit")
    promote("bbbbbbbbbbbb", "lightgbm")
    client.app.state.refresher.refresh()
    model = (await client.get("/model")).json()
    promoted = dt.datetime.fromisoformat(model.pop("promoted_at"))
    assert Clock().now() - promoted < dt.timedelta(minutes=1)
    assert model == {
        "version": "bbbbbbbbbbbb",
        "family": "lightgbm",
        "trained_through": "2024-09-01",
        "examples": 900,
        "log_loss": 0.97,
        "reason": "lowest log loss",
        "comparison": [dict.fromkeys(COMPARISON) | {"name": "lightgbm", "log_loss": 0.97}],
        "match_date": "2024-09-01",
        "parameters": {},
        "calibration": [],
        "lines": [],
        "refused": False,
        "decision": "better",
        "champion": True,
    }


@pytest.mark.asyncio
async def test_a_client_that_has_the_newest_is_sent_nothing(
    client: Client, promote: Callable[[str, str], None]
) -> None:
    promote("aaaaaaaaaaaa", "elo_logit")
    client.app.state.refresher.refresh()
    for path in TAGGED:
        first = await client.get(path)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "no-cache"
        for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await client.get(path, headers={"if-none-match": held})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        other = await client.get(path, headers={"if-none-match": '"other"'})
        assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.asyncio
async def test_a_tag_does_not_make_an_unknown_match_unchanged(client: Client) -> None:
    tag = (await client.get(MATCH)).headers["etag"]
    assert (await client.get("/predictions/unknown", headers={"if-none-match": tag})).status_code == 404


@pytest.mark.asyncio
async def test_a_new_version_of_any_table_is_served_within_the_refresh_under_a_new_tag(
    client: Client, lake: Lake, promote: Callable[[str, str], None]
) -> None:
    def write_predictions() -> None:
        rows = lake.read("predictions").with_columns(p_home=pl.lit(0.6), p_away=pl.lit(0.1))
        lake.replace("predictions", rows, None)

    seen = {(await client.get(MATCH)).headers["etag"]}
    drift = (await client.get("/drift")).headers["etag"]
    for change in (write_predictions, lambda: promote("aaaaaaaaaaaa", "elo_logit")):
        change()
        async with asyncio.timeout(5):
            while (answer := await client.get(MATCH)).headers["etag"] in seen:
                await asyncio.sleep(0.02)
        seen.add(answer.headers["etag"])
    assert answer.json()["model"] == {"home": 0.6, "draw": 0.3, "away": 0.1}
    stale = await client.get(MATCH, headers={"if-none-match": ", ".join(seen - {answer.headers["etag"]})})
    assert stale.status_code == 200
    # what rests on other tables is as it was
    assert (await client.get("/drift", headers={"if-none-match": drift})).status_code == 304
    lake.replace("drift_report", lake.read("drift_report").head(1), None)
    async with asyncio.timeout(5):
        while (await client.get("/drift")).headers["etag"] == drift:
            await asyncio.sleep(0.02)
    assert (await client.get("/drift")).json()["match_date"] == "2024-09-01"


def test_only_what_rests_on_a_changed_table_is_made_again(lake: Lake) -> None:
    first = Snapshot().renewed(lake, TABLES)
    assert first.renewed(lake, TABLES) is first
    lake.replace("drift_report", lake.read("drift_report").head(1), None)
    second = first.renewed(lake, TABLES)
    assert second.matches is first.matches and second.forecasts is first.forecasts
    assert second.quality is first.quality and second.teams is first.teams
    assert second.drift != first.drift and second.champion is first.champion
    assert second.digest(("drift_report",)) != first.digest(("drift_report",))
    assert second.digest(("matches", "teams")) == first.digest(("matches", "teams"))


def test_a_table_made_anew_with_the_same_version_has_another_tag(lake: Lake) -> None:
    first = Snapshot().renewed(lake, TABLES)
    rows = lake.read("predictions")
    rmtree(Path(lake.address("predictions")))
    lake.replace("predictions", rows.with_columns(p_home=pl.lit(0.9)), None)
    second = first.renewed(lake, TABLES)
    older, newer = first.versions["predictions"], second.versions["predictions"]
    assert older is not None and newer is not None and older.version == newer.version
    assert second.digest(("predictions",)) != first.digest(("predictions",))
    chances = second.forecasts.find("E0.202425.arsenal.chelsea")
    assert chances is not None and chances.model is not None and chances.model.home == 0.9


def test_what_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    snapshot = Snapshot().renewed(Lake(str(tmp_path / "nothing")), TABLES)
    assert len(snapshot.forecasts) == 0 and len(snapshot.matches) == 0
    assert snapshot.champion is None and snapshot.drift is None
    assert snapshot.scan(PREDICTIONS).collect().equals(PREDICTIONS.empty())
    assert snapshot.written() == [(table, None, None) for table in TABLES]


@pytest.mark.asyncio
async def test_a_lake_that_cannot_be_read_leaves_the_last_snapshot_in_use(client: Client, lake: Lake) -> None:
    good = await client.get(MATCH)
    log = sorted(Path(lake.address("predictions"), "_delta_log").glob("*.json"))
    log[-1].write_text("no json")
    async with asyncio.timeout(5):
        while (health := (await client.get("/health")).json())["ready"] or "lake" not in health["reasons"][0]:
            await asyncio.sleep(0.02)
    answer = await client.get(MATCH)
    assert (answer.content, answer.headers["etag"]) == (good.content, good.headers["etag"])


@pytest.mark.asyncio
async def test_a_lake_that_is_gone_leaves_the_last_snapshot_in_use_until_it_is_back(
    client: Client, lake: Lake, tmp_path: Path
) -> None:
    good, refresher = await client.get(MATCH), client.app.state.refresher
    for folder in (Path(lake.address("predictions")), Path(lake.url)):
        folder.rename(tmp_path / "away")
        await refresher.look()
        assert refresher.failure == "DamagedTableError"
        answer = await client.get(MATCH)
        assert (answer.content, answer.headers["etag"]) == (good.content, good.headers["etag"])
        (tmp_path / "away").rename(folder)
        await refresher.look()
        assert refresher.failure is None


@pytest.mark.asyncio
async def test_source_metrics_that_cannot_be_read_do_not_hold_back_new_forecasts(client: Client, lake: Lake) -> None:
    lake.replace("source_health", pl.DataFrame({"source": ["fonbet"]}), None)
    lake.replace("predictions", lake.read("predictions").with_columns(p_home=pl.lit(0.6), p_away=pl.lit(0.1)), None)
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        client.app.state.refresher.refresh()
    assert (await client.get(MATCH)).json()["model"] == {"home": 0.6, "draw": 0.3, "away": 0.1}
    await client.app.state.refresher.look()
    assert client.app.state.refresher.failure == "ColumnNotFoundError"
    lake.rewrite("source_health", SOURCE_HEALTH.empty())
    await client.app.state.refresher.look()
    assert client.app.state.refresher.failure is None
