"""What is damaged in a table is seen, and repaired without the loss of a row that is still there."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from soccer_assets.errors import DamagedTableError
from soccer_assets.storage.damage import examine
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.manifest import NAME
from soccer_assets.storage.repair import repair

FIRST = dt.date(2024, 3, 1)
NOW = dt.datetime(2024, 4, 1, tzinfo=dt.UTC)
DAYS = 14


def rows(number: int) -> pl.DataFrame:
    day = FIRST + dt.timedelta(days=number)
    return pl.DataFrame({"match_date": [day] * 100, "value": [number + share / 100 for share in range(100)]})


@pytest.fixture(params=["lake", "a b%20#+é"])
def lake(tmp_path: Path, request: pytest.FixtureRequest) -> Lake:
    return filled(tmp_path / request.param)


def filled(folder: Path) -> Lake:
    """A lake with a table of 14 commits of a match date each, with a checkpoint after ten."""
    lake = Lake(str(folder))
    for number in range(DAYS):
        day = FIRST + dt.timedelta(days=number)
        lake.replace_dates("t", rows(number), day, day)
    return lake


def log(lake: Lake, number: int = DAYS - 1) -> Path:
    return Path(lake.url) / "t" / "_delta_log" / f"{number:020}.json"


def file_of(lake: Lake, number: int) -> Path:
    """The file with the rows of a day."""
    dates = {path: pl.read_parquet(path)["match_date"][0] for path in (Path(lake.url) / "t").glob("*.parquet")}
    return next(path for path, day in dates.items() if day == FIRST + dt.timedelta(days=number))


def empty_newest_commit(lake: Lake) -> None:
    log(lake).write_bytes(b"")


def remove_newest_commit(lake: Lake) -> None:
    log(lake).unlink()


def cut_newest_commit(lake: Lake) -> None:
    log(lake).write_bytes(log(lake).read_bytes()[:-40])


def cut_checkpoint(lake: Lake) -> None:
    (checkpoint,) = (Path(lake.url) / "t" / "_delta_log").glob("*.checkpoint.parquet")
    checkpoint.write_bytes(checkpoint.read_bytes()[:200])


def remove_checkpoint(lake: Lake) -> None:
    (checkpoint,) = (Path(lake.url) / "t" / "_delta_log").glob("*.checkpoint.parquet")
    checkpoint.unlink()


def remove_a_commit_within(lake: Lake) -> None:
    log(lake, 11).unlink()


def remove_folder_of_log(lake: Lake) -> None:
    shutil.rmtree(Path(lake.url) / "t" / "_delta_log")


def remove_log(lake: Lake) -> None:
    for path in (Path(lake.url) / "t" / "_delta_log").iterdir():
        path.unlink()


def spoil_manifest(lake: Lake) -> None:
    (Path(lake.url) / "t" / NAME).write_bytes(b"{")


@pytest.mark.parametrize(
    "spoil",
    [
        empty_newest_commit,
        remove_newest_commit,
        cut_newest_commit,
        cut_checkpoint,
        remove_checkpoint,
        remove_a_commit_within,
        remove_log,
        remove_folder_of_log,
        spoil_manifest,
    ],
)
def test_a_damaged_log_is_an_error_and_is_made_again_with_every_row(lake: Lake, spoil: Callable[[Lake], None]) -> None:
    before = lake.read("t").sort("match_date", "value")
    spoil(lake)
    with pytest.raises(Exception, match=r"soccer doctor --repair|Kernel|checkpoint|[Ll]og|Delta"):
        Lake(lake.url).read("t")
    with pytest.raises(Exception, match=r"."):
        lake.replace_dates("t", rows(0), FIRST, FIRST)
    state = examine(lake, "t")
    assert state.log is not None and not state.files
    done = repair(lake, state, NOW)
    assert done and not any(": 0 files" in line for line in done)
    assert examine(lake, "t").is_sound
    assert_frame_equal(lake.read("t").sort("match_date", "value"), before)
    lake.replace_dates("t", rows(0), FIRST, FIRST)
    assert_frame_equal(lake.read("t").sort("match_date", "value"), before)


def flip_a_byte(path: Path) -> None:
    spoilt = bytearray(path.read_bytes())
    spoilt[len(spoilt) // 3] ^= 0x10
    path.write_bytes(spoilt)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (flip_a_byte, "holds other bytes than were written"),
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "bytes, "),
        (Path.unlink, "is missing"),
    ],
)
def test_a_damaged_file_is_named_with_its_dates_and_set_aside(
    lake: Lake, spoil: Callable[[Path], None], reason: str
) -> None:
    day = FIRST + dt.timedelta(days=3)
    path = file_of(lake, 3)
    spoil(path)
    state = examine(lake, "t")
    assert list(state.files) == [path.name] and reason in state.files[path.name]
    assert state.lost == (day, day) and state.log is None
    repair(lake, state, NOW)
    assert examine(lake, "t").is_sound
    assert sorted(lake.read("t")["match_date"].unique()) == [
        FIRST + dt.timedelta(days=number) for number in range(DAYS) if number != 3
    ]
    lake.replace_dates("t", rows(3), day, day)  # which a cut file kept from being written
    assert len(lake.read("t")) == 100 * DAYS


def test_a_quick_look_reads_no_file(lake: Lake) -> None:
    path = file_of(lake, 3)
    flip_a_byte(path)
    assert examine(lake, "t", quick=True).is_sound
    path.unlink()
    assert list(examine(lake, "t", quick=True).files) == [path.name]


def test_a_lost_commit_and_a_damaged_file_are_repaired_together(lake: Lake) -> None:
    remove_log(lake)
    flip_a_byte(file_of(lake, 5))
    state = examine(lake, "t")
    assert len(state.files) == 1
    repair(lake, state, NOW)
    assert examine(lake, "t").is_sound
    assert len(lake.read("t")) == 100 * (DAYS - 1)
    assert lake.scan("t", FIRST + dt.timedelta(days=5), FIRST + dt.timedelta(days=5)).collect().is_empty()


def test_a_table_of_an_earlier_release_gets_its_checksums(lake: Lake) -> None:
    (Path(lake.url) / "t" / NAME).unlink()
    state = examine(lake, "t")
    assert state.is_sound and len(state.unproven) == DAYS and state.rows == 100 * DAYS
    assert repair(lake, state, NOW) == [f"t: {DAYS} files got a checksum"]
    assert examine(lake, "t").unproven == ()


def test_vacuum_and_compaction_leave_the_manifest_and_what_it_says(tmp_path: Path) -> None:
    lake = filled(tmp_path / "lake")
    lake.tidy(keep_hours=168)
    lake.table("t").vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)
    assert examine(lake, "t").is_sound and len(lake.read("t")) == 100 * DAYS


def test_commits_of_a_writer_that_left_no_manifest_are_no_damage(lake: Lake) -> None:
    lake.unchecked("t").delete("value < 1")
    assert len(lake.read("t")) == 100 * (DAYS - 1)
    assert examine(lake, "t").is_sound


def test_a_table_whose_log_and_manifest_are_lost_is_set_aside(lake: Lake) -> None:
    cut_newest_commit(lake)
    remove_a_commit_within(lake)
    (Path(lake.url) / "t" / NAME).unlink()
    state = examine(lake, "t")
    assert repair(lake, state, NOW) == ["t: neither its log nor a manifest can be read; it was set aside as a whole"]
    assert lake.names() == [] and not lake.exists("t")


def test_writers_on_a_log_that_lost_commits_stop_before_they_hide_the_loss(lake: Lake) -> None:
    remove_newest_commit(lake)
    with pytest.raises(DamagedTableError, match=r"t: expected the 14 files of version 13, .* found 13 in version 12"):
        lake.append("t", rows(20))
    assert not log(lake).exists()


def test_what_is_damaged_is_named_before_it_is_tidied_and_gets_a_checksum_of_its_own(lake: Lake) -> None:
    from dagster import build_op_context

    from soccer_assets.automation.jobs import tidy_lake

    tidy_lake(build_op_context(), lake)
    manifest = lake.manifest("t")
    assert manifest is not None
    path = Path(lake.url) / "t" / next(iter(manifest.files))
    version = lake.version("t")
    flip_a_byte(path)
    with pytest.raises(
        DamagedTableError, match=rf"damage in \['t'\]; t: {path.name} holds other bytes than were written"
    ):
        tidy_lake(build_op_context(), lake)
    assert lake.version("t") == version and examine(lake, "t").files
