"""A season from a table in a file: what comes of its points and the matches left."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import polars as pl
from msgspec import Meta

from soccer_assets.club_ids import team_id
from soccer_assets.commands.table import lines_of
from soccer_assets.errors import SeasonError
from soccer_assets.leagues import LEAGUES
from soccer_assets.predictions.season.from_table import ClubInTable, season_from_table
from soccer_assets.settings import YEARS, Settings
from soccer_assets.storage.lake import Lake

#: More points or goals has no club in a season; deductions may leave it with fewer than none.
MOST = 1000


class TableLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A club as football-data.co.uk calls it, its points and goals."""

    club: Annotated[str, Meta(min_length=1, max_length=100)]
    points: Annotated[int, Meta(ge=-MOST, le=MOST)]
    goal_difference: Annotated[int, Meta(ge=-MOST, le=MOST)] = 0
    goals_for: Annotated[int, Meta(ge=0, le=MOST)] = 0


class TableFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file holds: the league, the day of the table, its lines, and home and away club of each match left."""

    league: str
    date: dt.date
    table: list[TableLine]
    left: list[tuple[str, str]] | None = None


def season(lake: Lake, file: Path, settings: Settings) -> Iterator[str]:
    """The lines of the forecast of a season that begins with the table of a JSON file.

    Raises:
        SeasonError: the file is none of that form, the league is unknown, or the season cannot be played.
    """
    try:
        asked = msgspec.json.decode(file.read_bytes(), type=TableFile)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise SeasonError(f"{file}: expected JSON with league, date, table and left, found: {error}") from None
    if asked.date.year not in YEARS:
        raise SeasonError(f"{file}: expected a date of the years {YEARS[0]} to {YEARS[-1]}, found {asked.date}")
    if asked.league not in LEAGUES:
        raise SeasonError(f"expected a division code out of {', '.join(LEAGUES)}, found {asked.league!r}")
    country = LEAGUES[asked.league].country
    table = [
        ClubInTable(team_id(country, line.club), line.club, line.points, line.goal_difference, line.goals_for)
        for line in asked.table
    ]
    left = None
    if asked.left is not None:
        left = [(team_id(country, home), team_id(country, away)) for home, away in asked.left]
    ids = [line.team_id for line in table]
    ratings = lake.scan("team_ratings", None, asked.date).filter(pl.col("team_id").is_in(ids)).collect()
    rows = season_from_table(asked.league, asked.date, table, left, ratings, settings.season_runs, settings.seed)
    yield from lines_of(rows)
