"""What two names have in common, as numbers: the inputs of the scorer.

Every feature is symmetric: `f(a, b) = f(b, a)`. Work is done once per name (`prepared_names.py`), once per pair of
words (`word_matches.py`), and the rest in numpy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from soccer_assets.linking.names.acronyms import acronym
from soccer_assets.linking.names.gazetteer import Gazetteer
from soccer_assets.linking.names.lexicon import Lexicon
from soccer_assets.linking.names.prepared_names import Side
from soccer_assets.linking.names.word_matches import starts, word_matches
from soccer_assets.linking.names.word_similarity import Floats, Ints, compared

#: `local` where the country is not known.
UNKNOWN = -1.0


@dataclass(frozen=True)
class Feature:
    """One input of the scorer."""

    name: str
    description: str


def _both(name: str, description: str) -> tuple[Feature, Feature]:
    """One for the side where that is less, one for the other."""
    return Feature(f"{name}_least", f"{description}; the lesser"), Feature(
        f"{name}_most", f"{description}; the greater"
    )


FEATURES = (
    Feature("ratio", "edits of the whole names"),
    Feature("sort", "edits of the core words, sorted"),
    Feature("set", "edits of the core words beyond those shared"),
    Feature("partial", "the shorter core inside the longer one"),
    Feature("winkler", "Jaro-Winkler of the cores"),
    Feature("joined", "edits of the cores without spaces"),
    Feature("joined_partial", "the shorter core inside the longer one, without spaces"),
    *_both("same", "share of a side's rarity found on the other by the same words"),
    *_both("near", "the same by words spelt nearly so"),
    *_both("heard", "the same by words that sound alike"),
    *_both("loose", "the same by words alike or abbreviated"),
    *_both("lost", "rarity of the rarest word not found on the other side"),
    Feature("shared", "rarity of the rarest word found on both sides"),
    Feature("shared_heard", "the same, no abbreviations"),
    *_both("head", "how well a side's first core word is found on the other"),
    *_both("left", "core words not found on the other side"),
    *_both("odds", "log odds of one club of the words not found on the other side"),
    Feature("local", "log2(1 + clubs of the country with the rarest word found on both sides); -1: country not known"),
    *_both("local_lost", "the same for the rarest core word of a side not found on the other; 9: none lost"),
    *_both("towns_lost", "core words of a side that name a town and are not found on the other"),
    Feature("acronym", "a short word of one side made of the beginnings of the other's"),
    Feature("equal", "the same core words"),
    Feature("qualifiers_against", "both sides have words that tell the clubs of a place apart and share none"),
    Feature("qualifiers_one", "one side alone has such words"),
    Feature("forms_shared", "club forms (FC, SV ...) on both sides"),
    Feature("forms_against", "both sides have club forms and share none"),
    Feature("numbers_shared", "founding years and figures on both sides"),
    Feature("numbers_against", "both sides have figures and share none"),
    Feature("numbers_one", "one side alone has figures"),
    *_both("words", "core words of a side"),
    *_both("letters", "core letters of a side"),
    *_both("weight", "rarity of a side's rarest word"),
    Feature("scripts", "the sides are written in different scripts"),
    Feature("town", "1: the sides name a town in common; 0: towns, but no common one; -1: a side names none"),
    Feature("town_one", "one side alone names a town"),
    Feature("town_size", "log10(1 + inhabitants) of the greatest town in common; 0: none"),
    Feature("town_apart", "log10(1 + kilometres) between the towns of the sides; -1: a side names none"),
    Feature("town_alone", "sides whose core is a town and no other word"),
)


def features(
    a: Side, b: Side, i: Ints, j: Ints, lexicon: Lexicon, countries: Sequence[str | None] | None = None
) -> Floats:
    """The features `(n, len(FEATURES))` of the pairs `a.names[i[k]]`, `b.names[j[k]]` of the country `countries[k]`."""
    if not len(i):
        return np.empty((0, len(FEATURES)))
    rarest = [np.maximum.reduceat(side.weight, side.start) for side in (a, b)]
    return np.column_stack(
        [
            *_strings(a, b, i, j),
            *_words(a, b, i, j, lexicon, countries),
            *_sets(a, b, i, j),
            *_ends(a.core_words[i], b.core_words[j]),
            *_ends(a.core_letters[i], b.core_letters[j]),
            *_ends(rarest[0][i], rarest[1][j]),
            (a.foreign[i] != b.foreign[j]).astype(np.float64),
            *_places(a, b, i, j, countries).T,
        ]
    )


def _places(a: Side, b: Side, i: Ints, j: Ints, countries: Sequence[str | None] | None = None) -> Floats:
    """The features of towns `(n, 5)`; of a pair whose country is known, the towns of that country count alone."""
    gazetteer, pair_countries = Gazetteer.shipped(), countries or [None] * len(i)
    values = np.tile([-1.0, 0.0, 0.0, -1.0, 0.0], (len(i), 1))
    for row, p, q, country in zip(values, i.tolist(), j.tolist(), pair_countries, strict=True):
        one, two = gazetteer.within(a.towns[p], country), gazetteer.within(b.towns[q], country)
        row[1] = bool(one) != bool(two)
        for towns, some in ((a.whole_towns[p], one), (b.whole_towns[q], two)):
            row[4] += bool(towns and some and gazetteer.within(towns, country))
        if one and two:
            shared = set(one) & set(two)
            if shared:
                row[0], row[3] = 1.0, 0.0
                row[2] = math.log10(1 + max(gazetteer.people[town] for town in shared))
            else:
                row[0], row[3] = 0.0, math.log10(1 + gazetteer.kilometres(one, two))
    return values


def _ends(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return np.minimum(x, y), np.maximum(x, y)


def _strings(a: Side, b: Side, i: Ints, j: Ints) -> list[Floats]:
    core, joined = (a.core[i], b.core[j]), (a.joined[i], b.joined[j])
    return [
        compared(a.whole[i], b.whole[j], fuzz.ratio) / 100,
        compared(*core, fuzz.token_sort_ratio) / 100,
        compared(*core, fuzz.token_set_ratio) / 100,
        compared(*core, fuzz.partial_ratio) / 100,
        compared(*core, JaroWinkler.normalized_similarity),
        compared(*joined, fuzz.ratio) / 100,
        compared(*joined, fuzz.partial_ratio) / 100,
    ]


def _words(
    a: Side, b: Side, i: Ints, j: Ints, lexicon: Lexicon, countries: Sequence[str | None] | None
) -> list[Floats]:
    """Each word of one side looked for on the other."""
    found_a, found_b, left, right, ways = word_matches(a, b, i, j)
    both = [_ends(x, y) for x, y in zip(found_a.measures(), found_b.measures(), strict=True)]
    shares, (lost, head, left_over, odds) = both[:4], both[4:]
    lighter = np.minimum(a.weight[left], b.weight[right])
    shared = [np.maximum.reduceat(lighter * ways[way], starts(a.size[i] * b.size[j])) for way in (3, 2)]
    pair_countries = [None] * len(i) if countries is None else countries
    clubs = lexicon.words_by_country(pair_countries)
    listed = np.array([words is not None for words in clubs], dtype=bool)
    in_country, lost_in_country, towns = (
        _ends(x, y)
        for x, y in (
            (found_a.local(clubs, found_a.matched), found_b.local(clubs, found_b.matched)),
            (found_a.local(clubs, found_a.lost), found_b.local(clubs, found_b.lost)),
            (found_a.towns_lost(pair_countries), found_b.towns_lost(pair_countries)),
        )
    )
    local = [np.where(listed, x, UNKNOWN) for x in (in_country[0], *lost_in_country)]
    return [x for ends in (*shares, lost, shared, head, left_over, odds, local, towns) for x in ends]


def _sets(a: Side, b: Side, i: Ints, j: Ints) -> list[Floats]:
    values = np.zeros((len(i), 9))
    for row, p, q in zip(values, i.tolist(), j.tolist(), strict=True):
        of_a = [word for word in a.short[p] if word[0] in b.firsts[q]]
        of_b = [word for word in b.short[q] if word[0] in a.firsts[p]]
        if of_a or of_b:
            row[0] = max(acronym(of_a, b.letters[q]), acronym(of_b, a.letters[p]))
        row[1] = a.words_of[p] == b.words_of[q]
        one, two = a.qualifiers[p], b.qualifiers[q]
        row[2:4] = bool(one and two and not one & two), bool(one) != bool(two)
        if a.forms[p] and b.forms[q]:
            shared = len(a.forms[p] & b.forms[q])
            row[4:6] = shared, not shared
        if a.numbers[p] or b.numbers[q]:
            shared = len(a.numbers[p] & b.numbers[q])
            both = bool(a.numbers[p]) and bool(b.numbers[q])
            row[6:9] = shared, both and not shared, not both
    return list(values.T)
