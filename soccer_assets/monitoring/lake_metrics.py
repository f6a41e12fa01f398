"""What the tables say of the forecasts, as metrics of Prometheus: for those who watch, none of it is in an answer."""

import datetime as dt
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from soccer_assets.matches.schema import MATCHES
from soccer_assets.monitoring.schema import ALL_LEAGUES, QUALITY_REPORT
from soccer_assets.predictions.ledger import Verdict, verify
from soccer_assets.predictions.schema import PREDICTION_LEDGER, PREDICTIONS
from soccer_assets.settings import Clock
from soccer_assets.storage.lake import DATE, Lake

#: Matches from today to so many days ahead should have a forecast.
DAYS = 1


class LakeMetrics(Collector):
    """Reads the lake at each scrape; the ledger is verified when it has changed.

    Args:
        lake: the tables.
        clock: says which day it is.
        folder: where the program writes; the room on its disk is measured.
    """

    def __init__(self, lake: Lake, clock: Clock, folder: Path) -> None:
        self._lake, self._clock, self._folder = lake, clock, folder
        self._verified: tuple[int | None, Verdict | None] = (None, None)

    def collect(self) -> Iterator[Metric]:
        """The families; those of a table that does not exist yet have no samples."""
        yield self._without_forecast()
        yield self._quality()
        intact = GaugeMetricFamily("soccer_ledger_intact", "1 when every row is as it was sealed")
        if verdict := self._verdict():
            intact.add_metric([], verdict.broken is None)
        yield intact
        disk = shutil.disk_usage(self._folder)
        yield GaugeMetricFamily(
            "soccer_disk_free_ratio", "free share of the disk that is written to", disk.free / disk.total
        )

    def _without_forecast(self) -> Metric:
        family = GaugeMetricFamily(
            "soccer_coming_matches", "scheduled matches of today and tomorrow, by whether they are forecast",
            labels=["forecast"],
        )  # fmt: skip
        if not self._lake.exists(MATCHES.name):
            return family
        first = self._clock.today()
        last = first + dt.timedelta(days=DAYS)
        coming = self._lake.scan(MATCHES.name, first, last).filter(pl.col("status") == "scheduled").select("match_id")
        forecast = PREDICTIONS.empty().lazy()
        if self._lake.exists(PREDICTIONS.name):
            forecast = self._lake.scan(PREDICTIONS.name, first, last)
        forecast = forecast.select("match_id").unique().with_columns(forecast=True)
        rows = coming.unique().join(forecast, on="match_id", how="left").collect()
        done = rows["forecast"].count()
        family.add_metric(["true"], done)
        family.add_metric(["false"], len(rows) - done)
        return family

    def _quality(self) -> Metric:
        """The newest report's mean log loss minus the pre-match market's, on the same matches, by line."""
        family = GaugeMetricFamily(
            "soccer_log_loss_against_market", "log loss on 1X2 minus the pre-match market's over twelve months",
            labels=["line"],
        )  # fmt: skip
        if self._lake.exists(QUALITY_REPORT.name):
            whole = pl.col("league") == ALL_LEAGUES, pl.col("market") == "1x2", pl.col("sample") == "complete"
            rows = self._lake.scan(QUALITY_REPORT.name).filter(*whole, pl.col(DATE) == pl.col(DATE).max())
            for line, difference in rows.select("line", "log_loss_vs_market").sort("line").collect().iter_rows():
                family.add_metric([line], math.nan if difference is None else difference)
        return family

    def _verdict(self) -> Verdict | None:
        version = self._lake.version(PREDICTION_LEDGER.name)
        if version != self._verified[0]:
            self._verified = version, verify(self._lake)
        return self._verified[1]
