"""The probability that two names are those of one club.

Decision trees over the features of `features.py`, kept as readable JSON beside this module and evaluated with numpy
alone; `bench/name_scorer.py` made it. Names of sides of different sex or kind are never the same club's.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from soccer_assets.countries import country_of
from soccer_assets.errors import ModelError
from soccer_assets.linking.names.features import FEATURES, features
from soccer_assets.linking.names.lexicon import Lexicon
from soccer_assets.linking.names.name import Name, parse
from soccer_assets.linking.names.ngram_index import Grams
from soccer_assets.linking.names.prepared_names import Side
from soccer_assets.linking.names.trees import Forest, Tree
from soccer_assets.linking.names.word_classes import RESERVE_LAST, SECOND_SIDE
from soccer_assets.linking.names.word_similarity import Floats, Ints

ARTEFACT = Path(__file__).with_name("scorer.json")
#: For each name of a matrix, as many others are compared in full.
CANDIDATES = 5
#: What is left of the doubt where the core words are the same.
SAME_WORDS = 0.1
_EQUAL = [feature.name for feature in FEATURES].index("equal")
#: Where the country is not known, what is a second side's in Spain and a club's last word nowhere else.
ATLETICO = frozenset({"atletico"})
#: What is left of a probability where the sides' sexes or kinds differ.
OTHER_SIDE = 0.01


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feature the scorer was trained on; `gain` is its share of what all splits gained."""

    name: str
    description: str
    gain: float


class Scorer(msgspec.Struct, frozen=True, dict=True, eq=False, forbid_unknown_fields=True):
    """A trained scorer; `training` holds its parameters and figures, `threshold` where its F1 was best."""

    training: dict[str, Any]
    threshold: float
    inputs: tuple[Input, ...]
    lexicon: Lexicon
    trees: tuple[Tree, ...]

    @classmethod
    @lru_cache(maxsize=1)
    def shipped(cls) -> "Scorer":
        """Return the scorer that comes with the package, read once a process.

        Raises:
            ModelError: it was trained on other features than the code has.
        """
        scorer = msgspec.json.decode(ARTEFACT.read_bytes(), type=cls)
        expected = [feature.name for feature in FEATURES]
        inputs = [feature.name for feature in scorer.inputs]
        if inputs != expected:
            raise ModelError(
                f"{ARTEFACT.name}: expected a scorer trained on {expected}, found one on {inputs}; "
                "train it again with `uv run python -m bench.name_scorer`"
            )
        return scorer

    def pairs(self, left: Sequence[str], right: Sequence[str], countries: Sequence[str | None] | None = None) -> Floats:
        """P(same club) of each `left[k]` and `right[k]`, both of the country `countries[k]` where that is known.

        The order of the two does not matter, nor which other pairs are asked for.
        """
        if len({len(left), len(right), len(left if countries is None else countries)}) > 1:
            raise ValueError(f"expected lists of one length, found {len(left)} and {len(right)} names")
        index = {name: k for k, name in enumerate(dict.fromkeys([*left, *right]))}
        side = self.side([parse(name) for name in index])
        i, j = (np.array([index[name] for name in names], dtype=np.int64) for names in (left, right))
        return self.score(side, side, i, j, countries)

    def matrix(self, left: Sequence[str], right: Sequence[str], country: str | None = None) -> Floats:
        """P(same club) `(len(left), len(right))`; 0 where names share too little to be worth a full comparison."""
        if not len(left) or not len(right):
            return np.zeros((len(left), len(right)))
        rows, columns = ({name: k for k, name in enumerate(dict.fromkeys(names))} for names in (left, right))
        a, b = [parse(name) for name in rows], [parse(name) for name in columns]
        i, j = Grams(b).both(a, CANDIDATES)
        distinct = np.zeros((len(a), len(b)))
        distinct[i, j] = self.score(self.side(a), self.side(b), i, j, [country] * len(i))
        return distinct[np.ix_([rows[name] for name in left], [columns[name] for name in right])]

    def side(self, names: Sequence[Name]) -> Side:
        """Names made ready for `score`."""
        return Side(names, self.lexicon)

    def score(self, a: Side, b: Side, i: Ints, j: Ints, countries: Sequence[str | None] | None = None) -> Floats:
        """P(same club) of the pairs `a.names[i[k]]`, `b.names[j[k]]`."""
        p = self.probability(features(a, b, i, j, self.lexicon, countries))
        return np.where(of_other_sides(a, b, i, j, countries), p * OTHER_SIDE, p)

    def probability(self, inputs: Floats) -> Floats:
        """What the trees make of features `(n, len(FEATURES))`; names of the same words come before all others."""
        doubt = 1 / (1 + np.exp(self._forest.total(inputs)))
        return np.asarray(1 - np.where(inputs[:, _EQUAL] > 0, doubt * SAME_WORDS, doubt))

    @cached_property
    def _forest(self) -> Forest:
        return Forest(self.trees)


def of_other_sides(
    a: Side, b: Side, i: Ints, j: Ints, countries: Sequence[str | None] | None = None
) -> NDArray[np.bool_]:
    """Whether marks tell the two apart: sex and kind, a second side's last word, or months and ordinals at odds."""
    pair_countries = [None] * len(i) if countries is None else countries
    other = np.zeros(len(i), dtype=bool)
    for k, (p, q, country) in enumerate(zip(i.tolist(), j.tolist(), pair_countries, strict=True)):
        (months, ordinals), (months_of_b, ordinals_of_b) = a.dates[p], b.dates[q]
        days = months and months_of_b and a.numbers[p] and b.numbers[q] and not a.numbers[p] & b.numbers[q]
        other[k] = (
            _side(a, p, country) != _side(b, q, country)
            or bool(months and months_of_b and not months & months_of_b)
            or bool(ordinals and ordinals_of_b and not ordinals & ordinals_of_b)
            or bool(days)
            or _is_second(a.core_tokens[p], b.core_tokens[q], country)
            or _is_second(b.core_tokens[q], a.core_tokens[p], country)
        )
    return other


def _side(side: Side, k: int, country: str | None) -> tuple[str, str]:
    """The sex and kind of a name; a last word that marks reserve sides in the country makes it one."""
    words = side.core_tokens[k]
    if country and words[-1] in RESERVE_LAST and len(words) > 1 and side.sides[k][1] == "first":
        return (side.sides[k][0], "reserve") if words[-1] in SECOND_SIDE.get(country_of(country), ()) else side.sides[k]
    return side.sides[k]


def _is_second(second: tuple[str, ...], first: tuple[str, ...], country: str | None) -> bool:
    """Whether a name is another one and a word that makes a second side of it in the country (`Sevilla Atlético`)."""
    marks = SECOND_SIDE.get(country_of(country), frozenset()) - RESERVE_LAST if country else ATLETICO
    if len(second) < 2 or second[-1] not in marks:
        return False
    stem = second[:-1]
    return first in (stem, (second[-1], *stem)) if country else first == stem
