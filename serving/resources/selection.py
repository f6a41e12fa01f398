"""The rows that a query asks for."""

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

from serving.api.problems import ProblemError
from serving.resources.query import Query, cursor_of
from serving.resources.resource import DATE, Filter, Resource
from serving.snapshot.snapshot import Snapshot
from serving.snapshot.teams import fold


@dataclass(frozen=True)
class Rows:
    """A part of a list: `total` counts the whole list, `cursor` gives the part after this one."""

    frame: pl.DataFrame
    total: int
    cursor: str | None = None


def select_rows(resource: Resource, snapshot: Snapshot, query: Query) -> Rows:
    """The part of the list that the query asks for.

    Raises:
        ProblemError: the path names no match or club, or the dates span too much.
    """
    rows = _filtered(resource, snapshot, query)
    columns = [name for name, _ in query.sort]
    falling = [down for _, down in query.sort]
    if not resource.presorted or query.sort != tuple((name, False) for name in resource.order):
        rows = rows.sort(columns, descending=falling, nulls_last=True, maintain_order=True)
    selected = rows.collect()
    following = selected if query.after is None else selected.filter(_after(query))
    part = following.head(query.limit)
    more = len(following) > query.limit
    cursor = cursor_of(query.sort, part.select(columns).row(-1, named=True)) if more else None
    return Rows(_sent(resource, part, query), len(selected), cursor)


def select_item(resource: Resource, snapshot: Snapshot, query: Query) -> pl.DataFrame:
    """The one row that the path names, as a frame.

    Raises:
        ProblemError: there is none.
    """
    if resource.find is None:
        rows = _filtered(resource, snapshot, query)
    else:
        rows = resource.find(snapshot, dict((judge.column, value) for judge, value in query.conditions)[resource.key])
    row = resource.item(rows if resource.presorted else rows.sort(resource.order)).collect()
    if row.is_empty():
        raise no_item(resource, query)
    return _sent(resource, row, query)


def _sent(resource: Resource, rows: pl.DataFrame, query: Query) -> pl.DataFrame:
    return (resource.finish(rows) if resource.finish else rows).select(query.fields)


def no_item(resource: Resource, query: Query) -> ProblemError:
    """There is no row of that key."""
    keys = ", ".join(f"{judge.column} {value!r}" for judge, value in query.conditions)
    detail = f"expected a row of {resource.path}, found none{' with ' if keys else ''}{keys}"
    return ProblemError(resource.unknown, f"{detail}: {resource.absent}" if resource.absent else detail)


def _filtered(resource: Resource, snapshot: Snapshot, query: Query) -> pl.LazyFrame:
    conditions = [*_dates(resource, snapshot, query), *(_keeps(judge, value) for judge, value in query.conditions)]
    rows = resource.rows(snapshot)
    return rows.filter(conditions) if conditions else rows


def _dates(resource: Resource, snapshot: Snapshot, query: Query) -> list[pl.Expr]:
    """Bounds that let storage skip what is not asked for."""
    ids = {judge.column: value for judge, value in query.conditions if judge.column in resource.path_columns}
    if "match_id" in ids:
        dates = snapshot.matches.dates_of(ids["match_id"])
        if not dates:
            detail = f"expected the id of a match, found {ids['match_id']!r}"
            raise ProblemError("unknown-match", detail)
        return [pl.col(DATE).is_in(dates)] if resource.span_days else []
    if "team_id" in ids and snapshot.teams.find(ids["team_id"]) is None:
        raise ProblemError("unknown-team", f"expected the id of a club, found {ids['team_id']!r}")
    if not resource.span_days or "team_id" in ids:
        return []
    bounds = {judge.test: value for judge, value in query.conditions if judge.column == DATE}
    days = dt.timedelta(days=resource.span_days - 1)
    first, last = bounds.get("from"), bounds.get("to")
    if first is None:
        newest = snapshot.matches.newest_result or dt.date.min
        first = newest if last is None else max(last, dt.date.min + days) - days
    last = last or min(first, dt.date.max - days) + days
    if last - first > days:
        detail = f"expected at most {resource.span_days} match dates, found {first} to {last}: ask for them in parts"
        raise ProblemError("range-too-long", detail)
    return [pl.col(DATE).is_between(first, last)]


def _keeps(judge: Filter, value: Any) -> pl.Expr:
    column: Any = pl.col(judge.column)
    kept: pl.Expr = column == value
    match judge.test:
        case "from" | "least":
            kept = column >= value
        case "to":
            kept = column <= value
        case "contains":
            kept = column.str.contains(fold(value), literal=True)
        case "has":
            kept = column.list.contains(value)
    return kept


def _after(query: Query) -> pl.Expr:
    """Whether a row lies after the cursor's, nulls last."""
    assert query.after is not None

    def beyond(rest: pl.Expr, level: tuple[tuple[str, bool], Any]) -> pl.Expr:
        (name, falling), value = level
        column: Any = pl.col(name)
        if value is None:
            return pl.col(name).is_null() & rest
        further: pl.Expr = column < value if falling else column > value
        same: pl.Expr = column == value
        return further.fill_null(True) | (same.fill_null(False) & rest)

    return reduce(beyond, reversed(list(zip(query.sort, query.after, strict=True))), pl.lit(False))
