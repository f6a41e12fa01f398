"""How rare words are: how many clubs have them in their names, in the world and in each country."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from soccer_assets.countries import country_of
from soccer_assets.linking.names.phonetics import CYRILLIC, LANGUAGES, reading

#: A word of so many clubs says next to nothing.
EVERYWHERE = 3000
STEPS = 10
#: Shorter words are not looked for by their sound.
LEAST_SOUNDS = 4


class Lexicon(msgspec.Struct, frozen=True, dict=True, eq=False, forbid_unknown_fields=True):
    """Words by the number of clubs that have them.

    Of the `clubs` counted, `counts` holds the words that `least` or more have, `countries` those that two or more of
    the country have: what is left out is rare, and nobody's name can be read from what is kept. `lost` holds, for a
    word that one name of a pair has and the other lacks, the log odds that the two are one club, beside the odds of
    any such word.
    """

    clubs: int
    least: int
    counts: dict[str, int]
    countries: dict[str, dict[str, int]]
    lost: dict[str, float] = {}

    def rarity(self, words: Iterable[str]) -> NDArray[np.float64]:
        """1 / `STEPS` (as many clubs as `EVERYWHERE` have it) to 1 (fewer than `least`), in steps.

        It neither depends on how many clubs were counted nor shows exact counts: what is learned from some clubs must
        hold for others.
        """
        return np.array([self._rarity.get(word, 1.0) for word in words], dtype=np.float64)

    def words_by_country(self, countries: Sequence[str | None]) -> list[Mapping[str, int] | None]:
        """The words of each country with the number of its clubs, None where nothing is known of it."""
        by_country = {name: self.countries.get(country_of(name)) for name in set(countries) if name is not None}
        return [None if name is None else by_country[name] for name in countries]

    def listed(self, token: str, heard: str) -> str:
        """The listed word that sounds as a Cyrillic word does; `token` where it is Latin or none does."""
        if heard[:1] not in CYRILLIC or token in self.counts or len(token) < LEAST_SOUNDS:
            return token
        return self._by_sound.get(reading(heard, "english"), token)

    @cached_property
    def _by_sound(self) -> dict[str, str]:
        """For each sound in any language the listed word that most clubs have."""
        words: dict[str, str] = {}
        most = {word: count for counts in self.countries.values() for word, count in counts.items()} | self.counts
        for word in sorted(most, key=lambda w: (-most[w], w)):
            if len(word) >= LEAST_SOUNDS:
                for language in LANGUAGES:
                    words.setdefault(reading(word, language), word)
        return words

    @cached_property
    def _rarity(self) -> dict[str, float]:
        most, least = math.log(EVERYWHERE), math.log(self.least - 1)
        shares = {word: (most - math.log(n)) / (most - least) for word, n in self.counts.items()}
        return {word: max(1, round(share * STEPS)) / STEPS for word, share in shares.items()}
