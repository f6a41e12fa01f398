import datetime as dt
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.clubs import NAMES, PYRAMIDS
from soccer_assets.simulation.world import World, make_world

TODAY = dt.date(2026, 1, 1)
CODES = ["E0", "E1", "NOR", "SP1"]
TODAYS = [
    dt.date(2026, 1, 1), dt.date(2026, 6, 15), dt.date(2026, 6, 30), dt.date(2026, 7, 1),
    dt.date(2026, 9, 20), dt.date(2026, 11, 21), dt.date(2026, 12, 31), dt.date(2024, 2, 29),
    dt.date(2028, 6, 30),
]  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(TODAY, seed=3)


@cache
def small_world(today: dt.date) -> World:
    return make_world(today, seasons=0.5, clubs=4)


def coming(world: World) -> pl.DataFrame:
    last = world.today + dt.timedelta(days=13)
    return world.matches.filter(pl.col("match_date").is_between(world.today, last))


def clubs_of(world: World, league: str, start: int) -> set[str]:
    season = world.matches.filter(pl.col("league") == league, pl.col("season_start") == start)
    return set(season["home"]) | set(season["away"])


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_a_match_moves_within_its_season_and_the_coming_days(today):
    moved = small_world(today).moved
    assert LEAGUES["E0"].season_start(moved.from_date) == LEAGUES["E0"].season_start(moved.to_date)
    assert 0 <= (moved.from_date - today).days <= 12  # in the lists of today and of the day before
    assert 0 <= (moved.to_date - today).days <= 13
    assert moved.from_date != moved.to_date


def test_equal_arguments_give_an_equal_world_and_another_seed_another():
    one, again, other = (make_world(TODAY, seed, clubs=6) for seed in (3, 3, 4))
    assert again.matches.equals(one.matches)
    assert again.strengths.equals(one.strengths)
    assert again.moved == one.moved
    assert not other.matches.equals(one.matches)


def test_finished_seasons_bring_the_total_to_about_two_and_a_half(world):
    counts = world.matches.group_by("league", "season_start").len().sort("league", "season_start").rows()
    autumn = [(code, start, 240) for code in ("E0", "E1") for start in (2023, 2024, 2025)]
    norway = [("NOR", start, 240) for start in (2023, 2024, 2025, 2026)]  # 2026 opens in two days
    assert counts == [*autumn, *norway, *[("SP1", start, 240) for start in (2023, 2024, 2025)]]


def test_half_of_the_current_season_is_played_where_its_year_has_room(world):
    current = world.matches.filter(pl.col("league") == "E0", pl.col("season_start") == 2025)
    assert 0.4 <= (current["match_date"] < TODAY).mean() <= 0.6


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_every_league_has_coming_matches_whatever_the_day(today):
    world = small_world(today)
    assert sorted(set(coming(world)["league"])) == CODES
    assert min(coming(world).filter(pl.col("match_date") > today).group_by("league").len()["len"]) >= 2


@given(today=st.dates(dt.date(2000, 1, 1), dt.date(2040, 12, 31)), seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_a_season_is_known_from_any_of_its_dates(today, seed):
    world = make_world(today, seed, seasons=1.5, clubs=4)
    told = [LEAGUES[code].season_start(day) for code, day in world.matches.select("league", "match_date").rows()]
    assert told == world.matches["season_start"].to_list()
    assert LEAGUES["E0"].season_start(world.moved.from_date) == LEAGUES["E0"].season_start(world.moved.to_date)
    assert sorted(set(coming(world)["league"])) == CODES


def test_true_probabilities_sum_to_one(world):
    total = world.matches.select(pl.sum_horizontal("p_home", "p_draw", "p_away")).to_series()
    assert total.to_numpy() == pytest.approx(np.ones(world.matches.height), abs=1e-12)


def test_each_club_plays_each_other_home_and_away_once_a_season(world):
    for (league, start), season in world.matches.group_by("league", "season_start"):
        clubs = clubs_of(world, league, start)
        assert len(clubs) == 16
        pairs = sorted(season.select("home", "away").rows())
        assert pairs == sorted((home, away) for home in clubs for away in clubs if home != away)


def test_no_club_plays_again_within_two_days(world):
    days = pl.concat(
        [world.matches.select("league", "match_date", pl.col(side).alias("club")) for side in ("home", "away")]
    )
    gaps = days.sort("match_date").with_columns(pl.col("match_date").diff().over("league", "club").alias("gap"))
    assert gaps["gap"].drop_nulls().min() == dt.timedelta(days=3)


def test_three_clubs_go_up_and_three_go_down_each_summer(world):
    for start in (2024, 2025):
        relegated = clubs_of(world, "E0", start - 1) - clubs_of(world, "E0", start)
        promoted = clubs_of(world, "E0", start) - clubs_of(world, "E0", start - 1)
        assert (len(relegated), len(promoted)) == (3, 3)
        assert relegated == clubs_of(world, "E1", start) - clubs_of(world, "E1", start - 1)
        assert len(clubs_of(world, "E0", start) | clubs_of(world, "E1", start)) == 32
    assert clubs_of(world, "SP1", 2023) == clubs_of(world, "SP1", 2025)


def test_the_clubs_at_the_bottom_are_relegated(world):
    season = world.matches.filter(pl.col("league") == "E0", pl.col("season_start") == 2023)
    points = dict.fromkeys(clubs_of(world, "E0", 2023), 0)
    for home, away, scored, conceded in season.select("home", "away", "FTHG", "FTAG").rows():
        points[home] += 3 if scored > conceded else int(scored == conceded)
        points[away] += 3 if scored < conceded else int(scored == conceded)
    relegated = clubs_of(world, "E0", 2023) - clubs_of(world, "E0", 2024)
    assert max(points[club] for club in relegated) <= min(points[club] for club in points.keys() - relegated)


def test_names_are_ascii_and_no_club_shares_one():
    for country, leagues in PYRAMIDS.items():
        assert len(set(NAMES[country])) == len(NAMES[country]) == 24 * len(leagues)
    assert all(name.isascii() for names in NAMES.values() for name in names)
    assert [name for names in NAMES.values() for name in names if "'" in name] == ["King's Harrow"]


def test_statistics_are_possible_and_favour_the_stronger_side(world):
    matches = world.matches
    for side in "HA":
        assert (matches[f"HT{side}G"] <= matches[f"FT{side}G"]).all()
        assert (matches[f"FT{side}G"] <= matches[f"{side}ST"]).all()
        assert (matches[f"{side}ST"] <= matches[f"{side}S"]).all()
    edge = np.log(matches["home_rate"] / matches["away_rate"])
    correlation = {name: np.corrcoef(edge, matches[f"H{name}"] - matches[f"A{name}"])[0, 1] for name in "SCYF"}
    assert correlation["S"] > 0.3
    assert correlation["C"] > 0.3
    assert correlation["Y"] < 0
    assert correlation["F"] < 0


def test_mean_goals_follow_from_the_strengths_of_that_week(world):
    week = pl.col("match_date").dt.truncate("1w").alias("week")
    sides = [
        world.strengths.select(
            "country", "week", *(pl.col(c).alias(f"{side}{c}") for c in ("club", "attack", "defence"))
        )
        for side in ("home_", "away_")
    ]
    met = world.matches.filter(pl.col("league") == "NOR").with_columns(week, pl.lit("Norway").alias("country"))
    for side, strengths in zip(("home", "away"), sides, strict=True):
        met = met.join(
            strengths,
            left_on=["country", "week", side],
            right_on=["country", "week", f"{side}_club"],
            validate="m:1",
        )
    assert met.height == 960
    expected = 1.25 * np.exp(met["away_attack"] - met["home_defence"])
    assert met["away_rate"].to_numpy() == pytest.approx(expected.to_numpy())


def test_strengths_drift_by_small_steps(world):
    steps = world.strengths.sort("week").select(pl.col("attack", "defence").diff().over("country", "club")).drop_nulls()
    assert steps.std().row(0) == pytest.approx((0.015, 0.015), abs=0.001)
    assert steps.select(pl.all().abs().max()).row(0) < (0.08, 0.08)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"clubs": 15}, "expected an even number from 4 to 24, found 15"),
        ({"clubs": 26}, "expected an even number from 4 to 24, found 26"),
        ({"seasons": 0}, "expected more than 0, found 0"),
    ],
)
def test_impossible_sizes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_world(TODAY, **arguments)
