"""One address is a page to a browser and data to a program."""

from typing import Any

import pytest

Client = Any  # see conftest
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("path", ["/quality", "/ledger", "/leagues/E0", "/matches/SP1.202425.ath-bilbao.betis"])
async def test_a_browser_gets_a_page_and_a_program_data(reader: Client, path: str) -> None:
    page, data = await reader.get(path, headers=HTML), await reader.get(path)
    assert page.headers["content-type"].startswith("text/html")
    assert data.headers["content-type"] == "application/json" and data.json()
    assert all("accept" in answer.headers["vary"] for answer in (page, data))
    head = await reader.head(path, headers=HTML)
    assert (head.headers["content-type"], head.content) == (page.headers["content-type"], b"")


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("json", "application/json"),
        ("csv", "text/csv"),
        ("ndjson", "application/x-ndjson"),
        ("parquet", "application/vnd.apache.parquet"),
    ],
)
async def test_an_ending_names_the_form_of_data_whoever_asks(reader: Client, form: str, media_type: str) -> None:
    ended = await reader.get(f"/matches.{form}?league=SP1&limit=2", headers=HTML)
    asked = await reader.get("/matches?league=SP1&limit=2", headers={"accept": media_type})
    assert ended.headers["content-type"].split(";")[0] == media_type
    assert ended.content == asked.content
    item = await reader.get(f"/matches/SP1.202425.ath-bilbao.betis.{form}", headers=HTML)
    assert item.status_code == 200 and item.headers["content-type"].split(";")[0] == media_type


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/matches/SP1.202425.ath-bilbao.betis/page", "/matches/SP1.202425.ath-bilbao.betis"),
        ("/quality/page?league=E0", "/quality?league=E0"),
        ("/pages/quality", "/quality"),
        ("/matches/a%0d%0aset-cookie:%20x%C3%A9/page", "/matches/a%0D%0Aset-cookie%3A%20x%C3%A9"),
    ],
)
async def test_an_earlier_address_leads_to_the_present_one(reader: Client, old: str, new: str) -> None:
    answer = await reader.get(old, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (308, new)


async def test_no_address_leads_to_another_host(reader: Client) -> None:
    for path in ("/pages//evil.example", "/pages///evil.example/", "/pages/%2Fevil.example", "//evil.example/page"):
        answer = await reader.get(f"http://localhost{path}", headers=HTML)
        assert answer.status_code == 404 and "location" not in answer.headers, path


@pytest.mark.parametrize("path", ["/nothing", "/matches/<b>none", "/odds?x=1"])
async def test_a_problem_is_a_page_to_a_browser_and_a_document_to_a_program(
    reader: Client, page: Any, path: str
) -> None:
    data = await reader.get(path)
    found = await page(reader, path, data.status_code)
    assert data.headers["content-type"] == "application/problem+json"
    assert data.json()["title"] in found.words and "To the matches" in found.words
    assert "<b>none" not in str(found.tags)
