"""What the stored answers of a source hold, as it is put together from one parse after the other."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from soccer_assets.sources.schema import Parsed
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.tables import Table, quarantine

#: What tells an answer among those in store.
ANSWER = ["address", "payload_id"]


@dataclass
class ParsedAnswers:
    """What answers hold: records of the dates asked and what could not be read; counts are of the whole payloads."""

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

    def add(self, parsed: Parsed, first: dt.date, last: dt.date) -> None:
        """Take in what some answers hold; the quarantine also tells the parts of kept records that were not read."""
        kept = parsed.records.select("_payload_id", "_record")
        unread = parsed.quarantined.select(_payload_id="payload_id", _record="line")
        longest = pl.concat([kept, unread]).group_by("_payload_id").agg(pl.col("_record").max().clip(1))
        self.kept.append(parsed.records.filter(pl.col(DATE).is_between(first, last)))
        self.unread.append(parsed.quarantined)
        self.records += len(kept)
        self.refused += len(unread.join(kept, on=kept.columns, how="anti"))
        self.positions += int(longest["_record"].sum())
        self.with_records |= set(kept["_payload_id"])
        self.with_unread |= set(unread["_payload_id"])

    def join(self, further: "ParsedAnswers") -> "ParsedAnswers":
        """This and what further answers hold."""
        return ParsedAnswers(
            pl.concat([self.accepted, further.accepted]),
            pl.concat([self.answers, further.answers]),
            self.kept + further.kept,
            self.unread + further.unread,
            self.records + further.records,
            self.refused + further.refused,
            self.positions + further.positions,
            self.with_records | further.with_records,
            self.with_unread | further.with_unread,
            self.problems + further.problems,
        )

    def rows(self, table: Table) -> pl.DataFrame:
        """The records; what stands under two addresses is one."""
        return _once(table, self.kept)

    def quarantined(self, table: Table) -> pl.DataFrame:
        """What could not be read, once."""
        return _once(quarantine(table.name), self.unread)


def _once(table: Table, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([table.empty(), *frames]).unique(table.key, keep="first", maintain_order=True)
