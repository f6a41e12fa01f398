import datetime as dt

import polars as pl
import pytest

from soccer_assets.predictions.season.date_range import days_of, seasons_of_range
from soccer_assets.predictions.season.schema import SEASON_CHANGES, SEASON_FORECASTS
from soccer_assets.storage.tables import quarantine
from tests.predictions.season.conftest import FIRST, WEEK, matches_of, rounds

ONE_DAY = dt.timedelta(days=1)


def made(matches, ratings, first, last, runs=200):
    return seasons_of_range(matches.lazy(), ratings.lazy(), first, last, runs, 1)


def test_the_days_of_a_season_are_its_first_one_and_those_after_matches(premier_league):
    assert days_of(premier_league, FIRST, FIRST + 2 * WEEK) == [FIRST, FIRST + ONE_DAY, FIRST + WEEK + ONE_DAY]
    coming = premier_league.with_columns(status=pl.lit("scheduled"))
    assert days_of(coming, FIRST - WEEK, FIRST + 5 * WEEK) == [FIRST]


def test_a_row_is_a_club_of_a_league_on_a_day(premier_league, make_ratings):
    matches = pl.concat([premier_league, matches_of("SC0", rounds(list(range(12)), 3))])
    ratings = pl.concat([make_ratings(rows) for rows in matches.partition_by("league")])
    rows = made(matches, ratings, FIRST, FIRST + 9 * ONE_DAY).forecasts.rows
    assert rows.schema == SEASON_FORECASTS.schema
    assert rows.group_by("match_date", "league").len().sort("match_date", "league").rows() == [
        (day, league, clubs)
        for day in (FIRST, FIRST + ONE_DAY, FIRST + WEEK + ONE_DAY)
        for league, clubs in (("E0", 20), ("SC0", 12))
    ]
    first = rows.filter(match_date=FIRST, league="E0")
    assert first["points"].to_list() == [0] * 20 and first["matches_left"].to_list() == [38] * 20
    assert first["p_title"].sum() == pytest.approx(1) and first["p_relegation"].sum() == pytest.approx(3)
    assert first["p_promotion"].null_count() == 20
    assert first["points_05"].le(first["points_95"]).all()
    assert first["monte_carlo_error"].max() == pytest.approx(0.0354, abs=0.02)
    assert rows.filter(league="SC0")["p_relegation_play_off"].sum() == pytest.approx(3)


def test_a_range_gives_what_its_days_give_one_by_one(premier_league, make_ratings):
    ratings = make_ratings(premier_league)
    days = [FIRST + number * WEEK + ONE_DAY for number in (10, 11, 12)]
    whole = made(premier_league, ratings, days[0], days[-1])
    for table in ("rows", "changes"):
        parts = []
        for day in days:
            one = made(premier_league, ratings, day, day)
            parts.append(one.forecasts.rows if table == "rows" else one.changes)
        together = whole.forecasts.rows if table == "rows" else whole.changes
        assert together.equals(pl.concat(parts))
    assert whole.changes.schema == SEASON_CHANGES.schema
    assert whole.changes["since"].unique().sort().to_list() == [day - WEEK for day in days]


def test_what_comes_after_the_day_changes_nothing(premier_league, make_ratings):
    day = FIRST + 10 * WEEK + ONE_DAY
    noise = pl.when(pl.col("match_date") >= day).then(8).otherwise("home_goals").cast(pl.Int16)
    changed = premier_league.with_columns(home_goals=noise)
    ratings = make_ratings(premier_league)
    one, other = (made(rows, ratings, day, day).forecasts.rows for rows in (premier_league, changed))
    assert one.equals(other)


def test_a_season_that_cannot_be_forecast_is_in_quarantine_and_the_others_are_made(premier_league, make_ratings):
    mexico = matches_of("MEX", rounds(list(range(6)), 2))
    matches = pl.concat([premier_league, mexico])
    result = made(matches, make_ratings(premier_league), FIRST, FIRST + ONE_DAY)
    assert result.forecasts.rows["league"].unique().to_list() == ["E0"]
    bad = result.forecasts.quarantined
    assert bad is not None and bad.schema == quarantine("season_forecasts").schema
    assert bad.select("match_date", "record").rows() == [
        (FIRST + n * ONE_DAY, '{"league":"MEX","season":"2023/24"}') for n in (0, 1)
    ]
    assert bad["reason"][0].startswith("MEX 2023: expected rules of the season, found rules of none of its seasons")


def test_a_league_of_another_size_than_the_rules_say_goes_by_last_season(make_ratings):
    now = matches_of("E0", rounds(list(range(6)), 2))
    past = now.with_columns(pl.col("match_date") - dt.timedelta(days=364), season=pl.lit("2022/23"))
    rows = made(pl.concat([past, now]), make_ratings(now), FIRST, FIRST).forecasts.rows
    assert len(rows) == 6 and rows["assumed"].unique().to_list() == ["europe, clubs"]
    alone = made(now, make_ratings(now), FIRST, FIRST).forecasts
    assert alone.rows.is_empty()
    assert "expected 20 clubs by its rules, found 6" in alone.quarantined["reason"][0]


def test_without_matches_there_is_nothing_to_forecast(premier_league, make_ratings):
    result = made(premier_league.clear(), make_ratings(premier_league), FIRST, FIRST)
    assert result.forecasts.rows.is_empty() and result.changes.is_empty()
