"""A table is damaged while the API serves it: the last data stay, health says so, and the repair brings them back."""

from pathlib import Path

import polars as pl

from soccer_assets.settings import Clock
from soccer_assets.storage.damage import examine
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.repair import repair
from tests.faults.test_newer_tables import commit
from tests.serving.processes import Processes, until

READ = "/predictions?limit=50"


def test_a_lost_commit_leaves_the_last_state_served_until_the_repair(
    processes: Processes, lake: Lake, tmp_path: Path
) -> None:
    api = processes.start_api(tmp_path)
    with api.client() as client:
        before = client.get(READ)
        changed = lake.read("predictions").with_columns(p_home=pl.lit(0.6), p_draw=pl.lit(0.3), p_away=pl.lit(0.1))
        lake.replace("predictions", changed, None)
        after = until(lambda: (answer := client.get(READ)).headers["etag"] != before.headers["etag"] and answer)
        newest = max((Path(lake.url) / "predictions" / "_delta_log").glob("*.json"))
        newest.write_bytes(b"")
        until(lambda: "\nsoccer_snapshot_failed 1.0" in client.get("/metrics").text)
        assert client.get(READ).content == after.content  # and not the rows of the commit before
        assert "cannot be read (DamagedTableError" in client.get("/health").text
        assert repair(lake, examine(lake, "predictions"), Clock().now())
        until(lambda: "\nsoccer_snapshot_failed 0.0" in client.get("/metrics").text)
        assert client.get(READ).json() == after.json()


def test_a_cut_file_leaves_the_last_state_served_until_its_dates_are_made_again(
    processes: Processes, lake: Lake, tmp_path: Path
) -> None:
    api = processes.start_api(tmp_path)
    with api.client() as client:
        before = client.get(READ).json()
        sound = lake.read("predictions")
        folder = Path(lake.url) / "predictions"
        manifest = lake.manifest("predictions")
        assert manifest is not None
        for name in manifest.files:
            (folder / name).write_bytes((folder / name).read_bytes()[:500])
        commit(lake, "predictions", {"commitInfo": {"timestamp": 1}})  # what was read is not read again unasked
        until(lambda: "\nsoccer_snapshot_failed 1.0" in client.get("/metrics").text)
        assert client.get(READ).json() == before
        state = examine(lake, "predictions")
        assert state.lost == (sound["match_date"].min(), sound["match_date"].max())
        repair(lake, state, Clock().now())
        lake.replace("predictions", sound, None)
        until(lambda: "\nsoccer_snapshot_failed 0.0" in client.get("/metrics").text)
        until(lambda: client.get(READ).json() == before)  # the repaired table is empty, and may be read first
    assert "Traceback" in api.log and "the last snapshot stays" in api.log


def test_an_api_that_starts_on_a_damaged_lake_says_so_and_answers_no_empty_lists(
    processes: Processes, lake: Lake, tmp_path: Path
) -> None:
    sound = lake.read("predictions")
    newest = max((Path(lake.url) / "predictions" / "_delta_log").glob("*.json"))
    newest.write_bytes(b"")
    api = processes.start_api(tmp_path)
    with api.client() as client:
        for path in (READ, "/matches", "/model", "/leagues"):
            refused = client.get(path)
            assert (refused.status_code, refused.json()["type"]) == (503, "/problems/lake-unreadable"), path
            assert "`uv run soccer doctor`" in refused.json()["detail"]
        page = client.get("/", headers={"accept": "text/html"})
        assert page.status_code == 503 and "soccer doctor" in page.text
        assert client.get("/health/live").status_code == 200
        assert repair(lake, examine(lake, "predictions"), Clock().now())
        lake.replace("predictions", sound, None)
        until(lambda: client.get(READ).status_code == 200)
        assert client.get("/matches").json()["total"] > 0
