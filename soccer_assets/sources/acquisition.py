"""The records of each source: when one fails, its stored answers count, and the failure comes with the rows.

A match that an earlier answer listed on a date that it has left since is postponed there.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from soccer_assets.errors import SourcesFailedError
from soccer_assets.leagues import LEAGUES
from soccer_assets.settings import PREFIX, Settings, named, require_no_slip
from soccer_assets.sources.fetching.client import Client, Request
from soccer_assets.sources.parsed_answers import AnswerReader, ParsedAnswers
from soccer_assets.sources.spec import DAYS_AHEAD, LISTED_AHEAD, Query, SourceSpec, TableSpec
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.payloads import Payloads
from soccer_assets.storage.tables import Replacement, TableRows


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
        warning: what is odd about the answers, and costs nothing.
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
    warning: str = ""

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
        self._reader = AnswerReader(source, self._spec, self._hosts[0], client, payloads)
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
        read = self._reader.read(spec.requests(query), query)
        if spec.pages is not None:
            rows = read.rows(first, last)
            since = query.today - dt.timedelta(days=spec.days_back or 0)
            recent = spec.pages(query, rows.filter(pl.col(DATE) >= since))
            problems.append(self._ask(recent, query.today))
            asked += recent
            read = read.join(self._reader.read(spec.pages(query, rows), query))
        unread = read.quarantined()
        rows = read.rows(first, last)
        if spec.as_listed is not None:
            rows = spec.as_listed(rows, read.answers, query)
        answered = set(read.answers["asked"])
        problems.append(self._silence(asked, query))
        return Acquired(
            rows=table.conform(pl.concat([rows, self._postponed(read, rows, query)])),
            unread=unread if len(read.accepted) else None,
            replaces=_quarantine_predicate(spec, read.accepted),
            beyond=partial(spec.beyond, read.rows(), query) if spec.beyond and len(read.accepted) else None,
            missing=tuple(request.address for request in asked if request.address not in answered),
            files=len(read.answers),
            lines=read.positions,
            records=read.records,
            quarantined=read.refused,
            problem="\n".join(filter(None, [*problems, *read.problems])),
            unread_times=read.unread_times,
            warning=self._warning(read, rows, query),
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

    def _warning(self, read: ParsedAnswers, rows: pl.DataFrame, query: Query) -> str:
        """That the lists of coming matches have none about today, as those of a mirror that nobody renews."""
        is_about_today = query.first <= query.today <= query.last
        if self._spec.as_listed is None or not is_about_today or not read.records or len(rows):
            return ""
        return f"expected a match from {query.first} to {query.last} among the {read.records} listed, found none"

    def _silence(self, asked: Sequence[Request], query: Query) -> str:
        """Why nothing can come of a source whose archive never gave a file; empty where it did, or failed otherwise."""
        archives = [spec for spec in self._source.tables if spec.as_listed is None]
        if not asked or [spec.table.name for spec in archives] != [self._spec.table.name]:
            return ""  # of two tables a mirror may have one
        of_lists = [r.address for spec in self._source.tables if spec not in archives for r in spec.requests(query)]
        log = self._payloads.fetches(source=self._source.name).filter(~pl.col("address").is_in(of_lists))
        if set(log["outcome"]) != {"missing"}:
            return ""
        return (
            f"{self._source.name}: expected a file at one of {len(asked)} addresses, such as {asked[0].address}, found "
            f"404 Not Found at each, now and before: look at {PREFIX}{self._source.name.upper()}_URL"
        )

    def _postponed(self, read: ParsedAnswers, rows: pl.DataFrame, query: Query) -> pl.DataFrame:
        """Coming matches that the newest answers no longer list on the date where earlier ones did, as postponed."""
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
        self._reader.parse(before, earlier, query)  # one that fails has been replaced
        newest = read.answers.group_by(_asked="asked").agg(seen_without_at=pl.col("fetched_at").max())
        asked = dict(read.accepted.select("address", "asked").iter_rows())
        match = ["_asked", "home", "away", DATE]
        asked_address = pl.col("_address").replace_strict(asked, return_dtype=pl.String)
        return (
            before.rows(query.first, query.last)
            .filter(pl.col("status") == "scheduled")
            .with_columns(_asked=asked_address)
            .sort("_seen_at", "_record")
            .unique(match, keep="last", maintain_order=True)
            .join(rows.with_columns(_asked=asked_address), on=match, how="anti")
            .join(newest, on="_asked")
            .with_columns(status=pl.lit("postponed"), _seen_at="seen_without_at")
            .select(rows.columns)
        )


def _quarantine_predicate(spec: TableSpec, accepted: pl.DataFrame) -> str:
    """The rows of the quarantine that are from some answers."""
    column, values = ("payload_id", accepted["payload_id"]) if spec.snapshots else ("origin", accepted["address"])
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values.unique().sort())
    return f"{column} IN ({quoted})"


def acquisitions(
    sources: Sequence[SourceSpec], settings: Settings, client: Client, payloads: Payloads
) -> dict[str, Acquisition]:
    """What acquires each table, by the table's name.

    Raises:
        SettingsError: `SOCCER_SOURCES` or `SOCCER_LEAGUES` names one that is not known, or a source has no address, or
            the address of one is given under its name with a slip in it.
    """
    addresses = [f"{PREFIX}{source.name.upper()}_URL" for source in sources]
    for name in settings.source_urls:
        require_no_slip(PREFIX, f"{PREFIX}{name.upper()}_URL", addresses)
    wanted = named("SOCCER_SOURCES", settings.sources, [source.name for source in sources])
    return {
        spec.table.name: Acquisition(source, spec, settings, client, payloads, source.name in wanted)
        for source in sources
        for spec in source.tables
    }
