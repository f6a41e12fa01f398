"""Every page in Chromium: nothing is cut off or hard to read, the keyboard reaches it, and its forms do what they say.

The lake is that of the whole graph over a synthetic world, with two hostile names of clubs in it.
"""

import itertools
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from serving.pages.routes import ADDRESSES
from soccer_assets.models.schema import SELECTED_MODEL
from soccer_assets.odds.schema import ODDS_LINKS
from soccer_assets.storage.lake import Lake
from tests.serving.processes import Api, Processes

WIDTHS = (320, 390, 1280, 1920)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
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
def site(season_with_drift: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API and a worker over a copy of the graph's tables and its registry."""
    folder = tmp_path_factory.mktemp("pages")
    lake = Lake(str(shutil.copytree(season_with_drift.lake.url, folder / "lake")))
    shutil.copytree(season_with_drift.var / "mlflow", folder / "mlflow")
    rows = lake.read("predictions")
    first, second = rows.filter(pl.col("match_date") > season_with_drift.clock_day)["match_id"].unique().sort()[:2]
    name = pl.when(pl.col("match_id") == first).then(pl.lit(LONGEST)).when(pl.col("match_id") == second).then(
        pl.lit(MARKUP)).otherwise("home")  # fmt: skip
    lake.replace("predictions", rows.with_columns(home=name), None)
    matches = lake.read("matches").with_columns(home=name)
    lake.replace("matches", matches, None)
    coming = matches.filter(pl.col("match_date") == pl.col("match_date").max()).row(0, named=True)
    case = dict.fromkeys(ODDS_LINKS.schema) | {
        "match_date": coming["match_date"], "event_id": "12345", "source": "fonbet", "league": coming["league"],
        "home": "Somebody", "away": "Somebody Else", "candidate_id": coming["match_id"], "score": 2.0, "evidence": "{}",
        "outcome": "review", "decided_at": coming["kick_off_at"], "decided_by": "linker",
    }  # fmt: skip
    lake.replace("odds_links", pl.DataFrame([case], schema=ODDS_LINKS.schema), None)
    processes = Processes(lake.url, SERVING_READS_PER_MINUTE="0", SOCCER_TODAY=str(season_with_drift.clock_day))
    yield processes.start_whole(folder)
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


def opened(browser: Browser, address: str, width: int = 1280, **options: Any) -> Page:
    """A page in a window of its own."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    page.goto(address)
    return page


def complaints(page: Page) -> list[str]:
    """Errors and warnings of a page's console, since the page was opened."""
    texts = [message.text for message in page.console_messages(filter="all") if message.type in ("error", "warning")]
    return texts + [str(error) for error in page.page_errors(filter="all")]


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_fits_every_window_and_is_easy_to_read(
    site: Api, keys: dict[str, str], browser: Browser, path: str
) -> None:
    address = site.address + re.sub(r"\{(\w+)(:str)?\}", lambda found: keys[found[1]], path)
    # the policy keeps out the script of axe, as it should: it is lifted for that script
    page = opened(browser, address, bypass_csp=True)
    for width, scheme in itertools.product(WIDTHS, SCHEMES):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        root = "document.documentElement"
        assert page.evaluate(f"[{root}.scrollWidth, {root}.clientWidth]") == [width, width], (width, scheme)
        assert page.evaluate(OUTSIDE) == [], (width, scheme)
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in violations] == [], (width, scheme)
        if KEPT:
            name = re.sub(r":str|[{}]", "", path).strip("/").replace("/", "-") or "board"
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
    assert complaints(page) == []
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
    assert page.locator("main img").count() == 0 and complaints(page) == []
    page.context.close()


def test_a_forecast_with_own_prices_is_made_by_the_worker(site: Api, keys: dict[str, str], browser: Browser) -> None:
    page = opened(browser, f"{site.address}/matches/{keys['match_id']}")
    form = page.locator("form[data-answer=forecast]")
    for name, price in (("home", "1.25"), ("draw", "6.5"), ("away", "11")):
        form.locator(f"[name='prices.{name}']").fill(price)
    form.locator("button").click()
    expect(form.locator("output dl")).to_be_visible(timeout=60_000)
    # the margin of 4.4 % taken out, 1 in 1.25 is about 77 %
    label = form.locator("output svg").first.get_attribute("aria-label") or ""
    found = re.fullmatch(r"market: home (\d+) %, draw (\d+) %, away (\d+) %", label)
    assert found and 75 <= int(found[1]) <= 79
    assert complaints(page) == []
    page.context.close()


def test_bets_of_one_match_are_priced_together(site: Api, keys: dict[str, str], browser: Browser) -> None:
    page = opened(browser, f"{site.address}/matches/{keys['match_id']}")
    form = page.locator("#combine")
    expect(form.locator("button")).to_be_disabled()
    shares = []
    for tab, bet in (("1x2", "home"), ("both_teams_to_score", "yes")):
        page.locator(f"label[for=tab-{tab}]").click()
        row = page.locator(".panel:visible tr", has=page.get_by_label(bet, exact=True))
        row.locator("input").check()
        shares.append(int(row.locator("td").first.inner_text().removesuffix(" %")) / 100)
    expect(form.locator("button")).to_have_text("Price 2 bets together")
    form.locator("button").click()
    expect(form.locator("output dl")).to_be_visible(timeout=60_000)
    whole, _, alone = form.locator("output dd").all_inner_texts()
    assert 0 < int(whole.partition(" %")[0]) / 100 <= min(shares) + 0.01
    assert abs(int(alone.partition(" %")[0]) / 100 - shares[0] * shares[1]) < 0.02
    assert complaints(page) == []
    page.context.close()


def test_a_coupon_of_two_matches_has_the_product_of_their_chances(site: Api, browser: Browser) -> None:
    page = opened(browser, f"{site.address}/coupon")
    boxes = page.locator("form[data-answer=accumulator] li").filter(has=page.locator("input"))
    shares = []
    for number in range(2):
        pick = boxes.nth(number).locator("label").first
        shares.append(int(re.findall(r"home (\d+) %", pick.inner_text())[0]) / 100)
        pick.locator("input").check()
    page.locator("form[data-answer=accumulator] button").click()
    page.wait_for_selector("form[data-answer=accumulator] output dl b", timeout=60_000)
    whole = page.locator("form[data-answer=accumulator] output b").inner_text()
    assert abs(int(whole.removesuffix(" %")) / 100 - shares[0] * shares[1]) < 0.02
    page.context.close()


def test_the_ledger_is_verified_in_the_browser(site: Api, browser: Browser) -> None:
    page = opened(browser, f"{site.address}/ledger")
    rows = page.locator("tr[data-hash]").count()
    page.locator("[data-verify]").click()
    said = page.locator(".verify output")
    expect(said).not_to_be_empty()
    assert said.inner_text() == f"All {rows} rows are as they were sealed, and each follows the one before it."
    page.evaluate("sealed => { sealed.textContent = sealed.textContent.replace('0.', '0.1'); }",
                  page.locator("[data-sealed]").nth(1).element_handle())  # fmt: skip
    page.locator("[data-verify]").click()
    expect(said).to_have_text(f"1 of {rows} rows are not as they were sealed.")
    page.context.close()


def test_a_link_is_accepted_and_the_decision_undone(site: Api, browser: Browser) -> None:
    page = opened(browser, f"{site.address}/operations")
    case = page.locator(".case")
    assert case.count() == 1
    case.locator("[name=reason]").fill("seen on the club's site")
    case.locator("button[value=accept]").click()
    expect(case.locator("output")).to_contain_text("Done.", timeout=120_000)
    undo = page.locator("form[data-method=DELETE]")
    for _ in range(20):
        page.reload()
        if undo.count():
            break
        page.wait_for_timeout(500)
    assert "seen on the club's site" in page.locator("main").inner_text()
    page.on("dialog", lambda dialog: dialog.accept())
    undo.last.locator("button").click()
    expect(undo.last.locator("output")).to_contain_text("Done.", timeout=120_000)
    page.context.close()


def test_another_version_becomes_champion_by_hand(site: Api, season: Any, browser: Browser) -> None:
    versions = season.lake.read(SELECTED_MODEL.name).sort("match_date")["version"].to_list()
    page = opened(browser, f"{site.address}/operations")
    champion = page.locator("section", has=page.locator("#champion"))
    now = champion.locator("code").first.inner_text()
    other = next(version for version in versions if version != now)
    page.on("dialog", lambda dialog: dialog.accept())
    champion.locator("[name=version]").fill(other)
    champion.locator("[name=reason]").fill("the newer one is odd")
    champion.locator("form button").click()
    expect(champion.locator("form output")).to_contain_text("Done.", timeout=120_000)
    for _ in range(20):
        page.reload()
        if champion.locator("code").first.inner_text() == other:
            break
        page.wait_for_timeout(500)
    assert champion.locator("code").first.inner_text() == other
    page.context.close()
