"""football-data.co.uk as the graph asks for it: the records of a range of match dates, and what could not be read."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import polars as pl

from soccer_assets.errors import FetchError, SourcesFailedError
from soccer_assets.leagues import League
from soccer_assets.sources.fetching.client import Accept, Answer, Client, Request
from soccer_assets.sources.football_data import files as football_data
from soccer_assets.sources.football_data.dates import published_time
from soccer_assets.sources.football_data.text import KEY_COLUMNS
from soccer_assets.sources.schema import FOOTBALL_DATA_FIXTURES, FOOTBALL_DATA_RESULTS, Parsed
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.payloads import Payloads
from soccer_assets.storage.tables import Table, quarantine

NAME = "football_data"
#: A fixture is published days before it is played: older files do not hold it.
FIXTURES_KNOWN_AHEAD = dt.timedelta(days=60)


@dataclass(frozen=True)
class Acquired:
    """Records of a range of match dates, with counts over the whole files they were read from.

    `problem` is what kept a source from answering; the rows are those of its last good answers then. `unread_times` are
    the kick-offs that cannot be read, which their records do without: how many of each address, and one of them.
    """

    rows: pl.DataFrame
    missing: tuple[str, ...]
    files: int
    lines: int
    records: int
    quarantined: int
    reasons: dict[str, int]
    problem: str = ""
    unread_times: dict[str, str] = field(default_factory=dict)


class FootballData:
    """Archives and fixtures of the chosen leagues, from the site or a mirror of it."""

    def __init__(self, base: str, leagues: Sequence[League], client: Client, payloads: Payloads, lake: Lake) -> None:
        self._base = base.rstrip("/")
        self._leagues = leagues
        self._client = client
        self._payloads = payloads
        self._lake = lake

    def results(self, first: dt.date, last: dt.date) -> Acquired:
        """Records of season archives with a match date from `first` to `last`, both inclusive.

        A file that is refused, or that alone does not come, is the `problem`, and its last good one counts.

        Raises:
            SourcesFailedError: no address answered; nothing is written then.
        """
        today = self._client.now().date()
        requests = football_data.archives(self._base, self._leagues, first, last, today)
        answers, problem = self._ask(requests, partial(football_data.accept_archive, today=today))
        parsed = football_data.parse(answers)
        self._follow_moved(parsed.records, first, last)
        return self._acquired(FOOTBALL_DATA_RESULTS, requests, answers, parsed, parsed.records, first, last, problem)

    def _follow_moved(self, records: pl.DataFrame, first: dt.date, last: dt.date) -> None:
        """Make right the rows beyond `first` to `last` of matches that the archives have moved into or out of them.

        The old row of a match that came into these dates leaves the table; the record of one that left them enters it.
        What else changed beyond them, such as a name, waits for a run of its dates.
        """
        if records.is_empty() or not self._lake.exists(FOOTBALL_DATA_RESULTS.name):
            return
        table, beyond = FOOTBALL_DATA_RESULTS, ~pl.col(DATE).is_between(first, last)
        archives = pl.col("_address").is_in(records["_address"].unique().implode())
        stored = _with_teams(self._lake.scan(table.name).filter(archives).collect())
        listed = _with_teams(records)
        pair = ["_address", "_home", "_away"]
        gone = stored.join(listed, on=[*pair, DATE], how="anti")
        new = listed.join(stored, on=[*pair, DATE], how="anti")
        stale = gone.filter(beyond).join(new.filter(~beyond), on=pair, how="semi")
        left = new.filter(beyond).join(gone.filter(~beyond), on=pair, how="semi").drop("_home", "_away")
        for payload_id, line in stale.select("_payload_id", "_line").unique().rows():
            self._lake.replace(table.name, table.empty(), f"_payload_id = '{payload_id}' AND _line = {line}")
        if len(left):
            self._lake.append(table.name, table.conform(left))

    def fixtures(self, first: dt.date, last: dt.date) -> Acquired:
        """Coming matches from `first` to `last` by every fixtures file seen, each as it was last published.

        A file that is refused, or that alone does not come, is the `problem`, and its last good one counts.

        Raises:
            SourcesFailedError: no address answered; nothing is written then.
        """
        today = self._client.now().date()
        requests = football_data.fixture_files(self._base) if self._leagues else []
        newest, problem = self._ask(requests, partial(football_data.accept_fixtures, today=today))
        seen = self._seen([answer.address for answer in newest], first)
        answers = [
            Answer(address, payload_id, fetched_at, self._payloads.get(payload_id))
            for address, payload_id, fetched_at in seen.select("address", "payload_id", "first_at").rows()
        ]
        parsed = football_data.parse(answers)
        rows = parsed.records
        if len(rows):
            rows = rows.filter(pl.col("_league").is_in([league.code for league in self._leagues]))
            rows = _as_last_published(rows, seen, {answer.address: answer.payload_id for answer in newest})
        return self._acquired(FOOTBALL_DATA_FIXTURES, requests, answers, parsed, rows, first, last, problem)

    def _ask(self, requests: Sequence[Request], accept: Accept) -> tuple[list[Answer], str]:
        """The last good answer to each request, and what failed; raises where nothing answered."""
        try:
            return self._client.fetch(requests, accept, self._base, NAME), ""
        except SourcesFailedError as error:
            good = self._payloads.last_good(self._base)
            asked = sum(not (request.final and request.address in good) for request in requests)
            if sum(isinstance(failure, FetchError) for failure in error.failures) == asked:
                raise
            kept = [good[request.address] for request in requests if request.address in good]
            answers = [Answer(f.address, f.payload_id, f.fetched_at, self._payloads.get(f.payload_id))
                       for f in kept if f.payload_id is not None]  # fmt: skip
            return answers, str(error)

    def _seen(self, addresses: Sequence[str], first: dt.date) -> pl.DataFrame:
        """Payloads of the addresses with the first and last time each was what the source showed."""
        since = dt.datetime.combine(first - FIXTURES_KNOWN_AHEAD, dt.time(), dt.UTC)
        log = self._payloads.fetches(self._base).filter(
            pl.col("address").is_in(addresses), pl.col("outcome").is_in(["accepted", "unchanged"])
        )
        seen = log.group_by("address", "payload_id").agg(
            first_at=pl.col("fetched_at").min(), last_at=pl.col("fetched_at").max()
        )
        return seen.filter(pl.col("last_at") >= since).sort("last_at", "address")

    def _acquired(
        self,
        table: Table,
        requests: Sequence[Request],
        answers: Sequence[Answer],
        parsed: Parsed,
        rows: pl.DataFrame,
        first: dt.date,
        last: dt.date,
        problem: str,
    ) -> Acquired:
        bad = quarantine(table.name)
        quarantined = bad.conform(parsed.quarantined)
        if answers:
            origins = ", ".join("'" + answer.address.replace("'", "''") + "'" for answer in answers)
            self._lake.replace(bad.name, quarantined, f"origin IN ({origins})")
        reasons = quarantined["reason"].str.replace(", found .*", "").value_counts(name="rows", sort=True)
        given = {answer.address for answer in answers}
        return Acquired(
            rows=table.conform(rows.filter(pl.col(DATE).is_between(first, last)) if len(rows) else table.empty()),
            missing=tuple(request.address for request in requests if request.address not in given),
            files=len(answers),
            lines=sum(football_data.count_rows(answer.body) for answer in answers),
            records=len(parsed.records),
            quarantined=len(quarantined),
            reasons=dict(reasons.iter_rows()),
            problem=problem,
            unread_times=_unread_times(parsed.records),
        )


def _unread_times(records: pl.DataFrame) -> dict[str, str]:
    """How many kick-offs of each address cannot be read, and the first of them."""
    if "Time" not in records.columns:
        return {}
    unread = records.filter(pl.col("Time").is_not_null() & published_time(pl.col("Time")).is_null())
    counts = unread.group_by("_address", maintain_order=True).agg(pl.len(), pl.col("Time").first())
    return {address: f"{count}, such as {text!r}" for address, count, text in counts.rows()}


def _with_teams(records: pl.DataFrame) -> pl.DataFrame:
    """Add `_home` and `_away`, from whichever of their columns is published."""
    return records.with_columns(
        pl.coalesce(name for name in KEY_COLUMNS[side] if name in records.columns).alias(f"_{side}")
        for side in ("home", "away")
    )


def _as_last_published(records: pl.DataFrame, seen: pl.DataFrame, newest: dict[str, str]) -> pl.DataFrame:
    """One record per match and date, the one seen last, with when it was first and last seen."""
    times = seen.rename(
        {"address": "_address", "payload_id": "_payload_id", "first_at": "_first_at", "last_at": "_last_at"}
    )
    columns = records.columns
    home = pl.coalesce(*(c for c in KEY_COLUMNS["home"] if c in columns))
    away = pl.coalesce(*(c for c in KEY_COLUMNS["away"] if c in columns))
    match = [pl.col("_league"), pl.col(DATE), home.alias("home"), away.alias("away")]
    return (
        records.join(times, on=["_address", "_payload_id"])
        .sort("_last_at", "_address", "_line")
        .with_columns(
            _first_seen_at=pl.col("_first_at").min().over(match),
            _last_seen_at=pl.col("_last_at"),
            _listed=pl.col("_payload_id") == pl.col("_address").replace_strict(newest),
        )
        .drop("_first_at", "_last_at")
        .filter(pl.struct(match).is_last_distinct())
    )
