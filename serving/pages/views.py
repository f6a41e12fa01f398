"""The pages: coming and recent matches, one match, and quality with drift."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl
from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.plugins.problem_details import ProblemDetailsException
from litestar.response import Template
from litestar.static_files import create_static_files_router

from serving.api import filters
from serving.api.problems import ProblemError, problem_of
from serving.api.responses import ApiRequest, EncodedResponse
from serving.contracts import Match, Prediction, Probabilities, ValueBet
from serving.resources.routes import answer_once
from serving.snapshot.snapshot import Snapshot
from serving.snapshot.view import Paging
from soccer_assets.leagues import LEAGUES
from soccer_assets.monitoring.schema import ALL_LEAGUES

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"cache-control": "no-cache", "vary": "accept-encoding", "content-security-policy": POLICY}
#: The tables that the pages show.
TABLES = ("drift_report", "matches", "predictions", "promotions", "quality_report", "selected_model", "value_bets")

MOST_SCORES = 15


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


@dataclass(frozen=True)
class Page:
    """A page before it is rendered: its template and what that shows."""

    template: str
    context: dict[str, Any]


#: What makes a page of a request; its time is that of the request.
Build = Callable[[ApiRequest, Snapshot, dt.datetime], Page]


def overview(request: ApiRequest, snapshot: Snapshot, now: dt.datetime) -> Page:
    """Coming and recent matches with a forecast."""
    query, forecasts = dict(request.query_params.items()), snapshot.forecasts
    dates = (_date(name, query.get(name, "")) for name in ("date_from", "date_to"))
    selection = filters.select_matches(query.get("league") or None, *dates)

    def board(name: str, rows: pl.DataFrame) -> Board:
        def address(offset: int) -> str:
            return f"/?{urlencode(query | {f'{name}_offset': offset})}#{name}"

        offset = _offset(f"{name}_offset", query.get(f"{name}_offset", ""))
        return _board(snapshot, rows, Paging(request.app.state.serving.page_matches, offset), address)

    return Page(
        "overview.html",
        {
            "boards": [
                ("coming", board("coming", forecasts.coming(selection, now))),
                ("recent", board("recent", forecasts.recent(selection, now))),
            ],
            "now": now,
            "leagues": [LEAGUES[code] for code in LEAGUES if code in forecasts.per_league],
            "selection": selection,
            "forecasts": len(forecasts),
        },
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


def one_match(request: ApiRequest, snapshot: Snapshot, now: dt.datetime) -> Page:
    """One match."""
    match_id = request.path_params["match_id"]
    forecast = snapshot.forecasts.find(match_id)
    if forecast is None:
        raise ProblemError("unknown-match", f"expected the id of a match with a forecast, found {match_id!r}")
    (card,) = _cards(snapshot, [forecast])
    return Page("match.html", {"card": card, "now": now})


def quality(request: ApiRequest, snapshot: Snapshot, now: dt.datetime) -> Page:
    """The newest quality of each league and line, the champion, and the newest drift."""
    rows = snapshot.quality.items(snapshot.quality.select(sample="complete", market="1x2"))
    complete = snapshot.quality.select(sample="complete", league=ALL_LEAGUES)
    markets = snapshot.quality.items(complete.filter(pl.col("market") != "1x2").sort("market", "log_loss"))
    drift = snapshot.drift
    scores = sorted(
        ((name, score) for name, score in (drift.scores if drift else {}).items() if score is not None),
        key=lambda item: -item[1],
    )
    context = {
        "rows": rows,
        "markets": markets,
        "champion": snapshot.champion,
        "drift": drift,
        "scores": scores[:MOST_SCORES],
    }
    return Page("quality.html", context)


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


def page_route(path: str, build: Build) -> HTTPRouteHandler:
    """The route of a page; a page is rendered once for each state of the tables and minute."""

    async def show(request: ApiRequest) -> EncodedResponse:
        state, now = request.app.state, request.app.state.clock.now()
        snapshot: Snapshot = state.refresher.snapshot

        def render() -> bytes:
            page = build(request, snapshot, now)
            engine: Any = request.app.template_engine
            return str(engine.get_template(page.template).render(page.context)).encode()

        minute, seconds = divmod(now.timestamp(), 60)
        tag = f"{snapshot.digest(TABLES)}-{minute:.0f}"
        return await answer_once(request, snapshot, tag, render, HEADERS, time.monotonic() + 60 - seconds)

    return get(path, name=f"page-{build.__name__}", include_in_schema=False)(show)


def _problem(request: ApiRequest, error: Exception) -> Response[Any]:
    """A problem as a page."""
    problem = problem_of(request, error)
    context = {"problem": problem.document(request.scope)}
    headers = {"content-security-policy": POLICY, **(problem.headers or {})}
    return Template("problem.html", context=context, status_code=problem.status_code, headers=headers)


routes = (
    Router(
        "/",
        route_handlers=[
            page_route("/", overview),
            page_route("/matches/{match_id:str}/page", one_match),
            page_route("/quality/page", quality),
        ],
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
