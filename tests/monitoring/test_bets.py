import datetime as dt
from collections.abc import Sequence
from math import log
from typing import Any

import polars as pl
import pytest

from soccer_assets.monitoring.bets import settle_bets
from soccer_assets.monitoring.schema import SETTLED_PREDICTIONS
from soccer_assets.predictions.markets import markets
from soccer_assets.predictions.schema import PREDICTIONS, VALUE_BETS

DAY = dt.date(2025, 3, 1)
MATCH = ("match_date", "match_id")


def bet(
    match: str, market: str, goals_line: float | None, selection: str, price: float, **further: object
) -> dict[str, Any]:
    return {
        "match_date": DAY, "match_id": match, "league": "E0", "home": "A", "away": "B", "line": "model",
        "market": market, "goals_line": goals_line, "selection": selection, "probability": 0.5,
        "market_probability": 0.4, "edge": 0.1, "price": price, "expected_value": 0.1, "stake": 0.02,
        "quoted_at": None, "odds_age_hours": 1.0, "bookmakers": 9, "few_bookmakers": False, "few_matches": False,
        "stale": False, **further,
    }  # fmt: skip


def settled(
    *bets: dict[str, Any],
    closing: Sequence[tuple[Any, ...]] = (),
    score: tuple[Any, ...] = (2, 1),
    status: str = "finished",
) -> pl.DataFrame:
    """Bets on match `m`, met by its result and by (market, line, selection, probability) at the close."""
    names = ["match_date", "match_id", "market", "line", "selection", "probability"]
    types = [pl.Date, pl.String, pl.String, pl.Float64, pl.String, pl.Float64]
    at_close = pl.DataFrame([(DAY, "m", *row) for row in closing], schema=dict(zip(names, types)), orient="row")  # noqa: B905
    columns = {name: [each.get(name) for each in bets] for name in VALUE_BETS.schema}
    played = {"match_date": [DAY], "match_id": ["m"], "season": ["2024/25"], "status": [status]}
    goals = {"home_goals": pl.Series([score[0]], dtype=pl.Int16), "away_goals": pl.Series([score[1]], dtype=pl.Int16)}
    return settle_bets(
        pl.DataFrame(columns, schema=VALUE_BETS.schema),
        pl.DataFrame(played | goals),
        predicted(),
        at_close,
        SETTLED_PREDICTIONS.empty(),
    )


def predicted(p: tuple[float, float, float] = (0.5, 0.27, 0.23)) -> pl.DataFrame:
    row = {"match_date": DAY, "match_id": "m", "league": "E0", "season": "2024/25", "home": "A", "away": "B",
           "line": "market", "home_goals_expected": 1.6, "away_goals_expected": 1.1, "rho": -0.05}  # fmt: skip
    told = row | dict(zip(("p_home", "p_draw", "p_away"), p, strict=True))
    return pl.DataFrame({name: [told.get(name)] for name in PREDICTIONS.schema}, schema=PREDICTIONS.schema)


def test_a_bet_is_met_by_its_result_and_by_the_closing_price():
    (row,) = settled(bet("m", "1x2", None, "home", 2.2), closing=[("1x2", None, "home", 0.5)]).iter_rows(named=True)
    assert (row["result"], row["profit"]) == ("won", pytest.approx(1.2))
    assert (row["closing_probability"], row["closing_by"]) == (0.5, "price")
    assert row["clv"] == pytest.approx(log(2.2 * 0.5))


@pytest.mark.parametrize(
    ("market", "line", "selection", "result", "profit"),
    [
        ("1x2", None, "away", "lost", -1.0),
        ("over_under", 2.5, "over", "won", 1.0),
        ("asian_handicap", -1.0, "home", "push", 0.0),
        ("asian_handicap", -0.75, "home", "half_won", 0.5),
        ("asian_handicap", -1.25, "home", "half_lost", -0.5),
    ],
)
def test_profit_is_what_came_back_less_the_stake(market, line, selection, result, profit):
    (row,) = settled(bet("m", market, line, selection, 2.0)).iter_rows(named=True)
    assert (row["result"], row["profit"]) == (result, pytest.approx(profit))


def test_a_void_bet_earns_nothing_and_an_open_one_is_not_settled():
    (row,) = settled(bet("m", "1x2", None, "home", 2.0), score=(None, None), status="void").iter_rows(named=True)
    assert (row["result"], row["profit"]) == ("void", 0.0)
    assert settled(bet("m", "1x2", None, "home", 2.0), score=(None, None), status="scheduled").rows() == []


def test_the_stakes_of_a_day_are_never_more_than_the_bank():
    large = [bet("m", "1x2", None, "home", 2.0, stake=0.9), bet("m", "over_under", 2.5, "over", 2.0, stake=0.6)]
    blend = bet("m", "1x2", None, "home", 2.0, stake=0.3, line="blend")
    rows = settled(*large, blend)
    assert dict(rows.group_by("line").agg(pl.col("stake").sum()).rows()) == pytest.approx({"model": 1.0, "blend": 0.3})
    assert sorted(rows.filter(line="model")["stake"]) == pytest.approx([0.4, 0.6])


CLOSE = [("1x2", None, name, p) for name, p in (("home", 0.55), ("draw", 0.25), ("away", 0.2))]


def test_a_handicap_whose_line_moved_is_priced_by_the_matrix_of_the_closing_market():
    moved = bet("m", "asian_handicap", -0.5, "home", 2.1)
    (row,) = settled(moved, closing=[*CLOSE, ("asian_handicap", -0.75, "home", 0.5)]).iter_rows(named=True)
    assert row["closing_by"] == "matrix"
    assert row["closing_probability"] == pytest.approx(0.55, abs=1e-9)  # a home win, whatever the shape of the matrix
    assert row["clv"] == pytest.approx(log(2.1 * 0.55))


def test_the_matrix_knows_the_closing_total_as_well():
    moved = bet("m", "asian_handicap", -1.5, "home", 3.1)
    shape = predicted((0.55, 0.25, 0.2))
    for over in (0.4, 0.6):
        close = [*CLOSE, ("over_under", 2.5, "over", over), ("over_under", 2.5, "under", 1 - over)]
        (row,) = settled(moved, closing=close).iter_rows(named=True)
        told = markets(shape.with_columns(p_over=pl.lit(over))).filter(
            market="asian_handicap", goals_line=-1.5, selection="home"
        )
        assert row["closing_probability"] == pytest.approx(1 / told["fair_odds"].item(), abs=1e-12)


def test_without_a_closing_price_nothing_is_said_of_its_value():
    (row,) = settled(bet("m", "1x2", None, "home", 2.2)).iter_rows(named=True)
    assert (row["closing_probability"], row["closing_by"], row["clv"]) == (None, None, None)


def test_the_marks_of_the_match_are_those_of_its_settled_forecasts():
    rows = settled(bet("m", "1x2", None, "home", 2.2))
    assert rows.select("favourite", "elo_gap", "promoted", "season").rows() == [(None, None, None, "2024/25")]


def test_without_bets_there_is_no_row():
    assert settled().rows() == []
