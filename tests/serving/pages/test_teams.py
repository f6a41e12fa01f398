"""Clubs: the search, and a club's season, matches, results against forecasts, strength and names."""

import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace

from serving.app import create_app
from serving.settings import ServingSettings
from soccer_assets.settings import Settings

Client = Any  # see conftest
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_without_a_search_clubs_stand_under_the_league_of_their_newest_season(reader: Client, page: Any) -> None:
    found = await page(reader, "/teams")
    assert "England, Premier League Arsenal Chelsea Everton Fulham Man United Nott'm Forest" in found.words
    assert "Spain, La Liga Ath Bilbao Barcelona Betis Sevilla" in found.words
    assert "/teams/england.nottm-forest" in found.attributes("a", "href")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"name": "BÉTIS"}, "1 club with “BÉTIS” in a name Betis Spain: La Liga"),
        ({"name": "arsenal fc"}, "Arsenal England: Premier League; also Arsenal FC"),
        ({"name": "a", "league": "SP1"}, None),
        ({"league": "SP1"}, "4 clubs that ever played in Spain, La Liga Ath Bilbao"),
        ({"name": "nobody"}, "0 clubs with “nobody” in a name No club has that in a name."),
    ],
)
async def test_a_club_is_found_by_any_of_its_names(reader: Client, page: Any, query: Any, said: str | None) -> None:
    found = await page(reader, "/teams", 200 if said else 400, **query)
    assert (said or "name: expected a text of 2 to") in found.words


async def test_a_club_has_its_season_and_its_names(reader: Client, page: Any) -> None:
    found = await page(reader, "/teams/spain.betis")
    assert "Season 2024/25: forecast of Sat 17 Aug 2024" in found.words
    assert "Position now 3 of 4 Points now 4 from 3 Final points 50.5 40 to 60 Title 25 %" in found.words
    assert "Betis football-data latin Sat 3 Aug 2024 Sat 7 Sep 2024" in found.words
    arsenal = await page(reader, "/teams/england.arsenal")
    assert "There is no forecast of this club's season." in arsenal.words
    assert "Arsenal FC whoscored latin" in arsenal.words
    assert "expected" in (await page(reader, "/teams/spain.nobody", 404)).words


async def test_points_won_stand_beside_those_expected(reader: Client, page: Any) -> None:
    found = await page(reader, "/teams/spain.betis")
    # three matches at home of 3 * 0.45 + 0.3 points, three away of 3 * 0.25 + 0.3; two wins and a draw
    assert "7 points from 6 matches with a forecast, which expected 8.1, give or take 6.0" in found.words
    assert "Chance alone can explain the difference." in found.words
    assert "Barcelona home 1 : 2 45 % 30 % 25 % 0 1.65" in found.words
    assert "Sevilla away 1 : 1 25 % 30 % 45 % 1 1.05" in found.words
    assert "points by match of the season" in found.words
    assert (
        "No match with a forecast has been played in 1999/00."
        in (await page(reader, "/teams/spain.betis", season="1999/00")).words
    )


async def test_ratings_are_drawn_with_their_uncertainty(reader: Client, page: Any) -> None:
    found = await page(reader, "/teams/spain.betis")
    assert "Elo rating after each match" in found.words
    assert "strength after each match, in log-odds, with a 95 % interval" in found.words
    assert "by goals, shots and corners" in found.words and "by prices of its matches" not in found.words


async def test_matches_to_come_have_their_forecasts(
    open_client: Any, page: Any, settings: Settings, serving: ServingSettings
) -> None:
    async with open_client(create_app(replace(settings, today=dt.date(2024, 9, 22)), serving)) as client:
        found = await page(client, "/teams/england.everton")
        cards = (await client.get("/teams/england.everton/cards", params={"status": "scheduled"})).json()
    coming = found.words.split("Coming matches")[1].split("Results against forecasts")[0]
    assert coming.count("50 % 30 % 20 %") == cards["total"] * 2 and "Everton Fulham" in coming
