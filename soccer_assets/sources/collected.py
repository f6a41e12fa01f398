"""The records of some payloads, and those that could not be read, as a source's parser comes upon them."""

import datetime as dt

import polars as pl

from soccer_assets.sources.client import Answer
from soccer_assets.sources.schema import Parsed
from soccer_assets.tables import Table, quarantine


class UnreadError(Exception):
    """A record that cannot be read: what was expected and found, and its date where that could be read."""

    def __init__(self, reason: str, match_date: dt.date | None = None) -> None:
        super().__init__(reason)
        self.match_date = match_date


class Collected:
    """Each record of a payload is kept or refused, once, under its position from 1."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._kept: list[dict[str, object]] = []
        self._refused: list[tuple[object, ...]] = []

    def keep(
        self, answer: Answer, position: int, match_date: dt.date, league: str | None, **published: str | None
    ) -> None:
        """A record; what is published and not given is null."""
        self._kept.append(
            {
                "match_date": match_date,
                "_league": league,
                "_address": answer.address,
                "_payload_id": answer.payload_id,
                "_record": position,
                "_seen_at": answer.fetched_at,
                **published,
            }
        )

    def refuse(self, answer: Answer, position: int, error: UnreadError, record: bytes) -> None:
        """A record that cannot be used, as it came."""
        text = record.decode(errors="replace")
        self._refused.append((answer.address, answer.payload_id, position, error.match_date, str(error), text))

    def parsed(self) -> Parsed:
        unread = quarantine(self._table.name)
        return Parsed(
            pl.DataFrame(self._kept, schema=self._table.schema),
            pl.DataFrame(self._refused, schema=unread.schema, orient="row"),
        )
