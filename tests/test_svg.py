import base64
import datetime as dt
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets import svg

NAMESPACE = {"svg": "http://www.w3.org/2000/svg"}


def drawn(text: str) -> ET.Element:
    return ET.fromstring(text)


def test_a_point_stands_where_its_share_of_the_plane_is():
    panel = svg.Panel((0.0, 10.0), (-1.0, 1.0), size=(200, 100), at=(50, 20))
    assert panel.point(0.0, -1.0) == (50.0, 120.0)
    assert panel.point(10.0, 1.0) == (250.0, 20.0)
    assert panel.point(2.5, 0.0) == (100.0, 70.0)


def test_a_range_without_width_is_widened_about_its_value():
    assert svg.Panel((3.0, 3.0), (0.0, 1.0), size=(100, 100), at=(0, 0)).point(3.0, 0.0) == (50.0, 100.0)


def test_words_are_escaped():
    panel = svg.Panel((0.0, 1.0), (0.0, 1.0))
    panel.legend("Brighton & Hove <Albion>", svg.INK)
    assert [t.text for t in drawn(svg.drawing(panel)).findall("svg:text", NAMESPACE)] == ["Brighton & Hove <Albion>"]


def test_dates_are_told_by_month():
    first = dt.date(2021, 1, 1).toordinal()
    panel = svg.Panel((first, first + 999), (0.0, 1.0), dates=True).axes("since")
    words = [t.text for t in drawn(svg.drawing(panel)).findall("svg:text", NAMESPACE)]
    assert words[-6:] == ["Jan 2021", "Jul 2021", "Feb 2022", "Sep 2022", "Mar 2023", "since"]


def test_a_drawing_is_as_large_as_its_panels_need():
    panels = [svg.Panel((0, 1), (0, 1), (100, 80), (60, 20)), svg.Panel((0, 1), (0, 1), (100, 80), (200, 30))]
    root = drawn(svg.drawing(*panels))
    assert (root.get("width"), root.get("height")) == ("316", "144")


def test_a_markdown_image_holds_the_drawing():
    text = svg.drawing(svg.Panel((0, 1), (0, 1)))
    head, code = svg.markdown(text, "what").split(",")
    assert head == "![what](data:image/svg+xml;base64"
    assert base64.b64decode(code.removesuffix(")")).decode() == text


def test_an_interval_is_a_line_with_a_dot_and_one_that_is_missing_is_not_drawn():
    root = drawn(
        svg.whiskers("loss", ["a", "b"], {"g": [(-1.0, 0.0, 1.0), None], "h": [None, (0.0, 1.0, 3.0)]}, "even")
    )
    dots = root.findall("svg:circle", NAMESPACE)
    assert len(dots) == 2
    zero = next(t for t in root.findall("svg:text", NAMESPACE) if t.text == "0 = even")
    assert dots[0].get("cx") == zero.get("x")  # its middle is zero
    assert float(dots[1].attrib["cy"]) > float(dots[0].attrib["cy"])  # the rows go down


def test_a_plot_of_nothing_is_still_a_plot():
    assert drawn(svg.whiskers("loss", [], {}, "even")).findall("svg:circle", NAMESPACE) == []


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (-0.013, 0.0277, [-0.01, 0, 0.01, 0.02]), (1490, 1820, [1500, 1600, 1700, 1800])],
)  # fmt: skip
def test_ticks_stand_at_round_values(low, high, told):
    assert svg.ticks(low, high) == pytest.approx(told)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_lie_within_and_are_about_as_many_as_asked(low, width):
    found = svg.ticks(low, low + width)
    assert 1 <= len(found) <= 7
    assert all(low - width * 1e-6 <= value <= low + width * (1 + 1e-6) for value in found)
