import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from soccer_assets.commands.export import export
from soccer_assets.errors import NotMaterializedError, SoccerError
from soccer_assets.storage.lake import Lake

COLUMNS = [
    "match_id", "league", "season", "match_date", "home", "away", "line", "p_home", "p_draw", "p_away",
    "model_version", "trained_through",
]  # fmt: skip


@pytest.mark.parametrize("name", ["forecasts.csv", "deeper/down/forecasts.parquet"])
def test_the_forecasts_of_a_range_are_one_plain_table(season, tmp_path, name):
    first, last = season.today, season.today + dt.timedelta(days=7)
    file = tmp_path / name
    n = export(season.lake, first, last, file)
    rows = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, try_parse_dates=True)
    assert rows.columns == COLUMNS
    told = season.lake.read("predictions", first, last).select(COLUMNS).sort("match_date", "match_id", "line")
    assert n == len(rows) == len(told) > 0
    assert rows.cast(told.schema).equals(told)  # probabilities survive the text to the last digit


def test_both_ends_of_the_range_are_in(season, tmp_path):
    dates = season.lake.read("predictions")["match_date"].unique().sort()
    first, last = dates[3], dates[5]
    export(season.lake, first, last, tmp_path / "f.parquet")
    assert pl.read_parquet(tmp_path / "f.parquet")["match_date"].unique().sort().to_list() == dates[3:6].to_list()


def test_a_range_without_forecasts_is_a_table_without_rows(season, tmp_path):
    day = season.last + dt.timedelta(days=400)
    assert export(season.lake, day, day, tmp_path / "none.csv") == 0
    assert (tmp_path / "none.csv").read_text() == ",".join(COLUMNS) + "\n"


def test_no_cell_of_a_csv_is_a_formula_and_parquet_keeps_the_name(season, tmp_path):
    told = season.lake.read("predictions").filter(line="model").head(1)
    lake, day = Lake(str(tmp_path / "lake")), told["match_date"].item()
    lake.replace("predictions", told.with_columns(home=pl.lit('=HYPERLINK("x")'), away=pl.lit("-Ajax")), None)
    export(lake, day, day, tmp_path / "f.csv")
    assert pl.read_csv(tmp_path / "f.csv").select("home", "away").row(0) == ('\'=HYPERLINK("x")', "'-Ajax")
    export(lake, day, day, tmp_path / "f.parquet")
    assert pl.read_parquet(tmp_path / "f.parquet").select("home", "away").row(0) == ('=HYPERLINK("x")', "-Ajax")


@pytest.mark.parametrize("name", ["forecasts.xlsx", "forecasts", "forecasts.CSV"])
def test_another_ending_is_refused_and_nothing_is_written(season, tmp_path, name):
    with pytest.raises(SoccerError, match=rf"expected a file that ends in \.csv or \.parquet, found {name}"):
        export(season.lake, season.today, season.last, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_before_anything_is_forecast_the_command_that_makes_it_is_named(tmp_path: Path):
    with pytest.raises(
        NotMaterializedError, match="expected the table predictions under .*, found none: run .*uv run soccer predict"
    ):
        export(Lake(str(tmp_path / "lake")), dt.date(2025, 1, 1), dt.date(2025, 1, 2), tmp_path / "f.csv")


def test_one_line_is_exported_as_others_score_it(season, tmp_path):
    first, last = season.today, season.today + dt.timedelta(days=7)
    n = export(season.lake, first, last, tmp_path / "model.csv", "model")
    rows = pl.read_csv(tmp_path / "model.csv", try_parse_dates=True)
    told = season.lake.read("predictions", first, last).filter(line="model").sort("match_date", "match_id")
    assert rows.columns == ["div", "date", "home", "away", "p_home", "p_draw", "p_away"]
    assert n > 0
    assert rows.rows() == told.select("league", "match_date", "home", "away", "p_home", "p_draw", "p_away").rows()


def test_a_line_that_is_none_is_refused(season, tmp_path):
    with pytest.raises(SoccerError, match=r"expected a line out of \['blend', .*'market', 'model'\] .* found 'models'"):
        export(season.lake, season.today, season.last, tmp_path / "f.csv", "models")
