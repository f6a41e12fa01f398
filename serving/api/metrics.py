"""The Prometheus metrics of the API process.

`serving.security.edge` counts the requests. Each application has its own registry.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from typing import Any

import polars as pl
from litestar import get
from litestar.di import NamedDependency
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from redis.exceptions import RedisError

from serving.api.responses import ApiRequest, EncodedResponse
from serving.contracts import ModelInfo
from serving.jobs.queue import JobQueue
from serving.resources.cached_reads import answer_figures
from serving.snapshot.cusum import LINES
from serving.snapshot.forecasts import OUTCOMES
from serving.snapshot.refresher import Refresher
from soccer_assets.monitoring.schema import SEVERITIES
from soccer_assets.predictions.schema import LINES as STORED_LINES

UNROUTED = "unrouted"
NEWEST = 1000
NEWEST_FORECASTS = 100
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one application."""

    def __init__(self, refresher: Refresher) -> None:
        self._began = time.monotonic()
        self.registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self.requests = Counter(
            "soccer_http_requests", "requests answered", ["method", "path", "status"], registry=registry
        )
        self.seconds = Histogram(
            "soccer_http_request_seconds",
            "time to answer",
            ["method", "path"],
            buckets=BUCKETS,
            registry=registry,
        )
        #: Of the newest requests, whatever they were.
        self.newest_seconds: deque[float] = deque(maxlen=NEWEST)
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        self.in_progress = Gauge("soccer_http_requests_in_progress", "requests being answered", registry=registry)
        self.on_demand = Counter(
            "soccer_forecasts_on_demand",
            "forecasts asked for, by what became of them",
            ["outcome"],
            registry=registry,
        )
        self.redis = Gauge("soccer_redis_up", "1 when Redis answers", registry=registry)
        self.worker = Gauge("soccer_worker_up", "1 when a worker gave a sign of life lately", registry=registry)
        self.depth = Gauge("soccer_queue_depth", "jobs that wait or run", registry=registry)
        self.jobs = Gauge("soccer_jobs", "jobs that ever came to a status", ["status"], registry=registry)
        self._add_readings(refresher)

    def _add_readings(self, refresher: Refresher) -> None:
        readings = {
            "soccer_snapshot_age_seconds": ("since the lake was last looked at", lambda: refresher.age),
            "soccer_snapshot_refresh_seconds": ("time the last change took", lambda: refresher.refresh_seconds),
            "soccer_snapshot_refreshes": ("changes taken over", lambda: refresher.refreshes),
            "soccer_snapshot_failed": ("1 when the lake cannot be read", lambda: refresher.failure is not None),
            "soccer_snapshot_forecasts": ("matches with a forecast", lambda: len(refresher.snapshot.forecasts)),
            "soccer_promotion_refused": (
                "1 when the gate refused the newest model",
                lambda: refresher.snapshot.newest_is_refused,
            ),
            "soccer_drift_share": (
                "share of the features that drifted, in the newest report",
                lambda: refresher.snapshot.drift.drift_share if refresher.snapshot.drift else math.nan,
            ),
            "soccer_drift_emptied_columns": (
                "features that most matches had and few have now, in the newest report",
                lambda: len(refresher.snapshot.drift.emptied_columns) if refresher.snapshot.drift else math.nan,
            ),
            "soccer_champion_promoted_timestamp_seconds": (
                "when the champion was promoted",
                lambda: _seconds(refresher.snapshot.champion),
            ),
        }
        for name, (description, reading) in readings.items():
            Gauge(name, description, registry=self.registry).set_function(reading)
        failed = Gauge(
            "soccer_failed_checks",
            "checks of the pipeline that failed when they were evaluated last",
            ["severity", "blocking"],
            registry=self.registry,
        )
        for severity, blocking in product(SEVERITIES, (True, False)):
            kind = severity, blocking
            failed.labels(severity, str(blocking).lower()).set_function(partial(_failed_checks, refresher, kind))
        by_label: tuple[tuple[str, str, str, Sequence[str], Callable[[Refresher, str], float]], ...] = (
            (
                "soccer_model_cusum",
                "loss to the closing price beyond what is usual, summed over match days, in standard deviations",
                "line",
                LINES,
                lambda reader, line: reader.snapshot.model_cusum.get(line, math.nan),
            ),
            (
                "soccer_forecast_drift_share",
                "share of the columns of the line's forecasts that drifted, in the newest report",
                "line",
                STORED_LINES,
                lambda reader, line: reader.snapshot.forecast_drift.get(line, math.nan),
            ),
            (
                "soccer_forecast_mean_probability",
                "of an outcome, by the blend, else the model, over the hundred newest matches with a forecast",
                "outcome",
                OUTCOMES,
                _mean_probability,
            ),
        )
        for name, description, label, values, value_of in by_label:
            gauge = Gauge(name, description, [label], registry=self.registry)
            for value in values:
                gauge.labels(value).set_function(partial(value_of, refresher, value))
        self.registry.register(refresher.sources)

    @property
    def uptime_seconds(self) -> float:
        """Seconds since the application was made."""
        return time.monotonic() - self._began

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request; `path` is the template of its route."""
        key = (method, path, status)
        count, duration = self._children.get(key) or self._new(key)
        count.inc()
        duration.observe(seconds)
        self.newest_seconds.append(seconds)

    def _new(self, key: tuple[str, str, int]) -> tuple[Any, Any]:
        method, path, status = key
        count = self.requests.labels(method, path, status)
        children = self._children[key] = (count, self.seconds.labels(method, path))
        return children

    async def read_queue(self, queue: JobQueue) -> None:
        """Read the state of the queue from Redis; without Redis its depth is not a number."""
        try:
            depth, counts, workers = await queue.depth(), await queue.counts(), await queue.workers()
        except RedisError:
            self.redis.set(0)
            self.worker.set(0)
            self.depth.set(float("nan"))
            return
        self.redis.set(1)
        self.worker.set(bool(workers))
        self.depth.set(depth)
        for status, count in counts.items():
            self.jobs.labels(status).set(count)


def _mean_probability(refresher: Refresher, outcome: str) -> float:
    """The mean over the newest matches that have a forecast."""
    rows = refresher.snapshot.forecasts.rows.tail(NEWEST_FORECASTS)
    line = pl.coalesce(pl.col(name).struct.field(outcome) for name in ("blend", "model"))
    mean = rows.select(line.mean()).item() if len(rows) else None
    return math.nan if mean is None else float(mean)


def _failed_checks(refresher: Refresher, kind: tuple[str, bool]) -> int:
    return sum((check.severity, check.blocking) == kind for check in refresher.snapshot.failed_checks or ())


def _seconds(champion: ModelInfo | None) -> float:
    return champion.promoted_at.timestamp() if champion is not None and champion.promoted_at is not None else math.nan


@get("/metrics", tags=["health"], include_in_schema=False)
async def prometheus(
    request: ApiRequest, metrics: NamedDependency[Metrics], queue: NamedDependency[JobQueue]
) -> EncodedResponse:
    """The metrics in the text format of Prometheus."""
    await metrics.read_queue(queue)
    return answer_figures(request, generate_latest(metrics.registry), CONTENT_TYPE_LATEST)
