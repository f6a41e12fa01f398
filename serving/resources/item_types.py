"""The rows of a resource as types, from which the description of the API is made."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
import polars as pl
from litestar.openapi.spec import OpenAPIFormat, OpenAPIType, Schema
from msgspec import Meta

from serving.contracts import Row
from serving.resources.resource import Resource
from soccer_assets.storage.tables import Column

MOST_TEXT = 100
#: A text that is looked for: no control characters.
TEXT = r"^[^\x00-\x1f\x7f-\x9f]*$"
#: Beyond it whole numbers are not exact in JSON.
MOST_NUMBER = 2**53 - 1


@cache
def item_type(resource: Resource) -> type[msgspec.Struct]:
    """A struct whose fields are the columns of the resource, with their descriptions and bounds."""
    name = _name(resource)
    fields = [
        (column.name, _annotated(column, Any if column.name in resource.nested else _type(column.dtype, column, path)))
        for column, path in ((column, f"{name}{_camel(column.name)}") for column in resource.columns)
    ]
    return msgspec.defstruct(f"{name}Row", fields, bases=(Row,), module=__name__, frozen=True)


@cache
def page_type(resource: Resource) -> type[msgspec.Struct]:
    """A struct of a part of the list; `next` is the cursor of the part after it."""
    item = item_type(resource)
    fields: list[Any] = [("items", list[item]), ("total", int), ("limit", int), ("next", str | None)]  # type: ignore[valid-type]
    return msgspec.defstruct(f"{_name(resource)}Page", fields, module=__name__, frozen=True)


def _name(resource: Resource) -> str:
    parts = [part for part in resource.path.split("/") if part[:1] not in ("", "{")]
    return "".join(_camel(part) for part in parts)


def _camel(name: str) -> str:
    return name.title().replace("_", "").replace("-", "")


def _annotated(column: Column, kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind | None if column.nullable else kind  # a component of the description cannot be described again
    bounds: dict[str, Any] = {}
    if kind in (int, float):
        bounds = {"ge": column.ge, "le": column.le}
    described = Annotated[kind, Meta(description=column.description, **bounds)]
    return described | None if column.nullable else described


def _type(dtype: Any, column: Column | None, name: str) -> Any:
    if column is not None and (among := allowed(column)):
        return Literal[tuple(among)]
    if isinstance(dtype, pl.List):
        return list[_type(dtype.inner, None, name)]  # type: ignore[misc]
    if isinstance(dtype, pl.Struct):
        fields = [(field.name, _type(field.dtype, None, name) | None) for field in dtype.fields]
        return msgspec.defstruct(name, fields, module=__name__, frozen=True)
    return _PLAIN.get(dtype.base_type(), int if dtype.is_integer() else float)


_PLAIN: dict[Any, Any] = {
    pl.String: str, pl.Enum: str, pl.Boolean: bool, pl.Date: dt.date, pl.Datetime: dt.datetime,
}  # fmt: skip


def allowed(column: Column) -> list[str]:
    """The only values that a column may have; empty where it may have any."""
    if column.among is not None:
        return list(column.among)
    return column.dtype.categories.to_list() if isinstance(column.dtype, pl.Enum) else []


def schema_of(column: Column, least_text: int = 1) -> Schema:
    """The schema of a query parameter that is a value of the column; a text has a least length."""
    dtype: Any = column.dtype
    if among := allowed(column):
        return Schema(type=OpenAPIType.STRING, enum=among)
    if dtype == pl.Boolean:
        return Schema(type=OpenAPIType.BOOLEAN)
    if dtype == pl.Date:
        return Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE)
    if dtype.is_temporal():
        return Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME)
    if dtype.is_numeric():
        least, most = bounds(column)
        kind = OpenAPIType.INTEGER if dtype.is_integer() else OpenAPIType.NUMBER
        return Schema(type=kind, minimum=least, maximum=most)
    return Schema(type=OpenAPIType.STRING, min_length=least_text, max_length=MOST_TEXT, pattern=TEXT)


def bounds(column: Column) -> tuple[float, float]:
    """The least and the greatest number that is asked of a column, both inclusive."""
    least, most = (
        (-MOST_NUMBER, MOST_NUMBER) if column.dtype.is_integer() else (-float(MOST_NUMBER), float(MOST_NUMBER))
    )
    return least if column.ge is None else column.ge, most if column.le is None else column.le


def columns_schema(names: Sequence[str], *, once: bool) -> Schema:
    """The schema of a query parameter that lists columns; `once`: each one at most once."""
    item = Schema(type=OpenAPIType.STRING, enum=list(names))
    return Schema(type=OpenAPIType.ARRAY, items=item, min_items=1, unique_items=True if once else None)
