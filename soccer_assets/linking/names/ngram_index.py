"""Names that may be the same, found fast: the cosine of weighted pieces of their words.

The pieces are whole words, their letters by threes, their consonants as heard in any language, and initials. Pieces
that few names have weigh most; those that very many have are left out. Sparse products find, for thousands of names a
second, the few that are worth a full comparison.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from scipy import sparse

from soccer_assets.linking.names.name import Name
from soccer_assets.linking.names.phonetics import LANGUAGES, reading, skeleton
from soccer_assets.linking.names.prepared_names import ACRONYM
from soccer_assets.linking.names.word_classes import FORMS
from soccer_assets.linking.names.word_similarity import Floats, Ints

#: What a piece of each sort weighs against the others.
WORD, LETTERS, BONES, BONE_PAIR, INITIALS = 1.0, 0.35, 0.5, 0.18, 0.6
#: A piece that more than this share of the names have, and more than so many, is left out.
COMMON_SHARE, COMMON = 0.01, 100

Pairs = tuple[Ints, Ints]


class Grams:
    """An index of names; `countries` are forms of `countries.country_of`, None where not known."""

    def __init__(self, names: Sequence[Name], countries: Sequence[str | None] | None = None) -> None:
        self._codes: dict[str, int] = {}
        for name in names:
            for piece, _ in _pieces(name):
                self._codes.setdefault(piece, len(self._codes))
        counted = self._counted(names)
        have = np.bincount(counted.indices, minlength=len(self._codes))
        rare = have <= max(COMMON, COMMON_SHARE * len(names))
        self._idf = np.where(rare, np.log((len(names) + 1) / (have + 0.5)), 0.0).astype(np.float32)
        self._index = self._weighted(counted).T.tocsr()
        self._country_numbers = {
            country: k for k, country in enumerate(sorted({c for c in countries or () if c is not None}), start=1)
        }
        self._country_number = self._numbers_of(countries or [None] * len(names))

    def nearest(
        self, names: Sequence[Name], limit: int, countries: Sequence[str | None] | None = None
    ) -> tuple[Ints, Ints, Floats]:
        """Positions in `names` and in the index, and the cosine: for each name the `limit` nearest, best first.

        Only those that share a piece, and whose country is the same where both are known.
        """
        numbers = self._numbers_of(countries or [None] * len(names))
        return _top(self._cosine(names), limit, numbers, self._country_number)

    def both(self, names: Sequence[Name], limit: int) -> Pairs:
        """As `nearest`, and for each indexed name the `limit` nearest of `names`; each pair once, in order."""
        cosine = self._cosine(names)
        nowhere = np.zeros(max(cosine.shape), dtype=np.int64)
        i, j, _ = _top(cosine, limit, nowhere, nowhere)
        k, m, _ = _top(cosine.T.tocsr(), limit, nowhere, nowhere)
        width = cosine.shape[1]
        pairs = np.union1d(i * width + j, m * width + k)
        return pairs // width, pairs % width

    def _cosine(self, names: Sequence[Name]) -> sparse.csr_matrix:
        return self._weighted(self._counted(names)) @ self._index

    def _numbers_of(self, countries: Sequence[str | None]) -> Ints:
        """Each country as a number, 0 where it is not known."""
        return np.array([0 if c is None else self._country_numbers.get(c, 0) for c in countries], dtype=np.int64)

    def _counted(self, names: Sequence[Name]) -> sparse.csr_matrix:
        indptr: list[int] = [0]
        indices: list[int] = []
        data: list[float] = []
        for name in names:
            pieces = {self._codes[piece]: weight for piece, weight in _pieces(name) if piece in self._codes}
            indices += pieces.keys()
            data += pieces.values()
            indptr.append(len(indices))
        return sparse.csr_matrix((data, indices, indptr), shape=(len(names), len(self._codes)), dtype=np.float32)

    def _weighted(self, counted: sparse.csr_matrix) -> sparse.csr_matrix:
        """Rows of length 1, pieces that are left out removed."""
        weighted = counted.multiply(self._idf[None, :]).tocsr()
        weighted.eliminate_zeros()
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1))).ravel()
        return (sparse.diags(1 / np.maximum(length, 1e-9), dtype=np.float32) @ weighted).tocsr()


def _pieces(name: Name) -> Iterator[tuple[str, float]]:
    tokens, heard = name.tokens or (name.text or " ",), name.heard or (name.text or " ",)
    for token, sound in zip(tokens, heard, strict=True):
        yield from _of_word(token, sound)
    initials = "".join(token[0] for token in tokens)
    for size in ACRONYM:
        for start in range(len(initials) - size + 1):
            yield "@" + initials[start : start + size], INITIALS


@lru_cache(maxsize=1 << 17)
def _of_word(token: str, heard: str) -> tuple[tuple[str, float], ...]:
    pieces = {"=" + token: WORD}
    if token not in FORMS:
        padded = f"^{token}$"
        pieces |= {padded[k : k + 3]: LETTERS for k in range(len(padded) - 2)}
        for bones in sorted({skeleton(reading(heard, language)) for language in LANGUAGES}):
            pieces["~" + bones] = BONES
            pieces |= {f"~{bones[k : k + 3]}~": BONE_PAIR for k in range(len(bones) - 2)}
    if len(token) in ACRONYM:
        pieces["@" + token] = INITIALS
    return tuple(pieces.items())


def _top(cosine: sparse.csr_matrix, limit: int, of_row: Ints, of_column: Ints) -> tuple[Ints, Ints, Floats]:
    """The `limit` largest entries of each row, equal ones by column; numbers other than 0 must agree."""
    rows, columns, values = [], [], []
    for row in range(cosine.shape[0]):
        inside = slice(cosine.indptr[row], cosine.indptr[row + 1])
        near_columns, near = cosine.indices[inside], cosine.data[inside]
        if of_row[row]:
            same_country = (of_column[near_columns] == of_row[row]) | (of_column[near_columns] == 0)
            near_columns, near = near_columns[same_country], near[same_country]
        if len(near) > limit:
            kept = near >= np.partition(near, len(near) - limit)[len(near) - limit]
            near_columns, near = near_columns[kept], near[kept]
        order = np.lexsort((near_columns, -near))[:limit]
        columns.append(near_columns[order])
        values.append(near[order])
        rows.append(np.full(len(order), row))
    empty = np.empty(0)
    i, j = (np.concatenate([empty, *parts]).astype(np.int64) for parts in (rows, columns))
    return i, j, np.concatenate([empty, *values]).astype(np.float64)
