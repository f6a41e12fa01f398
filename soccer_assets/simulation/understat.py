"""The world on the league pages of Understat: expected goals, a noisy measurement of the true mean goals.

A season comes in both of the source's forms: as JSON for its own pages, and as a page with every character beyond
letters and digits escaped in a script.
"""

import datetime as dt
import json
from typing import Any, Final

import numpy as np

from soccer_assets.leagues import NAMES_AT
from soccer_assets.simulation.public_state import shown_by
from soccer_assets.simulation.world import World

#: Variance of the expected goals of a match about its mean goals, relative to the latter.
SPREAD: Final = 0.35


def files(world: World, as_of: dt.datetime) -> dict[str, bytes]:
    """`getLeagueData/EPL/2023` and `league/EPL/2023` -> body, and so on: every match of a season."""
    measured = np.random.default_rng([world.seed, 2])
    everything = world.events.filter(source="understat").join(
        world.matches.select("key", "home_rate", "away_rate"), on="key", maintain_order="left"
    )
    rates = everything.select("home_rate", "away_rate").to_numpy()
    figures = dict(zip(everything["key"], measured.gamma(rates / SPREAD, SPREAD).tolist(), strict=True))
    bodies = {}
    for (league, start), matches in shown_by("understat", world, as_of).group_by(
        "league", "season_start", maintain_order=True
    ):
        path = f"{NAMES_AT['understat'][str(league)]}/{start}"
        dates = [_match(row, figures[row["key"]]) for row in matches.iter_rows(named=True)]
        bodies[f"getLeagueData/{path}"] = json.dumps({"teams": {}, "players": [], "dates": dates}).encode()
        bodies[f"league/{path}"] = _page(json.dumps(dates))
    return bodies


def _match(row: dict[str, Any], figures: list[float]) -> dict[str, Any]:
    played = row["status"] == "finished"
    sides = ("h", "a")
    goals = dict(zip(sides, (row["FTHG"], row["FTAG"]), strict=True))
    return {
        "id": row["event_id"],
        "isResult": played,
        "h": {"id": row["home_id"], "title": row["home"], "short_title": row["home"][:3].upper()},
        "a": {"id": row["away_id"], "title": row["away"], "short_title": row["away"][:3].upper()},
        "goals": {side: str(goals[side]) if played else None for side in sides},
        "xG": {side: f"{value:.6g}" if played else None for side, value in zip(sides, figures, strict=True)},
        "datetime": f"{row['kick_off_at']:%Y-%m-%d %H:%M:%S}",
    }


def _page(text: str) -> bytes:
    escaped = "".join(
        chr(byte) if byte < 128 and (chr(byte).isalnum() or chr(byte) == ",") else f"\\x{byte:02X}"
        for byte in text.encode()
    )
    script = f"<script>\n\tvar datesData \t= JSON.parse('{escaped}');\n</script>"
    return f"<!DOCTYPE html>\n<html><head><title>xG</title></head><body>\n{script}\n</body></html>\n".encode()
