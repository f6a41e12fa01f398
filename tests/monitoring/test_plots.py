import datetime as dt
import xml.etree.ElementTree as ET
from typing import Any

import polars as pl
import pytest

from soccer_assets import svg
from soccer_assets.monitoring import plots
from soccer_assets.monitoring.schema import COMPARED_LINES, CONTEXT, SETTLED_MARKETS, SETTLED_PREDICTIONS

NAMESPACE = {"svg": "http://www.w3.org/2000/svg"}
DAY = dt.date(2025, 3, 1)


def shapes(text: str, kind: str, colour: str | None = None) -> list[ET.Element]:
    found = ET.fromstring(text).findall(f"svg:{kind}", NAMESPACE)
    return [each for each in found if colour in (None, each.get("fill"), each.get("stroke"))]


def words(text: str) -> list[str | None]:
    return [each.text for each in shapes(text, "text")]


def settled(n: int, **columns: object) -> pl.DataFrame:
    days = [DAY + dt.timedelta(days=number) for number in range(n)]
    rows = {"match_date": days, "match_id": [f"{number}" for number in range(n)], "complete": True, "line": "model"}
    scores = {"log_loss": 0.7, "rps": 0.2, "brier": 0.5, "hit": True, "outcome": 0, "divergence": 0.001}
    p = {"p_home": 0.5, "p_draw": 0.3, "p_away": 0.2}
    about = {"league": "E0", "season": "2024/25", **dict.fromkeys(CONTEXT, None)}
    types = {name: SETTLED_PREDICTIONS.schema[name] for name in CONTEXT}
    return pl.DataFrame(rows | scores | p | about | columns, schema_overrides=types)


def of_market(n: int, market: str, **columns: Any) -> pl.DataFrame:
    """Rows of `settled_markets`."""
    told = settled(n).drop("outcome", "p_home", "p_draw", "p_away", *CONTEXT)
    plain = {"market": market, "goals_line": None, "probability": 0.5, "happened": 1.0, "weight": 1.0}
    rows = told.with_columns(pl.lit(value).alias(name) for name, value in plain.items())
    rows = rows.with_columns(pl.lit(None).alias("product_log_loss"))
    return SETTLED_MARKETS.conform(rows.with_columns(pl.Series(name, values) for name, values in columns.items()))


def test_a_point_stands_where_the_forecast_meets_what_happened():
    # forty times 0.25 / 0.5 / 0.25; home wins half of the matches, the others are draws
    told = settled(40, p_home=0.25, p_draw=0.5, p_away=0.25, outcome=[0, 1] * 20)
    dots = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in shapes(plots.reliability(told), "circle")]
    bottom, side, apart = svg.TOP + svg.SIDE, svg.SIDE, svg.SIDE + svg.LEFT
    assert dots == [
        (svg.LEFT + 0.25 * side, bottom - 0.5 * side),
        (svg.LEFT + apart + 0.5 * side, bottom - 0.5 * side),
        (svg.LEFT + 2 * apart + 0.25 * side, bottom),
    ]


def test_bins_with_few_forecasts_are_not_drawn():
    told = settled(9, p_home=0.5, p_draw=0.3, p_away=0.2, outcome=0)
    assert shapes(plots.reliability(told), "circle") == []
    assert set(COMPARED_LINES) | {"home win", "draw", "away win"} <= set(words(plots.reliability(told.clear())))


def both(n: int, model: float, closing: float) -> pl.DataFrame:
    return pl.concat(settled(n, line=line, log_loss=loss) for line, loss in (("model", model), ("closing", closing)))


def test_the_path_against_the_market_rises_by_each_day_s_loss_beyond_it():
    text = plots.against_closing(both(3, 1.2, 1.0))
    (path,) = [each for each in shapes(text, "polyline") if each.get("stroke") == svg.LINES["model"]]
    height = [float(point.split(",")[1]) for point in path.attrib["points"].split()]
    assert height[0] - height[1] == pytest.approx(height[1] - height[2], abs=0.11)
    assert height[0] > height[2]  # down on paper is less
    assert len(shapes(text, "polygon")) == 1
    assert "market" not in words(text)


def test_a_market_s_reliability_counts_the_stakes_that_are_decided():
    # half a stake is lost at 0.4, a whole one is won
    told = of_market(40, "asian_handicap", probability=[0.45] * 40, happened=[0.0, 1.0] * 20, weight=[0.5, 1.0] * 20)
    ((x, y),) = [
        (float(c.attrib["cx"]), float(c.attrib["cy"])) for c in shapes(plots.market_reliability(told), "circle")
    ]
    place = list(plots.DRAWN).index("asian_handicap")
    assert x == pytest.approx(svg.LEFT + place * (svg.SIDE + svg.LEFT) + 0.45 * svg.SIDE, abs=0.06)
    assert y == pytest.approx(svg.TOP + svg.SIDE * (1 - 1 / 1.5), abs=0.06)


def test_each_market_has_a_whisker_of_each_line_that_can_be_told():
    markets = pl.concat(of_market(30, "over_under_2.5", line=[line] * 30) for line in ("model", "closing"))
    lines = pl.concat(settled(30, line=line) for line in ("model", "closing"))
    text = plots.divergence(lines, markets)
    assert {"1x2", "over_under_2.5", "model"} <= set(words(text))
    assert len(shapes(text, "circle")) == 2
    assert len(shapes(plots.markets_against_closing(lines, markets), "circle")) == 2


def test_many_days_are_thinned_and_the_last_one_stays():
    text = plots.against_closing(both(2000, 1.2, 1.0))
    (path,) = [each for each in shapes(text, "polyline") if each.get("stroke") == svg.LINES["model"]]
    points = path.attrib["points"].split()
    assert len(points) == svg.MOST_POINTS
    assert float(points[-1].split(",")[0]) == svg.LEFT + 560


def test_the_profit_is_summed_over_days_for_each_line_that_bets():
    bets = pl.DataFrame(
        {"match_date": [DAY, DAY, DAY + dt.timedelta(days=1)], "line": "blend", "profit": [1.5, -1, -1]}
    )
    text = plots.profit(bets)
    (path,) = [each for each in shapes(text, "polyline") if each.get("stroke") == svg.LINES["blend"]]
    (_, first), (_, last) = (point.split(",") for point in path.attrib["points"].split())
    assert float(last) > float(first)  # 0.5, then -0.5
    assert "blend" in words(text)
    assert "model" not in words(text)


def test_the_clubs_rated_highest_are_drawn_and_those_that_no_longer_play_are_not():
    rows = [
        (DAY + dt.timedelta(days=30 * month), f"{club} {month}", club, elo + month)
        for club, elo in (("a", 1500.0), ("b", 1600.0))
        for month in range(20)
    ]
    rows += [(DAY - dt.timedelta(days=400), "gone", "gone", 1900.0)]
    names = ["match_date", "match_id", "team_id", "elo_after"]
    text = plots.ratings(pl.DataFrame(rows, schema=names, orient="row").sample(fraction=1.0, shuffle=True, seed=0))
    assert [name for name in words(text) if name in ("a", "b", "gone")] == ["b", "a"]
    assert len(shapes(text, "polyline")) == 2


def test_with_nothing_settled_every_plot_is_still_drawn_and_written(tmp_path):
    told = settled(1, p_home=0.5, p_draw=0.3, p_away=0.2, outcome=0, log_loss=0.7).clear()
    bets = pl.DataFrame(schema={"match_date": pl.Date, "line": pl.String, "profit": pl.Float64})
    elo = {"match_date": pl.Date, "match_id": pl.String, "team_id": pl.String, "elo_after": pl.Float64}
    drawn = plots.drawings(told, SETTLED_MARKETS.empty(), bets, pl.DataFrame(schema=elo))
    plots.write(tmp_path / "report", pl.DataFrame({"line": ["=model"], "yield": [-0.5]}), drawn)
    assert {file.name for file in (tmp_path / "report").iterdir()} == {
        "report.csv", "reliability.svg", "reliability_of_markets.svg", "against_the_closing_market.svg",
        "markets_against_the_closing_market.svg", "divergence_from_the_closing_price.svg", "profit.svg", "ratings.svg",
    }  # fmt: skip
    assert (tmp_path / "report" / "report.csv").read_text() == "line,yield\n'=model,-0.5\n"
    assert (tmp_path / "report" / "profit.svg").read_text() == drawn["profit"]
