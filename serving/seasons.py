"""Seasons on demand: a client's table and matches left, played with the newest ratings."""

import polars as pl

from serving.clubs import Clubs
from serving.jobs.contracts import ClubAtEnd, SeasonPayload, SeasonResult
from soccer_assets.predictions.season.from_table import ClubInTable, season_from_table
from soccer_assets.predictions.season.schema import SEASON_EVENTS
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake


def play_season(payload: SeasonPayload, clubs: Clubs, lake: Lake) -> SeasonResult:
    """The end of a season that begins with a table.

    Raises:
        ForecastRefusedError: an unknown league or club.
        SeasonError: the season cannot be played.
    """
    settings, table = Settings.read(), []
    for line in payload.table:
        club = clubs.club(payload.league, line.club)
        table.append(ClubInTable(club.id, club.name, line.points, line.goal_difference, line.goals_for))
    left = None if payload.left is None else [
        (clubs.club(payload.league, pair.home).id, clubs.club(payload.league, pair.away).id) for pair in payload.left
    ]  # fmt: skip
    ids = [line.team_id for line in table]
    ratings = lake.scan("team_ratings", None, payload.date).filter(pl.col("team_id").is_in(ids)).collect()
    rows = season_from_table(payload.league, payload.date, table, left, ratings, settings.season_runs, settings.seed)
    first = rows.row(0, named=True)
    ends = [
        ClubAtEnd(
            events={event: row[f"p_{event}"] for event in SEASON_EVENTS if row[f"p_{event}"] is not None},
            **{name: row[name] for name in ClubAtEnd.__struct_fields__ if name != "events"},
        )
        for row in rows.sort("points_expected", descending=True).iter_rows(named=True)
    ]
    return SeasonResult(
        first["league"], first["season"], payload.date, first["runs"], first["seed"], first["assumed"], ends
    )
