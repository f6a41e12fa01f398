import base64
import re
import xml.etree.ElementTree as ET

import polars as pl

from soccer_assets.monitoring.plots import reliability_plot

NAMESPACE = {"svg": "http://www.w3.org/2000/svg"}


def drawn(settled: pl.DataFrame) -> ET.Element:
    (code,) = re.fullmatch(
        r"!\[reliability\]\(data:image/svg\+xml;base64,([^)]+)\)", reliability_plot(settled)
    ).groups()
    return ET.fromstring(base64.b64decode(code))


def test_a_point_stands_where_the_forecast_meets_what_happened():
    # forty times 0.25 / 0.5 / 0.25; home wins half of the matches, the others are draws
    settled = pl.DataFrame(
        {"line": ["model"] * 40, "p_home": 0.25, "p_draw": 0.5, "p_away": 0.25, "outcome": [0, 1] * 20}
    )
    points = [(float(c.get("cx")), float(c.get("cy"))) for c in drawn(settled).findall("svg:circle", NAMESPACE)]
    # bin 0.2: of eighty quarters twenty happened; bin 0.5: of forty halves twenty happened
    assert points == [(30 + 0.25 * 200, 230 - 0.25 * 200), (30 + 0.5 * 200, 230 - 0.5 * 200)]


def test_bins_with_few_forecasts_are_not_drawn():
    settled = pl.DataFrame({"line": ["blend"] * 9, "p_home": 0.5, "p_draw": 0.3, "p_away": 0.2, "outcome": [0] * 9})
    assert drawn(settled).findall("svg:circle", NAMESPACE) == []
    empty = settled.clear()
    assert [text.text for text in drawn(empty).findall("svg:text", NAMESPACE)] == [
        "model",
        "market",
        "blend",
        "closing",
    ]
