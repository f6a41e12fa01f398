import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets import scoring
from soccer_assets.monitoring.day_bootstrap import LEAST_DAYS, SLICES, DayBlocks, slice_sums

DAY = dt.date(2025, 3, 1)
EITHER = ("promoted", "new_club", "first_rounds", "long_break")


def matches(n: int, days: int, seed: int = 0) -> pl.DataFrame:
    """Matches of two lines with a loss, spread at random over days."""
    random = np.random.default_rng(seed)
    rows = pl.DataFrame(
        {
            "match_date": [DAY + dt.timedelta(days=int(day)) for day in random.integers(0, days, n)],
            "league": random.choice(["E0", "E1"], n),
            "season": "2024/25",
            "favourite": random.uniform(0.34, 0.9, n),
            "elo_gap": random.uniform(0, 400, n),
            **{name: random.choice([True, False], n) for name in EITHER},
            "market": "1x2",
            "loss": random.exponential(1.0, n),
        }
    )
    return pl.concat(rows.with_columns(line=pl.lit(line)) for line in ("model", "market"))


def of(stretch: DayBlocks, values: np.ndarray, **group: str) -> float:
    (place,) = stretch.groups.with_row_index().filter(**group)["index"]
    return float(values[place])


def test_every_match_is_in_one_value_of_each_slice():
    rows = matches(200, 40)
    sums = slice_sums(rows, ["loss"])
    counted = sums.filter(line="model").group_by("slice").agg(pl.col("n").sum(), pl.col("loss").sum())
    assert dict(counted.select("slice", "n").rows()) == dict.fromkeys(SLICES, 200)
    assert counted["loss"].n_unique() == 1  # whole numbers add up alike whatever they are told apart by


def test_values_are_named_for_people():
    rows = matches(1, 1).with_columns(
        favourite=pl.Series([0.399, 0.4]), elo_gap=pl.Series([250.0, 49.9]), promoted=pl.Series([True, False])
    )
    told = slice_sums(rows, ["loss"]).filter(pl.col("slice").is_in(["favourite", "elo_gap", "promoted", "month"]))
    assert sorted(told.select("slice", "value", "line").rows()) == [
        ("elo_gap", "250 or more", "model"),
        ("elo_gap", "under 50", "market"),
        ("favourite", "0.4 to 0.5", "market"),
        ("favourite", "under 0.4", "model"),
        ("month", "03", "market"),
        ("month", "03", "model"),
        ("promoted", "a promoted club", "model"),
        ("promoted", "none", "market"),
    ]


def test_a_match_of_which_something_is_unknown_is_left_out_of_that_slice_alone():
    rows = matches(2, 1).with_columns(favourite=pl.lit(None, pl.Float64), promoted=pl.lit(None, pl.Boolean))
    assert set(slice_sums(rows, ["loss"])["slice"]) == set(SLICES) - {"favourite", "promoted"}


def test_the_interval_over_all_matches_is_that_of_the_paired_difference():
    rows = matches(300, 60).filter(line="model")
    stretch = DayBlocks.from_sums(slice_sums(rows, ["loss"]))
    mean, low, high, _ = stretch.interval("loss")
    losses, dates = rows["loss"].to_numpy(), rows["match_date"].to_numpy()
    expected = scoring.paired_difference(losses, np.zeros(len(losses)), dates)
    found = [of(stretch, values, slice="all") for values in (mean, low, high)]
    assert found == pytest.approx([expected.mean, expected.low, expected.high], abs=1e-8)


def test_with_too_few_match_days_there_is_a_mean_and_no_interval():
    stretch = DayBlocks.from_sums(slice_sums(matches(300, LEAST_DAYS - 1), ["loss"]))
    mean, low, high, error = stretch.interval("loss")
    assert np.isfinite(mean).all()
    assert np.isnan([low, high, error]).all()


def test_a_share_of_nothing_is_unknown():
    rows = matches(100, 40).with_columns(staked=0.0)
    stretch = DayBlocks.from_sums(slice_sums(rows, ["loss", "staked"]))
    assert np.isnan(stretch.mean("loss", by="staked")).all()


def test_a_ratio_is_a_sum_over_a_sum_and_not_a_mean_of_ratios():
    rows = matches(200, 30).filter(line="model").with_columns(staked=pl.col("elo_gap"))
    stretch = DayBlocks.from_sums(slice_sums(rows, ["loss", "staked"]))
    expected = rows.select(pl.col("loss").sum() / pl.col("staked").sum()).item()
    assert of(stretch, stretch.mean("loss", by="staked"), slice="all") == pytest.approx(expected, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_the_rows_changes_no_bit(seed):
    rows = matches(120, 40)
    one, other = (
        DayBlocks.from_sums(slice_sums(r, ["loss"])) for r in (rows, rows.sample(fraction=1.0, shuffle=True, seed=seed))
    )
    for a, b in zip(one.interval("loss"), other.interval("loss"), strict=True):
        assert np.array_equal(a, b, equal_nan=True)
    assert one.groups.equals(other.groups)
