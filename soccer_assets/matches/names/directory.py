"""A registry of clubs, searched by name in any script."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from soccer_assets.matches.names.grams import Grams
from soccer_assets.matches.names.name import parse
from soccer_assets.matches.names.places import country_of
from soccer_assets.matches.names.scorer import Scorer

#: The nearest names of the index that are scored in full, for each name searched.
SCORED = 6
_AT_ONCE = 2000

FOUND = pl.Schema(
    [("query", pl.String()), ("rank", pl.Int64()), ("id", pl.String()), ("name", pl.String()), ("score", pl.Float64())]
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
        self._ids, self._names = list(ids), list(names)
        parsed = [parse(name) for name in names]
        self._grams = Grams(parsed, _forms(countries, len(parsed)))

    def search(
        self, names: Sequence[str], countries: Sequence[str | None] | None = None, limit: int = 5
    ) -> pl.DataFrame:
        """The clubs each name may be: `query`, `rank` from 1, `id`, `name`, `score` = P(same club).

        Queries come in the order asked, each once; a club stands once, by the name that fits best. A name with a country
        finds clubs of that country and of unknown ones only.
        """
        wanted = dict(zip(names, _forms(countries, len(names)), strict=True))
        queries = list(wanted)
        parts = [self._found(queries[begin : begin + _AT_ONCE], wanted) for begin in range(0, len(queries), _AT_ONCE)]
        return (
            pl.concat([pl.DataFrame(schema={"place": pl.Int64, **FOUND}), *parts])
            .sort(["place", "score", "id", "name"], descending=[False, True, False, False])
            .unique(["place", "id"], keep="first", maintain_order=True)
            .with_columns(rank=pl.int_range(1, pl.len() + 1).over("place"))
            .filter(pl.col("rank") <= limit)
            .select(FOUND.names())
        )

    def _found(self, queries: Sequence[str], wanted: dict[str, str | None]) -> pl.DataFrame:
        parsed, countries = [parse(name) for name in queries], [wanted[name] for name in queries]
        i, j, _ = self._grams.nearest(parsed, SCORED, countries)
        hits, where = np.unique(j, return_inverse=True)
        a = self._scorer.side(parsed)
        b = self._scorer.side([parse(self._names[k]) for k in hits])
        score = self._scorer.score(a, b, i, where, [countries[k] for k in i.tolist()])
        return pl.DataFrame(
            {
                "place": i,
                "query": [queries[k] for k in i.tolist()],
                "rank": np.zeros(len(i), dtype=np.int64),
                "id": [self._ids[k] for k in j.tolist()],
                "name": [self._names[k] for k in j.tolist()],
                "score": score,
            },
            schema={"place": pl.Int64, **FOUND},
        )


def _forms(countries: Sequence[str | None] | None, n: int) -> list[str | None]:
    return [None] * n if countries is None else [None if c is None else country_of(c) for c in countries]
