"""A reader of JavaScript literals: what pages embed in scripts is nearly JSON, but not quite.

Keys may be bare, strings in single quotes, lists may have holes and trailing commas, and comments lie between. A value
that happens to be JSON is read by the standard reader, which is fifty times as fast.
"""

import json
import re
from typing import Any

DEEPEST = 200
LONGEST_NUMBER = 400  # characters of a whole number that is read exactly

_SPACE = re.compile(r"(?:[\s\ufeff]+|//[^\n\r]*|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r"[^\W\d][\w$]*|[$][\w$]*")
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|Infinity)")
_PLAIN = {quote: re.compile(rf"[^{quote}\\\n\r]*") for quote in "'\""}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r": "", "\r\n": "",
          "\u2028": "", "\u2029": ""}  # fmt: skip
_WORDS = {"true": True, "false": False, "null": None, "undefined": None, "NaN": float("nan")}
_NEGATED = {"!0": True, "!1": False}  # how minified scripts write true and false
_JSON = json.JSONDecoder()


class LiteralError(ValueError):
    """The text is not a literal; the message says where and what was expected."""


def read_literal(text: str, start: int = 0) -> tuple[Any, int]:
    """The value that begins at `start` (after space and comments), and the position behind it.

    Raises:
        LiteralError: what begins there is no literal.
    """
    return _value(text, _space(text, start), 0)


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    first = text[at : at + 1]
    if first in ("{", "["):
        if depth > DEEPEST:
            raise _unexpected(text, at, f"at most {DEEPEST} levels")
        try:
            return _JSON.raw_decode(text, at)
        except (ValueError, RecursionError):
            return (_object if first == "{" else _list)(text, at + 1, depth + 1)
    if first in _PLAIN:
        return _string(text, at)
    if text[at : at + 2] in _NEGATED:
        return _NEGATED[text[at : at + 2]], at + 2
    number = _NUMBER.match(text, at)
    if number:
        return _number(number[0]), number.end()
    word = _WORD.match(text, at)
    if word and word[0] in _WORDS:
        return _WORDS[word[0]], word.end()
    raise _unexpected(text, at, "a value")


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    value: dict[str, Any] = {}
    while True:
        at = _space(text, at)
        if text[at : at + 1] == "}":
            return value, at + 1
        key, at = _key(text, at)
        at = _space(text, at)
        if text[at : at + 1] != ":":
            raise _unexpected(text, at, "a colon")
        value[key], at = _value(text, _space(text, at + 1), depth)
        at = _separator(text, at, "}")


def _key(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] in _PLAIN:
        return _string(text, at)
    bare = _WORD.match(text, at) or _NUMBER.match(text, at)
    if not bare:
        raise _unexpected(text, at, "a key")
    return bare[0], bare.end()


def _list(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    elements: list[Any] = []
    while True:
        at = _space(text, at)
        if text[at : at + 1] == "]":
            return elements, at + 1
        if text[at : at + 1] == ",":  # a hole
            elements.append(None)
            at += 1
            continue
        value, at = _value(text, at, depth)
        elements.append(value)
        at = _separator(text, at, "]")


def _separator(text: str, at: int, end: str) -> int:
    """Behind the comma, or at the end of the object or list."""
    at = _space(text, at)
    if text[at : at + 1] == ",":
        return at + 1
    if text[at : at + 1] != end:
        raise _unexpected(text, at, f"a comma or {end}")
    return at


def _string(text: str, at: int) -> tuple[str, int]:
    quote, parts = text[at], []
    at += 1
    while True:
        plain = _PLAIN[quote].match(text, at)
        assert plain  # it matches the empty text as well
        parts.append(plain[0])
        at = plain.end()
        if text[at : at + 1] == quote:
            whole = "".join(parts)
            # two escapes make one character beyond the sixteen-bit ones; half of a pair is no character
            return whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), at + 1
        escape = _ESCAPE.match(text, at)
        if not escape or int(escape[1] or "0", 16) > 0x10FFFF:
            raise _unexpected(text, at, f"the end of a string ({quote})")
        code = escape[1] or escape[2] or escape[3]
        parts.append(chr(int(code, 16)) if code else _SHORT.get(escape[4], escape[4]))
        at = escape.end()


def _number(text: str) -> int | float:
    if "x" in text.lower():
        return int(text, 16)
    # no figure has so many digits, and Python reads no more than 4300
    return int(text) if text.lstrip("+-").isdecimal() and len(text) < LONGEST_NUMBER else float(text)


def _space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space  # it matches the empty text as well
    return space.end()


def _unexpected(text: str, at: int, expected: str) -> LiteralError:
    return LiteralError(f"expected {expected} at character {at}, found {text[at : at + 40] or 'the end of the text'!r}")
