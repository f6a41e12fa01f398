import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from soccer_assets.commands.table import table
from soccer_assets.errors import NotMaterializedError, SeasonError
from soccer_assets.predictions.season.date_range import seasons_of_range
from soccer_assets.storage.lake import Lake
from tests.predictions.season.conftest import FIRST, WEEK, matches_of, ratings_of, rounds

ONE_DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two days of the Premier League, and a league without rules."""
    league, mexico = (
        matches_of("E0", rounds(list(range(20)), 2)),
        matches_of("MEX", rounds(list(range(6)), 2)[:1], FIRST + 20 * WEEK),
    )
    day = FIRST + 20 * WEEK + ONE_DAY
    made = seasons_of_range(
        pl.concat([league, mexico]).lazy(), ratings_of(league).lazy(), day - WEEK, day,
        500, 1,
    )  # fmt: skip
    lake = Lake(str(tmp_path_factory.mktemp("table") / "lake"))
    lake.replace("season_forecasts", made.forecasts.rows, None)
    lake.replace("season_changes", made.changes, None)
    assert made.forecasts.quarantined is not None
    lake.replace("season_forecasts_quarantine", made.forecasts.quarantined, None)
    return lake


def test_the_newest_table_has_a_line_a_club_with_its_chances(lake: Lake) -> None:
    lines = list(table(lake, "E0"))
    assert lines[0] == f"E0 2023/24 on the morning of {FIRST + 20 * WEEK + ONE_DAY}, 500 runs"
    assert lines[1] == "assumed, for no source was read: europe"
    assert lines[2].split() == [
        "club",
        "played",
        "points",
        "end",
        "90",
        "%",
        "title",
        "top",
        "four",
        "europe",
        "relegation",
    ]
    clubs = lines[3:23]
    assert [line.split()[0] for line in clubs] == [str(place) for place in range(1, 21)]
    assert all(" 21 " in line for line in clubs)
    assert lines[23] == f"\nPoints expected, since {FIRST + 19 * WEEK + ONE_DAY}:"
    assert "own result" in lines[24] and "ratings" in lines[24]


def test_an_earlier_day_has_its_own(lake: Lake) -> None:
    day = FIRST + 20 * WEEK
    assert str(day - WEEK + ONE_DAY) in next(table(lake, "E0", day))


def test_a_league_that_was_refused_says_why(lake: Lake) -> None:
    with pytest.raises(SeasonError, match="MEX 2023: expected rules of the season"):
        list(table(lake, "MEX"))


def test_a_league_never_forecast_names_the_command(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(NotMaterializedError, match="found forecasts E0: run `uv run soccer seasons FROM TO`"):
        list(table(lake, "D1"))
    with pytest.raises(NotMaterializedError, match="of no league"):
        list(table(Lake(str(tmp_path)), "E0"))
