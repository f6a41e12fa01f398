"""A mirror on disk whose folder is not there: no source without files, but one that does not answer."""

import datetime as dt
from pathlib import Path

import pytest

from soccer_assets.errors import SettingsError
from soccer_assets.settings import Settings
from soccer_assets.sources.acquisition import acquisitions
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.sources.fetching.client import Client
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Payloads

DAY = dt.date(2026, 10, 24)


def settings(var: Path) -> Settings:
    mirrors = {"football_data": (var / "gone").as_uri(), "openfootball": (var / "gone as well").as_uri()}
    return Settings(var=str(var), today=DAY, leagues="E0", source_urls=mirrors)


def test_its_source_is_red(tmp_path: Path) -> None:
    asked = settings(tmp_path)
    payloads = Payloads(asked.payloads, Lake(asked.lake))
    tables = acquisitions(SOURCES, asked, Client(asked, payloads), payloads)
    for name in ("football_data_results", "openfootball_matches"):
        made = tables[name].acquire(DAY, DAY)
        assert (
            made.rows.is_empty() and "expected the folder of a mirror, found none: correct the address" in made.problem
        )
    (tmp_path / "gone as well").mkdir()  # a mirror that has no file of the season yet
    assert tables["openfootball_matches"].acquire(DAY, DAY).problem == ""


@pytest.mark.parametrize("pause", ["host=-1", "host=nan", "host=inf"])
def test_a_pause_that_is_no_time_is_refused(tmp_path: Path, pause: str) -> None:
    asked = Settings(var=str(tmp_path), http_host_pauses=pause)
    with pytest.raises(SettingsError, match=f"SOCCER_HTTP_HOST_PAUSES: expected seconds from 0 on, found '{pause}'"):
        Client(asked, Payloads(asked.payloads, Lake(asked.lake)))
