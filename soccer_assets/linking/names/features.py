"""What two names have in common, as numbers: the inputs of the scorer.

Every feature is symmetric: `f(a, b) = f(b, a)`. Work is done once per name (`sides.py`), once per pair of words
(`alike.py`), and the rest in numpy.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from soccer_assets.linking.names.acronyms import acronym
from soccer_assets.linking.names.gazetteer import Gazetteer
from soccer_assets.linking.names.lexicon import Lexicon
from soccer_assets.linking.names.prepared_names import Side
from soccer_assets.linking.names.word_similarity import Floats, Ints, Word, alike, compared

#: A word is found on the other side from here on, and lost below.
FOUND_FROM, LOST_BELOW = 0.8, 0.6
#: `local` where the country is not known, and the number of clubs that have a word where none is found.
UNKNOWN, NOTHING_FOUND = -1.0, 511


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
PLACES = slice(len(FEATURES) - 5, len(FEATURES))


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
            *places(a, b, i, j, countries).T,
        ]
    )


def places(a: Side, b: Side, i: Ints, j: Ints, countries: Sequence[str | None] | None = None) -> Floats:
    """The features `PLACES` `(n, 5)`; of a pair whose country is known, the towns of that country count alone."""
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
    shared = [np.maximum.reduceat(lighter * ways[way], _starts(a.size[i] * b.size[j])) for way in (3, 2)]
    local = np.full(len(i), UNKNOWN)
    if countries is not None:
        clubs = lexicon.words_by_country(countries)
        has_words = np.array([words is not None for words in clubs], dtype=bool)
        local = np.where(has_words, np.minimum(found_a.local(clubs), found_b.local(clubs)), UNKNOWN)
    return [x for ends in (*shares, lost, shared, head, left_over, odds, (local,)) for x in ends]


def word_matches(a: Side, b: Side, i: Ints, j: Ints) -> "tuple[WordMatches, WordMatches, Ints, Ints, list[Floats]]":
    """The words of either side of each pair as found on the other, and each two words of a pair and how alike they are.

    The words are given by their flat positions in `a.words` and `b.words`, `len` = the sum of `a.size[i] * b.size[j]`.
    """
    n, m = a.size[i], b.size[j]
    cells = n * m
    pair = np.repeat(np.arange(len(i)), cells)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(cells) - cells, cells)
    row, column = within // m[pair], within % m[pair]
    left, right = a.start[i][pair] + row, b.start[j][pair] + column
    ways = _alike(a, b, left, right)
    found_a = WordMatches(a, i, [np.maximum.reduceat(way, _starts(np.repeat(m, n))) for way in ways])
    across = np.lexsort((row, column, pair))  # the same cells, column by column
    found_b = WordMatches(b, j, [np.maximum.reduceat(way[across], _starts(np.repeat(n, m))) for way in ways])
    return found_a, found_b, left, right, ways


class WordMatches:
    """How well each word of one side of the pairs is found on the other, in four ways."""

    def __init__(self, side: Side, which: Ints, ways: Sequence[Floats]) -> None:
        self.side, self.ways, self.loose = side, ways, ways[-1]
        self.size = side.size[which]
        self.start = _starts(self.size)
        self.word = np.repeat(side.start[which] - self.start, self.size) + np.arange(self.size.sum())

    def measures(self) -> list[Floats]:
        """The shares of rarity found, the rarest word lost, the first core word, the core words lost, their odds."""
        weight, form = self.side.weight[self.word], self.side.form[self.word]
        total = np.add.reduceat(weight, self.start)
        shares = [np.add.reduceat(way * weight, self.start) / total for way in self.ways]
        lost = np.maximum.reduceat((1 - self.loose) * weight, self.start)
        position = np.where(form, len(form), np.arange(len(form)))
        first = np.minimum.reduceat(position, self.start)
        head = self.loose[np.where(first < self.start + self.size, first, self.start)]
        left = np.add.reduceat((self.loose < LOST_BELOW) & ~form, self.start, dtype=np.float64)
        odds = np.add.reduceat(np.where(self.loose < LOST_BELOW, self.side.odds[self.word], 0.0), self.start)
        return [*shares, lost, head, left, odds]

    def local(self, clubs: Sequence[Mapping[str, int] | None]) -> Floats:
        """Of the words found, the least number of `clubs` of the pair that have it, as log2(1 + n), rounded.

        A word that is not listed counts as one club's.
        """
        count = np.full(len(self.word), NOTHING_FOUND, dtype=np.int64)
        hits = np.flatnonzero(self.loose >= FOUND_FROM)
        pair = np.repeat(np.arange(len(self.size)), self.size)[hits]
        for hit, word, p in zip(hits.tolist(), self.word[hits].tolist(), pair.tolist(), strict=True):
            if (words := clubs[p]) is not None:
                count[hit] = words.get(self.side.plain[word], 1)
        rounded: Floats = np.rint(np.log2(1 + np.minimum.reduceat(count, self.start)))
        return rounded


def _alike(a: Side, b: Side, left: Ints, right: Ints) -> list[Floats]:
    """The four ways of `alike` for words given by their flat positions; each two words are compared once."""
    codes: dict[Word, int] = {}
    x, y = (_coded(side.words, which, codes) for side, which in ((a, left), (b, right)))
    keys, where = np.unique(x * len(codes) + y, return_inverse=True)
    ways = alike([w[:2] for w in codes], keys // len(codes), keys % len(codes), [cut for *_, cut in codes])
    return [way[where] for way in ways]


def _coded(words: Sequence[Word], which: Ints, codes: dict[Word, int]) -> Ints:
    """A number for each word of `which`, the same for the same word; new words are added to `codes`."""
    used, where = np.unique(which, return_inverse=True)
    numbers = [codes.setdefault(words[k], len(codes)) for k in used.tolist()]
    return np.array(numbers, dtype=np.int64)[where]


def _starts(lengths: Ints) -> Ints:
    return np.cumsum(lengths) - lengths


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
