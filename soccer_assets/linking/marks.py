"""Words that both names of an event end with, and neither club of the match has: of a bet, or of other sides.

`Barcelona Bookings - Mallorca Bookings` is no match of the clubs, and `Arsenal Academy - Chelsea Academy` neither.
"""

from typing import Final

import polars as pl

from soccer_assets.countries import NAMES
from soccer_assets.linking.abroad import LEAST_LETTERS, STATES
from soccer_assets.linking.candidates import SIDES
from soccer_assets.linking.names import parse
from soccer_assets.linking.names import word_classes as words
from soccer_assets.linking.names.gazetteer import Gazetteer
from soccer_assets.linking.names.prepared_names import place_of

#: Words that two clubs may well share.
_OF_CLUBS: Final = (
    words.FORMS | words.QUALIFIERS | {state.lower() for state in STATES.values()} | {"foot"}
) - words.MARKS
#: Letters of a country, as in `Racing (Uru) - River Plate (Uru)`.
LEAST_OF_COUNTRY: Final = LEAST_LETTERS - 1


def with_marks(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add `mark`: the word, null where there is none, where the match has it too, and where both names are decided."""
    sides = zip(pairs["home"], pairs["away"], pairs["match_home"], pairs["match_away"], strict=True)
    marks = [_shared_word(*names) for names in sides]
    ends = {home: _ends(home) for home, mark in zip(pairs["home"], marks, strict=True) if mark}
    texts = list(dict.fromkeys(end for some in ends.values() for end in some))
    towns = {text for text, named in zip(texts, Gazetteer.shipped().called(texts), strict=True) if named}
    of_town = [not towns.isdisjoint(ends.get(home, ())) for home in pairs["home"]]
    marks = [None if is_town else mark for mark, is_town in zip(marks, of_town, strict=True)]
    decided = pl.all_horizontal(pl.col(f"alias_{side}").fill_null(False) for side in SIDES)
    return pairs.with_columns(mark=pl.Series(marks, dtype=pl.String)).with_columns(mark=pl.when(~decided).then("mark"))


def _ends(name: str) -> list[str]:
    """The last one to three words of a name, as the gazetteer writes them: `жанейро`, ..., `рио де жанейро`."""
    heard = [place_of(word) for word in parse(name).heard]
    return [" ".join(heard[-n:]) for n in (1, 2, 3)]


def _shared_word(home: str, away: str, *clubs: str) -> str | None:
    one, other = parse(home).tokens, parse(away).tokens
    if min(len(one), len(other)) < 2 or one[-1] != other[-1] or one[-1] in _OF_CLUBS:
        return None
    is_country = len(one[-1]) >= LEAST_OF_COUNTRY and any(name.startswith(one[-1]) for name in NAMES)
    return None if is_country or any(one[-1] in parse(club).tokens for club in clubs) else one[-1]
