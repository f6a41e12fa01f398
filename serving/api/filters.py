"""The query parameters that lists share: which rows, and which part of them.

Both are dependencies of the routes, so their query parameters, bounds and descriptions are declared once. Bounds are
given by `QueryParameter`: those of `msgspec.Meta` are not applied to query parameters.
"""

import datetime as dt
from collections import Counter
from typing import Annotated

from litestar.params import QueryParameter

from serving.api.problems import ProblemError
from serving.api.responses import ApiRequest
from serving.contracts import FieldError
from serving.snapshot.view import Paging, Selection
from soccer_assets.leagues import LEAGUES
from soccer_assets.monitoring.schema import ALL_LEAGUES

LeagueCode = Annotated[str | None, QueryParameter(description="division code, such as E0; default all")]
FirstDate = Annotated[dt.date | None, QueryParameter(description="first match date, inclusive")]
LastDate = Annotated[dt.date | None, QueryParameter(description="last match date, inclusive")]
Limit = Annotated[int, QueryParameter(ge=1, le=500, description="rows to return at most")]
Offset = Annotated[int, QueryParameter(ge=0, le=2**53, description="rows to skip")]


async def check_parameters(request: ApiRequest) -> None:
    """Before a request: refuse a parameter given twice, and one the route does not have.

    Of a repeated parameter one value would be dropped, and a misspelled filter filters nothing.

    Raises:
        ProblemError: a parameter that is repeated, or not in the description of the API.
    """
    if not request.scope["query_string"]:
        return
    times = Counter(name for name, _ in request.query_params.items())
    if repeated := [name for name, count in times.items() if count > 1]:
        errors = [FieldError("query", name, f"expected once, found {times[name]} times") for name in repeated]
        raise ProblemError("repeated-parameter", f"expected each parameter once, found again {repeated}", errors=errors)
    item = (request.app.openapi_schema.paths or {}).get(request.scope["path_template"])
    operation = getattr(item, request.method.lower(), None)
    if operation is None:
        return  # a page: it is not in the description
    known = [parameter.name for parameter in operation.parameters or () if parameter.param_in == "query"]
    if unknown := [name for name in times if name not in known]:
        raise ProblemError("unknown-parameter", f"expected parameters out of {known}, found {unknown}", known=known)


def selection(league: LeagueCode = None, date_from: FirstDate = None, date_to: LastDate = None) -> Selection:
    """Rows by league and date.

    Raises:
        ProblemError: a league that is not known, or dates that leave nothing between them.
    """
    return _selection(league, sorted(LEAGUES), date_from, date_to)


def report_selection(league: LeagueCode = None, date_from: FirstDate = None, date_to: LastDate = None) -> Selection:
    """Rows of a report, which has the league ALL besides.

    Raises:
        ProblemError: a league that is not known, or dates that leave nothing between them.
    """
    return _selection(league, [*sorted(LEAGUES), ALL_LEAGUES], date_from, date_to)


def known_league(league: LeagueCode = None) -> str | None:
    """A division code; None for all.

    Raises:
        ProblemError: a league that is not known.
    """
    return _selection(league, sorted(LEAGUES), None, None).league


def _selection(league: str | None, known: list[str], first: dt.date | None, last: dt.date | None) -> Selection:
    if league is not None and league not in known:
        raise ProblemError("unknown-league", f"league: expected a division code, found {league!r}", known=known)
    if first is not None and last is not None and first > last:
        raise ProblemError("empty-range", f"date_from: expected a date up to date_to, {last}, found {first}")
    return Selection(league, first, last)


def paging(limit: Limit = 50, offset: Offset = 0) -> Paging:
    """A part of a list."""
    return Paging(limit, offset)
