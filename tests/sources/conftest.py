"""A site on the loopback interface, a lake in a temporary folder, and clients between the two."""

import datetime as dt
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any

import pytest

from soccer_assets.settings import Clock, Settings
from soccer_assets.simulation.site import Site
from soccer_assets.sources.acquisition import Acquired, Acquisition, acquisitions
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.sources.fetching.client import Client
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Payloads


class ListeningSite(Site):
    """A site that keeps the headers of every request."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files, now=Clock.from_settings(Settings.read()).now)
        self.headers: list[Message] = []

    def _answer(self, path: str, asked: Message) -> Any:
        self.headers.append(asked)
        return super()._answer(path, asked)


@pytest.fixture(autouse=True)
def no_certificates(monkeypatch, tmp_path) -> None:
    """The sites here have no TLS: reading the usual certificates for each client would take most of the time."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


@pytest.fixture
def site() -> Iterator[ListeningSite]:
    with ListeningSite({}) as running:
        yield running


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def payloads(tmp_path, lake) -> Payloads:
    return Payloads(str(tmp_path / "payloads"), lake)


@pytest.fixture
def client(payloads) -> Callable[..., Client]:
    """Makes a client that neither pauses nor tries again unless the settings given say so."""

    def make(now: Callable[[], dt.datetime] | None = None, **changes: Any) -> Client:
        settings = Settings(**{"http_pause_seconds": 0.0, "http_retries": 0, "today": Settings.read().today} | changes)
        return Client(settings, payloads, *([now] if now else []))

    return make


@pytest.fixture
def acquisition(site, client, payloads) -> Callable[..., Acquisition]:
    """Makes what acquires a table from the site, which every source is sent to."""

    def make(table: str, leagues: str = "JPN,E0", sources: str = "", **changes: Any) -> Acquisition:
        urls = {source.name: f"{site.url}/" for source in SOURCES} | changes.pop("source_urls", {})
        given = {"source_urls": urls, "leagues": leagues, "sources": sources, "today": Settings.read().today} | changes
        options = {name: value for name, value in changes.items() if name.startswith(("http_", "replay"))}
        return acquisitions(SOURCES, Settings(**given), client(**options), payloads)[table]

    return make


@pytest.fixture
def store(lake) -> Callable[..., Acquired]:
    """Does what the I/O manager does with what was acquired."""

    def write(table: str, acquired: Acquired, first: dt.date, last: dt.date) -> Acquired:
        if acquired.unread is not None:
            lake.replace(f"{table}_quarantine", acquired.unread, acquired.replaces)
        lake.replace_dates(table, acquired.rows, first, last)
        return acquired

    return write
