"""Names made ready for comparison: all work that one name needs, done once."""

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from soccer_assets.linking.names.gazetteer import Gazetteer
from soccer_assets.linking.names.lexicon import Lexicon
from soccer_assets.linking.names.name import Name
from soccer_assets.linking.names.phonetics import CYRILLIC
from soccer_assets.linking.names.word_classes import (
    FIRST_FORMS,
    FORMS,
    NO_ACRONYMS,
    NOT_ROMANCE,
    QUALIFIERS,
    ROMANCE_ARTICLES,
)

#: What a club form weighs at most.
FORM_WEIGHT = 0.3
#: Lengths of a word that may be an acronym.
ACRONYM = range(2, 7)
#: The ending of a Turkish club that is named by its place, in a word of more letters than these.
OF_TURKISH_PLACE, LONG = "spor", 7
#: Letters that stand for each other between scripts.
_ONE_LETTER = str.maketrans("cqwyZhjzS", "kkvigggzs")

Texts = NDArray[np.object_]


class Side:
    """Distinct names made ready for comparison.

    Arrays over words are flat: name `i` owns the words `start[i]` to `start[i] + size[i]`. A name's core are its words
    that are not club forms, or all where there are no others.
    """

    def __init__(self, names: Sequence[Name], lexicon: Lexicon) -> None:
        self.names = names
        # a name without words stands for itself
        pairs = [
            tuple(zip(n.tokens, n.heard, n.cut, strict=True)) or ((n.text or " ", n.text or " ", False),) for n in names
        ]
        forms = [forms_of([t for t, *_ in ps]) for ps in pairs]
        core = [
            [p for p, form in zip(ps, fs, strict=True) if not form] or ps for ps, fs in zip(pairs, forms, strict=True)
        ]
        self.size = np.array([len(ps) for ps in pairs], dtype=np.int64)
        self.start = np.cumsum(self.size) - self.size
        self.words = [p for ps in pairs for p in ps]
        self.plain = [lexicon.listed(token, heard) for token, heard, _ in self.words]
        self.odds = np.array([lexicon.lost.get(word, 0.0) for word in self.plain], dtype=np.float64)
        self.form = np.array([form for fs in forms for form in fs], dtype=bool)
        rarity = lexicon.rarity(self.plain)
        self.weight = np.where(self.form, np.minimum(rarity, FORM_WEIGHT), rarity)
        self.foreign = np.array([n.script != "latin" for n in names], dtype=bool)
        self.sides = [(n.sex, n.kind) for n in names]
        self.numbers = [n.numbers for n in names]
        self.dates = [(n.months, n.ordinals) for n in names]
        self.forms = [
            frozenset(p[0] for p, form in zip(ps, fs, strict=True) if form and len(p[0]) > 1)
            for ps, fs in zip(pairs, forms, strict=True)
        ]
        self.qualifiers = [frozenset(t for t, *_ in ps if t in QUALIFIERS) for ps in pairs]
        self.core_tokens = [tuple(t for t, *_ in ps) for ps in core]
        self.core_heard = [tuple(heard for _, heard, _ in ps) for ps in core]
        self.words_of = [frozenset(ts) for ts in self.core_tokens]
        self.letters = [[spelled(heard) for _, heard, _ in ps] for ps in pairs]
        # a club form is no acronym, unless the name is made of such
        self.short = [
            [
                word
                for (token, *_), word in zip(ps, ws, strict=True)
                if len(word) in ACRONYM and (token not in NO_ACRONYMS or token in core_words)
            ]
            for ps, ws, core_words in zip(pairs, self.letters, self.words_of, strict=True)
        ]
        self.firsts = [frozenset(word[0] for word in ws if word) for ws in self.letters]
        self.whole = _texts([" ".join(t for t, *_ in ps) for ps in pairs])
        self.core = _texts([" ".join(ts) for ts in self.core_tokens])
        self.joined = _texts(["".join(ts) for ts in self.core_tokens])
        self.core_words = np.array([len(ps) for ps in core], dtype=np.float64)
        self.core_letters = np.array([len(text) for text in self.joined], dtype=np.float64)

    @cached_property
    def towns(self) -> list[tuple[int, ...]]:
        """The towns of the gazetteer that each name's words are called by, club forms and the like left out."""
        return Gazetteer.shipped().towns(
            [
                tuple(
                    place_of(heard)
                    for token, heard in zip(name.tokens, name.heard, strict=True)
                    if token not in FORMS and token not in QUALIFIERS
                )
                for name in self.names
            ]
        )

    @cached_property
    def whole_towns(self) -> list[tuple[int, ...]]:
        """The towns that all core words of each name together are called by (`Dundee FC`, not `Dundee United`)."""
        return Gazetteer.shipped().called([" ".join(place_of(heard) for heard in heards) for heards in self.core_heard])


def forms_of(tokens: Sequence[str]) -> list[bool]:
    """Which words are club forms; an article is one only between two words of a Romance name, `SG` not at the end."""
    inside = range(1, len(tokens) - 1)
    last = len(tokens) - 1
    romance = not any(NOT_ROMANCE & set(token) for token in tokens if token not in FORMS)
    return [
        token in FORMS
        and (token not in ROMANCE_ARTICLES or (romance and position in inside))
        and not (token in FIRST_FORMS and 0 < position == last)
        for position, token in enumerate(tokens)
    ]


def place_of(heard: str) -> str:
    """A word as the gazetteer writes it, without the ending that makes a Turkish club of its place (`Konyaspor`)."""
    return heard.replace("ё", "е").removesuffix(OF_TURKISH_PLACE) if len(heard) > LONG else heard.replace("ё", "е")


@lru_cache(maxsize=1 << 17)
def spelled(word: str) -> str:
    """A word letter by letter, letters that stand for each other between scripts made one (ПСЖ and PSG)."""
    return "".join(CYRILLIC.get(letter, letter)[:1] for letter in word).translate(_ONE_LETTER)


def _texts(texts: Sequence[str]) -> Texts:
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array
