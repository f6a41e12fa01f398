"""A club that football-data.co.uk spells anew in the middle of a season is one club.

The file of 2022/23 has Gornik Z. until March and Gornik Zabrze from then on, that of 2004/05 has Raith among Raith Rvs.
Clubs of a league play in the same rounds, so a name that plays few of them is another spelling of a club that rests on
its days. A club that comes for the play-offs is like no other. A list of fixtures may spell clubs in its own way: its
match is the one of clubs of like names at the same ground within a day.
"""

import datetime as dt
from collections import defaultdict
from typing import Final

import numpy as np
import polars as pl

from soccer_assets.leagues import country_of_league
from soccer_assets.linking.names import Scorer
from soccer_assets.matches.seasons import SEASON, SINGLE_MEETINGS

#: Names are judged when the busiest club has had so many match days: by then two clubs have played on one weekend.
LEAST_DAYS: Final = 6
#: A club has no two matches within so many days.
REST: Final = dt.timedelta(days=1)
#: Two spellings of a club are alike by at least this much; of 253,000 rows no two clubs that fit are by more than 0.42.
ALIKE: Final = 0.6
#: After a season other clubs come up for those that went down: two spellings are alike by this much then.
VERY_ALIKE: Final = 0.8
#: Between two seasons lie at most so many days.
PAUSE: Final = dt.timedelta(days=150)


def with_one_id(records: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    """The records with one id of each club in each season: that it had before, else that of the name it has more often.

    Args:
        records: rows of football-data.co.uk in `records.FORM` with `home_id` and `away_id`.
        scorer: likeness of two names.
    """
    results, listed = records.filter("_played"), records.filter(~pl.col("_played"))
    for side in ("home_id", "away_id"):  # where a club of a fixture has played, its result says against whom
        listed = listed.join(results, on=[*SEASON, "match_date", side], how="anti")
    judged = pl.concat([results, listed])
    sides = pl.concat(
        judged.select(
            *SEASON, "match_date", team_id=f"{side}_id", name=side, other=f"{other}_id", at_home=pl.lit(side == "home")
        )
        for side, other in (("home", "away"), ("away", "home"))
    ).drop_nulls()
    counts = sides.group_by(*SEASON, "team_id").agg(days=pl.col("match_date").n_unique())
    busiest = pl.col("days").max().over(SEASON)
    rare = counts.filter(busiest >= LEAST_DAYS, 2 * pl.col("days") <= busiest + 1)
    seasons = sides.join(rare, on=SEASON, how="semi").partition_by(SEASON, as_dict=True)
    same = _by_their_match(records, scorer)
    for league, label, team_id, _ in rare.sort(*SEASON, "days", "team_id").rows():
        season = seasons[league, label]
        club = _same_club(season, team_id, scorer)
        if club is not None:
            before = sides.filter(pl.col("match_date") < season["match_date"].min())["team_id"]
            is_older = team_id in before and club not in before
            same.append((league, label, *((club, team_id) if is_older else (team_id, club))))
    if not same:
        return records
    spellings = pl.DataFrame(same, schema=[*SEASON, "_id", "_same"], orient="row").unique(
        [*SEASON, "_id"], keep="first"
    )
    for side in ("home_id", "away_id"):
        records = records.join(spellings.rename({"_id": side}), on=[*SEASON, side], how="left", maintain_order="left")
        records = records.with_columns(pl.coalesce("_same", side).alias(side)).drop("_same")
    return records


def _by_their_match(records: pl.DataFrame, scorer: Scorer) -> list[tuple[str, ...]]:
    """League, season and id of each name that fixtures alone have, and the club whose match is theirs."""
    sides, listed = ("home", "away"), records.filter(~pl.col("_played"))
    results = records.filter("_played")
    archived = pl.concat([results.select(*SEASON, club=f"{side}_id") for side in sides]).unique()
    clubs = {side: archived.rename({"club": f"{side}_id"}) for side in sides}
    on = {side: [*SEASON, f"{side}_id"] for side in sides}
    strange = pl.concat([listed.join(clubs[side], on=on[side], how="anti") for side in sides]).unique()
    usual = records.join(clubs["home"], on=on["home"], how="semi").join(clubs["away"], on=on["away"], how="semi")
    columns = [*SEASON, "match_date", *sides, *(f"{side}_id" for side in sides), "country"]
    apart = (pl.col("match_date") - pl.col("match_date_right")).abs()
    pairs = strange.select(columns).join(usual.select(columns), on=SEASON).filter(apart <= REST)
    for side in sides:
        names = [pairs[name].to_list() for name in (side, f"{side}_right", "country")]
        is_one = pl.col(f"{side}_id") == pl.col(f"{side}_id_right")
        pairs = pairs.filter(is_one | (pl.Series(scorer.pairs(*names), dtype=pl.Float64) >= ALIKE))
    spelled = [pairs.select(*SEASON, id=f"{side}_id", club=f"{side}_id_right") for side in sides]
    other = pl.concat(spelled).filter(pl.col("id") != pl.col("club")).unique()
    return other.unique([*SEASON, "id"], keep="none").sort(*SEASON, "id").rows()


def _same_club(season: pl.DataFrame, team_id: str, scorer: Scorer) -> str | None:
    """The club that a rare name is most like, of those that rest on its days and never play it; None: none is."""
    days, meetings, names = defaultdict(set), defaultdict(set), dict(season.select("team_id", "name").rows())
    for club, day, *meeting in season.select("team_id", "match_date", "other", "at_home").rows():
        days[club].add(day)
        meetings[club].add(tuple(meeting))
    own, most = meetings[team_id], max(map(len, days.values()))
    busy = {day + rest for day in days[team_id] for rest in (-REST, dt.timedelta(), REST)}
    is_single, opponents = season["league"][0] in SINGLE_MEETINGS, {other for other, _ in own}
    fits = [
        club
        for club in sorted(names.keys() - opponents - {team_id})
        if days[club].isdisjoint(busy)
        and len(days[club]) + len(days[team_id]) <= most + 1
        and not (is_single and meetings[club] & own)
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
        team_id, name and `last` match of a club; new_id, new_name, new_first and new_last match of another; likeness.
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
