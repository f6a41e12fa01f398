"""What Dagster's storage knows of runs, daemons, schedules and sensors, as metrics of Prometheus."""

from collections.abc import Iterator

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from soccer_assets.settings import Clock

#: So many newest runs are looked at for what became of each job.
NEWEST_RUNS = 500
UNFINISHED = (DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING,
              DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING)  # fmt: skip


class RunMetrics(Collector):
    """Reads the storage at each scrape; times are seconds since 1970, ages and durations seconds."""

    def __init__(self, instance: DagsterInstance, clock: Clock) -> None:
        self._instance, self._clock = instance, clock

    def collect(self) -> Iterator[Metric]:
        """The families; those without samples have nothing to tell yet."""
        yield from self._unfinished()
        yield from self._ended()
        heartbeat = GaugeMetricFamily(
            "dagster_daemon_heartbeat_timestamp_seconds", "when a daemon gave a sign of life last", labels=["daemon"]
        )
        for name, beat in sorted(self._instance.get_daemon_heartbeats().items()):
            heartbeat.add_metric([name], beat.timestamp)
        yield heartbeat
        yield self._ticks()
        yield self._assets()

    def _unfinished(self) -> Iterator[Metric]:
        """How many runs wait or go on, and the age of the oldest."""
        count = GaugeMetricFamily("dagster_runs_unfinished", "runs that wait or go on", labels=["status"])
        age = GaugeMetricFamily(
            "dagster_run_oldest_age_seconds", "since the oldest of them was made, or began", labels=["status"]
        )
        now = self._clock.now().timestamp()
        for status in UNFINISHED:
            wanted = RunsFilter(statuses=[status])
            count.add_metric([status.value], self._instance.get_runs_count(wanted))
            for record in self._instance.get_run_records(wanted, limit=1, ascending=True):
                age.add_metric([status.value], now - (record.start_time or record.create_timestamp.timestamp()))
        yield from (count, age)

    def _ended(self) -> Iterator[Metric]:
        """When a run of each job ended last with each status, and how long it took."""
        end = GaugeMetricFamily(
            "dagster_run_last_end_timestamp_seconds", "when a run ended so last", labels=["job_name", "status"]
        )
        duration = GaugeMetricFamily(
            "dagster_run_last_duration_seconds", "how long that run took", labels=["job_name", "status"]
        )
        seen = set()
        for record in self._instance.get_run_records(limit=NEWEST_RUNS):
            key = (record.dagster_run.job_name, record.dagster_run.status.value)
            if record.end_time is None or key in seen:
                continue
            seen.add(key)
            end.add_metric(list(key), record.end_time)
            duration.add_metric(list(key), record.end_time - (record.start_time or record.end_time))
        yield from (end, duration)

    def _ticks(self) -> Metric:
        """When each schedule and sensor ticked last, by what came of it."""
        tick = GaugeMetricFamily(
            "dagster_tick_timestamp_seconds", "when a schedule or sensor ticked last", labels=["name", "status"]
        )
        for state in sorted(self._instance.all_instigator_state(), key=lambda state: state.name):
            for last in self._instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1):
                tick.add_metric([state.name, last.status.value], last.timestamp)
        return tick

    def _assets(self) -> Metric:
        """When each asset was made last."""
        made = GaugeMetricFamily(
            "dagster_asset_last_materialization_timestamp_seconds", "when an asset was made last", labels=["asset"]
        )
        for record in self._instance.get_asset_records():
            newest = record.asset_entry.last_materialization_record
            if newest is not None:
                made.add_metric([record.asset_entry.asset_key.to_user_string()], newest.timestamp)
        return made
