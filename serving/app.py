"""The API: `create_app()` makes it, `python -m serving.app` runs it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from serving.api import (
    coupons,
    description,
    docs_page,
    drift_pages,
    filters,
    forecasts,
    health,
    jobs,
    links,
    metrics,
    problems,
    system,
)
from serving.api.metrics import Metrics
from serving.api.responses import PlainMethods
from serving.jobs.connection import connect
from serving.jobs.queue import JobQueue
from serving.logs import AccessLog, log_to_stderr
from serving.pages import routes as pages
from serving.pages.addresses import Addresses
from serving.pages.words import FILTERS
from serving.redis_server import embedded_redis, redis_binary
from serving.resources.answers import Answer
from serving.resources.cache import AnswerCache
from serving.resources.cached_reads import CachedReads
from serving.resources.catalog import PATHS, RESOURCES, TABLES
from serving.resources.routes import AT_ONCE, routes_of
from serving.security.edge import Edge
from serving.security.gate import Gate, check_scope
from serving.security.keys import Keyring
from serving.security.limits import RateLimits
from serving.security.requests import BoundedRequest
from serving.security.server import Draining, serve
from serving.settings import ServingSettings
from serving.snapshot.refresher import Refresher
from serving.snapshot.snapshot import Snapshot
from soccer_assets.errors import PlatformError, SettingsError
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake

#: What routes take of the application's state, by its name there.
FROM_STATE = ("answers", "cached_reads", "clock", "draining", "metrics", "queue", "refresher", "serving")


def create_app(
    settings: Settings | None = None, serving: ServingSettings | None = None, log: AccessLog | None = None
) -> Litestar:
    """The application; settings default to the environment's, and without `log` requests are not logged.

    Raises:
        SettingsError: the address is reached from other machines, and no client has a key.
    """
    settings, serving = settings or Settings.read(), serving or ServingSettings.read()
    keyring = Keyring(serving.keys_path(settings))
    serving.check_exposure(keyring.has_keys)
    limits = RateLimits(serving.redis_timeout_seconds)
    refresher = Refresher(Lake(settings.lake, serving.storage_seconds), serving.refresh_seconds, TABLES)
    answers: AnswerCache[Answer] = AnswerCache(serving.cache_bytes)
    cached_reads = CachedReads(refresher)
    requests, clock = Metrics(refresher), Clock.from_settings(settings)

    @asynccontextmanager
    async def connected(app: Litestar) -> AsyncIterator[None]:
        """Redis and the lake, opened and closed with the application."""
        async with AsyncExitStack() as stack:
            url = stack.enter_context(embedded_redis(settings))
            redis = connect(url, serving)
            stack.push_async_callback(redis.aclose, close_connection_pool=True)
            app.state.queue = queue = JobQueue(redis, serving, clock)
            limits.connect(redis.connection_pool)
            if log is not None:
                stack.callback(log.write)
            await refresher.look()
            for work in (queue.listen(), refresher.follow()):
                await stack.enter_async_context(_in_background(work))
            yield

    def from_state(name: str) -> Provide:
        def provide(state: State) -> Any:
            return state[name]

        return Provide(provide, sync_to_thread=False)

    app = Litestar(
        route_handlers=[
            health.HealthController,
            Router(
                "/",
                route_handlers=[
                    *(route for resource in RESOURCES for route in routes_of(resource)),
                    forecasts.ForecastController,
                    coupons.CouponController,
                    links.LinkController,
                    Router(
                        "/",
                        route_handlers=[forecasts.BatchController, jobs.JobController],
                        request_max_body_size=serving.batch_bytes,
                    ),
                ],
            ),
            metrics.prometheus,
            drift_pages.drift_page,
            system.system,
            problems.problem_kind,
            docs_page.docs,
            docs_page.swagger_files(),
            *pages.PAGES,
            pages.STATIC,
        ],
        dependencies={
            **{name: from_state(name) for name in FROM_STATE},
            "snapshot": Provide(_newest_snapshot, sync_to_thread=False),
            "health_state": Provide(health.check_health),
        },
        before_request=filters.check_parameters,
        exception_handlers=problems.HANDLERS,
        guards=[check_scope],
        lifespan=[connected],
        logging_config=None,
        openapi_config=description.OPENAPI,
        plugins=[problems.PLUGIN, description.DescribedStructs()],
        request_class=BoundedRequest,
        request_max_body_size=serving.body_bytes,
        state=State(
            {
                "answers": answers,
                "cached_reads": cached_reads,
                "answering": asyncio.Semaphore(AT_ONCE),
                "clock": clock,
                "draining": Draining(),
                "metrics": requests,
                "refresher": refresher,
                "serving": serving,
                "settings": settings,
                "synthetic": settings.is_synthetic,
            }
        ),
        template_config=TemplateConfig(directory=pages.TEMPLATES, engine=JinjaTemplateEngine),
    )
    app.template_engine.engine.filters.update(FILTERS)  # type: ignore[union-attr]
    inner = Addresses(PlainMethods(cached_reads.around(app.asgi_handler)), pages.ADDRESSES, PATHS)
    app.asgi_handler = Edge(inner, Gate(serving, keyring, limits), requests, log)
    return app


def _newest_snapshot(state: State) -> Snapshot:
    snapshot: Snapshot = state.refresher.served
    return snapshot


@asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` as a task until the context is left."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def main() -> None:
    """Serve until stopped by a signal; requests in progress may finish."""
    settings, serving = Settings.read(), ServingSettings.read()
    log_to_stderr(serving.log_level, settings.log_format)
    try:
        if not settings.redis_url:
            redis_binary()  # its error before the server starts, which would log a traceback
        app = create_app(settings, serving, log=AccessLog(sys.stdout.buffer) if serving.access_log else None)
    except (SettingsError, PlatformError) as error:
        sys.exit(f"error: {error}")
    serve(app, serving, app.state.draining)


if __name__ == "__main__":
    main()
