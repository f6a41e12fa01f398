"""Laws that hold for every rating."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import SchemaError
from soccer_assets.features.ratings import rate
from soccer_assets.features.schema import TEAM_RATINGS

DAY = dt.date(2020, 3, 2)
STATISTICS = ("goals", "shots", "shots_on_target", "corners", "red_cards")


def test_each_finished_match_has_a_row_for_either_club(rated, league):
    assert len(rated) == 2 * len(league)
    assert rated.columns == TEAM_RATINGS.schema.names()
    assert set(rated.group_by("match_id").len()["len"]) == {2}


def test_no_rating_knows_what_comes_after_its_match(rated, league, prices):
    told = rated.filter(pl.col("match_date") <= DAY)
    assert rate(league.filter(pl.col("match_date") <= DAY), prices).equals(told)


def test_noise_on_a_day_leaves_every_earlier_rating_as_it_was(rated, league, prices):
    late = pl.col("match_date") >= DAY
    noisy = league.with_columns(
        pl.when(late).then((pl.col(f"{side}_{name}") * 7 + 5) % 9).otherwise(f"{side}_{name}").alias(f"{side}_{name}")
        for name in STATISTICS
        for side in ("home", "away")
    )
    shifted = prices.with_columns(p_home=pl.when(late).then("p_away").otherwise("p_home"))
    earlier = pl.col("match_date") < DAY
    assert rate(noisy, shifted).filter(earlier).equals(rated.filter(earlier))
    assert not rate(noisy, shifted).equals(rated)


def test_the_order_of_the_rows_does_not_matter(rated, league, prices):
    shuffled = league.sample(fraction=1.0, shuffle=True, seed=3), prices.sample(fraction=1.0, shuffle=True, seed=4)
    assert rate(*shuffled).equals(rated)


def test_a_country_is_rated_the_same_in_any_company(rated, league, prices):
    abroad = league.with_columns(
        pl.concat_str(pl.lit("x."), name).alias(name) for name in ("match_id", "home_id", "away_id")
    ).with_columns(league=pl.lit("D1"))
    both = rate(pl.concat([league, abroad]), prices)
    assert both.filter(league="E0").equals(rated)


def test_nothing_finished_gives_no_row(league, prices):
    assert rate(league.with_columns(status=pl.lit("scheduled")), prices).equals(TEAM_RATINGS.empty())
    assert rate(league.clear(), prices.clear()).equals(TEAM_RATINGS.empty())


def test_twenty_matches_are_enough_for_every_rating(league, prices):
    few = rate(league.head(20), prices)
    assert len(few) == 40
    numbers = few.select(TEAM_RATINGS.schema.names()[4:]).drop_nulls()
    assert np.isfinite(numbers.to_numpy()).all()


def test_a_club_never_seen_is_rated_from_its_first_match_on(league, prices):
    new = league.tail(1).with_columns(
        match_id=pl.lit("new"), home_id=pl.lit("new"), match_date=pl.lit(dt.date(2022, 6, 1))
    )
    row = rate(pl.concat([league, new]), prices).filter(team_id="new").row(0, named=True)
    assert row["elo_before"] < 1500
    assert row["market_strength"] is None  # its match had no price
    assert row["dc_attack"] is None  # and it was in no fit yet
    assert row["performance_variance"] > 0.4


def test_prices_without_a_total_rate_supremacy_alone(league, prices):
    told = rate(league, prices.with_columns(p_over=pl.lit(None, dtype=pl.Float64)))
    assert told["market_goals"].null_count() == len(told)
    assert told["market_strength"].null_count() == 0


def test_a_closing_frame_without_its_columns_is_refused(league, prices):
    with pytest.raises((SchemaError, pl.exceptions.ColumnNotFoundError), match="p_over"):
        rate(league, prices.drop("p_over"))
