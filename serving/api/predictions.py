"""The stored forecasts of matches."""

from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from serving.api.filters import Paging, Selection
from serving.api.metrics import Metrics
from serving.api.problems import ProblemError, documented
from serving.api.responses import UNCHANGED, Answer
from serving.contracts import Page, Prediction
from serving.snapshot.refresher import Feed

Line = Literal["model", "market", "blend", "challenger"]


@get("/", tags=["predictions"], sync_to_thread=False, responses=documented(Page[Prediction], 422) | UNCHANGED)
def predictions(
    request: Request[Any, Any, Any],
    feed: NamedDependency[Feed],
    metrics: NamedDependency[Metrics],
    selection: NamedDependency[Selection],
    paging: NamedDependency[Paging],
    line: Annotated[Line | None, QueryParameter(description="only matches forecast on this line")] = None,
) -> Answer:
    """Forecasts by match date, then id, their lines and value bets side by side."""
    snapshot = feed.snapshot
    page = snapshot.forecasts.page(selection, line, paging)
    metrics.served.inc(len(page.items))
    return snapshot.tag.encode(request, page)


@get(
    "/{match_id:str}",
    tags=["predictions"],
    sync_to_thread=False,
    responses=documented(Prediction, 404) | UNCHANGED,
)
def prediction(request: Request[Any, Any, Any], match_id: FromPath[str]) -> Answer:
    """The forecast of one match; a moved match keeps its id."""
    state = request.app.state
    snapshot = state.feed.snapshot
    body = snapshot.forecasts.encoded(match_id)
    if body is None:
        raise ProblemError("unknown-match", f"expected the id of a match with a forecast, found {match_id!r}")
    state.metrics.served.inc()
    answer: Answer = snapshot.tag.answer(request, body)
    return answer
