"""What is read of each table: columns of the stages' schemas, and never those that no answer needs."""

import polars as pl
import pytest

from serving.snapshot.tables import COLUMNS, read
from soccer_assets.errors import SchemaError
from soccer_assets.storage.lake import Lake


def test_texts_of_models_and_statistics_are_not_read() -> None:
    assert list(COLUMNS["matches"]) == [
        "match_id", "league", "season", "match_date", "status", "home", "away", "kick_off_at", "home_goals",
        "away_goals", "home_id", "away_id",
    ]  # fmt: skip
    assert {"forecaster", "out_of_fold", "calibration"} & set(COLUMNS["selected_model"]) == set()
    assert {"html", "threshold"} & set(COLUMNS["drift_report"]) == set()
    assert COLUMNS["predictions"]["trained_through"] == pl.Date() and "rho" not in COLUMNS["predictions"]


def test_only_the_needed_columns_come_from_storage_in_their_declared_types(lake: Lake) -> None:
    rows = lake.read("matches").with_columns(pl.col("home_goals", "away_goals").cast(pl.Int64), further=pl.lit(1))
    lake.replace("odd/matches", rows, None)
    matches = read(Lake(f"{lake.url}/odd"), "matches")
    assert matches.schema == COLUMNS["matches"] and len(matches) == 43


def test_a_table_that_lacks_a_column_is_refused_by_name(lake: Lake) -> None:
    lake.replace("odd/matches", pl.DataFrame({"match_id": ["x"]}), None)
    with pytest.raises(SchemaError, match=r"matches: expected columns \['away', 'away_goals'"):
        read(Lake(f"{lake.url}/odd"), "matches")
