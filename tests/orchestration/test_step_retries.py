"""Storage that fails for a moment fails no step; other errors are not tried again."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from dagster import AssetExecutionContext, DagsterEventType, ExecuteInProcessResult, materialize

from soccer_assets.errors import SchemaError
from soccer_assets.orchestration.io_manager import DeltaIOManager, dated_asset
from soccer_assets.orchestration.partitions import match_dates, range_tags
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Column, Table

GOALS = Table("goals", "One goal.", (Column("match_date", pl.Date, "day"),), ("match_date",))
DAY = match_dates.start.date()
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class FailingLake(Lake):
    """A lake whose writes fail at first, as those of a full disk do."""

    def __init__(self, url: str, times: int) -> None:
        super().__init__(url)
        self.left = times

    def replace_dates(self, name: str, rows: pl.DataFrame, first: dt.date, last: dt.date) -> int:
        """Replace rows, or fail."""
        self.left -= 1
        if self.left >= 0:
            raise OSError(28, "No space left on device")
        return super().replace_dates(name, rows, first, last)


def make(lake: Lake, body: Callable[[int], pl.DataFrame]) -> ExecuteInProcessResult:
    @dated_asset(GOALS)
    def goals(context: AssetExecutionContext) -> pl.DataFrame:
        """Goals."""
        return body(context.retry_number)

    resources = {"io_manager": DeltaIOManager(lake)}
    tags = range_tags(DAY, DAY)
    return materialize([goals], resources=resources, tags=tags, run_config=QUIET, raise_on_error=False)


def one_goal(retry: int) -> pl.DataFrame:
    return pl.DataFrame({"match_date": [DAY]})


def tries(found: ExecuteInProcessResult) -> int:
    return sum(event.event_type is DagsterEventType.STEP_UP_FOR_RETRY for event in found.all_events) + 1


@pytest.mark.parametrize(("failures", "succeeds"), [(0, True), (1, True), (3, True), (4, False)])
def test_a_write_is_tried_three_times_more(failures: int, succeeds: bool, tmp_path: Path) -> None:
    lake = FailingLake(str(tmp_path), failures)
    found = make(lake, one_goal)
    assert (found.success, tries(found)) == (succeeds, min(failures, 3) + 1)
    assert lake.exists("goals") is succeeds
    if not succeeds:
        (failed,) = found.get_step_failure_events()
        error = failed.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        assert error is not None and "No space left on device" in error.message


def test_what_a_body_reads_is_read_again(tmp_path: Path) -> None:
    def reading(retry: int) -> pl.DataFrame:
        if retry < 2:
            raise pl.exceptions.ComputeError("the answer did not come")
        return one_goal(retry)

    found = make(Lake(str(tmp_path)), reading)
    assert (found.success, tries(found)) == (True, 3)


@pytest.mark.parametrize("error", [SchemaError("two columns"), FileNotFoundError("no such file"), ValueError("wrong")])
def test_an_error_that_stays_fails_at_once(error: Exception, tmp_path: Path) -> None:
    def wrong(retry: int) -> pl.DataFrame:
        raise error

    found = make(Lake(str(tmp_path)), wrong)
    assert (found.success, tries(found)) == (False, 1)
