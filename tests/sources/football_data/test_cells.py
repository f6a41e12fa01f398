"""Cells that cannot be what their column holds, from the file at the source to the matches and their prices."""

import datetime as dt
from collections.abc import Mapping

import pytest

from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.football_data.files import parse
from soccer_assets.sources.schema import Parsed

E0 = "https://site/mmz4281/2324/E0.csv"
CELLS = {
    **{"Div": "E0", "Date": "12/08/2023", "Time": "15:00", "HomeTeam": "Arsenal", "AwayTeam": "Fulham"},
    **{"FTHG": "2", "FTAG": "1", "FTR": "H", "HTHG": "1", "HTAG": "0", "Referee": "M Dean", "HS": "12", "AS": "7"},
    **{"B365H": "2.1", "B365D": "3.4", "B365A": "3.6", "BbAHh": "-0.25", "BbMxAHH": "1.95", "BbMxAHA": "2.01"},
    **{"PSCH": "2.15", "PSCD": "3.45", "PSCA": "3.65"},
}
PRICES = list(CELLS)[13:]


def parsed(*changes: Mapping[str, str | None]) -> Parsed:
    """The file of one row per dictionary of changed cells; a cell of None is missing, not empty."""
    lines = [",".join(CELLS)]
    lines += [",".join(cell for cell in (CELLS | dict(change)).values() if cell is not None) for change in changes]
    return parse([Answer(E0, "f" * 64, dt.datetime(2024, 7, 1, tzinfo=dt.UTC), "\n".join(lines).encode())])


@pytest.mark.parametrize(
    ("change", "beyond"),
    [
        ({"BbAHh": "0.0,-0.5"}, "3.65"),  # both halves of a stake without quotation marks
        ({"B365H": "2,1", "B365D": "3,4", "B365A": "3,6"}, "2.15,3.45,3.65"),
        ({"PSCA": "3,65"}, "65"),
        ({"PSCA": "3.65,,,3,1,2.5"}, "3,1,2.5"),
        ({"PSCH": None}, "none"),
        ({"BbMxAHH": None, "PSCA": None}, "none"),
        ({"BbMxAHA": None}, "none"),
    ],
)
def test_a_row_of_other_length_loses_its_prices_and_is_named(change, beyond):
    file = parsed({}, change)
    plain, shifted = file.records.to_dicts()
    assert [plain[name] for name in PRICES] == [CELLS[name] for name in PRICES]
    assert {shifted[name] for name in PRICES} == {None}
    assert [shifted[name] for name in ("FTHG", "HS", "AS", "Referee")] == ["2", "12", "7", "M Dean"]
    reason = f"expected prices under their own names, found a row of other length, beyond it {beyond}"
    assert file.quarantined.select("line", "reason").rows() == [(3, reason)]
    assert '"B365H":"2' in file.quarantined["record"].item()


def test_a_row_of_other_length_without_prices_lost_nothing():
    bare = dict.fromkeys(PRICES, "")
    file = parsed({}, bare | {"PSCA": ",9"})
    assert file.quarantined.is_empty() and file.records["_extra"].to_list() == [None, "9"]


@pytest.mark.parametrize(
    "change",
    [
        {"PSCA": "3.65,,,"},
        {"PSCA": "3.65,,Fulham,Arsenal,1,1,,Abandoned"},  # a note right of the table
        {"PSCH": None, "PSCD": None, "PSCA": None},  # cut where a book ends
        {"PSCD": "", "PSCA": None},
    ],
)
def test_a_row_with_empty_cells_or_notes_beyond_or_without_its_last_books_keeps_its_prices(change):
    file = parsed({}, change)
    assert file.quarantined.is_empty()
    row = file.records.row(1, named=True)
    assert [row[name] for name in PRICES[:6]] == [CELLS[name] for name in PRICES[:6]]


@pytest.mark.parametrize("cell", ["12.5", "n/a", "abc", "-1", "1e9", "nan", "x"])
@pytest.mark.parametrize("name", ["HS", "HTHG"])
def test_a_count_that_is_no_whole_number_is_null_and_named(name, cell):
    file = parsed({}, {name: cell}, {name: ""})
    assert file.records[name].to_list() == [CELLS[name], None, None]
    reason = f"expected whole numbers in {name}, found {cell}"
    assert file.quarantined.select("line", "reason").rows() == [(3, reason)]
    assert f'"{name}":"{cell}"' in file.quarantined["record"].item()


def test_counts_with_a_decimal_of_zero_and_high_ones_are_read():
    file = parsed({"HS": "12.0", "AS": "145"})
    assert file.quarantined.is_empty()
    assert file.records.select("HS", "AS").row(0) == ("12.0", "145")


@pytest.mark.parametrize(("half", "text"), [(("3", "0"), "3-0"), (("0", "2"), "0-2"), (("3", "2"), "3-2")])
def test_a_score_at_half_time_above_the_one_of_the_match_is_null_and_named(half, text):
    file = parsed({}, {"HTHG": half[0], "HTAG": half[1]})
    assert file.records.select("FTHG", "FTAG", "HTHG", "HTAG", "B365H").rows() == [
        ("2", "1", "1", "0", "2.1"),
        ("2", "1", None, None, "2.1"),
    ]
    reason = f"expected at half time no more goals than in the match, found {text}"
    assert file.quarantined.select("line", "reason").rows() == [(3, reason)]


def test_a_score_at_half_time_of_a_match_without_one_stays():
    file = parsed({}, {"FTHG": "", "FTAG": "", "FTR": ""})
    assert file.quarantined.is_empty() and file.records["HTHG"].to_list() == ["1", "1"]


def test_all_that_a_row_lost_stands_in_one_line_of_the_quarantine():
    file = parsed({"HS": "n/a", "AS": "1.5", "HTHG": "x", "HTAG": "9"})
    assert file.quarantined["reason"].to_list() == [
        "expected whole numbers in HTHG, found x; expected whole numbers in HS, found n/a; expected whole numbers in AS, "
        "found 1.5; expected at half time no more goals than in the match, found x-9"
    ]
    assert file.records.select("HTHG", "HTAG", "HS", "AS").row(0) == (None, None, None, None)


def test_the_referee_s_name_has_no_letters_that_nobody_sees_and_no_end_of_its_own():
    odd = {"Referee": "\u202eM \tDean\u200b"}, {"Referee": "\u200b"}, {"Referee": "x" * 301}, {"Referee": "x" * 300}
    file = parsed({}, *odd)
    assert file.records["Referee"].to_list() == ["M Dean", "M Dean", None, None, "x" * 300]
    reason = f"expected a text of at most 300 characters as Referee, found {'x' * 100}"
    assert file.quarantined.select("line", "reason").rows() == [(5, reason)]
