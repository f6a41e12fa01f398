import datetime as dt
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from soccer_assets.errors import NotMaterializedError, SchemaError
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.table_states import TableState

FIRST = dt.date(2024, 3, 1)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def rows(*numbers: int, text: str = "old") -> pl.DataFrame:
    """A row per number: its day and a text."""
    dates = pl.Series("match_date", [day(number) for number in numbers], dtype=pl.Date)
    return pl.DataFrame([dates, pl.Series("text", [f"{text} {number}" for number in numbers], dtype=pl.String)])


def texts(lake: Lake, *range_: dt.date | None) -> list[str]:
    return lake.read("t", *range_).sort("match_date", "text")["text"].to_list()


#: Folders that Delta's file store opens, with letters that URLs encode, and folders that it does not.
FOLDERS = ("lake", "a b%#+é матчи", "a b%20#+é")


@pytest.fixture(params=FOLDERS)
def lake(tmp_path, request) -> Lake:
    return Lake(f"{tmp_path}/{request.param}/")


def at_once(count: int, write: Callable[[int], None]) -> None:
    """Call `write` with 0 to `count` - 1 from as many threads that start together."""
    start, failures = threading.Barrier(count), []

    def work(number: int) -> None:
        start.wait()
        try:
            write(number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_table_is_not_there_before_it_is_written(lake):
    assert lake.exists("t") is False
    assert lake.version("t") is None
    with pytest.raises(
        NotMaterializedError, match=rf"table t .*{re.escape(lake.url)}, found none: .*`uv run soccer backfill FROM TO`"
    ):
        lake.read("t")


def test_a_folder_that_is_no_table_does_not_exist(lake):
    Path(lake.address("t")).mkdir(parents=True)
    assert lake.exists("t") is False


def test_every_commit_is_a_version(lake):
    assert [lake.replace_dates("t", rows(number), day(number), day(number)) for number in range(3)] == [0, 1, 2]
    assert lake.append("t", rows(3)) == 3
    assert lake.version("t") == 3


def test_exactly_the_range_is_replaced(lake):
    lake.replace_dates("t", rows(0, 1, 1, 2, 3), day(0), day(3))
    lake.replace_dates("t", rows(2, 2, text="new"), day(1), day(2))
    assert texts(lake) == ["old 0", "new 2", "new 2", "old 3"]


def test_an_empty_frame_empties_its_range_and_nothing_else(lake):
    lake.replace_dates("t", rows(0, 1, 2), day(0), day(2))
    lake.replace_dates("t", rows(), day(1), day(1))
    assert texts(lake) == ["old 0", "old 2"]


def test_an_empty_frame_makes_a_table(lake):
    assert lake.replace_dates("t", rows(), day(0), day(1)) == 0
    assert_frame_equal(lake.read("t"), rows())


def test_replacing_twice_gives_the_same_rows(lake):
    for _ in range(2):
        lake.replace_dates("t", rows(0, 1), day(0), day(1))
    assert texts(lake) == ["old 0", "old 1"]


def test_rows_outside_of_the_range_are_refused_and_nothing_is_written(lake):
    lake.replace_dates("t", rows(0), day(0), day(0))
    with pytest.raises(Exception, match="1 rows failed validation check"):
        lake.replace_dates("t", rows(1, 2, text="new"), day(1), day(1))
    assert texts(lake) == ["old 0"]


def test_a_range_is_read_with_both_its_ends(lake):
    lake.replace_dates("t", rows(0, 1, 2, 3), day(0), day(3))
    assert texts(lake, day(1), day(2)) == ["old 1", "old 2"]
    assert texts(lake, None, day(1)) == ["old 0", "old 1"]
    assert texts(lake, day(3)) == ["old 3"]
    assert lake.scan("t", day(2)).select(pl.len()).collect().item() == 2


def test_rows_are_replaced_by_any_predicate_or_all_of_them(lake):
    lake.replace("t", rows(0, 1), None)
    lake.replace("t", pl.concat([rows(0), rows(5)]).with_columns(text=pl.lit("old 0")), "text IN ('old 0')")
    assert texts(lake) == ["old 0", "old 1", "old 0"]
    lake.replace("t", rows(7), None)
    assert texts(lake) == ["old 7"]


def test_new_columns_are_null_in_old_rows_and_dropped_ones_in_new_rows(lake):
    lake.replace_dates("t", rows(0).with_columns(B365H=pl.lit("2.1")), day(0), day(0))
    lake.replace_dates("t", rows(1).with_columns(PSH=pl.lit("2.2")), day(1), day(1))
    read = lake.read("t").sort("match_date")
    assert read.select("text", "B365H", "PSH").rows() == [("old 0", "2.1", None), ("old 1", None, "2.2")]


def test_enumerations_are_stored_as_strings(lake):
    values = pl.Series("kind", ["closing", None], dtype=pl.Enum(["pre_match", "closing"]))
    lake.replace_dates("t", rows(0, 1).with_columns(values), day(0), day(1))
    lake.replace_dates("t", rows().with_columns(values.clear()), day(2), day(2))
    assert lake.read("t").schema["kind"] == pl.String
    assert lake.read("t").sort("match_date")["kind"].to_list() == ["closing", None]


def test_values_come_back_as_they_were_written(lake):
    frame = rows(0, 1).with_columns(
        at=pl.Series([dt.datetime(2024, 3, 1, 12, 30, 0, 123456, dt.UTC), None], dtype=pl.Datetime("us", "UTC")),
        price=pl.Series([2.05, None]),
        goals=pl.Series([3, None], dtype=pl.Int16),
        listed=pl.Series([True, None]),
        name=pl.Series(['Bodø/Glimt, "B" O\'Neil', ""]),
    )
    lake.replace_dates("t", frame, day(0), day(1))
    assert_frame_equal(lake.read("t").sort("match_date"), frame)


def test_an_old_version_can_be_read(lake):
    lake.replace_dates("t", rows(0), day(0), day(0))
    lake.replace_dates("t", rows(0, text="new"), day(0), day(0))
    assert pl.scan_delta(lake.table("t", 0)).collect()["text"].to_list() == ["old 0"]
    assert texts(lake) == ["new 0"]


def test_a_state_lasts_until_somebody_commits(lake):
    def count(state: TableState) -> pl.DataFrame:
        counted.append(state.table.version())
        return state.rows.select(pl.len()).collect()

    counted: list[int] = []
    lake.replace_dates("t", rows(0, 1), day(0), day(2))
    state, earlier = lake.state("t"), lake.scan("t")
    assert lake.state("t") is state and state.derived(count).item() == 2
    assert Lake(lake.url).replace_dates("t", rows(2), day(0), day(2)) == 1
    assert [lake.state("t").derived(count).item() for _ in range(2)] == [1, 1] and counted == [0, 1]
    assert len(earlier.collect()) == 2  # of the state that it was taken from
    lake.replace_dates("t", rows(), day(0), day(2))
    assert lake.state("t").derived(count).item() == 0 and len(earlier.collect()) == 2


def test_many_slices_are_one_commit(lake):
    frame = pl.DataFrame({"match_date": [day(0)] * 600_000, "text": "same"})
    assert lake.replace_dates("t", frame, day(0), day(0)) == 0
    assert lake.scan("t").select(pl.len()).collect().item() == 600_000


def test_writers_of_different_dates_lose_no_row(lake):
    lake.replace_dates("t", rows(*range(6)), day(0), day(5))  # all in one file, which every writer rewrites
    at_once(6, lambda n: lake.replace_dates("t", rows(n, text="new"), day(n), day(n)))
    assert texts(lake) == [f"new {n}" for n in range(6)]
    assert lake.version("t") == 6


def test_writers_that_make_a_table_together_lose_no_row(lake):
    at_once(6, lambda n: lake.replace_dates("t", rows(n), day(n), day(n)))
    assert texts(lake) == [f"old {n}" for n in range(6)]


def test_writers_that_bring_new_columns_lose_neither_rows_nor_columns(lake):
    lake.replace_dates("t", rows(9), day(9), day(9))
    at_once(4, lambda n: lake.replace_dates("t", rows(n).with_columns(pl.lit(n).alias(f"c{n}")), day(n), day(n)))
    read = lake.read("t").sort("match_date")
    assert read["text"].to_list() == ["old 0", "old 1", "old 2", "old 3", "old 9"]
    assert [read[f"c{n}"][n] for n in range(4)] == [0, 1, 2, 3]


def test_appending_writers_lose_no_row(lake):
    at_once(6, lambda n: lake.append("t", rows(n)))
    assert texts(lake) == [f"old {n}" for n in range(6)]


def test_writers_of_the_same_date_leave_the_rows_of_one_of_them(lake):
    at_once(4, lambda n: lake.replace_dates("t", rows(0, 0, text=f"writer {n}"), day(0), day(0)))
    assert len(texts(lake)) == 2
    assert len(set(texts(lake))) == 1


def test_tidying_joins_small_files_and_keeps_the_rows(lake):
    for number in range(5):
        lake.replace_dates("t", rows(number), day(number), day(number))
    assert len(lake.table("t").file_uris()) == 5
    assert lake.tidy() == {"t": 0}  # the old files are younger than a week
    assert len(lake.table("t").file_uris()) == 1
    assert texts(lake) == [f"old {n}" for n in range(5)]


def test_tidying_drops_what_a_killed_writer_left_a_week_ago_and_nothing_younger(lake, tmp_path):
    lake.replace_dates("t", rows(0), day(0), day(0))
    (kept,) = tmp_path.rglob("*.parquet")
    left = {hours: kept.with_name(f"part-{hours}.parquet") for hours in (1, 200)}
    for hours, file in left.items():
        file.write_bytes(kept.read_bytes())
        os.utime(file, (time.time() - hours * 3600,) * 2)
    plain = "%20" not in lake.url
    assert lake.tidy() == {"t": int(plain)}
    assert (left[1].exists(), left[200].exists()) == (True, not plain)
    assert texts(lake) == ["old 0"]


def test_the_log_of_a_table_written_often_is_checkpointed(lake, tmp_path):
    for number in range(25):
        lake.replace_dates("t", rows(number), day(number), day(number))
    checkpoints = sorted(path.name for path in tmp_path.rglob("*.checkpoint.parquet"))
    assert [int(name.split(".")[0]) for name in checkpoints] == [9, 19]
    assert texts(lake) == [f"old {n}" for n in range(25)]


#: Whatever a folder may be called: no slash, no NUL, at most 255 bytes.
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 100
)


@settings(max_examples=60, deadline=None)
@given(NAMES | st.lists(st.sampled_from([" ", "%", "%20", "#", "+", "é", "ж", "?", "[", "a"]), min_size=1).map("".join))
@example("~")
@example("%")
@example("file:")
def test_a_folder_may_have_any_name(tmp_path_factory, name):
    outside = tmp_path_factory.mktemp("outside")
    lake = Lake(str(outside / name))
    lake.replace_dates("t", rows(0, 1), day(0), day(1))
    lake.replace_dates("t", rows(1, text="new"), day(1), day(1))
    assert texts(lake) == ["old 0", "new 1"]
    assert lake.names() == ["t"] and lake.version("t") == 1
    assert [path.name for path in outside.iterdir()] == [name]


def test_a_lake_may_be_given_as_a_file_url(tmp_path):
    folder = tmp_path / FOLDERS[2]
    Lake(folder.as_uri()).append("t", rows(0))
    assert texts(Lake(str(folder))) == ["old 0"]


@pytest.mark.parametrize("column", [["x", "y"], 1, [{"match_id": "x"}]], ids=["list", "number", "structures"])
def test_a_column_of_another_form_is_refused_and_nothing_is_written(lake, column):
    """Delta Lake would write a list and a number as texts."""
    lake.append("t", pl.DataFrame({"day": [1], "a": ["x"]}))
    expected = (
        r"t: expected columns as the table has them, \{'a': 'text'\}, found \{'a': '(nested|plain)'\}.*move .*/t away"
    )
    with pytest.raises(SchemaError, match=expected):
        lake.replace("t", pl.DataFrame({"day": [1], "a": [column]}), "day = 1")
    assert lake.read("t").rows() == [(1, "x")]
    lake.append("t", pl.DataFrame({"day": [2], "a": [None]}))  # a column without any value has any form
    assert lake.read("t").sort("day").rows() == [(1, "x"), (2, None)]
