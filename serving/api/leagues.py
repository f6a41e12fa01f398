"""The leagues of the platform and what the lake has of each."""

from litestar import Controller
from litestar.di import NamedDependency

from serving.api.responses import ApiRequest, EncodedResponse, reads
from serving.contracts import LeagueInfo
from serving.snapshot.snapshot import Snapshot


class LeagueController(Controller):
    """`/leagues`."""

    path = "/leagues"
    tags = ("leagues",)

    @reads("/", list[LeagueInfo])
    def leagues(self, request: ApiRequest, snapshot: NamedDependency[Snapshot]) -> EncodedResponse:
        """Every league with its matches, dates and forecasts; `code` is what other routes take."""
        return snapshot.etag.encode(request, snapshot.matches.leagues(snapshot.forecasts.per_league))
