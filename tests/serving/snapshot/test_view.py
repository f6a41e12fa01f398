"""A new resource is a struct, a frame and an order; selection, pages and encoded rows come with the view."""

import datetime as dt

import msgspec
import polars as pl
import pytest

from serving.contracts import Page
from serving.snapshot.view import Paging, Selection, View

DAYS = [dt.date(2024, 9, day) for day in (1, 1, 2, 3, 5)]


class Sighting(msgspec.Struct, frozen=True):
    id: str
    match_date: dt.date
    league: str


@pytest.fixture
def view() -> View[Sighting]:
    rows = pl.DataFrame(
        {"id": list("edcba"), "match_date": DAYS[::-1], "league": ["E0", "SP1", "E0", "E0", "D1"], "unused": 0}
    )
    return View(rows, Sighting, ("match_date", "id"), key="id")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (None, "abcde"),
        (Selection(), "abcde"),
        (Selection(league="E0"), "bce"),
        (Selection(first=dt.date(2024, 9, 2)), "cde"),
        (Selection(last=dt.date(2024, 9, 1)), "ab"),
        (Selection(first=dt.date(2024, 9, 3), last=dt.date(2024, 9, 4)), "d"),
        (Selection(first=dt.date(2024, 9, 4), last=dt.date(2024, 9, 4)), ""),
        (Selection("E0", dt.date(2024, 9, 2), dt.date(2024, 9, 5)), "ce"),
    ],
)
def test_rows_are_selected_by_league_and_dates_both_inclusive(
    view: View[Sighting], selection: Selection | None, expected: str
) -> None:
    assert [item.id for item in view.items(view.select(selection))] == list(expected)


def test_rows_are_selected_by_the_values_of_columns_and_none_leaves_a_column_open(view: View[Sighting]) -> None:
    assert view.select(Selection(), league="SP1", id=None)["id"].to_list() == ["d"]
    assert view.select(league="SP1", id="a")["id"].to_list() == []


@pytest.mark.parametrize(("paging", "expected"), [(Paging(2, 1), "bc"), (Paging(5, 4), "e"), (Paging(5, 9), "")])
def test_a_page_counts_the_whole_selection(view: View[Sighting], paging: Paging, expected: str) -> None:
    page = view.page(view.select(), paging)
    assert isinstance(page, Page)
    assert ("".join(item.id for item in page.items), page.total) == (expected, 5)
    assert page.limit == paging.limit


def test_a_row_is_found_by_its_key(view: View[Sighting]) -> None:
    assert view.find("d") == Sighting("d", DAYS[3], "SP1")
    assert view.find("x") is None


def test_columns_beyond_the_struct_serve_filters_alone(view: View[Sighting]) -> None:
    assert view.find("a") == Sighting("a", DAYS[0], "D1")
