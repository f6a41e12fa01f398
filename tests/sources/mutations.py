"""Strategies that spoil real-shaped payloads: values dropped, nulled, retyped, doubled, and bytes that are odd."""

import copy
import gzip
import json
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: A few hundred in CI, 20,000 by `just fuzz`.
EXAMPLES = int(os.environ.get("SOCCER_FUZZ_EXAMPLES", "200"))
FUZZED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
ODD_TEXTS = [
    "", " ", "0", "-1", "1.5", "NaN", "inf", "-Infinity", "1e400", "9" * 400, "25.3", "null", "None", "true", "?", "FT", "AET",
    "TBD", "3pm", "20:00 UTC+1", "24:61", "0001-01-01", "9999-12-31", "0001-01-01 00:00:00", "9999-12-31 23:59:59",
    "9999-12-31T23:59:59Z", "2023-02-30", "\0", "a\tb", "\u202eb", "\ufeff", "\u2028", "é" * 300, "Атлетико", "\ud800", "../../x",
    "'", '"', "<html>", "</script>", "\\u0022", "\\", "Winner", "U19", "2 : 1", "HT 1:0, FT 2:1", "canceled",
    "1-0", "1:0", "１", "²", "٣", "1_0", "+1", "1e1", "0x10", "2023-13-01", "2023-00-10", "10000-01-01", "2023-W33-6", "24:00", "25:61",
    "00:00 UTC+99", "12:00 UTC-99:99", "2023-08-26T25:61:99Z", "2023-08-26T14:00:00+02:00", "2023-08-26T14:00:00.1234567Z",
    "Al\u202eba", "Al\u200bba", "Al\ufffdba", "\u2066Alba\u2069", "a\0b", "\x1f\x8b", "x" * 100, "x" * 101, "x" * 20_000, "{}", "[]",
]  # fmt: skip
ODD_NUMBERS = [0, -1, 1, 0.5, 2.5, 25.3, -0.0, 10**6, 10**12, 2**31, 2**63, -(2**63), 2**64, 10**400, 1e308, float("nan"), float("inf"),
               -float("inf"), 1_764_250_200_000, -62_135_596_800, 253_402_300_799]  # fmt: skip
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        False,
        [],
        {},
        [None],
        [[]],
        {"": None},
        [1],
        [1, 2],
        ["1", "2"],
        {"name": "x"},
        [["Alba"]],
        {"name": ["Alba"]},
        *ODD_TEXTS,
        *ODD_NUMBERS,
    ]
) | st.text(max_size=5)
#: What JSON text may hold and Python values may not: put in for these texts where a payload is written.
LITERALS = {
    f"~{place}~": text
    for place, text in enumerate(
        [
            *("1e400", "-1e400", "1E+999", "NaN", "-Infinity", "1" * 5000, "-0", "0.1e-400", "01", "+1", "1.", "tru", "'x'", "undefined"),
            *('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\x41"', '"\n"', '{"a":1,"a":{}}', '{"name":"x","name":null}', "/**/1"),
            *("[" * depth + "]" * depth for depth in (150, 400, 970, 5_000)),
            *('{"a":' * depth + "1" + "}" * depth for depth in (150, 400, 970, 5_000)),
            *("[" * 300, "]", "}", ",", ""),
        ]
    )
}  # fmt: skip
_LITERAL = re.compile(r'"(~\d+~)"')
#: At the end of a key: written without it, so that the key is there twice.
TWICE = "~twice~"
#: In place of a number within a text.
ODD_DIGITS = ["", "0", "00", "13", "24", "25", "31", "60", "61", "99", "0000", "0001", "1899", "9999", "10000", "-1", "-0", "１", "²", "٣", "1e3",
              "1.5", "1" * 5000, " 1 ", "x"]  # fmt: skip
_DIGITS = re.compile(r"\d+")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_PLACE = st.integers(0, 200)


@st.composite
def spoilt(draw: st.DrawFn, payloads: Sequence[Any]) -> Any:
    """One of some JSON values with up to six of its parts otherwise."""
    holder = [copy.deepcopy(draw(st.sampled_from(payloads)))]
    for _ in range(draw(st.integers(0, 6))):
        places = [(node, key) for node in _containers(holder) for key in _keys(node)]
        node, key = places[draw(_PLACE) * 7 % len(places)]
        match draw(st.integers(0, 9)):
            case 0:
                del node[key]
                if not holder:
                    return None
            case 6:
                node[key] = _renumbered(node[key], draw(_PLACE), draw(st.sampled_from(ODD_DIGITS)))
            case 7:
                node[key] = draw(st.sampled_from(list(LITERALS)))
            case 8 if isinstance(node, dict) and isinstance(key, str):
                node[key + TWICE] = copy.deepcopy(draw(ODD))
            case 1:
                node[key] = None
            case 2 | 3:
                node[key] = copy.deepcopy(draw(ODD))  # it may be spoilt again
            case 4:
                node[key] = _retyped(node[key], draw(_PLACE))
            case 5 if isinstance(node, list):
                node.insert(key, copy.deepcopy(node[key]))
            case _:
                other, other_key = places[draw(_PLACE) % len(places)]
                if node is not holder and other is not holder:
                    node[key] = copy.deepcopy(other[other_key])
    return holder[0]


def _containers(value: Any) -> list[Any]:
    found, waiting = [], [value]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, dict | list):
            found.append(node)
            waiting += node.values() if isinstance(node, dict) else node
    return found


def _keys(node: Any) -> list[Any]:
    return list(node) if isinstance(node, dict) else list(range(len(node)))


def _retyped(value: Any, way: int) -> Any:
    """The same in another type, as careless publishers and hasty scripts have it."""
    match value:
        case str():
            forms: list[Any] = [
                [value],
                {"name": value},
                f" {value}\t",
                f"\u202e{value}\u202c",
                value + "\0",
                value[:40] * 300,
            ]
            forms += [int(value)] if value.isdecimal() and len(value) < 100 else [value.translate(_WIDE)]
        case bool() | None:
            forms = ["true", 0, 1, [], {}]
        case int() | float():
            finite = value == value and abs(value) < 1e300
            forms = [str(value), str(value).translate(_WIDE), [value], value > 0, -value, f"{value}.0", value * 1000]
            forms += [value + 0.5, float(value)] if finite else []
        case list():
            forms = [{str(n): element for n, element in enumerate(value)}, [value], value[:1], value * 2]
        case _:
            forms = [list(value.values()), [list(item) for item in value.items()], [value], list(value)]
    return forms[way % len(forms)]


def _renumbered(value: Any, place: int, digits: str) -> Any:
    """A text with one of its numbers otherwise; a number as the text of another."""
    text = value if isinstance(value, str) else json.dumps(value) if isinstance(value, int | float) else ""
    found = list(_DIGITS.finditer(text[:1000]))
    if not found:
        return value
    spot = found[place % len(found)]
    return text[: spot.start()] + digits + text[spot.end() :]


@st.composite
def damaged(draw: st.DrawFn, body: st.SearchStrategy[bytes]) -> bytes:
    """Bytes as they came two times of three; else cut, in another encoding, packed, doubled, or with odd bytes in them."""
    whole = draw(body)
    at, n = draw(_PLACE) * 37 % (len(whole) + 1), draw(st.integers(0, 47))
    match n:
        case 0:
            return whole[:at]
        case 1:
            return (
                draw(
                    st.sampled_from(
                        [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b\x08", b"\0", b" \n", b")]}'\n"]
                    )
                )
                + whole
            )
        case 2 | 3:
            return whole.decode("utf-8", "replace").encode(
                draw(st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251", "latin-1", "utf-7"])),
                "replace",
            )
        case 4:
            return whole[:at] + draw(st.binary(max_size=4)) + whole[at:]
        case 5:
            return whole[:at] + draw(st.binary(max_size=4)) + whole[at + 4 :]
        case 6:
            return whole + whole
        case 7:
            return draw(st.binary(max_size=30))
        case 8:
            return gzip.compress(whole, 1)
        case 9:  # within a letter where there is one of several bytes
            letters = [place for place, byte in enumerate(whole) if byte >= 0x80]
            return whole[: letters[at % len(letters)]] if letters else whole[:-1]
        case 10:
            return (
                whole[:at]
                + draw(st.sampled_from([b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\r", b"\x85"]))
                + whole[at:]
            )
        case 11:
            return whole.replace(b"\n", draw(st.sampled_from([b"\r", b"\r\n", b"\x85", b"\xe2\x80\xa8"])))
        case 12:
            return whole[:at] + draw(st.sampled_from([b"[", b"{", b'"', b" ", b"<", b";"])) * 20_000 + whole[at:]
    return whole


def as_text(value: Any, ascii_only: bool = True) -> str:
    """What a careless publisher writes: NaN and infinities bare, half a pair of letters as its escape, keys twice."""
    text = json.dumps(value, ensure_ascii=ascii_only).replace(TWICE, "")
    return _LITERAL.sub(lambda found: LITERALS.get(found[1], found[0]), text)


def as_json(value: Any) -> bytes:
    return as_text(value).encode()


def spoilt_bodies(payloads: Sequence[Any], write: Callable[[Any], bytes] = as_json) -> st.SearchStrategy[bytes]:
    """Bodies of spoilt payloads, now and then damaged as bytes too."""
    return damaged(spoilt(payloads).map(write))
