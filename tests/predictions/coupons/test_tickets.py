import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import CouponError
from soccer_assets.odds.schema import MARKET_PROBABILITIES
from soccer_assets.predictions.coupons.schema import Accumulator, Leg, Pool, PoolFixture
from soccer_assets.predictions.coupons.tickets import price_coupon
from soccer_assets.storage.lake import Lake

DATE = dt.date(2025, 3, 1)
P = {"model": (0.5, 0.3, 0.2), "blend": (0.45, 0.28, 0.27)}
QUOTE = {"match_date": DATE, "match_id": "m0", "league": "E0", "bookmaker": "average", "market": "over_under",
         "line": 2.5, "kind": "pre_match", "price": 1.8, "overround": 1.05}  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path, predictions) -> Lake:
    """Three coming matches; the first is priced, so it has a blend with a total of its own."""
    lake = Lake(str(tmp_path / "lake"))
    rows = [{"match_id": f"m{n}", "line": "model", "p_home": P["model"][0] + n / 100, "p_draw": P["model"][1],
             "p_away": P["model"][2] - n / 100} for n in range(3)]  # fmt: skip
    rows.append(
        {
            "match_id": "m0",
            "line": "blend",
            "p_over": 0.6,
            **dict(zip(("p_home", "p_draw", "p_away"), P["blend"], strict=True)),
        }
    )
    forecasts = predictions(*rows)
    lake.replace("predictions", forecasts, None)
    quotes = [QUOTE | {"selection": "over", "power": 0.6}, QUOTE | {"selection": "under", "power": 0.4}]
    lake.replace("market_probabilities", pl.DataFrame(quotes, schema=MARKET_PROBABILITIES.schema), None)
    goals = {name: pl.lit(None, dtype=pl.Int16) for name in ("home_goals", "away_goals")}
    matches = forecasts.select("match_date", "match_id", status=pl.lit("scheduled"), **goals).unique()
    lake.replace("matches", matches, None)
    return lake


def test_an_accumulator_takes_the_blend_where_there_is_one_and_its_total(lake):
    legs = [Leg("m0", "over_under", "over", 2.5), Leg("m1", "1x2", "home")]
    report = price_coupon(lake, Accumulator(legs))
    assert [each.line for each in report.combinations] == ["blend", "model"]
    assert [each.chance for each in report.combinations] == pytest.approx([0.6, 0.51])
    assert report.result == "open"
    model = price_coupon(lake, Accumulator([Leg("m0", "1x2", "home")], line="model"))
    assert model.chance == pytest.approx(0.5)


def test_a_pool_says_the_chance_of_its_ticket_hits_columns_and_the_system_looked_for(lake):
    picks = PoolFixture("m0", ["home", "draw"]), PoolFixture("m1"), PoolFixture("m2", ["away"])
    report = price_coupon(lake, Pool(list(picks), price=10.0, columns=27, probability=0.5))
    covered = [0.73, 0.51, 0.18]
    assert report.chance == pytest.approx(np.prod(covered))
    assert report.columns == 2
    assert report.fair_price == pytest.approx(2 / np.prod(covered))
    assert report.expected_value == pytest.approx(10 * np.prod(covered) / 2 - 1)
    assert report.margin == pytest.approx(1 - 10 * np.prod(covered) / 2)
    assert report.hits[3] == pytest.approx(report.chance)
    assert sum(report.hits) == pytest.approx(1)
    assert [fixture.chance for fixture in report.fixtures] == pytest.approx(covered)
    assert report.likeliest[0].outcomes == "111"
    assert sum(column.chance for column in report.likeliest) == pytest.approx(1)
    assert report.system is not None and report.system.chance >= 0.5
    assert report.system.columns == 2**report.system.doubles * 3**report.system.trebles


def test_emphasis_moves_columns_and_never_chances(lake):
    fixtures = [PoolFixture("m0"), PoolFixture("m1")]
    plain, drawn = (price_coupon(lake, Pool(fixtures, columns=9, draw_emphasis=factor)) for factor in (1, 10))
    assert drawn.likeliest[0].outcomes == "XX"
    assert drawn.chance == pytest.approx(0.28 * 0.3)
    chances = ({column.outcomes: column.chance for column in report.likeliest} for report in (plain, drawn))
    assert next(chances) == pytest.approx(next(chances))


def test_what_has_become_of_a_ticket_is_in_its_report(lake):
    result = pl.lit(2, dtype=pl.Int16), pl.lit(0, dtype=pl.Int16)
    played = lake.read("matches").with_columns(
        pl.lit("finished").alias("status"), home_goals=result[0], away_goals=result[1]
    )
    lake.replace("matches", played, None)
    report = price_coupon(lake, Accumulator([Leg("m0", "1x2", "home", price=2.0), Leg("m1", "1x2", "home", price=1.5)]))
    assert report.result == "won" and report.returned == pytest.approx(3)
    pool = price_coupon(lake, Pool([PoolFixture("m0", ["home"]), PoolFixture("m1", ["draw"])]))
    assert (pool.result, pool.right) == ("lost", 1)


def test_a_match_without_a_forecast_is_named_and_a_ticket_that_is_none_is_refused_first(lake):
    with pytest.raises(CouponError, match="with a forecast on the line market, found none of 'm1'") as refusal:
        price_coupon(lake, Accumulator([Leg("m1", "1x2", "home")], line="market"))
    assert refusal.value.reason == "unknown-match"
    with pytest.raises(CouponError, match="expected 1 to 20 fixtures, found 21"):
        price_coupon(lake, Pool([PoolFixture(f"z{n}") for n in range(21)]))
    with pytest.raises(CouponError, match="found 'm1' more than once"):
        price_coupon(lake, Pool([PoolFixture("m1"), PoolFixture("m1")]))
    with pytest.raises(CouponError, match="a probability to cover or a budget, found both"):
        price_coupon(lake, Pool([PoolFixture("m1")], probability=0.5, budget=4))
    with pytest.raises(CouponError, match="above 1, found 1.0"):
        price_coupon(lake, Pool([PoolFixture("m1")], price=1.0))
