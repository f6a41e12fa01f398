"""The records of each source: whichever source fails, the graph goes on with what it saw last.

Which answers of an address count is declared by the source. A match that an earlier answer had on a date it has left
since is postponed there. When a source fails, what it gave before stays, and what broke is told with the rows.

An answer that was accepted and cannot be parsed, breaks a rule of a column, or holds nothing where matches are due is
rejected in the fetch log, and the good one before it counts.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from soccer_assets.errors import ShapeError, SourceError, SourcesFailedError
from soccer_assets.leagues import LEAGUES
from soccer_assets.settings import Settings, named
from soccer_assets.sources.fetching.client import Answer, Client, Request, answers_to
from soccer_assets.sources.fetching.response_checks import unforeseen
from soccer_assets.sources.parsed_answers import ANSWER, ParsedAnswers
from soccer_assets.sources.schema import Parsed
from soccer_assets.sources.spec import Query, SourceSpec, TableSpec
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.payloads import GOOD, Fetch, Payloads, standing
from soccer_assets.storage.tables import Replacement, TableRows, quarantine

#: The partitions end as many days ahead.
DAYS_AHEAD = 14
#: A coming match is listed at most this long before its date.
LISTED_AHEAD = dt.timedelta(days=60)


@dataclass(frozen=True)
class Acquired:
    """Records of a range of match dates, with counts over the whole payloads they were read from.

    Args:
        rows: the records.
        unread: what could not be read, in the form of the quarantine; None: nothing was looked at.
        replaces: predicate of the rows of the quarantine whose place `unread` takes.
        beyond: the replacements of stored rows outside the range, given the stored rows.
        missing: addresses without an answer.
        files: payloads.
        lines: lines or positions with content.
        records: records among them.
        quarantined: records that could not be read at all.
        problem: what kept the source from answering; the rows are those of its last good answers then.
        unread_times: kick-offs that cannot be read, and are left out: how many of each address, and one of them.
    """

    rows: pl.DataFrame
    unread: pl.DataFrame | None = None
    replaces: str | None = None
    beyond: Callable[[pl.LazyFrame], Sequence[Replacement]] | None = None
    missing: tuple[str, ...] = ()
    files: int = 0
    lines: int = 0
    records: int = 0
    quarantined: int = 0
    problem: str = ""
    unread_times: dict[str, str] = field(default_factory=dict)

    @property
    def value(self) -> TableRows:
        """What is to be stored."""
        return TableRows(self.rows, self.unread, self.replaces, self.beyond)


class Acquisition:
    """Asks a source for the records of one of its tables.

    Args:
        source: the source.
        spec: one of its tables.
        settings: where the source is, and which leagues are followed.
        client: fetches.
        payloads: the stored answers.
        wanted: False: nothing is asked, and there are no rows.
    """

    def __init__(
        self,
        source: SourceSpec,
        spec: TableSpec,
        settings: Settings,
        client: Client,
        payloads: Payloads,
        wanted: bool = True,
    ) -> None:
        self._source = source
        self._spec = spec.configured(spec, settings)
        self._hosts = source.hosts(settings)
        self._leagues = [LEAGUES[code] for code in named("SOCCER_LEAGUES", settings.leagues, LEAGUES)]
        self._client = client
        self._payloads = payloads
        self._wanted = wanted

    def acquire(self, first: dt.date, last: dt.date, today: dt.date | None = None) -> Acquired:
        """Records with a match date from `first` to `last`, both inclusive.

        Args:
            first: the first match date.
            last: the last one.
            today: the day it is; default that of the clock.

        Raises:
            SourcesFailedError: no address of a required source answered.
        """
        spec, table = self._spec, self._spec.table
        if not self._wanted:
            return Acquired(table.empty())
        base, *mirrors = self._hosts
        query = Query(first, last, today or self._client.now().date(), self._leagues, base, mirrors)
        asked = self._to_ask(query)
        problems = [self._ask(asked, query.today)]
        read = self._read(spec.requests(query), query)
        if spec.pages is not None:
            rows = read.rows(first, last)
            since = query.today - dt.timedelta(days=spec.days_back or 0)
            recent = spec.pages(query, rows.filter(pl.col(DATE) >= since))
            problems.append(self._ask(recent, query.today))
            asked += recent
            read = read.join(self._read(spec.pages(query, rows), query))
        unread = read.quarantined()
        rows = read.rows(first, last)
        if spec.as_listed is not None:
            rows = spec.as_listed(rows, read.answers, query)
        given = set(read.answers["asked"])
        return Acquired(
            rows=table.conform(pl.concat([rows, self._left(read, rows, query)])),
            unread=unread if len(read.accepted) else None,
            replaces=self._replaced(read),
            beyond=partial(spec.beyond, read.rows(), query) if spec.beyond and len(read.accepted) else None,
            missing=tuple(request.address for request in asked if request.address not in given),
            files=len(read.answers),
            lines=read.positions,
            records=read.records,
            quarantined=read.refused,
            problem="\n".join(filter(None, [*problems, *read.problems])),
            unread_times=read.unread_times,
        )

    def _to_ask(self, query: Query) -> list[Request]:
        """What the source is asked for now."""
        back = self._spec.days_back
        if back is not None:
            first = max(query.first, query.today - dt.timedelta(days=back))
            query = replace(query, first=first, last=min(query.last, query.today + dt.timedelta(days=DAYS_AHEAD)))
        return self._spec.requests(query) if query.first <= query.last else []

    def _ask(self, requests: Sequence[Request], today: dt.date) -> str:
        """Fetch; the failures as a message, empty where there were none."""
        accept = partial(self._spec.accept, today=today) if self._spec.judged_by_day else self._spec.accept
        try:
            self._client.fetch(requests, accept, self._hosts[0], self._source.name)
        except SourcesFailedError as error:
            if self._source.required and error.nothing_answered:
                raise
            return str(error)
        return ""

    def _accepted(self, requests: Sequence[Request], query: Query) -> pl.DataFrame:
        """The answers to some requests that were accepted, oldest first, with the address `asked`.

        One that was rejected since is among them and not `standing`: what could not be parsed yesterday may be today.
        """
        log = answers_to(requests, self._hosts[0], self._payloads.fetches(source=self._source.name))
        stands = standing(log).select("address", "fetched_at", standing=True)
        accepted = log.filter(pl.col("outcome") == "accepted").join(
            stands, on=["address", "fetched_at"], how="left", maintain_order="left"
        )
        if self._spec.as_listed is not None:
            last_sight = (
                log.filter(pl.col("outcome").is_in(GOOD)).group_by(ANSWER).agg(last_at=pl.col("fetched_at").max())
            )
            lists = accepted.unique(ANSWER, keep="first").join(last_sight, on=ANSWER)
            lists = lists.with_columns(is_newest=pl.col("last_at") == pl.col("last_at").max().over("asked"))
            since = dt.datetime.combine(query.first - LISTED_AHEAD, dt.time(), dt.UTC)
            return lists.filter(pl.col("last_at") >= since).sort("last_at", "address")
        if not self._spec.snapshots:
            return accepted
        days = (query.first - dt.timedelta(days=DAYS_AHEAD), query.last + dt.timedelta(days=1))
        seen = accepted.filter(pl.col("fetched_at").dt.date().is_between(*days))
        return seen.unique("payload_id", keep="first", maintain_order=True)

    def _read(self, requests: Sequence[Request], query: Query) -> ParsedAnswers:
        """What the answers hold that count; of each address the newest one that can be parsed, or every one."""
        accepted = self._accepted(requests, query)
        every = self._spec.snapshots or self._spec.as_listed is not None
        due = {request.address for request in requests if request.final or request.due}
        read, waiting = ParsedAnswers(self._spec.as_parsed, accepted, accepted.clear()), accepted
        while len(waiting):
            newest = waiting if every else waiting.unique("asked", keep="last", maintain_order=True)
            failed = self._reject(read, newest, self._parse(read, newest, query), due, every)
            read.answers = pl.concat([read.answers, newest.join(failed, on=ANSWER, how="anti", maintain_order="left")])
            older = waiting.join(newest, on=ANSWER, how="anti", maintain_order="left")
            waiting = older.filter(pl.col("asked").is_in(failed["asked"].implode()))
        return read

    def _parse(self, read: ParsedAnswers, stored: pl.DataFrame, query: Query) -> dict[tuple[str, str], SourceError]:
        """Add what stored answers hold to `read`; why others cannot be parsed, by `ANSWER`.

        Each snapshot is whole in itself, and one at a time is in memory.
        """
        failed = {}
        dates = None if self._spec.beyond is not None else (query.first, query.last)
        for batch in stored.iter_slices(1) if self._spec.snapshots else [stored]:
            # a store that gives no body is no fault of the source
            answers = [
                Answer(address, payload_id, fetched_at, self._payloads.get(payload_id))
                for address, payload_id, fetched_at in batch.select("address", "payload_id", "fetched_at").iter_rows()
            ]
            for answer, result in self._parsed(answers):
                if isinstance(result, Parsed):
                    read.add(result, dates)
                else:
                    failed[answer.address, answer.payload_id] = result
        return failed

    def _reject(
        self,
        read: ParsedAnswers,
        stored: pl.DataFrame,
        failed: dict[tuple[str, str], SourceError],
        due: set[str],
        every: bool,
    ) -> pl.DataFrame:
        """The stored answers that failed, or hold nothing where they have to; the log has them as rejected then."""
        # where there was another answer before, one that holds records and none that can be read is no good one
        again = pl.col("payload_id").n_unique().over("asked") > 1
        replaced = set() if every else set(read.accepted.filter(again)["asked"])
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
        table = self._spec.table
        try:
            parsed = self._spec.parse(answers)
            records = self._spec.as_parsed.conform(parsed.records)
            conformed = replace(parsed, records=records, quarantined=quarantine(table.name).conform(parsed.quarantined))
        except Exception as error:
            if len(answers) > 1:
                for answer in answers:
                    yield from self._parsed([answer])
            else:
                yield answers[0], error if isinstance(error, SourceError) else unforeseen(answers[0].address, error)
        else:
            yield answers[0], conformed

    def _left(self, read: ParsedAnswers, rows: pl.DataFrame, query: Query) -> pl.DataFrame:
        """Matches to come that the newest answers do not have any more where earlier ones had them, as postponed."""
        if not self._spec.lists_coming:
            return rows.clear()
        seen = pl.col("fetched_at").dt.date().is_between(query.first - LISTED_AHEAD, query.last)
        earlier = read.accepted.filter(
            pl.col("asked").is_in(read.answers["asked"].implode()),
            ~pl.col("payload_id").is_in(read.answers["payload_id"].implode()),
            "standing",
            seen,
        ).unique("payload_id", keep="first", maintain_order=True)
        before = ParsedAnswers(self._spec.as_parsed, read.accepted, earlier)
        self._parse(before, earlier, query)  # one that fails has been replaced
        newest = read.answers.group_by(_asked="asked").agg(seen_without_at=pl.col("fetched_at").max())
        asked = dict(read.accepted.select("address", "asked").iter_rows())
        match = ["_asked", "home", "away", DATE]
        asked_of = pl.col("_address").replace_strict(asked, return_dtype=pl.String)
        return (
            before.rows(query.first, query.last)
            .filter(pl.col("status") == "scheduled")
            .with_columns(_asked=asked_of)
            .sort("_seen_at", "_record")
            .unique(match, keep="last", maintain_order=True)
            .join(rows.with_columns(_asked=asked_of), on=match, how="anti")
            .join(newest, on="_asked")
            .with_columns(status=pl.lit("postponed"), _seen_at="seen_without_at")
            .select(rows.columns)
        )

    def _replaced(self, read: ParsedAnswers) -> str:
        """Predicate of what could not be read of the same answers before."""
        column, values = "origin", read.accepted["address"]
        if self._spec.snapshots:
            column, values = "payload_id", read.accepted["payload_id"]
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values.unique().sort())
        return f"{column} IN ({listed})"


def acquisitions(
    sources: Sequence[SourceSpec], settings: Settings, client: Client, payloads: Payloads
) -> dict[str, Acquisition]:
    """What acquires each table, by the table's name.

    Raises:
        SettingsError: `SOCCER_SOURCES` or `SOCCER_LEAGUES` names one that is not known, or a source has no address.
    """
    wanted = named("SOCCER_SOURCES", settings.sources, [source.name for source in sources])
    return {
        spec.table.name: Acquisition(source, spec, settings, client, payloads, source.name in wanted)
        for source in sources
        for spec in source.tables
    }
