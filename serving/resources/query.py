"""The query of a request for a resource: read from its address, every error named."""

import base64
import binascii
import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import polars as pl

from serving.api.problems import ProblemError
from serving.contracts import FieldError
from serving.resources.item_types import MOST_TEXT, TEXT, allowed, bounds
from serving.resources.resource import DATE, Filter, Resource
from soccer_assets.storage.tables import Column

DEFAULT_LIMIT, MOST_LIMIT = 50, 500
#: A part of a name that is looked for has at least this many characters.
LEAST_PART = 2
#: The parameters of every list, and those of an item.
OF_LISTS = ("limit", "cursor", "sort", "fields", "as_of")
OF_ITEMS = ("fields", "as_of")
#: Lists of columns: separated by commas or, as some clients send lists, one in each of several parameters.
LISTED = ("fields", "sort")


@dataclass(frozen=True)
class Query:
    """What a client asks of a resource.

    Args:
        conditions: filters with the values to keep.
        limit: rows of an answer.
        sort: columns with whether they fall, the resource's order last.
        after: values of these columns in the row before the first one wanted; None: from the beginning.
        fields: columns to send.
        as_of: instant at which the tables are read; None: now.
    """

    conditions: tuple[tuple[Filter, Any], ...]
    limit: int
    sort: tuple[tuple[str, bool], ...]
    after: tuple[Any, ...] | None
    fields: tuple[str, ...]
    as_of: dt.datetime | None


def read_query(
    resource: Resource, path: Mapping[str, str], text: bytes, now: dt.datetime, *, of_item: bool = False
) -> Query:
    """The query of a request.

    Args:
        resource: what is asked for.
        path: values of the path's parameters.
        text: the query string as it came.
        now: the instant of the request; nothing is known later than that.
        of_item: whether one row is asked for.

    Raises:
        ProblemError: a parameter that is unknown, repeated or not readable.
    """
    names = [*OF_ITEMS] if of_item else [*resource.parameters, *OF_LISTS]
    if not resource.sort and "sort" in names:
        names.remove("sort")
    values = _parameters(text, names)
    conditions = [(Filter(name, name), _in_path(resource, name, value)) for name, value in path.items()]
    for name, judge in resource.parameters.items():
        if name in values:
            conditions.append((judge, _value(resource, judge, values[name])))
    dates = {judge.test: value for judge, value in conditions if judge.column == DATE}
    if "from" in dates and "to" in dates and dates["from"] > dates["to"]:
        detail = f"date_from: expected a date up to date_to, {dates['to']}, found {dates['from']}"
        raise ProblemError("empty-range", detail)
    sort = _sort(resource, values.get("sort"))
    return Query(
        tuple(conditions),
        _limit(values.get("limit")),
        sort,
        _cursor(resource, sort, values.get("cursor")),
        _fields(resource, values.get("fields")),
        _instant(values.get("as_of"), now),
    )


def cursor_of(sort: tuple[tuple[str, bool], ...], row: Mapping[str, Any]) -> str:
    """The cursor of the rows after one."""
    order = ",".join(f"-{name}" if falling else name for name, falling in sort)
    return base64.urlsafe_b64encode(msgspec.json.encode([order, *(row[name] for name, _ in sort)])).decode()


def _parameters(text: bytes, names: list[str]) -> dict[str, str]:
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise ProblemError("invalid-request", "expected a query of UTF-8 text, found other bytes") from None
    times = Counter(name for name, _ in pairs)
    if repeated := [name for name, count in times.items() if count > 1 and name not in LISTED]:
        errors = [
            FieldError("query", name[:MOST_TEXT], f"expected once, found {times[name]} times") for name in repeated
        ]
        raise ProblemError(
            "repeated-parameter", f"expected each parameter once, found again {_cut(repeated)}", errors=errors
        )
    if unknown := [name for name in times if name not in names]:
        raise ProblemError(
            "unknown-parameter", f"expected parameters out of {names}, found {_cut(unknown)}", accepted=names
        )
    values: dict[str, str] = {}
    for name, value in pairs:
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _cut(names: list[str]) -> list[str]:
    return [name[:MOST_TEXT] for name in names[:5]]


def _invalid(name: str, expected: str, value: object) -> ProblemError:
    detail = f"expected {expected}, found {str(value)[:MOST_TEXT]!r}"
    return ProblemError("invalid-request", f"{name}: {detail}", errors=[FieldError("query", name, detail)])


def _bounded(name: str, text: str, least: int = 1) -> str:
    if not least <= len(text) <= MOST_TEXT or not re.fullmatch(TEXT, text):
        raise _invalid(name, f"a text of {least} to {MOST_TEXT} characters without control characters", text)
    return text


def _in_path(resource: Resource, name: str, text: str) -> Any:
    """The value of a path's parameter; one that no row can have is the key of no row."""
    if name not in resource.column:
        return text[: MOST_TEXT + 1]
    try:
        return typed(name, resource.column[name].dtype, text)
    except ProblemError:
        detail = f"{name}: expected the key of a row of {resource.path}, found {text[:MOST_TEXT]!r}"
        raise ProblemError(resource.unknown, detail) from None


def _value(resource: Resource, judge: Filter, text: str) -> Any:
    column = resource.column.get(judge.column, Column(judge.column, pl.String, ""))
    among = list(judge.among) or allowed(column)
    if judge.test == "contains":
        return _bounded(judge.name, text, LEAST_PART)
    if among and text not in among:
        if judge.name == "league":
            detail = f"league: expected a division code, found {text[:MOST_TEXT]!r}"
            raise ProblemError("unknown-league", detail, accepted=sorted(among))
        raise _invalid(judge.name, f"one of {', '.join(among)}", text)
    value = typed(judge.name, column.dtype, text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        least, most = bounds(column)
        if not least <= value <= most:
            raise _invalid(judge.name, f"a number from {least} to {most}", text)
    return value


def typed(name: str, dtype: Any, text: str) -> Any:
    """The value of a column's type that a text spells.

    Raises:
        ProblemError: it spells none.
    """
    if dtype == pl.Boolean:
        if text not in ("true", "false"):
            raise _invalid(name, "true or false", text)
        return text == "true"
    if dtype.is_numeric():
        try:
            number = int(text) if dtype.is_integer() else float(text)
        except ValueError:
            number = math.nan
        if not abs(number) < 2**53:
            raise _invalid(name, "a whole number" if dtype.is_integer() else "a number", text)
        return number
    if dtype == pl.Date:
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise _invalid(name, "a date such as 2026-08-15", text) from None
    if dtype.is_temporal():
        return _instant_of(name, text)
    return _bounded(name, text)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST_LIMIT):
        raise _invalid("limit", f"a number of rows from 1 to {MOST_LIMIT}", text)
    return int(text)


def _sort(resource: Resource, text: str | None) -> tuple[tuple[str, bool], ...]:
    names = [] if text is None else text.split(",")
    if any(name.removeprefix("-") not in resource.sort for name in names) or len(set(names)) < len(names):
        expected = f"columns out of {', '.join(resource.sort)}, each once"
        raise _invalid("sort", f"{expected}; a minus before a column sorts it from its highest value", text)
    chosen: dict[str, bool] = {}
    for name in (*names, *resource.order):  # sorted by a column, rows are not sorted by it again
        chosen.setdefault(name.removeprefix("-"), name.startswith("-"))
    return tuple(chosen.items())


def _cursor(resource: Resource, sort: tuple[tuple[str, bool], ...], text: str | None) -> tuple[Any, ...] | None:
    if text is None:
        return None
    order = ",".join(f"-{name}" if falling else name for name, falling in sort)
    try:
        names, *values = msgspec.json.decode(base64.urlsafe_b64decode(text.encode("ascii")), type=list[Any])
        if names != order or len(values) != len(sort):
            detail = f"cursor: expected one of a list that is sorted by {order}, found {str(names)[:MOST_TEXT]!r}"
            raise ProblemError("unknown-cursor", detail)
        return tuple(
            None if value is None else _again(resource.column[name], value)
            for (name, _), value in zip(sort, values, strict=True)
        )
    except (ValueError, TypeError, binascii.Error, msgspec.MsgspecError):
        detail = f"cursor: expected the `next` of an earlier answer, found {text[:MOST_TEXT]!r}"
        raise ProblemError("unknown-cursor", detail) from None


def _again(column: Column, value: Any) -> Any:
    if isinstance(value, str) and (column.dtype == pl.Date or column.dtype.is_temporal()):
        return typed("cursor", column.dtype, value)
    python = str if column.dtype in (pl.String, pl.Enum) else bool if column.dtype == pl.Boolean else (int, float)
    if not isinstance(value, python):
        raise TypeError
    return value


def _fields(resource: Resource, text: str | None) -> tuple[str, ...]:
    names = list(resource.column) if text is None else text.split(",")
    if unknown := [name for name in names if name not in resource.column]:
        raise _invalid("fields", f"columns out of {', '.join(resource.column)}", ",".join(unknown))
    return tuple(dict.fromkeys(names))


def _instant(text: str | None, now: dt.datetime) -> dt.datetime | None:
    if text is None:
        return None
    instant = _instant_of("as_of", text)
    if instant > now:
        detail = f"as_of: expected an instant up to now, {now:%Y-%m-%dT%H:%M:%SZ}, found {text!r}"
        raise ProblemError("later-than-now", detail)
    return instant


def _instant_of(name: str, text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise _invalid(name, "a date, or an instant such as 2026-08-15T12:00:00Z", text) from None
