"""From files on a site to matches: contradictions between the lines, and what whole mirrors come to."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.resolution import Matches
from soccer_assets.resources import build
from soccer_assets.settings import Settings
from soccer_assets.simulation.football_data import files
from soccer_assets.simulation.site import HALF_BODY, Site
from soccer_assets.simulation.world import make_world
from soccer_assets.sources.acquisition import Acquisition
from soccer_assets.sources.schema import FOOTBALL_DATA_FIXTURES
from soccer_assets.storage.lake import Lake
from tests.matches.resolving import resolve

pytestmark = pytest.mark.enable_socket

NORWAY = "new/NOR.csv"
FIRST, LAST = dt.date(2023, 1, 1), dt.date(2023, 12, 31)
HEADER = "Country,League,Season,Date,Time,Home,Away,HG,AG,Res"
PLAYED = (
    "Norway,Eliteserien,2023,10/04/2023,18:00,Brann,Molde,2,1,H",
    "Norway,Eliteserien,2023,10/04/2023,18:00,Viking,Odd,0,0,D",
    "Norway,Eliteserien,2023,16/04/2023,16:00,Molde,Viking,1,3,A",
)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({}) as running:
        yield running


def acquired_from(base: str, leagues: str, folder: Path) -> dict[str, Acquisition]:
    settings = Settings(
        var=str(folder),
        source_urls={"football_data": base},
        leagues=leagues,
        http_pause_seconds=0.0,
        http_retries=0,
    )
    acquisitions: dict[str, Acquisition] = build(settings)["acquisitions"]
    return acquisitions


@pytest.fixture
def publish(site, tmp_path) -> Callable[..., Matches]:
    """Put lines on the site, fetch them over HTTP into the lake, and resolve what the lake then has."""
    lake = Lake(str(tmp_path / "lake"))
    acquisitions = acquired_from(site.url, "NOR", tmp_path)

    def fetch_and_resolve(*lines: str) -> Matches:
        site.files[NORWAY] = "".join(f"{line}\n" for line in (HEADER, *lines)).encode()
        lake.replace_dates(
            "football_data_results", acquisitions["football_data_results"].acquire(FIRST, LAST).rows, FIRST, LAST
        )
        fixtures = acquisitions["football_data_fixtures"].acquire(FIRST, LAST).rows
        return resolve(lake.scan("football_data_results"), fixtures.lazy())

    return fetch_and_resolve


def scores(matches: Matches) -> dict[str, tuple[int, int]]:
    rows = matches.rows.select("home", "home_goals", "away_goals").rows()
    return {home: (home_goals, away_goals) for home, home_goals, away_goals in rows}


@pytest.mark.parametrize(
    ("line", "wrong", "home"),
    [
        # a duplicated match
        (PLAYED[0], {5: "expected the match once, found it again; first on line 2"}, None),
        # two scores of one match
        (
            PLAYED[0].replace("2,1,H", "0,1,A"),
            {
                2: "expected one score of the match on this date, found 2-1 beside another",
                5: "expected one score of the match on this date, found 0-1 beside another",
            },
            "Brann",
        ),
        # a result against the goals
        (
            "Norway,Eliteserien,2023,17/04/2023,18:00,Odd,Brann,2,1,A",
            {5: "expected the result to follow from the score, found A beside 2-1"},
            None,
        ),
    ],
)
def test_a_contradiction_is_quarantined_alone_and_mended_by_the_next_file(publish, line, wrong, home):
    good = publish(*PLAYED)
    assert scores(good) == {"Brann": (2, 1), "Viking": (0, 0), "Molde": (1, 3)}
    bad = publish(*PLAYED, line)
    assert scores(bad) == {club: score for club, score in scores(good).items() if club != home}
    assert dict(bad.quarantined.select("line", "reason").sort("line").rows()) == wrong
    mended = publish(*PLAYED)
    assert scores(mended) == scores(good)
    assert mended.quarantined.is_empty()


def test_a_file_that_is_refused_leaves_the_matches_as_they_are(publish, site):
    good = publish(*PLAYED)
    site.fault(NORWAY, HALF_BODY)
    assert scores(publish(PLAYED[0].replace("2,1,H", "0,1,A"))) == scores(good)
    assert scores(publish(*PLAYED)) == scores(good)


# Whole mirrors

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "raw" / "football-data"
MIRRORS = ["synthetic", *(["published"] if PUBLISHED.is_dir() else [])]
TODAY = dt.date(2024, 2, 29)


@dataclass(frozen=True)
class Expected:
    statuses: dict[str, int]
    legs: dict[int, int]
    quarantined: dict[tuple[str, str], str]
    abandoned: list[str]


SYNTHETIC = Expected({"finished": 560}, {1: 560}, {}, [])
#: The leagues with abandoned matches, contradictions, a misprint and more than one leg.
QUIRKY = ("D2", "EC", "G1", "SC0")
KNOWN = Expected(
    statuses={"finished": 33_500, "abandoned": 2},
    legs={1: 30_534, 2: 2_870, 3: 98},  # Scottish clubs meet up to three times at one ground
    quarantined={
        ("Bielefeld", "2002-04-22"): "expected 0 to 99 home_fouls, found 145",
        ("Exeter", "2006-04-25"): "expected the result to follow from the score, found D beside 4-0",
        ("Halifax", "2006-04-25"): "expected the result to follow from the score, found D beside 2-0",
        ("Woking", "2006-04-25"): "expected the result to follow from the score, found D beside 2-1",
    },
    abandoned=["G1.201415.niki-volos.ofi-crete", "G1.201819.panathinaikos.olympiakos"],
)


@pytest.fixture(params=MIRRORS)
def mirror(request, tmp_path) -> tuple[Matches, Expected, int]:
    """Matches, what is expected of them, and the number of records they were made of."""

    def read(base: str, codes: Any, first: dt.date) -> pl.DataFrame:
        return acquired_from(base, ",".join(codes), tmp_path)["football_data_results"].acquire(first, TODAY).rows

    if request.param == "published":
        records, expected = read(PUBLISHED.as_uri(), QUIRKY, dt.date(1993, 7, 1)), KNOWN
    else:
        with Site(files(make_world(TODAY, seed=5, clubs=8), TODAY)) as site:
            records, expected = read(site.url, LEAGUES, dt.date(2021, 1, 1)), SYNTHETIC
    return resolve(records.lazy(), FOOTBALL_DATA_FIXTURES.empty().lazy()), expected, len(records)


def test_a_whole_mirror_comes_to_the_matches_it_holds(mirror):
    matches, expected, records = mirror
    rows = matches.rows
    assert rows["match_id"].is_unique().all()
    assert dict(rows["status"].value_counts().rows()) == expected.statuses
    assert dict(rows["leg"].value_counts().rows()) == expected.legs
    assert rows.filter(pl.col("status") == "abandoned")["match_id"].to_list() == expected.abandoned
    wrong = matches.quarantined.select(
        pl.col("record").str.json_path_match("$.home"), pl.col("match_date").cast(pl.String), "reason"
    )
    assert {(home, date): reason for home, date, reason in wrong.rows()} == expected.quarantined
    without_match = sum("result" in reason for reason in expected.quarantined.values())
    assert len(rows) == records - without_match
