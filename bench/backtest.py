"""Benchmark of the walk-forward backtest: a season with ten refits, all lines, all markets, in a process of its own.

On the lake that the backfill made. The parameters are those that a search found before the season began; the search
itself is measured by `bench.training`.
"""

import datetime as dt
import json
import os
import resource
import time
from typing import Any

from bench.process import measured_by

REFITS = 10
SEASON_DAYS = 300
#: What the other parts set so that a model takes seconds.
OTHER = {"SOCCER_FAMILIES", "SOCCER_TRIALS", "SOCCER_FOLDS"}


def season(environment: dict[str, str]) -> dict[str, Any]:
    """Seconds and peak memory of the backtest of the newest season of the lake, and what it says."""
    variables = {name: value for name, value in environment.items() if name not in OTHER}
    return measured_by("bench.backtest", environment=variables | {"SOCCER_RETUNE_DAYS": str(2 * SEASON_DAYS)})


def _season() -> dict[str, Any]:
    from soccer_assets.commands import materialize as runs
    from soccer_assets.commands.backtest import backtest
    from soccer_assets.settings import Settings
    from soccer_assets.storage.lake import Lake

    lake = Lake(Settings.read().lake)
    last = dt.date.fromisoformat(os.environ["BENCH_LAST"])
    first = last - dt.timedelta(days=SEASON_DAYS)
    with runs.instance() as instance:
        runs.materialize(runs.MODELS, first - dt.timedelta(days=1), first - dt.timedelta(days=1), instance)
    began = time.perf_counter()
    backtest(first, last, every=SEASON_DAYS // REFITS + 1)
    seconds = time.perf_counter() - began
    return {
        "matches": lake.scan("settled_predictions", first, last).select("match_id").unique().collect().height,
        "refits": REFITS,
        "seconds": seconds,
        "target seconds": 1200,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


if __name__ == "__main__":
    print(json.dumps(_season()))
