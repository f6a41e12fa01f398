"""The clubs: a search by name, or the clubs of each league's newest season."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from serving.pages.page import Asked, Page
from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import FOOTBALL_DATA

PARAMETERS = ("name", "league")


def teams(asked: Asked) -> Page:
    """The page."""
    name, league = asked.query.get("name"), asked.query.get("league")
    matching = asked.table("/teams", name=name, league=league) if asked.query else None
    context = {
        "matching": matching,
        "clubs": sorted(((club_name(row), row) for row in matching.rows), key=lambda club: club[0]) if matching else [],
        "leagues": [] if matching else _clubs_by_league(asked),
        "known": [LEAGUES[code] for code in LEAGUES if code in set(asked.snapshot.matches.rows["league"].unique())],
    }
    return Page("teams.html", context)


def club_name(team: Mapping[str, Any]) -> str:
    """The name that pages call a club by: the newest one of the source that is trusted most."""
    return str(max(team["names"], key=lambda name: (name["source"] == FOOTBALL_DATA, name["last_seen"]))["name"])


def _clubs_by_league(asked: Asked) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each league that has matches, with the ids and names of the clubs of its newest season."""
    rows: pl.DataFrame = asked.snapshot.matches.rows
    newest = pl.col("season").sort_by("match_date").last().over("league")
    clubs = (
        pl.concat(
            rows.select("league", "season", "match_date", id=f"{side}_id", name=side) for side in ("home", "away")
        )
        .filter(pl.col("season") == newest)
        .sort("match_date")
        .unique(["league", "id"], keep="last")
        .sort("name")
    )
    by_league = clubs.partition_by("league", as_dict=True)
    return [(code, by_league[code,].select("id", "name").rows()) for code in LEAGUES if (code,) in by_league]
