from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from soccer_assets.errors import SchemaError
from soccer_assets.storage.tables import UTC, Column, Table, quarantine

COLUMNS = (
    Column("day", pl.Int32, "day of the season"),
    Column("club", pl.String, "name"),
    Column("points", pl.Int16, "so far", nullable=True, ge=0, le=114),
    Column("place", pl.Float64, "in the table", ge=1),
    Column("form", pl.String, "last result", nullable=True, among=("W", "D", "L")),
    Column("zone", pl.Enum(["up", "down"]), "where it leads", nullable=True),
)
TABLE = Table("standings", "One club on one day.", COLUMNS, ("day", "club"))
OPEN = Table("standings", "One club on one day.", COLUMNS, ("day", "club"), open=True)


def frame(rows: int = 2, **columns: list[Any]) -> pl.DataFrame:
    """Rows in reverse order, with types that are near the declared ones."""
    usual = {
        "zone": ["up"] * rows,
        "form": ["W"] * rows,
        "place": [1] * rows,
        "points": [3] * rows,
        "club": [f"club {n}" for n in reversed(range(rows))],
        "day": [1] * rows,
    }
    return pl.DataFrame(usual | columns)


def test_a_conformed_frame_has_the_declared_columns_in_order_and_type_sorted_by_the_key():
    conformed = TABLE.conform(frame(further=["x", "y"]))
    assert conformed.schema == TABLE.schema
    assert conformed.columns == ["day", "club", "points", "place", "form", "zone"]
    assert conformed.rows() == [(1, "club 0", 3, 1.0, "W", "up"), (1, "club 1", 3, 1.0, "W", "up")]


def test_an_open_table_keeps_further_columns_behind_its_own():
    conformed = OPEN.conform(frame(B365H=["2.1", None], Referee=["a", "b"]))
    assert conformed.columns == [*TABLE.schema.names(), "B365H", "Referee"]
    assert conformed["Referee"].to_list() == ["b", "a"]
    assert OPEN.validate(conformed) is conformed


def test_a_closed_table_refuses_further_columns():
    with pytest.raises(SchemaError, match=r"standings: .*column_in_schema in 1 rows, such as \['further'\]"):
        TABLE.validate(TABLE.conform(frame()).with_columns(further=pl.lit(1)))


def test_an_empty_frame_has_the_schema_and_holds_every_rule():
    assert TABLE.empty().schema == TABLE.schema
    assert_frame_equal(TABLE.conform(TABLE.empty()), TABLE.empty())


def test_nulls_are_allowed_where_declared_alone():
    assert TABLE.conform(frame(points=[None, 0], form=[None, "D"], zone=[None, "up"])).height == 2
    with pytest.raises(SchemaError) as raised:
        TABLE.conform(frame(3, place=[None, 1.0, None]))
    assert str(raised.value) == "standings: place breaks not_nullable in 2 rows, such as [None, None]"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"points": [-1, 3]}, "points breaks in_range(0, 114) in 1 rows, such as ['-1']"),
        ({"points": [3, 115]}, "points breaks in_range(0, 114) in 1 rows, such as ['115']"),
        ({"place": [0.99, 1]}, "place breaks greater_than_or_equal_to(1) in 1 rows, such as ['0.99']"),
        ({"form": ["W", "X"]}, "form breaks isin(['W', 'D', 'L']) in 1 rows, such as ['X']"),
    ],
)
def test_a_broken_rule_is_named_with_its_column_count_and_values(columns, message):
    with pytest.raises(SchemaError) as raised:
        TABLE.conform(frame(**columns))
    assert str(raised.value) == f"standings: {message}"


def test_bounds_are_inclusive():
    assert TABLE.conform(frame(points=[0, 114]))["points"].to_list() == [114, 0]


def test_at_most_five_values_are_shown_and_every_rule_that_broke():
    with pytest.raises(SchemaError) as raised:
        TABLE.conform(frame(7, points=[200, 201, 202, 203, 204, 205, 206], form=["Q"] * 7))
    assert str(raised.value) == (
        "standings: points breaks in_range(0, 114) in 7 rows, such as ['206', '205', '204', '203', '202']; "
        "form breaks isin(['W', 'D', 'L']) in 7 rows, such as ['Q', 'Q', 'Q', 'Q', 'Q']"
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"zone": ["up", "out"]}, "conversion from `str` to `enum` failed in column 'zone' for 1 out of 2 values: "),
        ({"day": ["1", "one"]}, "conversion from `str` to `i32` failed in column 'day' for 1 out of 2 values: "),
    ],
)
def test_a_value_of_another_type_is_a_broken_schema_too(columns, message):
    with pytest.raises(SchemaError) as raised:
        TABLE.conform(frame(**columns))
    assert str(raised.value).startswith(f"standings: {message}")
    assert "\n" not in str(raised.value)


def test_missing_columns_are_named_beside_those_found():
    with pytest.raises(SchemaError) as raised:
        TABLE.conform(frame().drop("points", "form"))
    assert str(raised.value) == (
        "standings: expected columns ['points', 'form'], found ['zone', 'place', 'club', 'day']"
    )


def test_a_key_stands_once():
    with pytest.raises(SchemaError) as raised:
        TABLE.conform(frame(4, club=["a", "b", "a", "a"]))
    assert str(raised.value) == (
        "standings: expected one row per day, club, found 2 rows that repeat an earlier one's, "
        "such as [(1, 'a'), (1, 'a')]"
    )


def test_a_null_in_the_key_is_a_value_like_any_other():
    table = Table("t", "r", (Column("line", pl.Float64, "d", nullable=True), Column("x", pl.Int64, "d")), ("line",))
    assert table.conform(pl.DataFrame({"line": [None, 2.5], "x": [1, 2]}))["x"].to_list() == [1, 2]
    with pytest.raises(SchemaError, match=r"found 1 rows that repeat an earlier one's, such as \[\(None,\)\]"):
        table.conform(pl.DataFrame({"line": [None, None], "x": [1, 2]}, schema={"line": pl.Float64, "x": pl.Int64}))


def test_a_quarantine_names_its_table_and_keeps_the_place_and_the_record():
    table = quarantine("matches")
    assert (table.name, table.key) == ("matches_quarantine", ("origin", "payload_id", "line"))
    assert table.row == "One record that matches could not use, with the reason."
    assert table.schema == {
        "origin": pl.String, "payload_id": pl.String, "line": pl.Int64, "match_date": pl.Date, "reason": pl.String,
        "record": pl.String,
    }  # fmt: skip
    assert [column.name for column in table.columns if column.nullable] == ["payload_id", "line", "match_date"]


def test_times_are_utc_to_the_microsecond():
    assert pl.Datetime("us", "UTC") == UTC


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-2, 116),
            st.none() | st.sampled_from([0.5, 1.0, 20.0, float("nan"), float("inf")]),
            st.none() | st.sampled_from(["W", "D", "L", "X", ""]),
        ),
        max_size=4,
    )
)
def test_the_quick_look_lets_pass_what_pandera_lets_pass(rows):
    """The rules are asked in one query, and by pandera where that finds one broken: both must mean the same."""
    from pandera.errors import SchemaErrors

    points, place, form = ([row[column] for row in rows] for column in range(3))
    told = frame(len(rows), points=points, place=place, form=form)
    told = told.select(pl.col(column.name).cast(column.dtype, strict=False) for column in COLUMNS)
    try:
        TABLE._pandera.validate(told, lazy=True)
        sound = True
    except SchemaErrors:
        sound = False
    assert TABLE._holds(told) == sound
