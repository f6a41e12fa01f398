"""Matches, coming and played."""

from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from serving.api.filters import Paging, Selection
from serving.api.problems import documented
from serving.api.responses import UNCHANGED, Answer
from serving.contracts import Match, Page
from serving.snapshot.refresher import Feed

MatchStatus = Literal["scheduled", "postponed", "in_play", "finished", "abandoned", "awarded", "void"]


@get("/matches", tags=["matches"], sync_to_thread=False, responses=documented(Page[Match], 422) | UNCHANGED)
def matches(
    request: Request[Any, Any, Any],
    feed: NamedDependency[Feed],
    selection: NamedDependency[Selection],
    paging: NamedDependency[Paging],
    status: Annotated[MatchStatus | None, QueryParameter(description="where the match stands; default all")] = None,
) -> Answer:
    """Matches by date, then id; a moved match is postponed on the date it left."""
    snapshot = feed.snapshot
    return snapshot.tag.encode(request, snapshot.matches.page(selection, status, paging))
