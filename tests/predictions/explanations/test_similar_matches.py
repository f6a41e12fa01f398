import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from soccer_assets.predictions.explanations.similar_matches import RATINGS, similar_matches
from soccer_assets.scoring import PROBABILITIES

DAY = dt.date(2025, 3, 1)


def world(n: int, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Matches of two leagues, one a day, with ratings and, of every second one, prices."""
    draw = np.random.default_rng(seed)
    matches = pl.DataFrame(
        {
            "match_date": [DAY + dt.timedelta(days=day) for day in range(n)],
            "match_id": [f"m{day:03}" for day in range(n)],
            "league": ["E0" if day % 3 else "D1" for day in range(n)],
            "home": ["A"] * n,
            "away": ["B"] * n,
            "status": ["finished"] * n,
            "home_goals": draw.integers(0, 4, n),
            "away_goals": draw.integers(0, 4, n),
        }
    )
    ratings = draw.normal(size=(n, 3)) * [100, 1, 1]
    ratings[draw.random((n, 3)) < 0.1] = np.nan
    features = matches.select("match_date", "match_id", "league").with_columns(
        pl.Series(name, ratings[:, column]).fill_nan(None) for column, name in enumerate(RATINGS)
    )
    p = draw.dirichlet([4, 3, 3], n)
    prices = matches.select("match_date", "match_id").with_columns(
        pl.Series(name, p[:, column]) for column, name in enumerate(PROBABILITIES)
    )
    return matches, features, prices.gather_every(2)


def test_the_nearest_are_earlier_of_the_same_league_and_those_of_brute_force():
    matches, features, prices = world(90)
    rows = similar_matches(matches.tail(30), matches.lazy(), features.lazy(), prices)
    known = dict(matches.select("match_id", "league").iter_rows())
    assert (rows["similar_match_date"] < rows["match_date"]).all()
    assert all(known[one] == known[other] for one, other in rows.select("match_id", "similar_match_id").iter_rows())
    joined = matches.join(features.drop("league"), on=["match_date", "match_id"]).join(
        prices, on=["match_date", "match_id"], how="left"
    )
    target = joined.row(-1, named=True)
    same = joined.filter(league=target["league"])

    def coordinates(row: dict[str, Any]) -> list[float | None]:
        odds = [None, None]
        if row["p_home"] is not None:
            home, draw, away = (np.log(row[name]) for name in PROBABILITIES)
            odds = [home - away, draw - (home + away) / 2]
        return odds + [row[name] for name in RATINGS]

    table = np.array([[np.nan if x is None else x for x in coordinates(row)] for row in same.to_dicts()])
    spread = np.nanstd(table, axis=0)
    distances = np.sqrt(np.nanmean(np.square((table - table[-1]) / spread), axis=1))[:-1]
    expected = sorted(zip(distances, same["match_id"], strict=False))[:5]
    found = rows.filter(match_id=target["match_id"]).sort("rank")
    assert found["similar_match_id"].to_list() == [match_id for _, match_id in expected]
    assert found["distance"].to_list() == pytest.approx([distance for distance, _ in expected])


def test_what_is_played_later_changes_nothing():
    matches, features, prices = world(90)
    whole = similar_matches(matches.slice(40, 1), matches.lazy(), features.lazy(), prices)
    # the spread of the coordinates is that of what is there: the order of the earlier ones stays
    early = similar_matches(matches.slice(40, 1), matches.head(41).lazy(), features.head(41).lazy(), prices)
    assert len(early) == len(whole) == 5
    assert (early["similar_match_date"] < matches["match_date"][40]).all()


def test_the_result_is_told_and_a_first_match_has_no_earlier_one():
    matches, features, prices = world(20)
    rows = similar_matches(matches, matches.lazy(), features.lazy(), prices)
    assert matches["match_id"][0] not in rows["match_id"]
    goals = rows.join(matches, left_on="similar_match_id", right_on="match_id", suffix="_played")
    assert (goals["home_goals"] == goals["home_goals_played"]).all()
    assert rows.group_by("match_id").agg(pl.col("rank").sort())["rank"].list.first().unique().to_list() == [1]


def test_the_asset_has_five_for_every_coming_match(season):
    rows = season.lake.read("similar_matches", season.today, season.last)
    matches = season.lake.read("predictions", season.today, season.last)["match_id"].n_unique()
    assert rows["match_id"].n_unique() == matches > 0
    assert len(rows) == 5 * matches
    assert (rows["similar_match_date"] < rows["match_date"]).all()
