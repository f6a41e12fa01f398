"""The laws that every table of matches obeys: each gives the rows that break it."""

from collections.abc import Callable
from typing import Final

import polars as pl

from soccer_assets.matches.schema import FOOTBALL_DATA, ON, PAIR, SCORED
from soccer_assets.matches.seasons import SINGLE_MEETINGS

Law = Callable[[pl.LazyFrame], pl.DataFrame]
EXAMPLE_COLUMNS: Final = ("match_date", "match_id", "home", "away", "source")
_SEASON: Final = ["league", "season"]
#: Share of a season's results from which on football-data.co.uk has the season.
LEAST_OF_SEASON: Final = 0.5


def a_club_plays_at_most_once_a_day(matches: pl.LazyFrame) -> pl.DataFrame:
    """Over all competitions, no club has two matches that are on on one date."""
    return _repeated(_sides(matches.filter(pl.col("status").is_in(ON))), ["match_date", "club"])


def a_pair_meets_once_at_a_ground(matches: pl.LazyFrame) -> pl.DataFrame:
    """In a league of single home meetings no pair meets a second time at a ground in a season."""
    on = pl.col("status").is_in(ON) & pl.col("league").is_in(SINGLE_MEETINGS)
    return _repeated(matches.filter(on), PAIR)


def no_match_lies_before_its_season(matches: pl.LazyFrame) -> pl.DataFrame:
    """No finished match lies before the first match of its season at football-data.co.uk."""
    played = matches.filter(pl.col("status").is_in(SCORED))
    begins = _archives(played).group_by(_SEASON).agg(begins=pl.col("match_date").min())
    return _examples(played.join(begins, on=_SEASON).filter(pl.col("match_date") < pl.col("begins")))


def no_table_is_ahead_of_its_calendar(matches: pl.LazyFrame) -> pl.DataFrame:
    """No club has played more matches of its season than the season has had match days at football-data.co.uk."""
    played = matches.filter(pl.col("status").is_in(SCORED))
    days = _archives(played).select(*_SEASON, "match_date").unique()
    elapsed = days.with_columns(elapsed=pl.col("match_date").rank("dense").over(_SEASON)).sort("match_date")
    number = pl.col("match_date").rank("ordinal").over([*_SEASON, "club"])
    counted = _sides(played).with_columns(number=number).sort("match_date")
    reached = counted.join_asof(elapsed, on="match_date", by=_SEASON, check_sortedness=False)
    # later results of other sources are not judged: football-data.co.uk publishes twice a week
    newest = days.group_by(_SEASON).agg(newest=pl.col("match_date").max())
    archived = reached.join(newest, on=_SEASON).filter(pl.col("match_date") <= pl.col("newest"))
    return _examples(archived.filter(pl.col("number") > pl.col("elapsed").fill_null(0)))


LAWS: Final[dict[str, Law]] = {
    law.__name__: law
    for law in (
        a_club_plays_at_most_once_a_day,
        a_pair_meets_once_at_a_ground,
        no_match_lies_before_its_season,
        no_table_is_ahead_of_its_calendar,
    )
}


def broken_laws(matches: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    """The laws that are broken, with the rows that break them.

    Args:
        matches: whole seasons of `matches`.
    """
    rows = {name: law(matches) for name, law in LAWS.items()}
    return {name: bad for name, bad in rows.items() if len(bad)}


def _archives(played: pl.LazyFrame) -> pl.LazyFrame:
    """The matches of football-data.co.uk in the seasons it has; one fixture of its makes no season that it has."""
    own = pl.col("source") == FOOTBALL_DATA
    return played.filter(own & (own.mean().over(_SEASON) >= LEAST_OF_SEASON))


def _sides(matches: pl.LazyFrame) -> pl.LazyFrame:
    """One row per club of a match."""
    return pl.concat([matches.with_columns(club=f"{side}_id") for side in ("home", "away")])


def _repeated(matches: pl.LazyFrame, key: list[str]) -> pl.DataFrame:
    """The rows that share a key with others."""
    return _examples(matches.filter(pl.len().over(key) > 1))


def _examples(matches: pl.LazyFrame) -> pl.DataFrame:
    return matches.select(EXAMPLE_COLUMNS).unique().sort(EXAMPLE_COLUMNS).collect()
