import datetime as dt
import itertools

import polars as pl
import pytest

from soccer_assets.simulation.cups import CUPS, cup_weeks


@pytest.fixture(scope="module")
def cup(whole) -> pl.DataFrame:
    """The cup of two tiers, one finished season."""
    return whole.cups.filter(league=CUPS["England"], season_start=2022)


def winners(matches: pl.DataFrame) -> list[str]:
    beyond = [pl.col(f"FT{side}G") + pl.col(f"ET{side}G").fill_null(0) for side in "HA"]
    level = beyond[0] == beyond[1]
    home = pl.when(level).then(pl.col("PHG") > pl.col("PAG")).otherwise(beyond[0] > beyond[1])
    return matches.select(pl.when(home).then("home").otherwise("away")).to_series().to_list()


def test_a_cup_has_as_many_rounds_as_halve_its_clubs_to_one(cup):
    assert cup.group_by("round", maintain_order=True).len().rows() == [
        ("Round 1", 8), ("Round 2", 8), ("Quarter-finals", 4), ("Semi-finals", 2), ("Final", 1),
    ]  # fmt: skip
    first = cup.filter(round="Round 1")
    assert first.select(pl.concat([pl.col("home"), pl.col("away")]).n_unique()).item() == 16  # eight of 24 have a bye


def test_who_wins_plays_the_next_round_and_who_loses_does_not(cup):
    rounds = cup.partition_by("round", maintain_order=True)
    for before, after in itertools.pairwise(rounds[1:]):
        assert sorted([*after["home"], *after["away"]]) == sorted(winners(before))


def test_a_level_match_goes_to_extra_time_and_a_level_extra_time_to_penalties(whole):
    level = pl.col("FTHG") == pl.col("FTAG")
    cups = whole.cups
    assert cups.filter(level)["ETHG"].null_count() == 0
    assert cups.filter(~level)["ETHG"].drop_nulls().len() == 0
    shot = cups.filter(level, pl.col("ETHG") == pl.col("ETAG"))
    assert (shot["PHG"] != shot["PAG"]).all()
    assert cups["PHG"].drop_nulls().len() == len(shot) > 0


def test_clubs_of_different_tiers_meet_and_the_lower_one_is_at_home(whole, cup):
    top = whole.matches.filter(league="E0", season_start=2022)["home"].unique().to_list()
    tiers = cup.select(home=~pl.col("home").is_in(top), away=~pl.col("away").is_in(top))
    met = tiers.filter(pl.col("home") != pl.col("away"))
    assert len(met) > 3
    assert met["home"].all()


def test_cup_matches_are_midweek_and_leave_every_club_its_rest(whole):
    assert set(whole.cups["match_date"].dt.weekday()) <= {2, 3}
    together = pl.concat(
        [frame.select("country", "match_date", "home", "away") for frame in (whole.matches, whole.cups)]
    )
    days = pl.concat([together.select("country", "match_date", club=side) for side in ("home", "away")])
    gaps = days.sort("match_date").select(gap=pl.col("match_date").diff().over("country", "club"))
    assert gaps["gap"].drop_nulls().min() == dt.timedelta(days=3)


def test_a_round_is_drawn_when_the_one_before_is_over(whole):
    for _, cup in whole.cups.group_by("league", "season_start"):
        spans = cup.group_by("round").agg(
            pl.col("drawn_on").min(), first=pl.col("match_date").min(), last=pl.col("match_date").max()
        )
        spans = spans.sort("first")
        assert (spans["drawn_on"][1:] > spans["last"][:-1]).all()
        assert (spans["drawn_on"] <= spans["first"]).all()


def test_a_season_without_room_has_no_cup():
    assert cup_weeks(32, [10, 20, 30, 40]) == []
    assert cup_weeks(4, [10, 20, 30]) == [10, 30]
