"""The leak test: rewrite all from a day on with noise; what is said about matches of that day must not change."""

import datetime as dt

import numpy as np
import polars as pl

from soccer_assets.features.history import DATE, History
from soccer_assets.matches.records import COUNTS, EXPECTED_GOALS


def with_noise_from(matches: pl.DataFrame, day: dt.date, seed: int) -> pl.DataFrame:
    """The same matches, with random results and statistics from `day` on."""
    random = np.random.default_rng(seed)
    late = matches[DATE] >= day
    finished = matches.with_columns(status=pl.when(late & (pl.col("status") == "scheduled")).then(pl.lit("finished"))
                                    .otherwise("status"))  # fmt: skip
    noise = {name: pl.Series(random.integers(0, 12, len(matches)), dtype=pl.Int16) for name in COUNTS}
    noise |= {name: pl.Series(random.random(len(matches)) * 3) for name in EXPECTED_GOALS}
    return finished.with_columns(
        pl.when(late).then(values).otherwise(pl.col(name)).alias(name) for name, values in noise.items()
    )


def leaking_features(matches: pl.DataFrame, day: dt.date, seed: int) -> list[str]:
    """Names of the features of matches on `day` that change when the day and the future turn to noise."""
    fixtures = matches.filter(pl.col(DATE) == day)
    told = History.build(matches).features(fixtures)
    blind = History.build(with_noise_from(matches, day, seed)).features(fixtures)
    return [name for name in told.columns if not told[name].equals(blind[name])]
