"""JSON as sources publish it: nearly always what the standard says, now and then with a byte order mark or `NaN`."""

import json
from typing import TypeVar

import msgspec

from soccer_assets.errors import ShapeError
from soccer_assets.sources.fetching.response_checks import describe, refuse_bot_wall, refuse_html

Shape = TypeVar("Shape")


def decode(address: str, body: bytes, shape: type[Shape], expected: str) -> Shape:
    """The value of an answer.

    What the standard does not allow is read where it has one meaning: a byte order mark, UTF-16, and `NaN`, `Infinity`
    and `-Infinity`, which become texts.

    Args:
        address: where it was published.
        body: the answer.
        shape: type of the value.
        expected: what the answer is to be, in the message.

    Raises:
        BlockedError: the page of a bot wall.
        ShapeError: no JSON, or another shape.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        first = error
    try:
        return msgspec.json.decode(msgspec.json.encode(json.loads(body, parse_constant=str)), type=shape)
    except Exception:  # whatever it is: the message of the strict reader counts
        refuse_bot_wall(address, body)
        refuse_html(address, body, "JSON")
        raise ShapeError(address, f"expected {expected}, found {body[:60]!r} ({describe(first)})") from None
