"""How rare words are: how many clubs have them in their names, in the world and in each country."""

import math
from collections.abc import Iterable, Sequence
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from soccer_assets.matches.names.places import country_of

#: Instead of a number of clubs where the country is not known.
UNKNOWN = -1.0


class Lexicon(msgspec.Struct, frozen=True, dict=True, eq=False, forbid_unknown_fields=True):
    """Words by the number of clubs that have them.

    Of the `clubs` counted, `counts` holds the words that `least` or more have, `countries` those that two or more of the
    country have: what is left out is rare, and nobody's name can be read from what is kept.
    """

    clubs: int
    least: int
    counts: dict[str, int]
    countries: dict[str, dict[str, int]]

    def rarity(self, words: Iterable[str]) -> NDArray[np.float64]:
        """0 (every club has it) to 1 (fewer than `least` clubs have it)."""
        return np.array([self._rarity.get(word, 1.0) for word in words], dtype=np.float64)

    def clubs_with(self, words: Sequence[str], countries: Sequence[str | None]) -> NDArray[np.float64]:
        """log(1 + clubs of the country with the word), word by word; `UNKNOWN` where the country is.

        A word that is not listed counts as one club's.
        """
        form = {country: country_of(country) for country in set(countries) if country is not None}
        known = {country: self.countries[form[country]] for country in form if form[country] in self.countries}
        return np.array(
            [
                math.log1p(known[country].get(word, 1)) if country in known else UNKNOWN
                for word, country in zip(words, countries, strict=True)
            ],
            dtype=np.float64,
        )

    @cached_property
    def _rarity(self) -> dict[str, float]:
        top = math.log(self.clubs / self.least)
        return {word: max(0.0, math.log(self.clubs / (n + 1)) / top) for word, n in self.counts.items()}
