"""Every page in Chromium at the widths of phones, tablets and desks: nothing is cut off or pushed out of sight."""

import importlib.util
import itertools
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import uvicorn
from msgspec.structs import replace
from websockets.sync.client import connect

from serving.app import create_app
from serving.settings import ServingSettings
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake

SMALL_WORLD = Path(__file__).parents[1] / "serving" / "conftest.py"
WAIT_SECONDS = 60
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--remote-debugging-port=0"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)
WIDTHS = (320, 390, 768, 1280)
ONE = "/matches/SP1.202425.ath-bilbao.betis/page"
LONG = "/matches/E0.202425.arsenal.chelsea/page"
PAGES = (
    "/",
    "/?league=SP1&date_to=2024-08-03",
    ONE,
    LONG,
    "/quality/page",
    "/matches/none/page",
    "/?league=XX",
    "/docs",
)
#: Elements that hold text and lie outside the window, unless something around them scrolls.
OUTSIDE = """[...document.querySelectorAll("main *")].filter(element => {
    const box = element.getBoundingClientRect();
    return element.children.length === 0 && element.textContent.trim() && !element.closest(".wide")
        && (box.right > document.documentElement.clientWidth + 1 || box.left < -1);
}).map(element => element.textContent.trim().slice(0, 40))"""


class Browser:
    """A headless Chromium that is asked over its DevTools protocol."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("chromium") or "chromium"
        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={folder}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        port, path = wait_for(lambda: _read_lines(folder / "DevToolsActivePort"))
        self._opened = ExitStack()
        self._socket = self._opened.enter_context(connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None))
        self._numbers = itertools.count(1)
        self._session: str | None = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers to one command; events are passed over."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(command | ({"sessionId": self._session} if self._session else {})))
        while (answer := json.loads(self._socket.recv(WAIT_SECONDS))).get("id") != number:
            pass
        assert "error" not in answer, answer
        return dict(answer["result"])

    def open(self, address: str, width: int, height: int = 844) -> None:
        """Load a page in a window of that many pixels, until it and what it draws by script is there."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Page.navigate", url=address)
        wait_for(lambda: self.value("document.readyState === 'complete' && location.href") == address)
        if address.endswith("/docs"):
            wait_for(lambda: self.value("document.querySelectorAll('.opblock').length > 5"))

    def value(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def close(self) -> None:
        self._opened.close()
        self.process.terminate()
        self.process.wait(WAIT_SECONDS)


def wait_for(met: Callable[[], Any]) -> Any:
    """The first true value."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if value := met():
            return value
        time.sleep(0.05)
    raise AssertionError("waited too long")


def _read_lines(file: Path) -> list[str]:
    lines = file.read_text().split() if file.exists() else []
    return lines if len(lines) == 2 else []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the pages of a small world, one of whose clubs has a name of 100 letters without a space."""
    folder = tmp_path_factory.mktemp("pages")
    spec = importlib.util.spec_from_file_location("small_world", SMALL_WORLD)
    assert spec and spec.loader
    small_world = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(small_world)
    lake = Lake(str(folder / "lake"))
    small_world.write_lake(lake)
    rows = lake.read("predictions")
    name = pl.when(pl.col("match_id") == "E0.202425.arsenal.chelsea").then(pl.lit("W" * 100)).otherwise("home")
    lake.replace("predictions", rows.with_columns(home=name), None)
    bets = lake.read("value_bets")
    handicap = bets.with_columns(market=pl.lit("asian_handicap"), goals_line=pl.lit(-0.25), selection=pl.lit("away"))
    lake.replace("value_bets", pl.concat([bets, handicap]), None)
    settings = Settings(var=str(folder), lake_url=lake.url)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = create_app(settings, replace(ServingSettings(), page_matches=20))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_for(lambda: server.started or not thread.is_alive())
            assert server.started
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(WAIT_SECONDS)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_wider_than_the_window(site: str, browser: Browser, page: str, width: int) -> None:
    browser.open(site + page, width)
    root = "document.documentElement"
    wide, seen = browser.value(f"{root}.scrollWidth"), browser.value(f"{root}.clientWidth")
    assert (wide, seen) == (width, width)
    assert browser.value(OUTSIDE) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", ["/", ONE])
def test_bars_and_their_percentages_are_in_sight(site: str, browser: Browser, page: str, width: int) -> None:
    browser.open(site + page, width)
    boxes = """[...document.querySelectorAll("%s")].map(element => {
        const box = element.getBoundingClientRect();
        return [box.left, box.right, box.width];
    })"""
    figures, bars = browser.value(boxes % ".figures span"), browser.value(boxes % ".bars svg")
    assert len(figures) == 3 * len(bars) > 0
    assert all(left >= 0 and right <= width and length > 10 for left, right, length in figures)
    assert all(left >= 0 and right <= width and length > 60 for left, right, length in bars)
    if page == ONE:
        assert "away (asian handicap +0.25)" in browser.value("document.querySelector('.values').innerText")
