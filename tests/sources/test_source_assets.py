"""The assets of the stage as Dagster runs them, over a loopback site: a source that fails does not fail the run."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from soccer_assets.settings import Clock, Settings
from soccer_assets.simulation.faults import BLOCKED, Status
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.storage.lake import Lake

pytestmark = pytest.mark.enable_socket

TODAY = Clock.from_settings(Settings.read()).today()
DAY = dt.timedelta(days=1)
FILE = f"{TODAY.year}/jp.1.json"


def season(*days: int, a_day: int = 6) -> bytes:
    matches = [
        {
            "date": str(TODAY + n * DAY),
            "team1": f"Ember {k}",
            "team2": "Gale",
            **({"score": {"ft": [1, 0]}} if n < 2 else {}),
        }
        for n in days
        for k in range(a_day)
    ]
    return json.dumps({"name": f"J1 {TODAY.year}", "matches": matches}).encode()


def assets_of_the_stage() -> dict[str, Any]:
    from soccer_assets.sources import assets

    return {asset.key.to_user_string(): asset for asset in (*assets.acquired_assets, assets.source_health)}


@pytest.fixture
def run(site, tmp_path) -> Callable[..., Any]:
    """Materialize assets of the stage over the dates around today; every source has the same empty site."""
    from dagster import materialize

    from soccer_assets.orchestration.partitions import range_tags
    from soccer_assets.resources import build
    from soccer_assets.sources.assets import fetch_log

    def made(*names: str, sources: str = "openfootball", first: dt.date = TODAY - 10 * DAY) -> Any:
        settings = Settings(
            var=str(tmp_path), today=TODAY, sources=sources, leagues="JPN", http_retries=0, http_pause_seconds=0.0,
            source_urls={source.name: site.url for source in SOURCES},
        )  # fmt: skip
        return materialize(
            [fetch_log, *(assets_of_the_stage()[name] for name in names)],
            resources=build(settings),
            tags=range_tags(first, TODAY + 2 * DAY),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )

    return made


def checks(result: Any) -> dict[str, tuple[bool, dict[str, Any]]]:
    return {
        e.check_name: (e.passed, {name: value.value for name, value in e.metadata.items()})
        for e in result.get_asset_check_evaluations()
    }


STAGE = (
    "football_data_results", "football_data_fixtures", "openfootball_matches", "understat_matches",
    "whoscored_matches", "fonbet_events", "fonbet_results", "source_health",
)  # fmt: skip


def test_a_source_that_fails_is_red_and_keeps_its_rows_and_recovers(site, run, tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    site.files[FILE] = season(-2, -1, 0)
    good = run("openfootball_matches")
    assert good.success and all(passed for passed, _ in checks(good).values())
    rows = lake.read("openfootball_matches")
    site.files[FILE] = season(-2, -1, 0, 1)
    site.fault(FILE, BLOCKED)
    broken = run("openfootball_matches")
    assert broken.success
    found = checks(broken)
    assert [name for name, (passed, _) in found.items() if not passed] == ["the_source_answered"]
    assert "the page of a bot wall" in found["the_source_answered"][1]["what broke"]
    assert lake.read("openfootball_matches").equals(rows)
    mended = run("openfootball_matches")
    assert all(passed for passed, _ in checks(mended).values())
    assert len(lake.read("openfootball_matches")) == 24


def test_football_data_fails_loudly(site, run):
    site.fault("new/JPN.csv", Status(500))
    with pytest.raises(Exception, match="1 of 1 addresses failed"):
        run("football_data_results", sources="football_data")


def test_sources_that_are_left_out_are_not_asked_and_have_no_rows(site, run, tmp_path):
    assert run(*STAGE, sources="understat").success
    lake = Lake(str(tmp_path / "lake"))
    assert {name: len(lake.read(name)) for name in STAGE[:-1]} == dict.fromkeys(STAGE[:-1], 0)
    assert site.requests == []  # Understat has no pages of Japan
    assert lake.read("source_health")["source"].unique().to_list() == ["understat"]


def test_the_health_of_the_sources_is_told_and_an_empty_day_is_red(site, run, tmp_path):
    site.files[FILE] = season(*(n for n in range(-70, 3) if n not in (-1, 1)))
    first = run(*STAGE, sources="openfootball,fonbet", first=TODAY - 75 * DAY)
    assert first.success
    rows = Lake(str(tmp_path / "lake")).read("source_health")
    mine = rows.filter(rows["source"] == "openfootball")
    empty = mine.filter(mine["state"] == "empty")["match_date"].to_list()
    assert empty == [TODAY - DAY, TODAY + DAY]
    found = checks(first)
    assert found["no_busy_day_is_empty"][0] is False
    assert found["no_busy_day_is_empty"][1]["what is wrong"][0] == {
        "match_date": str(TODAY - DAY),
        "source": "openfootball",
        "what": "expected about 6.0 matches as on this weekday before, found none",
    }
    assert found["sources_are_fresh"][0] is False  # the line of prices is not there: nobody ever got a good answer
    (line,) = found["sources_are_fresh"][1]["what is wrong"]
    assert (line["source"], line["what"]) == ("fonbet", "no good answer so far")
    last = mine.filter(mine["match_date"] == TODAY).row(0, named=True)
    assert (last["matches"], last["usual"], last["share"], last["accepted"]) == (6, 6.0, 1.0, 1)


def test_a_broken_source_is_red_in_the_health_of_the_sources(site, run):
    site.files[FILE] = season(-2, -1, 0, 1, 2)
    run(*STAGE)
    site.fault(FILE, Status(500))
    found = checks(run(*STAGE))
    assert found["sources_are_fresh"][0] is False
    assert "found 500 Internal Server Error" in found["sources_are_fresh"][1]["what is wrong"][0]["what"]
    assert checks(run(*STAGE))["sources_are_fresh"][0] is True


def test_every_source_asset_says_how_fresh_it_must_be():
    hours = {}
    for name in STAGE[:-1]:
        (spec,) = assets_of_the_stage()[name].specs
        hours[name] = spec.freshness_policy.fail_window.to_timedelta() / dt.timedelta(hours=1)
    assert hours == dict.fromkeys(STAGE[:5], 36.0) | {"fonbet_events": 12.0, "fonbet_results": 12.0}
