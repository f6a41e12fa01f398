"""What would change a forecast: no price of the match, or a club whose last result is not known."""

import polars as pl

from soccer_assets.features.history import READ, History, of_their_countries
from soccer_assets.predictions.explanations.forecasters import by_forecaster
from soccer_assets.predictions.schema import FORECAST_SCENARIOS, SCENARIOS
from soccer_assets.scoring import OUTCOMES, PROBABILITIES, Floats
from soccer_assets.storage.lake import MATCH

SIDES = ("home", "away")


def forecast_scenarios(
    predictions: pl.DataFrame,
    matches: pl.LazyFrame,
    ratings: pl.LazyFrame,
    models: pl.LazyFrame,
    prices: pl.DataFrame,
) -> pl.DataFrame:
    """Return rows of `forecast_scenarios` of the lines model and blend.

    Without a price the blend is the model. A club that has not played yet has no last result.

    Args:
        predictions: rows of `predictions`.
        matches: rows of `matches` up to the dates of the forecasts.
        ratings: rows of `team_ratings` up to them.
        models: rows of `selected_model`.
        prices: rows of `odds.consensus.pre_match_prices` of the matches.

    Raises:
        NotMaterializedError: a forecaster is not among the models.
    """
    own = predictions.filter(pl.col("line").is_in(["model", "blend"]))
    if own.is_empty():
        return FORECAST_SCENARIOS.empty()
    wanted = own.select(MATCH).unique().lazy()
    fixtures = matches.join(wanted, on=MATCH, how="semi").select(READ).sort(MATCH).collect()
    history = History.build(*(of_their_countries(rows, fixtures).collect() for rows in (matches.select(READ), ratings)))
    parts = [_without_price(own)]
    for side in SIDES:
        features = history.without_last_result(fixtures, side)
        played = own.join(features.select(MATCH), on=MATCH, how="semi", maintain_order="left")
        for made in by_forecaster(played, models, features, prices):
            model = made.forecaster.predict(made.features)
            p = {"model": model, "blend": made.forecaster.blend(model, made.prices, made.features)}
            for line, (forecasts, rows) in made.lines.items():
                parts.append(_rows(forecasts, p[line][rows], f"{side}_without_last_result"))
    return FORECAST_SCENARIOS.conform(pl.concat(parts))


def _without_price(own: pl.DataFrame) -> pl.DataFrame:
    blend = own.filter(line="blend")
    model = own.filter(line="model").select(*MATCH, *PROBABILITIES)
    p = blend.select(MATCH).join(model, on=MATCH, how="left", maintain_order="left").select(PROBABILITIES).to_numpy()
    return _rows(blend, p, "no_price")


def _rows(forecasts: pl.DataFrame, p: Floats, scenario: str) -> pl.DataFrame:
    """The rows of forecasts whose probabilities would be `p`, `(n, 3)`."""
    stored = forecasts.select(PROBABILITIES).to_numpy()
    return forecasts.select(
        *MATCH,
        "line",
        scenario=pl.lit(scenario),
        description=pl.lit(SCENARIOS[scenario]),
        **{name: pl.Series(p[:, column], dtype=pl.Float64) for column, name in enumerate(PROBABILITIES)},
        **{
            f"change_{outcome}": pl.Series(p[:, column] - stored[:, column], dtype=pl.Float64)
            for column, outcome in enumerate(OUTCOMES)
        },
    )
