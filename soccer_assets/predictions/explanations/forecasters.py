"""The forecasters that made some forecasts, and what they read of each match."""

from collections.abc import Iterator

import polars as pl

from soccer_assets.errors import NotMaterializedError
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.storage.lake import MATCH


def by_forecaster(
    predictions: pl.DataFrame, models: pl.LazyFrame, features: pl.DataFrame, prices: pl.DataFrame
) -> Iterator[tuple[Forecaster, pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
    """Yield each forecaster with its forecasts and, row by row, the features and the prices of their matches.

    Args:
        predictions: rows of `predictions`; those of the market line are no model's.
        models: rows of `selected_model`, of which the texts of the forecasters that are needed are read.
        features: league and features of the matches.
        prices: rows of `pre_match_prices`.

    Raises:
        NotMaterializedError: a forecaster is not among the models.
    """
    versions = predictions["model_version"].drop_nulls().unique().sort().to_list()
    rows = models.filter(pl.col("version").is_in(versions)).select("version", "forecaster").collect()
    texts = dict(rows.iter_rows())
    for version in versions:
        if version not in texts:
            days = predictions.filter(model_version=version)["match_date"].sort().to_list()
            raise NotMaterializedError(
                f"expected the model {version} in selected_model, found {len(texts)} others: run "
                f"`uv run soccer predict {days[0]} {days[-1]}`"
            )
        forecasts = predictions.filter(model_version=version)
        inputs = forecasts.select(*MATCH, "league").join(
            features.drop("league", strict=False), on=MATCH, how="left", maintain_order="left"
        )
        quoted = forecasts.select(MATCH).join(prices, on=MATCH, how="left", maintain_order="left")
        yield Forecaster.decode(texts[version]), forecasts, inputs, quoted
