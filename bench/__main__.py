"""`python -m bench [PART ...]`: runs the parts named (default all), prints a table and, last, one JSON object."""

import json
import shutil
import sys
from collections.abc import Callable
from typing import Any

from bench import (
    backtest,
    coupons,
    dixon_coles,
    features,
    graph,
    linking,
    margins,
    markets,
    resolving,
    season,
    serving,
)
from bench.process import measured_by

PARTS = (
    "parsing", "resolving", "backfill", "further_day", "sources", "names", "linking", "links", "features",
    "dixon_coles", "seasons", "training", "margins", "markets", "coupons", "explanations", "imports", "read",
    "on_demand", "backtest",
)  # fmt: skip


def main() -> None:
    wanted = sys.argv[1:] or PARTS
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        sys.exit(f"expected parts out of {', '.join(PARTS)}, found {', '.join(unknown)}")
    of_lake = {"further_day", "margins", "seasons", "training", "explanations", "backtest"}
    if of_lake & set(wanted) and "backfill" not in wanted:
        wanted = ["backfill", *wanted]  # the day after what?
    environment = graph.where()
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "parsing": lambda: measured_by("bench.graph", "parsing", environment=environment),
        "resolving": resolving.seasons,
        "backfill": lambda: measured_by("bench.graph", "backfill", environment=environment),
        "further_day": lambda: measured_by("bench.graph", "further_day", environment=environment),
        "sources": lambda: measured_by("bench.sources"),
        "names": lambda: measured_by("bench.names"),
        "linking": linking.day,
        "links": linking.season,
        "features": features.histories,
        "dixon_coles": dixon_coles.fits,
        "seasons": lambda: season.busiest_day(environment),
        "training": lambda: measured_by("bench.training", environment=environment),
        "margins": lambda: margins.closing(environment),
        "markets": markets.all_of_it,
        "coupons": coupons.jackpot,
        "explanations": lambda: measured_by("bench.explanations", environment=environment),
        "imports": graph.imports,
        "read": lambda: serving.read(environment),
        "on_demand": lambda: serving.on_demand(environment),
        "backtest": lambda: backtest.season(environment),
    }
    measured = {part: parts[part]() for part in wanted}
    shutil.rmtree(environment["SOCCER_VAR"], ignore_errors=True)
    for part, figures in measured.items():
        print(part)
        for name, value in figures.items():
            print(f"  {name:<28}{value:>16,.3f}" if isinstance(value, float) else f"  {name:<28}{value!s:>16}")
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
