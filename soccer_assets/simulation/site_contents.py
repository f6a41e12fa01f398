"""The world as every source publishes it at a moment, on one site."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from soccer_assets.simulation import fonbet, fonbet_results, football_data, openfootball, understat, whoscored
from soccer_assets.simulation.site import Body
from soccer_assets.simulation.world import World

#: Folder on the site to what stands in it; football-data.co.uk is at the root.
_FOLDERS: Final[dict[str, tuple[Callable[[World, dt.datetime], Mapping[str, Body]], ...]]] = {
    "openfootball": (openfootball.files,),
    "understat": (understat.files,),
    "whoscored": (whoscored.files,),
    "fonbet": (fonbet.files, fonbet_results.files),
}


def files(world: World, as_of: dt.datetime) -> dict[str, Body]:
    """Address on the site -> body of all sources at `as_of` (zone-aware); football-data.co.uk as of that morning."""
    bodies: dict[str, Body] = dict(football_data.files(world, as_of.astimezone(dt.UTC).date()))
    for folder, publishers in _FOLDERS.items():
        for publisher in publishers:
            bodies |= {f"{folder}/{path}": body for path, body in publisher(world, as_of).items()}
    return bodies


def settings(url: str) -> dict[str, str]:
    """The environment variables that send the platform to a site at `url` for every source."""
    return {"SOCCER_FOOTBALL_DATA_URL": url} | {f"SOCCER_{name.upper()}_URL": f"{url}/{name}" for name in _FOLDERS}
