"""Benchmark of club names: pairs scored, a day's names against a day's, and a registry of 31,642 clubs searched.

In a process of its own, so that its peak memory is its own; made-up names stand in where the real ones are not there.
"""

import json
import random
import resource
import time
from typing import Any

import polars as pl

from bench.process import ROOT

DATA = ROOT.parent / "shared" / "data"
CLUBS, DAY, ASKED = 31_642, 1500, 6000


def _names() -> tuple[pl.DataFrame, pl.DataFrame]:
    """A registry (`id`, `name`, `country`) and names to ask for (`name`, `country`), each once."""
    if (DATA / "alias").is_dir():
        registry = pl.read_parquet(DATA / "tables" / "reep_teams.parquet").drop_nulls("name")
        asked = pl.read_csv(DATA / "alias" / "registry.csv").unique("name", maintain_order=True)
        return registry.select("name", "country", id="reep_id"), asked.select("name", "country").sample(ASKED, seed=0)
    made, letters = random.Random(0), ("bdfghklmnprstvz", "aeiou")
    names = ["".join(made.choice(letters[position % 2]) for position in range(8)).capitalize() for _ in range(CLUBS)]
    registry = pl.DataFrame({"id": [str(n) for n in range(CLUBS)], "name": names, "country": ["Nowhere"] * CLUBS})
    return registry, registry.select(pl.format("FC {}", "name").alias("name"), "country").sample(ASKED, seed=0)


def _measure() -> dict[str, Any]:
    from soccer_assets.linking.names import Directory, Scorer

    scorer = Scorer.shipped()
    registry, asked = _names()
    left, right = asked["name"].head(DAY).to_list(), asked["name"].tail(DAY).to_list()
    scorer.matrix(left, right)
    began = time.perf_counter()
    scorer.matrix(left, right)
    matrix = time.perf_counter() - began
    many = [left[k % DAY] for k in range(20 * DAY)], [right[(k * 7 + k // DAY) % DAY] for k in range(20 * DAY)]
    began = time.perf_counter()
    scorer.pairs(*many)
    pairs = time.perf_counter() - began
    began = time.perf_counter()
    directory = Directory(registry["id"].to_list(), registry["name"].to_list(), registry["country"].to_list())
    index = time.perf_counter() - began
    clubs, rates = pl.DataFrame(), []
    for countries in (None, asked["country"].to_list()):
        began = time.perf_counter()
        clubs = directory.search(asked["name"].to_list(), countries)
        rates.append(len(asked) / (time.perf_counter() - began))
    likely = clubs.filter((pl.col("rank") == 1) & (pl.col("score") >= scorer.threshold))
    return {
        "pairs per second": len(many[0]) / pairs,
        f"{DAY} by {DAY}, seconds": matrix,
        "clubs": len(registry),
        "index, seconds": index,
        "names per second": rates[0],
        "in their country": rates[1],
        "target per second": 2000,
        "share found": len(likely) / len(asked),
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "target GB": 1,
    }


if __name__ == "__main__":
    print(json.dumps(_measure()))
