"""Names made ready for comparison: all work that one name needs, done once."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from soccer_assets.matches.names.lexicon import Lexicon
from soccer_assets.matches.names.name import Name
from soccer_assets.matches.names.phonetics import CYRILLIC
from soccer_assets.matches.names.words import FORMS, QUALIFIERS

#: What a club form weighs at most.
FORM_WEIGHT = 0.3
#: Lengths of a word that may be an acronym.
ACRONYM = range(2, 7)
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
        pairs = [tuple(zip(n.tokens, n.heard, strict=True)) or ((n.text or " ", n.text or " "),) for n in names]
        core = [[p for p in ps if p[0] not in FORMS] or ps for ps in pairs]
        self.size = np.array([len(ps) for ps in pairs], dtype=np.int64)
        self.start = np.cumsum(self.size) - self.size
        self.words = [p for ps in pairs for p in ps]
        self.plain = [token for token, _ in self.words]
        self.form = np.array([token in FORMS for token in self.plain], dtype=bool)
        rarity = lexicon.rarity(self.plain)
        self.weight = np.where(self.form, np.minimum(rarity, FORM_WEIGHT), rarity)
        self.foreign = np.array([n.script != "latin" for n in names], dtype=bool)
        self.sides = [(n.sex, n.kind) for n in names]
        self.numbers = [n.numbers for n in names]
        self.forms = [frozenset(t for t, _ in ps if t in FORMS and len(t) > 1) for ps in pairs]
        self.qualifiers = [frozenset(t for t, _ in ps if t in QUALIFIERS) for ps in pairs]
        self.words_of = [frozenset(t for t, _ in ps) for ps in core]
        self.letters = [[spelled(heard) for _, heard in ps] for ps in pairs]
        self.short = [[word for word in ws if len(word) in ACRONYM] for ws in self.letters]
        self.firsts = [frozenset(word[0] for word in ws if word) for ws in self.letters]
        self.whole = _texts([" ".join(t for t, _ in ps) for ps in pairs])
        self.core = _texts([" ".join(t for t, _ in ps) for ps in core])
        self.joined = _texts(["".join(t for t, _ in ps) for ps in core])
        self.core_words = np.array([len(ps) for ps in core], dtype=np.float64)
        self.core_letters = np.array([len(text) for text in self.joined], dtype=np.float64)


@lru_cache(maxsize=1 << 17)
def spelled(word: str) -> str:
    """A word letter by letter, letters that stand for each other between scripts made one (ПСЖ and PSG)."""
    return "".join(CYRILLIC.get(letter, letter)[:1] for letter in word).translate(_ONE_LETTER)


def _texts(texts: Sequence[str]) -> Texts:
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array
