import datetime as dt

import polars as pl

from soccer_assets.models.families.climatology import ClimatologyEstimator
from soccer_assets.monitoring.baselines import about, forecast

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


def test_a_promoted_club_is_one_that_came_up_on_either_side():
    marks = [(1.0, 0.0), (0.0, 2.0), (0.0, -1.0), (None, 0.0), (None, 1.0)]
    features = pl.DataFrame(
        [(DAY, str(n), -80.0, *mark) for n, mark in enumerate(marks)],
        schema=["match_date", "match_id", "elo_diff", "home_tier_change", "away_tier_change"],
        orient="row",
    )
    told = about(features)
    assert told["promoted"].to_list() == [True, True, False, None, True]
    assert told["elo_gap"].unique().to_list() == [80.0]
