"""What the query parameters of a request may be, where no resource declares them."""

import datetime as dt
from collections import Counter

from serving.api.problems import ProblemError
from serving.api.responses import ApiRequest
from serving.contracts import FieldError
from serving.snapshot.view import Selection
from soccer_assets.leagues import LEAGUES

MOST_TEXT = 100


async def check_parameters(request: ApiRequest) -> None:
    """Before a request: refuse a parameter given twice, and one the route does not have.

    Of a repeated parameter one value would be dropped, and a misspelled filter filters nothing.

    Raises:
        ProblemError: a parameter that is repeated, or not in the description of the API.
    """
    if not request.scope["query_string"] or request.route_handler.opt.get("declared"):
        return  # a resource reads its query itself
    times = Counter(name for name, _ in request.query_params.items())
    if repeated := [name for name, count in times.items() if count > 1]:
        errors = [FieldError("query", name, f"expected once, found {times[name]} times") for name in repeated]
        raise ProblemError("repeated-parameter", f"expected each parameter once, found again {repeated}", errors=errors)
    item = (request.app.openapi_schema.paths or {}).get(request.scope["path_template"])
    operation = getattr(item, request.method.lower(), None)
    if operation is None:
        return  # a page: it is not in the description
    accepted = [parameter.name for parameter in operation.parameters or () if parameter.param_in == "query"]
    if unknown := [name for name in times if name not in accepted]:
        raise ProblemError(
            "unknown-parameter", f"expected parameters out of {accepted}, found {unknown}", accepted=accepted
        )


def select_matches(league: str | None, first: dt.date | None, last: dt.date | None) -> Selection:
    """Matches by league and date, both dates inclusive; None leaves that side open.

    Raises:
        ProblemError: a league that is not known, or dates that leave nothing between them.
    """
    if league is not None and league not in LEAGUES:
        detail = f"league: expected a division code, found {league[:MOST_TEXT]!r}"
        raise ProblemError("unknown-league", detail, accepted=sorted(LEAGUES))
    if first is not None and last is not None and first > last:
        raise ProblemError("empty-range", f"date_from: expected a date up to date_to, {last}, found {first}")
    return Selection(league, first, last)
