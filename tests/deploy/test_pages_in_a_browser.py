"""Every page in Chromium: nothing is cut off or hard to read, the keyboard reaches it, and its forms do what they say.

The lake is that of the whole graph over a synthetic world, with two hostile names of clubs in it.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from serving.pages.routes import ADDRESSES
from soccer_assets.models.schema import SELECTED_MODEL
from soccer_assets.storage.lake import Lake
from tests.serving.processes import Api, Processes

WIDTHS = (320, 390, 1280, 1920)
SCHEMES = ("light", "dark")
LONGEST, MARKUP = "W" * 100, "<img src=x onerror=alert(1)> & Rovers"
#: Bytes that a page and what it loads may have before anything is seen.
MOST_BYTES = 150_000
#: `just pages` keeps what was seen here.
KEPT = os.environ.get("PAGES_FOLDER")
#: Elements that hold text and lie outside the window, unless something around them scrolls.
OUTSIDE = """[...document.querySelectorAll("main *")].filter(element => {
    const box = element.getBoundingClientRect();
    return element.children.length === 0 && element.textContent.trim() && box.width
        && !element.closest(".wide, .strip, .plot, details:not([open]) > :not(summary)")
        && (box.right > document.documentElement.clientWidth + 1 || box.left < -1);
}).map(element => element.textContent.trim().slice(0, 40))"""


@pytest.fixture(scope="module")
def site(season: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API and a worker over a copy of the graph's tables."""
    folder = tmp_path_factory.mktemp("pages")
    lake = Lake(str(shutil.copytree(season.lake.url, folder / "lake")))
    rows = lake.read("predictions")
    first, second = rows.filter(pl.col("match_date") > season.today)["match_id"].unique().sort()[:2]
    name = pl.when(pl.col("match_id") == first).then(pl.lit(LONGEST)).when(pl.col("match_id") == second).then(
        pl.lit(MARKUP)).otherwise("home")  # fmt: skip
    lake.replace("predictions", rows.with_columns(home=name), None)
    today = str(season.clock_day)
    processes = Processes(lake.url, SERVING_READS_PER_MINUTE="0", SOCCER_TODAY=today)
    yield processes.start_platform(folder)[0]
    processes.stop()


@pytest.fixture(scope="module")
def keys(season: Any) -> dict[str, str]:
    """Values of the parameters of addresses: a match that is to come, its home club, its league and the newest model."""
    coming = season.lake.scan("predictions").filter(pl.col("match_date") > season.today, pl.col("line") == "blend")
    match = coming.sort("match_date", "match_id").collect().row(-1, named=True)
    clubs = season.lake.scan("matches").filter(pl.col("match_id") == match["match_id"]).collect()
    version = season.lake.read(SELECTED_MODEL.name).sort("match_date")["version"][-1]
    return {"match_id": match["match_id"], "team_id": clubs["home_id"][0], "code": match["league"], "version": version}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        program = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield program
        program.close()


def opened(browser: Browser, address: str, width: int = 1280, scheme: str = "light", **options: Any) -> Page:
    """A page in a window of its own; what its console says that is wrong is in `page.said`."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.said = said  # type: ignore[attr-defined]
    page.goto(address)
    return page


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_fits_every_window_and_is_easy_to_read(
    site: Api, keys: dict[str, str], browser: Browser, path: str
) -> None:
    address = site.address + re.sub(r"\{(\w+)(:str)?\}", lambda found: keys[found[1]], path)
    for width in WIDTHS:
        for scheme in SCHEMES:
            # the policy keeps out the script of axe, as it should: it is lifted for that script
            page = opened(browser, address, width, scheme, bypass_csp=True)
            root = "document.documentElement"
            assert page.evaluate(f"[{root}.scrollWidth, {root}.clientWidth]") == [width, width], (width, scheme)
            assert page.evaluate(OUTSIDE) == [], (width, scheme)
            found = Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == [], (width, scheme)
            if KEPT:
                name = (
                    path.strip("/").replace("/", "-").replace("{", "").replace("}", "").replace(":str", "") or "board"
                )
                page.screenshot(path=Path(KEPT) / f"{name}-{width}-{scheme}.png", full_page=True)
            page.context.close()


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_says_nothing_wrong_is_small_and_needs_no_script(
    site: Api, keys: dict[str, str], browser: Browser, path: str
) -> None:
    address = site.address + re.sub(r"\{(\w+)(:str)?\}", lambda found: keys[found[1]], path)
    page = opened(browser, "about:blank")
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(answer.request.sizes()["responseBodySize"]))
    page.goto(address, wait_until="networkidle")
    assert page.said == []  # type: ignore[attr-defined]
    assert 0 < sum(sizes) < MOST_BYTES
    with_script = page.inner_text("h1")
    page.context.close()
    plain = opened(browser, address, java_script_enabled=False)
    assert plain.inner_text("h1") == with_script
    plain.context.close()


def test_the_keyboard_reaches_every_match_and_the_search(site: Api, browser: Browser) -> None:
    page = opened(browser, site.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    matches = page.locator(".match .clubs")
    for number in range(2):
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.href") == page.evaluate(
            "element => element.href", matches.nth(number).element_handle()
        )
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/matches/*")
    page.go_back()
    page.keyboard.press("/")
    club = page.locator(".match .clubs bdi").nth(4).inner_text()
    page.keyboard.type(club[:6].upper())
    seen = page.locator(".match:not([hidden])")
    assert 0 < seen.count() < matches.count()
    assert all(club[:6].lower() in row.lower() for row in seen.locator(".clubs").all_inner_texts())
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    page.keyboard.press("?")
    assert "next match" in page.locator("dialog").inner_text()
    page.context.close()


def test_times_are_the_readers_own(site: Api, browser: Browser) -> None:
    page = opened(browser, site.address, timezone_id="Asia/Tokyo", locale="de-DE")
    time = page.locator(".match time").first
    utc = time.get_attribute("datetime") or ""
    hour = (int(utc[11:13]) + 9) % 24
    assert time.inner_text() == f"{hour:02d}:{utc[14:16]}"
    assert "UTC" in (time.get_attribute("title") or "")
    page.context.close()


@pytest.mark.parametrize(("text", "name"), [("www", LONGEST), ("& rovers", MARKUP)])
def test_hostile_names_stay_in_their_cell(site: Api, browser: Browser, text: str, name: str) -> None:
    page = opened(browser, f"{site.address}/?{urlencode({'q': text})}", 390)
    row = page.locator(".match")
    assert row.locator("bdi").first.inner_text() == name
    box = row.bounding_box()
    assert box is not None and box["x"] + box["width"] <= 390
    row.locator(".clubs").click()
    page.wait_for_url("**/matches/*")
    assert page.locator("h1 bdi").first.inner_text() == name
    assert page.locator("main img").count() == 0 and page.said == []  # type: ignore[attr-defined]
    page.context.close()
