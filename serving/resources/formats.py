"""The forms in which rows are sent, and the choice among them by the Accept header."""

import gzip
import io
from collections.abc import Callable
from typing import Any

import msgspec
import polars as pl

from serving.api.problems import ProblemError
from serving.resources.resource import Resource
from serving.resources.selection import Rows
from soccer_assets.storage.csv_files import to_csv

JSON, CSV, NDJSON = "application/json", "text/csv", "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
#: Shorter bodies gain nothing by compression.
LEAST_COMPRESSED = 1_000


def negotiate(accept: str) -> str:
    """The form that the client wants most; JSON where several are as good.

    Raises:
        ProblemError: it wants none that there is.
    """
    if not accept:
        return JSON
    wanted: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (text.strip().lower() for text in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        try:
            wanted[name] = float(quality)
        except ValueError:
            wanted[name] = 0.0
    chosen = max(ENCODERS, key=lambda form: _quality(form, wanted))
    if _quality(chosen, wanted) <= 0:
        forms = list(ENCODERS)
        raise ProblemError(
            "not-acceptable", f"expected to send one of {forms}, found Accept: {accept[:100]}", accepted=forms
        )
    return chosen


def _quality(form: str, wanted: dict[str, float]) -> float:
    ranges = (form, f"{form.partition('/')[0]}/*", "*/*")
    return next((wanted[name] for name in ranges if name in wanted), 0.0)


def encode_rows(form: str, resource: Resource, rows: Rows, limit: int) -> bytes:
    """A part of a list."""
    if form == JSON:
        page = {"items": _dicts(resource, rows.frame), "total": rows.total, "limit": limit, "next": rows.cursor}
        return msgspec.json.encode(page)
    return ENCODERS[form](resource, rows.frame)


def encode_item(form: str, resource: Resource, row: pl.DataFrame) -> bytes:
    """One row."""
    return msgspec.json.encode(_dicts(resource, row)[0]) if form == JSON else ENCODERS[form](resource, row)


def compress(body: bytes) -> bytes:
    """The bytes by gzip, always the same for the same bytes."""
    return gzip.compress(body, 6, mtime=0)


def _dicts(resource: Resource, frame: pl.DataFrame) -> list[dict[str, Any]]:
    rows = frame.to_dicts()
    for name in resource.nested.intersection(frame.columns):
        for row in rows:
            row[name] = None if row[name] is None else msgspec.Raw(row[name].encode())
    return rows


def _parquet(resource: Resource, frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


ENCODERS: dict[str, Callable[[Resource, pl.DataFrame], bytes]] = {
    JSON: lambda resource, frame: msgspec.json.encode(_dicts(resource, frame)),
    CSV: lambda resource, frame: to_csv(frame),
    NDJSON: lambda resource, frame: msgspec.json.Encoder().encode_lines(_dicts(resource, frame)),
    PARQUET: _parquet,
}
