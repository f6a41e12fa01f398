"""Forecasts of every market met by their scores, beside prices and yardsticks."""

import datetime as dt
from math import log
from typing import Any

import numpy as np
import polars as pl
import pytest

from soccer_assets.monitoring.schema import MATRIX_MARKETS, PRICED_MARKETS
from soccer_assets.monitoring.settled_markets import READ, settle_markets
from soccer_assets.odds.schema import BEST_PRICES, MARKET_PROBABILITIES
from soccer_assets.predictions.schema import PREDICTIONS
from soccer_assets.score_matrices import coherent

DATE = dt.date(2025, 3, 1)
LINES = {"model": (0.5, 0.3, 0.2), "market": (0.45, 0.3, 0.25), "blend": (0.47, 0.3, 0.23)}
OVER = {"market": 0.52, "blend": 0.52}  # the model's goals tell its own
RATES, RHO = (1.5, 1.1), -0.05


def predictions(lines: dict[str, Any] = LINES, match_id: str = "m") -> pl.DataFrame:
    rows = [
        {
            "match_date": DATE, "match_id": match_id, "league": "E0", "season": "2024/25", "home": "A", "away": "B",
            "line": line, "p_home": p[0], "p_draw": p[1], "p_away": p[2], "home_goals_expected": RATES[0],
            "away_goals_expected": RATES[1], "rho": RHO, "p_over": OVER.get(line),
        }
        for line, p in lines.items()
    ]  # fmt: skip
    return PREDICTIONS.conform(pl.DataFrame(rows, schema=PREDICTIONS.schema))


def past(home: int = 2, away: int = 1, status: str = "finished") -> pl.DataFrame:
    """The match, and 600 earlier ones that ended 1-0."""
    earlier = {"match_date": DATE - dt.timedelta(days=40), "league": "E0", "status": "finished", "home_goals": 1}
    rows = [earlier | {"match_id": f"{n}", "away_goals": 0} for n in range(600)]
    now = {
        "match_date": DATE,
        "match_id": "m",
        "league": "E0",
        "status": status,
        "home_goals": home,
        "away_goals": away,
    }
    return pl.DataFrame([*rows, now]).select(READ)


def quotes(*books: tuple[str, str, str, float | None, tuple[float, ...]]) -> pl.LazyFrame:
    """Books of (bookmaker, kind, market, line, probabilities)."""
    names: dict[int, dict[str, tuple[str, ...]]] = {
        2: {"over_under": ("over", "under"), "asian_handicap": ("home", "away")},
        3: {"1x2": ("home", "draw", "away")},
    }
    rows = [
        {
            "match_date": DATE, "match_id": "m", "league": "E0", "bookmaker": bookmaker, "kind": kind, "market": market,
            "line": line, "selection": name, "price": 1 / p, "overround": 1.0,
            **dict.fromkeys(("proportional", "power", "shin", "odds_ratio"), p),
        }
        for bookmaker, kind, market, line, chances in books
        for name, p in zip(names[len(chances)][market], chances, strict=True)
    ]  # fmt: skip
    return MARKET_PROBABILITIES.conform(pl.DataFrame(rows, schema=MARKET_PROBABILITIES.schema)).lazy()


PRICES = (
    ("average", "pre_match", "1x2", None, LINES["market"]),
    ("average", "pre_match", "over_under", 2.5, (0.52, 0.48)),
    ("average", "closing", "1x2", None, (0.55, 0.25, 0.2)),
    ("average", "closing", "over_under", 2.5, (0.6, 0.4)),
    ("average", "closing", "asian_handicap", -0.5, (0.53, 0.47)),
)


def met(*books: tuple[Any, ...], told: pl.DataFrame | None = None, played: pl.DataFrame | None = None) -> pl.DataFrame:
    return settle_markets(
        predictions() if told is None else told, past() if played is None else played, quotes(*books),
        BEST_PRICES.empty().lazy(),
    )  # fmt: skip


def one(rows: pl.DataFrame, line: str, market: str) -> dict[str, Any]:
    (row,) = rows.filter(line=line, market=market).iter_rows(named=True)
    return row


def test_every_market_is_met_on_every_line_that_says_something_of_it():
    rows = met(*PRICES)
    by_line = {line: set(part["market"]) for (line,), part in rows.group_by("line")}
    assert set(by_line) == {"model", "market", "blend", "closing", "climatology", "poisson"}
    assert all(markets == set(MATRIX_MARKETS) for markets in by_line.values())
    assert rows["complete"].all()


def test_lines_that_know_prices_have_the_market_s_total_and_the_model_its_own():
    rows = met(*PRICES)
    over = {line: one(rows, line, "over_under_2.5")["probability"] for line in ("model", "market", "blend", "closing")}
    own = coherent(np.array([RATES]), np.array([RHO]), np.array([LINES["model"]]))[0]
    assert over["model"] == pytest.approx(own[np.add.outer(np.arange(16), np.arange(16)) > 2.5].sum())
    assert (over["market"], over["blend"], over["closing"]) == pytest.approx((0.52, 0.52, 0.6))


def test_at_the_close_prices_tell_where_there_are_any_and_the_matrix_that_agrees_with_them_elsewhere():
    rows = met(*PRICES)
    assert one(rows, "closing", "asian_handicap")["probability"] == 0.53
    at_close = coherent(np.array([RATES]), np.array([RHO]), np.array([(0.55, 0.25, 0.2)]), np.array([0.6]))[0]
    assert one(rows, "closing", "both_teams_to_score")["probability"] == pytest.approx(at_close[1:, 1:].sum())


def test_a_handicap_is_scored_at_its_closing_line_whoever_forecasts():
    rows = met(*PRICES).filter(market="asian_handicap")
    assert rows["goals_line"].unique().to_list() == [-0.5]
    assert one(rows, "model", "asian_handicap")["probability"] == pytest.approx(0.5)  # at -0.5 it is the home win
    assert one(rows, "model", "asian_handicap")["log_loss"] == pytest.approx(-log(0.5))


def test_the_divergence_is_of_markets_with_a_price_and_nought_of_the_price_itself():
    rows = met(*PRICES)
    assert set(rows.drop_nulls("divergence")["market"]) == set(PRICED_MARKETS)
    expected = 0.6 * log(0.6 / 0.52) + 0.4 * log(0.4 / 0.48)
    assert one(rows, "market", "over_under_2.5")["divergence"] == pytest.approx(expected)
    assert one(rows, "closing", "over_under_2.5")["divergence"] == 0.0


def test_without_closing_totals_and_handicaps_these_markets_are_not_compared():
    rows = met(*PRICES[:3])
    complete = rows.filter("complete")
    assert set(complete["market"]) == set(MATRIX_MARKETS) - {*PRICED_MARKETS, "handicap_and_over"}
    assert rows.filter(market="over_under_2.5", line="closing").is_empty()
    assert rows.filter(market="asian_handicap").is_empty()


def test_a_handicap_of_several_lines_is_the_one_with_level_prices_and_the_average_comes_first():
    further = (
        ("average", "closing", "asian_handicap", -1.0, (0.36, 0.64)),
        ("pinnacle", "closing", "asian_handicap", -0.25, (0.5, 0.5)),
    )
    assert met(*PRICES, *further).filter(market="asian_handicap")["goals_line"].unique().to_list() == [-0.5]


def test_a_stake_that_is_given_back_is_no_row():
    level = ("average", "closing", "asian_handicap", -1.0, (0.5, 0.5))
    assert met(*PRICES[:4], level).filter(market="asian_handicap").is_empty()


@pytest.mark.parametrize("status", ["scheduled", "postponed", "abandoned"])
def test_only_finished_matches_are_settled(status):
    assert met(*PRICES, played=past(status=status)).rows() == []


def test_without_prices_the_model_alone_is_settled_beside_climatology():
    rows = met(told=predictions({"model": LINES["model"]}))
    assert set(rows["line"]) == {"model", "climatology"}
    assert not rows["complete"].any()
