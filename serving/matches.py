"""Matches, coming and played."""

from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from serving.answers import UNCHANGED, Answer
from serving.feed import Feed
from serving.filters import Paging, Selection
from serving.problems import documented
from soccer_assets.contracts import Match, Page

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
