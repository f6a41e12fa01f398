"""JSON as sources publish it: nearly always what the standard says, now and then with a byte order mark or `NaN`."""

import json
import math
import re
from typing import TypeVar

import msgspec

from soccer_assets.errors import ShapeError
from soccer_assets.sources.fetching.response_checks import describe, quoted, refuse_bot_wall, refuse_html
from soccer_assets.sources.records import UnreadError

Shape = TypeVar("Shape")
#: Digits of a whole number that every reader takes.
MOST_DIGITS = 18
#: Stands for half of a pair of letters, which cannot be stored; no column allows it, so that what holds it is refused.
NO_CHARACTER = "\uffff"
_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


def decode(address: str, body: bytes, shape: type[Shape], expected: str) -> Shape:
    """The value of an answer.

    What the standard does not allow is read where it has one meaning: a byte order mark, UTF-16, and `NaN`, `Infinity`
    and `-Infinity`, which become texts. So do numbers beyond those that can be held.

    Raises:
        BlockedError: the page of a bot wall.
        ShapeError: no JSON, or another shape; the message says what was `expected`.
    """
    try:
        return _decoded(body, shape)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        refuse_bot_wall(address, body)
        refuse_html(address, body, "JSON")
        raise ShapeError(address, f"expected {expected}, found {body[:60]!r} ({describe(error)})") from None


def decode_element(element: bytes | msgspec.Raw, shape: type[Shape], expected: str) -> Shape:
    """The value of one element of an answer, read as `decode` reads the whole; UnreadError where it cannot be."""
    try:
        return _decoded(element, shape)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UnreadError(f"expected {expected}, found another form ({error})") from None


def _decoded(text: bytes | msgspec.Raw, shape: type[Shape]) -> Shape:
    """The value by the standard, else leniently; where neither reads it, the error of the standard's reader."""
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        try:
            return _leniently(bytes(text), shape)
        except Exception:  # whatever it is: the message of the strict reader counts
            raise error from None


def as_text(value: object, longest: int) -> str:
    """The start of a value as JSON, for the quarantine."""
    try:
        return json.dumps(value, ensure_ascii=False)[:longest]
    except (TypeError, ValueError, RecursionError):
        return quoted(value)


def _leniently(body: bytes, shape: type[Shape]) -> Shape:
    value = json.loads(body, parse_constant=str, parse_float=_float, parse_int=_int)
    text = json.dumps(value, ensure_ascii=False)
    return msgspec.json.decode(_HALF_OF_A_PAIR.sub(NO_CHARACTER, text).encode(), type=shape)


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _int(text: str) -> int | str:
    return int(text) if len(text) <= MOST_DIGITS else text
