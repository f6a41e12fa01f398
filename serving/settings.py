"""Every environment variable the serving layer reads beside the platform's own, with its unit and default."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from soccer_assets.errors import SettingsError
from soccer_assets.settings import from_environment

PREFIX = "SERVING_"
CHECKS = ("lake", "predictions", "redis", "worker")


class ServingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one serving process; a field `port` is read from `SERVING_PORT`."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="port of the API")] = 8000
    shutdown_seconds: Annotated[int, Meta(ge=0, description="requests and jobs may finish this long")] = 10
    log_level: Annotated[str, Meta(description="debug, info, warning or error")] = "info"
    refresh_seconds: Annotated[float, Meta(gt=0, description="pause between looks at the lake")] = 2.0
    ready_needs: Annotated[str, Meta(description="checks that readiness needs, comma-separated")] = ",".join(CHECKS)
    body_bytes: Annotated[int, Meta(ge=256, description="largest request body")] = 65_536
    cache_bytes: Annotated[int, Meta(ge=0, description="answers kept in memory")] = 67_108_864
    redis_port: Annotated[int, Meta(ge=1, le=65535, description="port of the embedded Redis")] = 6479
    redis_timeout_seconds: Annotated[float, Meta(gt=0, description="Redis may take this long to answer")] = 3.0
    wait_seconds: Annotated[float, Meta(gt=0, description="a client waits this long for its forecast")] = 5.0
    job_ttl_seconds: Annotated[int, Meta(ge=1, description="a job can be read this long")] = 3600
    job_memory_seconds: Annotated[int, Meta(ge=1, description="an expired job is remembered this long")] = 604_800
    job_timeout_seconds: Annotated[int, Meta(ge=1, description="a job may run this long")] = 30
    job_tries: Annotated[int, Meta(ge=1, description="starts of a job whose worker was lost")] = 3
    queue_limit: Annotated[int, Meta(ge=1, description="jobs that may wait; further ones are refused")] = 1000
    forecasts_per_minute: Annotated[int, Meta(ge=0, description="jobs a client may post; 0 is no limit")] = 0
    horizon_days: Annotated[int, Meta(ge=1, description="a fixture may lie this far past the newest result")] = 180
    poll_seconds: Annotated[float, Meta(gt=0, description="pause between the worker's looks at the queue")] = 0.01
    follow_seconds: Annotated[float, Meta(gt=0, description="pause between the worker's looks at the champion")] = 2.0
    beat_seconds: Annotated[float, Meta(gt=0, description="pause between the worker's heartbeats")] = 10.0
    worker_jobs: Annotated[int, Meta(ge=1, description="jobs a worker runs at a time")] = 4
    worker_metrics_port: Annotated[int, Meta(ge=0, le=65535, description="the worker's metrics; 0 is off")] = 0
    page_matches: Annotated[int, Meta(ge=1, le=500, description="matches in a list of the pages")] = 60

    @property
    def needed(self) -> frozenset[str]:
        """The checks readiness needs."""
        return frozenset(name.strip() for name in self.ready_needs.split(",") if name.strip())

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "ServingSettings":
        """Read the settings from the environment (default: the process's own).

        Raises:
            SettingsError: a variable cannot be read as its type, or is out of bounds.
        """
        settings = from_environment(cls, PREFIX, environment)
        if unknown := settings.needed - set(CHECKS):
            raise SettingsError(f"{PREFIX}READY_NEEDS: expected names out of {CHECKS}, found {sorted(unknown)}")
        return settings
