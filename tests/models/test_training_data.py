import datetime as dt

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models import training_data as design


def test_a_match_a_half_life_older_weighs_half(world):
    examples = world(2).examples.with_columns(match_date=pl.Series([dt.date(2023, 1, 1), dt.date(2023, 4, 11)]))
    old, new = design.recency_weights(examples, half_life_days=100.0)
    assert new / old == pytest.approx(2.0)
    assert old + new == pytest.approx(2.0)


def test_a_null_is_nan_in_the_matrix(world, columns):
    examples = world(200).examples
    matrix = design.feature_matrix(examples, columns)
    assert matrix.shape == (200, 5)
    assert np.isnan(matrix).sum(axis=0).tolist() == [0, examples["form"].null_count(), 0, 0, 0]
    assert matrix[:, 2].tolist() == examples["shots"].to_list()


def test_a_missing_column_is_named(world):
    with pytest.raises(ModelError, match=r"Expected the columns corners, cards; found \d+ others, such as match_id"):
        design.feature_matrix(world(5).examples, ("elo_diff", "corners", "cards"))


def test_a_column_that_is_no_number_is_named_with_its_type(world):
    with pytest.raises(ModelError, match=r"found season \(String\)"):
        design.feature_matrix(world(5).examples, ("elo_diff", "season"))


def test_an_infinite_feature_is_named(world):
    with pytest.raises(ModelError, match="infinite values in shots"):
        design.feature_matrix(world(5).examples.with_columns(shots=pl.lit(np.inf)), ("elo_diff", "shots"))


def test_an_unknown_league_has_the_code_minus_one(world):
    examples = world(3).examples.with_columns(league=pl.Series(["D1", "XX", "E0"]))
    assert design.league_codes(examples, ("D1", "E0")).tolist() == [0, -1, 1]


def test_too_few_examples_are_counted(world):
    with pytest.raises(ModelError, match="at least 100 finished matches to learn from, found 99"):
        design.outcomes_of(world(99).examples)


def test_an_outcome_that_never_occurs_is_named(world):
    without = world(400).examples.filter(pl.col("outcome") != 1)
    with pytest.raises(ModelError, match=r"found no draw: \{'home': \d+, 'draw': 0"):
        design.outcomes_of(without)


def test_a_match_without_outcome_is_named(world):
    examples = world(200).examples.with_columns(
        outcome=pl.when(pl.col("match_id") == "m000007").then(None).otherwise("outcome")
    )
    with pytest.raises(ModelError, match=r"found \[None\] in 1 of 200 rows, first \['m000007'\]"):
        design.outcomes_of(examples)


def priced(world):
    """Three matches: home won at even prices, a draw without a price, away won against the prices."""
    return world(200).examples.with_columns(
        outcome=pl.Series([0, 1, 2] + [0] * 197, dtype=pl.Int8),
        closing_home=pl.Series([0.4, None, 0.7] + [None] * 197, dtype=pl.Float64),
        closing_draw=pl.Series([0.2, None, 0.2] + [None] * 197, dtype=pl.Float64),
        closing_away=pl.Series([0.4, None, 0.1] + [None] * 197, dtype=pl.Float64),
    )


def test_a_label_is_the_price_and_the_outcome_mixed_and_the_outcome_where_there_is_no_price(world):
    told = design.labels(priced(world), 0.75)
    assert told[:3] == pytest.approx(np.array([[0.55, 0.15, 0.3], [0, 1, 0], [0.525, 0.15, 0.325]]))
    assert told.sum(axis=1) == pytest.approx(1.0)


def test_labels_of_no_share_of_prices_or_of_no_prices_are_the_outcomes(world):
    happened = np.eye(3)[[0, 1, 2]]
    assert design.labels(priced(world), 0.0)[:3].tolist() == happened.tolist()
    assert design.labels(priced(world).drop(design.CLOSING), 1.0)[:3].tolist() == happened.tolist()


def test_a_column_that_is_constant_or_null_throughout_tells_nothing(world):
    examples = world(200).examples.with_columns(
        constant=3.0,
        empty=pl.lit(None, dtype=pl.Float64),
        once=pl.when(pl.int_range(pl.len()) == 7).then(1.0).otherwise(0.0),
    )
    assert design.informative(examples, ("constant", "shots", "empty", "once")) == ("shots", "once")
