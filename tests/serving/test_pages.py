"""Pages for people, and the page of the API: whole without scripts or another host, and readable by machine."""

import datetime as dt
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from soccer_assets.delta import Lake
from soccer_assets.predictions.schema import PREDICTIONS

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

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def attributes(self, tag: str, name: str) -> list[str]:
        return [value for found, attrs in self.tags if found == tag and (value := attrs.get(name)) is not None]


async def page(client: Client, path: str, status: int = 200, **parameters: str) -> Document:
    answer = await client.get(path, params=parameters)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    document = Document(answer.text)
    document.words = re.sub(r"\s+", " ", document.words)
    return document


async def test_recent_matches_show_results_bars_and_value_marks(client: Client) -> None:
    found = await page(client, "/", league="SP1", date_to="2024-08-03")
    assert "Ath Bilbao – Barcelona 0 : 0" in found.words and "Ath Bilbao – Betis 3 : 2" in found.words
    assert "value model, home: 50 % against 40 % of the market, best price 2.30" in found.words
    labels = found.attributes("svg", "aria-label")
    assert labels[:3] == [
        "model: home 50 %, draw 30 %, away 20 %",
        "market: home 40 %, draw 30 %, away 30 %",
        "blend: home 45 %, draw 30 %, away 25 %",
    ]
    assert found.attributes("rect", "width")[:3] == ["50.00%", "30.00%", "20.00%"]
    assert found.attributes("rect", "x")[:3] == ["0.00%", "50.00%", "80.00%"]
    assert found.words.count("– ") == 2 * 2 - 2  # two matches of that league on that day


async def test_coming_matches_stand_before_recent_ones(client: Client, lake: Lake) -> None:
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    row = lake.read("predictions").head(1).to_dicts()[0]
    row |= {"match_date": tomorrow, "match_id": "E0.next", "home": "Tomorrow", "away": "Chelsea", "line": "model"}
    lake.append("predictions", PREDICTIONS.conform(PREDICTIONS.empty().vstack(_frame(row))))
    client.app.state.feed.refresh()
    found = await page(client, "/")
    coming, recent = found.words.split("Recent", 2)[-2:]
    assert "Tomorrow – Chelsea" in found.words.split(" Coming ")[-1].split(" Recent ")[0]
    assert "Tomorrow" not in recent and coming


def _frame(row: dict[str, Any]) -> Any:
    import polars as pl

    return pl.DataFrame([row], schema=PREDICTIONS.schema)


async def test_a_filter_of_an_empty_form_is_none_and_a_bad_one_is_a_page_that_says_so(reader: Client) -> None:
    ...


async def test_one_match_shows_its_lines_in_figures(client: Client) -> None:
    found = await page(client, ONE)
    assert "Ath Bilbao – Betis 3 : 2" in found.words and "Spain, La Liga · 2024/25 · 2024-08-03, 15:00 UTC" in found.words
    assert "model 0.50000.30000.2000" in found.words
    assert "Model aaaaaaaaaaaa learned from matches up to 2024-07-31" in found.words
    assert "/predictions/SP1.202425.ath-bilbao.betis" in found.attributes("a", "href")


async def test_quality_shows_each_league_and_line_with_the_newest_drift(
    client: Client, promote: Callable[[str, str], None]
) -> None:
    assert "No model has been promoted yet." in (await page(client, "/quality/page")).words
    promote("aaaaaaaaaaaa", "elo_logit")
    client.app.state.feed.refresh()
    found = await page(client, "/quality/page")
    assert "Model aaaaaaaaaaaa, elo_logit, learned from 900 matches up to 2024-09-01" in found.words
    assert "E0 model400.9900" not in found.words
    assert "1 of 4 columns drifted (25 %), 80 matches against 900" in found.words
    assert "elo_diff0.300yes home_elo0.100no" in found.words


@pytest.mark.parametrize("path", ["/", ONE, "/quality/page"])
async def test_a_page_is_accessible_and_says_that_no_bets_are_placed(reader: Client, path: str) -> None:
    ...
