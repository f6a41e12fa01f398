"""Clubs that football-data.co.uk spells in two ways within a season, of which a name alone would make two clubs."""

import datetime as dt
from collections import defaultdict
from typing import Final

import polars as pl

from soccer_assets.linking.names import Scorer

#: Names are judged when the league has had so many match days of a club: by then two clubs have played on one day.
LEAST_DAYS: Final = 6
#: A club has no two matches within so many days.
REST_DAYS: Final = 1
#: Two names are as likely one club's as this, at least.
SURE: Final = 0.8
Days = set[dt.date]


def second_names(records: pl.DataFrame, scorer: Scorer) -> dict[str, str]:
    """The id of each second name of a club, with the id that counts: that of the name it has on most days.

    Two names are one club's when they are alike and, in a season, never play each other nor within a day of each other,
    nor on more days together than another club. Two clubs of a league play in the same rounds.

    Args:
        records: of football-data.co.uk, with league, season, match_date and, by side, the name and the id of the club.
        scorer: likeness of two names.
    """
    columns = ("league", "season", "match_date")
    clubs = pl.concat([records.select(*columns, club=f"{side}_id", name=side) for side in ("home", "away")])
    clubs = clubs.drop_nulls().unique([*columns, "club"]).sort("match_date", "club", "name")
    busiest, days = pl.col("days").max().over("league", "season"), pl.col("days")
    counts = clubs.group_by("league", "season", "club").agg(days=pl.len())
    # where all clubs have played about as often, no two of them are one
    rare = counts.filter(busiest >= LEAST_DAYS, days.min().over("league", "season") <= (busiest + 1) // 2)
    names = dict(clubs.select("club", "name").unique("club", keep="first", maintain_order=True).iter_rows())
    dates = dict(clubs.group_by("club").agg("match_date").iter_rows())
    pairs: set[frozenset[str]] = set()
    seasons = clubs.join(rare.select("league", "season").unique(), on=["league", "season"])
    for (league, season), rows in seasons.sort("season", "league").group_by("league", "season", maintain_order=True):
        games = records.filter(pl.col("league") == league, pl.col("season") == season)
        pairings = {frozenset(pair) for pair in games.select("home_id", "away_id").drop_nulls().iter_rows()}
        played = {club: set(days) for club, days in rows.group_by("club").agg("match_date").iter_rows()}
        pairs |= _pairs(played, pairings, names, scorer)
    into: dict[str, str] = {}
    for pair in sorted(pairs, key=sorted):
        first, second = sorted(pair, key=lambda club: (-len(dates[club]), min(dates[club]), club))
        into[second] = first
    return {club: _last(into, club) for club in into}


def _pairs(
    played: dict[str, Days], pairings: set[frozenset[str]], names: dict[str, str], scorer: Scorer
) -> set[frozenset[str]]:
    """The clubs of a season that are one, two by two; `played` are the days of each, `pairings` are those who meet."""
    most = max(map(len, played.values()))
    opponents: dict[str, set[str]] = defaultdict(set)
    for pair in pairings:
        for club in pair:
            opponents[club] |= pair - {club}
    pairs = set()
    for club in sorted(played, key=lambda club: (len(played[club]), club)):
        if 2 * len(played[club]) > most + 1:
            break
        others = [
            other
            for other in sorted(played)
            if other != club
            and other not in opponents[club]
            and len(played[other]) + len(played[club]) <= most + 1
            and _are_apart(played[club], played[other])
        ]
        if not others:
            continue
        likeness = scorer.matrix([names[club]], [names[other] for other in others])[0]
        best = int(likeness.argmax())
        if likeness[best] >= SURE:
            pairs.add(frozenset((club, others[best])))
            played[others[best]] = played[others[best]] | played[club]
            opponents[others[best]] |= opponents[club]
    return pairs


def _are_apart(days: Days, others: Days) -> bool:
    shifts = [dt.timedelta(days=shift) for shift in range(-REST_DAYS, REST_DAYS + 1)]
    return all(day + shift not in others for day in days for shift in shifts)


def _last(into: dict[str, str], club: str) -> str:
    """The id that counts of a name that may be the second of a second one."""
    seen = set()
    while club in into and club not in seen:
        seen.add(club)
        club = into[club]
    return club
