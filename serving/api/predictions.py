"""The stored forecasts of matches."""

from typing import Annotated, Literal

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from serving.api.metrics import Metrics
from serving.api.problems import ProblemError
from serving.api.responses import ApiRequest, EncodedResponse, reads
from serving.contracts import Page, Prediction
from serving.snapshot.snapshot import Snapshot
from serving.snapshot.view import Paging, Selection
from soccer_assets.predictions.schema import LINES

Line = Annotated[Literal[LINES] | None, QueryParameter(description="only matches forecast on this line")]  # type: ignore[valid-type]


class PredictionController(Controller):
    """`/predictions` by GET."""

    path = "/predictions"
    tags = ("predictions",)

    @reads("/", Page[Prediction], 422)
    def predictions(
        self,
        request: ApiRequest,
        snapshot: NamedDependency[Snapshot],
        metrics: NamedDependency[Metrics],
        selection: NamedDependency[Selection],
        paging: NamedDependency[Paging],
        line: Line = None,
    ) -> EncodedResponse:
        """Forecasts by match date, then id, their lines and value bets side by side."""
        page = snapshot.forecasts.page(snapshot.forecasts.on_line(selection, line), paging)
        metrics.served.inc(len(page.items))
        return snapshot.etag.encode(request, page)

    @reads("/{match_id:str}", Prediction, 404)
    def prediction(self, request: ApiRequest, match_id: FromPath[str]) -> EncodedResponse:
        """The forecast of one match; a moved match keeps its id."""
        state = request.app.state  # dependencies would cost as much as the rest of this route
        snapshot: Snapshot = state.refresher.snapshot
        body = snapshot.forecasts.encoded(match_id)
        if body is None:
            raise ProblemError("unknown-match", f"expected the id of a match with a forecast, found {match_id!r}")
        state.metrics.served.inc()
        return snapshot.etag.respond(request, body)
