"""The API: `create_app()` makes it, `python -m serving.app` runs it."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.stores.redis import RedisStore
from litestar.template import TemplateConfig

from serving.api import docs_page as api_page
from serving.api import filters, forecasts, health, leagues, matches, metrics, predictions, problems, reports, teams
from serving.api.metrics import Counted, Metrics
from serving.jobs import JobQueue, connect
from serving.pages import views
from serving.redis_server import embedded_redis
from serving.settings import ServingSettings
from serving.snapshot.refresher import Feed
from soccer_assets.clock import Clock
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake


def create_app(settings: Settings | None = None, serving: ServingSettings | None = None) -> Litestar:
    """The application; settings default to the environment's."""
    settings, serving = settings or Settings.read(), serving or ServingSettings.read()
    feed = Feed(Lake(settings.lake), serving.refresh_seconds, serving.horizon_days)
    counts, clock = Metrics(feed), Clock.of(settings)

    @asynccontextmanager
    async def connected(app: Litestar) -> AsyncIterator[None]:
        """Redis and the lake, opened and closed with the application."""
        async with AsyncExitStack() as stack:
            url = stack.enter_context(embedded_redis(settings))
            redis = connect(url, serving)
            stack.push_async_callback(redis.aclose, close_connection_pool=True)
            app.state.queue = JobQueue(redis, serving, clock)
            app.stores.register(forecasts.RATES, RedisStore(redis, "soccer:rate"), allow_override=True)
            await stack.enter_async_context(app.state.queue.listening())
            await stack.enter_async_context(feed.following())
            yield

    def state_of(name: str) -> Provide:
        def provide(state: State) -> Any:
            return state[name]

        return Provide(provide, sync_to_thread=False)

    app = Litestar(
        route_handlers=[
            health.router,
            leagues.leagues,
            matches.matches,
            teams.teams,
            Router(
                "/predictions",
                route_handlers=[
                    predictions.predictions,
                    predictions.prediction,
                    forecasts.forecast,
                    forecasts.submit,
                ],
                middleware=forecasts.limits(serving),
            ),
            forecasts.job,
            reports.model,
            reports.quality,
            reports.drift,
            metrics.prometheus,
            problems.problem_kind,
            api_page.docs,
            api_page.swagger_files(),
            *views.routes,
        ],
        dependencies={
            **{name: state_of(name) for name in ("clock", "feed", "metrics", "serving", "queue")},
            "selection": Provide(filters.selection, sync_to_thread=False),
            "known_league": Provide(filters.known_league, sync_to_thread=False),
            "report_selection": Provide(filters.report_selection, sync_to_thread=False),
            "paging": Provide(filters.paging, sync_to_thread=False),
        },
        before_request=filters.check_parameters,
        exception_handlers=problems.HANDLERS,
        lifespan=[connected],
        logging_config=None,
        openapi_config=api_page.SCHEMA,
        request_max_body_size=serving.body_bytes,
        state=State({"clock": clock, "feed": feed, "metrics": counts, "serving": serving}),
        template_config=TemplateConfig(directory=views.TEMPLATES, engine=JinjaTemplateEngine),
    )
    app.template_engine.engine.filters.update(percent=views.percent, terms=views.terms)  # type: ignore[union-attr]
    app.asgi_handler = Counted(app.asgi_handler, counts)
    return app


def main() -> None:
    """Serve until told to stop; requests in progress may finish."""
    import uvicorn

    serving = ServingSettings.read()
    logging.basicConfig(level=serving.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    uvicorn.run(
        create_app,
        factory=True,
        host=serving.host,
        port=serving.port,
        access_log=False,
        log_config=None,
        log_level=serving.log_level,
        timeout_graceful_shutdown=serving.shutdown_seconds,
    )


if __name__ == "__main__":
    main()
