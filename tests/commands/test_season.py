import json
from pathlib import Path

import pytest

from soccer_assets.commands.season import season
from soccer_assets.errors import SeasonError
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake
from tests.predictions.season.conftest import matches_of, ratings_of, rounds

TABLE = {
    "league": "E0", "date": "2024-05-12",
    "table": [{"club": "Club 00", "points": 88}, {"club": "Club 01", "points": 86, "goal_difference": 9}],
    "left": [["Club 01", "Club 00"]],
}  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "lake"))
    lake.replace("team_ratings", ratings_of(matches_of("E0", rounds(list(range(20)), 2))), None)
    return lake


def lines(lake: Lake, tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "table.json"
    file.write_text(text)
    return list(season(lake, file, Settings(season_runs=200)))


def test_a_file_is_played_to_the_end_of_its_season(lake: Lake, tmp_path: Path) -> None:
    told = lines(lake, tmp_path, json.dumps(TABLE))
    assert told[0] == "E0 2023/24 on the morning of 2024-05-12, 200 runs"
    assert [line.split()[:3] for line in told[3:]] == [["1", "Club", "00"], ["2", "Club", "01"]]
    assert "yes" not in told[3].split()[7]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", "expected JSON with league, date, table and left"),
        (json.dumps(TABLE | {"table": [{"club": "Club 00"}]}), "missing required field `points`"),
        (json.dumps(TABLE | {"date": "9999-12-31"}), "expected a date of the years 1850 to 2999, found 9999-12-31"),
        (json.dumps(TABLE | {"table": [{"club": "", "points": 1}]}), "Expected `str` of length >= 1"),
        (json.dumps(TABLE | {"table": [{"club": "Club 00", "points": 10**14}]}), "Expected `int` <= 1000"),
        (json.dumps(TABLE | {"league": "X9"}), "expected a division code out of E0, .*, found 'X9'"),
    ],
)
def test_a_file_that_is_no_table_is_named(lake: Lake, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SeasonError, match=said):
        lines(lake, tmp_path, text)
