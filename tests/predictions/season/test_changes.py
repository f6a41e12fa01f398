"""Why the chances of today are not those of yesterday."""

import dataclasses
import datetime as dt
from statistics import fmean

import polars as pl
import pytest

from soccer_assets.predictions.season.changes import change_rows
from soccer_assets.predictions.season.date_range import day_of
from soccer_assets.predictions.season.rules import facts
from soccer_assets.predictions.season.rules.facts import Deduction
from soccer_assets.predictions.season.rules.league_rules import LEAGUE_RULES
from soccer_assets.predictions.season.rules.rules import rules_of
from tests.predictions.season.conftest import FIRST, WEEK

E0 = rules_of(LEAGUE_RULES, "E0", 2023)
CAUSES = ("own_result", "other_results", "ratings", "fixtures")
DAY = FIRST + 30 * WEEK
RUNS = 2000


@pytest.fixture(scope="module")
def earlier(premier_league, make_ratings):
    return day_of(premier_league, make_ratings(premier_league), E0, DAY, RUNS, 1)


def later_day(matches, ratings):
    return day_of(matches, ratings, E0, DAY + dt.timedelta(days=1), RUNS, 1)


def test_the_causes_add_up_to_the_change(premier_league, make_ratings, earlier):
    later = later_day(premier_league, make_ratings(premier_league))
    rows = change_rows(earlier, later, 1)
    assert len(rows) == 20 * 5  # points, title, top four, europe, relegation
    parts = rows.select(pl.sum_horizontal("before", *(pl.col(cause).fill_null(0) for cause in CAUSES)))
    assert parts.to_series().to_list() == pytest.approx(rows["after"].to_list(), abs=1e-9)
    points = rows.filter(event="points")
    assert points["after"].to_list() == pytest.approx(later.runs.points.mean(axis=0).tolist())
    assert points["before"].to_list() == pytest.approx(earlier.runs.points.mean(axis=0).tolist())


def test_points_change_by_a_clubs_own_result_and_hardly_by_those_of_others(premier_league, make_ratings, earlier):
    rows = change_rows(earlier, later_day(premier_league, make_ratings(premier_league)), 1).filter(event="points")
    played = premier_league.filter(match_date=DAY)
    won = {*played.filter(pl.col("home_goals") > pl.col("away_goals"))["home_id"],
           *played.filter(pl.col("home_goals") < pl.col("away_goals"))["away_id"]}  # fmt: skip
    by_own = dict(rows.select("team_id", "own_result").rows())
    assert all((by_own[club] > 0) for club in won)
    assert fmean(rows["other_results"].abs()) < 0.2  # chance: some hundred runs had the result
    assert rows["fixtures"].to_list() == [0.0] * 20


def test_where_nothing_has_happened_nothing_but_time_changes(premier_league, make_ratings):
    calm = DAY + dt.timedelta(days=2)  # nobody has played since the day before
    ratings = make_ratings(premier_league)
    one, other = (day_of(premier_league, ratings, E0, calm + dt.timedelta(days=n), RUNS, 1) for n in (0, 1))
    rows = change_rows(one, other, 1)
    assert rows["own_result"].to_list() == [0.0] * len(rows)
    places = rows.filter(pl.col("event") != "points")
    assert max((places["after"] - places["before"]).abs()) < 0.02


def test_points_deducted_are_a_cause_of_their_own(premier_league, make_ratings, monkeypatch):
    ratings = make_ratings(premier_league)
    calm = DAY + dt.timedelta(days=2)
    taken = Deduction("E0", "2023/24", "england.club-05", 6, calm)
    monkeypatch.setattr(facts, "DEDUCTIONS", (taken,))
    one, other = (day_of(premier_league, ratings, E0, calm + dt.timedelta(days=n), RUNS, 1) for n in (0, 1))
    row = change_rows(one, other, 1).filter(event="points", team_id="england.club-05").row(0, named=True)
    assert row["fixtures"] == pytest.approx(-6.0)
    assert row["own_result"] == 0.0


def test_better_ratings_are_told_as_such(premier_league, make_ratings, earlier):
    ratings = make_ratings(premier_league)
    is_better = pl.col("team_id") == "england.club-19"
    risen = ratings.with_columns(pl.when(is_better).then(1.5).otherwise("market_strength").alias("market_strength"))
    rows = change_rows(earlier, later_day(premier_league, risen), 1).filter(event="points")
    assert rows.filter(team_id="england.club-19")["ratings"].item() > 2.0


def test_what_too_few_runs_had_is_not_told(premier_league, make_ratings):
    ratings = make_ratings(premier_league)
    few = day_of(premier_league, ratings, E0, DAY, 60, 1)
    rows = change_rows(few, day_of(premier_league, ratings, E0, DAY + dt.timedelta(days=1), 60, 1), 1)
    assert rows["own_result"].null_count() > 0
    assert dataclasses.asdict(few)["state"]["date"] == rows["since"][0]
