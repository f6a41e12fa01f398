"""Benchmark of the sources: one day of all of them, from a loopback site in their own formats to stage 1 in the lake.

It runs in a process of its own, which sets its environment before the graph is imported.
"""

import json
import os
import resource
import sys
import tempfile
from typing import Any

from soccer_assets.settings import Clock


def _measure(var: str) -> dict[str, Any]:
    from soccer_assets.simulation.site import Site
    from soccer_assets.simulation.site_contents import files, settings
    from soccer_assets.simulation.world import make_world

    now = Clock().now()
    world = make_world(now.date())
    with Site(files(world, now)) as site:
        os.environ |= settings(site.url) | {"SOCCER_VAR": var, "SOCCER_HTTP_PAUSE_SECONDS": "0", "SOCCER_SOURCES": ""}
        from dagster import AssetSelection

        from soccer_assets.commands import materialize as runs

        def run() -> runs.Report:
            with runs.instance() as instance:
                sources = AssetSelection.groups("sources")
                return runs.materialize(sources, now.date(), now.date(), instance, log=_to_stderr)

        first, answers = run(), len(site.requests)
        again = run()
        read = sum(rows for name, rows in first.rows.items() if name != "source_health")
        return {
            "answers": answers,
            "answers again": len(site.requests) - answers,
            "rows of the day": read,
            "first time, seconds": first.seconds,
            "again, seconds": again.seconds,
            "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
            "target GB": 1,
        }


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="soccer-bench-") as folder:
        print(json.dumps(_measure(folder)))
