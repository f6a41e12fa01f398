"""The registry of clubs: one id and all names of a club."""

from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from serving.api.responses import ApiRequest, EncodedResponse, reads
from serving.contracts import Page, Team
from serving.snapshot.snapshot import Snapshot
from serving.snapshot.view import Paging


class TeamController(Controller):
    """`/teams`."""

    path = "/teams"
    tags = ("matches",)

    @reads("/", Page[Team], 422)
    def teams(
        self,
        request: ApiRequest,
        snapshot: NamedDependency[Snapshot],
        known_league: NamedDependency[str | None],
        paging: NamedDependency[Paging],
        name: Annotated[str | None, QueryParameter(min_length=2, description="part of one of its names")] = None,
    ) -> EncodedResponse:
        """Clubs by id, with every name a source gives them and when it first and last did."""
        rows = snapshot.teams.search(known_league, name)
        return snapshot.etag.encode(request, snapshot.teams.page(rows, paging))
