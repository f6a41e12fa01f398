"""What is known of every match of the world at a moment: where it stands, when it is played, how it ended."""

import datetime as dt
from typing import Final

import polars as pl

from soccer_assets.simulation.world import World

MATCH_TIME: Final = dt.timedelta(minutes=115)
EXTRA_TIME: Final = dt.timedelta(minutes=45)
#: A match that was called off has no new date for so many days.
WITHOUT_A_DATE: Final = dt.timedelta(days=5)
GOALS: Final = ("FTHG", "FTAG", "HTHG", "HTAG", "ETHG", "ETAG", "PHG", "PAG")


def kick_off_at() -> pl.Expr:
    """UTC kick-off from match_date and kick_off, which are UK local."""
    local = pl.col("match_date").dt.combine(pl.col("kick_off")).dt.replace_time_zone("Europe/London")
    return local.dt.convert_time_zone("UTC")


def timetable(world: World, as_of: dt.datetime) -> pl.DataFrame:
    """Every match that anybody knows of at `as_of` (zone-aware), in order of kick-off.

    The columns are those of `world.matches` and `world.cups`, of which match_date and kick_off are as announced by
    then, and further kick_off_at (UTC) and status: scheduled, in_play, finished, postponed, abandoned, awarded. Goals
    are null until they are a result. Cup matches appear when they are drawn.
    """
    day = as_of.astimezone(dt.UTC).date()
    drawn = world.cups.filter(pl.col("drawn_on") <= day)
    states = pl.concat([world.matches, drawn], how="diagonal").join(world.disruptions, on="key", how="left")
    awarded = pl.col("kind") == "awarded"
    unknown = pl.col("known_on") > day
    homeless = (pl.col("kind") == "postponed") & ~unknown & (pl.col("known_on") > day - WITHOUT_A_DATE)
    earlier = (unknown & ~awarded) | homeless
    states = states.with_columns(
        match_date=pl.when(earlier).then("from_date").otherwise("match_date"),
        kick_off=pl.when(earlier).then("from_kick_off").otherwise("kick_off"),
    ).with_columns(kick_off_at=kick_off_at())
    beyond = pl.when(pl.col("ETHG").is_not_null()).then(pl.lit(EXTRA_TIME)).otherwise(pl.lit(dt.timedelta()))
    over = pl.col("kick_off_at") + MATCH_TIME + beyond <= as_of
    status = (
        pl.when(homeless)
        .then(pl.lit("postponed"))
        .when(~over)
        .then(pl.when(pl.col("kick_off_at") <= as_of).then(pl.lit("in_play")).otherwise(pl.lit("scheduled")))
        .when(awarded)
        .then(pl.when(unknown).then(pl.lit("abandoned")).otherwise(pl.lit("awarded")))
        .otherwise(pl.lit("finished"))
    )
    states = states.with_columns(status=status)
    settled = pl.col("status").is_in(["finished", "awarded"])
    return states.with_columns(pl.when(settled).then(name).alias(name) for name in GOALS).sort("kick_off_at", "key")


def shown_by(source: str, world: World, as_of: dt.datetime) -> pl.DataFrame:
    """The timetable of the matches a source shows, with its event_id, and home, away and ids as it writes them."""
    written = world.events.filter(source=source).drop("source")
    return timetable(world, as_of).drop("home", "away").join(written, on="key", maintain_order="left")
