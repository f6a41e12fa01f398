"""The leagues the platform knows and what it has of each."""

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from serving.api.problems import documented
from serving.api.responses import UNCHANGED, Answer
from serving.contracts import LeagueInfo
from serving.snapshot.refresher import Feed


@get("/leagues", tags=["leagues"], sync_to_thread=False, responses=documented(list[LeagueInfo]) | UNCHANGED)
def leagues(request: Request[Any, Any, Any], feed: NamedDependency[Feed]) -> Answer:
    """Every league with its matches, dates and forecasts; `code` is what other routes take."""
    snapshot = feed.snapshot
    return snapshot.tag.encode(request, snapshot.matches.leagues(snapshot.forecasts.per_league))
