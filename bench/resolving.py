"""Benchmark of fourteen years of five sources: side records from bytes to tables, and all of them to matches.

It needs the real files of football-data.co.uk, football.json, Understat and WhoScored; it has a process of its own.
"""

import datetime as dt
import gzip
import json
import resource
import time
from pathlib import Path
from typing import Any

import polars as pl

from bench.process import ROOT, measured_by

RAW = ROOT.parent / "shared" / "data" / "raw"
FIRST, LAST = dt.date(2010, 7, 1), dt.date(2024, 6, 30)
FETCHED_AT = dt.datetime(2024, 7, 1, tzinfo=dt.UTC)
#: Folder of the data -> which of its files, by the part of their path from which the address is made.
SIDE = {
    "openfootball": ("openfootball/football.json", "20*/*.json"),
    "understat": ("understat", "league_epl.html.gz"),
    "whoscored": ("whoscored", "feed/**/*.gz"),
}
#: The one page of Understat is that of this season.
UNDERSTAT = "league/EPL/2020"


def seasons() -> dict[str, Any]:
    """The measurement, in a process of its own."""
    if not RAW.is_dir():
        return {"left out": "the real data are not there"}
    return measured_by("bench.resolving")


def _measure() -> dict[str, Any]:
    from soccer_assets.matches.laws import broken_laws
    from soccer_assets.matches.records import in_one_form
    from soccer_assets.matches.resolution import resolve
    from soccer_assets.sources import openfootball, understat
    from soccer_assets.sources import schema as tables
    from soccer_assets.sources.football_data import files as football_data
    from soccer_assets.sources.whoscored import feeds as whoscored

    archives = _answers("football-data", "mmz4281/[12]*/*.csv") + _answers("football-data", "new/???.csv")
    results = tables.FOOTBALL_DATA_RESULTS.conform(_of_dates(football_data.parse(archives).records))
    began, others = time.process_time(), {}
    for name, source in (("openfootball", openfootball), ("understat", understat), ("whoscored", whoscored)):
        table = getattr(tables, f"{name.upper()}_MATCHES")
        parsed = source.parse(_answers(*SIDE[name], address=UNDERSTAT if name == "understat" else ""))
        others[table.name] = table.conform(_of_dates(parsed.records)).lazy()
    records = in_one_form(others)
    parsing = time.process_time() - began
    began = time.process_time()
    own = in_one_form({tables.FOOTBALL_DATA_RESULTS.name: results.lazy()})
    matches = resolve(pl.concat([own, records])).rows
    resolving = time.process_time() - began
    return {
        "side records": len(records),
        "matches": len(matches),
        "rows that break a law": sum(len(bad) for bad in broken_laws(matches.lazy()).values()),
        "parse, CPU seconds": parsing,
        "resolve, CPU seconds": resolving,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def _answers(folder: str, pattern: str, address: str = "") -> list[Any]:
    from soccer_assets.sources.fetching.client import Answer

    files = sorted((RAW / folder).glob(pattern))
    return [Answer(f"http://site/{address or file.relative_to(RAW / folder)}", str(file), FETCHED_AT, _bytes(file))
            for file in files]  # fmt: skip


def _bytes(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def _of_dates(records: pl.DataFrame) -> pl.DataFrame:
    return records.filter(pl.col("match_date").is_between(FIRST, LAST))


if __name__ == "__main__":
    print(json.dumps(_measure()))
