"""Whether the API is alive and ready; what readiness needs is a setting, and every reason is given."""

import asyncio

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from redis.exceptions import RedisError

from serving.api.problems import problem_responses
from serving.contracts import Check, Health, Live
from serving.jobs.queue import JobQueue
from serving.security.server import Draining
from serving.settings import JOBS, ServingSettings
from serving.snapshot.refresher import Refresher

NOT_READY = {503: ResponseSpec(Health, False, "a check that readiness needs does not hold")}
JOBS_NOT_READY = {503: ResponseSpec(list[Check], False, "Redis or the worker does not answer")}


class HealthController(Controller):
    """`/health`, `/health/live`, `/health/ready` and `/health/ready/jobs`."""

    path = "/health"
    tags = ("health",)

    @get("/", operation_id="health", responses=problem_responses(Health))
    async def health(self, health_state: NamedDependency[Health]) -> Health:
        """Live, ready, and every check with what was found."""
        return health_state

    @get("/live", operation_id="live", sync_to_thread=False, opt={"scope": "none"}, security=[{}])
    def live(self) -> Live:
        """The process answers."""
        return Live(True)

    @get("/ready", operation_id="ready", responses=problem_responses(Health) | NOT_READY)
    async def ready(self, health_state: NamedDependency[Health]) -> Response[Health]:
        """200 when every check readiness needs holds, else 503; either way with the reasons."""
        return Response(health_state, status_code=200 if health_state.ready else 503)

    @get("/ready/jobs", operation_id="ready-jobs", responses=problem_responses(list[Check]) | JOBS_NOT_READY)
    async def jobs_ready(self, health_state: NamedDependency[Health]) -> Response[list[Check]]:
        """200 when Redis and a worker answer, else 503: forecasts on demand need them, reads do not."""
        checks = [check for check in health_state.checks if check.name in JOBS]
        return Response(checks, status_code=200 if all(check.holds for check in checks) else 503)


async def check_health(
    refresher: NamedDependency[Refresher],
    queue: NamedDependency[JobQueue],
    serving: NamedDependency[ServingSettings],
    draining: NamedDependency[Draining],
) -> Health:
    """Make every check."""
    checks = [_lake(refresher), _predictions(refresher), *await _redis_and_worker(queue)]
    reasons = [f"{check.name}: {check.state}" for check in checks if check.name in serving.needed and not check.holds]
    if draining.began:
        reasons.append("process: about to end, on SIGTERM")
    return Health(live=True, ready=not reasons, reasons=reasons, checks=checks)


def _lake(refresher: Refresher) -> Check:
    if refresher.failure is not None:
        text = f"cannot be read ({refresher.failure}, see the log); serving what was there {refresher.age:.0f} s ago"
        return Check("lake", False, text)
    versions = {name: version.version for name, version in refresher.snapshot.versions.items() if version is not None}
    text = ", ".join(f"{name} version {version}" for name, version in versions.items())
    return Check("lake", bool(versions), text or "no table has been materialized yet")


def _predictions(refresher: Refresher) -> Check:
    forecasts = refresher.snapshot.forecasts
    if not len(forecasts):
        return Check("predictions", False, "none yet: materialize the asset predictions")
    return Check("predictions", True, f"{len(forecasts)} matches up to {forecasts.newest}")


async def _redis_and_worker(queue: JobQueue) -> tuple[Check, Check]:
    try:
        depth, workers = await asyncio.gather(queue.depth(), queue.workers())
    except RedisError as error:
        unknown = Check("worker", False, "unknown while Redis does not answer")
        return Check("redis", False, f"no answer ({type(error).__name__})"), unknown
    of_workers = (f"{worker.id} forecasts with model {worker.model_version or 'none'}" for worker in workers)
    text = ", ".join(of_workers) or "none gave a sign of life lately: start serving.worker"
    return Check("redis", True, f"{depth} jobs wait or run"), Check("worker", bool(workers), text)
