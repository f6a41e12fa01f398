"""Benchmark of ratings and features over whole histories: three sizes, each in a process of its own.

The matches are real where the tables are there: those of football-data.co.uk, half of them, and those of 207 countries,
whose competitions stand under our league codes. Elsewhere they are drawn at random.
"""

import datetime as dt
import json
import resource
import sys
import time
from typing import Any

import numpy as np
import polars as pl

from bench.process import ROOT, measured_by

TABLES = ROOT.parent / "shared" / "data" / "tables"
SIZES = (110_165, 220_331, 930_175)
TARGETS = {220_331: 10, 930_175: 40}
CLUBS_OF_A_SEASON = 20


def histories() -> dict[str, Any]:
    """Seconds and peak memory of each size, and of one further day's fixtures."""
    measured: dict[str, Any] = {"target GB": 4}
    for size in SIZES:
        figures = measured_by("bench.features", str(size))
        measured |= {f"{size:,} {name}": value for name, value in figures.items()}
        if size in TARGETS:
            measured[f"{size:,} target seconds"] = TARGETS[size]
    return measured


def _measure(size: int) -> dict[str, Any]:
    from soccer_assets.features.history import READ, History
    from soccer_assets.features.ratings import rate
    from soccer_assets.matches.schema import MATCHES
    from soccer_assets.odds.consensus import newest_prices
    from soccer_assets.odds.schema import MARKET_PROBABILITIES

    results, prices = _matches(size)
    types = {name: MATCHES.schema[name] for name in READ}
    matches = results.select(
        (pl.col(name) if name in results.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in types.items()
    ).sort("match_date", "match_id")
    closing = prices if prices is not None else newest_prices(MARKET_PROBABILITIES.empty().lazy())
    few = matches.head(500)
    History.build(few, rate(few, closing)).features(few)  # the loops are compiled once a machine
    began = time.perf_counter()
    ratings = rate(matches, closing)
    rated = time.perf_counter()
    history = History.build(matches, ratings)
    rows = len(history.features(matches))
    done = time.perf_counter()
    day = matches.filter(match_date=matches["match_date"].max())
    History.build(matches, ratings).features(day)
    return {
        "rows": rows,
        "seconds": done - began,
        "of them ratings": rated - began,
        "microseconds a match": (done - began) / rows * 1e6,
        "one day, seconds": time.perf_counter() - done,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def _matches(size: int) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Finished matches, the newest `size` of a table, and prices of those that have them."""
    if not TABLES.is_dir():
        return _drawn(size), None
    if size == max(SIZES):
        return _of_the_world(), None
    table = pl.read_parquet(TABLES / "football_data_matches.parquet").sort("date", "div", "home").tail(size)
    counts = {"goals": "FT{}G", "shots": "{}S", "shots_on_target": "{}ST", "corners": "{}C"}
    figures = {
        f"{side}_{name}": column.format(letter)
        for name, column in (counts | {"yellow_cards": "{}Y", "red_cards": "{}R"}).items()
        for side, letter in (("home", "H"), ("away", "A"))
    }
    matches = table.with_row_index("match_id").select(
        match_id=pl.format("{}.{}", "div", "match_id"),
        match_date="date", league="div", season="season", status=pl.lit("finished"), home_id="home", away_id="away",
        **{name: pl.when(pl.col(column).is_between(0, 99)).then(column) for name, column in figures.items()},
        odds=pl.concat_list(*(pl.coalesce(f"AvgC{way}", f"Avg{way}", f"BbAv{way}") for way in "HDA")),
    ).filter(pl.col("home_goals").is_not_null() & pl.col("away_goals").is_not_null())  # fmt: skip
    priced = matches.filter(pl.col("odds").list.drop_nulls().list.len() == 3)
    inverse = 1 / np.array(priced["odds"].to_list())
    chances = pl.DataFrame(inverse / inverse.sum(1, keepdims=True), schema=["p_home", "p_draw", "p_away"])
    prices = priced.select("match_date", "match_id").hstack(chances)
    return matches, prices.with_columns(p_over=pl.lit(None, dtype=pl.Float64))


def _of_the_world() -> pl.DataFrame:
    """930,175 results of every country; a competition is a season of its own under one of our codes."""
    from soccer_assets.leagues import LEAGUES

    table = pl.read_parquet(TABLES / "schochastics_results.parquet").with_row_index("number")
    places = {name: number % len(LEAGUES) for number, name in enumerate(table["file"].unique().sort().to_list())}
    codes = list(LEAGUES)
    return table.select(
        match_id=pl.format("{}", "number"),
        match_date="date",
        league=pl.col("file").replace_strict({name: codes[number] for name, number in places.items()}),
        season=pl.format("{} {} {}", pl.col("date").dt.offset_by("-6mo").dt.year(), "file", "level"),
        status=pl.lit("finished"), home_id="home_ident", away_id="away_ident",
        home_goals=pl.col("gh").clip(0, 40), away_goals=pl.col("ga").clip(0, 40),
    ).filter(pl.col("home_id") != pl.col("away_id"))  # fmt: skip


def _drawn(size: int) -> pl.DataFrame:
    """Matches drawn at random: two hundred a day, of leagues of twenty clubs."""
    from soccer_assets.leagues import LEAGUES

    random, codes = np.random.default_rng(0), np.array(list(LEAGUES))
    league = random.integers(0, len(codes), size)
    home, step = random.integers(0, CLUBS_OF_A_SEASON, size), random.integers(1, CLUBS_OF_A_SEASON, size)
    day = np.arange(size) // 200
    return pl.DataFrame({
        "match_id": [str(n) for n in range(size)],
        "match_date": [dt.date(1990, 1, 1) + dt.timedelta(int(n)) for n in day],
        "league": codes[league],
        "season": [str(1990 + n // 365) for n in day],
        "status": ["finished"] * size,
        "home_id": [f"{a} {b}" for a, b in zip(league, home, strict=True)],
        "away_id": [f"{a} {b}" for a, b in zip(league, (home + step) % CLUBS_OF_A_SEASON, strict=True)],
        "home_goals": random.poisson(1.5, size),
        "away_goals": random.poisson(1.1, size),
    })  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(_measure(int(sys.argv[1]))))
