"""A line that loses more to the closing price than it used to is seen, and chance alone is not."""

import datetime as dt

import numpy as np
import polars as pl

from serving.snapshot.cusum import model_cusum

FIRST, DAYS, MATCHES = dt.date(2025, 1, 1), 400, 6


def settled(worse_by: float, since: int, seed: int = 7) -> pl.LazyFrame:
    """Six matches a day on two lines; the blend is 0.005 behind the closing price, and by more from a day on."""
    random = np.random.default_rng(seed)
    rows = []
    for day in range(DAYS):
        for match in range(MATCHES):
            closing, noise = 1.0 + 0.3 * random.standard_normal(), 0.05 * random.standard_normal()
            lost = 0.005 + noise + (worse_by if day >= since else 0.0)
            rows += [(day, f"{day}-{match}", "closing", closing), (day, f"{day}-{match}", "blend", closing + lost)]
    frame = pl.DataFrame(rows, ["day", "match_id", "line", "log_loss"], orient="row")
    return frame.select(
        "match_id", "line", "log_loss", complete=True, match_date=pl.lit(FIRST) + pl.duration(days="day")
    ).lazy()


def test_a_line_that_is_as_it_was_stays_low_and_a_worse_one_passes_five() -> None:
    assert model_cusum(settled(0.0, DAYS)).keys() == {"blend"}
    assert [model_cusum(settled(0.0, DAYS, seed))["blend"] < 5 for seed in range(10)] == [True] * 10
    assert model_cusum(settled(0.03, DAYS - 40))["blend"] > 5  # 0.6 of the spread of a match, for 40 days


def test_a_line_that_became_better_is_at_zero_and_with_too_few_matches_there_is_none() -> None:
    assert model_cusum(settled(-0.05, DAYS - 40))["blend"] == 0
    assert model_cusum(settled(0.0, DAYS).filter(pl.col("match_date") > FIRST + dt.timedelta(days=300))) == {}
    assert model_cusum(settled(0.0, DAYS).filter(pl.lit(value=False))) == {}
