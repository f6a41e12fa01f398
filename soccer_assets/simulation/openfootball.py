"""The world in the files of football.json: official names, local times, and what is awarded said in words."""

import datetime as dt
import json
from typing import Any, Final
from zoneinfo import ZoneInfo

from soccer_assets.leagues import LEAGUES, NAMES_AT
from soccer_assets.simulation.cups import CUPS
from soccer_assets.simulation.public_state import shown_by
from soccer_assets.simulation.world import World

CUP_FILES: Final = {"England": "en.cup", "Spain": "es.cup"}
#: Statuses of which the source keeps silent: the score tells.
SILENT: Final = ("scheduled", "in_play", "finished")


def files(world: World, as_of: dt.datetime) -> dict[str, bytes]:
    """`2023-24/en.1.json` and so on -> body: all matches of a season, those to come without a score."""
    bodies = {}
    for (country, league, start), matches in shown_by("openfootball", world, as_of).group_by(
        "country", "league", "season_start", maintain_order=True
    ):
        code = CUP_FILES[str(country)] if league in CUPS.values() else str(NAMES_AT["openfootball"][str(league)])
        zone = next(each.zone for each in LEAGUES.values() if each.country == country)
        year = int(str(start))
        title = league if league in CUPS.values() else LEAGUES[str(league)].name
        document = {
            "name": f"{country} {title} {year}/{(year + 1) % 100:02d}",
            "matches": [_match(row, zone) for row in matches.iter_rows(named=True)],
        }
        body = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
        bodies[f"{year}-{(year + 1) % 100:02d}/{code}.json"] = body
    return dict(sorted(bodies.items()))


def _match(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    local = row["kick_off_at"].astimezone(zone)
    match = {"round": row["round"] or "Matchday", "date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}
    match |= {"team1": row["home"], "team2": row["away"]}
    if row["status"] not in SILENT:
        match["status"] = row["status"].upper()
    if row["FTHG"] is not None:
        match["score"] = _score(row)
    return match


def _score(row: dict[str, Any]) -> dict[str, list[int]]:
    score = {"ft": [row["FTHG"], row["FTAG"]]}
    if row["status"] != "awarded":
        score["ht"] = [row["HTHG"], row["HTAG"]]
    if row["ETHG"] is not None:
        score["et"] = [row["FTHG"] + row["ETHG"], row["FTAG"] + row["ETAG"]]
    if row["PHG"] is not None:
        score["p"] = [row["PHG"], row["PAG"]]
    return score
