"""Do distance and derbies pay as features? `SOCCER_VAR=... python -m bench.places` on a lake of many seasons.

A club lies in the largest town of its country that its name names. Two logistic regressions learn the outcome from the
matches before `SPLIT`: one from the ratings that the models rest on, one from the log of the distance as well, and from
whether both clubs lie within `DERBY_KM`. Printed is what the second one gains on the matches from `SPLIT` on, with an
interval from a bootstrap over match days.
"""

import datetime as dt

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from soccer_assets.leagues import LEAGUES
from soccer_assets.linking.names.gazetteer import Gazetteer
from soccer_assets.linking.names.name import parse
from soccer_assets.scoring import log_loss, outcome_of_goals, paired_difference
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import DATE, Lake

SPLIT = dt.date(2018, 7, 1)
DERBY_KM = 25.0
RATINGS = (
    "elo_diff", "pi_goal_difference", "performance_log_odds", "market_log_odds", "home_market_home_advantage",
)  # fmt: skip


def towns_of(clubs: pl.DataFrame) -> dict[str, int]:
    """The town of each club (`team_id`, `name`, `country`) whose name names one."""
    gazetteer = Gazetteer.shipped()
    named = gazetteer.towns([parse(name).tokens for name in clubs["name"]])
    placed = {}
    for club, country, towns in zip(clubs["team_id"], clubs["country"], named, strict=True):
        if inside := gazetteer.within(towns, country):
            placed[club] = max(inside, key=lambda town: gazetteer.people[town])
    return placed


def main() -> None:
    """Print how many clubs and matches have places, and what distance gains."""
    lake, gazetteer = Lake(Settings.read().lake), Gazetteer.shipped()
    country = pl.col("league").replace_strict({code: league.country for code, league in LEAGUES.items()})
    played = lake.scan("matches").filter(status="finished").collect()
    clubs = pl.concat(
        played.select(team_id=f"{side}_id", name=side, country=country) for side in ("home", "away")
    ).unique("team_id", keep="first", maintain_order=True)
    placed = towns_of(clubs)
    features = lake.scan("match_features").select("match_id", DATE, *RATINGS).collect()
    rows = features.join(
        played.select("match_id", "home_id", "away_id", outcome=outcome_of_goals()), on="match_id"
    ).drop_nulls()
    located = rows.filter(pl.col("home_id").is_in(list(placed)) & pl.col("away_id").is_in(list(placed))).sort(DATE)
    pairs = located.select("home_id", "away_id").rows()
    km = np.array([gazetteer.kilometres([placed[home]], [placed[away]]) for home, away in pairs])
    print(f"{len(placed):,} of {len(clubs):,} clubs have a town, {len(located):,} of {len(rows):,} matches two")
    print(f"derbies: {np.mean(km < DERBY_KM):.1%} of them")
    ratings = located.select(RATINGS).to_numpy()
    with_places = np.column_stack([ratings, np.log1p(km), km < DERBY_KM])
    y, later = located["outcome"].to_numpy(), (located[DATE] >= SPLIT).to_numpy()
    losses = []
    for x in (ratings, with_places):
        scaled = StandardScaler().fit(x[~later])
        model = LogisticRegression(max_iter=1000).fit(scaled.transform(x[~later]), y[~later])
        losses.append(log_loss(model.predict_proba(scaled.transform(x[later])), y[later]))
    gain = paired_difference(losses[0], losses[1], located.filter(later)[DATE])
    print(f"log loss {losses[0].mean():.5f} without, gain {gain.mean:+.5f} ({gain.low:+.5f} to {gain.high:+.5f})")
    print(f"on {later.sum():,} matches from {SPLIT} on")


if __name__ == "__main__":
    main()
