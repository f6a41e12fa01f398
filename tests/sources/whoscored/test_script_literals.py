import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.sources.whoscored.script_literals import DEEPEST, LiteralError, read_literal

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=25,
)
SPACES = st.sampled_from(["", " ", "\n\t", "/* a, ] } ' */", "// ] ' \" \n", "\ufeff"])


def as_script(value: object, draw) -> str:
    """The value as a page might write it: bare keys, single quotes, holes, trailing commas, comments."""
    space = draw(SPACES)
    if isinstance(value, dict):
        pairs = [f"{space}{key(name, draw)}{space}:{as_script(item, draw)}" for name, item in value.items()]
        return f"{{{','.join(pairs)}{',' if pairs and draw(st.booleans()) else ''}{space}}}"
    if isinstance(value, list):
        items = ["" if item is None and draw(st.booleans()) else as_script(item, draw) for item in value]
        # a hole at the end needs its comma, any other last item may have one
        end = "," if items and (not items[-1] or draw(st.booleans())) else ""
        return f"[{','.join(items)}{end}{space}]"
    if isinstance(value, str):
        return f"{space}{quoted(value, draw)}{space}"
    if isinstance(value, bool):
        return draw(st.sampled_from(["true", "!0"] if value else ["false", "!1"]))
    if value is None:
        return draw(st.sampled_from(["null", "undefined"]))
    return f"{space}{json.dumps(value)}{space}"


def key(name: str, draw) -> str:
    bare = name.isidentifier() and name.isascii()
    return name if bare and draw(st.booleans()) else quoted(name, draw)


def quoted(text: str, draw) -> str:
    if draw(st.booleans()):
        return json.dumps(text, ensure_ascii=draw(st.booleans()))
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


@settings(max_examples=200, deadline=None)
@given(VALUES, st.booleans())
def test_whatever_is_json_is_read_as_json(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert read_literal(text) == (value, len(text))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_value_written_as_a_script_would_is_the_value_again(data):
    value = data.draw(VALUES)
    text = as_script([value], data.draw) + ";"
    assert read_literal(text) == ([value], len(text) - 1)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="{}[]:,'\"\\ax1-+.e/* \n", max_size=30))
def test_any_text_is_a_literal_or_an_error_that_says_where(text):
    try:
        _, end = read_literal(text)
    except LiteralError as error:
        assert " at character " in str(error)
    else:
        assert 0 < end <= len(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "{ matchId:1650630,\n data: {\"a\":[1]}, 'b':'it\\'s' }",
            {"matchId": 1650630, "data": {"a": [1]}, "b": "it's"},
        ),
        ("[,1,,2,]", [None, 1, None, 2]),
        ("[]", []),
        ("{12:'x',$a_1:2}", {"12": "x", "$a_1": 2}),
        ("[0x1F,-.5,1.,+3,-0x10,1e3]", [31, -0.5, 1.0, 3, -16, 1000.0]),
        (r"'\x41\u0042\u{1F600}\ud83d\ude00\0\/\q'", "AB😀😀\0/q"),
        ("'one\\\ntwo'", "onetwo"),
        (r"'\ud83d'", "\ufffd"),  # half of a pair
    ],
)
def test_what_scripts_write_and_json_does_not_is_read(text, value):
    assert read_literal(text) == (value, len(text))


def test_not_a_number_and_infinity_are_numbers():
    values, _ = read_literal("[NaN,-Infinity,'']")
    assert math.isnan(values[0])
    assert values[1:] == [-math.inf, ""]


def test_reading_begins_where_it_is_told_and_stops_behind_the_value():
    text = "var a = /* first */ {b:1}; var c = [2]"
    assert read_literal(text, text.index("=") + 1) == ({"b": 1}, text.index(";"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a:1", "expected a comma or } at character 4, found 'the end of the text'"),
        ("{a 1}", "expected a colon at character 3, found '1}'"),
        ("[1 2]", "expected a comma or ] at character 3, found '2]'"),
        ("{a:b}", "expected a value at character 3, found 'b}'"),
        ("{,}", "expected a key at character 1, found ',}'"),
        ("'open", "expected the end of a string (') at character 5, found 'the end of the text'"),
        ("'two\nlines", "expected the end of a string (') at character 4, found '\\nlines'"),
        (r"'\u{110000}", r"expected the end of a string (') at character 1, found '\\u{110000}'"),
        ("", "expected a value at character 0, found 'the end of the text'"),
    ],
)
def test_an_error_says_what_was_expected_where_and_what_was_found(text, message):
    with pytest.raises(LiteralError) as raised:
        read_literal(text)
    assert str(raised.value) == message


@pytest.mark.parametrize("depth", [DEEPEST + 2, 200_000])
def test_endless_nesting_is_refused(depth):
    with pytest.raises(LiteralError, match=f"expected at most {DEEPEST} levels"):
        read_literal("[,".replace(",", "") * depth + "x")
