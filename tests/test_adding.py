"""The recipes of docs/pages/adding.md for a league, a bookmaker and a feature: a line each in a copy of the platform."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from soccer_assets.storage.lake import Lake

ROOT = Path(__file__).parent.parent
#: File, the line that stands there, and the line that is added before it.
LINES = (
    ("leagues.py", '    *_pyramid("Germany"', '    *_pyramid("Wales", "Europe/London", ("W1", "Cymru Premier")),\n'),
    ("odds/schema.py", '    "1XB": "1xbet"', '    "CB": "cymru_bet",\n'),
    ("features/catalog.py", '    *grid(BOTH, ["venue"]', '    *grid(BOTH, ["all"], ["goals_for"], [3]),\n'),
)
ARCHIVE = """Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,CBH,CBD,CBA
W1,16/08/2025,14:00,Emberton,Galeford,2,1,H,1.9,3.4,4.2
W1,23/08/2025,14:00,Galeford,Emberton,0,0,D,2.4,3.2,3.0
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake of a copy of the platform with the added lines, after the backfill of two matches."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "soccer_assets", folder / "soccer_assets", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dagster.yaml", folder)
    for name, line, added in LINES:
        file = folder / "soccer_assets" / name
        before, after = file.read_text().split(line)
        file.write_text(f"{before}{added}{line}{after}")
    archive = folder / "site" / "mmz4281" / "2526" / "W1.csv"
    archive.parent.mkdir(parents=True)
    archive.write_text(ARCHIVE)
    own = {
        "PYTHONPATH": str(folder), "SOCCER_VAR": str(folder / "var"), "SOCCER_LEAGUES": "W1",
        "SOCCER_FOOTBALL_DATA_URL": (folder / "site").as_uri(), "SOCCER_START_DATE": "2025-08-01",
        "SOCCER_TODAY": "2025-08-30",
    }  # fmt: skip
    start = "from soccer_assets.commands.cli import main; main()"
    command = [sys.executable, "-c", start, "backfill", "2025-08-16", "2025-08-30"]
    done = subprocess.run(command, cwd=folder, env=os.environ | own, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return Lake(str(folder / "var" / "lake"))


def test_a_league_is_one_line(lake: Lake) -> None:
    matches = lake.read("matches").sort("match_date")
    assert matches.select("league", "season", "home_id", "away_id", "home_goals", "status").rows() == [
        ("W1", "2025/26", "wales.emberton", "wales.galeford", 2, "finished"),
        ("W1", "2025/26", "wales.galeford", "wales.emberton", 0, "finished"),
    ]
    elo = dict(lake.read("team_ratings", None, matches["match_date"][0]).select("team_id", "elo_after").rows())
    assert elo["wales.emberton"] > 1500 > elo["wales.galeford"]
    features = lake.read("match_features").sort("match_date").select("home_elo", "away_elo").row(1)
    assert features == pytest.approx((elo["wales.galeford"], elo["wales.emberton"]), abs=1e-3)


def test_a_bookmaker_is_one_line(lake: Lake) -> None:
    prices = lake.read("odds").filter(bookmaker="cymru_bet", market="1x2").sort("match_date", "selection")
    assert sorted(prices["price"]) == [1.9, 2.4, 3.0, 3.2, 3.4, 4.2]
    fair = lake.read("market_probabilities").filter(bookmaker="cymru_bet").group_by("match_date").agg(pl.sum("power"))
    assert fair["power"].to_list() == pytest.approx([1, 1])


def test_a_feature_over_counts_is_one_line(lake: Lake) -> None:
    features = lake.read("match_features").sort("match_date")
    assert features.select("home_goals_for_last_3", "away_goals_for_last_3").rows() == [(None, None), (1.0, 2.0)]
