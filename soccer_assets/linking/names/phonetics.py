"""How a token sounds, written in one small alphabet for every language and script.

Russian sources spell foreign clubs as they are heard: `Wycombe` is «Уикомб», `Getafe` «Хетафе», `Girona` «Жирона».
A Latin token is therefore read in several languages, a Cyrillic one letter by letter, and the best agreement counts.
The alphabet is the Latin one, with `S` sh, `Z` zh, `C` ch and `c` ts; a skeleton keeps the consonants by their class.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from soccer_assets.linking.names import scripts

#: Cyrillic letters by their sound: as they are written in Latin, but for those that take two letters there.
CYRILLIC: Mapping[str, str] = scripts.CYRILLIC | {
    "ж": "Z", "ц": "c", "ч": "C", "ш": "S", "щ": "S", "ы": "i", "ю": "iu", "я": "ia", "ј": "i", "љ": "l", "њ": "n",
    "ћ": "C", "ђ": "dZ", "џ": "dZ", "қ": "k",
}  # fmt: skip

_REST = (("ph", "f"), ("ck", "k"), ("qu", "k"), ("x", "ks"), ("w", "v"), ("y", "i"), ("j", "i"), ("c", "k"), ("q", "k"))

#: Per language, spellings and their sounds; at each place the first that fits counts, other letters stay.
LANGUAGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "english": (
        ("borough$|brough$|burgh$", "boro"), ("bury$", "beri"), ("mouth$", "mut"), ("(?<=.)ham$", "em"),
        ("shire$", "Sir"), ("wick$|wich$", "ik"), ("isle$", "ail"), ("cester", "ster"), ("a(?=[^aeiouy]e$)", "ei"),
        ("le$", "l"), ("tch|ch", "C"), ("sh", "S"), ("th", "t"), ("igh", "ai"), ("gh", ""), ("w(?=oo|u)", "v"),
        ("^wr", "r"), ("wh|w", "u"), ("^kn", "n"), ("qu", "ku"), ("oo", "u"), ("ee|ea|ie", "i"), ("our", "or"),
        ("ou", "u"), ("ow", "ou"), ("aw|au", "o"), ("ey$|y$|ie$", "i"), ("ai|ay|ei|ey", "ei"), ("oa", "o"),
        ("dge?", "dZ"), ("j", "dZ"), ("c(?=[eiy])", "s"), ("ur|ir|er", "er"), ("u(?=[^aeiou][^aeiou])", "a"),
        ("al(?=[lt])", "ol"), ("e$", ""), ("es$", "s"),
    ),
    "french": (
        ("(?<=...)t?(?:ais|ois)e?$", ""), ("eaux?|aux?$|au", "o"), ("oyes?$|oi[st]?$|oi", "ua"),
        ("n[tdp](?=[pbl])", "n"), ("l?lier$", "lie"), ("ou", "u"), ("ch", "S"), ("gn", "n"), ("qu", "k"), ("ill", "i"),
        ("c(?=[eiy])", "s"), ("g(?=[eiy])|j", "Z"), ("(?:ai|e)?in(?![aeiouyn])", "en"), ("ai|ei", "e"),
        ("e[nm](?=[^aeiouynm])", "an"), ("h", ""), ("er$|ez$", "e"), ("es$|e$|[tdsxzp]$", ""), ("u", "iu"),
    ),
    "spanish": (
        ("ll", "l"), ("ch", "C"), ("j|g(?=[ei])", "h"), ("gu(?=[ei])", "g"), ("hu", "u"), ("h", ""), ("z", "s"),
        ("c(?=[ei])", "s"), ("x", "h"),
    ),
    "portuguese": (
        ("lh", "l"), ("nh", "n"), ("ch|x", "S"), ("j|g(?=[ei])", "Z"), ("c(?=[ei])", "s"), ("ao$", "an"),
        ("oes$", "oenS"), ("os$", "uS"), ("[sz]$", "S"), ("o$", "u"), ("h", ""), ("gu(?=[ei])", "g"), ("ou", "o"),
    ),
    "italian": (
        ("cci(?=[aou])|cc(?=[ei])", "C"), ("cch|ch", "k"), ("gh", "g"), ("sci(?=[aou])|sc(?=[ei])", "S"),
        ("ci(?=[aou])|c(?=[ei])", "C"), ("gi(?=[aou])|g(?=[ei])", "dZ"), ("gli", "li"), ("gn", "n"), ("zz?", "c"),
        ("qu", "ku"), ("h", ""), ("(?<=[aeiou])s(?=[aeiou])", "z"),
    ),
    "german": (
        ("tsch", "C"), ("sch", "S"), ("chs", "ks"), ("ch", "h"), ("^s(?=[tp])", "S"), ("ei|ey|ai|ay", "ai"),
        ("eu|aeu", "oi"), ("ie", "i"), ("tz|z", "c"), ("v", "f"), ("w", "v"), ("th", "t"), ("s(?=[aeiou])", "z"),
        ("(?<=[aeiou])h(?![aeiou])", ""), ("ae|oe", "e"), ("ue", "iu"), ("qu", "kv"),
    ),
    "dutch": (
        ("ij|uy|ui", "ei"), ("oe", "u"), ("sch", "sh"), ("ch", "h"), ("aa", "a"), ("ee", "e"), ("oo", "o"),
        ("uu", "iu"), ("ie", "i"), ("eu", "e"), ("tz", "c"), ("th", "t"),
    ),
    "nordic": (
        ("aa|au", "o"), ("sj|skj|kj", "S"), ("nds?$", "n"), ("hj", "i"), ("gj", "i"), ("y", "iu"), ("th", "t"),
        ("ae|oe", "e"), ("v$", "v"), ("c(?=[ei])", "s"),
    ),
    "greek": (
        ("gi(?=[ao])", "i"), ("ou", "u"), ("ei|oi|y", "i"), ("ai", "e"), ("th", "f"), ("ch|kh", "h"), ("mp", "b"),
    ),
    "turkish": (
        ("c", "dZ"), ("ch", "C"), ("sh", "S"), ("j", "Z"),
    ),
    "slavic": (
        ("szcz|shch", "S"), ("sz|sh", "S"), ("cz|ch(?=[aeiou])", "C"), ("rz|zh", "Z"), ("kh|ch", "h"), ("ts|c", "c"),
        ("ph", "f"), ("ou", "u"),
    ),
    "h as g": (
        ("ch|kh", "h"), ("th", "t"), ("h", "g"), ("ei|ey", "ai"), ("eu", "oi"), ("z|tz", "c"), ("c(?=[eiy])", "s"),
        ("ya", "ia"),
    ),
    "chinese": (
        ("zh", "CZ"), ("ch", "C"), ("sh", "S"), ("q", "c"), ("x", "s"), ("j|z", "cz"), ("r", "Z"), ("yi", "i"),
    ),
}  # fmt: skip

_CLASSES = str.maketrans("bvdgzZSCc", "pftksssss", "aeiouh")
_DOUBLE = re.compile(r"(.)\1+")
_AFFRICATE = re.compile("dZ|ts|Cz|CZ|cz|dz")


def _compiled(rules: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    """One pattern for all rules of a language, and what to put in the place of what it finds."""
    sounds = [sound for _, sound in rules]
    return re.compile("|".join(f"({spelling})" for spelling, _ in rules)), lambda m: sounds[(m.lastindex or 0) - 1]


_RULES = {language: _compiled(rules + _REST) for language, rules in LANGUAGES.items()}


@lru_cache(maxsize=1 << 19)
def reading(token: str, language: str) -> str:
    """The sound of a plain or Cyrillic lower-case token in one of `LANGUAGES`; Cyrillic sounds alike in all."""
    if token[0] in CYRILLIC:
        return _smooth("".join(CYRILLIC.get(letter, letter) for letter in token))
    pattern, sound = _RULES[language]
    return _smooth(pattern.sub(sound, token))


def _smooth(sound: str) -> str:
    """Without doubled letters; g and h at the start are one (`Havre` is «Гавр», `Getafe` «Хетафе»)."""
    sound = _DOUBLE.sub(r"\1", sound)
    return "H" + sound[1:] if sound[:1] in ("g", "h") else sound


@lru_cache(maxsize=1 << 18)
def skeleton(sound: str) -> str:
    """The classes of the consonants of a sound, after a mark for a vowel at the start."""
    vowel = "V" if sound[:1] in set("aeiou") else ""
    return vowel + _DOUBLE.sub(r"\1", _AFFRICATE.sub("s", sound).translate(_CLASSES))
