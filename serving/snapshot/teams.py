"""The registry of clubs in memory: one row per club with every name it has."""

import polars as pl

from serving.contracts import Team
from serving.snapshot.view import View

NAME = ("source", "name", "script")


class TeamView(View[Team]):
    """Clubs by id; country, sex and kind of a club are those of most of its names."""

    def __init__(self, sightings: pl.DataFrame) -> None:
        names = sightings.group_by("team_id", *NAME).agg(
            first_seen=pl.col("match_date").min(), last_seen=pl.col("match_date").max()
        )
        clubs = sightings.group_by("team_id").agg(
            *(pl.col(name).mode().sort().first() for name in ("country", "sex", "kind")),
            leagues=pl.col("league").unique().sort(),
        )
        names_of_club = (
            names.sort("team_id", *NAME)
            .group_by("team_id")
            .agg(
                names=pl.struct(*NAME, "first_seen", "last_seen"),
                searched=pl.col("name").str.to_lowercase().str.join("\n"),
            )
        )
        super().__init__(clubs.join(names_of_club, on="team_id"), Team, ("team_id",))

    def search(self, league: str | None, name: str | None) -> pl.DataFrame:
        """Clubs that ever played in the league and of which a name contains the text, whatever its case."""
        rows = self.rows
        if league is not None:
            rows = rows.filter(pl.col("leagues").list.contains(league))
        if name is not None:
            rows = rows.filter(pl.col("searched").str.contains(name.lower(), literal=True))
        return rows
