"""Pages for people, and the page of the API: whole without scripts or another host, and readable by machine."""

import datetime as dt
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from serving.app import create_app
from serving.resources.catalog import RESOURCES
from serving.settings import ServingSettings
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
ONE = "/matches/SP1.202425.ath-bilbao.betis/page"


class Document(HTMLParser):
    """The tags and the text of a page; an unclosed or misnested tag is an error."""

    VOID = ("meta", "link", "input", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in ("td", "th"):
            self.words += " "

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def attributes(self, tag: str, name: str) -> list[str]:
        return [value for found, attrs in self.tags if found == tag and (value := attrs.get(name)) is not None]


async def page(client: Client, path: str, status: int = 200, **parameters: Any) -> Document:
    answer = await client.get(path, params=parameters or None)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    document = Document(answer.text)
    document.words = re.sub(r"\s+", " ", document.words)
    return document


async def test_recent_matches_show_results_bars_and_value_marks(client: Client) -> None:
    found = await page(client, "/", league="SP1", date_to="2024-08-03")
    addresses = [address for address in found.attributes("a", "href") if address.startswith("/matches")]
    assert addresses == [f"/matches/SP1.202425.ath-bilbao.{away}/page" for away in ("betis", "barcelona")]
    assert "Ath Bilbao – Barcelona 0 : 0" in found.words and "Ath Bilbao – Betis 3 : 2" in found.words
    assert "value model, home: 50 % against 40 % of the market, best price 2.30" in found.words
    assert found.attributes("svg", "aria-label")[:3] == [
        "model: home 50 %, draw 30 %, away 20 %",
        "market: home 40 %, draw 30 %, away 30 %",
        "blend: home 45 %, draw 30 %, away 25 %",
    ]
    assert found.attributes("rect", "width")[:3] == ["50.00%", "30.00%", "20.00%"]
    assert found.attributes("rect", "x")[:3] == ["0.00%", "50.00%", "80.00%"]


async def test_coming_matches_stand_apart_from_recent_ones(client: Client, lake: Lake) -> None:
    tomorrow = Clock().today() + dt.timedelta(days=1)
    row = lake.read("predictions").head(1).with_columns(
        match_date=pl.lit(tomorrow), match_id=pl.lit("E0.next"), home=pl.lit("Tomorrow")
    )  # fmt: skip
    lake.append("predictions", row)
    client.app.state.refresher.refresh()
    _, coming, recent = re.split("Coming (?!and)|Recent", (await page(client, "/")).words)
    assert "Tomorrow – Chelsea" in coming and "Arsenal – Chelsea" in recent
    assert "Tomorrow" not in recent and "Arsenal" not in coming


@pytest.mark.asyncio(loop_scope="session")
async def test_a_moved_match_has_no_result_and_is_listed_once(reader: Client) -> None:
    found = await page(reader, "/", league="E0", date_from="2024-09-21")
    assert found.words.count("Everton – Fulham England, Premier League · 2024-10-05") == 1
    assert found.words.count("Everton – Fulham") == 1


#: A day of the small world on which some matches are played and others are to come.
DAY = dt.date(2024, 9, 28)


@pytest.fixture
def on_day(open_client: Any, settings: Settings, serving: ServingSettings) -> Callable[..., Any]:
    """An application on `DAY`, with so many matches in a list of a page."""
    return lambda page_matches=60: open_client(
        create_app(replace(settings, today=DAY), replace(serving, page_matches=page_matches))
    )


def lists(found: Document) -> tuple[str, str]:
    """The text under Coming and under Recent."""
    _, coming, recent = re.split("Coming (?!and)|Recent ", found.words)
    return coming, recent


@pytest.mark.parametrize("status", ["finished", "abandoned", "awarded", "void"])
async def test_a_match_that_is_over_today_is_recent(on_day: Any, lake: Lake, status: str) -> None:
    rows = lake.read("matches")
    over = (pl.col("match_date") == DAY) & (pl.col("league") == "E0") & (pl.col("home") == rows.filter(
        pl.col("match_date") == DAY, pl.col("league") == "E0")["home"].min())  # fmt: skip
    goals = 2 if status in ("finished", "awarded") else None
    rows = rows.with_columns(
        status=pl.when(over).then(pl.lit(status)).otherwise("status"),
        **{f"{side}_goals": pl.when(over).then(goals).otherwise(f"{side}_goals") for side in ("home", "away")},
    )
    lake.replace("matches", rows.with_columns(pl.col("home_goals", "away_goals").cast(pl.Int16)), None)
    (one,) = rows.filter(over).to_dicts()
    name = f"{one['home']} – {one['away']}"
    async with on_day() as client:
        coming, recent = lists(await page(client, "/", league="E0"))
    assert name in recent and name not in coming
    assert coming.startswith("1 to 6 of 6 matches with a forecast")
    said = {"finished": "2 : 2", "awarded": "2 : 2 awarded"}.get(status, status)
    assert f"{name} {said} England" in recent


async def test_a_match_under_way_is_no_recent_result(on_day: Any, lake: Lake) -> None:
    rows = lake.read("matches")
    under_way = (pl.col("match_date") == DAY) & (pl.col("league") == "E0")
    rows = rows.with_columns(
        status=pl.when(under_way).then(pl.lit("in_play")).otherwise("status"),
        home_goals=pl.when(under_way).then(1).otherwise("home_goals").cast(pl.Int16),
        away_goals=pl.when(under_way).then(0).otherwise("away_goals").cast(pl.Int16),
    )
    lake.replace("matches", rows, None)
    async with on_day() as client:
        coming, recent = lists(await page(client, "/", league="E0"))
    assert coming.count("1 : 0 in play") == 3 and "in play" not in recent


async def test_a_match_whose_league_is_a_day_behind_is_coming_and_shows_both_dates(on_day: Any, lake: Lake) -> None:
    """23:30 in the west is half past three of the next day in UTC."""
    kick_off = dt.datetime(2024, 9, 29, 3, 30, tzinfo=dt.UTC)
    row = lake.read("predictions").head(1).with_columns(
        match_date=pl.lit(DAY), match_id=pl.lit("E0.late"), home=pl.lit("Late"), kick_off_at=pl.lit(kick_off)
    )  # fmt: skip
    lake.append("predictions", row)
    async with on_day() as client:
        coming, _ = lists(await page(client, "/", date_to=str(DAY)))
    assert "Late – Chelsea England, Premier League · 2024-09-28, kick-off 2024-09-29, 03:30 UTC" in coming


async def test_a_kick_off_without_a_result_is_named(on_day: Any) -> None:
    async with on_day() as client:
        moved = "/matches/E0.202425.everton.fulham/page"  # its kick-off is that of the date it left
        assert "2024-10-05, kick-off 2024-08-31, 15:00 UTC · no result yet" in (await page(client, moved)).words
        assert "no result yet" not in (await page(client, ONE)).words


async def test_every_match_is_counted_and_reached(on_day: Any) -> None:
    seen: dict[str, list[str]] = {"coming": [], "recent": []}
    async with on_day(page_matches=4) as client:
        whole = lists(await page(client, "/"))
        assert whole[0].startswith("1 to 4 of 7 matches with a forecast")
        assert whole[1].startswith("1 to 4 of 35 matches with a forecast")
        for name, place, total in (("coming", 0, 7), ("recent", 1, 35)):
            address: str | None = "/"
            parts = 0
            while address:
                found = await page(client, address)
                text = lists(found)[place]
                seen[name] += re.findall(r"(\w[^–·]*? – .*?) (?:\d : \d )?(?:England|Spain),", text)
                other = lists(found)[1 - place]
                assert other.startswith("1 to 4 of")  # the other list stands still
                links = [link for link in found.attributes("a", "href") if link.endswith(f"#{name}")]
                following = [link for link in links if f"{name}_offset={4 * (parts + 1)}" in link]
                previous = [link for link in links if f"{name}_offset={4 * (parts - 1)}" in link]
                assert len(previous) == (parts > 0)
                address, parts = (following[0].split("#")[0] if following else None), parts + 1
            assert parts == -(-total // 4) and len(seen[name]) == total
        beyond = lists(await page(client, "/", coming_offset="40"))[0]
        assert beyond.startswith("None of 7 matches with a forecast No match with a forecast here.")


async def test_the_parts_of_a_list_keep_the_filters(on_day: Any) -> None:
    async with on_day(page_matches=1) as client:
        found = await page(client, "/?date_from=2024-09-01&league=E0&recent_offset=1")
        links = [link for link in found.attributes("a", "href") if link.startswith("/?")]
    assert links == [
        "/?date_from=2024-09-01&league=E0&recent_offset=1&coming_offset=1#coming",
        "/?date_from=2024-09-01&league=E0&recent_offset=0#recent",
        "/?date_from=2024-09-01&league=E0&recent_offset=2#recent",
    ]


@pytest.mark.parametrize(
    ("market", "goals_line", "selection", "said"),
    [
        ("asian_handicap", -0.25, "away", "away (asian handicap +0.25)"),
        ("asian_handicap", -0.25, "home", "home (asian handicap -0.25)"),
        ("asian_handicap", 1.0, "home", "home (asian handicap +1)"),
        ("asian_handicap", 1.5, "away", "away (asian handicap -1.5)"),
        ("asian_handicap", 0.0, "away", "away (asian handicap 0)"),
        ("over_under", 2.5, "over", "over (over under 2.5)"),
        ("double_chance", None, "home_draw", "home_draw (double chance)"),
        ("1x2", None, "draw", "draw"),
    ],
)
async def test_a_handicap_is_that_of_the_club_that_is_bet_on(
    client: Client, lake: Lake, market: str, goals_line: float | None, selection: str, said: str
) -> None:
    bets = lake.read("value_bets").with_columns(
        market=pl.lit(market), goals_line=pl.lit(goals_line, dtype=pl.Float64), selection=pl.lit(selection)
    )
    lake.replace("value_bets", bets, None)
    client.app.state.refresher.refresh()
    for address in (ONE, "/"):
        assert f"value model, {said}: 50 % against 40 % of the market" in (await page(client, address)).words
    (bet,) = (await client.get("/predictions/SP1.202425.ath-bilbao.betis")).json()["value_bets"]
    assert bet["goals_line"] == goals_line  # of the home club
    expected = {"away": -1}.get(selection, 1) * goals_line if market == "asian_handicap" and goals_line else goals_line
    assert bet.get("handicap") == (expected if market == "asian_handicap" else None)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_fields_of_a_form_left_empty_filter_nothing(reader: Client) -> None:
    everything = await page(reader, "/")
    assert (await page(reader, "/", league="", date_from="", date_to="")).words == everything.words
    assert everything.attributes("option", "value") == ["", "E0", "SP1"]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_form_keeps_what_was_chosen(reader: Client) -> None:
    found = await page(reader, "/", league="SP1", date_from="2024-08-03")
    assert [attrs["value"] for tag, attrs in found.tags if tag == "option" and "selected" in attrs] == ["SP1"]
    assert found.attributes("input", "value") == ["2024-08-03", ""]


@pytest.mark.parametrize(
    ("path", "parameters", "status", "said"),
    [
        ("/", {"league": "XX"}, 422, "expected a division code, found 'XX'"),
        ("/", {"date_from": "soon"}, 400, "date_from: expected a date such as 2026-08-15, found 'soon'"),
        ("/", {"date_from": "2024-09-02", "date_to": "2024-09-01"}, 422, "up to date_to, 2024-09-01"),
        ("/matches/<b>none/page", {}, 404, "found '<b>none'"),
        ("/", {"league": ["E0", "SP1"]}, 400, "found again ['league']"),
        ("/quality/page", {"x": ["1", "1"]}, 400, "found again ['x']"),
        ("/", {"coming_offset": "-1"}, 400, "coming_offset: expected a number of matches to skip, found '-1'"),
        ("/", {"recent_offset": "9" * 30}, 400, "recent_offset: expected a number of matches to skip"),
    ],
)
@pytest.mark.asyncio(loop_scope="session")
async def test_a_problem_of_a_page_is_a_page(
    reader: Client, path: str, parameters: dict[str, Any], status: int, said: str
) -> None:
    assert said in (await page(reader, path, status, **parameters)).words


@pytest.mark.asyncio(loop_scope="session")
async def test_one_match_shows_its_lines_in_figures(reader: Client) -> None:
    found = await page(reader, ONE)
    assert "Ath Bilbao – Betis 3 : 2" in found.words
    assert "Spain, La Liga · 2024/25 · 2024-08-03, 15:00 UTC" in found.words
    assert "model 0.5000 0.3000 0.2000" in found.words
    assert "Model aaaaaaaaaaaa learned from matches up to 2024-07-31" in found.words
    assert "/predictions/SP1.202425.ath-bilbao.betis" in found.attributes("a", "href")


async def test_quality_shows_each_league_and_line_with_the_newest_drift(
    client: Client, promote: Callable[[str, str], None]
) -> None:
    assert "No model has been promoted yet." in (await page(client, "/quality/page")).words
    promote("aaaaaaaaaaaa", "elo_logit")
    client.app.state.refresher.refresh()
    found = await page(client, "/quality/page")
    assert "Model aaaaaaaaaaaa, elo_logit, learned from 900 matches up to 2024-09-01" in found.words
    assert "E0 model 40 1.0000 0.2000 0.6000 50 % 0.0200 +0.0100 2024-09-30" in found.words
    assert "1 of 4 columns drifted (25 %), 80 matches against 900" in found.words
    assert "elo_diff 0.300 yes home_elo 0.100 no" in found.words


async def test_an_empty_platform_has_pages_that_say_so(
    open_client: Any, settings: Settings, serving: ServingSettings, tmp_path: Path
) -> None:
    async with open_client(create_app(replace(settings, lake_url=str(tmp_path / "nothing")), serving)) as client:
        assert "No forecast has been made yet." in (await page(client, "/")).words
        assert "No drift has been measured yet." in (await page(client, "/quality/page")).words


@pytest.mark.parametrize("path", ["/", ONE, "/quality/page"])
@pytest.mark.asyncio(loop_scope="session")
async def test_a_page_needs_no_script_and_no_other_host(reader: Client, path: str) -> None:
    answer = await reader.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    found = Document(answer.text)
    assert "script" not in {tag for tag, _ in found.tags} and not found.attributes("div", "style")
    addresses = [
        value for tag, attrs in found.tags for name, value in attrs.items() if name in ("href", "src") and value
    ]
    assert all(address.startswith(("/", "#", "data:")) for address in addresses)
    for address in {address for address in addresses if address.startswith("/")}:
        assert (await reader.get(address)).status_code == 200, address


@pytest.mark.parametrize("path", ["/", ONE, "/quality/page"])
@pytest.mark.asyncio(loop_scope="session")
async def test_a_page_can_be_read_by_everyone_and_says_that_no_bets_are_placed(reader: Client, path: str) -> None:
    found = await page(reader, path)
    assert found.attributes("html", "lang") == ["en"] and found.attributes("main", "id") == ["content"]
    assert [tag for tag, _ in found.tags if tag == "h1"] == ["h1"]
    assert all(attrs.get("aria-label") for tag, attrs in found.tags if tag in ("svg", "nav"))
    assert all(attrs.get("scope") for tag, attrs in found.tags if tag == "th")
    assert "It places no bets" in found.words


async def test_names_in_the_lake_cannot_write_into_a_page(client: Client, lake: Lake) -> None:
    rows = lake.read("predictions").with_columns(home=pl.lit("<script>alert(1)</script>"))
    lake.replace("predictions", rows, None)
    client.app.state.refresher.refresh()
    text = (await client.get("/")).text
    assert "<script>" not in text and "&lt;script&gt;" in text


@pytest.mark.asyncio(loop_scope="session")
async def test_the_api_page_is_served_whole_from_local_files(reader: Client) -> None:
    answer = await reader.get("/docs")
    found = Document(answer.text)
    files = [*found.attributes("script", "src"), *found.attributes("link", "href")]
    assert len(files) == 4 and all(file.startswith("/") for file in files)
    for file in files:
        content = await reader.get(file)
        assert content.status_code == 200 and len(content.content) > 50, file
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_description_of_the_api_has_every_route_and_its_problems(reader: Client) -> None:
    paths = (await reader.get("/schema/openapi.json")).json()["paths"]
    declared = {resource.path for resource in RESOURCES} | {r.item_path for r in RESOURCES if r.key}
    others = {
        "/health",
        "/health/live",
        "/health/ready",
        "/health/ready/jobs",
        "/system",
        "/coupons",
        "/jobs",
        "/jobs/{job_id}",
        "/links/{event_id}/decisions",
        "/jobs/{job_id}/events",
        "/predictions/batch",
        "/problems/{kind}",
    }
    assert set(paths) == {path.replace(":str", "") for path in declared} | others
    assert set(paths["/predictions"]) == {"get", "post"}
    limit = next(p for p in paths["/matches"]["get"]["parameters"] if p["name"] == "limit")
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"], limit["schema"]["default"]) == (1, 500, 50)
    for path, methods in paths.items():
        for operation in methods.values():
            assert operation.get("description") or operation.get("summary"), path
            for status, answer in operation["responses"].items():
                if status >= "400" and not path.startswith("/health/ready"):
                    assert set(answer["content"]) == {"application/problem+json"}, (path, status)
