"""The match dates as Dagster sees them."""

import datetime as dt

import pytest
from dagster import DailyPartitionsDefinition, PartitionKeyRange, TimeWindow
from dagster._core.definitions.partitions.subset import TimeWindowPartitionsSubset

from soccer_assets.orchestration.partitions import match_dates

FIRST, LAST = (
    dt.date.fromisoformat(key) for key in match_dates.get_partition_keys()[:: len(match_dates.get_partition_keys()) - 1]
)


@pytest.mark.parametrize("range_", [(FIRST, FIRST), (FIRST, LAST), (FIRST + dt.timedelta(3), FIRST + dt.timedelta(40))])
def test_a_range_is_the_same_set_as_its_dates_one_by_one(range_):
    keys = PartitionKeyRange(*map(str, range_))
    days = [str(range_[0] + dt.timedelta(day)) for day in range((range_[1] - range_[0]).days + 1)]
    one_by_one = TimeWindowPartitionsSubset(match_dates, 0, []).with_partition_keys(days)
    dates = match_dates.empty_subset().with_partition_key_range(match_dates, keys)
    assert dates == one_by_one and len(dates) == len(days)
    assert list(dates.get_partition_keys()) == days


MIDNIGHT = dt.datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=dt.UTC)


@pytest.mark.parametrize("begins", [0, 1, 86_399, 86_400, 40 * 86_400])
@pytest.mark.parametrize("lasts", [0, 1, 86_400, 86_401, 400 * 86_400])
def test_the_dates_of_a_window_are_those_that_dagster_finds(begins, lasts):
    start = MIDNIGHT + dt.timedelta(seconds=begins)
    window = TimeWindow(start, start + dt.timedelta(seconds=lasts))
    expected = super(DailyPartitionsDefinition, match_dates).get_partition_keys_in_time_window(window)
    assert list(match_dates.get_partition_keys_in_time_window(window)) == list(expected)
