"""The records that a source's parser reads, and the quarantine of those that it cannot read.

An odd record is rejected by itself, an odd figure becomes null; the quarantine has both.
"""

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.fetching.response_checks import describe
from soccer_assets.sources.schema import FIGURES, LONGEST_ID, WORDS, Parsed
from soccer_assets.storage.tables import Table, quarantine

LONGEST_NAME = 100
#: Characters of any other text, such as a round or a referee.
LONGEST_TEXT = 300
#: What no text of a table holds: control characters and those that turn the direction of writing.
UNSEEN = r"[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\uffff]"
#: Characters of a number; Python writes none that it measured in more.
LONGEST_FIGURE = 30
SHOWN_TEXT = 100
#: Years of match dates; others are misprints or times in another unit.
FIRST_YEAR, LAST_YEAR = 1850, 2100


class UnreadError(Exception):
    """A record that cannot be read: what was expected and found, and its date where that could be read."""

    def __init__(self, reason: str, match_date: dt.date | None = None) -> None:
        super().__init__(reason)
        self.match_date = match_date


class Record(NamedTuple):
    """A record as a parser reads it; `unread` says which of its optional parts could not be read, and are null."""

    match_date: dt.date
    league: str | None
    published: Mapping[str, str | None]
    unread: tuple[str, ...] = ()


class RecordCollector:
    """Each record of a payload is accepted or rejected, once, under its position from 1."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._accepted: list[dict[str, object]] = []
        self._rejected: list[tuple[object, ...]] = []
        self._positions: dict[str, int] = {}

    def accept(
        self, answer: Answer, position: int, read: Callable[[], Record], as_it_came: Callable[[], bytes | str]
    ) -> None:
        """Take the record that `read` gives, or reject it with the reason; what is published and not given is null."""
        try:
            record = read()
            self._add(answer, position, record)
        except UnreadError as error:
            self.reject(answer, position, error, _written(as_it_came))
        except Exception as error:  # nobody foresaw it: its neighbours are accepted all the same
            unread = UnreadError(f"expected a record that can be read, found {describe(error)}")
            self.reject(answer, position, unread, _written(as_it_came))
        else:
            if record.unread:
                unread = UnreadError("; ".join(record.unread), record.match_date)
                self.reject(answer, position, unread, _written(as_it_came))

    def reject(self, answer: Answer, position: int, error: UnreadError, record: bytes | str) -> None:
        """Add a record that cannot be used, or not all of it, as it came."""
        text = record if isinstance(record, str) else record.decode(errors="replace")
        reason, text = (words.encode("utf-8", "backslashreplace").decode() for words in (str(error), text))
        self._rejected.append((answer.address, answer.payload_id, position, error.match_date, reason, text))
        self._count(answer, position)

    def parsed(self) -> Parsed:
        """The records accepted, and those rejected in the form of the quarantine."""
        try:
            records = pl.DataFrame(self._accepted, schema=self._table.schema)
        except (TypeError, ValueError, pl.exceptions.PolarsError):
            records = pl.DataFrame([_storable(row) for row in self._accepted], schema=self._table.schema)
        unread = quarantine(self._table.name)
        rejected = pl.DataFrame(self._rejected, schema=unread.schema, orient="row")
        records, unsound = _sound(records)
        if len(unsound):
            both = pl.concat([rejected, unsound.select(rejected.columns)])
            rejected = both.group_by("origin", "payload_id", "line", maintain_order=True).agg(
                pl.col("reason").str.join("; "), pl.col("match_date", "record").first()
            )
        return Parsed(records, rejected.select(unread.schema.names()), sum(self._positions.values()))

    def _count(self, answer: Answer, position: int) -> None:
        self._positions[answer.payload_id] = max(self._positions.get(answer.payload_id, 1), position)

    def _add(self, answer: Answer, position: int, record: Record) -> None:
        day = record.match_date
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise UnreadError(f"expected a date from {FIRST_YEAR} to {LAST_YEAR}, found {day}")
        home, away = record.published.get("home") or "", record.published.get("away") or ""
        if not home or not away or home == away:
            raise UnreadError(f"expected two sides, found {home!r} and {away!r}", day)
        if problem := problem_of_name(home) or problem_of_name(away):
            raise UnreadError(problem, day)
        self._accepted.append(
            {
                "match_date": day,
                "_league": record.league,
                "_address": answer.address,
                "_payload_id": answer.payload_id,
                "_record": position,
                "_seen_at": answer.fetched_at,
                **record.published,
            }
        )
        self._count(answer, position)


@lru_cache(maxsize=1 << 15)  # clubs play often
def problem_of_name(name: str) -> str | None:
    """Why nobody could look up a club by this name; None where one can.

    Invisible characters and those that turn the direction of writing make two clubs look like one, or one like another.
    """
    if len(name) > LONGEST_NAME:
        return f"expected a name of at most {LONGEST_NAME} characters, found {len(name)}: {name[:LONGEST_NAME]!r}"
    if not any(map(str.isalnum, name)):
        return f"expected a name with a letter or a digit, found {name!r}"
    if name.isprintable():  # most are; it is False for spaces beside the ordinary one too
        return None
    odd = [letter for letter in name if unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029"]
    return f"expected a name without control characters, found {name!r}" if odd else None


def _written(as_it_came: Callable[[], bytes | str]) -> bytes | str:
    """The record as it came; why it cannot be written where it cannot."""
    try:
        return as_it_came()
    except Exception as error:
        return f"a record that cannot be written: {describe(error)}"


def _storable(row: Mapping[str, object]) -> dict[str, object]:
    """Texts in characters that can be stored: half of a pair is none."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in row.items()
    }


def _sound(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records with unsound and blank texts null, and what those were, in the form of the quarantine."""
    judged = _laws(tuple(name for name, dtype in records.schema.items() if dtype == pl.String))
    laws = [law for law in judged if records[law.name].null_count() < len(records)]
    if not laws:
        return records, pl.DataFrame()
    broken = records.select(law.unsound.any().alias(str(i)) for i, law in enumerate(laws)).row(0)
    wrong = [law for law, is_broken in zip(laws, broken, strict=True) if is_broken]
    cells = {law.name: pl.when(law.text != "").then(law.text) for law in laws}
    if not wrong:
        return records.with_columns(**cells), pl.DataFrame()
    unsound = records.filter(pl.any_horizontal(law.unsound for law in wrong)).select(
        origin="_address",
        payload_id="_payload_id",
        line="_record",
        match_date="match_date",
        reason=pl.concat_str([law.reason for law in wrong], separator="; ", ignore_nulls=True),
        record=pl.struct("home", "away", *dict.fromkeys(law.name for law in judged)).struct.json_encode(),
    )
    for law in wrong:
        cells[law.name] = pl.when(~law.unsound).then(cells[law.name])
    return records.with_columns(**cells), unsound


class _Law(NamedTuple):
    """A published column: its stripped text, whether that is none of the column's, and the reason then."""

    name: str
    text: pl.Expr
    unsound: pl.Expr
    reason: pl.Expr


@lru_cache(maxsize=32)  # hundreds of expressions, the same for every parse of a source
def _laws(columns: tuple[str, ...]) -> list[_Law]:
    laws = []
    for name in columns:
        text = pl.col(name).str.strip_chars()
        rule = _rule(name, text)
        if rule is None:
            continue
        expected, sound = rule
        unsound = (text != "").fill_null(False) & ~sound.fill_null(False)
        words = [*map(pl.lit, (expected, name)), text.str.slice(0, SHOWN_TEXT)]
        reason = pl.when(unsound).then(pl.format("expected {} as {}, found {}", *words))
        laws.append(_Law(name, text, unsound, reason))
    return laws + _half_time_laws(columns)


def _half_time_laws(columns: Sequence[str]) -> list[_Law]:
    """At half time no side has more goals than in the match; where one has, neither side's are believed."""
    half, full = ([f"{side}_{goals}" for side in ("home", "away")] for goals in ("goals_half_time", "goals"))
    if not {*half, *full} <= {*columns}:
        return []
    numbers = {name: pl.col(name).cast(pl.Float64, strict=False) for name in (*half, *full)}
    more = pl.any_horizontal(numbers[h] > numbers[f] for h, f in zip(half, full, strict=True)).fill_null(False)
    words = "expected at half time no more goals than in the match, found {}-{} of {}-{}"
    cells = [pl.col(name).fill_null("none").str.slice(0, SHOWN_TEXT) for name in (*half, *full)]
    reasons = [pl.when(more).then(pl.format(words, *cells)), pl.lit(None, pl.String)]
    return [_Law(name, pl.col(name).str.strip_chars(), more, why) for name, why in zip(half, reasons, strict=True)]


def _rule(name: str, text: pl.Expr) -> tuple[str, pl.Expr] | None:
    """What a published column holds, in words, and whether a text is that; None where its reader wrote the text."""
    figure = FIGURES.get(name.removeprefix("home_").removeprefix("away_"))
    if figure is not None:
        number = text.cast(pl.Float64, strict=False)
        sound = number.is_finite() & number.is_between(0, figure.most) & (text.str.len_chars() <= LONGEST_FIGURE)
        kind = "whole number" if figure.whole else "number"
        return f"a {kind} from 0 to {figure.most}", sound & (number == number.floor()) if figure.whole else sound
    if name.endswith("_id") and not name.startswith("_"):
        return f"a number of at most {LONGEST_ID} digits", text.str.contains(rf"^[0-9]{{1,{LONGEST_ID}}}$")
    if name in WORDS:
        visible = f"a text of at most {LONGEST_TEXT} characters without control characters"
        return visible, (text.str.len_chars() <= LONGEST_TEXT) & ~text.str.contains(UNSEEN)
    return None
