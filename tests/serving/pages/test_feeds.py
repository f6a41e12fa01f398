"""Calendars of coming matches and the feed of sealed forecasts."""

import datetime as dt
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from serving.app import create_app
from serving.pages.feeds import LONGEST_LINE, _folded, _text
from serving.settings import ServingSettings
from soccer_assets.club_ids import team_id
from soccer_assets.predictions.schema import PREDICTION_LEDGER
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake

Client = Any  # see conftest
DAY = dt.date(2024, 9, 28)
SEALED_AT = dt.datetime(2024, 9, 20, 8, 30, tzinfo=dt.UTC)
TO_COME = "E0.202425.nottm-forest.fulham"
FOREST = team_id("England", "Nott'm Forest")
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def opened(lake: Lake, open_client: Any, settings: Settings, serving: ServingSettings) -> Any:
    """An application on `DAY`; one club has a name that feeds must escape, and one match is in the ledger."""
    for name in ("matches", "predictions"):
        rows = lake.read(name)
        lake.replace(name, rows.with_columns(pl.col("home", "away").replace("Fulham", "<Fulham>, A\\B; é" * 4)), None)
    entries = [
        {"number": number, "match_date": dt.date(2024, 10, 5), "match_id": TO_COME, "line": line, "p_home": p_home,
         "p_draw": 0.3, "p_away": 0.7 - p_home, "home_goals_expected": 1.0, "away_goals_expected": 1.0, "rho": 0.0,
         "code_version": "1", "sealed_at": SEALED_AT, "previous_hash": "0" * 64, "hash": f"{number:064x}"}
        for number, (line, p_home) in enumerate((("blend", 0.41), ("model", 0.5)), start=1)
    ]  # fmt: skip
    lake.replace("prediction_ledger", pl.DataFrame(entries, schema=PREDICTION_LEDGER.schema), None)
    return open_client(create_app(replace(settings, today=DAY), serving))


def unfolded(text: str) -> list[str]:
    """The lines of a calendar as a reader of RFC 5545 sees them."""
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")[:-1]


@pytest.mark.asyncio
async def test_a_club_has_a_calendar_of_its_coming_matches_with_their_forecasts(opened: Any) -> None:
    async with opened as client:
        answer = await client.get(f"/teams/{FOREST}/calendar.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = unfolded(answer.text)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"] and lines[-1] == "END:VCALENDAR"
    start = lines.index(f"UID:{TO_COME}@soccer-forecasts")
    name = "<Fulham>\\, A\\\\B\\; é" * 4
    assert lines[start - 1 : start + 9] == [
        "BEGIN:VEVENT", f"UID:{TO_COME}@soccer-forecasts", "DTSTAMP:20240920T083000Z", "DTSTART:20241005T150000Z",
        "DURATION:PT1H50M", f"SUMMARY:Nott'm Forest – {name}",
        "DESCRIPTION:England\\, Premier League. Forecast of the model: home 50 %\\, draw 30 %\\, away 20 %.",
        "STATUS:CONFIRMED", "TRANSP:TRANSPARENT", "END:VEVENT",
    ]  # fmt: skip
    summaries = [line for line in lines if line.startswith("SUMMARY")]
    assert summaries and all("Forest" in line for line in summaries)


@pytest.mark.asyncio
async def test_a_league_has_a_calendar_that_is_the_same_bytes_until_a_table_changes(
    opened: Any, lake: Lake, open_client: Any, settings: Settings, serving: ServingSettings
) -> None:
    async with opened as client:
        first = await client.get("/leagues/E0/calendar.ics")
        assert unfolded(first.text).count("BEGIN:VEVENT") == 7  # three a week on two dates, and the moved one
        assert "BEGIN:VEVENT" not in (await client.get("/leagues/SP1/calendar.ics")).text  # all of it is played
        assert (await client.get("/leagues/XX/calendar.ics")).status_code == 404
        assert (await client.get("/teams/nobody/calendar.ics")).json()["type"].endswith("unknown-team")
    async with open_client(create_app(replace(settings, today=DAY), serving)) as client:
        assert (await client.get("/leagues/E0/calendar.ics")).content == first.content


@pytest.mark.asyncio
async def test_sealed_forecasts_are_an_atom_feed(opened: Any) -> None:
    async with opened as client:
        answer = await client.get("/forecasts.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == (
        "Nott'm Forest – " + "<Fulham>, A\\B; é" * 4 + ": home 41 %, draw 30 %, away 29 %"
    )
    assert feed.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}updated") == SEALED_AT.isoformat()
    (link,) = entry.findall(f"{ATOM}link")
    assert link.attrib["href"] == f"/matches/{TO_COME}"
    assert "row 1 of the ledger" in entry.findtext(f"{ATOM}summary", "")
    assert entry.findtext(f"{ATOM}id", "").startswith("urn:uuid:")


@given(st.text())
def test_folding_gives_the_line_back_and_cuts_no_character(text: str) -> None:
    line = "SUMMARY:" + _text(text)
    parts = list(_folded(line))
    assert all(len(part.encode()) <= LONGEST_LINE for part in parts) and all(part[0] == " " for part in parts[1:])
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line
    assert not any(ord(character) < 32 for character in line)
