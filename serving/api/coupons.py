"""Coupons: accumulators and pools, priced by a worker while the client waits."""

from typing import Any

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from serving.api.forecasts import ACCEPTED, STATUSES, answer_of
from serving.api.metrics import Metrics
from serving.api.problems import problem_responses
from serving.api.responses import ApiRequest
from serving.jobs.queue import JobQueue
from soccer_assets.predictions.coupons.schema import Coupon, CouponReport


class CouponController(Controller):
    """`/coupons`."""

    tags = ("coupons",)
    opt = {"scope": "predict"}  # noqa: RUF012

    @post("/coupons", status_code=200, responses=problem_responses(CouponReport, 404, *STATUSES) | ACCEPTED)
    async def price(
        self,
        request: ApiRequest,
        data: JSONBody[Coupon],
        queue: NamedDependency[JobQueue],
        metrics: NamedDependency[Metrics],
    ) -> Response[Any]:
        """Price and settle an accumulator or a pool by the stored forecasts of its matches; no bet is advice.

        The chance of the whole ticket comes first. When it takes too long, 202 and the job to ask for later.
        """
        return await answer_of(data, request, queue, metrics)
