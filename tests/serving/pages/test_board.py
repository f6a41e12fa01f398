"""The board: each match in one row, by day and league."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from serving.app import create_app
from serving.settings import ServingSettings
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
#: A day of the small world on which some matches are played and others are to come.
DAY = dt.date(2024, 9, 28)
IN_E0 = (pl.col("match_date") == DAY) & (pl.col("league") == "E0")


@pytest.fixture
def on_day(open_client: Any, settings: Settings, serving: ServingSettings) -> Callable[..., Any]:
    """An application on `DAY`, with so many matches in a list of a page."""
    return lambda page_matches=60: open_client(
        create_app(replace(settings, today=DAY), replace(serving, page_matches=page_matches))
    )


@pytest.mark.asyncio(loop_scope="session")
async def test_a_row_has_clubs_score_bar_and_what_was_given_to_the_result(reader: Client, page: Any) -> None:
    found = await page(reader, "/", league="SP1", date_to="2024-08-03")
    matches = [address for address in found.attributes("a", "href") if address.startswith("/matches")]
    assert matches == [f"/matches/SP1.202425.ath-bilbao.{away}" for away in ("barcelona", "betis")]
    assert "Sat 3 Aug 2024 Spain, La Liga 15:00 UTC Ath Bilbao Barcelona" in found.words
    assert "0 : 0 30 %" in found.words  # the draw had 30 % on the blend
    assert "3 : 2 45 %" in found.words
    market = "market: home 40 %, draw 30 %, away 30 %"
    assert found.attributes("svg", "aria-label")[:4] == [
        f"blend: home 45 %, draw 30 %, away 25 %; {market}", "model: home 50 %, draw 30 %, away 20 %", market,
        "blend: home 45 %, draw 30 %, away 25 %",
    ]  # fmt: skip
    assert found.attributes("rect", "width")[:3] == ["45.00%", "30.00%", "25.00%"]
    assert found.attributes("rect", "x")[:3] == ["0", "45.00%", "75.00%"]
    assert found.attributes("line", "x1")[:2] == ["40.00%", "70.00%"]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_moved_match_stands_on_its_new_day_alone(reader: Client, page: Any) -> None:
    found = await page(reader, "/", league="E0", date_from="2024-09-21")
    assert found.words.count("Everton Fulham") == 1
    assert "Everton Fulham" in found.words.split("Sat 5 Oct 2024")[1]


@pytest.mark.parametrize("status", ["finished", "abandoned", "awarded", "void"])
async def test_a_match_that_is_over_today_is_played(on_day: Any, page: Any, lake: Lake, status: str) -> None:
    rows = lake.read("matches")
    over = IN_E0 & (pl.col("home") == rows.filter(IN_E0)["home"].min())
    goals = 2 if status in ("finished", "awarded") else None
    rows = rows.with_columns(
        status=pl.when(over).then(pl.lit(status)).otherwise("status"),
        **{f"{side}_goals": pl.when(over).then(goals).otherwise(f"{side}_goals") for side in ("home", "away")},
    )
    lake.replace("matches", rows.with_columns(pl.col("home_goals", "away_goals").cast(pl.Int16)), None)
    (one,) = rows.filter(over).to_dicts()
    name = f"{one['home']} {one['away']}"
    async with on_day() as client:
        today = await page(client, "/", league="E0")
        coming = await page(client, "/", league="E0", status="coming")
        played = await page(client, "/", league="E0", status="played")
    assert "1 to 7 of 7 matches" in today.words and "1 to 6 of 6 matches" in coming.words
    assert name in today.words and name in played.words and name not in coming.words
    assert ("2 : 2" if goals else status) in played.words.split(name)[1][:150]


async def test_a_match_under_way_is_coming(on_day: Any, page: Any, lake: Lake) -> None:
    goals = {
        f"{side}_goals": pl.when(IN_E0).then(1).otherwise(f"{side}_goals").cast(pl.Int16) for side in ("home", "away")
    }
    under_way = pl.when(IN_E0).then(pl.lit("in_play")).otherwise("status")
    lake.replace("matches", lake.read("matches").with_columns(status=under_way, **goals), None)
    async with on_day() as client:
        assert (await page(client, "/", league="E0", status="coming")).words.count("1 : 1") == 3


async def test_a_match_whose_league_is_a_day_behind_is_coming(on_day: Any, page: Any, lake: Lake) -> None:
    """23:30 in the west is half past three of the next day in UTC."""
    kick_off = dt.datetime(2024, 9, 29, 3, 30, tzinfo=dt.UTC)
    row = lake.read("predictions").head(1).with_columns(
        match_date=pl.lit(DAY - dt.timedelta(days=1)), match_id=pl.lit("E0.late"), home=pl.lit("Late"),
        kick_off_at=pl.lit(kick_off),
    )  # fmt: skip
    lake.append("predictions", row)
    async with on_day() as client:
        found = await page(client, "/", status="coming")
    assert "Fri 27 Sep 2024 England, Premier League 03:30 UTC Late Chelsea" in found.words
    assert "Sun 29 Sep 2024, 03:30 UTC" in found.attributes("time", "title")


async def test_every_match_is_counted_and_reached(on_day: Any, page: Any) -> None:
    async with on_day(page_matches=4) as client:
        for status, total in (("coming", 7), ("played", 35)):
            address: str | None = f"/?status={status}"
            seen, parts = set(), 0
            while address:
                found = await page(client, address)
                assert f"{4 * parts + 1} to {min(4 * parts + 4, total)} of {total} matches" in found.words
                links = {
                    attrs.get("rel"): attrs["href"] for tag, attrs in found.tags if tag == "a" and attrs.get("rel")
                }
                seen |= {link for link in found.attributes("a", "href") if link.startswith("/matches/")}
                assert ("prev" in links) == (parts > 0)
                address, parts = links.get("next"), parts + 1
            assert (parts, len(seen)) == (-(-total // 4), total)


async def test_the_parts_of_a_list_and_the_days_keep_the_filters(on_day: Any, page: Any) -> None:
    async with on_day(page_matches=1) as client:
        found = await page(client, "/?date_from=2024-09-01&league=E0&offset=1")
        links = {attrs.get("rel"): attrs["href"] for tag, attrs in found.tags if tag == "a" and attrs.get("rel")}
    assert links == {"prev": "/?date_from=2024-09-01&league=E0", "next": "/?date_from=2024-09-01&league=E0&offset=2"}
    assert "/?date_from=2024-09-28&league=E0&date_to=2024-09-28" in found.attributes("a", "href")
    assert "/cards.json?date_from=2024-09-01&league=E0" in found.attributes("a", "href")


@pytest.mark.parametrize(
    ("query", "clubs"),
    [
        ({"q": "MAN"}, {"Man United"}),
        ({"q": "nott'm"}, {"Nott'm Forest"}),
        ({"league": "SP1", "q": "bétis"}, {"Betis"}),
        ({"q": "nobody"}, set()),
    ],
)
@pytest.mark.asyncio(loop_scope="session")
async def test_a_club_is_found_by_a_part_of_its_name(reader: Client, page: Any, query: Any, clubs: set[str]) -> None:
    found = await page(reader, "/", date_from="2024-08-01", **query)
    rows = re.findall(r"<li>", "") or found.attributes("li", "data-text")
    assert all(any(club.lower() in row for club in clubs) for row in rows) and bool(rows) == bool(clubs)
    assert clubs or "No match with a forecast here." in found.words


@pytest.mark.parametrize(
    ("market", "goals_line", "selection", "said"),
    [
        ("asian_handicap", -0.25, "away", "away +0.25"),
        ("asian_handicap", -0.25, "home", "home −0.25"),
        ("asian_handicap", 1.0, "home", "home +1"),
        ("asian_handicap", 1.5, "away", "away −1.5"),
        ("asian_handicap", 0.0, "away", "away 0"),
        ("over_under", 2.5, "over", "over 2.5"),
        ("double_chance", None, "home_draw", "home draw"),
        ("1x2", None, "draw", "draw"),
    ],
)
async def test_the_mark_of_value_names_the_handicap_of_the_club_that_is_bet_on(
    client: Client, page: Any, lake: Lake, market: str, goals_line: float | None, selection: str, said: str
) -> None:
    bets = lake.read("value_bets").with_columns(
        line=pl.lit("blend"), market=pl.lit(market), goals_line=pl.lit(goals_line, dtype=pl.Float64),
        selection=pl.lit(selection),
    )  # fmt: skip
    lake.replace("value_bets", bets, None)
    client.app.state.refresher.refresh()
    for least, shown in ((None, True), ("0.1", True), ("0.11", False)):
        found = await page(client, "/", date_from="2024-08-01", value="yes", **({"min_edge": least} if least else {}))
        assert (f"{said} +10.0 " in found.words) == shown
        assert len(found.attributes("li", "data-text")) == shown


@pytest.mark.asyncio(loop_scope="session")
async def test_the_form_keeps_what_was_chosen_and_its_empty_fields_filter_nothing(reader: Client, page: Any) -> None:
    everything = await page(reader, "/", date_from="2024-08-01")
    empty = {"q": "", "league": "", "status": "", "date_to": "", "min_edge": ""}
    assert (await page(reader, "/", date_from="2024-08-01", **empty)).words == everything.words
    found = await page(reader, "/", league="SP1", date_from="2024-08-03")
    assert [attrs["value"] for tag, attrs in found.tags if tag == "option" and "selected" in attrs] == ["SP1", ""]
    assert found.attributes("input", "value") == ["", "2024-08-03", "", "", "yes"]


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"league": "XX"}, 422, "expected a division code, found 'XX'"),
        ({"status": "soon"}, 400, "status: expected one of coming, played, found 'soon'"),
        ({"date_from": "soon"}, 400, "date_from: expected a date such as 2026-08-15, found 'soon'"),
        ({"date_from": "2024-09-02", "date_to": "2024-09-01"}, 422, "up to date_to, 2024-09-01"),
        ({"league": ["E0", "SP1"]}, 400, "expected league once, found it again"),
        ({"leage": "E0"}, 400, "found 'leage'"),
        ({"offset": "-1"}, 400, "offset: expected a number of matches to skip, found '-1'"),
        ({"min_edge": "nan"}, 400, "min_edge: expected a share from 0 to 1, such as 0.03, found 'nan'"),
        ({"q": "x" * 101}, 400, "q: expected at most 100 characters, found 101"),
    ],
)
@pytest.mark.asyncio(loop_scope="session")
async def test_a_filter_that_cannot_be_read_is_named(
    reader: Client, page: Any, parameters: dict[str, Any], status: int, said: str
) -> None:
    assert said in (await page(reader, "/", status, **parameters)).words


async def test_an_empty_platform_names_the_command_that_makes_a_forecast(
    open_client: Any, page: Any, settings: Settings, serving: ServingSettings, tmp_path: Path
) -> None:
    async with open_client(create_app(replace(settings, lake_url=str(tmp_path / "nothing")), serving)) as client:
        found = await page(client, "/")
    assert "No forecast has been made yet." in found.words and "uv run soccer predict" in found.words


async def test_a_synthetic_world_is_said_to_be_one(
    open_client: Any, page: Any, settings: Settings, serving: ServingSettings, client: Client
) -> None:
    assert "synthetic world, made to try" not in (await page(client, "/")).words
    synthetic = replace(settings, source_urls={"football_data": "http://127.0.0.1:9/"})
    async with open_client(create_app(synthetic, serving)) as other:
        assert "synthetic world, made to try" in (await page(other, "/")).words


async def test_names_in_the_lake_cannot_write_into_a_page(client: Client, lake: Lake) -> None:
    rows = lake.read("predictions").with_columns(home=pl.lit("<script>alert(1)</script>"))
    lake.replace("predictions", rows, None)
    client.app.state.refresher.refresh()
    text = (await client.get("/", params={"date_from": "2024-08-01"}, headers={"accept": "text/html"})).text
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text
