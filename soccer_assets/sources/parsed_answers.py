"""What the stored answers of a source hold, as it is put together from one parse after the other."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import polars as pl

from soccer_assets.sources.schema import Parsed
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.tables import Table, quarantine

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
        """Take in what some answers hold, of a range of match dates (both inclusive) or of all.

        The quarantine also tells the parts of kept records that were not read.
        """
        place = self.table.key[-1]
        kept = parsed.records.select("_payload_id", _place=place)
        unread = parsed.quarantined.select(_payload_id="payload_id", _place="line")
        self.kept.append(parsed.records.filter(pl.col(DATE).is_between(*dates)) if dates else parsed.records)
        self.unread.append(parsed.quarantined)
        self.records += len(kept)
        self.refused += len(unread.join(kept, on=kept.columns, how="anti"))
        self.positions += parsed.positions
        self.with_records |= set(kept["_payload_id"])
        self.with_unread |= set(unread["_payload_id"])
        self.unread_times |= parsed.unread_times

    def join(self, further: "ParsedAnswers") -> "ParsedAnswers":
        """This and what further answers hold."""
        both = {f.name: (getattr(self, f.name), getattr(further, f.name)) for f in fields(self) if f.name != "table"}
        frames = {name: pl.concat(pair) for name, pair in both.items() if isinstance(pair[0], pl.DataFrame)}
        sets = {name: own | theirs for name, (own, theirs) in both.items() if isinstance(own, set | dict)}
        sums = {name: own + theirs for name, (own, theirs) in both.items() if isinstance(own, int | list)}
        return replace(self, **frames, **sets, **sums)

    def rows(self, first: dt.date | None = None, last: dt.date | None = None) -> pl.DataFrame:
        """The records from `first` to `last`, both inclusive (default: all); what stands under two addresses is one."""
        rows = _once(self.table, self.kept)
        return rows if first is None or last is None else rows.filter(pl.col(DATE).is_between(first, last))

    def quarantined(self) -> pl.DataFrame:
        """What could not be read, once."""
        return _once(quarantine(self.table.name), self.unread)


def _once(table: Table, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    every = pl.concat([table.empty(), *frames], how="diagonal" if table.open else "vertical")
    return every.unique(table.key, keep="first", maintain_order=True)
