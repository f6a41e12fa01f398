"""The ablation on matches whose outcomes come from two columns of the catalogue and no other."""

import base64
import datetime as dt

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.features.catalog import FEATURES, NAMES, RESULTS
from soccer_assets.models.ablation import FULL, LABELS, PRICES, ablated, worth_plot
from soccer_assets.settings import Settings

SETTINGS = Settings(folds=3, fold_days=40)
DAY = dt.date(2024, 1, 1)


@pytest.fixture(scope="module")
def known(world):
    """Outcomes follow `elo_diff`; every other column of the catalogue is null but the one that tells of goals."""
    made = world(2000, elo_only=True)
    prices = [pl.Series(f"closing_{side}", made.truth[:, place]) for place, side in enumerate(("home", "draw", "away"))]
    return made.examples.with_columns(
        *prices, *(pl.lit(None, dtype=pl.Float64).alias(name) for name in NAMES if name not in made.examples.columns)
    )


@pytest.fixture(scope="module")
def table(known):
    """Every other match is of an extra league."""
    league = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("E0")).otherwise(pl.lit("ARG"))
    return ablated(known.with_columns(league=league), DAY, SETTINGS)


@pytest.fixture(scope="module")
def rows(table):
    return {row["group"]: row for row in table.filter(pl.col("leagues") == "all").iter_rows(named=True)}


def test_there_is_a_row_for_each_group_and_one_for_the_full_set(rows):
    assert set(rows) == {FULL, LABELS, PRICES, *(feature.group for feature in FEATURES)}
    assert rows[FULL]["difference"] == rows[FULL]["low"] == rows[FULL]["high"] == 0.0
    assert sum(row["features"] for row in rows.values()) == len(NAMES) + len(NAMES) - len(RESULTS)


def test_a_group_that_outcomes_follow_is_missed_and_one_that_is_null_is_not(rows):
    group = next(feature.group for feature in FEATURES if feature.name == "elo_diff")
    null = next(f.group for f in FEATURES if f.group not in (group, "goals"))
    assert rows[group]["low"] > 0
    assert rows[null]["difference"] == pytest.approx(0.0, abs=1e-9)


def test_labels_that_are_the_true_probabilities_are_worth_something(rows):
    """The prices of this world are the truth, and no column was made from earlier ones."""
    assert rows[LABELS]["difference"] > 0
    assert rows[PRICES]["difference"] == pytest.approx(rows[LABELS]["difference"], abs=1e-6)


def test_the_distance_to_the_closing_price_is_that_of_the_same_matches(rows, known):
    assert {row["matches"] for row in rows.values()} == {80 * 10}
    lost = {row["log_loss"] - row["log_loss_vs_closing"] for row in rows.values()}
    assert np.ptp(list(lost)) < 1e-12


def test_main_and_extra_leagues_are_told_apart_and_make_up_all(table):
    full = {row["leagues"]: row for row in table.filter(pl.col("group") == FULL).iter_rows(named=True)}
    assert {leagues: row["matches"] for leagues, row in full.items()} == {"all": 800, "main": 400, "extra": 400}
    halves = [full["main"]["log_loss_vs_closing"], full["extra"]["log_loss_vs_closing"]]
    assert halves[0] != halves[1]
    assert full["all"]["log_loss_vs_closing"] == pytest.approx(sum(halves) / 2, abs=1e-12)


def test_leagues_of_which_no_match_is_judged_have_no_row(known):
    only = ablated(known.with_columns(league=pl.lit("E0")), DAY, SETTINGS)
    assert set(only["leagues"]) == {"all", "main"}


def test_the_newest_fold_has_no_say(known):
    newest = known["match_date"].max() - dt.timedelta(days=39)
    turned = known.with_columns(
        outcome=pl.when(pl.col("match_date") >= newest).then(2 - pl.col("outcome")).otherwise("outcome")
    )
    assert ablated(turned, DAY, SETTINGS).equals(ablated(known, DAY, SETTINGS))


def test_without_prices_it_says_what_is_missing(known):
    bare = known.with_columns(closing_home=pl.lit(None, dtype=pl.Float64))
    with pytest.raises(ModelError, match="Expected prices of matches from .* found none of 800"):
        ablated(bare, DAY, SETTINGS)


def test_the_plot_names_what_was_left_out(rows, table):
    plot = worth_plot(table)
    assert plot.startswith("![log loss that leaving it out costs](data:image/svg+xml;base64,")
    drawn = base64.b64decode(plot.split("base64,")[1].rstrip(")")).decode()
    assert {group for group in rows if f">{group}<" in drawn} == set(rows) - {FULL}
