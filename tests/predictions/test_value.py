import datetime as dt
from typing import Any

import polars as pl
import pytest

from soccer_assets.odds.schema import BEST_PRICES
from soccer_assets.predictions.markets import markets
from soccer_assets.predictions.value import value_bets

DATE = dt.date(2025, 3, 1)
EARLY = dt.datetime(2025, 2, 27, 12, tzinfo=dt.UTC)
MODEL, MARKET = (0.5, 0.27, 0.23), (0.42, 0.28, 0.30)
OVER = pl.when(pl.col("line").is_in(["market", "blend"])).then(0.5).alias("p_over")


def best(selection: str, price: float | None, **other: object) -> dict[str, Any]:
    row = {
        "match_date": DATE, "match_id": "m", "league": "E0", "market": "1x2", "line": None, "selection": selection,
        "bookmakers": 3, "best_price": price, "best_bookmaker": "bet365", "best_quoted_at": EARLY, "age_hours": 51.0,
        "stale": True,
    }  # fmt: skip
    return row | other


PRICES = (best("home", 2.4), best("draw", 3.5), best("away", 3.3))


def prices(*rows: dict[str, Any]) -> pl.LazyFrame:
    return pl.DataFrame(
        [{name: row.get(name) for name in BEST_PRICES.schema} for row in rows], schema=BEST_PRICES.schema
    ).lazy()


def feature_frame(home: int = 40, away: int = 40) -> pl.LazyFrame:
    return pl.LazyFrame(
        {"match_date": [DATE], "match_id": ["m"], "home_matches_known": [home], "away_matches_known": [away]}
    )


def bets(
    forecasts: pl.DataFrame, offered: pl.LazyFrame, edge: float, features: pl.LazyFrame | None = None
) -> pl.DataFrame:
    return value_bets(
        forecasts,
        markets(forecasts.with_columns(OVER)),
        offered,
        feature_frame() if features is None else features,
        edge,
        0.25,
    )


def test_an_edge_by_hand(predictions):
    forecasts = predictions(model=MODEL, market=MARKET, blend=(0.44, 0.28, 0.28))
    (bet,) = bets(forecasts, prices(*PRICES), 0.05).iter_rows(named=True)
    assert (bet["line"], bet["market"], bet["goals_line"], bet["selection"]) == ("model", "1x2", None, "home")
    assert (bet["price"], bet["quoted_at"], bet["league"], bet["home"], bet["away"]) == (2.4, EARLY, "E0", "A", "B")
    assert (bet["probability"], bet["market_probability"]) == pytest.approx((0.5, 0.42))
    assert bet["edge"] == pytest.approx(0.08)
    assert bet["expected_value"] == pytest.approx(0.2)
    assert bet["stake"] == pytest.approx(0.25 * 0.2 / 1.4)
    assert (bet["bookmakers"], bet["odds_age_hours"]) == (3, 51.0)
    assert (bet["few_bookmakers"], bet["few_matches"], bet["stale"]) == (False, False, True)


def test_below_the_least_edge_there_is_no_bet(predictions):
    assert bets(predictions(model=MODEL, market=MARKET), prices(*PRICES), 0.0801).rows() == []


def test_each_line_and_selection_is_judged_by_itself(predictions):
    forecasts = predictions(model=(0.2, 0.36, 0.44), market=MARKET, blend=(0.3, 0.35, 0.35), challenger=(0.1, 0.1, 0.8))
    found = bets(forecasts, prices(*PRICES), 0.06).select("line", "selection").rows()
    assert found == [("blend", "draw"), ("model", "away"), ("model", "draw")]


def test_a_handicap_and_a_total_are_judged_by_their_own_fair_odds(predictions):
    forecasts = predictions(model=MODEL, market=MARKET)
    offered = prices(
        best("home", 2.0, market="asian_handicap", line=-0.25),
        best("away", 1.7, market="asian_handicap", line=-0.25),
        best("over", 2.1, market="over_under", line=2.5),
    )
    (bet,) = bets(forecasts, offered, 0.05).iter_rows(named=True)
    assert (bet["market"], bet["goals_line"], bet["selection"]) == ("asian_handicap", -0.25, "home")
    # a draw loses half the stake: 50 % win against 23 % and half of 27 % lost
    assert bet["probability"] == pytest.approx(0.5 / (0.5 + 0.23 + 0.135))
    assert bet["market_probability"] == pytest.approx(0.42 / (0.42 + 0.30 + 0.14))
    assert bet["expected_value"] == pytest.approx(0.5 * 1.0 - 0.23 - 0.135)
    assert bet["stake"] == pytest.approx(0.25 * (bet["probability"] * 2.0 - 1) / 1.0)


def test_a_double_chance_is_judged_where_it_is_quoted(predictions):
    offered = prices(best("home_draw", 1.5, market="double_chance"))
    (bet,) = bets(predictions(model=MODEL, market=MARKET), offered, 0.05).iter_rows(named=True)
    assert (bet["market"], bet["selection"]) == ("double_chance", "home_draw")
    assert bet["edge"] == pytest.approx(0.07)


def test_no_more_than_a_twentieth_of_the_bank_is_staked_and_nothing_on_a_price_below_the_fair_one(predictions):
    forecasts = predictions(model=(0.8, 0.1, 0.1), market=MARKET)
    assert bets(forecasts, prices(best("home", 2.4)), 0.05)["stake"].to_list() == [0.05]
    poor = bets(forecasts, prices(best("home", 1.2)), 0.05)
    assert poor["stake"].to_list() == [0.0]
    assert poor["expected_value"].to_list() == pytest.approx([-0.04])


@pytest.mark.parametrize(
    ("offered", "features", "flags"),
    [
        ({"bookmakers": 2}, {}, (True, False)),
        ({}, {"away": 9}, (False, True)),
        ({}, {"home": 10, "away": 10}, (False, False)),
    ],
)
def test_a_bet_on_little_knowledge_says_so(predictions, offered, features, flags):
    forecasts = predictions(model=MODEL, market=MARKET)
    (bet,) = bets(forecasts, prices(best("home", 2.4) | offered), 0.05, feature_frame(**features)).iter_rows(named=True)
    assert (bet["few_bookmakers"], bet["few_matches"]) == flags


def test_a_match_without_features_has_few_matches(predictions):
    (bet,) = bets(predictions(model=MODEL, market=MARKET), prices(*PRICES), 0.05, feature_frame().limit(0)).iter_rows(
        named=True
    )
    assert bet["few_matches"]


@pytest.mark.parametrize(
    "other",
    [
        {"best_price": None},  # there was one at the close alone, too late to take
        {"market": "over_under", "line": 2.5, "selection": "over"},
        {"market": "asian_handicap", "line": -4.5},  # beyond the handicaps that are forecast
        {"best_quoted_at": None},  # nobody knows when
        {"match_id": "another"},
    ],
)
def test_a_price_that_cannot_be_taken_or_has_no_edge_makes_no_bet(predictions, other):
    assert bets(predictions(model=MODEL, market=MARKET), prices(best("home", 1.9) | other), 0.05).rows() == []


def test_without_a_market_there_is_no_edge(predictions):
    assert bets(predictions(model=(0.9, 0.05, 0.05)), prices(*PRICES), 0.05).rows() == []


def test_a_lake_gives_strings_where_the_schema_has_enumerations(predictions):
    forecasts = predictions(model=MODEL, market=MARKET)
    every = markets(forecasts.with_columns(OVER))
    plain = prices(*PRICES).with_columns(pl.col(pl.Enum).cast(pl.String))
    as_read = value_bets(
        forecasts, every.with_columns(pl.col(pl.Enum).cast(pl.String)), plain, feature_frame(), 0.05, 0.25
    )
    assert as_read.equals(value_bets(forecasts, every, prices(*PRICES), feature_frame(), 0.05, 0.25))
    assert len(as_read) == 1
