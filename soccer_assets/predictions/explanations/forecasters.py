"""The forecasters that made some forecasts, and what they read of each match."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from soccer_assets.errors import NotMaterializedError
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.scoring import Ints
from soccer_assets.storage.lake import MATCH


@dataclass(frozen=True)
class ForecasterMatches:
    """A forecaster and the matches that it forecast.

    `features` and `prices` have a row a match; `lines` has the forecasts of each line and the rows of their matches.
    """

    forecaster: Forecaster
    features: pl.DataFrame
    prices: pl.DataFrame
    lines: Mapping[str, tuple[pl.DataFrame, Ints]]


def by_forecaster(
    predictions: pl.DataFrame, models: pl.LazyFrame, features: pl.DataFrame, prices: pl.DataFrame
) -> Iterator[ForecasterMatches]:
    """Yield each forecaster with the matches that it forecast.

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
        forecasts = predictions.filter(model_version=version)
        if version not in texts:
            days = forecasts["match_date"].sort().to_list()
            raise NotMaterializedError(
                f"expected the model {version} in selected_model, found {len(texts)} others: run "
                f"`uv run soccer predict {days[0]} {days[-1]}`"
            )
        matches = forecasts.select(*MATCH, "league").unique(MATCH, maintain_order=True)
        numbered = forecasts.join(matches.select(MATCH).with_row_index("row"), on=MATCH, maintain_order="left")
        lines = {str(line): rows for (line,), rows in numbered.group_by("line", maintain_order=True)}
        yield ForecasterMatches(
            Forecaster.decode(texts[version]),
            matches.join(features.drop("league"), on=MATCH, how="left", maintain_order="left"),
            matches.select(MATCH).join(prices, on=MATCH, how="left", maintain_order="left"),
            {line: (rows.drop("row"), rows["row"].to_numpy()) for line, rows in lines.items()},
        )
