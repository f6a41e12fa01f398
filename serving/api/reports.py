"""The champion, the quality of the lines, and drift."""

from typing import Annotated, Literal

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from serving.api.problems import ProblemError
from serving.api.responses import ApiRequest, EncodedResponse, reads
from serving.contracts import Drift, ModelInfo, Page, Quality
from serving.snapshot.snapshot import Snapshot
from serving.snapshot.view import Paging, Selection
from soccer_assets.monitoring.schema import SETTLED_LINES

Line = Annotated[Literal[SETTLED_LINES] | None, QueryParameter(description="who forecasts; default all")]  # type: ignore[valid-type]
Sample = Annotated[
    Literal["complete", "all"] | None, QueryParameter(description="complete: matches all four lines have")
]


class ReportController(Controller):
    """`/model`, `/quality` and `/drift`."""

    tags = ("reports",)

    @reads("/model", ModelInfo, 404)
    def model(self, request: ApiRequest, snapshot: NamedDependency[Snapshot]) -> EncodedResponse:
        """The champion, how it was chosen and since when it is in use."""
        if snapshot.champion is None:
            detail = "no model of the lake is promoted to champion: train and promote one first"
            raise ProblemError("no-champion", detail)
        return snapshot.etag.encode(request, snapshot.champion)

    @reads("/quality", Page[Quality], 422)
    def quality(
        self,
        request: ApiRequest,
        snapshot: NamedDependency[Snapshot],
        report_selection: NamedDependency[Selection],
        paging: NamedDependency[Paging],
        line: Line = None,
        sample: Sample = None,
    ) -> EncodedResponse:
        """Twelve months' quality by league, line and sample; without dates the newest report of each league."""
        rows = snapshot.quality.select(report_selection, line=line, sample=sample)
        return snapshot.etag.encode(request, snapshot.quality.page(rows, paging))

    @reads("/drift", Drift, 404)
    def drift(self, request: ApiRequest, snapshot: NamedDependency[Snapshot]) -> EncodedResponse:
        """The newest drift report."""
        if snapshot.drift is None:
            detail = "no drift has been measured yet: materialize the asset drift_report"
            raise ProblemError("no-drift-report", detail)
        return snapshot.etag.encode(request, snapshot.drift)
