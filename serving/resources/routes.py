"""The routes of a resource: its list and its items.

A request is answered from the cache when the same was asked of the same state of the tables. Otherwise the answer is
made in a thread, so that no request waits for another one's rows.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import polars as pl
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIHeader, OpenAPIType, Operation, Parameter, Schema
from litestar.types import HTTPScope

from serving.api.problems import ProblemError, problem_responses
from serving.api.responses import ApiRequest, EncodedResponse
from serving.resources.answers import Answer, encoded_answer, wanted_by
from serving.resources.formats import JSON, encode_item, encode_rows, negotiate
from serving.resources.item_types import columns_schema, item_type, page_type, schema_of
from serving.resources.query import DEFAULT_LIMIT, LEAST_PART, MOST_LIMIT, Query, read_query
from serving.resources.resource import Filter, Resource
from serving.resources.selection import select_item, select_rows
from serving.snapshot.refresher import Refresher
from serving.snapshot.snapshot import Snapshot
from soccer_assets.errors import HistoryExpiredError
from soccer_assets.storage.tables import Column

#: Answers that are made at the same time; more would only wait for each other.
AT_ONCE = 2
HTML = "text/html; charset=utf-8"
#: Differs between releases, so that no client keeps an answer in the form of another one.
REPRESENTATION = sha256(
    version("soccer-assets").encode()
    + b"".join(path.read_bytes() for path in sorted(Path(__file__).parents[1].rglob("*.py")))
).hexdigest()[:8]


def _header(description: str, kind: OpenAPIType = OpenAPIType.STRING, *, required: bool = True) -> OpenAPIHeader:
    return OpenAPIHeader(schema=Schema(type=kind), description=description, required=required)


HEADERS = {
    "ETag": _header("names the state of the tables that the answer rests on, and its form"),
    "Cache-Control": _header("no-cache: ask again with If-None-Match; of an earlier state: kept for ever"),
    "Vary": _header("the headers of the request that choose the form"),
}
HEADERS_OF_LISTS = {
    "X-Total-Count": _header("rows of the whole list", OpenAPIType.INTEGER),
    "Link": _header("the address of the rows after these, where there are some", required=False),
}


def routes_of(resource: Resource) -> list[HTTPRouteHandler]:
    """The handlers of a resource."""
    name = resource.path.strip("/").replace("/", "-").replace("{", "").replace("}", "").replace(":str", "")
    item = item_type(resource)
    content = item if resource.single else page_type(resource)
    made = [_route(resource, resource.path, content, name, of_item=resource.single)]
    if resource.key:
        made.append(_route(resource, resource.item_path, item, f"{name}-item", of_item=True))
    return made


def _route(resource: Resource, path: str, content: Any, name: str, *, of_item: bool) -> HTTPRouteHandler:
    parameters = [_described(resource, judge) for judge in resource.parameters.values()] if not of_item else []
    parameters += _common(resource, of_item)

    headers = HEADERS if of_item else HEADERS | HEADERS_OF_LISTS

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            self.parameters = [*(self.parameters or []), *parameters]
            for status in ("200", "304"):
                (self.responses or {})[status].headers = dict(headers if status == "200" else HEADERS)  # type: ignore[union-attr]

    statuses = (404, 406, 410, 422) if of_item or resource.path_columns else (406, 410, 422)
    responses = problem_responses(content, *statuses)
    responses[304] = ResponseSpec(None, False, "the client's copy is the newest", "application/json")

    async def read(request: ApiRequest) -> EncodedResponse:
        return await _answer(resource, request, of_item=of_item)

    return get(
        path,
        name=name,
        operation_id=name,
        operation_class=Described,
        summary=name.replace("-", " "),
        description=resource.row,
        tags=[resource.tag],
        responses=responses,
        opt={"declared": True},
    )(read)


async def answer_once(
    request: ApiRequest,
    snapshot: Snapshot,
    state_of_tables: str,
    render: Callable[[], bytes],
    headers: Mapping[str, str],
    until: float,
    form: str = HTML,
) -> EncodedResponse:
    """A page that is rendered in a thread when it was not yet for this address and state of the tables.

    Until an instant of the monotonic clock it is sent again to whoever asks.
    """
    scope, state = request.scope, request.app.state
    wanted = wanted_by(scope["headers"])
    key = (state_of_tables, scope["path"], scope["query_string"], wanted.gzip)
    answer: Answer | None = state.answers.get(key)
    if answer is None:
        async with state.answering:
            body = await asyncio.to_thread(render)
        answer = encoded_answer(body, form, f"{state_of_tables}-{REPRESENTATION}", wanted.gzip, headers)
        state.answers.put(key, answer)
    state.cached_reads.keep(snapshot, scope, wanted, answer, until)
    return answer.to(wanted.held)


async def _answer(resource: Resource, request: ApiRequest, *, of_item: bool) -> EncodedResponse:
    scope, state = request.scope, request.app.state
    wanted = wanted_by(scope["headers"])
    snapshot: Snapshot = state.refresher.served
    key = (snapshot.digest(resource.table_names), scope["path"], scope["query_string"], wanted.accept, wanted.gzip)
    answer: Answer | None = state.answers.get(key)
    if answer is None:
        form = negotiate(wanted.accept)
        query = read_query(resource, request.path_params, scope["query_string"], state.clock.now(), of_item=of_item)
        async with state.answering:
            answer = await asyncio.to_thread(
                _made, resource, state.refresher, snapshot, query, form, wanted.gzip, scope, of_item
            )
        state.answers.put(key, answer)
    state.cached_reads.keep(snapshot, scope, wanted, answer, math.inf)
    return answer.to(wanted.held)


def _made(
    resource: Resource,
    refresher: Refresher,
    snapshot: Snapshot,
    query: Query,
    form: str,
    gzip: bool,
    scope: HTTPScope,
    of_item: bool,
) -> Answer:
    headers = {"vary": "accept, accept-encoding"}
    if query.as_of is not None:
        try:
            snapshot = refresher.at(query.as_of, resource.table_names)
        except HistoryExpiredError as error:
            raise ProblemError("history-expired", str(error)) from None
        headers["cache-control"] = "public, max-age=31536000, immutable"
    else:
        headers["cache-control"] = "no-cache"
    if of_item:
        body = encode_item(form, resource, select_item(resource, snapshot, query))
    else:
        rows = select_rows(resource, snapshot, query)
        body = encode_rows(form, resource, rows, query.limit)
        headers["x-total-count"] = str(rows.total)
        if rows.cursor is not None:
            pairs = [pair for pair in parse_qsl(scope["query_string"].decode()) if pair[0] != "cursor"]
            address = f"{quote(scope['path'])}?{urlencode([*pairs, ('cursor', rows.cursor)])}"
            headers["link"] = f'<{address}>; rel="next"'
    tag = f"{snapshot.digest(resource.table_names)}-{REPRESENTATION}"
    if form != JSON:
        tag += f"-{form.rpartition('/')[2].rpartition('.')[2]}"
    return encoded_answer(body, form, tag, gzip, headers)


def _described(resource: Resource, judge: Filter) -> Parameter:
    column = resource.column.get(judge.column, Column(judge.column, pl.String(), judge.description))
    if judge.test == "contains" or judge.among:
        column = Column(judge.name, pl.String(), judge.description, among=judge.among or None)
    description = judge.description or f"only rows with this value: {column.description}"
    schema = schema_of(column, LEAST_PART if judge.test == "contains" else 1)
    return Parameter(judge.name, "query", schema, description)


def _common(resource: Resource, of_item: bool) -> list[Parameter]:
    instant = Schema(
        type=OpenAPIType.STRING,
        any_of=[Schema(format=OpenAPIFormat.DATE), Schema(format=OpenAPIFormat.DATE_TIME)],
    )
    of_all = [
        _columns("fields", list(resource.column), "columns to send, separated by commas"),
        Parameter("as_of", "query", instant, "what was stored at this date or instant, not later than now"),
    ]
    if of_item:
        return of_all
    limit = Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=MOST_LIMIT, default=DEFAULT_LIMIT)
    of_lists = [
        Parameter("limit", "query", limit, "rows to send at most"),
        Parameter("cursor", "query", Schema(type=OpenAPIType.STRING), "`next` of an earlier answer: the rows after it"),
    ]
    if resource.sort:
        names = [f"{sign}{name}" for name in resource.sort for sign in ("", "-")]
        of_lists.append(
            _columns("sort", names, "columns to sort by, separated by commas, falling with a minus", once=True)
        )
    return of_lists + of_all


def _columns(name: str, columns: list[str], description: str, *, once: bool = False) -> Parameter:
    return Parameter(name, "query", columns_schema(columns, once=once), description, style="form", explode=False)
