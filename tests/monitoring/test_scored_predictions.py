import datetime as dt
from math import log
from typing import Any

import polars as pl
import pytest

from soccer_assets.matches.schema import MATCHES
from soccer_assets.monitoring.scored_predictions import settle
from soccer_assets.predictions.schema import PREDICTIONS

DATE = dt.date(2025, 3, 1)


def match(name: str, home_goals: int | None, away_goals: int | None, status: str = "finished") -> dict[str, Any]:
    return {
        "match_date": DATE, "match_id": name, "league": "E0", "season": "2024/25", "status": status, "home": "A",
        "away": "B", "home_id": "a", "away_id": "b", "leg": 1, "home_goals": home_goals, "away_goals": away_goals,
        "source": "football-data", "payload_id": "0" * 64, "line": 2,
    }  # fmt: skip


def matches(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in MATCHES.schema}, schema=MATCHES.schema)


def predictions(*told: tuple[str, str, float, float, float]) -> pl.DataFrame:
    rows = [
        {
            "match_date": DATE, "match_id": name, "league": "E0", "season": "2024/25", "kick_off_at": None, "home": "A",
            "away": "B", "line": line, "p_home": h, "p_draw": d, "p_away": a, "home_goals_expected": 1.5,
            "away_goals_expected": 1.2, "rho": -0.05, "model_version": None if line == "market" else "abc", "trained_through": None,
        }
        for name, line, h, d, a in told
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=PREDICTIONS.schema)


EITHER = ("promoted", "new_club", "first_rounds", "long_break")
CONTEXT = pl.DataFrame(
    schema={"match_date": pl.Date, "match_id": pl.String, "elo_gap": pl.Float64, **dict.fromkeys(EITHER, pl.Boolean)}
)


def met(
    told: pl.DataFrame, played: pl.DataFrame, about: pl.DataFrame = CONTEXT, **yardsticks: pl.DataFrame
) -> pl.DataFrame:
    return settle(told, played, yardsticks, about)


def line(*told: tuple[str, float, float, float]) -> pl.DataFrame:
    names = ["match_date", "match_id", "p_home", "p_draw", "p_away"]
    types = [pl.Date, pl.String, pl.Float64, pl.Float64, pl.Float64]
    return pl.DataFrame([(DATE, *row) for row in told], schema=dict(zip(names, types, strict=True)), orient="row")


@pytest.mark.parametrize(
    ("score", "outcome", "log_loss", "rps", "brier", "hit"),
    [
        # 0.5 / 0.3 / 0.2, cumulative 0.5 and 0.8
        ((2, 0), 0, -log(0.5), (0.5**2 + 0.2**2) / 2, 0.5**2 + 0.3**2 + 0.2**2, True),
        ((1, 1), 1, -log(0.3), (0.5**2 + 0.2**2) / 2, 0.5**2 + 0.7**2 + 0.2**2, False),
        ((0, 1), 2, -log(0.2), (0.5**2 + 0.8**2) / 2, 0.5**2 + 0.3**2 + 0.8**2, False),
    ],
)
def test_a_forecast_met_by_its_result_by_hand(score, outcome, log_loss, rps, brier, hit):
    (row,) = met(predictions(("m", "model", 0.5, 0.3, 0.2)), matches(match("m", *score))).iter_rows(named=True)
    assert (row["outcome"], row["hit"]) == (outcome, hit)
    assert (row["log_loss"], row["rps"], row["brier"]) == pytest.approx((log_loss, rps, brier))
    assert (row["line"], row["model_version"], row["complete"]) == ("model", "abc", False)


def test_the_closing_average_stands_beside_the_forecasts_as_a_line_of_its_own():
    told = predictions(("m", "model", 0.5, 0.3, 0.2), ("m", "market", 0.4, 0.3, 0.3), ("m", "blend", 0.45, 0.3, 0.25))
    closing = line(("m", 0.42, 0.31, 0.27), ("unforecast", 0.3, 0.3, 0.4))
    rows = met(told, matches(match("m", 0, 0)), closing=closing)
    assert rows.select("line", "p_draw", "complete").rows() == [
        ("blend", 0.3, True),
        ("closing", 0.31, True),
        ("market", 0.3, True),
        ("model", 0.3, True),
    ]
    assert rows.filter(line="closing")["log_loss"].to_list() == [pytest.approx(-log(0.31))]
    assert rows.filter(line="closing")["model_version"].to_list() == [None]


def test_a_match_that_lacks_a_line_is_not_complete():
    told = predictions(("a", "model", 0.5, 0.3, 0.2), ("b", "model", 0.5, 0.3, 0.2), ("b", "market", 0.4, 0.3, 0.3),
                       ("b", "blend", 0.4, 0.3, 0.3))  # fmt: skip
    rows = met(told, matches(match("a", 1, 0), match("b", 1, 0)), closing=line(("a", 0.4, 0.3, 0.3)))
    assert rows.group_by("match_id").agg(pl.col("line").sort(), pl.col("complete").any()).sort("match_id").rows() == [
        ("a", ["closing", "model"], False),
        ("b", ["blend", "market", "model"], False),
    ]


@pytest.mark.parametrize("status", ["scheduled", "abandoned", "postponed"])
def test_only_finished_matches_are_settled(status):
    rows = met(predictions(("m", "model", 0.5, 0.3, 0.2)), matches(match("m", None, None, status)))
    assert rows.rows() == []


def test_a_result_without_a_forecast_is_left_out():
    rows = met(predictions(("m", "model", 0.5, 0.3, 0.2)), matches(match("m", 1, 0), match("n", 1, 0)))
    assert rows["match_id"].to_list() == ["m"]


ALL_FOUR = [("m", "model", 0.5, 0.3, 0.2), ("m", "market", 0.6, 0.25, 0.15), ("m", "blend", 0.5, 0.3, 0.2)]


def test_the_challenger_and_the_yardsticks_stand_beside_the_four_lines_that_are_compared():
    told = predictions(*ALL_FOUR, ("m", "challenger", 0.4, 0.3, 0.3))
    beside = {"closing": line(("m", 0.7, 0.2, 0.1)), "climatology": line(("m", 0.45, 0.27, 0.28)), "elo": line()}
    rows = met(told, matches(match("m", 1, 0)), **beside)
    assert dict(rows.select("line", "p_home").rows()) == {
        "model": 0.5, "market": 0.6, "blend": 0.5, "challenger": 0.4, "closing": 0.7, "climatology": 0.45,
    }  # fmt: skip
    assert rows["complete"].to_list() == [True] * 6


def test_a_challenger_does_not_stand_in_for_a_line_that_is_missing():
    told = predictions(*ALL_FOUR[:2], ("m", "challenger", 0.4, 0.3, 0.3))
    assert met(told, matches(match("m", 1, 0)), closing=line(("m", 0.7, 0.2, 0.1)))["complete"].any() is False


def test_the_favourite_is_the_market_s_before_the_match_else_at_its_close_else_unknown():
    unpriced = predictions(("m", "model", 0.9, 0.05, 0.05))
    closing = line(("m", 0.7, 0.2, 0.1))
    played = matches(match("m", 1, 0))
    assert met(predictions(*ALL_FOUR), played, closing=closing)["favourite"].unique().to_list() == [0.6]
    assert met(unpriced, played, closing=closing)["favourite"].unique().to_list() == [0.7]
    assert met(unpriced, played)["favourite"].to_list() == [None]


def test_what_is_known_about_a_match_stands_on_each_of_its_lines():
    about = pl.DataFrame([(DATE, "m", 120.0, True, False, False, True)], schema=CONTEXT.schema, orient="row")
    told = predictions(*ALL_FOUR, ("n", "model", 0.4, 0.3, 0.3))
    rows = met(told, matches(match("m", 1, 0), match("n", 0, 0)), about)
    assert rows.select("match_id", "elo_gap", *EITHER).unique().sort("match_id").rows() == [
        ("m", 120.0, True, False, False, True),
        ("n", *[None] * 5),
    ]


def test_the_divergence_is_what_the_closing_price_expects_a_forecast_to_lose_beyond_itself():
    told = predictions(*ALL_FOUR[:1], ("n", "model", 0.5, 0.3, 0.2))
    rows = met(told, matches(match("m", 1, 0), match("n", 1, 0)), closing=line(("m", 0.4, 0.3, 0.3)))
    expected = 0.4 * log(0.4 / 0.5) + 0.3 * log(0.3 / 0.2)
    assert rows.filter(line="model")["divergence"].to_list() == [pytest.approx(expected), None]
    assert rows.filter(line="closing")["divergence"].to_list() == [0.0]
