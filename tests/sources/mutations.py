"""Strategies that spoil real-shaped payloads: values dropped, nulled, retyped, doubled, and bytes that are odd."""

import copy
import json
import os
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
]  # fmt: skip
ODD_NUMBERS = [0, -1, 1, 0.5, 2.5, 25.3, -0.0, 10**6, 10**12, 2**31, 2**63, -(2**63), 2**64, 10**400, 1e308, float("nan"), float("inf"),
               -float("inf"), 1_764_250_200_000, -62_135_596_800, 253_402_300_799]  # fmt: skip
ODD = st.sampled_from(
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
        *ODD_TEXTS,
        *ODD_NUMBERS,
    ]
) | st.text(max_size=5)
_PLACE = st.integers(0, 200)


@st.composite
def spoilt(draw: st.DrawFn, payloads: Sequence[Any]) -> Any:
    """One of some JSON values with up to six of its parts otherwise."""
    holder = [copy.deepcopy(draw(st.sampled_from(payloads)))]
    for _ in range(draw(st.integers(0, 6))):
        places = [(node, key) for node in _containers(holder) for key in _keys(node)]
        node, key = places[draw(_PLACE) * 7 % len(places)]
        match draw(st.integers(0, 6)):
            case 0:
                del node[key]
                if not holder:
                    return None
            case 1:
                node[key] = None
            case 2 | 3:
                node[key] = copy.deepcopy(draw(ODD))  # it may be spoilt again
            case 4:
                node[key] = _retyped(node[key])
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


def _retyped(value: Any) -> Any:
    match value:
        case str():
            return int(value) if value.isdecimal() and len(value) < 100 else [value]
        case bool() | None:
            return "true"
        case int() | float():
            return str(value)
        case list():
            return {str(n): element for n, element in enumerate(value)}
        case _:
            return list(value.values())


@st.composite
def damaged(draw: st.DrawFn, body: st.SearchStrategy[bytes]) -> bytes:
    """Bytes as they came three times of four; else cut, in another encoding, doubled, or with odd bytes in them."""
    whole = draw(body)
    at, n = draw(_PLACE) * 37 % (len(whole) + 1), draw(st.integers(0, 31))
    match n:
        case 0:
            return whole[:at]
        case 1:
            return b"\xef\xbb\xbf" + whole
        case 2 | 3:
            return whole.decode("utf-8", "replace").encode(
                draw(st.sampled_from(["utf-16", "cp1251", "latin-1", "utf-7"])), "replace"
            )
        case 4:
            return whole[:at] + draw(st.binary(max_size=4)) + whole[at:]
        case 5:
            return whole[:at] + draw(st.binary(max_size=4)) + whole[at + 4 :]
        case 6:
            return whole + whole
        case 7:
            return draw(st.binary(max_size=30))
    return whole


def as_json(value: Any) -> bytes:
    """What a careless publisher writes: NaN and infinities bare, half a pair of letters as its escape."""
    return json.dumps(value).encode()


def spoilt_bodies(payloads: Sequence[Any], write: Callable[[Any], bytes] = as_json) -> st.SearchStrategy[bytes]:
    """Bodies of spoilt payloads, now and then damaged as bytes too."""
    return damaged(spoilt(payloads).map(write))
