import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.errors import ShapeError
from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.site import half_body
from soccer_assets.sources.fetching.client import Answer, Request
from soccer_assets.sources.football_data.dates import kick_off_at, published_date
from soccer_assets.sources.football_data.files import (
    accept_archive,
    accept_fixtures,
    parse,
)
from soccer_assets.sources.football_data.source import archives, fixture_files
from soccer_assets.sources.spec import Query

BASE = "https://site"
E0, USA = f"{BASE}/mmz4281/2324/E0.csv", f"{BASE}/new/USA.csv"
FIXTURES = f"{BASE}/fixtures.csv"
NOW = dt.datetime(2024, 7, 1, tzinfo=dt.UTC)
ROW = "E0,12/08/2023,15:00,Arsenal,Fulham,2,1"


def answer(body: str | bytes, address: str = E0) -> Answer:
    return Answer(address, "f" * 64, NOW, body.encode() if isinstance(body, str) else body)


def records(body: str | bytes, address: str = E0) -> list[dict[str, Any]]:
    """The records of a file of which no line went to quarantine."""
    parsed = parse([answer(body, address)])
    assert parsed.quarantined.is_empty()
    return parsed.records.to_dicts()


def file(*rows: str, header: str = "Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG", end: str = "\n") -> str:
    return "".join(f"{line}{end}" for line in (header, *rows))


# Bytes and lines


@pytest.mark.parametrize(
    ("body", "home"),
    [
        (b"Div,Date,HomeTeam,AwayTeam\nE0,12/08/2023,Nott'm Forest,B\n", "Nott'm Forest"),
        ("Div,Date,HomeTeam,AwayTeam\nE0,12/08/2023,Alavés,B\n".encode(), "Alavés"),
        # cp1252: an apostrophe, and a non-breaking space at the end
        (b"Div,Date,HomeTeam,AwayTeam\nE0,12/08/2023,King\x92s Lynn,B\n", "King\u2019s Lynn"),
        (b"Div,Date,HomeTeam,AwayTeam\nE0,12/08/2023,Derby\xa0,B\n", "Derby"),
        # a byte order mark, before UTF-8 and before cp1252
        (b"\xef\xbb\xbfDiv,Date,HomeTeam,AwayTeam\nE0,12/08/2023,Derby,B\n", "Derby"),
        (b"\xef\xbb\xbfDiv,Date,HomeTeam,AwayTeam\nE0,12/08/2023,King\x92s Lynn,B\n", "King\u2019s Lynn"),
        # one row in cp1252
        ("Div,Date,HomeTeam,AwayTeam\nE0,12/08/2023,Bodø,B\n".encode("cp1252"), "Bodø"),
        # UTF-8 that was taken for cp1252 and written anew, once and twice; and for Latin-1
        ("Div,Date,HomeTeam,AwayTeam\nE0,12/08/2023,Málaga,B\n".encode().decode("cp1252").encode(), "Málaga"),
        ("Div,Date,HomeTeam,AwayTeam\nE0,12/08/2023,MÃƒÂ¡laga,B\n".encode(), "Málaga"),
        ("Div,Date,HomeTeam,AwayTeam\nE0,12/08/2023,Beşiktaş,B\n".encode().decode("latin-1").encode(), "Beşiktaş"),
        # a byte that is no character of either
        (b"Div,Date,HomeTeam,AwayTeam\nE0,12/08/2023,Derby\x9d\xa0,B\n", "Derby\ufffd"),
    ],
)
@pytest.mark.parametrize("address", [E0, FIXTURES])
def test_text_is_read_whatever_its_encoding(body, home, address):
    (record,) = records(body, address)
    assert record["HomeTeam"] == home
    assert (record["Div"], record["_league"]) == ("E0", "E0")


@pytest.mark.parametrize(
    ("clubs", "encoding"),
    [
        (("Beşiktaş", "Kasımpaşa"), "cp1254"),
        (("Fenerbahçe", "Gençlerbirliği"), "mac_turkish"),
        (("Córdoba", "Leganés"), "cp437"),
        (("Cádiz", "Málaga"), "mac_roman"),
        (("Łódź", "Zagłębie"), "cp1250"),
        (("Зенит", "Ростов"), "cp1251"),
        (("Зенит", "Ростов"), "koi8_r"),
        (("C?diz", "M?laga"), "ascii"),
        (("C\ufffddiz", "M\ufffdlaga"), "utf-8"),
    ],
)
def test_a_file_in_another_encoding_is_refused_and_one_damaged_name_is_none(clubs, encoding):
    rows = [f"E0,12/08/2023,15:00,{home},Ash,1,0" for home in (*clubs, "Birch", "Cedar")]
    with pytest.raises(
        ShapeError, match="expected names of clubs in UTF-8 or cp1252, found signs of another encoding in 2"
    ):
        accept_archive(E0, file(*rows).encode(encoding), None)
    accept_archive(E0, file(*rows[1:]).encode(encoding), None)


def test_each_line_has_an_encoding_of_its_own():
    lines = [f"E0,1{day}/08/2023,Bodø,B" for day in range(3)]
    body = (
        b"Div,Date,HomeTeam,AwayTeam\n"
        + lines[0].encode()
        + b"\n"
        + lines[1].encode("cp1252")
        + b"\n"
        + lines[2].encode()
    )
    assert [record["HomeTeam"] for record in records(body)] == ["Bodø"] * 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way_and_keep_their_number(end):
    body = file(ROW, ",,,,,,", ROW.replace("Arsenal", "Burnley"), end=end)
    assert [(record["_line"], record["HomeTeam"], record["FTAG"]) for record in records(body)] == [
        (2, "Arsenal", "1"),
        (4, "Burnley", "1"),
    ]


def test_blank_rows_and_rows_of_commas_are_no_records():
    body = file("", ROW, ",,,,,,", "  ,\t,,", "", ",,,,,,,,,,,,,,,,,,,,,,,")
    assert [record["_line"] for record in records(body)] == [3]
    assert parse([answer(body)]).positions == 1


def test_a_header_alone_is_a_file_without_records():
    parsed = parse([answer(file())])
    assert (len(parsed.records), len(parsed.quarantined), parsed.positions) == (0, 0, 0)
    assert parse([answer("")]).positions == 0


def test_no_files_give_no_records():
    parsed = parse([])
    assert (len(parsed.records), len(parsed.quarantined)) == (0, 0)


def test_a_row_shorter_than_the_header_lacks_its_last_cells():
    (record,) = records(file(ROW, header="Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,HTHG,HTAG"))
    assert (record["AwayTeam"], record["FTHG"], record["FTAG"], record["HTAG"]) == ("Fulham", "2", "1", None)


@pytest.mark.parametrize(
    ("row", "extra"),
    [
        (f"{ROW},,,", None),
        (f"{ROW}, , ", None),
        (f"{ROW},3,,2.5", "3,2.5"),
        (f"{ROW},,abandoned", "abandoned"),
    ],
)
def test_cells_beyond_the_header_are_kept_aside(row, extra):
    (record,) = records(file(row))
    assert (record["FTAG"], record["_extra"]) == ("1", extra)


def test_cells_below_unnamed_columns_are_kept_aside():
    header = "Div,Date,,HomeTeam,AwayTeam,,FTHG,,"
    (record, plain) = records(
        file("E0,12/08/2023,x,Arsenal,Fulham,,2,y,", "E0,12/08/2023,,Burnley,Everton,,0,,", header=header)
    )
    assert (record["HomeTeam"], record["FTHG"], record["_extra"]) == ("Arsenal", "2", "x,y")
    assert (plain["HomeTeam"], plain["FTHG"], plain["_extra"]) == ("Burnley", "0", None)


def test_a_column_whose_name_no_table_can_hold_is_none_and_its_cells_are_kept():
    (record,) = records(file("E0,12/08/2023,Derby,Fulham,2,1,9", header="Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,24:\0"))
    assert (record["HomeTeam"], record["FTAG"], record["_extra"]) == ("Derby", "1", "9")
    assert not [name for name in record if "\0" in name]
    assert "" not in record


# Cells


def test_columns_are_found_by_name_wherever_they_stand():
    body = file("2.05,1,Fulham,12/08/2023,2,E0,Arsenal", header="B365H,FTAG,AwayTeam,Date,FTHG,Div,HomeTeam")
    (record,) = records(body)
    assert [record[name] for name in ("HomeTeam", "AwayTeam", "FTHG", "FTAG", "B365H")] == [
        "Arsenal", "Fulham", "2", "1", "2.05",
    ]  # fmt: skip


def test_names_in_the_header_may_have_spaces_around_them_and_quotes():
    body = file(ROW, header=' Div, Date ,Time,"HomeTeam",AwayTeam\t,FTHG , FTAG')
    accept_archive(E0, body.encode(), None)
    (record,) = records(body)
    assert (record["HomeTeam"], record["FTAG"]) == ("Arsenal", "1")


def test_a_name_that_stands_twice_means_its_first_column():
    (record,) = records(file(f"{ROW},5,6", header="Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,HS,HS"))
    assert record["HS"] == "5"


@pytest.mark.parametrize(
    ("header", "row", "home", "away"),
    [
        ("Div,Date,HomeTeam,AwayTeam,FTHG,FTAG", "E0,12/08/2023,Arsenal,Fulham,1,0", "HomeTeam", "AwayTeam"),
        # Greece to 2004/05
        ("Div,Date,HT,AT,FTHG,FTAG", "G1,12/08/2023,Arsenal,Fulham,1,0", "HT", "AT"),
        ("Country,Date,Home,Away,HG,AG", "USA,12/08/2023,Arsenal,Fulham,1,0", "Home", "Away"),
    ],
)
def test_team_columns_have_three_pairs_of_names(header, row, home, away):
    address = {"E0": E0, "G1": f"{BASE}/mmz4281/2324/G1.csv", "USA": USA}[row.split(",")[0]]
    accept_archive(address, file(row, header=header).encode(), None)
    (record,) = records(file(row, header=header), FIXTURES)
    assert (record[home], record[away]) == ("Arsenal", "Fulham")


@pytest.mark.parametrize(
    ("cell", "referee"),
    [
        ('"Webb, H"', "Webb, H"),
        ('"Webb ""Howard"" H"', 'Webb "Howard" H'),
        ("  M Dean ", "M Dean"),
        ("A\xa0Taylor\xa0", "A\xa0Taylor"),
        # a stray mark is a character like any other
        ('O"Neil', 'O"Neil'),
        ('"Neil', '"Neil'),
        ('Neil"', 'Neil"'),
        # no referee
        ('""', None),
        ("   ", None),
        ("\xa0", None),
    ],
)
def test_quotation_marks_and_blanks_cost_neither_the_line_nor_its_neighbours(cell, referee):
    header = "Div,Date,HomeTeam,AwayTeam,Referee,B365H"
    rows = [f"E0,12/08/2023,{home},Z,{name},2.5" for home, name in (("A", '"Smith, J"'), ("B", cell), ("C", "Dean"))]
    for order in (rows, rows[::-1], rows[1:] + rows[:1]):
        read = {record["HomeTeam"]: record for record in records(file(*order, header=header))}
        assert {home: record["Referee"] for home, record in read.items()} == {
            "A": "Smith, J",
            "B": referee,
            "C": "Dean",
        }
        assert {record["B365H"] for record in read.values()} == {"2.5"}
        assert {record["_extra"] for record in read.values()} == {None}


def test_published_text_is_kept_as_it_is():
    header = "Div,Date,HomeTeam,AwayTeam,FTHG,B365H,B36CA,LBH"
    (record,) = records(file("E0,12/08/2023,Arsenal,Fulham,02,0,1.90, ", header=header))
    assert [record[name] for name in ("FTHG", "B365H", "B36CA", "LBH")] == ["02", "0", "1.90", None]


def test_files_of_different_columns_are_read_together():
    old = answer("Div,Date,HT,AT\nG1,12/08/00,Aris,PAOK\n", f"{BASE}/mmz4281/0001/G1.csv")
    new = answer(b"\xef\xbb\xbf" + file(ROW).encode())
    parsed = parse([old, new])
    assert parsed.records.select("_season", "_league", "HT", "HomeTeam").rows() == [
        ("2000/01", "G1", "Aris", None),
        ("2023/24", "E0", None, "Arsenal"),
    ]


@pytest.mark.parametrize("name", ["*", "^H.*$", "^$", "_league", "Match_Date"])
def test_a_column_whose_name_no_table_can_have_takes_no_other_columns_place(name: str) -> None:
    header, *rows = file(ROW).splitlines()
    with_it = "\n".join([f"{name},{header}", *(f"x,{row}" for row in rows)]) + "\n"
    for accepted in (accept_archive, accept_fixtures):
        accepted(E0, with_it.encode(), None)
    (record,) = records(with_it)
    assert record | {"_extra": None} == records(file(ROW))[0]


def test_a_record_says_where_it_comes_from():
    (record,) = records(file(ROW))
    assert {name: value for name, value in record.items() if name.startswith("_") or name == "match_date"} == {
        "match_date": dt.date(2023, 8, 12),
        "_league": "E0",
        "_season": "2023/24",
        "_address": E0,
        "_payload_id": "f" * 64,
        "_line": 2,
        "_extra": None,
    }


# Dates, seasons, times


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("12/08/2023", dt.date(2023, 8, 12)),
        ("12/08/23", dt.date(2023, 8, 12)),
        ("1/9/23", dt.date(2023, 9, 1)),
        ("14/08/93", dt.date(1993, 8, 14)),
        ("31/12/99", dt.date(1999, 12, 31)),
        ("01/01/00", dt.date(2000, 1, 1)),
        ("29/02/2024", dt.date(2024, 2, 29)),
        # no such day
        ("29/02/2023", None),
        ("31/02/2024", None),
        ("31/02/24", None),
        ("12/13/2023", None),
        ("00/08/2023", None),
        ("1/13/2023", None),
        ("31/06/2023", None),
        ("12/08/0001", None),
        ("12/08/9999", None),
        ("9999-12-31", None),
        # as spreadsheets and other programs write it anew
        ("12/08/2023 00:00", dt.date(2023, 8, 12)),
        ("12/08/2023 00:00:00", dt.date(2023, 8, 12)),
        ("12/08/2023 8:00 PM", dt.date(2023, 8, 12)),
        ("12.08.2023", dt.date(2023, 8, 12)),
        ("12.8.23", dt.date(2023, 8, 12)),
        ("12-08-2023", dt.date(2023, 8, 12)),
        ("12-08-23", dt.date(2023, 8, 12)),
        ("12 08 2023", dt.date(2023, 8, 12)),
        ("2023-08-12", dt.date(2023, 8, 12)),
        ("2023/8/12", dt.date(2023, 8, 12)),
        ("2023.08.12", dt.date(2023, 8, 12)),
        ("20230812", dt.date(2023, 8, 12)),
        ("2023-08-12T20:00:00Z", dt.date(2023, 8, 12)),
        ("2023-08-12 00:00:00.000", dt.date(2023, 8, 12)),
        ("45150", dt.date(2023, 8, 12)),
        ("45150.0", dt.date(2023, 8, 12)),
        ("45150.8333", dt.date(2023, 8, 12)),
        ("12 Aug 2023", dt.date(2023, 8, 12)),
        ("12-Aug-23", dt.date(2023, 8, 12)),
        ("12-AUG-2023", dt.date(2023, 8, 12)),
        ("12 August 2023", dt.date(2023, 8, 12)),
        ("1 Sept 2023", dt.date(2023, 9, 1)),
        ("Aug 12 2023", dt.date(2023, 8, 12)),
        ("August 12, 2023", dt.date(2023, 8, 12)),
        ("Sat Aug 12 2023", dt.date(2023, 8, 12)),
        ("Saturday, 12 August 2023", dt.date(2023, 8, 12)),
        # no such style
        ("12/08-2023", None),
        ("12/08", None),
        ("12/08/023", None),
        ("2023-08", None),
        ("202308", None),
        ("2023812", None),
        ("12 Foo 2023", None),
        ("29999", None),
        ("60000", None),
        ("451500", None),
        ("-45150", None),
        ("########", None),
        ("20:00", None),
        ("tbc", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_has_a_year_of_two_or_four_digits(text, date):
    frame = pl.DataFrame({"Date": [text]}, schema={"Date": pl.String})
    assert frame.select(published_date(pl.col("Date"))).item() == date


@settings(max_examples=50, deadline=None)
@given(st.dates(dt.date(1993, 7, 1), dt.date(2060, 12, 31)))
def test_both_styles_mean_the_same_day(date):
    frame = pl.DataFrame({"Date": [f"{date:%d/%m/%Y}", f"{date:%d/%m/%y}"]})
    assert frame.select(published_date(pl.col("Date")))["Date"].to_list() == [date, date]


@pytest.mark.parametrize(
    ("date", "time", "utc"),
    [
        (dt.date(2023, 12, 26), "15:00", dt.datetime(2023, 12, 26, 15)),
        (dt.date(2023, 8, 12), "15:00", dt.datetime(2023, 8, 12, 14)),
        # summer time ends on 29 October 2023 and begins on 31 March 2024
        (dt.date(2023, 10, 28), "15:00", dt.datetime(2023, 10, 28, 14)),
        (dt.date(2023, 10, 29), "00:30", dt.datetime(2023, 10, 28, 23, 30)),
        (dt.date(2023, 10, 29), "01:30", dt.datetime(2023, 10, 29, 0, 30)),  # twice: the first
        (dt.date(2023, 10, 29), "02:00", dt.datetime(2023, 10, 29, 2)),
        (dt.date(2024, 3, 30), "15:00", dt.datetime(2024, 3, 30, 15)),
        (dt.date(2023, 3, 26), "00:59", dt.datetime(2023, 3, 26, 0, 59)),
        (dt.date(2023, 3, 26), "01:00", dt.datetime(2023, 3, 26, 1)),  # not on a British clock: not put forward
        (dt.date(2024, 3, 31), "01:30", dt.datetime(2024, 3, 31, 1, 30)),
        (dt.date(2024, 3, 31), "02:00", dt.datetime(2024, 3, 31, 1)),
        (dt.date(2024, 3, 31), "15:00", dt.datetime(2024, 3, 31, 14)),
        # other ways to write a time
        (dt.date(2020, 9, 12), "12:30:00", dt.datetime(2020, 9, 12, 11, 30)),
        (dt.date(2020, 9, 12), "9:05", dt.datetime(2020, 9, 12, 8, 5)),
        *(
            (dt.date(2020, 9, 12), text, dt.datetime(2020, 9, 12, 19))
            for text in (
                "08:00PM",
                "8:00 pm",
                "08:00:00 PM",
                "8.00 pm",
                "8 p.m.",
                "8PM",
                "20:00 PM",
                "20.00",
                "20:00:00.000",
                "0.8333333333",
                ".833333333",
                "1899-12-30 20:00:00",
                "30/12/1899 20:00",
                "44086.8333333",
            )
        ),
        (dt.date(2020, 9, 12), "10:15 PM", dt.datetime(2020, 9, 12, 21, 15)),
        (dt.date(2020, 9, 12), "12:15 AM", dt.datetime(2020, 9, 11, 23, 15)),
        (dt.date(2020, 9, 12), "0:15 AM", dt.datetime(2020, 9, 11, 23, 15)),
        (dt.date(2020, 9, 12), "12:15 PM", dt.datetime(2020, 9, 12, 11, 15)),
        (dt.date(2020, 9, 12), "12:30PM", dt.datetime(2020, 9, 12, 11, 30)),
        (dt.date(2020, 9, 12), "11:59 am", dt.datetime(2020, 9, 12, 10, 59)),
        (dt.date(2020, 9, 12), "0.5", dt.datetime(2020, 9, 12, 11)),
        (dt.date(2020, 9, 12), "0.9999999", None),
        *(
            (dt.date(2020, 9, 12), text, None)
            for text in (
                "25:00",
                "24:00",
                "12:60",
                "20:00:61",
                "20:00 AM",
                "13:00am",
                "tbc",
                "20",
                "0",
                "2",
                "-20:00",
                "20:00 BST",
                "15:0",
            )
        ),
        (dt.date(2020, 9, 12), None, None),
        (None, "15:00", None),
    ],
)
def test_kick_off_is_british_time_turned_into_utc(date, time, utc):
    frame = pl.DataFrame({"date": [date], "time": [time]}, schema={"date": pl.Date, "time": pl.String})
    found = frame.select(kick_off_at(pl.col("date"), pl.col("time"))).item()
    assert found == (utc and utc.replace(tzinfo=dt.UTC))


def extra(country: str, season: str, date: str, time: str) -> str:
    return f"Country,League,Season,Date,Time,Home,Away,HG,AG,Res\n{country},x,{season},{date},{time},A,B,1,0,H\n"


@pytest.mark.parametrize(
    ("code", "season", "date", "time", "local", "label"),
    [
        # an evening in America is a night in Britain
        ("USA", "2023", "11/06/2023", "00:30", dt.date(2023, 6, 10), "2023"),
        ("USA", "2023", "10/06/2023", "20:30", dt.date(2023, 6, 10), "2023"),
        ("USA", "2023", "26/03/2023", "01:30", dt.date(2023, 3, 25), "2023"),  # when British clocks go forward
        ("USA", "2023", "01/03/2023", "04:59", dt.date(2023, 2, 28), "2023"),
        ("USA", "2023", "01/03/2023", "05:00", dt.date(2023, 3, 1), "2023"),
        ("MEX", "2023/2024", "01/07/2023", "03:00", dt.date(2023, 6, 30), "2023/24"),
        ("MEX", "2023/2024", "01/07/2023", "", dt.date(2023, 7, 1), "2023/24"),
        ("BRA", "2023", "05/06/2023", "00:00", dt.date(2023, 6, 4), "2023"),
        # a night in Britain is a morning in the east
        ("JPN", "2023", "03/03/2023", "23:00", dt.date(2023, 3, 4), "2023"),
        ("JPN", "2023", "04/03/2023", "05:00", dt.date(2023, 3, 4), "2023"),
        # and the same day in Europe
        ("NOR", "2023", "10/04/2023", "18:00", dt.date(2023, 4, 10), "2023"),
        ("AUT", "2023/2024", "28/07/2023", "19:30", dt.date(2023, 7, 28), "2023/24"),
        # a season in another form
        *(("AUT", text, "26/05/2024", "17:00", dt.date(2024, 5, 26), "2023/24") for text in ("2023-2024", "2023/24")),
        *(("AUT", text, "28/07/2023", "19:30", dt.date(2023, 7, 28), "2023/24") for text in ("2023", "2023.0")),
        ("AUT", "2023", "10/03/2023", "19:30", dt.date(2023, 3, 10), "2023"),
        ("NOR", "2023.0", "10/04/2023", "18:00", dt.date(2023, 4, 10), "2023"),
    ],
)
def test_a_match_of_an_extra_league_is_played_on_the_date_of_its_country(code, season, date, time, local, label):
    (record,) = records(extra(LEAGUES[code].country, season, date, time), f"{BASE}/new/{code}.csv")
    assert (record["match_date"], record["_season"], record["_league"]) == (local, label, code)
    assert record["Date"] == date


@pytest.mark.parametrize(
    ("address", "division", "season"),
    [
        (f"{BASE}/mmz4281/9394/E0.csv", "14/08/93", "1993/94"),
        (f"{BASE}/mmz4281/9900/E0.csv", "14/08/99", "1999/00"),
        (f"{BASE}/mmz4281/0001/E0.csv", "19/08/00", "2000/01"),
        (f"{BASE}/mmz4281/1920/E0.csv", "26/07/2020", "2019/20"),  # a late end
        (FIXTURES, "30/06/2024", "2023/24"),
        (FIXTURES, "01/07/2024", "2024/25"),
    ],
)
def test_the_season_is_that_of_the_folder_or_else_of_the_date(address, division, season):
    (record,) = records(f"Div,Date,HomeTeam,AwayTeam\nE0,{division},Arsenal,Fulham\n", address)
    assert record["_season"] == season


@pytest.mark.parametrize("text", ["2023", "2023.0", "2023-2024", "2023/2024"])
def test_an_autumn_season_is_read_to_its_end_however_it_is_written(text):
    rows = [
        f"Austria,x,{text},{date},17:00,{home},B,1,0,H" for date, home in (("28/07/2023", "A"), ("26/05/2024", "C"))
    ]
    read = records(file(*rows, header="Country,League,Season,Date,Time,Home,Away,HG,AG,Res"), f"{BASE}/new/AUT.csv")
    assert [record["_season"] for record in read] == ["2023/24", "2023/24"]


def test_fixtures_are_told_apart_by_division_and_country():
    main = answer("Div,Date,Time,HomeTeam,AwayTeam\nE0,17/08/2024,15:00,A,B\nSC0,17/08/2024,15:00,C,D\n", FIXTURES)
    body = "Country,League,Date,Time,Home,Away\nUSA,MLS,18/08/2024,00:30,E,F\nNorway,Eliteserien,18/08/2024,16:00,G,H\n"
    parsed = parse([main, answer(body, f"{BASE}/new_league_fixtures.csv")])
    assert parsed.quarantined.is_empty()
    assert parsed.records.select("_league", "_season", "match_date").rows() == [
        ("E0", "2024/25", dt.date(2024, 8, 17)),
        ("SC0", "2024/25", dt.date(2024, 8, 17)),
        ("USA", "2024", dt.date(2024, 8, 17)),
        ("NOR", "2024", dt.date(2024, 8, 18)),
    ]


# What cannot be a record


@pytest.mark.parametrize(
    ("row", "address", "reason"),
    [
        ("E0,31/02/2024,15:00,A,B,1,0", E0, "expected a date dd/mm/yy or dd/mm/yyyy, found 31/02/2024"),
        ("E0,31/02/24,15:00,A,B,1,0", E0, "expected a date dd/mm/yy or dd/mm/yyyy, found 31/02/24"),
        ("E0,,15:00,A,B,1,0", E0, "expected a date dd/mm/yy or dd/mm/yyyy, found none"),
        ("E0,12/08/2022,15:00,A,B,1,0", E0, "expected a date within season 2023/24, found 12/08/2022"),
        ("E0,12/08/2025,15:00,A,B,1,0", E0, "expected a date within season 2023/24, found 12/08/2025"),
        ("E0,12/08/1923,15:00,A,B,1,0", E0, "expected a date within season 2023/24, found 12/08/1923"),
        ("E0,12/08/2023,15:00,,B,1,0", E0, "expected two teams, found an empty name"),
        ("E0,12/08/2023,15:00,A, ,1,0", E0, "expected two teams, found an empty name"),
        ('E0,12/08/2023,15:00,"",B,1,0', E0, "expected two teams, found an empty name"),
        ("E0,12/08/2023,15:00,A,A ,1,0", E0, "expected two teams, found one against itself"),
        ("E9,12/08/2023,15:00,A,B,1,0", FIXTURES, "expected a known division code, found E9"),
        (",12/08/2023,15:00,A,B,1,0", FIXTURES, "expected a known division code, found none"),
        ("E0,12/08/2023,15:00,A,B,1,0", f"{BASE}/new/XYZ.csv", "expected a known division code, found XYZ"),
        ("E0,12/08/2023", E0, "expected 7 cells, found 2"),
        ("see notes", E0, "expected 7 cells, found 1"),
    ],
)
def test_a_line_that_cannot_be_a_record_is_kept_with_its_reason(row, address, reason):
    good = "E0,12/08/2023,15:00,Arsenal,Fulham,2,1"
    parsed = parse([answer(file(good, row), address)])
    wrong = parsed.quarantined.row(-1, named=True)
    assert (wrong["origin"], wrong["payload_id"], wrong["line"], wrong["reason"]) == (address, "f" * 64, 3, reason)
    assert len(parsed.records) + len(parsed.quarantined) == 2
    if "cells" in reason:
        assert wrong["record"] == row
    else:
        cells = [cell.strip(' "') or None for cell in row.split(",")]
        assert list(json.loads(wrong["record"]).values()) == cells


def test_an_unknown_country_is_no_league():
    parsed = parse([answer(extra("Atlantis", "2023", "10/06/2023", "15:00"), f"{BASE}/new_league_fixtures.csv")])
    assert parsed.quarantined["reason"].to_list() == ["expected a known division code, found Atlantis, x"]
    assert parsed.quarantined["match_date"].to_list() == [dt.date(2023, 6, 10)]


def test_fixtures_without_division_or_country_are_all_in_quarantine():
    parsed = parse([answer("Date,HomeTeam,AwayTeam,x\n17/08/2024,A,B,1\n", FIXTURES)])
    assert parsed.records.is_empty()
    assert parsed.quarantined["reason"].to_list() == ["expected a known division code, found none"]


def test_abandoned_matches_and_odds_of_zero_are_records_as_published():
    header = "Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H"
    (record,) = records(file("G1,17/03/2019,Panathinaikos,Olympiakos,,,,0", header=header), FIXTURES)
    assert [record[name] for name in ("FTHG", "FTAG", "FTR", "B365H")] == [None, None, None, "0"]


CELL = st.text(st.sampled_from("ab ,\"'-é0"), max_size=6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["A", "B", "C"]), CELL, CELL), max_size=6))
def test_every_line_with_content_is_a_record_or_in_quarantine(rows):
    body = file(*(f"E0,12/08/2023,{home},Z,{x},{y}" for home, x, y in rows), header="Div,Date,HomeTeam,AwayTeam,x,y")
    parsed = parse([answer(body)])
    lines = sorted({*parsed.quarantined["line"], *(parsed.records["_line"] if len(parsed.records) else [])})
    assert lines == list(range(2, len(rows) + 2))
    assert parsed.positions == len(rows)


# What is accepted as a file


@pytest.mark.parametrize("accept", [accept_archive, accept_fixtures])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "expected a column for date (Date), found []"),
        (b"\n\n", "expected a column for date (Date), found []"),
        (b'{"error": "not found"}', "expected a column for date (Date), found ['{\"error\": \"not found\"}']"),
        (b"Div,Day,HomeTeam,AwayTeam\n", "expected a column for date (Date), found ['Div', 'Day', 'HomeTeam', "),
        (b"Div,Date,Team,AwayTeam\n", "expected a column for home (HomeTeam or Home or HT), found ['Div', 'Date', "),
        (b"Div,Date,HomeTeam\n", "expected a column for away (AwayTeam or Away or AT), found ['Div', 'Date', "),
        (b"<html><body>Date,HomeTeam,AwayTeam</body></html>", "expected CSV, found an HTML page that starts b'<html>"),
        (
            b"Div,Date,HomeTeam,AwayTeam,FTHG\nE0,12/08/2023,A,B,1\nE0,13/08/2023,C",
            "expected a whole file, found line 3 cut short: 'E0,13/08/2023,C'",
        ),
        (
            b"Div,Date,HomeTeam,AwayTeam,FTHG\r\nE0,13/08/2023,C",
            "expected a whole file, found line 2 cut short: 'E0,13/08/2023,C'",
        ),
        (
            b"Div,Date,HomeTeam,AwayTeam,FTHG\nE0,13/08/2023,C\nDiv,Date,HomeTeam,AwayTeam,FTHG",  # a header ends it
            "expected a whole file, found line 2 cut short: 'E0,13/08/2023,C'",
        ),
    ],
)  # fmt: skip
def test_what_is_not_a_whole_file_with_the_key_columns_is_refused(accept, body, message):
    with pytest.raises(ShapeError) as raised:
        accept(E0, body, None)
    assert str(raised.value).startswith(f"{E0}: {message}")
    assert raised.value.address == E0


@pytest.mark.parametrize(
    "body",
    [
        # the last line has no end, and is as long as the others
        b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\nE0,12/08/2023,A,B,1,0\nE0,13/08/2023,C,D,2,0",
        # as they are, all rows lack the last cell
        b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,HS\nE0,12/08/2023,A,B,1,0\nE0,13/08/2023,C,D,2,0",
        # the line before has commas of its own
        b'Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,Referee\nE0,12/08/2023,A,B,1,0,"Webb, H"\nE0,13/08/2023,C,D,1,1,Dean',
        b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\nE0,12/08/2023,A,B,1,0,,,\nE0,13/08/2023,C,D,2,0",
        # a short line with its end is the source's own
        b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,HS\nE0,12/08/2023,A,B,1,0,3\nE0,13/08/2023,C,D,2,0\n",
        b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\r\n",
        # a note below the table, or the end of a DOS file
        b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\nE0,12/08/2023,A,B,1,0\nE0,13/08/2023,C,D,2,0\nTotal,2 matches",
        b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\nE0,12/08/2023,A,B,1,0\nE0,13/08/2023,C,D,2,0\n\x1a",
    ],
)
def test_a_whole_file_is_accepted_however_untidy(body):
    accept_archive(E0, body, None)
    accept_fixtures(FIXTURES, body, None)


def rows(count: int) -> bytes:
    return file(*[ROW] * count).encode()


@pytest.mark.parametrize(("before", "now"), [(7, 4), (8, 4), (1, 1), (0, 0), (4, 40)])
def test_an_archive_may_lose_half_of_its_rows(before, now):
    accept_archive(E0, rows(now), rows(before))


@pytest.mark.parametrize(("before", "now"), [(7, 3), (2, 0), (380, 189)])
def test_an_archive_must_not_lose_more(before, now):
    with pytest.raises(ShapeError) as raised:
        accept_archive(E0, rows(now), rows(before))
    assert str(raised.value) == (f"{E0}: expected at least 50% of the {before} rows of the last good file, found {now}")


def test_fixtures_come_and_go():
    accept_fixtures(FIXTURES, rows(0), rows(40))


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 30), st.integers(1, 400))
def test_a_body_cut_before_the_last_cell_of_a_line_is_noticed(count, size):
    body = rows(count)
    last = body[:-1].rfind(b"\n") + 1
    cut = body[: last + 1 + size % (len(body) - last - 3)]
    with pytest.raises(ShapeError, match="cut short"):
        accept_archive(E0, cut, None)


def test_half_a_body_as_the_simulated_site_sends_it_is_noticed():
    with pytest.raises(ShapeError, match="cut short"):
        accept_archive(E0, half_body(rows(9)), None)


# What is asked for


def addresses(requests: list[Request]) -> list[str]:
    return [request.address.removeprefix(f"{BASE}/") for request in requests]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (dt.date(2024, 1, 6), dt.date(2024, 1, 7), ["mmz4281/2324/E0.csv", "new/NOR.csv", "mmz4281/2324/SP1.csv"]),
        (dt.date(1999, 12, 1), dt.date(1999, 12, 1), ["mmz4281/9900/E0.csv", "new/NOR.csv", "mmz4281/9900/SP1.csv"]),
        (
            dt.date(2023, 8, 1),
            dt.date(2023, 9, 1),
            [
                "mmz4281/2223/E0.csv",
                "mmz4281/2324/E0.csv",
                "new/NOR.csv",
                "mmz4281/2223/SP1.csv",
                "mmz4281/2324/SP1.csv",
            ],
        ),
        # nothing is played after today
        (dt.date(2024, 6, 1), dt.date(2025, 6, 1), ["mmz4281/2324/E0.csv", "new/NOR.csv", "mmz4281/2324/SP1.csv"]),
    ],
)
def test_the_files_of_a_range_are_those_of_its_seasons(first, last, expected):
    leagues = [LEAGUES[code] for code in ("E0", "NOR", "SP1")]
    assert addresses(archives(Query(first, last, dt.date(2024, 6, 20), leagues, BASE))) == expected


@pytest.mark.parametrize(
    ("today", "final"), [(dt.date(2024, 6, 1), False), (dt.date(2024, 12, 29), False), (dt.date(2024, 12, 30), True)]
)
def test_an_archive_is_final_four_months_after_the_last_day_of_its_season(today, final):
    day = dt.date(2024, 1, 6)
    assert archives(Query(day, day, today, [LEAGUES["E0"]], BASE)) == [Request(E0, final)]
    assert archives(Query(day, day, today, [LEAGUES["USA"]], BASE)) == [Request(USA, False)]


@pytest.fixture
def mirror(tmp_path) -> Callable[..., str]:
    def make(*names: str) -> str:
        for name in names:
            path = tmp_path / "the mirror" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return (tmp_path / "the mirror").as_uri()

    return make


def at(base: str) -> Query:
    day = dt.date(2024, 1, 6)
    return Query(day, day, day, base=base)


def test_fixtures_are_two_files_and_on_a_mirror_all_it_kept(mirror):
    assert addresses(fixture_files(at(BASE))) == ["fixtures.csv", "new_league_fixtures.csv"]
    base = mirror("fixtures.csv", "fixtures/b.csv", "fixtures/a.csv", "fixtures/notes.txt")
    assert [request.address for request in fixture_files(at(base))] == [
        f"{base}/{name}" for name in ("fixtures.csv", "new_league_fixtures.csv", "fixtures/a.csv", "fixtures/b.csv")
    ]
    assert not any(request.final for request in fixture_files(at(base)))


def test_a_list_that_a_mirror_keeps_is_of_any_day():
    # 7 February lies too far back for a list of today, and 2 July does not
    body, today = b"Div,Date,HomeTeam,AwayTeam\nE0,07/02/2024,Arsenal,Everton\n", dt.date(2024, 5, 20)
    accept_fixtures(f"{BASE}/fixtures/february.csv", body, None, today)
    with pytest.raises(ShapeError, match="expected days on which a match can have been played, found 1 of 1 on which"):
        accept_fixtures(f"{BASE}/fixtures.csv", body, None, today)
