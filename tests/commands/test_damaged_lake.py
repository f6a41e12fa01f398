"""Commands on a lake whose tables are cut, lost or of another release: one sentence each, and nothing is taken for empty."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from soccer_assets.storage.lake import Lake

COMMANDS = (
    ("export", "2026-10-01", "2026-10-20", "forecasts.csv"),
    ("explain", "E0.202627.a.b"),
    ("table", "E0"),
    ("ledger", "verify"),
    ("rollback",),
    ("accept", "football_data", "https://example.org/E0.csv"),
    ("links", "history"),
)
TABLES = (
    "predictions",
    "season_forecasts",
    "prediction_ledger",
    "selected_model",
    "promotions",
    "fetch_log",
    "link_decisions",
)


def cut(table: Path) -> None:
    for file in table.glob("*.parquet"):
        file.write_bytes(file.read_bytes()[:-40])


def drop_files(table: Path) -> None:
    for file in table.glob("*.parquet"):
        file.unlink()


def spoil_log(table: Path) -> None:
    for commit in (table / "_delta_log").glob("*.json"):
        commit.write_text('{"add":')


def drop_log(table: Path) -> None:
    shutil.rmtree(table / "_delta_log")


def lose_columns(table: Path) -> None:
    """The table as another release left it: none of the columns that this one reads but the date."""
    shutil.rmtree(table)
    rows = pl.DataFrame({"match_date": [None], "other": ["text"]}, schema={"match_date": pl.Date, "other": pl.String})
    Lake(str(table.parent)).replace(table.name, rows, None)


@pytest.mark.parametrize("damage", [cut, drop_files, spoil_log, drop_log, lose_columns])
def test_a_command_says_in_a_sentence_that_a_table_cannot_be_read(
    season: Any, tmp_path: Path, soccer: Any, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    lake = Path(shutil.copytree(season.var / "lake", tmp_path / "lake"))
    decision = pl.DataFrame({"match_date": [None], "x": [1]}, schema={"match_date": pl.Date, "x": pl.Int64})
    Lake(str(lake)).replace("link_decisions", decision, None)
    for name in TABLES:
        damage(lake / name)
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        done = soccer(*command, SOCCER_VAR=str(tmp_path), SOCCER_LAKE_URL=str(lake))
        assert (done.exit_code, done.stdout) == (1, ""), command
        (line,) = done.stderr.splitlines()
        assert line.startswith("error: ") and "expected" in line, command
    assert not (tmp_path / "forecasts.csv").exists()


def test_a_lost_log_is_no_empty_table(season: Any, tmp_path: Path) -> None:
    """Decisions, promotions and the log of fetches would be begun anew, and what was decided would be forgotten."""
    lake = Path(shutil.copytree(season.var / "lake", tmp_path / "lake"))
    drop_log(lake / "promotions")
    with pytest.raises(
        Exception, match="promotions: expected the log of version .* found none: .*soccer doctor --repair"
    ):
        Lake(str(lake)).exists("promotions")
    assert "promotions" in Lake(str(lake)).names()
    (lake / "promotions" / "_manifest.json").write_text("{")
    assert "promotions" in Lake(str(lake)).names()
    assert not Lake(str(lake)).exists("never_made")


def test_aliases_that_are_no_csv_are_refused_in_a_sentence(tmp_path: Path, soccer: Any) -> None:
    file = tmp_path / "aliases.csv"
    for body in (
        b"",
        b"source,name,country,team_id\nfonbet,\xff\xfe,,x\n",
        b"source,name,country,team_id\na,b,c,d,e,f\n",
    ):
        file.write_bytes(body)
        done = soccer("links", "import", file, SOCCER_VAR=str(tmp_path / "var"))
        assert (done.exit_code, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"error: {file}: expected a CSV file in UTF-8 with the columns ")
