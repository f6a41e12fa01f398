"""The registry of clubs in memory: one row per club with every name it goes by."""

import polars as pl

from serving.api.filters import Paging
from serving.contracts import Page, Team

NAME = ("source", "name", "script")


class TeamBook:
    """Clubs by id; a club is what most of its names say it is."""

    def __init__(self, sightings: pl.DataFrame) -> None:
        names = sightings.group_by("team_id", *NAME).agg(
            first_seen=pl.col("match_date").min(), last_seen=pl.col("match_date").max()
        )
        clubs = sightings.group_by("team_id").agg(
            *(pl.col(name).mode().sort().first() for name in ("country", "sex", "kind")),
            leagues=pl.col("league").unique().sort(),
        )
        called = (
            names.sort("team_id", *NAME)
            .group_by("team_id")
            .agg(
                names=pl.struct(*NAME, "first_seen", "last_seen"),
                words=pl.col("name").str.to_lowercase().str.join("\n"),
            )
        )
        self._rows = clubs.join(called, on="team_id").sort("team_id")

    def page(self, league: str | None, name: str | None, paging: Paging) -> Page[Team]:
        """Clubs that ever played in the league and of which a name holds the text, whatever its case."""
        rows = self._rows
        if league is not None:
            rows = rows.filter(pl.col("leagues").list.contains(league))
        if name is not None:
            rows = rows.filter(pl.col("words").str.contains(name.lower(), literal=True))
        return paging.cut(rows.drop("words"), Team)
