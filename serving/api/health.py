"""Whether the API is alive and ready; what readiness needs is a setting, and every reason is told."""

import asyncio

from litestar import Response, Router, get
from litestar.di import NamedDependency
from redis.exceptions import RedisError

from serving.contracts import Check, Health
from serving.jobs import JobQueue
from serving.settings import ServingSettings
from serving.snapshot.refresher import Feed


@get("/")
async def health(
    feed: NamedDependency[Feed], queue: NamedDependency[JobQueue], serving: NamedDependency[ServingSettings]
) -> Health:
    """Live, ready, and every check with what was found."""
    return await examine(feed, queue, serving)


@get("/live", sync_to_thread=False)
def live() -> dict[str, bool]:
    """The process answers."""
    return {"live": True}


@get("/ready")
async def ready(
    feed: NamedDependency[Feed], queue: NamedDependency[JobQueue], serving: NamedDependency[ServingSettings]
) -> Response[Health]:
    """200 when every check readiness needs holds, else 503; either way with the reasons."""
    found = await examine(feed, queue, serving)
    return Response(found, status_code=200 if found.ready else 503)


async def examine(feed: Feed, queue: JobQueue, serving: ServingSettings) -> Health:
    """Make every check."""
    checks = [_lake(feed), _predictions(feed), *await _redis_and_worker(queue)]
    reasons = [f"{check.name}: {check.found}" for check in checks if check.name in serving.needed and not check.holds]
    return Health(live=True, ready=not reasons, reasons=reasons, checks=checks)


def _lake(feed: Feed) -> Check:
    if feed.failure is not None:
        found = f"cannot be read ({feed.failure}, see the log); serving what was there {feed.age:.0f} s ago"
        return Check("lake", False, found)
    versions = {name: state.version for name, state in feed.snapshot.editions.items() if state is not None}
    found = ", ".join(f"{name} version {version}" for name, version in versions.items())
    return Check("lake", bool(versions), found or "no table has been materialized yet")


def _predictions(feed: Feed) -> Check:
    forecasts = feed.snapshot.forecasts
    if not len(forecasts):
        return Check("predictions", False, "none yet: materialize the asset predictions")
    return Check("predictions", True, f"{len(forecasts)} matches up to {forecasts.newest}")


async def _redis_and_worker(queue: JobQueue) -> tuple[Check, Check]:
    try:
        depth, sign = await asyncio.gather(queue.depth(), queue.worker_sign())
    except RedisError as error:
        unknown = Check("worker", False, "unknown while Redis does not answer")
        return Check("redis", False, f"no answer ({type(error).__name__})"), unknown
    worker = Check("worker", sign is not None, sign or "none gave a sign of life lately: start serving.worker")
    return Check("redis", True, f"{depth} jobs wait or run"), worker


router = Router("/health", route_handlers=[health, live, ready], tags=["health"])
