"""The registry of clubs: one id, ten names."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from serving.api.filters import Paging
from serving.api.problems import documented
from serving.api.responses import UNCHANGED, Answer
from serving.contracts import Page, Team
from serving.snapshot.refresher import Feed


@get("/teams", tags=["matches"], sync_to_thread=False, responses=documented(Page[Team], 422) | UNCHANGED)
def teams(
    request: Request[Any, Any, Any],
    feed: NamedDependency[Feed],
    known_league: NamedDependency[str | None],
    paging: NamedDependency[Paging],
    name: Annotated[str | None, QueryParameter(min_length=2, description="part of one of its names")] = None,
) -> Answer:
    """Clubs by id, with every name a source gives them and when it first and last did."""
    snapshot = feed.snapshot
    return snapshot.tag.encode(request, snapshot.teams.page(known_league, name, paging))
