"""Benchmark of training: every family searched with the default budget, then fitted again with known parameters.

On the lake that the backfill made, in a process of its own, so that its peak memory is its own.
"""

import datetime as dt
import json
import os
import resource
import time
from typing import Any

import msgspec

YEARS = 15


def _measure() -> dict[str, Any]:
    from soccer_assets.models.families import FAMILIES
    from soccer_assets.models.training.training import candidate, examples, refit, stacked
    from soccer_assets.settings import Settings
    from soccer_assets.storage.lake import Lake

    from_environment, default = Settings.read(), Settings()
    settings = msgspec.structs.replace(
        from_environment, trials=default.trials, folds=default.folds, fold_days=default.fold_days, families=""
    )
    lake, day = Lake(settings.lake), dt.date.fromisoformat(os.environ["BENCH_FURTHER"])
    features, matches, market = (lake.scan(name) for name in ("match_features", "matches", "market_probabilities"))
    began = time.perf_counter()
    learnt = examples(features, matches, market, day.replace(year=day.year - YEARS), day)
    measured: dict[str, Any] = {"examples": len(learnt), "examples, seconds": time.perf_counter() - began}
    rows, search, again = [], 0.0, 0.0
    for name, family in FAMILIES.items():
        began = time.perf_counter()
        rows.append(candidate(family, learnt, day, settings).row(0, named=True))
        searched = time.perf_counter()
        refit(family, rows[-1], learnt, day, settings)
        measured[f"{name}, search"] = searched - began
        measured[f"{name}, refit"] = time.perf_counter() - searched
        search, again = search + searched - began, again + time.perf_counter() - searched
    began = time.perf_counter()
    stacked(rows, learnt, day)
    stack = time.perf_counter() - began
    return measured | {
        "stack": stack,
        "search seconds": search + stack,
        "target seconds": 1200,
        "refit seconds": again + stack,
        "target of refit": 90,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


if __name__ == "__main__":
    print(json.dumps(_measure()))
