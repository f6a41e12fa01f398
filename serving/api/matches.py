"""Matches, coming and played."""

from typing import Annotated, Literal

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from serving.api.responses import ApiRequest, EncodedResponse, reads
from serving.contracts import Match, Page
from serving.snapshot.snapshot import Snapshot
from serving.snapshot.view import Paging, Selection
from soccer_assets.matches.schema import STATUSES

Status = Annotated[Literal[STATUSES] | None, QueryParameter(description="where the match stands; default all")]  # type: ignore[valid-type]


class MatchController(Controller):
    """`/matches`."""

    path = "/matches"
    tags = ("matches",)

    @reads("/", Page[Match], 422)
    def matches(
        self,
        request: ApiRequest,
        snapshot: NamedDependency[Snapshot],
        selection: NamedDependency[Selection],
        paging: NamedDependency[Paging],
        status: Status = None,
    ) -> EncodedResponse:
        """Matches by date, then id; a moved match is postponed on the date it left."""
        rows = snapshot.matches.select(selection, status=status)
        return snapshot.etag.encode(request, snapshot.matches.page(rows, paging))
