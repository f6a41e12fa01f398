"""The site of a synthetic world for a platform that others start: `python -m soccer_assets.simulation --help`."""

import argparse
import datetime as dt
import threading

from soccer_assets.simulation.site import Site
from soccer_assets.simulation.site_contents import files, settings
from soccer_assets.simulation.world import make_world

SEED = 7
SEASONS = 1.5


def main() -> None:
    """Serve the world of a day on loopback until the process ends, or print the settings of who reads it."""
    parser = argparse.ArgumentParser("python -m soccer_assets.simulation", description=__doc__)
    now = dt.datetime.now(dt.UTC)
    parser.add_argument(
        "--day", type=dt.date.fromisoformat, default=now.date(), help="the world's today; default today"
    )
    parser.add_argument("--port", type=int, default=8100, help="default 8100")
    parser.add_argument("--settings", action="store_true", help="print settings, VARIABLE=value, and end")
    options = parser.parse_args()
    world = make_world(options.day, seed=SEED, seasons=SEASONS)
    if options.settings:
        first = world.matches["match_date"].min()
        variables = settings(f"http://127.0.0.1:{options.port}") | {
            "SOCCER_START_DATE": str(first),
            "SOCCER_TRAIN_SINCE": str(first),
        }
        print("\n".join(f"{name}={value}" for name, value in variables.items()))
        return
    as_of = dt.datetime.combine(options.day, now.timetz())
    with Site(files(world, as_of), options.port):
        threading.Event().wait()


if __name__ == "__main__":
    main()
