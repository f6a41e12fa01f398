"""Value and coupon: what is bet on, what it earned, and what is staked."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from serving.app import create_app
from soccer_assets.monitoring.schema import BACKTEST_REPORT, SETTLED_BETS
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
DAY = dt.date(2024, 9, 28)


@pytest.fixture
def on_day(open_client: Any, settings: Any, serving: Any) -> Callable[..., Any]:
    return lambda: open_client(create_app(replace(settings, today=DAY), serving))


async def test_bets_of_the_blend_come_first_and_those_the_model_shares_are_no_disagreement(
    on_day: Any, page: Any, lake: Lake
) -> None:
    bet = lake.read("value_bets").with_columns(match_date=pl.lit(DAY), odds_age_hours=pl.lit(5.0))
    handicap = bet.with_columns(
        market=pl.lit("asian_handicap"), goals_line=pl.lit(-0.5), selection=pl.lit("away"), edge=pl.lit(0.2), stale=pl.lit(True)
    )  # fmt: skip
    lake.replace("value_bets", pl.concat([bet, bet.with_columns(line=pl.lit("blend")), handicap]), None)
    async with on_day() as client:
        found = await page(client, "/value", bank="500")
        blend, model = found.words.split("Bets of the blend")[1].split("Disagreements")
        assert "Ath Bilbao – Betis Sat 28 Sep 2024, SP1 home 1X2 50 % 40 % +10.0 2.30 +15.0 % 10.00 5 h" in blend
        assert "1 bet, 10.00 of 500 staked in all." in blend
        assert "away +0.5 Asian handicap" in model and "home 1X2" not in model and "1 of 2 are shown" in model
        assert "old" in model
        fresh = await page(client, "/value", fresh="yes", min_edge="0.1")
        assert "away +0.5" not in fresh.words and "1 bet, 2.00 of 100 staked" in fresh.words
        assert "None of the coming matches has one." in (await page(client, "/value", league="E0")).words
        assert "bank: expected an amount from 1" in (await page(client, "/value", 400, bank="nan")).words


async def test_what_bets_earned_is_said_with_the_deepest_fall_and_with_luck(on_day: Any, page: Any, lake: Lake) -> None:
    profits = [1.5, -1.0, -1.0, 0.5, -1.0, 2.0]
    bets = [
        dict.fromkeys(SETTLED_BETS.schema) | {
            "match_date": DAY - dt.timedelta(days=20 - number), "match_id": f"E0.{number}", "league": "E0",
            "season": "2024/25", "line": "blend", "market": "1x2", "selection": "home", "edge": 0.1, "price": 2.0,
            "result": "won" if profit > 0 else "lost", "profit": profit, "stake": 0.01,
        }
        for number, profit in enumerate(profits)
    ]  # fmt: skip
    lake.replace("settled_bets", pl.DataFrame(bets, schema=SETTLED_BETS.schema), None)
    report = dict.fromkeys(BACKTEST_REPORT.schema) | {
        "match_date": DAY, "period": "ever", "slice": "all", "value": "all", "line": "blend", "market": "1x2", "bets": 6,
        "flat_yield": 1 / 6, "flat_yield_low": -0.5, "flat_yield_high": 0.8, "expected_max_yield": 0.25,
        "configurations": 40, "clv": 0.013, "bank": 1.02, "matches": 6,
    }  # fmt: skip
    league = report | {"slice": "league", "value": "E0"}
    lake.replace("backtest_report", pl.DataFrame([report, league], schema=BACKTEST_REPORT.schema), None)
    async with on_day() as client:
        found = await page(client, "/value")
    assert "6 bets of the blend returned +16.7 % per unit (95 % interval −50.0 to +80.0 %)." in found.words
    assert "The best of the 40 models tried would be expected to return +25.0 % by luck alone." in found.words
    assert "bought +1.3 % better" in found.words
    # 1.5, 0.5, -0.5, 0, -1, 1: from 1.5 down to -1
    assert "Bets settled 6 Won 50 % Profit, a unit each +1.0 Deepest fall 2.5" in found.words
    assert (
        "profit of the blend's bets, a unit on each" in found.words and "profit per unit, 95 % interval" in found.words
    )


async def test_a_coupon_offers_the_coming_matches_with_their_best_prices(on_day: Any, page: Any) -> None:
    async with on_day() as client:
        found = await page(client, "/coupon", league="E0", date_to="2024-09-28")
        assert "No coming match has a forecast here." in (await page(client, "/coupon", date_from="2030-01-01")).words
    legs = [attrs["value"] for tag, attrs in found.tags if tag == "input" and attrs.get("name") == "legs[]"]
    assert len(legs) == 9 and all('"market": "1x2"' in leg for leg in legs)
    assert found.words.count("home 50 %") == 3
    fixtures = [attrs["value"] for tag, attrs in found.tags if tag == "input" and attrs.get("name") == "fixtures[]"]
    assert len(fixtures) == 3 and "No bet is advice." in found.words
