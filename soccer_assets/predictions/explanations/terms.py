"""The terms of every forecast: what each group of features adds to its log-odds, so that the sum is the forecast.

A model's terms are its contributions, summed by group, and its calibration. The blend weighs them, the price and the
price's expected move. Contributions say what the forecast rests on, not what makes a club win. The score matrix of a
forecast has the forecast's own 1X2, so it adds nothing.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from soccer_assets.features.catalog import FEATURES, GROUPS
from soccer_assets.models.champion.forecaster import CALIBRATION
from soccer_assets.models.conditional_logit import log_odds
from soccer_assets.models.contributions import Contributions
from soccer_assets.models.selection.blending import predicted_closing
from soccer_assets.models.training_data import LEAGUE
from soccer_assets.predictions.explanations.forecasters import ForecasterMatches, by_forecaster
from soccer_assets.predictions.schema import EXPLANATIONS, TERMS
from soccer_assets.scoring import PROBABILITIES, Floats
from soccer_assets.storage.lake import MATCH

#: A forecast that differs from what its terms give by more was sealed on other features or prices.
REVISED = 1e-10
#: How far the terms of a forecast may be from its log-odds.
TOLERANCE = 1e-9
DESCRIPTIONS = GROUPS | TERMS
WORDS = {"feature": pl.String, "feature_description": pl.String, "feature_value": pl.Float64}
_FEATURES = {feature.name: feature for feature in FEATURES}
_TERM_OF = {feature.name: feature.group for feature in FEATURES} | {LEAGUE: "league", CALIBRATION: "calibration"}


def explanations(
    predictions: pl.DataFrame, features: pl.DataFrame, models: pl.LazyFrame, prices: pl.DataFrame
) -> pl.DataFrame:
    """Return rows of `explanations` of every forecast.

    Args:
        predictions: rows of `predictions`.
        features: rows of `match_features` of their matches.
        models: rows of `selected_model`.
        prices: rows of `odds.consensus.pre_match_prices`.

    Raises:
        NotMaterializedError: a forecaster is not among the models.
    """
    market = predictions.filter(line="market")
    price = _stored(market)[:, None]
    parts = [_rows(market, Contributions(("prices",), np.zeros((len(market), 2)), price), market)]
    for made in by_forecaster(predictions, models, features, prices):
        model = made.forecaster.contributions(made.features)
        for line, (forecasts, rows) in made.lines.items():
            own = _blended(made, model) if line == "blend" else model
            parts.append(_rows(forecasts, own.at(rows), made.features[rows]))
    return EXPLANATIONS.conform(pl.concat(parts))


def largest_error(rows: pl.DataFrame, predictions: pl.DataFrame) -> float:
    """Return the largest difference between the sum of a forecast's terms and its log-odds; 0 without forecasts."""
    sums = rows.group_by(*MATCH, "line").agg(pl.col("home_away", "draw").sum())
    joined = predictions.join(sums, on=[*MATCH, "line"], how="left", maintain_order="left")
    summed = joined.select(pl.col("home_away", "draw").fill_null(np.inf)).to_numpy()
    return float(np.abs(summed - _stored(joined)).max(initial=0.0))


def _blended(made: ForecasterMatches, model: Contributions) -> Contributions:
    """The terms of the blend: the model's, the price's and its move's, each by its weight; NaN without a price."""
    blend = made.forecaster.market_blend
    closing = predicted_closing(blend.move, made.features, made.prices)
    price, at_close = (log_odds(p) for p in (made.prices.select(PROBABILITIES).to_numpy(), closing))
    none = np.zeros((len(price), 2))
    return model.times(blend.model_weight).plus(
        Contributions(("prices", "price_move"), none, np.stack([price, at_close - price], axis=1)).times(
            blend.market_weight
        )
    )


def _stored(forecasts: pl.DataFrame) -> Floats:
    return log_odds(forecasts.select(PROBABILITIES).to_numpy())


def _rows(forecasts: pl.DataFrame, contributions: Contributions, inputs: pl.DataFrame) -> pl.DataFrame:
    """The rows of forecasts of one line: the base, each term of the contributions, and what was revised since."""
    revised = _stored(forecasts) - contributions.total()
    changed = np.abs(revised).max(axis=1, initial=0.0) > REVISED
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(contributions.names):
        columns.setdefault(_TERM_OF.get(name, name), []).append(column)
    values = [contributions.base, *(contributions.values[:, each].sum(axis=1) for each in columns.values()), revised]
    added, names = np.concatenate(values), ("base", *columns, "revision")
    term = pl.Series("term", names, dtype=pl.String).gather(np.repeat(np.arange(len(names)), len(forecasts)))
    leading = [_leading(contributions, each if name in GROUPS else [], inputs) for name, each in columns.items()]
    unnamed = _leading(contributions, [], inputs)
    rows = pl.concat([forecasts.select(*MATCH, "line")] * len(names)).with_columns(
        term,
        term.replace_strict(DESCRIPTIONS, return_dtype=pl.String).alias("description"),
        home_away=pl.Series(added[:, 0]),
        draw=pl.Series(added[:, 1]),
    )
    words = pl.concat([unnamed, *leading, unnamed])
    kept = np.concatenate([np.ones(len(forecasts) * (len(names) - 1), dtype=np.bool_), changed])
    return rows.hstack(words).filter(pl.Series(kept))


def _leading(contributions: Contributions, columns: Sequence[int], inputs: pl.DataFrame) -> pl.DataFrame:
    """The feature of some columns that adds most to each forecast, in words, and its value; null without columns."""
    if not columns:
        return pl.DataFrame(schema=WORDS).clear(len(inputs))
    names = [contributions.names[column] for column in columns]
    first = np.abs(contributions.values[:, columns]).sum(axis=2).argmax(axis=1)
    table = inputs.select(pl.col(names).cast(pl.Float64).fill_null(np.nan)).to_numpy()
    described = pl.Series([_FEATURES[name].description for name in names], dtype=pl.String)
    return pl.DataFrame(
        {
            "feature": pl.Series(names, dtype=pl.String).gather(first),
            "feature_description": described.gather(first),
            "feature_value": pl.Series(table[np.arange(len(first)), first]).fill_nan(None),
        },
        schema=WORDS,
    )
