import asyncio
from typing import Any

import pytest

from serving.security import edge
from soccer_assets.leagues import LEAGUES
from tests.serving.conftest import DRIFT

pytestmark = pytest.mark.asyncio(loop_scope="session")
Client = Any  # see conftest


async def rows_of(reader: Client, path: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = await reader.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_leagues_are_all_listed_with_what_the_lake_has(reader: Client) -> None:
    leagues = {league["code"]: league for league in await rows_of(reader, "/leagues")}
    assert set(leagues) == set(LEAGUES)
    assert leagues["SP1"] == {
        "code": "SP1",
        "country": "Spain",
        "name": "La Liga",
        "tier": 1,
        "matches": 12,
        "first_date": "2024-08-03",
        "last_date": "2024-09-07",
        "forecasts": 12,
    }
    assert leagues["D1"]["matches"] == 0 and leagues["D1"]["first_date"] is None
    assert leagues["E0"]["matches"] == 31 and leagues["E0"]["forecasts"] == 30  # one match is on two dates


async def test_matches_come_by_date_and_id_with_goals_when_finished(reader: Client) -> None:
    items = await rows_of(reader, "/matches", limit=500)
    keys = [(item["match_date"], item["match_id"]) for item in items]
    assert keys == sorted(keys) and len(keys) == 43
    assert items[0] == {
        "match_id": "E0.202425.arsenal.chelsea",
        "league": "E0",
        "season": "2024/25",
        "match_date": "2024-08-03",
        "status": "finished",
        "home": "Arsenal",
        "away": "Chelsea",
        "home_id": "england.arsenal",
        "away_id": "england.chelsea",
        "kick_off_at": "2024-08-03T15:00:00Z",
        "home_goals": 0,
        "away_goals": 0,
    }
    assert {item["status"] for item in items if item["home_goals"] is not None} == {"finished"}


async def test_a_club_has_one_id_and_every_name_with_its_source_and_dates(reader: Client) -> None:
    (arsenal,) = await rows_of(reader, "/teams", name="ARSENAL")
    assert arsenal == {
        "team_id": "england.arsenal",
        "country": "England",
        "sex": "men",
        "kind": "first",
        "leagues": ["E0"],
        "names": [
            {"name": "Arsenal", "source": "football-data", "script": "latin",
             "first_seen": "2024-08-03", "last_seen": "2024-09-28"},
            {"name": "Arsenal FC", "source": "whoscored", "script": "latin",
             "first_seen": "2024-08-10", "last_seen": "2024-09-28"},
        ],
    }  # fmt: skip
    assert [club["team_id"] for club in await rows_of(reader, "/teams", name="arsenal fc")] == ["england.arsenal"]
    assert [club["team_id"] for club in await rows_of(reader, "/teams", league="SP1")] == [
        "spain.ath-bilbao", "spain.barcelona", "spain.betis", "spain.sevilla",
    ]  # fmt: skip
    assert (await reader.get("/teams", params={"league": "E9"})).status_code == 422


async def test_matches_are_filtered_by_league_dates_and_status_together(reader: Client) -> None:
    wanted = {"league": "E0", "date_from": "2024-09-21", "date_to": "2024-09-28"}
    assert {item["match_date"] for item in await rows_of(reader, "/matches", **wanted)} == {
        "2024-09-21",
        "2024-09-28",
    }
    (moved,) = await rows_of(reader, "/matches", **wanted, status="postponed")
    assert moved["match_id"] == "E0.202425.everton.fulham"
    assert await rows_of(reader, "/matches", league="D1") == []


@pytest.mark.parametrize("path", ["/matches", "/predictions", "/quality"])
async def test_pages_joined_together_are_the_whole_list(reader: Client, path: str) -> None:
    whole = (await reader.get(path, params={"limit": 500})).json()
    size, following = 5, f"{path}?limit=5"
    parts: list[Any] = []
    while following:
        answer = await reader.get(following)
        page = answer.json()
        assert (page["total"], page["limit"]) == (whole["total"], size)
        assert answer.headers["x-total-count"] == str(whole["total"])
        assert len(page["items"]) == min(size, whole["total"] - len(parts))
        parts += page["items"]
        following = answer.links.get("next", {}).get("url")
        assert (following is None) == (page["next"] is None)
    assert parts == whole["items"]


async def test_a_page_holds_fifty_rows_unless_told_otherwise(reader: Client) -> None:
    page = (await reader.get("/matches")).json()
    assert (page["limit"], page["next"], page["total"], len(page["items"])) == (50, None, 43, 43)


async def test_a_forecast_has_its_lines_side_by_side(reader: Client) -> None:
    assert (await reader.get("/predictions/SP1.202425.ath-bilbao.betis")).json() == {
        "match_id": "SP1.202425.ath-bilbao.betis",
        "league": "SP1",
        "season": "2024/25",
        "match_date": "2024-08-03",
        "home": "Ath Bilbao",
        "away": "Betis",
        "kick_off_at": "2024-08-03T15:00:00Z",
        "status": "finished",
        "model": {"home": 0.5, "draw": 0.3, "away": 0.2},
        "market": {"home": 0.4, "draw": 0.3, "away": 0.3},
        "blend": {"home": 0.45, "draw": 0.3, "away": 0.25},
        "challenger": None,
        "model_version": "aaaaaaaaaaaa",
        "trained_through": "2024-07-31",
        "champion": False,
        "value_bets": [
            {
                "line": "model",
                "market": "1x2",
                "goals_line": None,
                "selection": "home",
                "probability": 0.5,
                "market_probability": 0.4,
                "edge": 0.1,
                "price": 2.3,
                "expected_value": 0.15,
                "stake": 0.02,
                "handicap": None,
            }
        ],
    }


async def test_lines_without_a_price_are_null(reader: Client) -> None:
    forecast = (await reader.get("/predictions/E0.202425.arsenal.chelsea")).json()
    assert forecast["market"] is None and forecast["blend"] is None and forecast["value_bets"] == []
    assert forecast["model"] == {"home": 0.5, "draw": 0.3, "away": 0.2}


async def test_a_moved_match_has_one_forecast_on_the_date_it_was_moved_to(reader: Client) -> None:
    moved = "E0.202425.everton.fulham"
    assert (await reader.get(f"/predictions/{moved}")).json()["match_date"] == "2024-10-05"
    items = await rows_of(reader, "/predictions", league="E0", limit=500)
    assert [item["match_date"] for item in items if item["match_id"] == moved] == ["2024-10-05"]


async def test_forecasts_are_filtered_by_league_dates_and_line(reader: Client) -> None:
    on_market = await rows_of(reader, "/predictions", line="market", limit=500)
    assert {item["league"] for item in on_market} == {"SP1"} and len(on_market) == 12
    day = await rows_of(reader, "/predictions", league="E0", date_from="2024-08-10", date_to="2024-08-10")
    assert [item["home"] for item in day] == ["Arsenal", "Arsenal", "Chelsea"]


async def test_a_listed_forecast_is_the_one_served_alone(reader: Client) -> None:
    for item in await rows_of(reader, "/predictions", limit=7, sort="-match_date"):
        assert (await reader.get(f"/predictions/{item['match_id']}")).json() == item


async def test_quality_is_the_newest_of_each_league(reader: Client) -> None:
    items = await rows_of(reader, "/quality", sample="complete", line="model")
    assert [(item["league"], item["match_date"], item["log_loss"]) for item in items] == [
        ("SP1", "2024-09-01", 0.98),
        ("ALL", "2024-09-30", 0.99),
        ("E0", "2024-09-30", 1.0),
    ]


async def test_the_history_of_quality_is_every_report_between_two_dates(reader: Client) -> None:
    items = await rows_of(reader, "/quality/history", league="E0", line="closing", sample="all", date_from="2024-01-01")
    assert [(item["match_date"], item["log_loss"]) for item in items] == [
        ("2024-09-01", 1.02),
        ("2024-09-30", 1.0),
    ]
    assert items[0]["log_loss_vs_closing"] is None
    assert len(await rows_of(reader, "/quality", league="ALL")) == 4


async def test_drift_is_the_newest_report(reader: Client) -> None:
    assert (await reader.get("/drift")).json() == {
        "match_date": "2024-09-30",
        "drift_share": 0.25,
        "columns": 4,
        "drifted": 1,
        "drifted_columns": ["elo_diff"],
        "threshold": None,
        "emptied_columns": ["elo_diff"],
        "current_matches": 80,
        "reference_matches": 900,
        "scores": [{"feature": name, "score": score} for name, score in DRIFT.items()],
    }


async def test_small_reads_pass_large_ones_that_were_asked_for_before(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = "/predictions?limit=500", "/health/live"
    monkeypatch.setattr(edge, "LARGE", len((await reader.get(small)).content) + 1)
    answered: list[str] = []

    async def read(path: str) -> None:
        assert (await reader.get(path)).status_code == 200
        answered.append(path)

    await asyncio.gather(*map(read, [large] * 40 + [small] * 10))
    assert answered[-20:] == [large] * 20
