"""What a site does to its clients besides answering: errors, silence, slowness, and bodies that are not the right one.

The changed bodies come whole and with status 200: a source's reader must notice them by itself.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ERROR_PAGE: Final = b"<!DOCTYPE html>\n<html><title>Maintenance</title><body>Back soon.</body></html>\n"
#: What a protected site sends to a client it takes for a robot.
BLOCK_PAGE: Final = (
    b'<html style="height:100%">\n<head>\n<META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW">\n'
    b'<script type="text/javascript" src="/_Incapsula_Resource?SWJIYLWA=0000"></script>\n</head>\n'
    b'<body style="margin:0px;height:100%">\n<iframe src="/_Incapsula_Resource?SWUDNSAI=28&incident_id=100-200" '
    b'frameborder=0 width="100%" height="100%">Request unsuccessful. Incapsula incident ID: 100-200</iframe>\n'
    b"</body>\n</html>\n"
)
KEPT_SHARE: Final = 0.4  # of a packet's records: fewer than half


@dataclass(frozen=True)
class Status:
    """Answers with `code` and no useful body."""

    code: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stall:
    """Accepts the request and is silent for `seconds`, then closes the connection without an answer."""

    seconds: float


@dataclass(frozen=True)
class Slow:
    """The right answer, its body in `SLOW_PIECES` pieces spread over `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Truncated:
    """Declares the length of the whole body, sends half of it and closes the connection."""


@dataclass(frozen=True)
class Changed:
    """A complete answer, status 200, whose body is what `change` makes of the right one.

    `ETag` and `Last-Modified` belong to the changed body, and a conditional request is answered in full.
    """

    change: Callable[[bytes], bytes]
    content_type: str = ""  # empty: that of the path


Fault = Status | Stall | Slow | Truncated | Changed


def half_body(body: bytes) -> bytes:
    """The body up to the middle of the line at its half."""
    start = body.rfind(b"\n", 0, len(body) // 2) + 1
    end = body.find(b"\n", start)
    return body[: (start + (len(body) if end < 0 else end)) // 2]


def half_rows(body: bytes) -> bytes:
    """The header and the first half of the rows, whole."""
    header, *rows = body.splitlines(keepends=True)
    return b"".join((header, *rows[: len(rows) // 2]))


def half_packet(body: bytes) -> bytes:
    """The JSON document with the first `KEPT_SHARE` of each list of records, which stay whole."""
    return _with_lists(body, KEPT_SHARE)


def emptied(body: bytes) -> bytes:
    """The same document without a record: JSON keeps its keys and empties its lists, CSV keeps its header."""
    return _with_lists(body, 0.0) if body[:1] in b"[{" else b"".join(body.splitlines(keepends=True)[:1])


def _with_lists(body: bytes, share: float) -> bytes:
    def shorter(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shorter(inner) for key, inner in value.items()}
        if isinstance(value, list) and all(isinstance(entry, dict | list) for entry in value):
            return value[: int(len(value) * share)]
        return value

    return json.dumps(shorter(json.loads(body)), ensure_ascii=False, separators=(",", ":")).encode()


def renamed(field: str, to: str) -> Changed:
    """Every whole word `field` reads `to`."""
    return Changed(lambda body: re.sub(rb"\b%s\b" % re.escape(field.encode()), to.encode(), body))


def too_large(size: int) -> Changed:
    """The right body, then blanks up to `size` bytes."""
    return Changed(lambda body: body.ljust(size))


HTML: Final = Changed(lambda _: ERROR_PAGE, "text/html")
BLOCKED: Final = Changed(lambda _: BLOCK_PAGE, "text/html")
HALF_BODY: Final = Changed(half_body)
HALF_ROWS: Final = Changed(half_rows)
HALF_PACKET: Final = Changed(half_packet)
EMPTY: Final = Changed(emptied)
