"""A club that football-data.co.uk spells anew in the middle of a season is one club.

The file of 2022/23 has Gornik Z. until March and Gornik Zabrze from then on, that of 2004/05 has Raith among Raith Rvs.
Clubs begin a season together, so a name that begins it late is another spelling of one that pauses on its days. A club
that comes for the play-offs is like no other.
"""

import datetime as dt
from collections import defaultdict
from typing import Final

import numpy as np
import polars as pl

from soccer_assets.leagues import country_of_league
from soccer_assets.linking.names import Scorer
from soccer_assets.matches.seasons import SEASON, SINGLE_MEETINGS

#: A name is late when half of the clubs have played so many matches before its first one, so long after the season's.
MATCHES_BEFORE: Final = 3
DAYS_BEFORE: Final = dt.timedelta(days=14)
#: Two spellings of a club are alike by at least this much.
ALIKE: Final = 0.5
#: After a season other clubs come up for those that went down: two spellings are alike by this much then.
VERY_ALIKE: Final = 0.8
#: Between two seasons lie at most so many days.
PAUSE: Final = dt.timedelta(days=150)


def with_one_id(records: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    """The records with one id of each club in each season: that it had before the season, else that it began it with.

    Args:
        records: rows of football-data.co.uk in `records.FORM` with `home_id`, `away_id` and `_played`.
        scorer: likeness of two names.
    """
    sides = pl.concat(
        records.filter("_played").select(
            *SEASON, "match_date", team_id=f"{side}_id", name=side, other=f"{other}_id", at_home=pl.lit(side == "home")
        )
        for side, other in (("home", "away"), ("away", "home"))
    ).drop_nulls()
    firsts = sides.group_by(*SEASON, "team_id").agg(pl.col("match_date").min())
    late = firsts.filter(pl.col("match_date") > pl.col("match_date").min().over(SEASON) + DAYS_BEFORE)
    seasons = sides.join(late, on=SEASON, how="semi").partition_by(SEASON, as_dict=True)
    same = []
    for league, label, team_id, first in late.sort(*SEASON, "match_date", "team_id").rows():
        season = seasons[league, label]
        club = _same_club(season, team_id, first, scorer)
        if club is not None:
            before = sides.filter(pl.col("match_date") < season["match_date"].min())["team_id"]
            is_older = team_id in before and club not in before
            same.append((league, label, *((club, team_id) if is_older else (team_id, club))))
    if not same:
        return records
    spellings = pl.DataFrame(same, schema=[*SEASON, "_id", "_same"], orient="row")
    for side in ("home_id", "away_id"):
        records = records.join(spellings.rename({"_id": side}), on=[*SEASON, side], how="left", maintain_order="left")
        records = records.with_columns(pl.coalesce("_same", side).alias(side)).drop("_same")
    return records


def _same_club(season: pl.DataFrame, team_id: str, first: dt.date, scorer: Scorer) -> str | None:
    """The club that a late name is most like, of those that never play on its days, nor against it; None: none is."""
    played = season.filter(pl.col("match_date") < first)["team_id"].value_counts()["count"]
    if np.median(played) < MATCHES_BEFORE:
        return None
    days, meetings, names = defaultdict(set), defaultdict(list), dict(season.select("team_id", "name").rows())
    for club, day, *meeting in season.select("team_id", "match_date", "other", "at_home").rows():
        days[club].add(day)
        meetings[club].append(tuple(meeting))
    most, own = max(map(len, meetings.values())), meetings[team_id]
    is_single, opponents = season["league"][0] in SINGLE_MEETINGS, {other for other, _ in own}
    fits = [
        club
        for club in sorted(names.keys() - opponents - {team_id})
        if days[club].isdisjoint(days[team_id])
        and len(meetings[club]) + len(own) <= most
        and not (is_single and set(meetings[club]) & set(own))
    ]
    if not fits:
        return None
    likeness = scorer.matrix([names[team_id]], [names[club] for club in fits])[0]
    best = int(np.argmax(likeness))
    return fits[best] if likeness[best] >= ALIKE else None


def renamed_clubs(matches: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    """The clubs that end with one season, and those of a name like theirs that begin with the next.

    Args:
        matches: rows of `matches` of more than a season.
        scorer: likeness of two names.

    Returns:
        team_id, name and `last` match of the one, new_id, new_name, new_first and new_last match of the other; likeness.
    """
    sides = pl.concat(
        matches.select("match_date", team_id=f"{side}_id", name=side, country=country_of_league())
        for side in ("home", "away")
    )
    clubs = sides.sort("match_date").group_by("country", "team_id", maintain_order=True)
    spans = clubs.agg(pl.col("name").last(), first=pl.col("match_date").min(), last=pl.col("match_date").max())
    new = spans.select("country", new_id="team_id", new_name="name", new_first="first", new_last="last")
    pairs = spans.drop("first").join(new, on="country")
    pairs = pairs.filter((pl.col("new_first") - pl.col("last")).is_between(dt.timedelta(1), PAUSE))
    likeness = scorer.pairs(*(pairs[name].to_list() for name in ("name", "new_name", "country")))
    pairs = pairs.with_columns(likeness=pl.Series(likeness)).filter(pl.col("likeness") >= VERY_ALIKE)
    return pairs.drop("country").sort("last", "team_id")
