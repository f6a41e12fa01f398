import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.leagues import (
    EXTRA_LEAGUES,
    LEAGUES,
    season_label,
    seasons_between,
    slug,
    team_id,
)
from soccer_assets.storage.lake import Lake

ROOT = Path(__file__).parent.parent


def test_the_leagues_are_those_of_the_site():
    main = {code for code, league in LEAGUES.items() if not league.extra}
    assert main >= set(
        [
            "E0",
            "E1",
            "E2",
            "E3",
            "EC",
            "SC0",
            "SC1",
            "SC2",
            "SC3",
            "D1",
            "D2",
            "I1",
            "I2",
            "SP1",
            "SP2",
            "F1",
            "F2",
            "N1",
            "B1",
            "P1",
            "T1",
            "G1",
        ]
    )
    extra = {code for code, league in LEAGUES.items() if league.extra}
    assert extra >= set(
        ["ARG", "AUT", "BRA", "CHN", "DNK", "FIN", "IRL", "JPN", "MEX", "NOR", "POL", "ROU", "RUS", "SWE", "SWZ", "USA"]
    )
    assert EXTRA_LEAGUES["switzerland", "super league"].code == "SWZ"
    assert EXTRA_LEAGUES["argentina", "copa de la liga profesional"].code == "ARG"
    assert {league.code: league.tier for league in LEAGUES.values() if league.country == "England"} == {
        "E0": 1, "E1": 2, "E2": 3, "E3": 4, "EC": 5,
    }  # fmt: skip


def test_every_time_zone_exists():
    assert all(league.zone.key == league.time_zone for league in LEAGUES.values())


@pytest.mark.parametrize(
    ("code", "date", "start"),
    [
        ("E0", dt.date(2024, 6, 30), 2023),
        ("E0", dt.date(2024, 7, 1), 2024),
        ("E0", dt.date(2024, 1, 1), 2023),
        ("NOR", dt.date(2024, 1, 1), 2024),
        ("NOR", dt.date(2024, 12, 31), 2024),
        ("AUT", dt.date(2024, 5, 1), 2023),
    ],
)
def test_a_season_begins_in_july_or_with_the_year(code, date, start):
    assert LEAGUES[code].season_start(date) == start


@pytest.mark.parametrize(
    ("code", "start", "label"),
    [("E0", 2023, "2023/24"), ("E0", 1999, "1999/00"), ("E0", 2008, "2008/09"), ("USA", 2023, "2023")],
)
def test_a_season_is_labelled_as_people_write_it(code, start, label):
    assert season_label(LEAGUES[code], start) == label


@pytest.mark.parametrize(
    ("first", "last", "starts"),
    [
        (dt.date(2023, 9, 1), dt.date(2024, 6, 30), [2023]),
        (dt.date(2023, 9, 1), dt.date(2024, 7, 1), [2023, 2024]),
        (dt.date(2024, 1, 6), dt.date(2024, 1, 6), [2023]),
        # a summer season may run late, as that of 2019/20 did
        (dt.date(2020, 7, 1), dt.date(2020, 7, 2), [2019, 2020]),
        (dt.date(2020, 8, 31), dt.date(2020, 8, 31), [2019, 2020]),
        (dt.date(2020, 6, 30), dt.date(2020, 6, 30), [2019]),
    ],
)
def test_the_seasons_of_a_range_are_those_that_may_have_a_match_in_it(first, last, starts):
    assert seasons_between(LEAGUES["E0"], first, last) == starts


@settings(max_examples=50, deadline=None)
@given(st.dates(dt.date(1993, 7, 1), dt.date(2030, 1, 1)), st.integers(0, 800))
def test_the_seasons_of_both_ends_of_a_range_are_among_its_seasons(first, days):
    league, last = LEAGUES["E0"], first + dt.timedelta(days)
    starts = seasons_between(league, first, last)
    assert {league.season_start(first), league.season_start(last)} <= set(starts)
    assert starts == sorted(set(starts))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Man United", "man-united"),
        ("Nott'm Forest", "nottm-forest"),
        ("M'gladbach", "mgladbach"),
        ("King?s Lynn", "kings-lynn"),  # as the site damaged it
        ("King's Lynn", "kings-lynn"),
        ("Bodø/Glimt", "bodo-glimt"),
        ("Großaspach", "grossaspach"),
        ("Alavés", "alaves"),
        ("Chicago Fire\xa0", "chicago-fire"),
        ("1. FC  Köln", "1-fc-koln"),
        ("FC Brussels - A.S.", "fc-brussels-a-s"),
    ],
)
def test_a_slug_is_plain(name, expected):
    assert slug(name) == expected
    assert slug(expected) == expected


def test_a_club_is_known_by_country_and_name():
    assert team_id("England", "Nott'm Forest") == "england.nottm-forest"
    assert team_id("Ireland", "St. Patricks") != team_id("Scotland", "St. Patricks")


def test_a_league_is_one_line_of_one_file(tmp_path):
    """A copy of the platform with a line for a toy league takes its results in, and rates its clubs."""
    shutil.copytree(ROOT / "soccer_assets", tmp_path / "soccer_assets", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    file = tmp_path / "soccer_assets" / "leagues.py"
    before, after = file.read_text().split('    *_pyramid("Germany"')
    line = '    *_pyramid("Wales", "Europe/London", ("W1", "Cymru Premier")),\n'
    file.write_text(f'{before}{line}    *_pyramid("Germany"{after}')
    archive = tmp_path / "site" / "mmz4281" / "2526" / "W1.csv"
    archive.parent.mkdir(parents=True)
    archive.write_text(
        "Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A\n"
        "W1,16/08/2025,14:00,Emberton,Galeford,2,1,H,1.9,3.4,4.2\n"
        "W1,23/08/2025,14:00,Galeford,Emberton,0,0,D,2.4,3.2,3.0\n"
    )
    own = {
        "PYTHONPATH": str(tmp_path), "SOCCER_VAR": str(tmp_path / "var"), "SOCCER_LEAGUES": "W1",
        "SOCCER_FOOTBALL_DATA_URL": (tmp_path / "site").as_uri(), "SOCCER_START_DATE": "2025-08-01",
        "SOCCER_TODAY": "2025-08-30",
    }  # fmt: skip
    start = "from soccer_assets.commands.cli import main; main()"
    command = [sys.executable, "-c", start, "backfill", "2025-08-16", "2025-08-30"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | own, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    lake = Lake(str(tmp_path / "var" / "lake"))
    matches = lake.read("matches").select("league", "season", "home_id", "away_id", "home_goals", "status")
    assert matches.rows() == [
        ("W1", "2025/26", "wales.emberton", "wales.galeford", 2, "finished"),
        ("W1", "2025/26", "wales.galeford", "wales.emberton", 0, "finished"),
    ]
    assert lake.read("odds").filter(league="W1", market="1x2")["price"].to_list() == [1.9, 3.4, 4.2, 2.4, 3.2, 3.0]
    rated = lake.read("team_ratings").filter(team_id="wales.emberton").sort("match_date")["elo_after"]
    assert rated[0] > 1500
    features = lake.read("match_features").sort("match_date").select("home_elo", "away_elo").rows()
    assert features[1] == (pytest.approx(3000 - rated[0], abs=1e-3), pytest.approx(rated[0], abs=1e-3))
