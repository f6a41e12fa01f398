"""The terms of every forecast: what each group of features adds to its log-odds, so that the sum is the forecast.

A model's terms are its contributions, summed by group, and its calibration. The blend weighs them, the price and the
price's expected move. Contributions say what the forecast rests on, not what makes a club win. The score matrix of a
forecast has the forecast's own 1X2, so it adds nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from soccer_assets.features.catalog import FEATURES, GROUPS
from soccer_assets.models.champion.forecaster import CALIBRATION, Forecaster
from soccer_assets.models.conditional_logit import log_odds
from soccer_assets.models.contributions import Contributions
from soccer_assets.models.selection.blending import predicted_closing
from soccer_assets.models.training_data import LEAGUE
from soccer_assets.predictions.explanations.forecasters import by_forecaster
from soccer_assets.predictions.schema import EXPLANATIONS, TERMS
from soccer_assets.scoring import PROBABILITIES, Floats
from soccer_assets.storage.lake import MATCH

#: A forecast that differs from what its terms give by more was sealed on other features or prices.
REVISED = 1e-10
#: How far the terms of a forecast may be from its log-odds.
TOLERANCE = 1e-9
DESCRIPTIONS = GROUPS | TERMS
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
    parts = [_rows(market, Contributions(("prices",), np.zeros((len(market), 2)), _stored(market)[:, None]), None)]
    for forecaster, forecasts, inputs, quoted in by_forecaster(predictions, models, features, prices):
        for line in forecasts["line"].unique().sort():
            rows = forecasts["line"] == line
            own = forecaster.contributions(inputs.filter(rows))
            if line == "blend":
                own = _blended(forecaster, own, inputs.filter(rows), quoted.filter(rows))
            parts.append(_rows(forecasts.filter(rows), own, inputs.filter(rows)))
    return EXPLANATIONS.conform(pl.concat(parts))


def largest_error(rows: pl.DataFrame, predictions: pl.DataFrame) -> float:
    """Return the largest difference between the sum of a forecast's terms and its log-odds; 0 without forecasts."""
    sums = rows.group_by(*MATCH, "line").agg(pl.col("home_away", "draw").sum())
    joined = predictions.join(sums, on=[*MATCH, "line"], how="left", maintain_order="left")
    summed = joined.select(pl.col("home_away", "draw").fill_null(np.inf)).to_numpy()
    return float(np.abs(summed - _stored(joined)).max(initial=0.0))


def _blended(forecaster: Forecaster, own: Contributions, inputs: pl.DataFrame, quoted: pl.DataFrame) -> Contributions:
    """The terms of the blend: the model's, the price's and its move's, each by its weight."""
    blend = forecaster.market_blend
    price = log_odds(quoted.select(PROBABILITIES).to_numpy())
    move = log_odds(predicted_closing(blend.move, inputs, quoted)) - price
    none = np.zeros((len(inputs), 2))
    return own.times(blend.model_weight).plus(
        Contributions(("prices", "price_move"), none, np.stack([price, move], axis=1)).times(blend.market_weight)
    )


def _stored(forecasts: pl.DataFrame) -> Floats:
    return log_odds(forecasts.select(PROBABILITIES).to_numpy())


def _rows(forecasts: pl.DataFrame, contributions: Contributions, inputs: pl.DataFrame | None) -> pl.DataFrame:
    """The rows of forecasts of one line: the base, each term of the contributions, and what was revised since."""
    revised = _stored(forecasts) - contributions.total()
    parts = [_term(forecasts, "base", contributions.base)]
    for term, columns in _columns_by_term(contributions.names).items():
        values = contributions.values[:, columns]
        row = _term(forecasts, term, values.sum(axis=1))
        if term in GROUPS and inputs is not None:
            row = row.with_columns(_leading(values, [contributions.names[column] for column in columns], inputs))
        parts.append(row)
    changed = pl.Series(np.abs(revised).max(axis=1, initial=0.0) > REVISED)
    parts.append(_term(forecasts, "revision", revised).filter(changed))
    return pl.concat(parts)


def _columns_by_term(names: Sequence[str]) -> Mapping[str, list[int]]:
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        columns.setdefault(_TERM_OF.get(name, name), []).append(column)
    return columns


def _term(forecasts: pl.DataFrame, term: str, added: Floats) -> pl.DataFrame:
    return forecasts.select(
        *MATCH,
        "line",
        term=pl.lit(term),
        description=pl.lit(DESCRIPTIONS[term]),
        home_away=pl.Series(added[:, 0], dtype=pl.Float64),
        draw=pl.Series(added[:, 1], dtype=pl.Float64),
        feature=pl.lit(None, dtype=pl.String),
        feature_description=pl.lit(None, dtype=pl.String),
        feature_value=pl.lit(None, dtype=pl.Float64),
    )


def _leading(values: Floats, names: Sequence[str], inputs: pl.DataFrame) -> Iterator[pl.Series]:
    """The feature of a group that adds most, in words, and its value."""
    first = np.abs(values).sum(axis=2).argmax(axis=1)
    leading = pl.Series("feature", [names[column] for column in first.tolist()], dtype=pl.String)
    table = inputs.select(pl.col(names).cast(pl.Float64).fill_null(np.nan)).to_numpy()
    yield leading
    yield pl.Series("feature_description", [_FEATURES[name].description for name in leading], dtype=pl.String)
    yield pl.Series("feature_value", table[np.arange(len(first)), first], dtype=pl.Float64).fill_nan(None)
