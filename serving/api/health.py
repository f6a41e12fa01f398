"""Whether the API is alive and ready; what readiness needs is a setting, and every reason is given."""

import asyncio

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from redis.exceptions import RedisError

from serving.contracts import Check, Health
from serving.jobs import JobQueue
from serving.settings import ServingSettings
from serving.snapshot.refresher import Refresher


class HealthController(Controller):
    """`/health`, `/health/live` and `/health/ready`."""

    path = "/health"
    tags = ("health",)

    @get("/")
    async def health(self, health_state: NamedDependency[Health]) -> Health:
        """Live, ready, and every check with what was found."""
        return health_state

    @get("/live", sync_to_thread=False)
    def live(self) -> dict[str, bool]:
        """The process answers."""
        return {"live": True}

    @get("/ready")
    async def ready(self, health_state: NamedDependency[Health]) -> Response[Health]:
        """200 when every check readiness needs holds, else 503; either way with the reasons."""
        return Response(health_state, status_code=200 if health_state.ready else 503)


async def check_health(
    refresher: NamedDependency[Refresher], queue: NamedDependency[JobQueue], serving: NamedDependency[ServingSettings]
) -> Health:
    """Make every check."""
    checks = [_lake(refresher), _predictions(refresher), *await _redis_and_worker(queue)]
    reasons = [f"{check.name}: {check.found}" for check in checks if check.name in serving.needed and not check.holds]
    return Health(live=True, ready=not reasons, reasons=reasons, checks=checks)


def _lake(refresher: Refresher) -> Check:
    if refresher.failure is not None:
        text = f"cannot be read ({refresher.failure}, see the log); serving what was there {refresher.age:.0f} s ago"
        return Check("lake", False, text)
    versions = {name: found.version for name, found in refresher.snapshot.versions.items() if found is not None}
    text = ", ".join(f"{name} version {version}" for name, version in versions.items())
    return Check("lake", bool(versions), text or "no table has been materialized yet")


def _predictions(refresher: Refresher) -> Check:
    forecasts = refresher.snapshot.forecasts
    if not len(forecasts):
        return Check("predictions", False, "none yet: materialize the asset predictions")
    return Check("predictions", True, f"{len(forecasts)} matches up to {forecasts.newest}")


async def _redis_and_worker(queue: JobQueue) -> tuple[Check, Check]:
    try:
        depth, heartbeat = await asyncio.gather(queue.depth(), queue.worker_heartbeat())
    except RedisError as error:
        unknown = Check("worker", False, "unknown while Redis does not answer")
        return Check("redis", False, f"no answer ({type(error).__name__})"), unknown
    text = heartbeat or "none gave a sign of life lately: start serving.worker"
    return Check("redis", True, f"{depth} jobs wait or run"), Check("worker", heartbeat is not None, text)
