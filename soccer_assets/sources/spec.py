"""What a source is: its module declares it once as a `SourceSpec`, and everything else reads it there."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from soccer_assets.errors import SettingsError
from soccer_assets.leagues import LEAGUES, League
from soccer_assets.settings import Settings
from soccer_assets.sources.fetching.client import Answer, Request
from soccer_assets.sources.schema import Parsed
from soccer_assets.storage.tables import Replacement, Table

#: The partitions end as many days ahead.
DAYS_AHEAD = 14
#: A coming match is listed at most this long before its date.
LISTED_AHEAD = dt.timedelta(days=60)


@dataclass(frozen=True)
class Query:
    """The match dates `first` to `last`, both inclusive, of some leagues, asked of a source on a day."""

    first: dt.date
    last: dt.date
    today: dt.date
    leagues: Sequence[League] = ()
    base: str = ""
    mirrors: Sequence[str] = ()  # further places of what lies below the base

    @property
    def days(self) -> list[dt.date]:
        """Each match date."""
        return [self.first + dt.timedelta(days) for days in range((self.last - self.first).days + 1)]

    @property
    def hosts(self) -> list[str]:
        """The base and its mirrors."""
        return [self.base, *self.mirrors]


@dataclass(frozen=True)
class Habit:
    """A source is stale without a good answer for `stale_after`; it lists matches `days_ahead` days before them."""

    stale_after: dt.timedelta = dt.timedelta(hours=36)
    days_ahead: int = 2


def _as_published(published: pl.LazyFrame) -> pl.LazyFrame:
    return published


def _as_declared(spec: "TableSpec", settings: Settings) -> "TableSpec":
    return spec


@dataclass(frozen=True)
class TableSpec:
    """How the records of one table are asked for, judged and read.

    Of each address the newest good answer counts, unless `snapshots` or `as_listed` says that others count as well.

    Args:
        table: the table in `sources/schema.py`.
        requests: the addresses that may hold the records of a query.
        accept: looks at each new answer as `fetching.client.Accept`; takes `today` as well where `judged_by_day`.
        parse: the records of some answers.
        kind: format of the answers, for the UI.
        days_back: match dates older than so many days are read from the stored answers; None: all are asked for.
        lists_coming: coming matches are listed; one that an earlier answer had on another date is postponed there.
        corrected_late: results are corrected long after the match, and asked for again for a season.
        snapshots: every answer counts, from `DAYS_AHEAD` before the match on.
        as_listed: every answer counts; makes one record of those of a match, given the records and the answers with
            the time `fetched_at` of the first and `last_at` of the last sight of each, and with `is_newest`.
        parsed_as: the table as `parse` gives it, where `as_listed` adds columns; one record under two addresses is two.
        pages: what to ask next, by the records found.
        beyond: the replacements of stored rows outside the query's dates, given all records read and the stored rows.
        in_form: the records under the names that `matches.records` reads, where the table has other names.
        dates_are_local: match dates are in the league's own time zone already.
        configured: the specification under some settings.
    """

    table: Table
    requests: Callable[[Query], list[Request]]
    accept: Callable[..., None]
    parse: Callable[[Sequence[Answer]], Parsed]
    kind: str = "json"
    judged_by_day: bool = False
    days_back: int | None = None
    lists_coming: bool = False
    corrected_late: bool = False
    snapshots: bool = False
    as_listed: Callable[[pl.DataFrame, pl.DataFrame, Query], pl.DataFrame] | None = None
    parsed_as: Table | None = None
    pages: Callable[[Query, pl.DataFrame], list[Request]] | None = None
    beyond: Callable[[pl.DataFrame, Query, pl.LazyFrame], list[Replacement]] | None = None
    in_form: Callable[[pl.LazyFrame], pl.LazyFrame] = _as_published
    dates_are_local: bool = False
    configured: Callable[["TableSpec", Settings], "TableSpec"] = _as_declared

    @property
    def as_parsed(self) -> Table:
        """The table as `parse` gives it."""
        return self.parsed_as or self.table


@dataclass(frozen=True)
class SourceSpec:
    """A source: where it is, what it publishes, and how far it is trusted.

    Args:
        name: lower case, as in `SOCCER_SOURCES`; `SOCCER_<NAME>_URL` replaces the address.
        address: what all its addresses begin with; with `mirrored`, several of those, comma-separated.
        tables: what it publishes.
        habit: how often it answers and how far ahead.
        trust: place in the order of trust, the lowest first, of a source whose records become matches; else None.
        league_names: division code -> what it calls the league; None: it publishes leagues by our codes.
        required: a run fails when no address of it answers, and each of its records is expected to be read.
        mirrored: the first of several addresses that answers counts.
    """

    name: str
    address: str
    tables: tuple[TableSpec, ...]
    habit: Habit = Habit()
    trust: int | None = None
    league_names: Mapping[str, object] | None = None
    required: bool = False
    mirrored: bool = False

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.league_names or ()) - LEAGUES.keys()):
            raise ValueError(f"source {self.name}: expected division codes of leagues.py, found {unknown}")

    def hosts(self, settings: Settings) -> list[str]:
        """Its addresses under some settings, without a slash at the end.

        Raises:
            SettingsError: there is none.
        """
        text = settings.source_urls.get(self.name, self.address)
        hosts = [host.strip().rstrip("/") for host in (text.split(",") if self.mirrored else [text]) if host.strip()]
        if not hosts:
            raise SettingsError(f"SOCCER_{self.name.upper()}_URL: expected an address or more, found {text!r}")
        return hosts
