"""The season of a match, and the days between which a season lies.

A season is the one its source states. A record whose source states none is of the season whose archive of
football-data.co.uk holds its pairing or is played around its date, else of the league's calendar.
"""

import datetime as dt
from dataclasses import replace
from typing import Final

import polars as pl

from soccer_assets.leagues import LEAGUES, SEASON_MARGIN, League, season_days
from soccer_assets.matches.schema import SCORED

#: Share of the meetings of all clubs, home and away, from which on an archive holds its season to the end.
COMPLETE: Final = 0.95
#: A source labels at most this share of a season's matches with the season beside their own.
MOST_MISLABELLED: Final = 0.1
#: With a larger share of its matches outside the days of the season, a label is none of them.
MOST_FORGOTTEN: Final = 0.5
SEASON: Final = ["league", "season"]
#: Leagues in which two clubs meet once a season at one's ground, play-offs not being in the archives.
SINGLE_MEETINGS: Final = tuple(code for code, league in LEAGUES.items() if league.single_meetings)


def calendar_seasons(dates: pl.DataFrame, archives: pl.DataFrame) -> pl.DataFrame:
    """Add `calendar`, the season of each `league` and `match_date` by the calendar of the league.

    A league that left its calendar keeps the one of its newest archived season.
    """
    days = dates.select("league", "match_date").unique().drop_nulls().sort("match_date")
    archived = archives.select("league", "match_date", archived="season").drop_nulls().sort("match_date")
    days = days.join_asof(archived, on="match_date", by="league", check_sortedness=False)
    labels = [_calendar_season(LEAGUES[code], day, archived) for code, day, archived in days.rows()]
    days = days.select("league", "match_date", calendar=pl.Series(labels, dtype=pl.String))
    return dates.join(days, on=["league", "match_date"], how="left", maintain_order="left")


def _calendar_season(league: League, day: dt.date, archived: str | None) -> str:
    if archived is not None and (league.autumn_from is None or day < league.autumn_from):
        league = replace(league, calendar_year="/" not in archived, autumn_from=None)
    return league.season(day)


def seasons_by_archives(records: pl.DataFrame, archives: pl.DataFrame) -> pl.Series:
    """The season of each record by its date, in its order.

    Args:
        records: league, match_date and, where they are known, home_id and away_id.
        archives: matches of the archives: league, season, match_date, home_id, away_id.
    """
    numbered = calendar_seasons(records.select("league", "match_date", "home_id", "away_id"), archives).with_row_index(
        "_n"
    )
    nearest = (
        numbered.sort("match_date")
        .join_asof(
            archives.select("league", "season", "match_date").sort("match_date"),
            on="match_date",
            by="league",
            strategy="nearest",
            tolerance=SEASON_MARGIN,
            check_sortedness=False,
        )
        .filter(pl.col("season") != pl.col("calendar"))
    )
    sides = ("home_id", "away_id")
    clubs = pl.concat([archives.select(*SEASON, club=side) for side in sides]).unique()
    meetings = archives.group_by(*SEASON, *sides).agg(dates="match_date")
    for side in sides:
        nearest = nearest.join(clubs.rename({"club": side}), on=[*SEASON, side], how="semi", nulls_equal=False)
    days = (pl.col("dates") - pl.col("match_date")).dt.total_days().abs()
    # a pairing that the season has had on a day of its own belongs to another season
    archived = (
        nearest.join(meetings, on=[*SEASON, *sides], how="left")
        .explode("dates", empty_as_null=True, keep_nulls=True)
        .group_by("_n", "season")
        .agg(held=days.min())
        .filter(pl.col("held").is_null() | (pl.col("held") <= SEASON_MARGIN.days))
    )
    joined = numbered.join(archived.select("_n", "season"), on="_n", how="left", maintain_order="left")
    return joined.select(pl.coalesce("season", "calendar").alias("season")).to_series()


def complete_seasons(records: pl.DataFrame, archives: pl.DataFrame) -> pl.DataFrame:
    """The records with a season each: the stated one, else that of most records with its `season_id`, else by date.

    A date that this season does not have counts more, where the season has the meeting on another or not the clubs. A
    season that a source states of matches most of which lie outside it is a label it forgot to change.
    """
    records = records.with_columns(season=_without_forgotten_labels(records))
    unknown = records.with_columns(home_id=pl.lit(None, pl.String), away_id=pl.lit(None, pl.String))
    dated = records.with_columns(_by_date=seasons_by_archives(unknown, archives))
    by_date = dated.with_columns(season=pl.coalesce("season", "_by_date"))
    identified = pl.col("season_id").is_not_null()
    voted = (
        by_date.filter(identified)
        .group_by("source", "league", "season_id", "season")
        .len()
        .sort("len", "season", descending=[True, False])
        .unique(["source", "league", "season_id"], keep="first", maintain_order=True)
        .select("source", "league", "season_id", voted="season")
    )
    joined = by_date.join(voted, on=["source", "league", "season_id"], how="left", maintain_order="left")
    stated = records["season"].is_not_null()
    joined = joined.with_columns(season=pl.when(stated).then("season").otherwise(pl.coalesce("voted", "season")))
    season = pl.coalesce(_of_neighbours(joined, archives), "season")
    return joined.with_columns(season=season).drop("voted", "_by_date")


def _without_forgotten_labels(records: pl.DataFrame) -> pl.Series:
    """The stated seasons; null where most matches of the source with this label lie outside the days of any such."""
    days = [(label, *season_days(label)) for label in records["season"].drop_nulls().unique().sort()]
    calendar = pl.DataFrame(days, {"season": pl.String, "opens": pl.Date, "closes": pl.Date}, orient="row")
    dated = records.select("source", *SEASON, "match_date").join(
        calendar, on="season", how="left", maintain_order="left"
    )
    outside = ~pl.col("match_date").is_between("opens", "closes")
    forgotten = outside.mean().over("source", *SEASON) > MOST_FORGOTTEN
    return dated.select(pl.when(~forgotten.fill_null(False)).then("season")).to_series()


def _of_neighbours(records: pl.DataFrame, archives: pl.DataFrame) -> pl.Series:
    """The season by date of the few records that their source has in the season before or after; else null.

    Args:
        records: with `season` by their source and `_by_date`.
        archives: matches of the archives.
    """
    file, sides = ["source", *SEASON], ("home", "away")
    rows = records.select(*file, *sides, "match_date", "_by_date").with_row_index("_n").drop_nulls(SEASON)
    bounded = rows.join(season_bounds(archives, rows), on=SEASON, how="left")
    within = bounded.filter(pl.col("match_date").is_between("begins", "ends"))
    off = bounded.filter(
        ~pl.col("match_date").is_between("begins", "ends"), pl.col("_by_date") != pl.col("season")
    ).join(within.group_by(file).len("within"), on=file)
    off = off.filter(pl.len().over(file) <= MOST_MISLABELLED * pl.col("within"))
    again = off.join(within, on=[*file, *sides], how="semi")
    clubs = pl.concat([within.select(*file, club=side) for side in sides]).unique()
    strange = [off.join(clubs.rename({"club": side}), on=[*file, side], how="anti") for side in sides]
    moved = pl.concat([again, *strange]).unique("_n").select("_n", "_by_date")
    numbered = records.select(_n=pl.int_range(pl.len(), dtype=pl.UInt32))
    return numbered.join(moved, on="_n", how="left", maintain_order="left")["_by_date"]


def season_bounds(trusted: pl.DataFrame, seasons: pl.DataFrame) -> pl.DataFrame:
    """First and last day, both inclusive, on which a match of each league and season can lie.

    Args:
        trusted: matches of the archives.
        seasons: league and season, as other sources state them.

    Returns:
        league, season, `first` (its first result), `begins`, `ends`; an archive that is not complete lets the season
        run to the end of the league's calendar, or to the day before the next season's first match. A season without
        archive lies where the calendar has it.
    """
    played = trusted.filter(pl.col("status").is_in(SCORED))
    clubs = pl.concat_list("home_id", "away_id").explode().n_unique()
    following = pl.col("first").shift(-1).over("league", order_by="first") - dt.timedelta(days=1)
    meetings = pl.col("clubs") * (pl.col("clubs") - 1)  # where clubs meet again and again, nobody knows how often
    complete = pl.col("league").is_in(SINGLE_MEETINGS) & (pl.col("matches") >= COMPLETE * meetings)
    archived = (
        played.group_by(SEASON)
        .agg(first=pl.col("match_date").min(), last=pl.col("match_date").max(), matches=pl.len(), clubs=clubs)
        .with_columns(complete=complete, following=following)
    )
    every = pl.concat([archived.select(SEASON), seasons.select(SEASON)]).unique().drop_nulls()
    days = [(label, *season_days(label)) for label in every["season"].unique().sort()]
    calendar = pl.DataFrame(days, {"season": pl.String, "opens": pl.Date, "closes": pl.Date}, orient="row")
    open_end = pl.max_horizontal("last", pl.min_horizontal("closes", "following"))
    return (
        every.join(calendar, on="season")
        .join(archived, on=SEASON, how="left")
        .select(
            *SEASON,
            "first",
            begins=pl.coalesce(pl.col("first") - SEASON_MARGIN, "opens"),
            ends=pl.when("complete").then(pl.col("last") + SEASON_MARGIN).otherwise(open_end),
        )
    )
