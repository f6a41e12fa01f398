"""The one partitions definition of the graph and how a stage looks back.

Partition `d` is match date `d`. Coming fixtures have a home: the last partition is 14 days ahead.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache

from dagster import (
    DailyPartitionsDefinition,
    PartitionKeyRange,
    PartitionsDefinition,
    TimeWindow,
    TimeWindowPartitionMapping,
)
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.definitions.partitions.subset import PartitionsSubset, TimeWindowPartitionsSubset
from dagster._core.instance import DynamicPartitionsStore
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from soccer_assets.errors import MatchDatesError
from soccer_assets.settings import Clock, Settings

SETTINGS = Settings.read()
CLOCK = Clock.from_settings(SETTINGS)
HORIZON_DAYS = 14
#: Longer than any history: mappings are cut at the first partition.
EVER_DAYS = 50_000


class NoMatchDates(TimeWindowPartitionsSubset):
    """The empty set of match dates, to which a range is added as one window: date by date it takes seconds a step."""

    def with_partition_key_range(
        self, partitions_def: PartitionsDefinition, partition_key_range: PartitionKeyRange
    ) -> PartitionsSubset:
        """The match dates of a range."""
        first, last = dates_of(partition_key_range)
        if last < first or not all(self.partitions_def.has_partition_key(str(day)) for day in (first, last)):
            return super().with_partition_key_range(partitions_def, partition_key_range)  # Dagster says what is wrong
        start, end = (self.partitions_def.time_window_for_partition_key(str(day)) for day in (first, last))
        return TimeWindowPartitionsSubset(
            self.partitions_def, (last - first).days + 1, [TimeWindow(start.start, end.end)]
        )


class MatchDates(DailyPartitionsDefinition):
    """Daily partitions up to the horizon of the platform's own clock.

    Dagster asks for the 12,000 of them at every asset check, and for those before a date at every input that looks
    back: counted in days a list takes a fiftieth of the time of Dagster's own walk along a cron schedule.
    """

    def _get_current_timestamp(self) -> float:
        return super()._get_current_timestamp() + CLOCK.shift.total_seconds()

    def empty_subset(self) -> PartitionsSubset:
        """The empty set of match dates."""
        return NoMatchDates(self, 0, [])

    def get_partition_keys(
        self, current_time: dt.datetime | None = None, dynamic_partitions_store: DynamicPartitionsStore | None = None
    ) -> Sequence[str]:
        """Keys of all match dates, the first one first."""
        with partition_loading_context(current_time, dynamic_partitions_store):
            newest = self.get_last_partition_key()
        return [] if newest is None else _days(self.start.date(), dt.date.fromisoformat(newest))

    def get_partition_keys_in_time_window(  # type: ignore[override]  # Dagster's is wrapped in a cache
        self, time_window: TimeWindow
    ) -> Sequence[str]:
        """Keys of the match dates that begin within a window."""
        start, end = (moment.astimezone(dt.UTC).replace(tzinfo=None) for moment in (time_window.start, time_window.end))
        return _days(_first_from(start), _first_from(end) - dt.timedelta(1))


def _first_from(moment: dt.datetime) -> dt.date:
    """The first date that begins at a moment or later."""
    return (moment + dt.timedelta(days=1, microseconds=-1)).date()


@lru_cache(maxsize=8)
def _days(first: dt.date, last: dt.date) -> Sequence[str]:
    return [(first + dt.timedelta(days)).isoformat() for days in range((last - first).days + 1)]


match_dates = MatchDates(
    start_date=SETTINGS.start_date.isoformat(),
    end_offset=HORIZON_DAYS + 1,  # 0 would end yesterday
)


def look_back(days: int = EVER_DAYS, *, until: int = 0) -> TimeWindowPartitionMapping:
    """Upstream match dates from `days` before to `until` days after a match date, both inclusive."""
    return TimeWindowPartitionMapping(start_offset=-days, end_offset=until, allow_nonexistent_upstream_partitions=True)


def dates_of(keys: PartitionKeyRange) -> tuple[dt.date, dt.date]:
    """First and last match date of a range of partitions, both inclusive."""
    return dt.date.fromisoformat(keys.start), dt.date.fromisoformat(keys.end)


def dates_of_run(tags: Mapping[str, str]) -> tuple[dt.date | None, dt.date | None]:
    """First and last match date a run covers, by its tags; None where it names none."""
    first = tags.get(ASSET_PARTITION_RANGE_START_TAG) or tags.get(PARTITION_NAME_TAG)
    last = tags.get(ASSET_PARTITION_RANGE_END_TAG) or tags.get(PARTITION_NAME_TAG)
    return (dt.date.fromisoformat(first), dt.date.fromisoformat(last)) if first and last else (None, None)


def newest_match_date() -> dt.date:
    """The last match date that the graph has.

    Raises:
        MatchDatesError: it has none yet.
    """
    keys = match_dates.get_partition_keys()
    if not keys:
        raise MatchDatesError(
            f"expected a first match date up to {CLOCK.today()} and {HORIZON_DAYS} days, found {SETTINGS.start_date}: "
            "set an earlier SOCCER_START_DATE, or a later SOCCER_TODAY"
        )
    return dt.date.fromisoformat(keys[-1])


def within_partitions(first: dt.date, last: dt.date) -> tuple[dt.date, dt.date]:
    """The match dates from `first` to `last` that the graph has, both inclusive.

    Raises:
        MatchDatesError: it has none of them, or `first` comes after `last`.
    """
    oldest, newest = match_dates.start.date(), newest_match_date()
    if first > last:
        raise MatchDatesError(f"expected a first match date up to the last one, found {first} and {last}: swap them")
    if last < oldest or first > newest:
        raise MatchDatesError(
            f"expected match dates from {oldest} (SOCCER_START_DATE) to {newest} ({HORIZON_DAYS} days ahead), "
            f"found {first} to {last}: ask for some of these, or set SOCCER_START_DATE"
        )
    return max(first, oldest), min(last, newest)


def range_tags(first: dt.date, last: dt.date) -> dict[str, str]:
    """Tags that make one run cover the match dates `first` to `last`, both inclusive."""
    return {
        ASSET_PARTITION_RANGE_START_TAG: first.isoformat(),
        ASSET_PARTITION_RANGE_END_TAG: last.isoformat(),
    }
