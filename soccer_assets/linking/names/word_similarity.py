"""How alike two words are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler, LCSseq

from soccer_assets.linking.names.phonetics import LANGUAGES, reading, skeleton
from soccer_assets.linking.names.prepared_names import ACRONYM, Texts, spelled
from soccer_assets.linking.names.word_classes import OF_PLACE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: Plain, as heard, and whether a full stop cuts it short.
Word = tuple[str, str, bool]
#: The languages in which words of one script are compared; words of two scripts are in all.
_AT_HOME = frozenset({"english", "french", "slavic"})
#: What a word cut to 1, 2, 3 letters and to more is worth.
_CUT = np.array([0.0, 0.5, 0.7, 0.8, 0.88])
_DERIVED = 0.95
#: What a word cut short by a full stop is worth, to one letter and to more.
_WITH_FULL_STOP = np.array([0.8, 0.97])
#: What a short word is worth whose letters stand for those of the other script (`ПСЖ`, `PSG`).
_LETTERS = 0.95
_SYNCOPE = 0.9
_SUBSEQUENCE = 0.65
#: What the sound counts, beside the consonants alone.
_SOUND = 0.6


def compared(left: Texts, right: Texts, scorer: Any) -> Floats:
    """Scores of `left[k]` and `right[k]` in either order; those of rapidfuzz's `fuzz` are out of 100, as there."""
    first = left <= right  # some of its scorers depend on the order
    left, right = np.where(first, left, right), np.where(first, right, left)
    return process.cpdist(left, right, scorer=scorer, dtype=np.float32).astype(np.float64)


def alike(
    words: Sequence[tuple[str, str]], x: Ints, y: Ints, cut: Sequence[bool] | None = None
) -> tuple[Floats, Floats, Floats, Floats]:
    """How alike the words `x[k]` and `y[k]` are, 0 to 1, in four ways that each allow more: same, near, heard, loose.

    Args:
        words: plain and as heard.
        x: positions in `words`.
        y: positions in `words`.
        cut: for each word whether a full stop cuts it short; by default none is.
    """
    plain = np.array([word for word, _ in words], dtype=object)
    left, right = plain[x], plain[y]
    same = (left == right).astype(np.float64)
    spelt = np.maximum(
        compared(left, right, fuzz.ratio) / 100,
        compared(left, right, JaroWinkler.normalized_similarity) - 0.05,
    )
    near = np.maximum(same, np.clip((spelt - 0.5) / 0.45, 0, 0.97))
    near = np.maximum(near, np.where(_derived(left, right), _DERIVED, 0.0))
    if cut is not None and any(cut):
        near = np.maximum(near, _cut_short(words, x, y, np.array(cut)))
    heard = np.maximum(near, np.clip((_sound(words, x, y) - 0.5) / 0.45, 0, 0.95))
    heard = np.maximum(heard, _letters(words, x, y))
    return same, near, heard, np.maximum(heard, _abbreviated(left, right))


def _cut_short(words: Sequence[tuple[str, str]], x: Ints, y: Ints, cut: Bools) -> Floats:
    """What the shorter word is worth that begins the longer one and that a full stop cuts (`Sheff.`, `C.`)."""
    value = np.zeros(len(x))
    for k in np.flatnonzero(cut[x] | cut[y]).tolist():
        for short, long in ((x[k], y[k]), (y[k], x[k])):
            if cut[short] and _begins(words[short], words[long]):
                value[k] = _WITH_FULL_STOP[min(len(words[short][0]), 2) - 1]
    return value


def _begins(short: tuple[str, str], long: tuple[str, str]) -> bool:
    """Whether a word begins another as written, or between scripts as read in any language."""
    if (short[0] == short[1]) == (long[0] == long[1]):
        return len(short[0]) < len(long[0]) and long[0].startswith(short[0])
    return len(short[0]) < len(long[0]) and any(
        reading(long[1], language).startswith(reading(short[1], language)) for language in LANGUAGES
    )


def _letters(words: Sequence[tuple[str, str]], x: Ints, y: Ints) -> Floats:
    """What two short words of different scripts are worth that are spelt letter by letter alike."""
    written = np.array([plain != heard for plain, heard in words], dtype=bool)
    letters = [spelled(heard) if len(heard) in ACRONYM else "" for _, heard in words]
    value = np.zeros(len(x))
    for k in np.flatnonzero(written[x] != written[y]).tolist():
        if letters[x[k]] and letters[x[k]] == letters[y[k]]:
            value[k] = _LETTERS
    return value


def _sound(words: Sequence[tuple[str, str]], x: Ints, y: Ints) -> Floats:
    """The best agreement of sound and consonants in any language."""
    written = np.array([plain != heard for plain, heard in words], dtype=bool)
    across = np.flatnonzero(written[x] != written[y])
    best = np.zeros(len(x))
    for language in LANGUAGES:
        which = np.arange(len(x)) if language in _AT_HOME else across
        if not len(which):
            continue
        texts = np.empty((2, len(words)), dtype=object)
        for k in np.union1d(x[which], y[which]).tolist():
            texts[0, k] = reading(words[k][1], language)
            texts[1, k] = skeleton(texts[0, k])
        sound, bones = (compared(text[x[which]], text[y[which]], fuzz.ratio) for text in texts)
        best[which] = np.maximum(best[which], (_SOUND * sound + (1 - _SOUND) * bones) / 100)
    return best


def _derived(left: Texts, right: Texts) -> NDArray[np.bool_]:
    """Whether the longer word says "of" the shorter one (`Lavallois`, `Wolfsberger`, `Konyaspor`)."""
    derived = np.zeros(len(left), dtype=bool)
    for k, (one, two) in enumerate(zip(left, right, strict=True)):
        # of two words as long as each other either may be the place (`Riga`, `Rige`)
        derived[k] = (len(one) <= len(two) and _of_place(one, two)) or (len(two) <= len(one) and _of_place(two, one))
    return derived


def _of_place(shorter: str, longer: str) -> bool:
    if len(shorter) < 4 or shorter[:3] != longer[:3]:
        return False
    stems = (shorter, shorter[:-1]) if shorter[-1] in "aeiou" else (shorter,)
    return any(longer.startswith(s) and longer[len(s) :].lstrip(s[-1]) in OF_PLACE for s in stems)


def _abbreviated(left: Texts, right: Texts) -> Floats:
    """How likely the shorter word is the longer one cut short: `U`, `Sheff`, `Nott'm`, `M'gladbach`."""
    value = np.zeros(len(left))
    lengths = [np.fromiter(map(len, side), dtype=np.int64, count=len(side)) for side in (left, right)]
    follows = compared(left, right, LCSseq.similarity) >= np.minimum(*lengths)
    for k in np.flatnonzero(follows).tolist():
        shorter, longer = (left[k], right[k]) if len(left[k]) <= len(right[k]) else (right[k], left[k])
        if longer.startswith(shorter):
            value[k] = _CUT[min(len(shorter), 4)]
        elif shorter[0] != longer[0]:
            continue
        elif len(shorter) >= 5 and any(
            longer.startswith(shorter[:cut]) and longer.endswith(shorter[cut:]) for cut in range(1, len(shorter))
        ):
            value[k] = _SYNCOPE
        elif len(shorter) >= 3 and len(longer) >= 5:
            value[k] = _SUBSEQUENCE
    return value
