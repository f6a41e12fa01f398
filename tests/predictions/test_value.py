import datetime as dt

import polars as pl
import pytest

from soccer_assets.odds.schema import BEST_PRICES
from soccer_assets.predictions.schema import PREDICTIONS
from soccer_assets.predictions.value import value_bets

DATE = dt.date(2025, 3, 1)
EARLY = dt.datetime(2025, 2, 27, 12, tzinfo=dt.UTC)


def predictions(**lines: tuple[float, float, float]) -> pl.DataFrame:
    rows = [
        {
            "match_date": DATE, "match_id": "m", "league": "E0", "season": "2024/25", "kick_off_at": None,
            "home": "A", "away": "B", "line": line, "p_home": p[0], "p_draw": p[1], "p_away": p[2],
            "model_version": None, "trained_through": None,
        }
        for line, p in lines.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=PREDICTIONS.schema)


def best(selection: str, price: float | None, **other: object) -> dict:
    row = {
        "match_date": DATE, "match_id": "m", "league": "E0", "market": "1x2", "line": None, "selection": selection,
        "bookmakers": 3, "best_price": price, "best_bookmaker": "bet365", "best_quoted_at": EARLY,
    }  # fmt: skip
    return row | other


def prices(*rows: dict) -> pl.LazyFrame:
    return pl.DataFrame(
        [{name: row.get(name) for name in BEST_PRICES.schema} for row in rows], schema=BEST_PRICES.schema
    ).lazy()


PRICES = (best("home", 2.4), best("draw", 3.5), best("away", 3.3))


def test_an_edge_by_hand():
    told = predictions(model=(0.5, 0.27, 0.23), market=(0.42, 0.28, 0.30), blend=(0.44, 0.28, 0.28))
    (bet,) = value_bets(told, prices(*PRICES), 0.05).iter_rows(named=True)
    assert (bet["line"], bet["selection"], bet["price"], bet["quoted_at"]) == ("model", "home", 2.4, EARLY)
    assert (bet["probability"], bet["market_probability"]) == (0.5, 0.42)
    assert bet["edge"] == pytest.approx(0.08)
    assert bet["expected_value"] == pytest.approx(0.2)


def test_below_the_least_edge_there_is_no_bet():
    told = predictions(model=(0.5, 0.27, 0.23), market=(0.42, 0.28, 0.30))
    assert value_bets(told, prices(*PRICES), 0.0801).rows() == []


def test_each_line_and_selection_is_judged_by_itself():
    told = predictions(model=(0.2, 0.36, 0.44), market=(0.42, 0.28, 0.30), blend=(0.3, 0.35, 0.35))
    bets = value_bets(told, prices(*PRICES), 0.06)
    assert bets.select("line", "selection").rows() == [("blend", "draw"), ("model", "away"), ("model", "draw")]


@pytest.mark.parametrize(
    "other",
    [
        {"best_price": None},  # there was one at the close alone, too late to take
        {"market": "over_under", "selection": "over"},
        {"best_quoted_at": None},  # nobody knows when
        {"match_id": "another"},
    ],
)
def test_a_price_that_cannot_be_taken_makes_no_bet(other):
    told = predictions(model=(0.5, 0.27, 0.23), market=(0.42, 0.28, 0.30))
    assert value_bets(told, prices(best("home", 9.9) | other), 0.05).rows() == []


def test_without_a_market_there_is_no_edge():
    assert value_bets(predictions(model=(0.9, 0.05, 0.05)), prices(*PRICES), 0.05).rows() == []


def test_a_lake_gives_strings_where_the_schema_has_enumerations():
    told = predictions(model=(0.5, 0.27, 0.23), market=(0.42, 0.28, 0.30))
    plain = prices(*PRICES).with_columns(pl.col(pl.Enum).cast(pl.String))
    assert value_bets(told, plain, 0.05).equals(value_bets(told, prices(*PRICES), 0.05))
