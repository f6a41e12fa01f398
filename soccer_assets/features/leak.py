"""The leak test: rewrite all from a day on with noise; what is said about matches of that day must not change."""

import datetime as dt

import numpy as np
import polars as pl

from soccer_assets.errors import SchemaError
from soccer_assets.features.history import History
from soccer_assets.features.ratings import rate
from soccer_assets.features.ratings.match_arrays import PRICES
from soccer_assets.storage.lake import DATE

#: What says which match a row is, and where it stands. All the rest is noise in the test.
KEPT = ("match_date", "match_id", "league", "season", "status", "home", "away", "home_id", "away_id", "leg")


def with_noise_from(matches: pl.DataFrame, day: dt.date, seed: int) -> pl.DataFrame:
    """The same matches, with noise from `day` on in every column but those of `KEPT`, also where it was null."""
    random = np.random.default_rng(seed)
    late = matches[DATE] >= day
    finished = matches.with_columns(status=pl.when(late & (pl.col("status") == "scheduled")).then(pl.lit("finished"))
                                    .otherwise("status"))  # fmt: skip
    noise = {name: _noise(random, column) for name, column in zip(matches.columns, matches, strict=True)
             if name not in KEPT}  # fmt: skip
    return finished.with_columns(
        pl.when(late).then(values).otherwise(pl.col(name)).alias(name) for name, values in noise.items()
    )


def _noise(random: np.random.Generator, column: pl.Series) -> pl.Series:
    """Random values of the column's type.

    Raises:
        SchemaError: of that type there is no noise.
    """
    size, dtype = len(column), column.dtype
    if dtype.is_integer():
        return pl.Series(random.integers(0, 12, size)).cast(dtype)
    if dtype.is_numeric():
        return pl.Series(random.random(size) * 3).cast(dtype)
    if dtype == pl.Boolean:
        return pl.Series(random.random(size) < 0.5)
    if dtype.is_temporal():
        return pl.Series(random.integers(0, 2**30, size)).cast(dtype)
    if isinstance(dtype, pl.Enum | pl.Categorical):
        return column.sample(size, with_replacement=True, shuffle=True, seed=int(random.integers(2**32)))
    if dtype in (pl.String, pl.Binary, pl.Null):
        return pl.Series([f"noise {number}" for number in random.integers(0, 2**30, size)]).cast(
            pl.String if dtype == pl.Null else dtype
        )
    raise SchemaError(f"matches: expected a column of numbers, words or times, found {column.name} of {dtype}")


def noisy_prices(matches: pl.DataFrame, prices: pl.DataFrame, day: dt.date, seed: int) -> pl.DataFrame:
    """The same prices, with random ones for every match from `day` on, also where there were none."""
    random = np.random.default_rng(seed)
    late = matches.filter(pl.col(DATE) >= day).select(DATE, "match_id")
    noise = np.column_stack([random.dirichlet([3.0, 2.0, 2.0], len(late)), random.uniform(0.2, 0.8, len(late))])
    return pl.concat([prices.filter(pl.col(DATE) < day), late.hstack(pl.DataFrame(noise, schema=list(PRICES)))])


def make_features(matches: pl.DataFrame, prices: pl.DataFrame, fixtures: pl.DataFrame) -> pl.DataFrame:
    """The features of fixtures, made from matches and prices alone."""
    return History.build(matches, rate(matches, prices)).features(fixtures)


def leaking_features(matches: pl.DataFrame, prices: pl.DataFrame, day: dt.date, seed: int) -> list[str]:
    """Names of the features of matches on `day` that change when the day and the future turn to noise.

    Args:
        matches: rows of the table `matches`.
        prices: `newest_prices` of the same matches.
        day: the day whose features are compared, and from which on all is noise.
        seed: of the noise.
    """
    fixtures = matches.filter(pl.col(DATE) == day)
    features = make_features(matches, prices, fixtures)
    noisy = with_noise_from(matches, day, seed)
    blind = make_features(noisy, noisy_prices(noisy, prices, day, seed), noisy.filter(pl.col(DATE) == day))
    return [name for name in features.columns if not features[name].equals(blind[name])]
