"""Benchmarks of the graph: (a) parsing, (b) the backfill, (c) one further day, (d) the import of the code location.

Each runs in a process of its own, so that its peak memory is its own.
"""

import datetime as dt
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.process import ROOT
from soccer_assets.settings import Clock

MIRROR = ROOT.parent / "shared" / "data" / "raw" / "football-data"
REAL = (dt.date(2005, 8, 1), dt.date(2024, 6, 30))
FURTHER_DAY = dt.date(2024, 4, 13)


def where() -> dict[str, str]:
    """The environment of a benchmark: the real mirror when it is there, else a synthetic world written to disk."""
    var = tempfile.mkdtemp(prefix="soccer-bench-")
    if MIRROR.is_dir():
        first, last, further, base = *REAL, FURTHER_DAY, MIRROR.as_uri()
    else:
        from soccer_assets.simulation.football_data import files, write
        from soccer_assets.simulation.world import make_world

        today = Clock().today()
        world = make_world(today)
        write(files(world, today), Path(var) / "site")
        first, last, further = world.matches["match_date"].sort().to_list()[0], today, today
        base = (Path(var) / "site").as_uri()
    return {
        "SOCCER_VAR": var,
        "SOCCER_FOOTBALL_DATA_URL": base,
        "SOCCER_SOURCES": "football_data",
        "SOCCER_FAMILIES": "climatology,elo_ordered_logit",
        "SOCCER_TRIALS": "1",
        "SOCCER_FOLDS": "2",
        "BENCH_FIRST": str(first),
        "BENCH_LAST": str(last),
        "BENCH_FURTHER": str(further),
    }


def imports(tries: int = 3) -> dict[str, Any]:
    """(d) Seconds to import the code location in a new process, the median of some tries."""
    seconds = []
    for _ in range(tries):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-W", "ignore", "-c", "import soccer_assets.definitions"], cwd=ROOT, check=True)
        seconds.append(time.perf_counter() - began)
    return {"seconds": statistics.median(seconds), "target seconds": 6}


def parsing() -> dict[str, Any]:
    """(a) The whole mirror, from stored bytes to records."""
    from soccer_assets.leagues import LEAGUES
    from soccer_assets.settings import Settings
    from soccer_assets.sources.fetching.client import Answer
    from soccer_assets.sources.football_data.files import parse
    from soccer_assets.sources.football_data.source import SOURCE, archives
    from soccer_assets.sources.spec import Query

    (base,), today = SOURCE.hosts(Settings.read()), Clock().today()
    requests = archives(Query(dt.date(1993, 7, 1), today, today, list(LEAGUES.values()), base))
    paths = [(r.address, Path(r.address.removeprefix("file://"))) for r in requests]
    answers = [Answer(a, a, Clock().now(), p.read_bytes()) for a, p in paths if p.is_file()]
    began = time.perf_counter()
    rows = len(parse(answers).records)
    seconds = time.perf_counter() - began
    return {"rows": rows, "files": len(answers), "seconds": seconds, "rows per second": rows / seconds}


def backfill() -> dict[str, Any]:
    """(b) From the mirror to `match_features` inclusive, in one command."""
    from soccer_assets.commands import materialize as runs

    first, last = (dt.date.fromisoformat(os.environ[name]) for name in ("BENCH_FIRST", "BENCH_LAST"))
    began = time.perf_counter()
    with runs.instance() as instance:
        report = runs.materialize(runs.UP_TO_FEATURES, first, last, instance, log=_to_stderr)
    seconds = time.perf_counter() - began
    return {
        "match dates": (last - first).days + 1,
        "matches": report.rows["matches"],
        "prices": report.rows["odds"],
        "seconds": seconds,
        "target seconds": 180,
        "bookkeeping seconds": report.bookkeeping_seconds,
        "bookkeeping share": report.bookkeeping_seconds / seconds,
        "target GB": 3,
    }


def further_day() -> dict[str, Any]:
    """(c) One further day to a new forecast, with a model that exists, in a process that is warm."""
    from soccer_assets.commands import materialize as runs

    day = dt.date.fromisoformat(os.environ["BENCH_FURTHER"])
    selection = runs.UP_TO_FEATURES | runs.FORECASTS
    with runs.instance() as instance:
        runs.materialize(runs.MODELS, day, day, instance, log=_to_stderr)
        runs.materialize(selection, day, day, instance, log=_to_stderr)
        seconds = runs.materialize(selection, day, day, instance, log=_to_stderr).seconds
    return {"match date": str(day), "seconds": seconds, "target seconds": 10}


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    result = {"parsing": parsing, "backfill": backfill, "further_day": further_day}[sys.argv[1]]()
    result["peak GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps(result))
