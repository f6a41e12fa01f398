"""Forecasts of several jobs at a time: whatever waits when the model is free is forecast in one go."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from serving.jobs.contracts import Failure, ForecastRequest, OnDemandForecast

logger = logging.getLogger(__name__)
Answer = OnDemandForecast | Failure
Waiting = tuple[Sequence[ForecastRequest], asyncio.Future[list[Answer]]]


class ForecastBatcher:
    """Passes the requests of all jobs that wait to one call of `forecast`, which runs in a thread.

    Where a call fails, each of its jobs is tried alone, so that only the one at fault fails.
    """

    def __init__(self, forecast: Callable[[Sequence[ForecastRequest]], list[Answer]]) -> None:
        self._forecast = forecast
        self._waiting: list[Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def forecast(self, requests: Sequence[ForecastRequest]) -> list[Answer]:
        """A forecast, or why there is none, of each request.

        Raises:
            Exception: whatever the forecast of these requests raised.
        """
        future: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        self._waiting.append((requests, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="forecasts")
        return await future

    async def _work(self) -> None:
        while self._waiting:
            tick, self._waiting = self._waiting, []
            if not await self._forecast_together(tick):
                for waiting in tick:
                    await self._forecast_together([waiting], last=True)

    async def _forecast_together(self, tick: list[Waiting], last: bool = False) -> bool:
        requests = [request for part, _ in tick for request in part]
        try:
            answers = iter(await asyncio.to_thread(self._forecast, requests))
        except Exception as error:  # a model may raise anything; its job says so
            if last or len(tick) == 1:
                for _, future in tick:
                    if not future.done():
                        future.set_exception(error)
                return True
            return False
        for part, future in tick:
            own = [next(answers) for _ in part]
            if not future.done():  # the job was cancelled meanwhile
                future.set_result(own)
        return True
