"""The seasons of a range of match dates: the days on which a forecast differs, and the rows of all of them."""

import datetime as dt
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import polars as pl

from soccer_assets.errors import SeasonError
from soccer_assets.leagues import LEAGUES, season_label
from soccer_assets.matches.schema import ON, SCORED
from soccer_assets.predictions.season.changes import Day, change_rows
from soccer_assets.predictions.season.forecast import simulate
from soccer_assets.predictions.season.forecast_rows import forecast_rows
from soccer_assets.predictions.season.rules.league_rules import LEAGUE_RULES
from soccer_assets.predictions.season.rules.rules import Rules, rules_of
from soccer_assets.predictions.season.schema import SEASON_CHANGES, SEASON_FORECASTS
from soccer_assets.predictions.season.standings.counting import season_state
from soccer_assets.predictions.season.strengths import COLUMNS, GOALS_COLUMNS, strengths_of
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.tables import TableRows, quarantine, refused

#: Matches are read so many days before the dates: no season is longer.
SEASON_AROUND: Final = 400
MATCH_COLUMNS: Final = (
    DATE, "match_id", "league", "season", "status", "home", "away", "home_id", "away_id", "home_goals", "away_goals",
)  # fmt: skip
RATING_COLUMNS: Final = (DATE, "team_id", "league", *(name for names in COLUMNS.values() for name in names),
                         *GOALS_COLUMNS)  # fmt: skip
ONE_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class SeasonsOfRange:
    """Rows of `season_forecasts`, with the seasons refused in its quarantine, and rows of `season_changes`."""

    forecasts: TableRows
    changes: pl.DataFrame


def seasons_of_range(
    matches: pl.LazyFrame, ratings: pl.LazyFrame, first: dt.date, last: dt.date, runs: int, seed: int
) -> SeasonsOfRange:
    """Return the forecasts of every season on each day from `first` to `last` on which its table is a new one.

    Args:
        matches: rows of `matches`, a season before the dates, and `counting.PUBLISHED_DAYS` after them.
        ratings: rows of `team_ratings` before the last date.
        first: the first match date, inclusive.
        last: the last one, inclusive.
        runs: how often a season is played.
        seed: of all random numbers.
    """
    rows = matches.select(MATCH_COLUMNS).filter(pl.col("status").is_in(ON)).collect()
    seasons = [season for season in rows.partition_by("league", "season") if days_of(season, first, last)]
    clubs = pl.concat([pl.Series(dtype=pl.String), *(season["home_id"] for season in seasons)]).unique()
    rated = ratings.select(RATING_COLUMNS).filter(pl.col("team_id").is_in(clubs.implode())).collect()
    clubs_of = dict(rows.group_by("league", "season").agg(pl.col("home_id").n_unique()).select(
        pl.concat_str("league", "season", separator=" "), "home_id").rows())  # fmt: skip
    made = partial(_season, ratings=rated, clubs_of=clubs_of, first=first, last=last, runs=runs, seed=seed)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # the loops over runs hold no lock of the interpreter
        parts = list(pool.map(made, seasons))
    forecasts, changes, bad = (
        pl.concat([empty, *(frame for part in parts for frame in part[column])])
        for column, empty in enumerate((SEASON_FORECASTS.empty(), SEASON_CHANGES.empty(), _no_refusals()))
    )
    return SeasonsOfRange(TableRows(SEASON_FORECASTS.conform(forecasts), bad), SEASON_CHANGES.conform(changes))


def days_of(season: pl.DataFrame, first: dt.date, last: dt.date) -> list[dt.date]:
    """The days from `first` to `last` on which a season's table is a new one: that of its first match, and those after.

    Args:
        season: rows of `matches` of one league and season.
        first: the first day, inclusive.
        last: the last one, inclusive.
    """
    played = season.filter(pl.col("status").is_in(SCORED))[DATE] + ONE_DAY
    begins: dt.date = season[DATE].min()  # type: ignore[assignment]
    return sorted(day for day in {begins, *played.to_list()} if first <= day <= last)


def _season(
    season: pl.DataFrame,
    ratings: pl.DataFrame,
    clubs_of: Mapping[str, int],
    first: dt.date,
    last: dt.date,
    runs: int,
    seed: int,
) -> tuple[list[pl.DataFrame], list[pl.DataFrame], list[pl.DataFrame]]:
    """Rows of forecasts, of changes and of refusals of one season, a frame a day."""
    forecasts, changes, bad = [], [], []
    days = days_of(season, first, last)
    earlier_days = days_of(season, dt.date.min, days[0] - ONE_DAY)[-1:]
    earlier: Day | None = None
    for day in (*earlier_days, *days):
        try:
            later = day_of(season, ratings, _rules(season, clubs_of), day, runs, seed)
        except SeasonError as error:
            earlier = None
            bad += [_refusal(season, day, error)] if day >= first else []
            continue
        if day >= first:
            forecasts.append(forecast_rows(later.state, later.strengths, later.runs, seed))
            changes += [change_rows(earlier, later, seed)] if earlier else []
        earlier = later
    return forecasts, changes, bad


def _rules(season: pl.DataFrame, clubs_of: Mapping[str, int]) -> Rules:
    """The rules of a season, for as many clubs as last season had where that is what it shows and the rules differ.

    `clubs_of` are clubs by league and season, such as `E0 2023/24`.
    """
    code, label = season.select("league", "season").row(0)
    league, start = LEAGUES[code], int(label[:4])
    rules, clubs = rules_of(LEAGUE_RULES, code, start), clubs_of[f"{code} {label}"]
    if clubs != clubs_of.get(f"{code} {season_label(league, start - 1)}") or clubs == rules.clubs or rules.groups:
        return rules
    return replace(rules, clubs=clubs, assumed=(*rules.assumed, "clubs"))


def day_of(season: pl.DataFrame, ratings: pl.DataFrame, rules: Rules, day: dt.date, runs: int, seed: int) -> Day:
    """Return the forecast of a season as of the morning of a day.

    Raises:
        SeasonError: the season cannot be forecast.
    """
    state = season_state(season, rules, day)
    strengths = strengths_of(state, ratings.filter(pl.col("team_id").is_in(state.clubs)))
    return Day(state, strengths, simulate(state, strengths, runs, seed))


def _refusal(season: pl.DataFrame, day: dt.date, error: SeasonError) -> pl.DataFrame:
    row = season.head(1).with_columns(pl.lit(day).alias(DATE), payload_id=pl.lit(None, pl.String),
                                      line=pl.lit(None, pl.Int64))  # fmt: skip
    return refused(row, origin=pl.lit("matches"), reason=pl.lit(str(error)), record=("league", "season"))


def _no_refusals() -> pl.DataFrame:
    return quarantine(SEASON_FORECASTS.name).empty()
