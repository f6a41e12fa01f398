"""The pairs worth a closer look: for each event the matches of its days whose names look most like its own."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from soccer_assets.errors import SchemaError
from soccer_assets.linking.names import parse
from soccer_assets.linking.names import word_classes as words
from soccer_assets.linking.names.phonetics import reading, skeleton
from soccer_assets.storage.tables import UTC

Likeness = NDArray[np.int16]
Numbers = NDArray[np.int64]

NEEDED: Final = ("date", "home", "away")
SOFT: Final = pl.Schema(
    [("competition", pl.String()), ("country", pl.String()), ("league", pl.String()), ("kick_off_at", UTC)]
)
SIDES: Final = ("home", "away")
#: A time zone moves a match by a day at most.
DAYS: Final = (-1, 0, 1)
SHORTLIST: Final = 12
PER_EVENT: Final = 4
#: Likeness of both sides together, 0 to 400: of the right match it is above 250 in 99 of 100, of the most alike wrong
#: one about 230 as a rule.
LEAST_LIKENESS: Final = 210
BEHIND_THE_BEST: Final = 80


class _Sides(NamedTuple):
    """The rows of a few days: their numbers and both names."""

    number: list[int]
    home: list[str]
    away: list[str]


def fixtures_of(events: pl.DataFrame) -> pl.DataFrame:
    """The events without repetitions, numbered: `fixture`, `date`, `home`, `away`, `event_ids`, and what is known.

    Raises:
        SchemaError: a needed column is missing, or an id stands twice.
    """
    rows = _in_schema("events", events, "event_id")
    what = ["date", "home", "away", *SOFT]
    return rows.group_by(what).agg(event_ids=pl.col("event_id").sort()).sort(what).with_row_index("fixture")


def numbered(matches: pl.DataFrame) -> pl.DataFrame:
    """The matches, numbered: `match`, `match_id`, `date`, `home`, `away`, `home_id`, `away_id`, and what is known.

    Raises:
        SchemaError: a needed column is missing, or an id stands twice.
    """
    return _in_schema("matches", matches, "match_id", "home_id", "away_id").sort("match_id").with_row_index("match")


def _in_schema(what: str, frame: pl.DataFrame, *ids: str) -> pl.DataFrame:
    needed = [*ids, *NEEDED]
    if not set(needed) <= set(frame.columns):
        raise SchemaError(f"{what} to link: expected columns {needed}, found {frame.columns}")
    twice = frame.filter(pl.col(ids[0]).is_duplicated())[ids[0]].unique(maintain_order=True)
    if len(twice):
        raise SchemaError(f"{what} to link: expected each {ids[0]} once, found {twice.head(5).to_list()} repeatedly")
    soft = [
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in SOFT.items()
    ]
    return frame.select(*needed, *soft)


def candidates(fixtures: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """`fixture`, `match`: for each fixture the few matches of its day, and the days beside, that look most like it."""
    by_date = _by_date(matches, "match")
    pairs = []
    for date, of_day in _by_date(fixtures, "fixture").items():
        near = [by_date[day] for day in (date + dt.timedelta(n) for n in DAYS) if day in by_date]
        if near:
            pairs.append(_most_similar(of_day, _Sides(*(list(chain(*parts)) for parts in zip(*near, strict=True)))))
    fixture, match = np.concatenate([np.empty((2, 0), dtype=np.uint32), *pairs], axis=1)
    return pl.DataFrame({"fixture": fixture, "match": match}).sort("fixture", "match")


def _by_date(table: pl.DataFrame, number: str) -> dict[dt.date, "_Sides"]:
    """The rows with a date and both names, by date; as lists, for a season has many small days."""
    of_date = table.drop_nulls(["date", *SIDES]).group_by("date").agg(number, *SIDES)
    return {date: _Sides(*lists) for date, *lists in of_date.iter_rows()}


def of_known_clubs(fixtures: pl.DataFrame, matches: pl.DataFrame, clubs: pl.DataFrame) -> pl.DataFrame:
    """`fixture`, `match`: the matches of about the day in which a name's known club plays on the same side.

    Args:
        fixtures: as `fixtures_of` gives them.
        matches: as `numbered` gives them.
        clubs: `name`, `team_id`.
    """
    pairs = []
    for side in SIDES:
        club_names = clubs.select(pl.col("name").alias(side), pl.col("team_id").alias(f"{side}_id")).unique()
        named = fixtures.select("fixture", "date", side).join(club_names, on=side)
        for days in DAYS:
            of_date = matches.select("match", f"{side}_id", date=pl.col("date") - pl.duration(days=days))
            pairs.append(named.join(of_date, on=[f"{side}_id", "date"]).select("fixture", "match"))
    return pl.concat(pairs).unique().sort("fixture", "match")


def _most_similar(fixtures: _Sides, matches: _Sides) -> NDArray[np.uint32]:
    """The numbers `(2, n)` of a shortlist by spelling, of which those stay that are most alike by spelling and sound.

    All that are as alike as the last of them are taken: which come first must not depend on the order.
    """
    spelt = _spelling(fixtures.home, matches.home) + _spelling(fixtures.away, matches.away)
    row, column = np.nonzero(spelt >= _nth_best(spelt, SHORTLIST)[:, None])
    total = spelt[row, column]
    total += _sounds(fixtures.home, matches.home, row, column)
    total += _sounds(fixtures.away, matches.away, row, column)
    # the pairs of a row stand together, and each row has SHORTLIST at the least, or one with every match
    start = np.searchsorted(row, np.arange(len(spelt)))
    ranked = total[np.lexsort((-total, row))]
    nth, best = ranked[start + min(PER_EVENT, spelt.shape[1]) - 1], ranked[start]
    least = np.maximum(nth, np.maximum(best - BEHIND_THE_BEST, LEAST_LIKENESS))
    close = total >= least[row]
    return np.array([np.array(fixtures.number)[row[close]], np.array(matches.number)[column[close]]], dtype=np.uint32)


def _nth_best(table: Likeness, n: int) -> Likeness:
    nth = min(n, table.shape[1])
    return np.partition(table, -nth, axis=1)[:, -nth]


def _spelling(left: Sequence[str], right: Sequence[str]) -> Likeness:
    """Likeness of every name with every other, 0 to 100, shape (left, right)."""
    rows, columns = ({name: k for k, name in enumerate(dict.fromkeys(names))} for names in (left, right))
    table = process.cdist(
        [_spelt_words(n) for n in rows], [_spelt_words(n) for n in columns], scorer=fuzz.ratio, dtype=np.uint8
    )
    return table[np.ix_([rows[n] for n in left], [columns[n] for n in right])].astype(np.int16)


def _sounds(left: Sequence[str], right: Sequence[str], row: Numbers, column: Numbers) -> Likeness:
    """Likeness of the sound of `left[row[k]]` and `right[column[k]]`, 0 to 100."""
    of_left, of_right = ([consonants_of(name) for name in names] for names in (left, right))
    heard = [of_left[k] for k in row.tolist()], [of_right[k] for k in column.tolist()]
    return process.cpdist(*heard, scorer=fuzz.partial_ratio, dtype=np.uint8).astype(np.int16)


@lru_cache(maxsize=1 << 16)
def _spelt_words(name: str) -> str:
    return " ".join(sorted(parse(name).tokens))


@lru_cache(maxsize=1 << 16)
def consonants_of(name: str) -> str:
    """The consonants of the words that say which club it is, in order of the alphabet."""
    heard = parse(name).heard
    telling = [word for word in heard if word not in words.FORMS]
    return " ".join(sorted(skeleton(reading(word, "english")) for word in telling or heard))
