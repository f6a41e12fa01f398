"""Elo ratings of clubs over every match of a country's pyramid (Elo 1978; goal margin after Hvattum and Arntzen 2010).

A club keeps its rating from one league to another. One that appears for the first time enters below the average of
the league it enters, or, in a league's first season here, at the level of its tier.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from soccer_assets.features.schema import TEAM_RATINGS
from soccer_assets.leagues import LEAGUES

TOP_TIER_RATING = 1500.0
TIER_STEP = 120.0
SCALE = 400.0


@dataclass(frozen=True)
class EloParameters:
    """`step` points move for a one-goal surprise; `margin` is the exponent of 1 + goal difference."""

    step: float = 12.0
    margin: float = 0.9
    home_advantage: float = 65.0
    entry_below_average: float = 60.0


def rate(matches: pl.DataFrame, parameters: EloParameters | None = None) -> pl.DataFrame:
    """Each club's rating before and after each finished match, two rows a match."""
    p = parameters or EloParameters()
    played = matches.filter(pl.col("status") == "finished").sort("match_date", "match_id")
    ratings: dict[str, float] = {}
    leagues: dict[str, dict[str, dt.date]] = {}
    began: dict[str, dt.date] = {}
    sides: tuple[list[float], list[float]] = ([], [])
    after: tuple[list[float], list[float]] = ([], [])
    columns = ("match_date", "league", "home_id", "away_id", "home_goals", "away_goals")
    for date, league, home, away, home_goals, away_goals in played.select(columns).iter_rows():
        members = leagues.setdefault(league, {})
        began.setdefault(league, date)
        for club in (home, away):
            if club not in ratings:
                ratings[club] = _entry(league, date, began[league], members, ratings, p)
            members[club] = date
        home_before, away_before = ratings[home], ratings[away]
        expected = 1.0 / (1.0 + 10.0 ** ((away_before - home_before - p.home_advantage) / SCALE))
        difference = home_goals - away_goals
        score = 0.5 if difference == 0 else float(difference > 0)
        moved = p.step * (1.0 + abs(difference)) ** p.margin * (score - expected)
        ratings[home], ratings[away] = home_before + moved, away_before - moved
        sides[0].append(home_before)
        sides[1].append(away_before)
        after[0].append(ratings[home])
        after[1].append(ratings[away])
    rows = [
        played.select("match_date", "match_id", "league", team_id=f"{side}_id").with_columns(
            elo_before=pl.Series(sides[i], dtype=pl.Float64), elo_after=pl.Series(after[i], dtype=pl.Float64)
        )
        for i, side in enumerate(("home", "away"))
    ]
    return TEAM_RATINGS.conform(pl.concat(rows))


def _entry(
    league: str,
    date: dt.date,
    began: dt.date,
    members: dict[str, dt.date],
    ratings: dict[str, float],
    p: EloParameters,
) -> float:
    """Rating of a club never seen: below those that played in its league within a year."""
    active = [ratings[club] for club, last in members.items() if (date - last).days < 365]
    if len(active) < 8 or (date - began).days < 60:
        return TOP_TIER_RATING - TIER_STEP * (LEAGUES[league].tier - 1)
    return sum(active) / len(active) - p.entry_below_average
