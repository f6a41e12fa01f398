"""A page: what it may ask, the rows it reads, and its route.

A page reads the resources of the API, so it shows what the API says, and each of its tables is an address of data.
"""

import datetime as dt
import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler

from serving.api.problems import ProblemError
from serving.api.responses import ApiRequest, EncodedResponse
from serving.pages.addresses import INSIDE
from serving.resources.catalog import RESOURCES
from serving.resources.catalog import TABLES as READ
from serving.resources.query import read_query
from serving.resources.resource import Resource
from serving.resources.routes import HTML, answer_once
from serving.resources.selection import select_item, select_rows
from serving.security.headers import PAGE_POLICY
from serving.settings import ServingSettings
from serving.snapshot.snapshot import Snapshot
from soccer_assets.leagues import LEAGUES, League

HEADERS = {"cache-control": "no-cache", "vary": "accept, accept-encoding", "content-security-policy": PAGE_POLICY}
LONGEST = 100
_BY_PATH: dict[str, Resource] = {resource.path: resource for resource in RESOURCES}


@dataclass(frozen=True)
class Table:
    """Rows of a resource, how many there are in all, and the address that gives them as data.

    `data("csv")` is that address with another ending than `json`.
    """

    rows: list[dict[str, Any]]
    total: int
    path: str
    query: str

    def data(self, form: str = "json") -> str:
        """The address of these rows in a form."""
        return f"{self.path}.{form}" + (f"?{self.query}" if self.query else "")

    def one(self) -> dict[str, Any] | None:
        """The first row, or None."""
        return self.rows[0] if self.rows else None


@dataclass(frozen=True)
class Asked:
    """What is asked of a page: the values of its path and its query, the moment, and the tables at that moment."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    now: dt.datetime
    snapshot: Snapshot
    serving: ServingSettings

    @property
    def leagues(self) -> list[League]:
        """The leagues that have forecasts."""
        return [league for code, league in LEAGUES.items() if code in self.snapshot.forecasts.per_league]

    def table(self, resource: str, *, limit: int | None = None, **parameters: object) -> Table:
        """Rows of the list at the path of a resource, such as `/matches/{match_id:str}/odds`.

        Args:
            resource: the path as the resource declares it.
            limit: rows at most; None: all.
            parameters: values of the path's parameters and of the list's filters; None leaves a filter out.
        """
        declared, path, within, text = self._address(resource, parameters)
        query = read_query(declared, within, text.encode(), self.now)
        rows = select_rows(declared, self.snapshot, replace(query, limit=limit or 1_000_000))
        return Table(_dicts(declared, rows.frame), rows.total, path, text)

    def item(self, resource: str, **parameters: object) -> dict[str, Any] | None:
        """The one row of a resource that has but one, or of an item's path; None where there is none."""
        declared, _, within, text = self._address(resource, parameters)
        query = read_query(declared, within, text.encode(), self.now, of_item=True)
        try:
            return _dicts(declared, select_item(declared, self.snapshot, query))[0]
        except ProblemError as problem:
            if problem.status_code == 404:
                return None
            raise

    def _address(self, resource: str, parameters: Mapping[str, object]) -> tuple[Resource, str, dict[str, str], str]:
        spelt = {name: _spelt(value) for name, value in parameters.items() if value is not None}
        declared = _BY_PATH.get(resource) or _BY_PATH[resource.rpartition("/")[0]]
        within = {name: spelt.pop(name) for name in re.findall(r"\{(\w+):str\}", resource)}
        path = re.sub(r"\{(\w+):str\}", lambda part: quote(within[part[1]], safe=""), resource)
        return declared, path, within, urlencode(spelt)

    def date(self, name: str) -> dt.date | None:
        """A date that the query of this page gives; None where it gives none."""
        text = self.query.get(name)
        try:
            return dt.date.fromisoformat(text) if text else None
        except ValueError:
            detail = f"{name}: expected a date such as 2026-08-15, found {text!r}"
            raise ProblemError("invalid-request", detail) from None

    def address(self, path: str, **changes: object) -> str:
        """A path with the query of this page, some of it changed; None leaves a parameter out."""
        query = {name: _spelt(value) for name, value in {**self.query, **changes}.items() if value is not None}
        return path + (f"?{urlencode(query)}" if query else "")


@dataclass(frozen=True)
class Page:
    """A page before it is rendered: its template and what that shows."""

    template: str
    context: dict[str, Any]


#: What makes a page of what is asked; its time is that of the request.
Build = Callable[[Asked], Page]
#: What a page shows besides that changes all the time.
Live = Callable[[ApiRequest], Awaitable[Mapping[str, Any]]]


def page_route(
    path: str,
    build: Build,
    *parameters: str,
    scope: str = "read",
    form: str = HTML,
    headers: Mapping[str, str] = HEADERS,
    live: Live | None = None,
) -> HTTPRouteHandler:
    """The route of a page; a page is rendered once for each state of the tables and minute.

    Args:
        path: its address.
        build: makes it.
        parameters: the query parameters it has.
        scope: what a client with a key needs.
        form: media type; only HTML shares its address with data.
        headers: of the answer.
        live: gives what it shows besides that is in no table; it is asked for at each request.
    """

    async def show(request: ApiRequest) -> EncodedResponse:
        state, now = request.app.state, request.app.state.clock.now()
        snapshot: Snapshot = state.refresher.served
        query = _query(request.scope["query_string"], parameters)
        lived = await live(request) if live else {}

        def render() -> bytes:
            asked = Asked(request.path_params, query, now, snapshot, state.serving)
            page = build(asked)
            engine: Any = request.app.template_engine
            context = {"asked": asked, "here": path, "synthetic": state.synthetic, **lived, **page.context}
            return str(engine.get_template(page.template).render(context)).encode()

        minute, seconds = divmod(now.timestamp(), 60)
        tag = f"{snapshot.digest(READ)}-{minute:.0f}" + (
            f"-{sha256(repr(lived).encode()).hexdigest()[:16]}" if live else ""
        )
        until = -math.inf if live else time.monotonic() + 60 - seconds
        return await answer_once(request, snapshot, tag, render, headers, until, form)

    opt = {"scope": scope, "declared": True}
    inside = INSIDE if form == HTML else ""
    return get(inside + path, name=f"page-{build.__name__}", include_in_schema=False, opt=opt)(show)


def _query(text: bytes, names: Sequence[str]) -> dict[str, str]:
    """The query of a page; a parameter without a value is none, as a form sends all of its fields."""
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise ProblemError("invalid-request", "expected a query of UTF-8 text, found other bytes") from None
    query: dict[str, str] = {}
    for name, value in pairs:
        if name not in names:
            detail = f"expected parameters out of {sorted(names)}, found {name[:LONGEST]!r}"
            raise ProblemError("unknown-parameter", detail, accepted=sorted(names))
        if name in query:
            raise ProblemError("repeated-parameter", f"expected {name} once, found it again")
        if len(value) > LONGEST:
            raise ProblemError("invalid-request", f"{name}: expected at most {LONGEST} characters, found {len(value)}")
        query[name] = value
    return {name: value for name, value in query.items() if value}


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _dicts(resource: Resource, frame: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.to_dicts()
    for name in resource.nested.intersection(frame.columns):
        for row in rows:
            row[name] = None if row[name] is None else msgspec.json.decode(row[name])
    return rows
