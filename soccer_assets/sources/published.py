"""The sources beside football-data.co.uk: whichever fails, the graph goes on with what it saw last.

A record counts as it stands in the newest good answer of its address; of a line of prices every answer counts. A match
that an earlier answer had on a date it has left since is postponed there. When a source fails, what it gave before
stays, and what broke is told with the rows.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from soccer_assets.delta import DATE, Lake
from soccer_assets.errors import SourcesFailedError
from soccer_assets.payloads import Payloads
from soccer_assets.sources.acquisition import Acquired
from soccer_assets.sources.client import Accept, Answer, Client, Request
from soccer_assets.sources.schema import Parsed
from soccer_assets.tables import Table, quarantine

SOURCES = ("football_data", "openfootball", "understat", "whoscored", "fonbet")
#: The partitions end as many days ahead.
DAYS_AHEAD = 14
#: A match that leaves its date was seen there at most this long before.
LISTED_AHEAD = dt.timedelta(days=60)

Needed = Callable[[dt.date, dt.date, dt.date], list[Request]]


@dataclass(frozen=True)
class Source:
    """How the records of one table are asked for and read."""

    name: str
    table: Table
    prefix: str  # what all its addresses begin with
    needed: Needed  # first and last match date, today: the addresses that may hold them
    accept: Accept
    parse: Callable[[Sequence[Answer]], Parsed]
    days_back: int | None = None  # match dates older than this are read from what is in store; None: all are asked for
    moves: bool = False  # lists matches to come, which may leave their dates
    snapshots: bool = False  # every answer counts, from DAYS_AHEAD before the match on
    pages: Callable[[pl.DataFrame], list[Request]] | None = None  # what to ask next, by the records found


class Published:
    """Records of one table, from the source or from what it gave before."""

    def __init__(self, source: Source, wanted: bool, client: Client, payloads: Payloads, lake: Lake) -> None:
        self._source = source
        self._wanted = wanted
        self._client = client
        self._payloads = payloads
        self._lake = lake

    def acquire(self, first: dt.date, last: dt.date, today: dt.date | None = None) -> Acquired:
        """Records with a match date from `first` to `last`, both inclusive.

        Args:
            first: the first match date.
            last: the last one.
            today: the day it is; default that of the clock.
        """
        source = self._source
        if not self._wanted:
            return Acquired(source.table.empty(), (), 0, 0, 0, 0, {})
        today = today or self._client.now().date()
        asked = self._asked(first, last, today)
        problems = [self._ask(asked)]
        stored = self._stored(source.needed(first, last, today), first, last)
        read = self._read(stored, first, last)
        if source.pages is not None:
            since = today - dt.timedelta(days=source.days_back or 0)
            recent = source.pages(read.rows.filter(pl.col(DATE) >= since))
            problems.append(self._ask(recent))
            asked += recent
            stored = pl.concat([stored, self._stored(source.pages(read.rows), first, last)])
            read = self._read(stored, first, last)
        self._quarantine(stored, read.quarantined)
        reasons = read.quarantined["reason"].str.replace(", found .*", "").value_counts(name="rows", sort=True)
        given = set(stored["address"])
        return Acquired(
            rows=source.table.conform(pl.concat([read.rows, self._left(stored, read.rows, first, last)])),
            missing=tuple(request.address for request in asked if request.address not in given),
            files=len(stored),
            lines=read.positions,
            records=read.records,
            quarantined=len(read.quarantined),
            reasons=dict(reasons.iter_rows()),
            problem="\n".join(filter(None, problems)),
        )

    def _asked(self, first: dt.date, last: dt.date, today: dt.date) -> list[Request]:
        """What the source is asked for now."""
        back = self._source.days_back
        if back is not None:
            first = max(first, today - dt.timedelta(days=back))
            last = min(last, today + dt.timedelta(days=DAYS_AHEAD))
        return self._source.needed(first, last, today) if first <= last else []

    def _ask(self, requests: Sequence[Request]) -> str:
        """Fetch; the failures as a message, empty where there were none."""
        try:
            self._client.fetch(requests, self._source.accept, self._source.prefix, self._source.name)
        except SourcesFailedError as error:
            return str(error)
        return ""

    def _stored(self, requests: Sequence[Request], first: dt.date, last: dt.date) -> pl.DataFrame:
        """The good answers that count, as the fetch log has them, oldest first."""
        log = self._payloads.fetches(self._source.prefix).filter(
            pl.col("outcome") == "accepted", pl.col("address").is_in([request.address for request in requests])
        )
        if not self._source.snapshots:
            return log.unique("address", keep="last", maintain_order=True)
        days = (first - dt.timedelta(days=DAYS_AHEAD), last + dt.timedelta(days=1))
        seen = log.filter(pl.col("fetched_at").dt.date().is_between(*days))
        return seen.unique("payload_id", keep="first", maintain_order=True)

    def _left(self, stored: pl.DataFrame, rows: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
        """Matches to come that the newest answers do not have any more where earlier ones had them, as postponed."""
        if not self._source.moves:
            return rows.clear()
        newest = stored.select(_address="address", seen_without_at="fetched_at")
        earlier = self._payloads.fetches(self._source.prefix).filter(
            pl.col("outcome") == "accepted",
            pl.col("address").is_in(stored["address"].implode()),
            ~pl.col("payload_id").is_in(stored["payload_id"].implode()),
            pl.col("fetched_at").dt.date().is_between(first - LISTED_AHEAD, last),
        )
        match = ["_address", "home", "away", DATE]
        known = self._read(earlier.unique("payload_id", keep="first", maintain_order=True), first, last).rows
        return (
            known.filter(pl.col("status") == "scheduled")
            .sort("_seen_at", "_record")
            .unique(match, keep="last", maintain_order=True)
            .join(rows, on=match, how="anti")
            .join(newest, on="_address")
            .with_columns(status=pl.lit("postponed"), _seen_at="seen_without_at")
            .drop("seen_without_at")
        )

    def _read(self, stored: pl.DataFrame, first: dt.date, last: dt.date) -> "_Read":
        """What answers hold; each snapshot is whole in itself, and one at a time is in memory."""
        rows, unread, records, positions = [], [], 0, 0
        for part in stored.iter_slices(1) if self._source.snapshots else [stored]:
            answers = [
                Answer(address, payload_id, fetched_at, self._payloads.get(payload_id))
                for address, payload_id, fetched_at in part.select("address", "payload_id", "fetched_at").iter_rows()
            ]
            parsed = self._source.parse(answers)
            rows.append(parsed.records.filter(pl.col(DATE).is_between(first, last)))
            unread.append(parsed.quarantined)
            records += len(parsed.records)
            positions += _positions(parsed)
        bad = quarantine(self._source.table.name)
        return _Read(
            pl.concat(rows or [self._source.table.empty()]),
            bad.conform(pl.concat(unread or [bad.empty()])),
            records,
            positions,
        )

    def _quarantine(self, stored: pl.DataFrame, quarantined: pl.DataFrame) -> None:
        """Keep what could not be read, in the place of what could not be read of the same answers before."""
        column = ("payload_id", "payload_id") if self._source.snapshots else ("origin", "address")
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in stored[column[1]].unique().sort())
        if listed:
            self._lake.replace(quarantine(self._source.table.name).name, quarantined, f"{column[0]} IN ({listed})")


@dataclass(frozen=True)
class _Read:
    """Records of the dates and unread ones of all; counts of the whole payloads."""

    rows: pl.DataFrame
    quarantined: pl.DataFrame
    records: int
    positions: int


def _positions(parsed: Parsed) -> int:
    """How many records the payloads have by the positions of those that were found."""
    kept = parsed.records.select("_payload_id", "_record")
    unread = parsed.quarantined.select(_payload_id="payload_id", _record="line")
    return int(pl.concat([kept, unread]).group_by("_payload_id").agg(pl.col("_record").max().clip(1))["_record"].sum())
