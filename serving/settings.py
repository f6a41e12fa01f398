"""Every environment variable the serving layer reads beside the platform's own, with its unit and default."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from soccer_assets.errors import SettingsError
from soccer_assets.settings import Settings, from_environment

PREFIX = "SERVING_"
CHECKS = ("lake", "predictions", "redis", "worker")
READS = CHECKS[:2]
JOBS = CHECKS[2:]


LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


class ServingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one serving process; a field `port` is read from `SERVING_PORT`."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="port of the API")] = 8000
    open: Annotated[bool, Meta(description="let clients without a key read and forecast at any address")] = False
    keys_file: Annotated[str, Meta(description="file of `soccer keys`; default <var>/keys.json")] = ""
    allowed_hosts: Annotated[
        str, Meta(description="names by which the API is asked, comma-separated, * for any; default those of loopback")
    ] = ""
    trusted_proxies: Annotated[
        str,
        Meta(description="addresses or networks of proxies whose X-Forwarded-For is believed, comma-separated"),
    ] = ""
    cors_origins: Annotated[
        str, Meta(description="origins of other sites whose pages may ask, comma-separated; default none")
    ] = ""
    reads_per_minute: Annotated[int, Meta(ge=0, description="reads of a client, in each process; 0 is no limit")] = 1200
    forecasts_per_minute: Annotated[int, Meta(ge=0, description="other requests of a client; 0 is no limit")] = 60
    local_reads_per_minute: Annotated[int, Meta(ge=0, description="reads without a key on loopback; 0 is no limit")] = 0
    local_forecasts_per_minute: Annotated[
        int, Meta(ge=0, description="other requests without a key on loopback; 0 is no limit")
    ] = 12_000
    access_log: Annotated[bool, Meta(description="a line of JSON per request on stdout")] = True
    max_connections: Annotated[int, Meta(ge=1, description="connections at a time; idle ones end first")] = 1000
    head_seconds: Annotated[float, Meta(gt=0, description="the head of a request may take this long to come")] = 10.0
    body_seconds: Annotated[float, Meta(gt=0, description="the body of a request may take this long to come")] = 10.0
    idle_seconds: Annotated[int, Meta(ge=1, description="a connection may rest this long between requests")] = 15
    send_seconds: Annotated[float, Meta(gt=0, description="a client may read nothing of its answer this long")] = 30.0
    drain_seconds: Annotated[
        float, Meta(ge=0, description="after SIGTERM readiness is 503 this long, then connections are refused")
    ] = 3.0
    shutdown_seconds: Annotated[int, Meta(ge=0, description="requests and jobs may finish this long")] = 10
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="debug, info, warning or error")
    ] = "info"
    refresh_seconds: Annotated[float, Meta(gt=0, description="pause between looks at the lake")] = 2.0
    storage_seconds: Annotated[float, Meta(gt=0, description="S3 may take this long to answer a request")] = 5.0
    ready_needs: Annotated[str, Meta(description="checks that readiness needs, comma-separated")] = ",".join(READS)
    body_bytes: Annotated[int, Meta(ge=256, description="largest request body")] = 65_536
    cache_bytes: Annotated[int, Meta(ge=0, description="answers kept in memory")] = 67_108_864
    figures_seconds: Annotated[float, Meta(ge=0, description="what /metrics and /system say may be this old")] = 1.0
    batch_bytes: Annotated[int, Meta(ge=256, description="largest body of a batch or a job")] = 262_144
    redis_timeout_seconds: Annotated[float, Meta(gt=0, description="Redis may take this long to answer")] = 3.0
    wait_seconds: Annotated[float, Meta(gt=0, description="a client waits this long for its forecast")] = 5.0
    job_ttl_seconds: Annotated[int, Meta(ge=1, description="a job can be read this long")] = 3600
    job_memory_seconds: Annotated[int, Meta(ge=1, description="an expired job is remembered this long")] = 604_800
    job_timeout_seconds: Annotated[int, Meta(ge=1, description="a job may run this long")] = 30
    job_tries: Annotated[int, Meta(ge=1, description="starts of a job whose worker was lost")] = 3
    run_seconds: Annotated[int, Meta(ge=1, description="a backfill, training or prediction may run this long")] = 21_600
    queue_limit: Annotated[int, Meta(ge=1, description="jobs that may wait; further ones are refused")] = 1000
    horizon_days: Annotated[int, Meta(ge=1, description="a fixture may lie this far past the newest result")] = 180
    poll_seconds: Annotated[float, Meta(gt=0, description="the worker looks at the queue unasked this often")] = 1.0
    follow_seconds: Annotated[float, Meta(gt=0, description="pause between the worker's looks at the champion")] = 2.0
    beat_seconds: Annotated[float, Meta(gt=0, description="pause between the worker's heartbeats")] = 3.0
    worker_jobs: Annotated[int, Meta(ge=1, description="jobs a worker runs at a time")] = 64
    worker_metrics_port: Annotated[int, Meta(ge=0, le=65535, description="the worker's metrics; 0 is off")] = 0
    challenger_share: Annotated[
        float,
        Meta(ge=0, le=1, description="share of the forecasts on demand that the challenger makes"),
    ] = 0.0
    dagster_url: Annotated[str, Meta(description="where people find Dagster's UI; default none")] = ""
    page_matches: Annotated[int, Meta(ge=1, le=500, description="matches in a list of the pages")] = 60

    @property
    def needed(self) -> frozenset[str]:
        """The checks readiness needs."""
        return _names(self.ready_needs)

    def keys_path(self, settings: Settings) -> Path:
        """The file of the clients' keys."""
        return Path(self.keys_file) if self.keys_file else settings.var_path / "keys.json"

    @property
    def hosts(self) -> frozenset[str] | None:
        """The names by which the API is asked, in small letters; None for any."""
        names = _names(self.allowed_hosts.lower()) or LOOPBACK_HOSTS
        return None if "*" in names else names

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may ask."""
        return _names(self.cors_origins)

    def check_exposure(self, has_keys: bool) -> None:
        """Check that an API which others reach asks for keys and knows its names.

        Raises:
            SettingsError: the address is not loopback, and there are no keys or no names.
        """
        if is_loopback(self.host):
            return
        if not has_keys and not self.open:
            raise SettingsError(
                f"{PREFIX}HOST: {self.host!r} is reached from other machines; expected keys of clients, found none: "
                f"make one with `soccer keys add NAME --scopes read,predict`, or set {PREFIX}OPEN=true to let "
                "everybody read and forecast"
            )
        if not self.allowed_hosts:
            raise SettingsError(
                f"{PREFIX}ALLOWED_HOSTS: expected the names by which clients ask for {self.host!r}, such as "
                "forecasts.example, or * for any, found none"
            )

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "ServingSettings":
        """Read the settings from the environment (default: the process's own).

        Raises:
            SettingsError: a variable cannot be read as its type, or is out of bounds.
        """
        settings = from_environment(cls, PREFIX, environment)
        if unknown := settings.needed - set(CHECKS):
            raise SettingsError(f"{PREFIX}READY_NEEDS: expected names out of {CHECKS}, found {sorted(unknown)}")
        for proxy in sorted(_names(settings.trusted_proxies)):
            try:
                ipaddress.ip_network(proxy)
            except ValueError as error:  # uvicorn would take it for the name of a socket, and trust nobody
                raise SettingsError(
                    f"{PREFIX}TRUSTED_PROXIES: expected addresses or networks such as 10.0.0.0/8, found {proxy!r}: "
                    f"{error}"
                ) from None
        return settings


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


@lru_cache(1024)
def is_loopback(host: str) -> bool:
    """Whether an address is one of this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
