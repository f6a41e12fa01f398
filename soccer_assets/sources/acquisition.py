"""football-data.co.uk as the graph asks for it: the records of a range of match dates, and what could not be read."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from soccer_assets.delta import DATE, Lake
from soccer_assets.leagues import League
from soccer_assets.payloads import Payloads
from soccer_assets.sources import football_data
from soccer_assets.sources.client import Answer, Client, Request
from soccer_assets.sources.schema import FOOTBALL_DATA_FIXTURES, FOOTBALL_DATA_RESULTS, Parsed
from soccer_assets.tables import Table, quarantine

NAME = "football_data"
#: A fixture is published days before it is played: older files do not hold it.
FIXTURES_KNOWN_AHEAD = dt.timedelta(days=60)


@dataclass(frozen=True)
class Acquired:
    """Records of a range of match dates, with counts over the whole files they were read from.

    `problem` is what kept a source from answering; the rows are those of its last good answers then.
    """

    rows: pl.DataFrame
    missing: tuple[str, ...]
    files: int
    lines: int
    records: int
    quarantined: int
    reasons: dict[str, int]
    problem: str = ""


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

        Raises:
            SourcesFailedError: an address gave no acceptable answer; nothing is written then.
        """
        today = self._client.now().date()
        requests = football_data.archives(self._base, self._leagues, first, last, today)
        answers = self._client.fetch(requests, football_data.accept_archive, self._base, NAME)
        parsed = football_data.parse(answers)
        return self._acquired(FOOTBALL_DATA_RESULTS, requests, answers, parsed, parsed.records, first, last)

    def fixtures(self, first: dt.date, last: dt.date) -> Acquired:
        """Coming matches from `first` to `last` by every fixtures file seen, each as it was last published.

        Raises:
            SourcesFailedError: an address gave no acceptable answer; nothing is written then.
        """
        requests = football_data.fixture_files(self._base) if self._leagues else []
        newest = self._client.fetch(requests, football_data.accept_fixtures, self._base, NAME)
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
        return self._acquired(FOOTBALL_DATA_FIXTURES, requests, answers, parsed, rows, first, last)

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
        )


def _as_last_published(records: pl.DataFrame, seen: pl.DataFrame, newest: dict[str, str]) -> pl.DataFrame:
    """One record per match and date, the one seen last, with when it was first and last seen."""
    times = seen.rename({"address": "_address", "payload_id": "_payload_id"})
    columns = records.columns
    home = pl.coalesce(*(c for c in football_data.KEY_COLUMNS["home"] if c in columns))
    away = pl.coalesce(*(c for c in football_data.KEY_COLUMNS["away"] if c in columns))
    match = [pl.col("_league"), pl.col(DATE), home.alias("home"), away.alias("away")]
    return (
        records.join(times, on=["_address", "_payload_id"])
        .sort("last_at", "_address", "_line")
        .with_columns(
            _first_seen_at=pl.col("first_at").min().over(match),
            _last_seen_at=pl.col("last_at"),
            _listed=pl.col("_payload_id") == pl.col("_address").replace_strict(newest),
        )
        .drop("first_at", "last_at")
        .filter(pl.struct(match).is_last_distinct())
    )
