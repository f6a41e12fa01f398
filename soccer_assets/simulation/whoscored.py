"""The world on WhoScored: the feed of each day, that of each stage and month, and a page for every match.

Times in the feeds are UTC; a page has those of its reader and none of their zone. The site knows nothing of decisions:
an awarded match shows its new score as if it had been played.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from soccer_assets.leagues import LEAGUES, NAMES_AT
from soccer_assets.simulation.cups import CUPS
from soccer_assets.simulation.public_state import shown_by
from soccer_assets.simulation.site import Body
from soccer_assets.simulation.world import World

#: Country to region: id, code.
REGIONS: Final = {"England": (252, "gb-eng"), "Spain": (206, "es"), "Norway": (155, "no")}
FIRST_CUP_ID: Final = 9_000
#: Days before and after the moment whose feeds are published.
DAYS_BEFORE: Final = 60
DAYS_AFTER: Final = 21
#: Status to the code and the word of the source.
STATUSES: Final = {
    "scheduled": (1, ""), "postponed": (2, "Post"), "in_play": (3, "45'"), "abandoned": (5, "Abd"),
    "finished": (6, "FT"), "awarded": (6, "FT"),
}  # fmt: skip
#: Statistic at the match centre to the columns of the world, home and away.
COUNTS: Final = {
    "shotsTotal": ("HS", "AS"), "shotsOnTarget": ("HST", "AST"), "cornersTotal": ("HC", "AC"),
    "foulsCommited": ("HF", "AF"),
}  # fmt: skip
CARDS: Final = {"Yellow": ("HY", "AY"), "Red": ("HR", "AR")}


def files(world: World, as_of: dt.datetime) -> dict[str, Body]:
    """Feeds of the days about `as_of` and of every stage and month, and match pages, made when they are asked for."""
    rows = shown_by("whoscored", world, as_of).to_dicts()
    days: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    months: defaultdict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    bodies: dict[str, Body] = {}
    for row in rows:
        days[f"{row['kick_off_at']:%Y%m%d}"].append(row)
        months[stage_id(row["league"], row["season_start"]), f"{row['kick_off_at']:%Y%m}"].append(row)
        bodies[f"Matches/{row['event_id']}/Live"] = partial(_page_for, row)
    for offset in range(-DAYS_BEFORE, DAYS_AFTER + 1):
        day = f"{as_of + dt.timedelta(offset):%Y%m%d}"
        bodies[f"livescores/data?d={day}&isSummary=false"] = _feed(days[day])
    for (stage, month), matches in months.items():
        bodies[f"tournaments/{stage}/data/?d={month}&isAggregate=false"] = _feed(matches)
    return bodies


def stage_id(league: str, season_start: int) -> int:
    """A stage is one season of a tournament."""
    return _tournament(league) * 100 + season_start % 100


def _tournament(league: str) -> int:
    cups = list(CUPS.values())
    return FIRST_CUP_ID + cups.index(league) if league in cups else int(NAMES_AT["whoscored"][league])


def _title(league: str) -> str:
    return LEAGUES[league].name if league in LEAGUES else league


def _season(row: dict[str, Any]) -> str:
    start: int = row["season_start"]
    calendar_year = any(league.calendar_year for league in LEAGUES.values() if league.country == row["country"])
    return str(start) if calendar_year else f"{start}/{start + 1}"


def _feed(rows: list[dict[str, Any]]) -> bytes:
    stages: defaultdict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        stages[row["league"], row["season_start"]].append(row)
    tournaments = [_stage(matches) for matches in stages.values()]
    return json.dumps({"tournaments": tournaments}, ensure_ascii=False).encode()


def _stage(rows: list[dict[str, Any]]) -> dict[str, Any]:
    first = rows[0]
    region, code = REGIONS[first["country"]]
    stage = stage_id(first["league"], first["season_start"])
    return {
        "tournamentId": _tournament(first["league"]),
        "tournamentName": _title(first["league"]),
        "regionId": region,
        "regionCode": code,
        "regionName": first["country"],
        "seasonId": stage,
        "seasonName": _season(first),
        "stageId": stage,
        "stageName": _title(first["league"]),
        "sex": 1,
        "matches": [_match(row) for row in rows],
    }


def _final(row: dict[str, Any]) -> tuple[int, int]:
    """The score as shown: after extra time, without the shoot-out."""
    return row["FTHG"] + (row["ETHG"] or 0), row["FTAG"] + (row["ETAG"] or 0)


def _elapsed(row: dict[str, Any]) -> str:
    if row["PHG"] is not None:
        return "PEN"
    return "AET" if row["ETHG"] is not None else STATUSES[row["status"]][1]


def _match(row: dict[str, Any]) -> dict[str, Any]:
    ended = row["FTHG"] is not None
    match = {
        "id": int(row["event_id"]),
        "startTimeUtc": f"{row['kick_off_at']:%Y-%m-%dT%H:%M:%S}.0000000Z",
        "status": STATUSES[row["status"]][0],
        "elapsed": _elapsed(row),
        "periodResults": f"HT {row['HTHG']}:{row['HTAG']} FT {row['FTHG']}:{row['FTAG']}" if ended else "",
    }
    for i, (side, letter) in enumerate((("home", "H"), ("away", "A"))):
        match |= {
            f"{side}TeamId": int(row[f"{side}_id"]),
            f"{side}TeamName": row[side],
            f"{side}Score": _final(row)[i] if ended else None,
            f"{side}YellowCards": row[f"{letter}Y"] if ended else 0,
            f"{side}RedCards": row[f"{letter}R"] if ended else 0,
        }
    return match


def _page_for(row: dict[str, Any], query: str) -> bytes:
    """The page of a match: the address of its tournament, and the match centre in a script with bare keys."""
    centre = json.dumps(_centre(row), ensure_ascii=False)
    region, tournament = REGIONS[row["country"]][0], _tournament(row["league"])
    season = stage_id(row["league"], row["season_start"])
    title = f"{row['home']} - {row['away']} - {_title(row['league'])} {_season(row)} Live"
    slug = f"{row['country']}-{_title(row['league'])}-{_season(row)}".lower().replace(" ", "-").replace("/", "-")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><title>{title}</title>\n'
        f'<link rel="canonical" href="https://www.whoscored.com/matches/{row["event_id"]}/live/{slug}">\n</head>\n<body>\n'
        f'<div id="breadcrumb-nav"><span>{row["country"]}</span>'
        f'<a href="/regions/{region}/tournaments/{tournament}/seasons/{season}/stages/{season}/{slug}">'
        f"{_title(row['league'])} - {_season(row)}</a></div>\n"
        f'<script>\n        require.config.params["args"] = {{\n            matchId:{row["event_id"]},\n'
        f"            matchCentreData: {centre},\n"
        f'            matchCentreEventTypeJson: {{"shotSixYardBox":0}}\n        }};\n</script>\n</body>\n</html>\n'
    ).encode()


def _centre(row: dict[str, Any]) -> dict[str, Any]:
    ended = row["FTHG"] is not None
    local = f"{row['kick_off_at']:%Y-%m-%dT%H:%M:%S}"

    def score(home: int | None, away: int | None) -> str:
        return "" if home is None or away is None else f"{home} : {away}"

    beyond = row["ETHG"] is not None
    return {
        "timeStamp": local.replace("T", " "),
        "attendance": 0,
        "venueName": f"{row['home']} Ground",
        "referee": {"officialId": 1, "name": row["Referee"]} if ended else None,
        "elapsed": _elapsed(row),
        "startTime": local,
        "startDate": f"{local[:10]}T00:00:00",
        "score": score(*_final(row)) if ended else "",
        "htScore": score(row["HTHG"], row["HTAG"]),
        "ftScore": score(row["FTHG"], row["FTAG"]),
        "etScore": score(*_final(row)) if beyond else "",
        "pkScore": score(row["PHG"], row["PAG"]),
        "statusCode": STATUSES[row["status"]][0],
        "home": _side(row, "home", 0, ended),
        "away": _side(row, "away", 1, ended),
    }


def _side(row: dict[str, Any], side: str, i: int, ended: bool) -> dict[str, Any]:
    stats = {name: dict(_minutes(row[columns[i]])) for name, columns in COUNTS.items()} if ended else {}
    if ended:
        shots = [row[column] for column in COUNTS["shotsTotal"]]
        stats["possession"] = {"90": round(400 * (shots[i] + 5) / (sum(shots) + 10))}
    cards = [
        {"cardType": {"displayName": name}, "type": {"displayName": "Card"}}
        for name, columns in CARDS.items()
        for _ in range(row[columns[i]] if ended else 0)
    ]
    return {"teamId": int(row[f"{side}_id"]), "name": row[side], "field": side, "stats": stats, "incidentEvents": cards}


def _minutes(count: int) -> Iterator[tuple[str, float]]:
    """The count over the minutes of a match."""
    yield from ((str(90 * number // count), 1.0) for number in range(min(count, 90)))
