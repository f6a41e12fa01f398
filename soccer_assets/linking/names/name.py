"""A club's name taken apart: script, words, figures, and the marks of women's, reserve and youth sides."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from soccer_assets.linking.names import scripts
from soccer_assets.linking.names import word_classes as words

SCRIPTS = ("latin", "cyrillic", "greek", "arabic", "hebrew", "georgian", "armenian", "han", "kana", "hangul")
_BLOCKS = {"cjk": "han", "hiragana": "kana", "katakana": "kana"}
_ALPHABETS = scripts.CYRILLIC | scripts.GREEK | scripts.ARABIC | scripts.HEBREW | scripts.GEORGIAN | scripts.ARMENIAN
_LETTERS = str.maketrans(scripts.LETTERS)
_LOOK_ALIKE = str.maketrans("aceopxy", "асеорху")
_INITIALS = re.compile(r"(?<!\w)(?:\w\.){2,}(?:\w(?!\w))?")
_WORD = re.compile(r"[^\W_]+\.?")
_PARTS = re.compile(r"u\d\d$|\d+(?:я|nd)?\.?|\D+")
#: A sponsor as openfootball marks one: `$$Medipol$$ Başakşehir`.
_SPONSOR = re.compile(r"\$\$[^$]*\$\$(?=.*\w)")
_SECOND = re.compile(r"(?<=\w)-2(?!\w)")
_RESERVE = re.compile(r"\(\s*[рr]\.?\s*\)")
_UNDER = re.compile(r"(?<!\w)(?:under|u|до|sub)[ -]?(\d\d)s?(?!\w)")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written and as understood.

    `tokens` are plain lower-case Latin words in their order, without marks, figures and years; `heard` the same words
    as they are to be read aloud, in the script they were written in; `numbers` the figures, years by their last two
    digits; `sex` is men or women, `kind` first, reserve or youth. `cut` tells for each token whether a full stop ended
    it; `months` and `ordinals` are the numbers of the months and ordinal words.
    """

    text: str
    script: str
    tokens: tuple[str, ...]
    heard: tuple[str, ...]
    numbers: frozenset[int]
    sex: str
    kind: str
    cut: tuple[bool, ...] = ()
    months: frozenset[int] = frozenset()
    ordinals: frozenset[int] = frozenset()

    @property
    def plain(self) -> str:
        return " ".join(self.tokens)


@lru_cache(maxsize=1 << 17)
def parse(name: str) -> Name:
    """The parts of a name in any script; of one that holds no word, a name without tokens."""
    text = (name if name.isascii() else unicodedata.normalize("NFKC", name)).lower().translate(_LETTERS)
    text = _SPONSOR.sub(" ", text.replace("'", ""))
    text = _INITIALS.sub(lambda initials: initials[0].replace(".", "") + " ", text.replace("&", " and "))
    text = _RESERVE.sub(" рез ", text)  # but a bare last "Р" is Rovers
    text = _SECOND.sub(" ii ", _UNDER.sub(r"u\1", text))
    script = _script(text)
    parts: list[str] = []
    for match in _WORD.finditer(text):
        word = _unaccented(match[0])
        if script == "cyrillic":  # a Latin letter among Cyrillic ones is a slip of the keyboard
            word = word.translate(_LOOK_ALIKE) if word.isalpha() and len(word) == 1 else word
        parts += _PARTS.findall(word)
    parts, cut_off, sex, kind = _marks(parts)
    months = frozenset(words.MONTHS[word] for word in parts if word in words.MONTHS)
    ordinals = frozenset(words.ORDINALS[word] for word in parts if word in words.ORDINALS)
    tokens: list[str] = []
    heard: list[str] = []
    cut: list[bool] = []
    numbers: list[int] = []
    for position, word in enumerate(parts):
        if months and word in words.ROMAN:
            numbers.append(words.ROMAN[word])
        elif not word.isdecimal():
            spelt, sound = _understood(word, 0 < position == len(parts) - 1)
            tokens += spelt
            heard += sound
            cut += [cut_off[position] and len(spelt) == 1 and spelt[0] == word] * len(spelt)
        elif position or int(word) >= 10 or months:  # but "1. FC" is the first club of its place
            numbers.append(int(word) % 100)
    return Name(name, script, tuple(tokens), tuple(heard), frozenset(numbers), sex, kind, tuple(cut), months, ordinals)


def _understood(word: str, last: bool = False) -> tuple[list[str], list[str]]:
    """The plain words that a word stands for, and how they are heard."""
    meaning = (last and words.SAME_LAST.get(word)) or words.SAME_WORD.get(word)
    if meaning is None:
        plain = word if word.isascii() else "".join(_ALPHABETS.get(letter, letter) for letter in word)
        # a short Cyrillic word is not the Latin abbreviation it looks like
        meaning = (len(plain) > 3 and words.SAME_WORD.get(plain)) or plain
        if plain and word[0] in scripts.CYRILLIC:
            return meaning.split(), [word] * len(meaning.split())
    return meaning.split(), meaning.split()


def _unaccented(word: str) -> str:
    """Without accents, except that й and ё stay letters of their own."""
    if word.isascii():
        return word
    kept = word.replace("й", "\0").replace("ё", "\1").replace("ї", "\2")
    plain = "".join(c for c in unicodedata.normalize("NFKD", kept) if not unicodedata.combining(c))
    return plain.replace("\0", "й").replace("\1", "ё").replace("\2", "ї")


def _script(text: str) -> str:
    if text.isascii():
        return "latin"
    blocks = Counter(unicodedata.name(letter, "latin").split()[0].lower() for letter in text if letter.isalpha())
    if not blocks:
        return "latin"
    block = max(blocks, key=lambda b: (blocks[b], b))
    script = _BLOCKS.get(block, block)
    return script if script in SCRIPTS else "latin"


def _marks(parts: list[str]) -> tuple[list[str], list[bool], str, str]:
    """The words without the marks of a side and without full stops, which had one, the sex and the kind."""
    sex, kind = "men", "first"
    kept = [word.rstrip(".") for word in parts]
    if len(kept) > 1 and kept[0] in ("jong", "йонг"):
        del kept[0], parts[0]
        kind = "reserve"
    for position in range(len(kept) - 1, 0, -1):
        word = kept[position]
        last = position == len(kept) - 1
        if word in words.ROMAN and any(other in words.MONTHS for other in kept):
            continue  # the day before a month
        if word in words.LAST and (not last or parts[position].endswith(".") != (word == "am")):
            continue
        if word in words.WOMEN:
            sex = "women"
        elif word in words.RESERVE:
            kind = "reserve" if kind == "first" else kind
        elif word in words.YOUTH:
            kind = "youth"
        else:
            continue
        del kept[position], parts[position]
    return kept, [word.endswith(".") for word in parts], sex, kind
