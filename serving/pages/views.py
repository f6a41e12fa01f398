"""The pages: coming and recent matches, one match, and quality with drift."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import polars as pl
from litestar import MediaType, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.plugins.problem_details import ProblemDetailsException
from litestar.response import Template
from litestar.static_files import create_static_files_router

from serving.api import filters
from serving.api.problems import ProblemError, problem_of
from serving.api.responses import ApiRequest
from serving.contracts import Match, Prediction, Probabilities, ValueBet
from serving.settings import ServingSettings
from serving.snapshot.snapshot import Snapshot
from serving.snapshot.view import Paging
from soccer_assets.clock import Clock
from soccer_assets.leagues import LEAGUES

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"content-security-policy": POLICY}

MOST_SCORES = 15

#: A form sends an empty field as an empty text, which no date can be read from.
Field = Annotated[str, QueryParameter(description="empty for all")]


@dataclass(frozen=True)
class Bar:
    """A line's three probabilities, drawn side by side."""

    line: str
    chances: Probabilities

    @property
    def spans(self) -> list[tuple[str, float, float]]:
        """Outcome, where its part of the bar begins, and how long it is, in percent."""
        home, draw, away = (100 * chance for chance in (self.chances.home, self.chances.draw, self.chances.away))
        return [("home", 0.0, home), ("draw", home, draw), ("away", home + draw, away)]


@dataclass(frozen=True)
class Card:
    """A forecast with what became of the match."""

    forecast: Prediction
    match: Match | None

    @property
    def bars(self) -> list[Bar]:
        """The lines there are."""
        lines = (("model", self.forecast.model), ("market", self.forecast.market), ("blend", self.forecast.blend))
        return [Bar(line, chances) for line, chances in lines if chances is not None]

    @property
    def league(self) -> str:
        """Country and name of the league."""
        league = LEAGUES[self.forecast.league]
        return f"{league.country}, {league.name}"


@dataclass(frozen=True)
class Board:
    """A part of a list of matches, `first` and `last` counted from 1 to `total`; addresses of the parts beside it."""

    cards: list[Card]
    first: int
    last: int
    total: int
    previous: str | None
    following: str | None


@get("/", media_type=MediaType.HTML, sync_to_thread=False)
def overview(
    request: ApiRequest,
    snapshot: NamedDependency[Snapshot],
    serving: NamedDependency[ServingSettings],
    clock: NamedDependency[Clock],
    league: Field = "",
    date_from: Field = "",
    date_to: Field = "",
    coming_offset: Field = "",
    recent_offset: Field = "",
) -> Template:
    """Coming and recent matches with a forecast."""
    now, forecasts = clock.now(), snapshot.forecasts
    selection = filters.select_matches(league or None, _date("date_from", date_from), _date("date_to", date_to))

    def board(name: str, rows: pl.DataFrame, offset: str) -> Board:
        def address(offset: int) -> str:
            query = dict(request.query_params.items()) | {f"{name}_offset": offset}
            return f"/?{urlencode(query)}#{name}"

        return _board(snapshot, rows, Paging(serving.page_matches, _offset(f"{name}_offset", offset)), address)

    return _page(
        "overview.html",
        boards=[
            ("coming", board("coming", forecasts.coming(selection, now), coming_offset)),
            ("recent", board("recent", forecasts.recent(selection, now), recent_offset)),
        ],
        now=now,
        leagues=[LEAGUES[code] for code in LEAGUES if code in forecasts.per_league],
        selection=selection,
        forecasts=len(forecasts),
    )


def _board(snapshot: Snapshot, rows: pl.DataFrame, paging: Paging, address: Callable[[int], str]) -> Board:
    page = snapshot.forecasts.page(rows, paging)
    first, last = paging.offset, paging.offset + len(page.items)
    return Board(
        _cards(snapshot, page.items),
        first + 1,
        last,
        page.total,
        address(max(0, min(first, page.total) - paging.limit)) if first else None,
        address(last) if last < page.total else None,
    )


@get("/matches/{match_id:str}/page", media_type=MediaType.HTML, sync_to_thread=False)
def one_match(snapshot: NamedDependency[Snapshot], clock: NamedDependency[Clock], match_id: FromPath[str]) -> Template:
    """One match."""
    forecast = snapshot.forecasts.find(match_id)
    if forecast is None:
        raise ProblemError("unknown-match", f"expected the id of a match with a forecast, found {match_id!r}")
    (card,) = _cards(snapshot, [forecast])
    return _page("match.html", card=card, now=clock.now())


@get("/quality/page", media_type=MediaType.HTML, sync_to_thread=False)
def quality(snapshot: NamedDependency[Snapshot]) -> Template:
    """The newest quality of each league and line, the champion, and the newest drift."""
    rows = snapshot.quality.items(snapshot.quality.select(sample="complete"))
    drift = snapshot.drift
    scores = sorted(
        ((name, score) for name, score in (drift.scores if drift else {}).items() if score is not None),
        key=lambda item: -item[1],
    )
    return _page("quality.html", rows=rows, champion=snapshot.champion, drift=drift, scores=scores[:MOST_SCORES])


def _cards(snapshot: Snapshot, forecasts: list[Prediction]) -> list[Card]:
    matches = snapshot.matches.by_ids([forecast.match_id for forecast in forecasts])
    return [Card(forecast, matches.get(forecast.match_id)) for forecast in forecasts]


def _date(name: str, text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise ProblemError("invalid-request", f"{name}: expected a date such as 2026-08-15, found {text!r}") from None


def _offset(name: str, text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ProblemError("invalid-request", f"{name}: expected a number of matches to skip, found {text!r}")
    return int(text or 0)


def _page(template: str, status: int = 200, **context: Any) -> Template:
    return Template(template, context=context, status_code=status, headers=HEADERS)


def _problem(request: ApiRequest, error: Exception) -> Response[Any]:
    """A problem as a page."""
    problem = problem_of(request, error)
    page = _page("problem.html", problem.status_code, problem=problem.document(request.scope))
    page.headers.update(problem.headers or {})
    return page


routes = (
    Router(
        "/",
        route_handlers=[overview, one_match, quality],
        exception_handlers={ProblemDetailsException: _problem, Exception: _problem},
        include_in_schema=False,
    ),
    create_static_files_router("/static", [FOLDER / "static"], name="static"),
)


def percent(share: float) -> str:
    """`0.4562` -> `46 %`."""
    return f"{100 * share:.0f} %"


def terms(bet: ValueBet) -> str:
    """What is bet on besides the selection: `asian handicap +0.25`, of the club that is bet on; `over under 2.5`."""
    market = bet.market.replace("_", " ")
    if bet.handicap is not None:
        return f"{market} {bet.handicap:+g}" if bet.handicap else f"{market} 0"
    return market if bet.goals_line is None else f"{market} {bet.goals_line:g}"
