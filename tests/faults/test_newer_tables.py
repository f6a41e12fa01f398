"""A table is newer than the process that reads it: written by a later release, or in a form that the library cannot read."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from soccer_assets.storage.lake import Lake
from tests.faults.conftest import FIXTURE
from tests.serving.processes import Processes, until

MATCH = "/predictions/SP1.202425.ath-bilbao.betis"


def commit(lake: Lake, table: str, *actions: dict[str, Any]) -> Path:
    """Write a commit of a table by hand; its file."""
    log = Path(lake.url) / table / "_delta_log"
    number = max(int(path.stem) for path in log.glob("*.json")) + 1
    path = log / f"{number:020}.json"
    path.write_text("".join(json.dumps(action) + "\n" for action in actions))
    return path


def test_columns_of_a_later_release_are_not_sent_and_spoil_nothing(
    processes: Processes, lake: Lake, tmp_path: Path
) -> None:
    api = processes.start_api(tmp_path)
    with api.client() as client:
        before = client.get(MATCH)
        newer = lake.read("predictions").with_columns(surprise=pl.lit("later"), p_home=pl.lit(0.6), p_away=pl.lit(0.1))
        newer.write_delta(
            Path(lake.url) / "predictions", mode="overwrite", delta_write_options={"schema_mode": "overwrite"}
        )
        after = until(lambda: (answer := client.get(MATCH)).headers["etag"] != before.headers["etag"] and answer)
        assert after.json() == {**before.json(), **{
            line: {"home": 0.6, "draw": 0.3, "away": 0.1} for line in ("model", "market", "blend")
        }}  # fmt: skip
        assert client.get("/health").json()["ready"]


def test_a_table_without_a_column_that_is_served_leaves_the_last_state_served(
    processes: Processes, lake: Lake, tmp_path: Path
) -> None:
    api = processes.start_api(tmp_path)
    path = Path(lake.url) / "predictions"
    with api.client() as client:
        before = client.get(MATCH)
        whole = lake.read("predictions")
        whole.drop("p_draw").write_delta(path, mode="overwrite", delta_write_options={"schema_mode": "overwrite"})
        lacking = until(lambda: (found := check(client, "lake"))["holds"] is False and found)
        assert "cannot be read (SchemaError" in lacking["found"]
        assert (client.get(MATCH).content, client.get(MATCH).headers["etag"]) == (
            before.content,
            before.headers["etag"],
        )
        whole.write_delta(path, mode="overwrite", delta_write_options={"schema_mode": "overwrite"})
        until(lambda: check(client, "lake")["holds"])
        assert client.get(MATCH).content == before.content
    assert "predictions: expected columns ['p_draw']" in api.log


def test_a_table_in_a_later_form_of_delta_leaves_the_last_state_served_and_forecast_from(
    processes: Processes, lake: Lake, tmp_path: Path
) -> None:
    api, worker = processes.start_platform(tmp_path)
    with api.client() as client:
        before = client.get("/matches?limit=500")
        forecast = client.post("/predictions", json=FIXTURE).json()
        later = commit(lake, "matches", {"protocol": {"minReaderVersion": 99, "minWriterVersion": 99}})
        until(lambda: check(client, "lake")["holds"] is False)
        until(lambda: "the last ones stay" in worker.log)
        assert client.get("/matches?limit=500").content == before.content
        assert client.post("/predictions", json=FIXTURE).json() == forecast
        later.unlink()
        until(lambda: check(client, "lake")["holds"])
        assert client.get("/matches?limit=500").content == before.content
        assert client.post("/predictions", json=FIXTURE).json() == forecast


def check(client: Any, name: str) -> Any:
    """A check of the API's health."""
    return next(check for check in client.get("/health").json()["checks"] if check["name"] == name)
