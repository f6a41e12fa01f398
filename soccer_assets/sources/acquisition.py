"""The sources beside football-data.co.uk: whichever fails, the graph goes on with what it saw last.

A record counts as it stands in the newest good answer of its address; of a line of prices every answer counts. A match
that an earlier answer had on a date it has left since is postponed there. When a source fails, what it gave before
stays, wherever it gave it, and what broke is told with the rows.

An answer that was accepted and cannot be parsed, breaks a column's law, or holds nothing where matches are due is
rejected in the fetch log, and the good one before it counts.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from soccer_assets.errors import ShapeError, SourceError, SourcesFailedError
from soccer_assets.sources.fetching.client import Accept, Answer, Client, Request, answers_to
from soccer_assets.sources.fetching.response_checks import unforeseen
from soccer_assets.sources.football_data.acquisition import Acquired
from soccer_assets.sources.parsed_answers import ANSWER, ParsedAnswers
from soccer_assets.sources.schema import Parsed
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.payloads import Fetch, Payloads, standing
from soccer_assets.storage.tables import Table, quarantine

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
        read = self._read(source.needed(first, last, today), first, last)
        if source.pages is not None:
            rows = read.rows(source.table)
            since = today - dt.timedelta(days=source.days_back or 0)
            recent = source.pages(rows.filter(pl.col(DATE) >= since))
            problems.append(self._ask(recent))
            asked += recent
            read = read.join(self._read(source.pages(rows), first, last))
        unread = read.quarantined(source.table)
        self._quarantine(read, unread)
        rows = source.table.conform(pl.concat([read.rows(source.table), self._left(read, first, last)]))
        reasons = unread["reason"].str.replace(", found .*", "").value_counts(name="rows", sort=True)
        given = set(read.answers["asked"])
        return Acquired(
            rows=rows,
            missing=tuple(request.address for request in asked if request.address not in given),
            files=len(read.answers),
            lines=read.positions,
            records=read.records,
            quarantined=read.refused,
            reasons=dict(reasons.iter_rows()),
            problem="\n".join(filter(None, [*problems, *read.problems])),
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

    def _accepted(self, requests: Sequence[Request], first: dt.date, last: dt.date) -> pl.DataFrame:
        """The answers to some requests that were accepted, oldest first, with the address `asked`.

        One that was rejected since is among them and not `standing`: what could not be parsed yesterday may be today.
        """
        source = self._source
        log = answers_to(requests, source.prefix, self._payloads.fetches(source=source.name))
        stands = standing(log).select("address", "fetched_at", standing=True)
        accepted = log.filter(pl.col("outcome") == "accepted").join(
            stands, on=["address", "fetched_at"], how="left", maintain_order="left"
        )
        if not source.snapshots:
            return accepted
        days = (first - dt.timedelta(days=DAYS_AHEAD), last + dt.timedelta(days=1))
        seen = accepted.filter(pl.col("fetched_at").dt.date().is_between(*days))
        return seen.unique("payload_id", keep="first", maintain_order=True)

    def _read(self, requests: Sequence[Request], first: dt.date, last: dt.date) -> ParsedAnswers:
        """What the answers hold that count: of each address the newest one that can be parsed."""
        accepted = self._accepted(requests, first, last)
        due = {request.address for request in requests if request.final or request.due}
        read, waiting = ParsedAnswers(accepted, accepted.clear()), accepted
        while len(waiting):
            newest = waiting if self._source.snapshots else waiting.unique("asked", keep="last", maintain_order=True)
            failed = self._reject(read, newest, self._parse(read, newest, first, last), due)
            read.answers = pl.concat([read.answers, newest.join(failed, on=ANSWER, how="anti", maintain_order="left")])
            older = waiting.join(newest, on=ANSWER, how="anti", maintain_order="left")
            waiting = older.filter(pl.col("asked").is_in(failed["asked"].implode()))
        return read

    def _parse(
        self, read: ParsedAnswers, stored: pl.DataFrame, first: dt.date, last: dt.date
    ) -> dict[tuple[str, str], SourceError]:
        """Add what stored answers hold to `read`; why others cannot be parsed, by `ANSWER`.

        Each snapshot is whole in itself, and one at a time is in memory.
        """
        failed = {}
        for batch in stored.iter_slices(1) if self._source.snapshots else [stored]:
            # a store that gives no body is no fault of the source
            answers = [
                Answer(address, payload_id, fetched_at, self._payloads.get(payload_id))
                for address, payload_id, fetched_at in batch.select("address", "payload_id", "fetched_at").iter_rows()
            ]
            for answer, result in self._parsed(answers):
                if isinstance(result, Parsed):
                    read.add(result, first, last)
                else:
                    failed[answer.address, answer.payload_id] = result
        return failed

    def _reject(
        self, read: ParsedAnswers, stored: pl.DataFrame, failed: dict[tuple[str, str], SourceError], due: set[str]
    ) -> pl.DataFrame:
        """The stored answers that failed, or hold nothing where they have to; the log has them as rejected then."""
        # where there was another answer before, one that holds records and none that can be read is no good one
        again = pl.col("payload_id").n_unique().over("asked") > 1
        replaced = set() if self._source.snapshots else set(read.accepted.filter(again)["asked"])
        rejected, reasons = [], []
        for row in stored.iter_rows(named=True):
            error = failed.get((row["address"], row["payload_id"]))
            is_due = row["asked"] in due or (row["asked"] in replaced and row["payload_id"] in read.with_unread)
            if error is None and is_due and row["payload_id"] not in read.with_records:
                error = ShapeError(row["address"], "expected matches, found none that can be read")
            if error is not None:
                rejected.append(row)
                reasons.append(str(error))
        read.problems += reasons
        now, name = self._client.now(), self._source.name
        self._payloads.record(
            [
                Fetch(row["address"], now, "rejected", reason, None, row["payload_id"], source=name)
                for row, reason in zip(rejected, reasons, strict=True)
                if row["standing"]
            ]
        )
        return pl.DataFrame(rejected, schema=stored.schema)

    def _parsed(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Parsed | SourceError]]:
        """What answers hold, in the form of its tables: together, or of each alone where anything is raised."""
        if not answers:
            return
        table = self._source.table
        try:
            parsed = self._source.parse(answers)
            conformed = Parsed(table.conform(parsed.records), quarantine(table.name).conform(parsed.quarantined))
        except Exception as error:
            if len(answers) > 1:
                for answer in answers:
                    yield from self._parsed([answer])
            else:
                yield answers[0], error if isinstance(error, SourceError) else unforeseen(answers[0].address, error)
        else:
            yield answers[0], conformed

    def _left(self, read: ParsedAnswers, first: dt.date, last: dt.date) -> pl.DataFrame:
        """Matches to come that the newest answers do not have any more where earlier ones had them, as postponed."""
        rows = read.rows(self._source.table)
        if not self._source.moves:
            return rows.clear()
        seen = pl.col("fetched_at").dt.date().is_between(first - LISTED_AHEAD, last)
        earlier = read.accepted.filter(
            pl.col("asked").is_in(read.answers["asked"].implode()),
            ~pl.col("payload_id").is_in(read.answers["payload_id"].implode()),
            "standing",
            seen,
        ).unique("payload_id", keep="first", maintain_order=True)
        before = ParsedAnswers(read.accepted, earlier)
        self._parse(before, earlier, first, last)  # one that fails has been replaced
        newest = read.answers.group_by(_asked="asked").agg(seen_without_at=pl.col("fetched_at").max())
        asked = dict(read.accepted.select("address", "asked").iter_rows())
        match = ["_asked", "home", "away", DATE]
        here = pl.col("_address").replace_strict(asked, return_dtype=pl.String)
        return (
            before.rows(self._source.table)
            .filter(pl.col("status") == "scheduled")
            .with_columns(_asked=here)
            .sort("_seen_at", "_record")
            .unique(match, keep="last", maintain_order=True)
            .join(rows.with_columns(_asked=here), on=match, how="anti")
            .join(newest, on="_asked")
            .with_columns(status=pl.lit("postponed"), _seen_at="seen_without_at")
            .select(rows.columns)
        )

    def _quarantine(self, read: ParsedAnswers, unread: pl.DataFrame) -> None:
        """Keep what could not be read, in the place of what could not be read of the same answers before."""
        column, values = "origin", read.accepted["address"]
        if self._source.snapshots:
            column, values = "payload_id", read.accepted["payload_id"]
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values.unique().sort())
        if listed:
            self._lake.replace(quarantine(self._source.table.name).name, unread, f"{column} IN ({listed})")
