"""The S3 store of the lake hangs, answers with errors, or slowly: liveness answers, and the last data stay."""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import polars as pl
import pytest
from pyarrow import fs

from soccer_assets.errors import StorageError
from soccer_assets.storage.file_urls import file_system
from soccer_assets.storage.lake import Lake
from tests.faults.conftest import FIXTURE, HASTY
from tests.faults.stores import BUCKET, S3, s3
from tests.serving.processes import Processes, until

READ = "/predictions?limit=20"
HASTY_STORE = {"SERVING_STORAGE_SECONDS": "1"}


@pytest.fixture(scope="module")
def store(sound_lake: Path) -> Iterator[S3]:
    """An S3 API that holds the lake."""
    with s3() as running:
        fs.copy_files(str(sound_lake), f"{BUCKET}/lake", destination_filesystem=file_system(f"s3://{BUCKET}/lake")[0])
        yield running


def figure(client: httpx.Client, name: str) -> float:
    """A figure of the metrics."""
    lines = client.get("/metrics").text.splitlines()
    return float(next(line.split(" ")[1] for line in lines if line.startswith(f"{name} ")))


def test_a_store_that_hangs_or_fails_leaves_liveness_reads_and_forecasts_as_they_are(store: S3, tmp_path: Path) -> None:
    lake = Lake(f"s3://{BUCKET}/lake")
    processes = Processes(lake.url, **HASTY | HASTY_STORE)
    try:
        api, worker = processes.start_platform(tmp_path)
        with api.client() as client:
            until(lambda: client.get("/health/ready").status_code == 200)
            before = client.get(READ).json()
            forecast = client.post("/predictions", json=FIXTURE).json()
            assert figure(client, "soccer_snapshot_failed") == 0
            for fault in ("halt", "500"):
                store.halt() if fault == "halt" else store.fail(fault)
                slowest, failed = 0.0, 0.0
                deadline = time.monotonic() + 30
                while not failed and time.monotonic() < deadline:
                    began = time.monotonic()
                    assert httpx.get(f"{api.address}/health/live", timeout=5).status_code == 200
                    slowest = max(slowest, time.monotonic() - began)
                    failed = figure(client, "soccer_snapshot_failed")
                    time.sleep(0.05)
                assert failed == 1, fault
                assert slowest < 2, (fault, slowest)
                assert client.get(READ).json() == before
                assert client.post("/predictions", json=FIXTURE).json() == forecast
                until(lambda: worker.log.count("the last ones stay") > 0)
                store.go_on() if fault == "halt" else store.fail("none")
                until(lambda: figure(client, "soccer_snapshot_failed") == 0)

            store.fail("slow")  # each answer takes as long as the API waits
            assert client.get("/health/live").elapsed.total_seconds() < 2
            assert client.get(READ).json() == before
            store.fail("none")
            changed = lake.read("predictions").with_columns(p_home=pl.lit(0.5), p_draw=pl.lit(0.3), p_away=pl.lit(0.2))
            lake.replace("predictions", changed, None)
            after = until(lambda: (answer := client.get(READ).json()) != before and answer)
            assert after["items"][0]["model"] == {"home": 0.5, "draw": 0.3, "away": 0.2}
    finally:
        store.go_on()
        processes.stop()


def test_a_store_that_ignores_conditions_is_refused_before_the_first_table(store: S3) -> None:
    address, rows = f"s3://{BUCKET}/another", pl.DataFrame({"match_date": [dt.date(2024, 3, 1)]})
    store.fail("unconditional")
    with pytest.raises(StorageError, match="found that it overwrote the key"):
        Lake(address).replace("t", rows, None)
    assert Lake(address).names() == []
    store.fail("none")
    assert Lake(address).replace("t", rows, None) == 0
    manifest = Lake(address).manifest("t")
    assert Lake(address).names() == ["t"] and manifest is not None and manifest.version == 0
