"""How well the words of one name are found in another, and what the words found and lost say."""

from collections.abc import Mapping, Sequence

import numpy as np

from soccer_assets.linking.names.gazetteer import Gazetteer
from soccer_assets.linking.names.prepared_names import Side, place_of
from soccer_assets.linking.names.word_similarity import Bools, Floats, Ints, Word, alike

#: A word is found on the other side from here on, and lost below.
FOUND_FROM, LOST_BELOW = 0.8, 0.6
#: The number of clubs that have a word where there is none to count.
NO_WORD = 511
#: What two names of one town are worth, and what is left of the similarity of the names of two towns.
ONE_TOWN, OTHER_TOWN = 0.95, 0.7


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
    found_a = WordMatches(a, i, [np.maximum.reduceat(way, starts(np.repeat(m, n))) for way in ways])
    across = np.lexsort((row, column, pair))  # the same cells, column by column
    found_b = WordMatches(b, j, [np.maximum.reduceat(way[across], starts(np.repeat(n, m))) for way in ways])
    return found_a, found_b, left, right, ways


class WordMatches:
    """How well each word of one side of the pairs is found on the other, in four ways."""

    def __init__(self, side: Side, which: Ints, ways: Sequence[Floats]) -> None:
        self.side, self.ways, self.loose = side, ways, ways[-1]
        self.size = side.size[which]
        self.start = starts(self.size)
        self.word = np.repeat(side.start[which] - self.start, self.size) + np.arange(self.size.sum())
        self._pair = np.repeat(np.arange(len(self.size)), self.size)
        #: Positions in `word` of the words found on the other side, and of the core words that are not.
        self.matched = np.flatnonzero(self.loose >= FOUND_FROM)
        self.lost = np.flatnonzero((self.loose < LOST_BELOW) & ~side.form[self.word])

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

    def local(self, clubs: Sequence[Mapping[str, int] | None], which: Ints) -> Floats:
        """Of some words, the least number of `clubs` of the pair that have it, as log2(1 + n), rounded.

        A word that is not listed counts as one club's.
        """
        count = np.full(len(self.word), NO_WORD, dtype=np.int64)
        which = which[np.array([words is not None for words in clubs], dtype=bool)[self._pair[which]]]
        for k, word, p in zip(which.tolist(), self.word[which].tolist(), self._pair[which].tolist(), strict=True):
            if (words := clubs[p]) is not None:
                count[k] = words.get(self.side.plain[word], 1)
        rounded: Floats = np.rint(np.log2(1 + np.minimum.reduceat(count, self.start)))
        return rounded

    def towns_lost(self, countries: Sequence[str | None]) -> Floats:
        """How many of the core words lost name a town, of the pair's country where that is known."""
        gazetteer = Gazetteer.shipped()
        count = np.zeros(len(self.size))
        for word, p in zip(self.word[self.lost].tolist(), self._pair[self.lost].tolist(), strict=True):
            towns = self.side.word_towns[word]
            if towns and gazetteer.within(towns, countries[p]):
                count[p] += 1
        return count


def _alike(a: Side, b: Side, left: Ints, right: Ints) -> list[Floats]:
    """The four ways of `alike` for words given by their flat positions; each two words are compared once."""
    codes: dict[Word, int] = {}
    x, y = (_coded(side.words, which, codes) for side, which in ((a, left), (b, right)))
    keys, where = np.unique(x * len(codes) + y, return_inverse=True)
    x, y = keys // len(codes), keys % len(codes)
    same, near, heard, loose = alike([w[:2] for w in codes], x, y, [cut for *_, cut in codes])
    one, two = _towns_named([w[1] for w in codes], x, y)
    heard, loose = (np.maximum(way, ONE_TOWN * one) for way in (heard, loose))
    near, heard, loose = (np.where(two, way * OTHER_TOWN, way) for way in (near, heard, loose))
    return [way[where] for way in (same, near, heard, loose)]


def _towns_named(heard: Sequence[str], x: Ints, y: Ints) -> tuple[Bools, Bools]:
    """Whether two words are names of one town (`Дувр`, `Dover`), and whether of two (`Chester`, `Chesterfield`)."""
    towns = [frozenset(some) for some in Gazetteer.shipped().called([place_of(word) for word in heard])]
    named = np.array([bool(some) for some in towns], dtype=bool)
    both = named[x] & named[y]
    one = np.zeros(len(x), dtype=bool)
    for k in np.flatnonzero(both).tolist():
        one[k] = not towns[x[k]].isdisjoint(towns[y[k]])
    return one, both & ~one


def _coded(words: Sequence[Word], which: Ints, codes: dict[Word, int]) -> Ints:
    """A number for each word of `which`, the same for the same word; new words are added to `codes`."""
    used, where = np.unique(which, return_inverse=True)
    numbers = [codes.setdefault(words[k], len(codes)) for k in used.tolist()]
    return np.array(numbers, dtype=np.int64)[where]


def starts(lengths: Ints) -> Ints:
    """Where each of some runs of items begins, one after the other."""
    return np.cumsum(lengths) - lengths
