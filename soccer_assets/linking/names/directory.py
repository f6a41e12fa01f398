"""A registry of clubs, searched by name in any script."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from soccer_assets.countries import country_of
from soccer_assets.linking.names.name import parse
from soccer_assets.linking.names.ngram_index import Grams
from soccer_assets.linking.names.scorer import Scorer

#: For each name searched at least so many of the index are scored in full.
SCORED = 4
#: ... of those that share at least this much of what the nearest one shares.
CLOSE = 0.4
_AT_ONCE = 5000
#: States that are several countries in football: which one a club is of is not known.
SEVERAL = frozenset({"United Kingdom"})

ASKED = ("query", "country")
CANDIDATES = pl.Schema(
    {
        "query": pl.String,
        "country": pl.String,
        "rank": pl.Int64,
        "id": pl.String,
        "name": pl.String,
        "score": pl.Float64,
    }
)


class Directory:
    """A registry's names, indexed; an id stands once for each of its names."""

    def __init__(
        self,
        ids: Sequence[str],
        names: Sequence[str],
        countries: Sequence[str | None] | None = None,
        scorer: Scorer | None = None,
    ) -> None:
        self._scorer = scorer or Scorer.shipped()
        self._ids, self._names = np.array(ids, dtype=object), np.array(names, dtype=object)
        parsed = [parse(name) for name in names]
        self._grams = Grams(parsed, _forms(countries, len(parsed)))
        self._side = self._scorer.side(parsed)

    def search(
        self, names: Sequence[str], countries: Sequence[str | None] | None = None, limit: int = 5
    ) -> pl.DataFrame:
        """The clubs each name may be: `query`, `country`, `rank` from 1, `id`, `name`, `score` = P(same club).

        What is asked comes in its order, each name of a country once; a club stands once, by the name that fits best. A
        name with a country finds clubs of that country and of unknown ones only.
        """
        asked = list(dict.fromkeys(zip(names, _forms(countries, len(names)), strict=True)))
        parts = [self._candidates(asked[k : k + _AT_ONCE], max(limit, SCORED)) for k in range(0, len(asked), _AT_ONCE)]
        return (
            pl.concat([pl.DataFrame(schema=CANDIDATES), *parts])
            .with_columns(pl.col("rank").rank("ordinal").over(ASKED).cast(pl.Int64))
            .filter(pl.col("rank") <= limit)
        )

    def _candidates(self, asked: Sequence[tuple[str, str | None]], scored: int) -> pl.DataFrame:
        """As `search`, all that were scored, in order of their rank."""
        parsed, countries = [parse(name) for name, _ in asked], [country for _, country in asked]
        i, j, near = self._grams.nearest(parsed, scored, countries)
        best = np.zeros(len(asked))
        np.maximum.at(best, i, near)
        close = near >= CLOSE * best[i]
        i, j = i[close], j[close]
        score = self._scorer.score(self._scorer.side(parsed), self._side, i, j, [countries[k] for k in i.tolist()])
        order = np.lexsort((j, -score, i))
        i, j = i[order], j[order]
        return pl.DataFrame(
            {
                "query": [asked[k][0] for k in i.tolist()],
                "country": [countries[k] for k in i.tolist()],
                "rank": np.arange(len(i)),
                "id": self._ids[j].tolist(),
                "name": self._names[j].tolist(),
                "score": score[order],
            },
            schema=CANDIDATES,
        ).unique([*ASKED, "id"], keep="first", maintain_order=True)


def _forms(countries: Sequence[str | None] | None, n: int) -> list[str | None]:
    forms = [None] * n if countries is None else [None if c is None else country_of(c) for c in countries]
    return [None if form in SEVERAL else form for form in forms]
