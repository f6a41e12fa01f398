"""`soccer link` on tiny files."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from soccer_assets.errors import SoccerError
from soccer_assets.linking.files import link_files

#: The installed console command.
SOCCER = str(Path(sys.executable).with_name("soccer"))
EVENTS = """date,home,away,competition,who scored first
09/03/2024,Арсенал,Челси,Англия. Премьер-Лига,1
09/03/2024,Арсенал (ж),Челси (ж),Англия. Женщины,2
10/03/2024,Ливерпуль,Эвертон,Англия. Премьер-Лига,1
"""
MATCHES = """match_id,date,home,away,competition,country
a,2024-03-09,Arsenal,Chelsea,E0,England
b,2024-03-10,Liverpool,Everton,E0,England
c,2024-03-10,Everton,Liverpool,E0,England
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "matches.csv").write_text(MATCHES)
    return tmp_path


def linked(folder: Path, out: str = "out.csv") -> pl.DataFrame:
    link_files(folder / "events.csv", folder / "matches.csv", folder / out)
    return pl.read_csv(folder / out, try_parse_dates=True) if out.endswith("csv") else pl.read_parquet(folder / out)


def test_the_command_links_two_tables_and_says_how_many(folder):
    done = subprocess.run(
        [SOCCER, "link", "events.csv", "matches.csv", "out/links.csv"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "2 linked, 0 review, 1 none written to out/links.csv\n"
    rows = pl.read_csv(folder / "out" / "links.csv")
    assert rows.columns == [
        "event_id", "date", "home", "away", "competition", "match_id", "match_date", "match_home", "match_away",
        "match_competition", "match_country", "candidate_id", "score", "runner_up", "margin", "evidence", "method",
        "outcome",
    ]  # fmt: skip
    assert rows.select("event_id", "date", "home", "match_id", "match_home", "outcome").rows() == [
        (0, "2024-03-09", "Арсенал", "a", "Arsenal", "linked"),
        (1, "2024-03-09", "Арсенал (ж)", None, None, "none"),
        (2, "2024-03-10", "Ливерпуль", "b", "Liverpool", "linked"),
    ]


def test_parquet_and_ids_of_the_tables_themselves(folder):
    events = pl.read_csv(folder / "events.csv").with_columns(
        event_id=pl.Series(["x", "y", "z"]), date=pl.col("date").str.to_date("%d/%m/%Y")
    )
    events.write_parquet(folder / "events.parquet")
    counts = link_files(folder / "events.parquet", folder / "matches.csv", folder / "out.parquet")
    assert counts == {"linked": 2, "review": 0, "none": 1}
    rows = pl.read_parquet(folder / "out.parquet")
    assert rows.select("event_id", "match_id").rows() == [("x", "a"), ("y", None), ("z", "b")]
    assert rows.schema["match_date"] == pl.Date


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("19:30", dt.datetime(2024, 3, 9, 19, 30, tzinfo=dt.UTC)),
        ("19:30:00", dt.datetime(2024, 3, 9, 19, 30, tzinfo=dt.UTC)),
        ("2024-03-09T18:30:00Z", dt.datetime(2024, 3, 9, 18, 30, tzinfo=dt.UTC)),
        ("2024-03-09T18:30:00+03:00", dt.datetime(2024, 3, 9, 15, 30, tzinfo=dt.UTC)),
        ("2024-03-09 18:30", dt.datetime(2024, 3, 9, 18, 30, tzinfo=dt.UTC)),
    ],
)
@pytest.mark.parametrize("column", ["kick_off", "kick_off_at"])
def test_kick_offs_are_times_of_day_or_instants(folder, column, text, instant):
    lines = [f"date,home,away,{column}", f"2024-03-09,Arsenal,Chelsea,{text}", "2024-03-10,Liverpool,Everton,"]
    (folder / "events.csv").write_text("\n".join(lines))
    assert linked(folder, "out.parquet")["kick_off_at"].to_list() == [instant, None]


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ("date,home\n2024-03-09,A", r"expected the columns \['date', 'home', 'away'\], found \['date', 'home'\]; rename"),
        ("date,home,away\n2024-03-09,A,B\n2024-13-09,A,B", r"expected dates like 2024-05-01 or 01/05/2024, found 1 others, such as \['2024-13-09'\]"),
        ("date,home,away,kick_off\n2024-03-09,A,B,noon", r"expected kick-offs like 19:30 .*, found 1 others, such as \['noon'\]"),
        ("event_id,date,home,away\n7,2024-03-09,A,B\n7,2024-03-09,C,D", r"expected every event_id once, found 1 repeated, such as \['7'\]"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_read_says_what_to_do(folder, events, message):
    (folder / "events.csv").write_text(events)
    with pytest.raises(SoccerError, match=f"events.csv: {message}"):
        linked(folder)


def test_other_files_are_refused(folder):
    with pytest.raises(SoccerError, match=r"expected a file that ends in .csv or .parquet, found events.xlsx"):
        link_files(folder / "events.xlsx", folder / "matches.csv", folder / "out.csv")
    with pytest.raises(SoccerError, match="expected a table of events or matches, found no file"):
        link_files(folder / "none.csv", folder / "matches.csv", folder / "out.csv")
