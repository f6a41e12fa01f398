import datetime as dt
from typing import Any

import polars as pl

from soccer_assets.models.families.climatology import ClimatologyEstimator
from soccer_assets.monitoring.baselines import contexts, forecast

DAY = dt.date(2025, 3, 1)


def candidates(*rows: tuple[dt.date, float]) -> pl.LazyFrame:
    """Candidates that tell this probability of a home win, whatever the match."""
    texts = [
        ClimatologyEstimator(("E0",), ((home, 0.5 * (1 - home), 0.5 * (1 - home)),), (0.4, 0.3, 0.3)).encode()
        for _, home in rows
    ]
    return pl.LazyFrame({"match_date": [day for day, _ in rows], "estimator": texts})


def test_a_match_is_forecast_by_the_newest_candidate_of_its_date_or_before():
    days = [DAY + dt.timedelta(days=n) for n in range(4)]
    features = pl.DataFrame({"match_date": days, "match_id": list("abcd"), "league": "E0"})
    told = forecast(candidates((days[1], 0.5), (days[3], 0.6)), features.reverse())
    assert told.select("match_id", "p_home").rows() == [("b", 0.5), ("c", 0.5), ("d", 0.6)]
    assert forecast(candidates((DAY, 0.5)).clear(), features).rows() == []


def features(**columns: list[Any]) -> pl.DataFrame:
    """Matches of clubs in mid-season, but for what is given of a column."""
    n = len(next(iter(columns.values())))
    usual = {"tier_change": 0.0, "matches_known": 40.0, "table_played": 20.0, "rest_days": 7.0}
    plain = {f"{side}_{name}": [value] * n for name, value in usual.items() for side in ("home", "away")}
    told = {"match_date": [DAY] * n, "match_id": [str(place) for place in range(n)], "elo_diff": [-80.0] * n}
    return pl.DataFrame(told | plain | columns)


def test_a_promoted_club_is_one_that_came_up_on_either_side():
    told = contexts(features(home_tier_change=[1.0, 0.0, 0.0, None, None], away_tier_change=[0.0, 2.0, -1.0, 0.0, 1.0]))
    assert told["promoted"].to_list() == [True, True, False, None, True]
    assert told["elo_gap"].unique().to_list() == [80.0]


def test_new_clubs_first_rounds_and_long_breaks_are_told_by_the_club_that_has_them():
    assert contexts(features(home_matches_known=[19.0, 20.0]))["new_club"].to_list() == [True, False]
    assert contexts(features(away_table_played=[4.0, 5.0, None]))["first_rounds"].to_list() == [True, False, True]
    assert contexts(features(away_rest_days=[20.0, 21.0, None]))["long_break"].to_list() == [False, True, None]
