"""Counts of what the sources gave, for Prometheus: runs are short processes, so their counts come from the lake.

The table is no part of the snapshot: a source that was asked once more changes no answer of the API.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from serving.snapshot.tables import TableVersion, table_version
from soccer_assets.storage.lake import Lake

TABLE = "source_health"
OUTCOMES = ("accepted", "unchanged", "missing", "rejected", "blocked", "failed")


class SourceMetrics(Collector):
    """Counts per source, as the newest `source_health` has them."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._version: TableVersion | None = None
        self._rows: list[dict[str, Any]] = []

    def refresh(self) -> None:
        """Read the table when it changed."""
        version = table_version(self._lake, TABLE)
        if version == self._version:
            return
        self._rows = [] if version is None else self._read()
        self._version = version

    def _read(self) -> list[dict[str, Any]]:
        newest = pl.col("state").sort_by("match_date").last()
        rows = self._lake.scan(TABLE).group_by("source").agg(
            pl.col(*OUTCOMES, "last_success_at").max(), pl.col("parsed", "quarantined").sum(), healthy=newest == "ok"
        )  # fmt: skip
        return rows.sort("source").collect().to_dicts()

    def collect(self) -> Iterator[Metric]:
        """The families, without samples while there is no table."""
        fetches = CounterMetricFamily(
            "soccer_source_fetches", "answers by what became of them", labels=["source", "outcome"]
        )
        success = GaugeMetricFamily(
            "soccer_source_last_success_timestamp_seconds", "when a source gave a good answer last", labels=["source"]
        )
        records = GaugeMetricFamily("soccer_source_records", "records in the tables of a source", labels=["source"])
        unread = GaugeMetricFamily(
            "soccer_source_quarantined", "records of a source that could not be read", labels=["source"]
        )
        healthy = GaugeMetricFamily(
            "soccer_source_healthy", "1 when nothing is wrong with a source on its newest match date", labels=["source"]
        )
        for row in self._rows:
            source = str(row["source"])
            for outcome in OUTCOMES:
                fetches.add_metric([source, outcome], row[outcome])
            if row["last_success_at"] is not None:
                success.add_metric([source], row["last_success_at"].timestamp())
            records.add_metric([source], row["parsed"])
            unread.add_metric([source], row["quarantined"])
            healthy.add_metric([source], row["healthy"])
        yield from (fetches, success, records, unread, healthy)
