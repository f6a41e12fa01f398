"""The page of a match: its forecast, scores, markets beside prices, reasons and record; and the card of it."""

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest

from soccer_assets.club_ids import team_id
from soccer_assets.odds.schema import BEST_PRICES, MARKET_PROBABILITIES
from soccer_assets.predictions.schema import (
    EXPLANATIONS,
    FORECAST_SCENARIOS,
    MARKETS,
    PREDICTION_LEDGER,
    SIMILAR_MATCHES,
)
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Table

Client = Any  # see conftest
#: Ended 3 : 2; the blend gave 45, 30 and 25 of a hundred.
MATCH = {"match_date": dt.date(2024, 8, 3), "match_id": "SP1.202425.ath-bilbao.betis"}
PAGE = f"/matches/{MATCH['match_id']}"
LATER = "/matches/SP1.202425.betis.ath-bilbao"
TO_COME = "/matches/E0.202425.everton.fulham"
KICK_OFF = dt.datetime(2024, 8, 3, 15, tzinfo=dt.UTC)


def quotes(hours: int, bookmaker: str, kind: str, *probabilities: float) -> list[dict[str, Any]]:
    """The 1X2 of a bookmaker so many hours before kick-off, without a margin."""
    return [
        {
            **MATCH, "league": "SP1", "bookmaker": bookmaker, "market": "1x2", "kind": kind, "selection": selection,
            "price": 1 / share, "quoted_at": KICK_OFF - dt.timedelta(hours=hours), "overround": 1.0,
            **dict.fromkeys(("proportional", "power", "shin", "odds_ratio"), share),
        }
        for selection, share in zip(("home", "draw", "away"), probabilities, strict=True)
    ]  # fmt: skip


def bet(market: str, selection: str, won: float, goals_line: float | None = None, push: float = 0.0) -> dict[str, Any]:
    lost = 1 - won - push
    return {
        **MATCH, "line": "blend", "market": market, "goals_line": goals_line, "selection": selection, "won": won,
        "half_won": 0.0, "push": push, "half_lost": 0.0, "lost": lost, "fair_odds": 1 + lost / won,
    }  # fmt: skip


def entry(number: int, line: str, p_home: float, hours: int) -> dict[str, Any]:
    return {
        **MATCH, "number": number, "line": line, "kick_off_at": KICK_OFF, "p_home": p_home, "p_draw": 0.3,
        "p_away": 0.7 - p_home, "code_version": "1", "sealed_at": KICK_OFF - dt.timedelta(hours=hours),
        "previous_hash": "0" * 64, "hash": f"{number:064x}", "home_goals_expected": 1.5, "away_goals_expected": 1.1,
        "rho": 0.0,
    }  # fmt: skip


def term(name: str, home_away: float, description: str, **feature: Any) -> dict[str, Any]:
    return {**MATCH, "line": "blend", "term": name, "description": description, "home_away": home_away, "draw": 0.1,
            **feature}  # fmt: skip


@pytest.fixture
def described(lake: Lake) -> None:
    """All that a page shows of `MATCH`, before an application reads the lake."""

    def write(table: Table, rows: list[dict[str, Any]]) -> None:
        lake.replace(table.name, pl.DataFrame(rows, schema=table.schema).sort(table.key), None)

    of_match = pl.col("match_id") == MATCH["match_id"]
    goals = {"home_goals_expected": 1.5, "away_goals_expected": 1.1, "rho": 0.0}
    known = {name: pl.when(of_match).then(value).otherwise(name).alias(name) for name, value in goals.items()}
    lake.replace("predictions", lake.read("predictions").with_columns(**known), None)
    write(MARKET_PROBABILITIES, [
        *quotes(48, "bet365", "pre_match", 0.4, 0.3, 0.3), *quotes(48, "bwin", "pre_match", 0.44, 0.3, 0.26),
        *quotes(0, "bet365", "closing", 0.5, 0.3, 0.2),
    ])  # fmt: skip
    write(BEST_PRICES, [{
        **MATCH, "league": "SP1", "market": "1x2", "selection": "home", "bookmakers": 2, "best_price": 2.5,
        "best_bookmaker": "bwin", "best_quoted_at": KICK_OFF - dt.timedelta(hours=48), "opening": 2.4, "closing": 2.0,
        "kick_off_at": KICK_OFF,
    }])  # fmt: skip
    scores = [bet("correct_score", f"{i}-{j}", 0.001 + 0.02 * (i == j)) for i in range(4) for j in range(4)]
    write(MARKETS, [
        bet("1x2", "home", 0.45), bet("1x2", "draw", 0.3), bet("1x2", "away", 0.25),
        bet("over_under", "over", 0.5, 2.5), bet("over_under", "under", 0.5, 2.5), bet("over_under", "over", 0.97, 0.5),
        bet("over_under", "under", 0.03, 0.5), bet("asian_handicap", "away", 0.25, 0.0, push=0.3),
        bet("asian_handicap", "away", 0.55, -0.5), *scores,
    ])  # fmt: skip
    strength = {"feature": "elo_diff", "feature_description": "home less away: Elo", "feature_value": 151.0}
    write(EXPLANATIONS, [
        term("elo", 0.6, "Elo ratings", **strength), term("rest", -0.2, "rest and crowded weeks"),
        term("base", math.log(45 / 25) - 0.4, "two average clubs"), term("goals", 0.001, "goals of late"),
        term("xg", -0.001, "expected goals of late"),
    ])  # fmt: skip
    write(SIMILAR_MATCHES, [{
        **MATCH, "rank": 1, "similar_match_id": "SP1.202425.ath-bilbao.barcelona",
        "similar_match_date": dt.date(2023, 5, 6), "home": "Ath Bilbao", "away": "Getafe", "home_goals": 4,
        "away_goals": 1, "distance": 0.2,
    }])  # fmt: skip
    write(FORECAST_SCENARIOS, [{
        **MATCH, "line": "blend", "scenario": "no_price", "description": "no bookmaker quotes the match",
        "p_home": 0.5, "p_draw": 0.3, "p_away": 0.2, "change_home": 0.05, "change_draw": 0.0, "change_away": -0.05,
    }])  # fmt: skip
    write(PREDICTION_LEDGER, [entry(1, "blend", 0.4, 30), entry(2, "model", 0.5, 30), entry(3, "blend", 0.45, 3)])


@pytest.fixture
def unforecast(lake: Lake) -> None:
    """`MATCH` without its forecast."""
    lake.replace("predictions", lake.read("predictions").filter(pl.col("match_id") != MATCH["match_id"]), None)


pytestmark = pytest.mark.asyncio


async def test_the_head_says_who_when_and_whether_the_forecast_held(described: None, client: Client, page: Any) -> None:
    found = await page(client, PAGE)
    assert "Ath Bilbao 3 : 2 Betis" in found.words
    assert "Spain, La Liga, season 2024/25 · Sat 3 Aug 2024, kick-off 15:00 UTC" in found.words
    assert "The home win had been given 45 % by the blend: the likeliest outcome happened." in found.words
    clubs = [f"/teams/{team_id('Spain', club)}" for club in ("Ath Bilbao", "Betis")]
    assert found.attributes("a", "href").count(clubs[0]) == 1 and "/leagues/SP1" in found.attributes("a", "href")
    assert [label for label in found.attributes("svg", "aria-label") if "draw" in label] == [
        "model: home 50 %, draw 30 %, away 20 %", "market: home 40 %, draw 30 %, away 30 %",
        "blend: home 45 %, draw 30 %, away 25 %",
    ]  # fmt: skip
    assert "sealed Sat 3 Aug 2024, 12:00 UTC as row 3 of the ledger" in found.words


async def test_the_table_of_scores_sums_to_the_forecast_and_frames_what_happened(
    described: None, client: Client, page: Any
) -> None:
    matrix = (await client.get(f"{PAGE}/score-matrix?line=blend")).json()["items"][0]["matrix"]
    found = await page(client, PAGE)
    cells = [attrs["class"] for tag, attrs in found.tags if tag == "td" and (attrs.get("class") or "").startswith("h")]
    assert len(cells) == 64
    assert [number for number, kind in enumerate(cells) if "happened" in kind] == [3 * 8 + 2]
    likeliest = max(((i, j) for i in range(7) for j in range(7)), key=lambda score: matrix[score[0]][score[1]])
    share = 100 * matrix[likeliest[0]][likeliest[1]]
    assert f"Likeliest scores: {likeliest[0]}–{likeliest[1]} ({share:.0f} %)" in found.words
    home = sum(goals * sum(row) for goals, row in enumerate(matrix))
    assert f"Ath Bilbao {home:.2f}" in found.words
    without_goals = [100 * sum(matrix[0]), 100 * sum(row[0] for row in matrix)]
    assert f"all {without_goals[1]:.0f}" in found.words and f" {without_goals[0]:.0f} 1 " in found.words


async def test_markets_stand_beside_the_best_prices(described: None, client: Client, page: Any) -> None:
    words = (await page(client, PAGE)).words
    assert "home 45 % 2.22 2.50 +12.5 % bwin," in words  # fair: 1 / 0.45
    assert "draw 30 % 3.33 – – –" in words
    assert "over 2.5 50 % 2.00" in words and "over 0.5" not in words  # nobody needs a bet that is almost won
    assert "away 0 25 % 30 % 2.80" in words  # 30 % is given back, so 0.45 are lost for 0.25 that win
    assert "away +0.5 55 % 0 % 1.82" in words
    assert words.count("0–0 2 % 47.62") == 1 and "4 further bets are in the data" in words


async def test_prices_over_time_are_a_table_and_a_step_line(described: None, client: Client, page: Any) -> None:
    answer = await client.get(PAGE, headers={"accept": "text/html"})
    words = (await page(client, PAGE)).words
    assert "home 2.40 – 2.00" in words and "of 2 bookmakers without their margin, seen at 2 times" in words
    plot = answer.text.split("<title>probability of home, draw and away")[1].split("</svg>")[0]
    home = plot.split("<polyline")[1].split('points="')[1].split('"')[0].split()
    heights = [float(corner.split(",")[1]) for corner in home]
    assert len(home) == 4 and heights[0] == heights[1] > heights[2] == heights[3]  # 42 %, then the mean of 50 and 44


async def test_reasons_are_sorted_and_sum_to_the_odds_of_both_clubs(described: None, client: Client, page: Any) -> None:
    found = await page(client, PAGE)
    why = found.words.split("Adds To a draw ")[1]
    assert why.startswith("Elo ratings home less away: Elo: 151.00 +0.60 +0.10 rest and crowded weeks −0.20 +0.10 two")
    assert "2 smaller reasons together" in why
    assert f"All: 45 % home against 25 % away +{math.log(45 / 25):.2f}" in why
    assert "no bookmaker quotes the match 50 % +5.0 30 % +0.0 20 % −5.0" in why
    assert "Sat 6 May 2023: Ath Bilbao – Getafe 4 : 1" in why and "Home wins: 1, draws: 0, away wins: 0." in why
    sealed = why.split("Record of this forecast")[1]
    assert "1 blend Fri 2 Aug 2024, 09:00 UTC 40 % 30 % 30 %" in sealed and "3 blend Sat 3 Aug 2024" in sealed


async def test_another_line_is_asked_for_by_the_address(described: None, client: Client, page: Any) -> None:
    found = await page(client, PAGE, 200, line="market")
    assert "The home win had been given 40 % by the market" in found.words
    assert "it has no reasons of its own" in found.words
    refused = await client.get(f"{PAGE}?line=challenger", headers={"accept": "text/html"})
    assert refused.status_code == 400 and "expected one of model, market, blend" in refused.text


async def test_clubs_have_their_last_matches_and_meetings_with_what_was_forecast(reader: Client, page: Any) -> None:
    words = (await page(reader, LATER)).words
    meetings = words.split("Earlier meetings")[1]
    assert "Ath Bilbao – Betis Sat 3 Aug 2024 3 : 2 45 %" in meetings  # what the blend gave to it
    last = words.split("Last matches of Betis")[1].split("Last matches of Ath Bilbao")[0]
    assert "Ath Bilbao – Betis" in last and "Elo rating after each match" in words


async def test_a_match_to_come_can_be_forecast_with_other_prices(reader: Client, page: Any) -> None:
    found = await page(reader, TO_COME)
    fields = {attrs["name"]: attrs.get("value") for tag, attrs in found.tags if tag == "input" and attrs.get("name")}
    assert fields["date"] == "2024-10-05" and fields["league"] == "E0" and fields["kind"] == "forecast"
    assert fields["home"] == team_id("England", "Everton") and "prices.over_2_5" in fields
    assert "What if" not in (await page(reader, LATER)).words
    assert "No price of this match is known." in found.words and "was sealed before kick-off" in found.words


async def test_a_match_without_a_forecast_says_what_to_run(unforecast: None, client: Client, page: Any) -> None:
    found = await page(client, PAGE)
    assert "No forecast of this match is stored." in found.words and "uv run soccer predict" in found.words
    assert "Ath Bilbao 3 : 2 Betis" in found.words
    await page(client, "/matches/none", 404)


async def test_the_card_may_be_shown_by_any_site_and_runs_nothing(reader: Client, page: Any) -> None:
    answer = await reader.get(f"{PAGE}/card")
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors *" in policy and "script-src" not in policy and "<script" not in answer.text
    words = (await page(reader, f"{PAGE}/card")).words
    assert "Ath Bilbao 3 : 2 Betis" in words and "45 % 30 % 25 %" in words and "what happened had 45 %" in words
    assert len(answer.content) < 2000
    whole = await reader.get(PAGE, headers={"accept": "text/html"})
    assert "frame-ancestors 'none'" in whole.headers["content-security-policy"]
