"""Names with a place that is not their match's: other clubs, however alike the rest of them.

`Арсенал Тула` is no club of England, `Эвертон (Чили)` neither, and `Ботафого ПБ` is of another state than Botafogo RJ.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from soccer_assets.countries import NAMES, country_of
from soccer_assets.linking.names import parse
from soccer_assets.linking.names import word_classes as words
from soccer_assets.linking.names.gazetteer import Gazetteer
from soccer_assets.linking.names.phonetics import reading, skeleton
from soccer_assets.linking.names.prepared_names import place_of

#: A town of fewer people has its name in common with too much else.
LEAST_PEOPLE: Final = 50_000
#: Spelling or consonants of two words, 0 to 100, from which on one may be the other.
LIKE_WORD: Final = 70
#: Shorter words are codes of countries, and words of many a name.
LEAST_LETTERS: Final = 4
#: States of Brazil at the end of a name, in Russian and in Latin letters.
STATES: Final = {
    "АК": "AC", "АЛ": "AL", "АМ": "AM", "АП": "AP", "БА": "BA", "СЕ": "CE", "ДФ": "DF", "ЕС": "ES", "ГО": "GO",
    "МА": "MA", "МТ": "MT", "МС": "MS", "МГ": "MG", "ПА": "PA", "ПБ": "PB", "ПР": "PR", "ПЕ": "PE", "ПИ": "PI",
    "РЖ": "RJ", "РН": "RN", "РС": "RS", "РО": "RO", "РР": "RR", "СК": "SC", "СП": "SP", "ТО": "TO",
}  # fmt: skip
_BRACKETS = re.compile(r"\(([^()]{3,})\)\s*$")


def abroad(names: Sequence[str], match_names: Sequence[str], countries: Sequence[str | None]) -> list[bool]:
    """Whether `names[k]` has a town, country or state that neither `countries[k]` nor `match_names[k]` has.

    Of a match whose country is not known nothing is abroad.
    """
    gazetteer = Gazetteer.shipped()
    asked = list(zip(names, match_names, countries, strict=True))
    runs = [_runs(name, other) if country else () for name, other, country in asked]
    texts = list(dict.fromkeys(text for some in runs for text in some))
    towns = dict(zip(texts, gazetteer.called(texts), strict=True))

    def lies_elsewhere(text: str, country: str) -> bool:
        large = max((gazetteer.people[town] for town in towns[text]), default=0) >= LEAST_PEOPLE
        of_country = NAMES.get(text) if len(text) >= LEAST_LETTERS else None
        return (large and not gazetteer.within(towns[text], country)) or of_country not in (None, country_of(country))

    return [
        country is not None
        and (
            any(lies_elsewhere(text, country) for text in some)
            or _is_of_other_country(name, country)
            or _are_of_two_states(name, other, country)
        )
        for some, (name, other, country) in zip(runs, asked, strict=True)
    ]


@lru_cache(maxsize=1 << 16)
def _runs(name: str, match_name: str) -> tuple[str, ...]:
    """One to three neighbouring words of the name, as the gazetteer writes them, that the other has nothing like."""
    ours, theirs = parse(name), parse(match_name)
    sounds = [skeleton(reading(heard, "english")) for heard in theirs.heard]
    runs: list[list[str]] = [[]]
    for token, heard in zip(ours.tokens, ours.heard, strict=True):
        sound = skeleton(reading(heard, "english"))
        likest = [fuzz.ratio(sound, one) for one in sounds] + [fuzz.ratio(token, one) for one in theirs.tokens]
        if token in words.FORMS or token in words.QUALIFIERS or max(likest, default=0) >= LIKE_WORD:
            runs.append([])
        else:
            runs[-1].append(place_of(heard))
    return tuple(" ".join(run[k : k + n]) for run in runs for n in (1, 2, 3) for k in range(len(run) - n + 1))


def _is_of_other_country(name: str, country: str) -> bool:
    """Whether the first letters of a country, and not of this one, stand in brackets: `(Уру)`."""
    letters = _BRACKETS.search(name.casefold())
    countries = {one for spelling, one in NAMES.items() if letters and spelling.startswith(letters[1])}
    return bool(countries) and country_of(country) not in countries


def _are_of_two_states(name: str, other: str, country: str) -> bool:
    """Whether names of Brazil end with two of its states."""
    one, two = (STATES.get(last, last) for last in (re.split(r"[\s-]", text)[-1] for text in (name, other)))
    return country_of(country) == "Brazil" and one != two and {one, two} <= set(STATES.values())
