import datetime as dt

import polars as pl
import pytest

from soccer_assets.models.families.climatology import ClimatologyEstimator
from soccer_assets.monitoring.baselines import about, fair, forecast, of_results

DAY = dt.date(2025, 3, 1)
PRICES = ["match_date", "match_id", "market", "line", "selection", "closing", "opening"]


def best(*rows: tuple) -> pl.LazyFrame:
    """Rows of (match, market, line, selection, closing price)."""
    told = [(DAY, match, market, line, name, price, None) for match, market, line, name, price in rows]
    types = [pl.Date, pl.String, pl.String, pl.Float64, pl.String, pl.Float64, pl.Float64]
    return pl.LazyFrame(told, schema=dict(zip(PRICES, types, strict=True)), orient="row")


BOOK = [("m", "1x2", None, "home", 2.0), ("m", "1x2", None, "draw", 4.0), ("m", "1x2", None, "away", 4.0)]


def test_a_fair_book_is_told_as_it_is():
    told = fair(best(*BOOK, ("m", "over_under", 2.5, "over", 2.0), ("m", "over_under", 2.5, "under", 2.0)), "closing")
    assert dict(told.select("selection", "probability").rows()) == pytest.approx(
        {"home": 0.5, "draw": 0.25, "away": 0.25, "over": 0.5, "under": 0.5}
    )
    assert of_results(told).rows() == [(DAY, "m", pytest.approx(0.5), pytest.approx(0.25), pytest.approx(0.25))]


def test_a_margin_is_removed_within_each_book():
    shortened = [(*row[:4], row[4] / 1.05) for row in BOOK]
    handicap = [("m", "asian_handicap", -0.5, "home", 1.9), ("m", "asian_handicap", -0.5, "away", 1.9)]
    told = fair(best(*shortened, *handicap), "closing")
    assert dict(told.group_by("market").agg(pl.col("probability").sum()).rows()) == pytest.approx(
        {"1x2": 1.0, "asian_handicap": 1.0}
    )
    assert told.filter(market="asian_handicap")["probability"].to_list() == pytest.approx([0.5, 0.5])


def test_a_book_that_lacks_an_outcome_tells_nothing():
    assert fair(best(*BOOK[:2], *[("n", *row[1:]) for row in BOOK]), "closing")["match_id"].unique().to_list() == ["n"]


def test_without_a_price_of_that_kind_there_is_no_row():
    assert of_results(fair(best(*BOOK), "opening")).rows() == []


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
