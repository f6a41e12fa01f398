"""What is known of the champion, of the quality of the lines, and of drift."""

from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from serving.api.filters import Paging, Selection
from serving.api.problems import ProblemError, documented
from serving.api.responses import UNCHANGED, Answer
from serving.contracts import Drift, ModelInfo, Page, Quality
from serving.snapshot.refresher import Feed

QualityLine = Literal["model", "market", "blend", "closing", "challenger", "opening", "climatology", "elo"]
Sample = Literal["complete", "all"]


@get("/model", tags=["reports"], sync_to_thread=False, responses=documented(ModelInfo, 404) | UNCHANGED)
def model(request: Request[Any, Any, Any], feed: NamedDependency[Feed]) -> Answer:
    """The champion, how it was chosen and since when it is in use."""
    snapshot = feed.snapshot
    champion = snapshot.reports.champion
    if champion is None:
        raise ProblemError("no-champion", "no model of the lake is promoted to champion: train and promote one first")
    return snapshot.tag.encode(request, champion)


@get("/quality", tags=["reports"], sync_to_thread=False, responses=documented(Page[Quality], 422) | UNCHANGED)
def quality(
    request: Request[Any, Any, Any],
    feed: NamedDependency[Feed],
    report_selection: NamedDependency[Selection],
    paging: NamedDependency[Paging],
    line: Annotated[QualityLine | None, QueryParameter(description="who forecasts; default all")] = None,
    sample: Annotated[Sample | None, QueryParameter(description="complete: matches all four lines have")] = None,
) -> Answer:
    """Twelve months' quality by league, line and sample; without dates the newest report of each league."""
    snapshot = feed.snapshot
    return snapshot.tag.encode(request, snapshot.reports.quality(report_selection, line, sample, paging))


@get("/drift", tags=["reports"], sync_to_thread=False, responses=documented(Drift, 404) | UNCHANGED)
def drift(request: Request[Any, Any, Any], feed: NamedDependency[Feed]) -> Answer:
    """The newest drift report."""
    snapshot = feed.snapshot
    newest = snapshot.reports.drift
    if newest is None:
        raise ProblemError("no-drift-report", "no drift has been measured yet: materialize the asset drift_report")
    return snapshot.tag.encode(request, newest)
