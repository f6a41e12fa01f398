"""The registry of clubs in memory: one row per club with every name it has."""

import unicodedata

import polars as pl

from serving.contracts import Team
from serving.snapshot.view import View

NAME = ("source", "name", "script")


def fold(text: str) -> str:
    """A text in small letters and without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


class TeamView(View[Team]):
    """Clubs by id; country, sex and kind of a club are those of most of its names."""

    def __init__(self, teams: pl.LazyFrame) -> None:
        sightings = teams.collect()
        names = sightings.group_by("team_id", *NAME).agg(
            first_seen=pl.col("match_date").min(), last_seen=pl.col("match_date").max()
        )
        clubs = sightings.group_by("team_id").agg(
            *(pl.col(name).mode().sort().first() for name in ("country", "sex", "kind")),
            leagues=pl.col("league").unique().sort(),
        )
        folded = {name: fold(name) for name in names["name"].unique().to_list()}
        names = names.with_columns(folded=pl.col("name").replace_strict(folded, return_dtype=pl.String))
        names_of_club = (
            names.sort("team_id", *NAME)
            .group_by("team_id")
            .agg(
                names=pl.struct(*NAME, "first_seen", "last_seen"),
                searched=pl.col("folded").str.join("\n"),
            )
        )
        super().__init__(clubs.join(names_of_club, on="team_id"), Team, ("team_id",), key="team_id")
