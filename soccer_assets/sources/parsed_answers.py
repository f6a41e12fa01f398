"""The stored answers of a source: which of them count, and the records they hold.

An answer that was accepted and cannot be parsed, breaks a rule of a column, or has no record where matches are due is
rejected in the fetch log, and the good one before it counts.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

import polars as pl

from soccer_assets.errors import LostPayloadError, ShapeError, SourceError
from soccer_assets.sources.fetching.client import Answer, Client, Request, answers_to
from soccer_assets.sources.fetching.response_checks import unforeseen
from soccer_assets.sources.schema import Parsed
from soccer_assets.sources.spec import DAYS_AHEAD, LISTED_AHEAD, Query, SourceSpec, TableSpec
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.payloads import GOOD, Fetch, Payloads, standing
from soccer_assets.storage.tables import Table, quarantine, refused

#: The day of a match in the league's own time zone is at most so far ahead of the day in UTC.
AHEAD_OF_UTC = dt.timedelta(days=1)
#: What tells an answer among those in store.
ANSWER = ["address", "payload_id"]


@dataclass
class ParsedAnswers:
    """The records of answers and what could not be read; counts are of the whole payloads."""

    table: Table
    accepted: pl.DataFrame  # all answers that were accepted
    answers: pl.DataFrame  # those that count
    kept: list[pl.DataFrame] = field(default_factory=list)
    unread: list[pl.DataFrame] = field(default_factory=list)
    records: int = 0
    refused: int = 0
    positions: int = 0
    with_records: set[str] = field(default_factory=set)
    with_unread: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    unread_times: dict[str, str] = field(default_factory=dict)

    def add(self, parsed: Parsed, dates: tuple[dt.date, dt.date] | None) -> None:
        """Add the records of a range of match dates, both inclusive, or of all.

        The quarantine also has the parts of accepted records that cannot be read.
        """
        kept = parsed.records.select("_payload_id", _position=self.table.key[-1])
        unread = parsed.quarantined.select(_payload_id="payload_id", _position="line")
        self.kept.append(parsed.records.filter(pl.col(DATE).is_between(*dates)) if dates else parsed.records)
        self.unread.append(parsed.quarantined)
        self.records += len(kept)
        self.refused += len(unread.join(kept, on=kept.columns, how="anti"))
        self.positions += parsed.positions
        self.with_records |= set(kept["_payload_id"])
        self.with_unread |= set(unread["_payload_id"])
        self.unread_times |= parsed.unread_times

    def join(self, further: "ParsedAnswers") -> "ParsedAnswers":
        """Both together."""
        both = {f.name: (getattr(self, f.name), getattr(further, f.name)) for f in fields(self) if f.name != "table"}
        frames = {name: pl.concat(pair) for name, pair in both.items() if isinstance(pair[0], pl.DataFrame)}
        sets = {name: first | second for name, (first, second) in both.items() if isinstance(first, set | dict)}
        sums = {name: first + second for name, (first, second) in both.items() if isinstance(first, int | list)}
        return replace(self, **frames, **sets, **sums)

    def rows(self, first: dt.date | None = None, last: dt.date | None = None) -> pl.DataFrame:
        """The records from `first` to `last`, both inclusive (default: all); a record under two addresses is one."""
        rows = _once(self.table, self.kept)
        return rows if first is None or last is None else rows.filter(pl.col(DATE).is_between(first, last))

    def quarantined(self) -> pl.DataFrame:
        """The records that cannot be read, each once."""
        return _once(quarantine(self.table.name), self.unread)


class AnswerReader:
    """Reads the stored answers of one table of a source, whose addresses begin with `prefix`."""

    def __init__(self, source: SourceSpec, spec: TableSpec, prefix: str, client: Client, payloads: Payloads) -> None:
        self._source = source
        self._spec = spec
        self._prefix = prefix
        self._client = client
        self._payloads = payloads

    def _accepted(self, requests: Sequence[Request], query: Query) -> pl.DataFrame:
        """The answers to some requests that were accepted, oldest first, with the address `asked`.

        One that was rejected since is among them and not `standing`: what could not be parsed yesterday may be today.
        """
        log = answers_to(requests, self._prefix, self._payloads.fetches(source=self._source.name))
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

    def read(self, requests: Sequence[Request], query: Query) -> ParsedAnswers:
        """The records of the answers that count: of each address the newest one that can be parsed, or every one.

        Raises:
            LostPayloadError: the newest one of an address is lost; an earlier one is left out and is a problem told.
        """
        accepted = self._accepted(requests, query)
        every = self._spec.snapshots or self._spec.as_listed is not None
        due = {request.address for request in requests if request.final or request.due}
        read, waiting = ParsedAnswers(self._spec.as_parsed, accepted, accepted.clear()), accepted
        while len(waiting):
            newest = waiting if every else waiting.unique("asked", keep="last", maintain_order=True)
            errors = self.parse(read, newest, query)
            errors |= {} if every else _shared_answers(read, newest)
            for answer in newest.unique("asked", keep="last", maintain_order=True).select(ANSWER).iter_rows():
                if isinstance(lost := errors.get(answer), LostPayloadError):
                    raise lost
            failed = self._reject(read, newest, errors, due, every)
            read.answers = pl.concat([read.answers, newest.join(failed, on=ANSWER, how="anti", maintain_order="left")])
            older = waiting.join(newest, on=ANSWER, how="anti", maintain_order="left")
            waiting = older.filter(pl.col("asked").is_in(failed["asked"].implode()))
        return read

    def parse(self, read: ParsedAnswers, stored: pl.DataFrame, query: Query) -> dict[tuple[str, str], SourceError]:
        """Add the records of stored answers to `read`; the errors of those lost or not to be parsed, by `ANSWER`.

        Each snapshot is complete by itself, and one at a time is in memory.
        """
        failed: dict[tuple[str, str], SourceError] = {}
        dates = None if self._spec.beyond is not None else (query.first, query.last)
        for batch in stored.iter_slices(1) if self._spec.snapshots else [stored]:
            answers = []
            for address, payload_id, fetched_at in batch.select("address", "payload_id", "fetched_at").iter_rows():
                try:
                    answers.append(Answer(address, payload_id, fetched_at, self._payloads.get(payload_id)))
                except LostPayloadError as error:  # a store that fails otherwise is no fault of the answer
                    failed[address, payload_id] = error
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
        """The stored answers that failed, or have no record where matches are due; they are logged as rejected."""
        # where there was another answer before, one that holds records and none that can be read is no good one
        again = pl.col("payload_id").n_unique().over("asked") > 1
        replaced = set() if every else set(read.accepted.filter(again)["asked"])
        rejected, reasons, is_logged = [], [], []
        for row in stored.iter_rows(named=True):
            error = failed.get((row["address"], row["payload_id"]))
            is_due = row["asked"] in due or (row["asked"] in replaced and row["payload_id"] in read.with_unread)
            if error is None and is_due and row["payload_id"] not in read.with_records:
                error = ShapeError(row["address"], "expected matches, found none that can be read")
            if error is not None:
                rejected.append(row)
                reasons.append(str(error))
                is_logged.append(row["standing"] and not isinstance(error, LostPayloadError))
        read.problems += reasons
        now, name = self._client.now(), self._source.name
        self._payloads.record(
            [
                Fetch(row["address"], now, "rejected", reason, None, row["payload_id"], source=name)
                for row, reason, is_new in zip(rejected, reasons, is_logged, strict=True)
                if is_new
            ]
        )
        return pl.DataFrame(rejected, schema=stored.schema)

    def _parsed(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Parsed | SourceError]]:
        """The records of answers as the table declares them: of all, or of each by itself where anything is raised."""
        if not answers:
            return
        table = self._spec.table
        try:
            parsed = self._spec.parse(answers)
            records = self._spec.as_parsed.conform(parsed.records)
            conformed = replace(parsed, records=records, quarantined=quarantine(table.name).conform(parsed.quarantined))
            played = self._without_coming_results(conformed, answers)
        except Exception as error:
            if len(answers) > 1:
                for answer in answers:
                    yield from self._parsed([answer])
            else:
                yield answers[0], error if isinstance(error, SourceError) else unforeseen(answers[0].address, error)
        else:
            yield answers[0], played

    def _without_coming_results(self, parsed: Parsed, answers: Sequence[Answer]) -> Parsed:
        """The records but those with a result on a day that had not come when the answer was fetched."""
        last_days = {answer.payload_id: answer.fetched_at.date() + AHEAD_OF_UTC for answer in answers}
        is_list = self._spec.as_listed is not None  # whose goals count for nothing
        if is_list or (parsed.records[DATE] <= min(last_days.values())).all():
            return parsed
        last_day = pl.col("_payload_id").replace_strict(last_days, return_dtype=pl.Date)
        position = self._spec.as_parsed.key[-1]
        coming = self._spec.in_form(parsed.records.filter(pl.col(DATE) > last_day).lazy())
        if "home_goals" not in coming.collect_schema():
            return parsed
        early = refused(
            coming.filter(pl.col("home_goals").is_not_null()).collect(),
            origin="_address",
            payload_id="_payload_id",
            line=position,
            reason=pl.format("expected a result by {}, found one of {}", last_day, DATE),
            record=["home", "away", "home_goals", "away_goals"],
        )
        records = parsed.records.join(
            early, left_on=["_payload_id", position], right_on=["payload_id", "line"], how="anti", maintain_order="left"
        )
        return replace(parsed, records=records, quarantined=pl.concat([parsed.quarantined, early]))


def _shared_answers(read: ParsedAnswers, newest: pl.DataFrame) -> dict[tuple[str, str], SourceError]:
    """Errors of addresses of one league or season that gave the bytes of another's; their records leave `read`.

    The address that had them on an earlier day than all others keeps them.

    Args:
        read: the records of `newest` among others.
        newest: an answer to each request.
    """
    shared = newest.filter(pl.col("payload_id").is_duplicated())
    of_season = ["_league", *[name for name in ("_season", "season") if name in read.table.schema][:1]]
    errors: dict[tuple[str, str], SourceError] = {}
    for (payload_id,), answers in shared.group_by("payload_id", maintain_order=True):
        of_payload = [frame.filter(pl.col("_payload_id") == payload_id) for frame in read.kept]
        rows = pl.concat([frame.select({*read.table.key, *of_season}) for frame in of_payload], how="diagonal")
        seasons = rows.group_by(read.table.key).agg(n=pl.struct(of_season).n_unique())
        if seasons.filter(pl.col("n") > 1).is_empty():
            continue
        same = read.accepted.filter(
            pl.col("payload_id") == payload_id, pl.col("asked").is_in(answers["asked"].implode())
        )
        days = same.group_by("asked").agg(day=pl.col("fetched_at").min().dt.date())
        first = days.filter(pl.col("day") == pl.col("day").min())["asked"].to_list()
        wrong = answers if len(first) > 1 else answers.filter(pl.col("asked") != first[0])
        for address in wrong["address"]:
            other = next(asked for asked in answers["address"] if asked != address)
            problem = f"expected matches of its own league and season, found the answer of {other}"
            errors[address, payload_id] = ShapeError(address, problem)
        is_wrong = (pl.col("_payload_id") == payload_id) & pl.col("_address").is_in(wrong["address"].implode())
        read.kept = [frame.filter(~is_wrong) for frame in read.kept]
    return errors


def _once(table: Table, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    every = pl.concat([table.empty(), *frames], how="diagonal" if table.open else "vertical")
    return every.unique(table.key, keep="first", maintain_order=True)
