"""What the tables say of the forecasts, told to Prometheus from a real lake."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import polars as pl
from prometheus_client import CollectorRegistry, generate_latest

from soccer_assets.monitoring.lake_metrics import LakeMetrics
from soccer_assets.settings import Clock
from soccer_assets.storage.lake import DATE, Lake


def samples(lake: Lake, now: dt.datetime, folder: Path) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(LakeMetrics(lake, Clock(now), folder))
    lines = generate_latest(registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_an_empty_lake_has_a_disk_and_nothing_to_tell(tmp_path: Path) -> None:
    now = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
    found = samples(Lake(str(tmp_path / "lake")), now, tmp_path)
    assert set(found) == {"soccer_disk_free_ratio"}
    assert 0 < found["soccer_disk_free_ratio"] <= 1


def test_matches_without_a_forecast_the_report_and_the_ledger_are_told(season: Any, tmp_path: Path) -> None:
    lake = Lake(str(shutil.copytree(season.lake.url, tmp_path / "lake")))
    scheduled = lake.scan("matches").filter(status="scheduled").collect()
    first = min(scheduled[DATE])
    now = dt.datetime.combine(first, dt.time(6), dt.UTC)
    found = samples(lake, now, tmp_path)
    coming = scheduled.filter(pl.col(DATE) <= first + dt.timedelta(days=1))
    assert found['soccer_coming_matches{forecast="true"}'] == coming["match_id"].n_unique() > 0
    assert found['soccer_coming_matches{forecast="false"}'] == 0
    assert found["soccer_ledger_intact"] == 1
    report = lake.scan("quality_report").filter(league="ALL", market="1x2", sample="complete", line="model")
    expected = report.sort(DATE).last().collect()["log_loss_vs_market"].item()
    assert found['soccer_log_loss_against_market{line="model"}'] == expected
    lake.replace("predictions", lake.read("predictions").filter(pl.col(DATE) < first), None)
    ledger = lake.read("prediction_ledger")
    forged = pl.when(pl.col("number") == 2).then(0.99).otherwise("p_home").alias("p_home")
    lake.replace("prediction_ledger", ledger.with_columns(forged), None)
    found = samples(lake, now, tmp_path)
    assert found['soccer_coming_matches{forecast="false"}'] == coming["match_id"].n_unique()
    assert found["soccer_ledger_intact"] == 0
